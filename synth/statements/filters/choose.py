"""Filters: the best statements of each problem, and each statement once."""

from __future__ import annotations

from collections.abc import Callable

from synth.records import GRADES, Statement
from synth.statements.filters.base import drop
from synth.statements.text import normalized


def best(statements: list[Statement], keep: int) -> list[Statement]:
    """Keep at most `keep` autoformalized statements of each problem: better grade first, then more votes."""
    rank: Callable[[Statement], tuple[int, int]] = lambda s: (GRADES.index(s.grade) if s.grade else len(GRADES), -s.votes)  # noqa: E731
    chosen: dict[str, int] = {}
    winners: set[str] = set()
    for statement in sorted((s for s in statements if s.kept), key=rank):
        if statement.origin == "given" or chosen.get(statement.problem_id, 0) < keep:
            chosen[statement.problem_id] = chosen.get(statement.problem_id, 0) + 1
            winners.add(statement.id)
    return [s if not s.kept or s.id in winners else drop(s, "outvoted") for s in statements]


def distinct(statements: list[Statement]) -> list[Statement]:
    """Keep the first of statements that are equal after normalization (one batch)."""
    seen: set[str] = set()
    result = []
    for statement in statements:
        if statement.kept and statement.origin != "given":
            key = normalized(statement.text)
            statement = drop(statement, "duplicate") if key in seen else statement
            seen.add(key)
        result.append(statement)
    return result
