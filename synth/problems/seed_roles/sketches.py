"""Seed rows for `sketch`: plans with their steps left open, most of them right, and plans in place of such as Lean refuses."""

from __future__ import annotations

from random import Random

from synth.problems.families import Family
from synth.problems.generate import LEVEL_WEIGHTS, LEVELS, Choice, reference
from synth.problems.seed_roles.base import SeedRow

RIGHT = 0.6
REVISED = 0.25  # share of rows that show a plan that failed


def sketches(rng: Random, count: int, held: set[str], choice: Choice) -> list[SeedRow]:
    """`count` rows of the families in `choice` whose proofs have plans; none where no family's have."""
    families = [family for family in choice.drawn() if _plans(family)]
    rows: dict[str, SeedRow] = {}
    while families and len(rows) < count:
        levels = [level for level in choice.levels if level < LEVELS[-1]] or choice.levels
        level = rng.choices(levels, [LEVEL_WEIGHTS[level - 1] for level in levels])[0]
        draft = rng.choices(families, [family.weight for family in families])[0].draw(rng, level)
        if draft.plan is None or reference(draft.goal) in held:
            continue
        shown = {"goal": f": {draft.goal}", "earlier": "", "failed": ""}
        if rng.random() < REVISED:
            shown |= {"earlier": f"by {rng.choice(draft.plan.wrong)}", "failed": "error"}
        answer = draft.plan.skeleton if rng.random() < RIGHT else rng.choice(draft.plan.wrong)
        rows[f"{shown} {answer}"] = (shown, answer)
    return list(rows.values())


def _plans(family: Family) -> bool:
    return family.draw(Random(0), LEVELS[0]).plan is not None
