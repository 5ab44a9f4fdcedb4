"""Filter: statements of the held-out benchmark, and of other benchmarks."""

from __future__ import annotations

from synth.records import Drop, Statement
from synth.statements.filters.base import Context, drop
from synth.statements.text import in_context

HELD = "a held-out statement"
"""What a given statement repeats whose normal form nobody knows: the text alone says so."""


async def decontaminate(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop statements that are in a benchmark, in either direction; given ones are told, and dropped where the configuration says so."""
    return [_judge(statement, context) for statement in statements] if context.config.decontaminate else statements


def _judge(statement: Statement, context: Context) -> Statement:
    given = statement.origin == "given"
    found = context.benchmarks.statement(statement)
    if found is None:
        if in_context(statement.text, statement.header, statement.preamble) not in context.heldout:
            return statement
        return statement.model_copy(update={"benchmark": HELD}) if given else drop(statement, Drop.HELDOUT)
    told = statement.model_copy(update={"benchmark": found.what})
    return told if given and context.config.given_in_benchmark == "keep" else drop(told, found.reason, found.what)
