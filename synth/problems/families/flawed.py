"""Problems that a pipeline must drop: hypotheses that contradict each other, and statements with no content."""

from __future__ import annotations

from random import Random

from synth.problems.families.base import Draft, Family, pick


def draw_contradictory(rng: Random, level: int) -> Draft:
    """v > a → v < b → v = c with b ≤ a: vacuously true."""
    b = pick(rng, level, (2, 9), (2, 40), (20, 400))
    a, c = b + rng.randint(0, 9), rng.randint(1, 30)
    v = rng.choice("nmkxyz")
    goal = f"∀ {v} : Nat, {v} > {a} → {v} < {b} → {v} = {c}"
    return Draft(goal, "contradictory", {"v": v, "a": a, "b": b, "c": c}, ("omega",), ("decide", "simp"))


CONTRADICTORY = (
    "If {v} is greater than {a} and less than {b}, prove that {v} = {c}.",
    "Let {v} be a natural number with {v} > {a} and {v} < {b}. Show that {v} is {c}.",
    "The number {v} exceeds {a}, yet stays under {b}. Find {v}: show that it equals {c}.",
    "A box holds {v} balls, more than {a} but fewer than {b}. Show that there are {v} = {c} balls.",
    "From {v} > {a} together with {v} < {b}, deduce {v} = {c}.",
    "Every natural number {v} above {a} and below {b} equals {c}.",
)


def draw_trivial(rng: Random, level: int) -> Draft:
    """A closed sum."""
    a, b = pick(rng, level, (1, 9), (5, 60), (50, 900)), pick(rng, level, (1, 9), (5, 60), (50, 900))
    return Draft(f"{a} + {b} = {a + b}", "trivial", {"a": a, "b": b, "c": a + b}, ("rfl", "decide"), ("intro h; omega",))


TRIVIAL = (
    "Show that {a} + {b} = {c}.",
    "Prove that the sum of {a} and {b} is {c}.",
    "What is {a} plus {b}? Show that it is {c}.",
    "Ben has {a} nuts and finds {b} more. Prove that he now has {c}.",
    "Adding {b} to {a} gives {c}.",
    "Compute {a} + {b} and verify that the result equals {c}.",
)

FAMILIES = (
    Family("empty range", 3.6, draw_contradictory, {"main": CONTRADICTORY}),
    Family("plain sum", 3.6, draw_trivial, {"main": TRIVIAL}),
)
