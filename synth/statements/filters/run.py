"""Which statements are worth proving: all filters in their order.

Elaborates and is not trivial → one of equal answers → not in a benchmark → one of equivalent answers → same numbers
→ nothing hidden, idle or given away → most samples agree → graded → hypotheses can hold together, and matter
→ says in plain language what its problem says → not a benchmark's in other words → best per problem → once.
Statements given by a formal benchmark are only asked to elaborate: they are the task, not a guess at it.  A new filter is
a file beside this one and a line here.
"""

from __future__ import annotations

from collections.abc import Sequence

from synth.records import Statement
from synth.statements.filters.alike import alike
from synth.statements.filters.answer import answered
from synth.statements.filters.base import Context, Filter
from synth.statements.filters.choose import best, distinct, merged
from synth.statements.filters.consistent import consistent
from synth.statements.filters.decontaminate import decontaminate
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.empty import repeated, true_of_anything
from synth.statements.filters.faithful import faithful
from synth.statements.filters.grade import grade
from synth.statements.filters.hidden import hidden
from synth.statements.filters.numbers import numbers
from synth.statements.filters.reworded import reworded
from synth.statements.filters.unused import unused
from synth.statements.filters.votes import agreed

FILTERS: tuple[Filter, ...] = (
    elaborates,
    merged,
    decontaminate,
    alike,
    numbers,
    hidden,
    unused,
    answered,
    agreed,
    grade,
    consistent,
    repeated,
    true_of_anything,
    faithful,
    reworded,
    best,
    distinct,
)


async def filtered(candidates: list[Statement], context: Context, filters: Sequence[Filter] | None = None) -> list[Statement]:
    """Every candidate, kept or dropped with its reason by `filters` (all of them).

    ValueError for a filter that loses, adds or drops one silently.
    """
    current = candidates
    for step in FILTERS if filters is None else filters:
        kept = [s for s in current if s.kept]
        changed = await step(kept, context)
        if [s.id for s in changed] != [s.id for s in kept] or not all(s.kept or s.reason for s in changed):
            raise ValueError(
                f"filter {getattr(step, '__name__', step)}: must give each statement back once, in order, dropped ones with a reason"
            )
        results = iter(changed)
        current = [next(results) if s.kept else s for s in current]
    return current
