"""Filter: statements that too few of the formalizer's samples gave (self-consistency, arXiv 2203.11171)."""

from __future__ import annotations

from synth.records import Drop, Statement
from synth.statements.filters.base import Context, drop


async def agreed(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements with less than `vote_share` of their problem's samples."""
    least = context.config.vote_share
    return [drop(s, Drop.MINORITY, f"{s.votes} of {s.samples} samples") if _few(s, least) else s for s in statements]


def _few(statement: Statement, least: float) -> bool:
    return statement.origin != "given" and statement.votes < least * statement.samples - 1e-9
