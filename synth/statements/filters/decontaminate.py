"""Filter: statements of the held-out benchmark."""

from __future__ import annotations

from synth.records import Statement
from synth.statements.filters.base import drop
from synth.statements.text import normalized


def decontaminate(statements: list[Statement], heldout: frozenset[str]) -> list[Statement]:
    """Drop autoformalized statements that are in the benchmark (`heldout`: normalized texts, both directions)."""
    return [drop(s, "heldout") if s.origin != "given" and (normalized(s.text) in heldout) else s for s in statements]
