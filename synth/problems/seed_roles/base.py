"""What makes the seed rows of one prompt."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from synth.problems.generate import Choice

SeedRow = tuple[dict[str, str], str]
"""What the prompt's template shows, by name, and the answer to it."""
SeedMaker = Callable[[Random, int, set[str], Choice], list[SeedRow]]
"""`maker(rng, count, held, choice)`: `count` rows that are about no statement whose reference is in `held`."""
