"""Which statements are worth proving: each filter marks what it drops with a reason, and drops nothing silently.

Order: elaborates and is not trivial → not in the benchmark → graded → hypotheses can hold together → best per problem.
Statements given by a formal benchmark are only asked to elaborate: they are the task, not a guess at it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from synth.config import FilterConfig
from synth.prompts import PromptSet
from synth.records import Problem, Statement
from synth.services import Sample, Verify
from synth.statements.filters.choose import best, distinct
from synth.statements.filters.consistent import consistent
from synth.statements.filters.decontaminate import decontaminate
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.grade import grade


async def filtered(
    candidates: list[Statement],
    problems: dict[str, Problem],
    config: FilterConfig,
    keep: int,
    prompts: PromptSet,
    sample: Sample,
    verify: Verify,
    heldout: frozenset[str],
    seed: int,
) -> tuple[list[Statement], int]:
    """All filters in order on the candidates of one batch; every candidate comes back, kept or with its reason."""
    tokens = 0

    async def on_kept(statements: list[Statement], step: Callable[[list[Statement]], object]) -> list[Statement]:
        nonlocal tokens
        result = step([s for s in statements if s.kept])
        if asyncio.iscoroutine(result):
            result = await result
        if isinstance(result, tuple):
            result, spent = result
            tokens += spent
        changed = {s.id: s for s in result}  # type: ignore[attr-defined]
        return [changed.get(s.id, s) for s in statements]

    current = candidates
    current = await on_kept(current, lambda s: elaborates(s, config, verify))
    if config.decontaminate:
        current = await on_kept(current, lambda s: decontaminate(s, heldout))
    current = await on_kept(current, lambda s: grade(s, problems, config, prompts, sample, seed))
    current = await on_kept(current, lambda s: consistent(s, config, verify))
    current = await on_kept(current, lambda s: best(s, keep))
    return await on_kept(current, distinct), tokens
