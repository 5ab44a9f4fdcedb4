"""Filters: one candidate for equal ones, the best statements of each problem, and each statement once."""

from __future__ import annotations

from collections import Counter

from synth.records import GRADES, Drop, Statement
from synth.statements.filters.base import Context, drop
from synth.statements.text import identity


async def merged(statements: list[Statement], context: Context) -> list[Statement]:
    """Of a problem's candidates with one normal form keep the first, with the votes of all: they are one answer, written differently."""
    first: dict[tuple[str, str], str] = {}
    votes: Counter[str] = Counter()
    result = []
    for statement in statements:
        same = first.setdefault((statement.problem_id, statement.form or statement.id), statement.id)
        votes[same] += statement.votes
        result.append(statement if same == statement.id else drop(statement, Drop.DUPLICATE, f"the same as this problem's {same}"))
    return [s.model_copy(update={"votes": votes[s.id]}) if s.kept else s for s in result]


async def best(statements: list[Statement], context: Context) -> list[Statement]:
    """Keep at most `context.keep` autoformalized statements of each problem: better grade first, then more votes.

    Statements with answers in them stay in their order, by how well those agree with the cases.
    """
    chosen: dict[str, int] = {}
    winners: set[str] = set()
    for statement in sorted(statements, key=_rank):
        if statement.origin == "given" or chosen.get(statement.problem_id, 0) < context.keep:
            chosen[statement.problem_id] = chosen.get(statement.problem_id, 0) + 1
            winners.add(statement.id)
    return [s if s.id in winners else drop(s, Drop.OUTVOTED) for s in statements]


def _rank(statement: Statement) -> tuple[int, int]:
    votes = 0 if statement.origin == "answered" else statement.votes
    return GRADES.index(statement.grade) if statement.grade else len(GRADES), -votes


async def distinct(statements: list[Statement], context: Context) -> list[Statement]:
    """Keep one of statements with one identity: of these and those `known`, or of a whole run, where there is a `claim`."""
    one = await context.claim(statements) if context.claim else _first(statements, dict(context.known))
    return [
        drop(s, Drop.DUPLICATE, f"says what statement {same} says") if same != s.id and s.origin != "given" else s
        for s, same in zip(statements, one, strict=True)
    ]


def _first(statements: list[Statement], seen: dict[str, str]) -> list[str]:
    """For each the first that says the same; a given one is no repetition, and nothing repeats it."""
    return [s.id if s.origin == "given" else seen.setdefault(identity(s), s.id) for s in statements]
