"""Rows of the seed set for further prompts, one file a prompt: what the prompt's template shows, and the answer."""

from __future__ import annotations

from synth.problems.seed_roles import answers
from synth.problems.seed_roles.back import comparisons, informal, refinements
from synth.problems.seed_roles.base import SeedMaker, SeedRow
from synth.problems.seed_roles.conjectures import conjectures
from synth.problems.seed_roles.repairs import repairs
from synth.problems.seed_roles.sketches import sketches

# By the prompt's role.  A new one is a file beside this one and a line here.
OTHERS: dict[str, SeedMaker] = {
    "enumerate": answers.programs,
    "guess": answers.guesses,
    "informalize": informal,
    "compare": comparisons,
    "refine": refinements,
    "sketch": sketches,
    "repair": repairs,
    "conjecture": conjectures,
}

__all__ = ["OTHERS", "SeedMaker", "SeedRow"]
