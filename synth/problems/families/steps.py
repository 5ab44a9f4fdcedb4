"""Statements in several steps: products of what has to be shown first, factor by factor, each by an induction of its own.

No single tactic closes them, and neither does one induction on the whole: the product is not linear in what the hypothesis gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from synth.problems.families.base import Draft, Family, Plan, Step, other, pick


def draw_steps(rng: Random, level: int) -> Draft:
    """One of four shapes: divisors of a product, the remainder of one, a lower bound of one, the product of two sequences."""
    return rng.choice((_divisor, _remainder, _bound, _sequences))(rng, level)


def _induction(v: str, start: str = "decide", step: str = "rw [Nat.pow_succ]; omega") -> str:
    return f"intro {v}; induction {v} with | zero => {start} | succ {v} ih => {step}"


def _powers(rng: Random, v: str, says: Sequence[str]) -> list[Step]:
    """Steps about powers, each proved by induction from nothing else."""
    steps: list[Step] = []
    for i, text in enumerate(says):
        earlier = [f"(h{j + 1} : ∀ ({v} : ℕ), {before})" for j, before in enumerate(says[:i])]
        good = [_induction(v)]
        wrong = [
            f"intro {v}; omega",
            _induction(v, step="omega"),
            f"intro {v}; simp [Nat.pow_succ]",
            _induction(v, start="omega", step="simp [ih]"),
            f"intro {v}; rw [Nat.pow_succ]; omega",
            "decide",
        ]
        steps.append(Step(f"h{i + 1}", f"∀ {v} : Nat, {text}", " ".join([*earlier, f": ∀ ({v} : ℕ), {text}"]), good, wrong))
    return steps


def _draft(goal: str, slots: dict[str, object], wording: str, plan: Plan) -> Draft:
    """The draft, with proofs as the plan has them."""
    good = [step.proofs[0] for step in plan.steps]
    wrong = [plan.proof([*good[:i], bad, *good[i + 1 :]]) for i, step in enumerate(plan.steps) for bad in step.wrong[:2]]
    return Draft(goal, "true", slots, [plan.proof(good)], wrong, wording, plan)


def _planned(before: str, steps: list[Step], finish: str, slips: Sequence[tuple[int, str, str]], finishes: Sequence[str]) -> Plan:
    """The plan, and plans with a slip (in which step, what stands there, and what in its place), with another finish, or a step short."""
    wrong = [
        Plan(before, [replace(s, says=s.says.replace(was, slip)) if j == i else s for j, s in enumerate(steps)], finish)
        for i, was, slip in slips
    ]
    wrong += [Plan(before, steps, bad) for bad in finishes]
    wrong.append(Plan(before, steps[:1], finish))
    return Plan(before, steps, finish, [plan.skeleton for plan in wrong])


def _divisor(rng: Random, level: int) -> Draft:
    """p * q ∣ (a ^ n - 1) * (b ^ n - 1) with p ∣ a - 1 and q ∣ b - 1."""
    v = rng.choice("nmkx")
    p, q = pick(rng, level, (2, 6), (2, 11), (5, 25)), pick(rng, level, (2, 6), (2, 11), (5, 25))
    a, b = p * rng.randint(1, 3) + 1, q * rng.randint(1, 3) + 1
    goal = f"∀ {v} : Nat, {p * q} ∣ ({a} ^ {v} - 1) * ({b} ^ {v} - 1)"
    steps = _powers(rng, v, [f"{p} ∣ {a} ^ {v} - 1", f"{q} ∣ {b} ^ {v} - 1"])
    finish = f"intro {v}; exact Nat.mul_dvd_mul (h1 {v}) (h2 {v})"
    slips = [(0, f"{p} ∣", f"{other(rng, a, 2)} ∣"), (1, f"{b} ^", f"{b + 1} ^")]
    bad = [f"intro {v}; exact Nat.dvd_trans (h1 {v}) (h2 {v})", f"intro {v}; omega"]
    return _draft(goal, {"v": v, "a": a, "b": b, "m": p * q}, "divisor", _planned("", steps, finish, slips, bad))


def _remainder(rng: Random, level: int) -> Draft:
    """a ^ n * b ^ n % m = 1 with a and b 1 more than multiples of m."""
    v, m = rng.choice("nmkx"), pick(rng, level, (2, 7), (3, 12), (7, 30))
    i, j = rng.sample(range(1, 6), 2)
    a, b = m * i + 1, m * j + 1
    goal = f"∀ {v} : Nat, {a} ^ {v} * {b} ^ {v} % {m} = 1"
    steps = _powers(rng, v, [f"{a} ^ {v} % {m} = 1", f"{b} ^ {v} % {m} = 1"])
    finish = f"intro {v}; rw [Nat.mul_mod, h1, h2]"
    slips = [(0, "= 1", "= 0"), (1, f"% {m}", f"% {m + 1}")]
    bad = [f"intro {v}; rw [h1, h2]", f"intro {v}; omega"]
    return _draft(goal, {"v": v, "a": a, "b": b, "m": m}, "remainder", _planned("", steps, finish, slips, bad))


def _bound(rng: Random, level: int) -> Draft:
    """(k * n + 1) * (j * n + 1) ≤ (k + 1) ^ n * (j + 1) ^ n, by Bernoulli's inequality for each factor."""
    v = rng.choice("nmkx")
    k, j = (pick(rng, level, (2, 6), (2, 12), (8, 40)) for _ in range(2))
    goal = f"∀ {v} : Nat, ({k} * {v} + 1) * ({j} * {v} + 1) ≤ {k + 1} ^ {v} * {j + 1} ^ {v}"
    steps = _powers(rng, v, [f"{k} * {v} + 1 ≤ {k + 1} ^ {v}", f"{j} * {v} + 1 ≤ {j + 1} ^ {v}"])
    finish = f"intro {v}; exact Nat.mul_le_mul (h1 {v}) (h2 {v})"
    slips = [(0, f"{k} * {v} + 1", f"{k + 1} * {v} + 1"), (1, f"{j + 1} ^", f"{j} ^")]
    bad = [f"intro {v}; exact Nat.le_trans (h1 {v}) (h2 {v})", f"intro {v}; omega"]
    slots = {"v": v, "k": k, "j": j, "a": k + 1, "b": j + 1}
    return _draft(goal, slots, "bound", _planned("", steps, finish, slips, bad))


