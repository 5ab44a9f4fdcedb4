"""Filters: the best statements of each problem, and each statement once."""

from __future__ import annotations

from synth.records import GRADES, Drop, Statement
from synth.statements.filters.base import Context, drop
from synth.statements.text import normalized


async def best(statements: list[Statement], context: Context) -> list[Statement]:
    """Keep at most `context.keep` autoformalized statements of each problem: better grade first, then more votes."""
    chosen: dict[str, int] = {}
    winners: set[str] = set()
    for statement in sorted(statements, key=_rank):
        if statement.origin == "given" or chosen.get(statement.problem_id, 0) < context.keep:
            chosen[statement.problem_id] = chosen.get(statement.problem_id, 0) + 1
            winners.add(statement.id)
    return [s if s.id in winners else drop(s, Drop.OUTVOTED) for s in statements]


def _rank(statement: Statement) -> tuple[int, int]:
    return GRADES.index(statement.grade) if statement.grade else len(GRADES), -statement.votes


async def distinct(statements: list[Statement], context: Context) -> list[Statement]:
    """Keep the first of autoformalized statements that are equal after normalization (one batch)."""
    seen: set[str] = set()
    result = []
    for statement in statements:
        if statement.origin != "given":
            key = normalized(statement.text)
            statement = drop(statement, Drop.DUPLICATE) if key in seen else statement
            seen.add(key)
        result.append(statement)
    return result
