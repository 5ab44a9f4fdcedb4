"""A filter: statements that are too long for what comes after them."""

from __future__ import annotations

from synth.records import Statement
from synth.statements.filters.base import Context, drop

LONGEST = 50  # characters


async def short(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop statements of more than LONGEST characters."""
    return [drop(s, "too_long", f"{len(s.text)} characters") if len(s.text) > LONGEST else s for s in statements]
