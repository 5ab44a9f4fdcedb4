"""Filter: statements that too few of the formalizer's samples gave (self-consistency, arXiv 2203.11171).

Of all samples, or of those whose statements came this far: what does not elaborate, or lacks the problem's numbers, is then no other
opinion (votes after type checking: arXiv 2406.07222).
"""

from __future__ import annotations

from collections import Counter

from synth.records import Drop, Statement
from synth.statements.filters.base import Context, drop


async def agreed(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements with less than `vote_share` of their problem's samples, or of those left of them."""
    config = context.config
    left = Counter[str]()
    for statement in statements:
        left[statement.problem_id] += statement.votes
    result = []
    for s in statements:
        # Statements with answers share the votes of the one that they come from; candidates that are asked about again come one by one.
        some = config.votes_of == "left" and context.together and s.origin != "answered"
        whole = left[s.problem_id] if some else s.samples
        few = s.origin != "given" and s.votes < config.vote_share * whole - 1e-9
        result.append(drop(s, Drop.MINORITY, f"{s.votes} of {whole} samples{' that are left' if some else ''}") if few else s)
    return result
