"""What a problem family is: a way to draw statements with their proofs, and English wordings for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

Truth = Literal["true", "false", "contradictory", "trivial"]


@dataclass(frozen=True)
class Asks:
    """What a problem asks for: the proposition in which `answer`, of type `type`, stands for it, and the answer.

    `program` is Python that finds it by trying everything, or lists small cases: the arguments of `answer`, then its value.
    """

    type: str
    hole: str
    answer: str
    program: str

    def theorem(self) -> str:
        """The statement with a place for the answer."""
        return f"theorem X (answer : {self.type}) : {self.hole}"


@dataclass(frozen=True)
class Step:
    """A step of a proof: what it says, and what proves that.

    `theorem` is what follows a theorem's name where the step is one, its context as binders, as Lean prints it.
    """

    name: str
    says: str
    theorem: str
    proofs: Sequence[str]
    wrong: Sequence[str]


@dataclass(frozen=True)
class Plan:
    """A proof in steps, on one line: what comes before them, and what concludes from them; `wrong` are skeletons that fail."""

    before: str
    steps: Sequence[Step]
    finish: str
    wrong: Sequence[str] = ()

    @property
    def skeleton(self) -> str:
        """The proof with its steps left open."""
        return self.proof([""] * len(self.steps))

    def proof(self, proofs: Sequence[str]) -> str:
        """The proof with tactics for each step; without any the step is left open."""
        haves = [
            f"have {step.name} : {step.says} := " + (f"(by {proof})" if proof else "sorry")
            for step, proof in zip(self.steps, proofs, strict=True)
        ]
        return "; ".join([*filter(None, [self.before]), *haves, self.finish])


@dataclass(frozen=True)
class Draft:
    """One drawn statement.  `goal` is a Lean proposition; all that is needed to word it stands in `slots`.

    `proofs` are tactic proofs of `goal`, or of `¬ (goal)` when `truth` is "false"; each is known to verify.
    `wrong` are plausible attempts at the same goal that do not (usually) verify; the seed set mixes both.
    `plan` is a proof in steps, where there is one.
    """

    goal: str
    truth: Truth
    slots: Mapping[str, object]
    proofs: Sequence[str]
    wrong: Sequence[str] = ()
    wording: str = "main"
    plan: Plan | None = None
    asks: Asks | None = None
    """Where the problem asks for something; `goal` then has the answer in it."""


@dataclass(frozen=True)
class Family:
    """`draw(rng, level)` makes a Draft of difficulty 1, 2 or 3; `wordings[draft.wording]` says it in English.

    Every list of wordings has at least six templates that differ in structure, not only in their opening
    words, and fixes the numbers, the variables and the shape of the Lean statement.  `weight` is the relative
    frequency of the family.
    """

    name: str
    weight: float
    draw: Callable[[Random, int], Draft]
    wordings: Mapping[str, Sequence[str]]


def pick(rng: Random, level: int, *ranges: tuple[int, int]) -> int:
    """A number from the range of the level: ranges[0] for level 1, and so on (the last one is repeated)."""
    low, high = ranges[min(level, len(ranges)) - 1]
    return rng.randint(low, high)


def other(rng: Random, value: int, low: int = 0, spread: int = 3) -> int:
    """A number near `value` but different from it and at least `low`."""
    return rng.choice([v for v in range(max(low, value - spread), value + spread + 1) if v != value])
