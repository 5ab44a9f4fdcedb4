"""Seed rows for `conjecture`: a proved statement with a lemma that its proof names, and another statement of its family."""

from __future__ import annotations

import re
from random import Random

from synth.problems.generate import LEVELS, Choice, draw, reference
from synth.problems.seed_roles.base import SeedRow

TRIES = 60  # draws a row, after which fewer rows are made
NAMING = 0.6  # share of rows whose proof names a lemma, where the families have such proofs
_LEMMA = re.compile(r"\b[A-Z]\w*\.\w+")


def conjectures(rng: Random, count: int, held: set[str], choice: Choice) -> list[SeedRow]:
    """`count` rows (fewer where the families run out of new ones): from an easy true statement to one that is no easier."""
    rows: dict[tuple[str, str], SeedRow] = {}
    for _ in range(TRIES * count):
        if len(rows) == count:
            break
        family, level, easy = draw(rng, choice, LEVELS[:2])
        other = family.draw(rng, rng.choice([one for one in LEVELS if one >= level and one in choice.levels] or [level]))
        if {easy.truth, other.truth} != {"true"} or easy.goal == other.goal or {reference(easy.goal), reference(other.goal)} & held:
            continue
        naming = [proof for proof in easy.proofs if _LEMMA.search(proof)]
        proof = rng.choice(naming if naming and rng.random() < NAMING else list(easy.proofs))
        lemma = found[0] if (found := _LEMMA.search(proof)) else ""
        rows[easy.goal, other.goal] = ({"lemma": lemma, "goal": f": {easy.goal}", "proof": proof}, f": {other.goal}")
    return list(rows.values())