def _sequences(rng: Random, level: int) -> Draft:
    """The product of the n-th terms of two arithmetic sequences."""
    f, g = rng.sample("fgus", 2)
    a, b = (pick(rng, level, (1, 6), (1, 15), (5, 60)) for _ in range(2))
    d, e = (pick(rng, level, (2, 6), (2, 12), (5, 40)) for _ in range(2))
    goal = (
        f"∀ {f} {g} : Nat → Nat, {f} 0 = {a} → (∀ n, {f} (n + 1) = {f} n + {d}) → {g} 0 = {b} → (∀ n, {g} (n + 1) = {g} n + {e}) → "
        f"∀ n, {f} n * {g} n = ({a} + {d} * n) * ({b} + {e} * n)"
    )
    given = (
        f"({f} {g} : ℕ → ℕ) ({f}0 : {f} 0 = {a}) ({f}1 : ∀ (n : ℕ), {f} (n + 1) = {f} n + {d}) "
        f"({g}0 : {g} 0 = {b}) ({g}1 : ∀ (n : ℕ), {g} (n + 1) = {g} n + {e})"
    )
    steps = []
    for i, (h, first, step) in enumerate(((f, a, d), (g, b, e))):
        earlier = f" (h1 : ∀ (n : ℕ), {f} n = {a} + {d} * n)" if i else ""
        start = f"intro n; induction n with | zero => simp [{h}0] | succ n ih =>"
        good = [f"{start} rw [{h}1, ih]; omega"]
        wrong = [
            f"{start} omega",
            "intro n; omega",
            f"intro n; simp [{h}0, {h}1]",
            f"{start} rw [ih]; omega",
            f"{start.replace(f'{h}0', f'{h}1')} rw [ih, {h}1]; omega",
        ]
        says = f"{h} n = {first} + {step} * n"
        steps.append(Step(f"h{i + 1}", f"∀ n, {says}", f"{given}{earlier} : ∀ (n : ℕ), {says}", good, wrong))
    slips = [(0, f"n = {a} + {d} * n", f"n = {d} + {a} * n"), (1, f"n = {b} + {e} * n", f"n = {b} + {e + 1} * n")]
    bad = ["intro n; omega", "intro n; rw [h1]"]
    plan = _planned(f"intro {f} {g} {f}0 {f}1 {g}0 {g}1", steps, "intro n; rw [h1, h2]", [s for s in slips if s[1] != s[2]], bad)
    return _draft(goal, {"f": f, "g": g, "a": a, "b": b, "d": d, "e": e}, "sequences", plan)


