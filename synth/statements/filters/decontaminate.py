"""Filter: statements of the held-out benchmark."""

from __future__ import annotations

from synth.records import Drop, Statement
from synth.statements.filters.base import Context, drop
from synth.statements.text import normalized


async def decontaminate(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements that are in the benchmark, in either direction."""
    if not context.config.decontaminate:
        return statements
    return [drop(s, Drop.HELDOUT) if s.origin != "given" and normalized(s.text) in context.heldout else s for s in statements]
