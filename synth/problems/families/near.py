"""Repairable near-misses: statements whose natural first proof fails, and Lean's message says what is wrong with it.

A value has to be named that takes arithmetic to find, and Lean, which computes it on the way, says what it is ("`e2` has type `f 2 = 44`
but is expected to have type `f 2 = 42`"); or a product stands in another form than the hypothesis has it in, and the message shows
both.  Whoever only samples has to be right at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from synth.problems.families.base import Draft, Family, pick


def draw_near(rng: Random, level: int) -> Draft:
    """One of three shapes: a term of a sequence, a number reached in steps, a product in another form."""
    return rng.choice(SHAPES)(rng, level)


def _slips(rng: Random, values: Sequence[int]) -> list[int]:
    """Numbers that somebody may take for the last of `values`: a step too few, a digit or a unit off."""
    right = values[-1]
    near = [*values[:-1], right + 1, right - 1, right + 10, right - 10, right + rng.choice((2, 3, 5, 20, 100))]
    return [number for number in dict.fromkeys(near) if number >= 0 and number != right]


def _valued(rng: Random, values: Sequence[int], rest: str) -> tuple[list[str], list[str]]:
    """Proofs of `∃ v, …` that name the value, and such as name another; `rest` is what comes after the value."""

    def proof(value: int) -> str:
        return f"refine ⟨{value}, ?_⟩; {rest}"

    return [proof(values[-1])], [proof(slip) for slip in _slips(rng, values)]


def _term(rng: Random, level: int) -> Draft:
    """∃ v, ∀ f, f 0 = a → (∀ n, f (n + 1) = m * f n + d) → f k = v."""
    v, f = rng.choice("vwxyz"), rng.choice("fgus")
    a, m, d = (
        pick(rng, level, (2, 9), (2, 19), (5, 60)),
        pick(rng, level, (2, 5), (2, 7), (3, 12)),
        pick(rng, level, (1, 9), (1, 20), (5, 60)),
    )
    k = pick(rng, level, (2, 2), (2, 3), (3, 4))
    values = [a]
    for _ in range(k):
        values.append(m * values[-1] + d)
    goal = f"∃ {v} : Nat, ∀ {f} : Nat → Nat, {f} 0 = {a} → (∀ n, {f} (n + 1) = {m} * {f} n + {d}) → {f} {k} = {v}"
    steps = "; ".join(f"have e{i} := h {i - 1}; simp [{'h0' if i == 1 else f'e{i - 1}'}] at e{i}" for i in range(1, k + 1))
    good, wrong = _valued(rng, values, f"intro {f} h0 h; {steps}; exact e{k}")
    return Draft(goal, "true", {"v": v, "f": f, "a": a, "m": m, "d": d, "k": k}, good, wrong, "term")


def _chain(rng: Random, level: int) -> Draft:
    """∃ v, ∀ x y z, x = a → y = m * x + d → z = p * y + q → z = v."""
    v, x, y, z = rng.sample("abcnmvxyz", 4)
    a, d, q = (pick(rng, level, (2, 9), (5, 40), (20, 200)) for _ in range(3))
    m, p = (pick(rng, level, (2, 5), (2, 9), (5, 30)) for _ in range(2))
    values = [a, m * a + d, p * (m * a + d) + q]
    goal = f"∃ {v} : Nat, ∀ {x} {y} {z} : Nat, {x} = {a} → {y} = {m} * {x} + {d} → {z} = {p} * {y} + {q} → {z} = {v}"
    good, wrong = _valued(rng, values, f"intro {x} {y} {z} h0 h1 h2; rw [h0] at h1; rw [h1] at h2; simp at h2; exact h2")
    slots = {"v": v, "x": x, "y": y, "z": z, "a": a, "m": m, "d": d, "p": p, "q": q}
    return Draft(goal, "true", slots, good, wrong, "chain")


def _product(rng: Random, level: int) -> Draft:
    """∀ x y, x * y + a = b → y * x + a = b, or the same with x * y + a * x and x * (y + a), or with x * y + a * y and (x + a) * y."""
    x, y = rng.sample("nmkxyz", 2)
    a = pick(rng, level, (2, 9), (2, 30), (20, 300))
    b = a + pick(rng, level, (5, 30), (10, 90), (50, 900))  # so that there are such numbers
    shape = rng.choice((_turned, _sum, _difference))
    lemmas, said, asked, wording = shape(x, y, a)
    goal = f"∀ {x} {y} : Nat, {said} = {b} → {asked} = {b}"
    right, *others = lemmas
    start = f"intro {x} {y} h; "
    good = [f"{start}rw [{right}]; omega", f"{start}have e := {right}; omega"]
    wrong = [f"{start}omega", *(f"{start}rw [{other}]; omega" for other in others), f"{start}rw [{right}] at h; omega", f"{start}exact h"]
    return Draft(goal, "true", {"x": x, "y": y, "a": a, "b": b}, good, wrong, wording)


def _turned(x: str, y: str, a: int) -> tuple[list[str], str, str, str]:
    lemmas = [f"Nat.mul_comm {y} {x}", f"Nat.add_comm {y} {x}", f"Nat.mul_add {y} {x} {a}"]
    return lemmas, f"{x} * {y} + {a}", f"{y} * {x} + {a}", "turned"


def _sum(x: str, y: str, a: int) -> tuple[list[str], str, str, str]:
    lemmas = [f"Nat.mul_add {x} {y} {a}", f"Nat.add_mul {x} {y} {a}", f"Nat.mul_comm {x} {y}"]
    return lemmas, f"{x} * {y} + {a} * {x}", f"{x} * ({y} + {a})", "sum"


def _difference(x: str, y: str, a: int) -> tuple[list[str], str, str, str]:
    lemmas = [f"Nat.add_mul {x} {a} {y}", f"Nat.mul_add {x} {a} {y}", f"Nat.mul_comm {x} {y}"]
    return lemmas, f"{x} * {y} + {a} * {y}", f"({x} + {a}) * {y}", "taken out"


TERM = (
    "A sequence {f} starts with {f} 0 = {a}, and {f} (n + 1) = {m} * {f} n + {d} for all n. Find the value {v} of {f} {k}.",
    "Let {f}(0) = {a}; each further term of {f} is {m} times the one before, plus {d}. What is {v} = {f}({k})?",
    "A colony {f} has {a} cells at hour 0. Every hour it grows {m}-fold, and {d} cells join. Find the count {v} at hour {k}.",
    "Prove that there is one number {v} that every {f} with {f}(0) = {a} and {f}(n + 1) = {m}{f}(n) + {d} takes at {k}.",
    "Beginning with {a}, multiply by {m} and add {d}, and again, {k} times in all; call the terms {f}. Which number {v} do you reach?",
    "Determine {v} such that {f} {k} = {v} whenever {f} 0 is {a} and {f} (n + 1) is {m} * {f} n + {d}.",
)
CHAIN = (
    "If {x} is {a}, {y} is {m} * {x} + {d} and {z} is {p} * {y} + {q}, which number {v} is {z}?",
    "Anna has {x} = {a} stamps, Ben has {y} = {m}{x} + {d}, and Cara has {z} = {p}{y} + {q}. Find the number {v} of Cara's stamps.",
    "Let {x} = {a}, {y} = {m} * {x} + {d}, {z} = {p} * {y} + {q}. Show that {z} equals some fixed number {v}.",
    "Take {x} = {a}. Multiply it by {m} and add {d} to get {y}; multiply that by {p} and add {q} to get {z}. Determine {v} = {z}.",
    "There is a number {v} which {z} must be, as soon as {z} = {p} * {y} + {q}, where {y} = {m} * {x} + {d} and {x} = {a}.",
    "A machine turns {x} into {y} = {m}{x} + {d}, and a second one {y} into {z} = {p}{y} + {q}. What comes out, as {v}, for {x} = {a}?",
)
TURNED = (
    "Prove that {x} * {y} + {a} = {b} implies {y} * {x} + {a} = {b}.",
    "A hall has {x} rows of {y} seats and {a} seats more, {b} in all. Show that {y} rows of {x} seats and {a} more are {b} as well.",
    "Let {x}, {y} be natural numbers with {x}{y} + {a} = {b}. Deduce {y}{x} + {a} = {b}.",
    "Whenever {a} more than {x} times {y} is {b}, {a} more than {y} times {x} is {b} too.",
    "Suppose that adding {a} to the product {x} * {y} gives {b}. Then adding {a} to {y} * {x} gives {b}.",
    "Show for all natural numbers {x} and {y}: from {x} * {y} + {a} = {b} follows {y} * {x} + {a} = {b}.",
)
SUM = (
    "Prove that {x} * {y} + {a} * {x} = {b} implies {x} * ({y} + {a}) = {b}.",
    "Let {x}{y} + {a}{x} = {b} for natural numbers {x} and {y}. Deduce {x}({y} + {a}) = {b}.",
    "A field is {x} wide; its parts are {y} and {a} long, and {x} * {y} + {a} * {x} = {b}. Show that {x} * ({y} + {a}) is {b} too.",
    "If {x} times {y}, plus {a} times {x}, is {b}, then {x} times the sum of {y} and {a} is {b}.",
    "For all {x} and {y}: whenever {x} * {y} + {a} * {x} equals {b}, the product {x} * ({y} + {a}) equals {b}.",
    "Suppose {x} * {y} + {a} * {x} comes to {b}. Show that multiplying {x} by {y} + {a} gives {b} as well.",
)
TAKEN_OUT = (
    "Prove that {x} * {y} + {a} * {y} = {b} implies ({x} + {a}) * {y} = {b}.",
    "Let {x}{y} + {a}{y} = {b} for natural numbers {x} and {y}. Deduce ({x} + {a}){y} = {b}.",
    "One lot of {x} and one of {a} boxes hold {y} pens each: {x} * {y} + {a} * {y} = {b}. Show that ({x} + {a}) * {y} is {b}.",
    "If {x} times {y}, plus {a} times {y}, is {b}, then the sum of {x} and {a}, times {y}, is {b}.",
    "For all {x} and {y}: whenever {x} * {y} + {a} * {y} equals {b}, the product ({x} + {a}) * {y} equals {b}.",
    "Suppose {x} * {y} + {a} * {y} comes to {b}. Show that multiplying {x} + {a} by {y} gives {b} as well.",
)

WORDINGS = {"term": TERM, "chain": CHAIN, "turned": TURNED, "sum": SUM, "taken out": TAKEN_OUT}
FAMILIES = (Family("near miss", 4, draw_near, WORDINGS),)
SHAPES: tuple[Callable[[Random, int], Draft], ...] = (_term, _chain, _product)
