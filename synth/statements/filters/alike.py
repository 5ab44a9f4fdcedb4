"""Filter: candidates of one problem that Lean shows to be equivalent are one candidate, with the votes of all."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, islice

from synth.records import Drop, Statement
from synth.statements.equivalent import compared
from synth.statements.filters.base import Context, drop


async def alike(statements: list[Statement], context: Context) -> list[Statement]:
    """Of a problem's candidates that are equivalent (`synth.statements.equivalent`) keep that with most votes, and give it those of all.

    At most `filters.equivalence_pairs` pairs of a problem's candidates are compared, those with most votes first.
    """
    if not context.config.equivalence:
        return statements
    ranked = sorted((s for s in statements if s.origin != "given"), key=lambda s: -s.votes)
    rank = {s.id: place for place, s in enumerate(ranked)}
    pairs = _pairs(ranked, context.config.equivalence_pairs)
    same = {s.id: s.id for s in statements}
    how: dict[str, str] = {}
    for (one, other), answer in zip(pairs, await compared(pairs, context.tools.verify, context.config.timeout), strict=True):
        first, second = sorted((_root(same, one.id), _root(same, other.id)), key=rank.__getitem__)
        if answer.equivalent and first != second:
            same[second], how[second] = first, answer
    votes: Counter[str] = Counter()
    for statement in statements:
        votes[_root(same, statement.id)] += statement.votes
    return [_merged(s, _root(same, s.id), votes, how) for s in statements]


def _pairs(ranked: list[Statement], most: int) -> list[tuple[Statement, Statement]]:
    """Pairs of candidates of one problem, at most `most` of each."""
    candidates: dict[str, list[Statement]] = {}
    for statement in ranked:
        candidates.setdefault(statement.problem_id, []).append(statement)
    return [pair for several in candidates.values() for pair in islice(combinations(several, 2), most)]


def _root(same: dict[str, str], id: str) -> str:
    while same[id] != id:
        id = same[id]
    return id


def _merged(statement: Statement, first: str, votes: Counter[str], how: dict[str, str]) -> Statement:
    if statement.id == first:
        return statement.model_copy(update={"votes": votes[first]})
    return drop(statement, Drop.DUPLICATE, f"equivalent to this problem's {first} (by {how[statement.id]})")
