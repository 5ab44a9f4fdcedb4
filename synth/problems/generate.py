"""A seeded stream of competition-style problems in plain English, each with the formal statement it means.

The pipeline sees only `Generated.problem()`.  The reference statement serves two ends: the small seed set that
bootstraps a model (synth/problems/seeds.py), and the measurement of faithfulness.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from random import Random
from typing import Literal

from pydantic import BaseModel

from synth.problems.families import FAMILIES, NAMED, Draft, Family, Truth
from synth.records import Problem, content_id

LEVELS = (1, 2, 3)
LEVEL_WEIGHTS = (4, 4, 2)

ONE_LINERS: tuple[str, ...] = (
    "decide",
    "omega",
    "simp",
    "norm_num",
    "rfl",
    "simp_all",
    "intros; omega",
    "intros; simp_all",
    "intros; norm_num",
    "constructor <;> omega",
    "constructor <;> decide",
    "intros; simp_all; omega",
)
"""The baseline: one-line tactics, each tried on a statement (and on its negation) as it stands."""


class Generated(BaseModel):
    """One generated problem.  `truth` tells how it was meant: a "false" one is provable only as its negation."""

    text: str
    family: str
    level: Literal[1, 2, 3]
    truth: Truth
    reference: str
    answer: str = ""
    """Where the problem asks for something."""

    def problem(self) -> Problem:
        """The record that the pipeline sees; the reference and the truth value are not in it."""
        return Problem(
            id=content_id("problem", self.text),
            text=self.text,
            source="generator",
            meta={"family": self.family, "level": str(self.level)},
        )


def reference(goal: str) -> str:
    """The canonical theorem for a proposition."""
    return f"theorem X : {goal}"


@dataclass(frozen=True)
class Choice:
    """Which families (by name; () = all) and levels are drawn from.  Raises ValueError for an unknown name."""

    families: tuple[str, ...] = ()
    levels: tuple[int, ...] = LEVELS

    def __post_init__(self) -> None:
        known = [family.name for family in (*FAMILIES, *NAMED)]
        for name in self.families:
            if name not in known:
                raise ValueError(f"no family {name!r} of problems; choose from: {', '.join(known)}")

    def drawn(self) -> list[Family]:
        return [family for family in (*FAMILIES, *NAMED) if family.name in self.families] if self.families else list(FAMILIES)


EVERYTHING = Choice()


def draw(rng: Random, choice: Choice = EVERYTHING, levels: Collection[int] = LEVELS) -> tuple[Family, int, Draft]:
    """A random family, level (of `choice` and of `levels`) and draft."""
    families = choice.drawn()
    levels = [level for level in levels if level in choice.levels] or choice.levels
    family = rng.choices(families, [f.weight for f in families])[0]
    level = rng.choices([v for v in LEVELS if v in levels], [w for v, w in zip(LEVELS, LEVEL_WEIGHTS, strict=True) if v in levels])[0]
    return family, level, family.draw(rng, level)


def word(rng: Random, family: Family, draft: Draft) -> str:
    """One of the English wordings of a draft."""
    text = rng.choice(family.wordings[draft.wording]).format(**draft.slots)
    return text[0].upper() + text[1:] if text[:2].islower() else text


def generate(seed: int, count: int, exclude: Collection[str] = (), choice: Choice = EVERYTHING) -> list[Generated]:
    """`count` problems with pairwise different references, none of which is in `exclude` (references).

    The same arguments always give the same list.  Raises ValueError when the families run out of new statements.
    """
    rng, taken, made = Random(seed), set(exclude), list[Generated]()
    for _ in range(50 * count + 1000):
        if len(made) == count:
            return made
        family, level, draft = draw(rng, choice)
        text, theorem = word(rng, family, draft), reference(draft.goal)
        if theorem not in taken:
            taken.add(theorem)
            answer = draft.asks.answer if draft.asks else ""
            made.append(Generated(text=text, family=family.name, level=level, truth=draft.truth, reference=theorem, answer=answer))
    if len(made) < count:
        raise ValueError(f"only {len(made)} of {count} distinct problems found beside {len(exclude)} excluded ones; ask for fewer")
    return made