DIVISOR = (
    "Prove that ({a} ^ {v} - 1) * ({b} ^ {v} - 1) is divisible by {m} for every natural number {v}.",
    "Show that {m} divides the product of {a} ^ {v} - 1 and {b} ^ {v} - 1, whatever the exponent {v}.",
    "For all {v}, the number ({a}^{v} - 1)({b}^{v} - 1) is a multiple of {m}.",
    "Take 1 from {a} to the power {v} and 1 from {b} to the power {v}, and multiply: the result is a multiple of {m}.",
    "Let {v} be a natural number. Then {m} goes evenly into ({a}^{v} - 1) times ({b}^{v} - 1).",
    "Whatever {v} is, dividing ({a} ^ {v} - 1) * ({b} ^ {v} - 1) by {m} leaves nothing over. Prove this.",
)
REMAINDER = (
    "Prove that {a} ^ {v} * {b} ^ {v} leaves remainder 1 on division by {m}, for every natural number {v}.",
    "Show that the product of {a} to the power {v} and {b} to the power {v} is 1 modulo {m}.",
    "For all {v}, ({a}^{v} times {b}^{v}) mod {m} = 1.",
    "Multiply {v} copies of {a} and {v} copies of {b} together. Show that the product is 1 more than a multiple of {m}.",
    "Let {v} be a natural number. What is left when {a}^{v} * {b}^{v} is divided by {m}? Show it is 1.",
    "Whatever the exponent {v}, the number {a} ^ {v} * {b} ^ {v} is congruent to 1 modulo {m}.",
)
BOUND = (
    "Prove that ({k} * {v} + 1) * ({j} * {v} + 1) is at most {a} ^ {v} * {b} ^ {v}, for every natural number {v}.",
    "Show that {a}^{v} times {b}^{v} is never smaller than ({k}{v} + 1)({j}{v} + 1).",
    "For all {v}, the product ({k}{v} + 1)({j}{v} + 1) is bounded above by {a}^{v} * {b}^{v}.",
    "A rectangle has sides {k} * {v} + 1 and {j} * {v} + 1. Show that its area is at most {a} ^ {v} * {b} ^ {v}.",
    "Let {v} be a natural number. Multiply {k}{v} + 1 by {j}{v} + 1: the result does not exceed {a}^{v} * {b}^{v}.",
    "Whatever {v} is, {a} to the power {v} times {b} to the power {v} is at least ({k} * {v} + 1) * ({j} * {v} + 1). Prove this.",
)
SEQUENCES = (
    (
        "Sequences {f} and {g} of natural numbers have {f} 0 = {a}, {f} (n + 1) = {f} n + {d}, {g} 0 = {b} and {g} (n + 1) = {g} n + {e}. "
        "Prove that {f} n * {g} n = ({a} + {d} * n) * ({b} + {e} * n)."
    ),
    (
        "Let {f} begin at {a} and grow by {d} at each step, and let {g} begin at {b} and grow by {e}. "
        "Show that {f}(n){g}(n) = ({a} + {d}n)({b} + {e}n) for every n."
    ),
    (
        "A plot is {f} 0 = {a} wide and {g} 0 = {b} long; each year it gets {d} wider and {e} longer. "
        "Show that in year n its area {f} n * {g} n is ({a} + {d} * n) * ({b} + {e} * n)."
    ),
    (
        "If {f}(0) = {a} and each term of {f} is {d} more than the one before, while {g}(0) = {b} and each term of {g} is {e} more, "
        "then the product of their n-th terms is ({a} + {d}n)({b} + {e}n)."
    ),
    (
        "Given that {f} starts with {a} and increases by {d}, and {g} starts with {b} and increases by {e}, "
        "find {f} n times {g} n; prove that it is ({a} + {d} * n) * ({b} + {e} * n)."
    ),
    (
        "Multiply term by term two sequences: {f}, with first term {a} and {f} (n + 1) = {f} n + {d}, and {g}, with first term {b} and "
        "{g} (n + 1) = {g} n + {e}. Show that the n-th product is ({a} + {d} * n) * ({b} + {e} * n)."
    ),
)

FAMILIES = (Family("multi step", 4, draw_steps, {"divisor": DIVISOR, "remainder": REMAINDER, "bound": BOUND, "sequences": SEQUENCES}),)
