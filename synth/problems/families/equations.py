"""Linear equations and systems over Nat and Int: witnesses, uniqueness, consequences, impossibility."""

from __future__ import annotations

from math import gcd
from random import Random

from synth.problems.families.base import Draft, Family, other, pick


def draw_witness(rng: Random, level: int) -> Draft:
    """∃ x, a * x + b = c, solved by the expression (c - b) / a."""
    a, x, b = (
        pick(rng, level, (2, 5), (2, 9), (5, 29)),
        pick(rng, level, (1, 6), (2, 12), (5, 40)),
        pick(rng, level, (1, 9), (1, 20), (5, 99)),
    )
    v, false = rng.choice("nmkxyz"), rng.random() < 0.25
    c = a * x + b + (rng.randint(1, a - 1) if false else 0)
    goal = f"∃ {v} : Nat, {a} * {v} + {b} = {c}"
    slots = {"v": v, "a": a, "b": b, "c": c}
    if false:
        good = [f"rintro ⟨{v}, h⟩; omega", f"intro h; rcases h with ⟨{v}, h⟩; omega"]
        return Draft(
            goal, "false", slots, good, ("decide", f"exact ⟨({c} - {b}) / {a}, by decide⟩", "intro h; decide", f"rintro ⟨{v}, h⟩; decide")
        )
    good = [f"exact ⟨({c} - {b}) / {a}, by decide⟩", f"exact ⟨({c} - {b}) / {a}, by omega⟩"]
    wrong = [
        f"exact ⟨({c} + {b}) / {a}, by decide⟩",
        f"exact ⟨{c} - {b}, by decide⟩",
        f"exact ⟨({c} - {a}) / {b}, by decide⟩",
        f"exact ⟨{c} / {a}, by decide⟩",
        "omega",
        "decide",
        f"exact ⟨{rng.randint(1, 9)}, by decide⟩",
    ]
    return Draft(goal, "true", slots, good, wrong)


WITNESS = (
    "Find a natural number {v} with {a}{v} + {b} = {c}.",
    "Show that the equation {a} * {v} + {b} = {c} has a solution {v} in the natural numbers.",
    "I think of a number {v}, multiply it by {a} and add {b}. The result is {c}. Show that this can happen.",
    "Prove that {c} can be written as {a} * {v} + {b} for some natural number {v}.",
    "A taxi costs {b} coins plus {a} coins per mile. Show that some trip of {v} miles costs exactly {c} coins.",
    "There exists {v} such that {a} times {v} plus {b} equals {c}.",
    "Is {c} of the form {a}{v} + {b}? Show that a natural number {v} makes it so.",
)


def draw_system(rng: Random, level: int) -> Draft:
    """∃ x y, x + y = s ∧ a * x + b * y = t, the heads-and-legs problem."""
    a = pick(rng, level, (1, 2), (2, 4), (2, 9))
    b = a + pick(rng, level, (1, 2), (2, 3), (2, 6))
    x, y = pick(rng, level, (1, 5), (1, 9), (5, 30)), pick(rng, level, (1, 5), (1, 9), (5, 30))
    v, w = rng.sample("nmkxyz", 2)
    s, t = x + y, a * x + b * y
    false = b - a > 1 and rng.random() < 0.3
    t += 1 if false else 0
    goal = f"∃ {v} {w} : Nat, {v} + {w} = {s} ∧ {a} * {v} + {b} * {w} = {t}"
    slots = {"v": v, "w": w, "a": a, "b": b, "s": s, "t": t}
    many = f"({t} - {a} * {s}) / ({b} - {a})"
    if false:
        good = [f"rintro ⟨{v}, {w}, h⟩; omega", f"rintro ⟨{v}, {w}, h, g⟩; omega"]
        return Draft(
            goal,
            "false",
            slots,
            good,
            (f"rintro ⟨{v}, h⟩; omega", "decide", f"exact ⟨{s}, {t}, by decide⟩", f"rintro ⟨{v}, {w}, h⟩; decide"),
        )
    good = [f"exact ⟨{s} - {many}, {many}, by decide⟩", f"exact ⟨({b} * {s} - {t}) / ({b} - {a}), {many}, by decide⟩"]
    wrong = [
        f"exact ⟨{many}, {s} - {many}, by decide⟩",
        f"exact ⟨{s} - {t} / {b}, {t} / {b}, by decide⟩",
        f"exact ⟨{s}, {t}, by decide⟩",
        f"exact ⟨{many}, by decide⟩",
        f"exact ⟨{s} - ({t} - {s}) / {b}, ({t} - {s}) / {b}, by decide⟩",
        "omega",
    ]
    return Draft(goal, "true", slots, good, wrong)


SYSTEM = (
    "Find natural numbers {v} and {w} with {v} + {w} = {s} and {a}{v} + {b}{w} = {t}.",
    "Show that the system {v} + {w} = {s}, {a} * {v} + {b} * {w} = {t} has a solution in natural numbers {v}, {w}.",
    "A barn holds {v} creatures with {a} legs and {w} creatures with {b} legs. There are {s} heads and {t} legs. Show this is possible.",
    "Prove that {v} small coins worth {a} and {w} large coins worth {b} can make {s} coins worth {t} in total.",
    "Two numbers {v} and {w} add up to {s}, while {a} times {v} plus {b} times {w} is {t}. Show that such numbers exist.",
    "There are {v} and {w} whose sum is {s} and for which {a}{v} + {b}{w} equals {t}.",
    "Some tickets cost {a} and some cost {b}; {v} of the first and {w} of the second kind make {s} tickets for {t}. Show it is possible.",
)


def draw_unique(rng: Random, level: int) -> Draft:
    """a * x + b = c has exactly one solution."""
    a, x, b = (
        pick(rng, level, (2, 5), (2, 9), (5, 19)),
        pick(rng, level, (1, 6), (2, 12), (5, 30)),
        pick(rng, level, (1, 9), (1, 20), (5, 60)),
    )
    v, w = rng.sample("nmkxyz", 2)
    false = rng.random() < 0.2
    c = a * x + b + (rng.randint(1, a - 1) if false else 0)
    goal = f"∃ {v} : Nat, {a} * {v} + {b} = {c} ∧ ∀ {w} : Nat, {a} * {w} + {b} = {c} → {w} = {v}"
    slots = {"v": v, "w": w, "a": a, "b": b, "c": c}
    if false:
        good = [
            f"rintro ⟨{v}, h, g⟩; omega",
        ]
        return Draft(
            goal,
            "false",
            slots,
            good,
            (f"rintro ⟨{v}, h⟩; decide", "decide", f"exact ⟨({c} - {b}) / {a}, by decide⟩", f"rintro ⟨{v}, {w}, h⟩; omega"),
        )
    good = [f"exact ⟨({c} - {b}) / {a}, by decide, by omega⟩", f"exact ⟨({c} - {b}) / {a}, by decide, by intro {w} h; omega⟩"]
    wrong = [
        f"exact ⟨({c} - {b}) / {a}, by decide⟩",
        f"exact ⟨({c} - {b}) / {a}, by omega⟩",
        f"exact ⟨({c} + {b}) / {a}, by decide, by omega⟩",
        f"exact ⟨({c} - {a}) / {b}, by decide, by omega⟩",
        "omega",
        f"exact ⟨({c} - {b}) / {a}, by decide, by decide⟩",
    ]
    return Draft(goal, "true", slots, good, wrong)


UNIQUE = (
    "Show that exactly one natural number {v} satisfies {a}{v} + {b} = {c}: any {w} that does equals {v}.",
    "Prove that {a} * {v} + {b} = {c} has a unique solution {v}, so that every solution {w} is {v}.",
    "There is a natural number {v} with {a}{v} + {b} = {c}, and each {w} with {a}{w} + {b} = {c} is equal to {v}.",
    "One and only one {v} fulfils {a} times {v} plus {b} equals {c} (call any other solution {w} and show {w} = {v}).",
    "The price of {v} pens at {a} each and one bag at {b} is {c}. The number {v} is determined: if {w} pens also fit then {w} = {v}.",
    "Find {v} such that {a} * {v} + {b} is {c}, and show that {w} = {v} whenever {a} * {w} + {b} is {c}.",
)


def draw_linear(rng: Random, level: int) -> Draft:
    """Over Int: x + y = s → x - y = d → x = e."""
    x, y = pick(rng, level, (1, 9), (2, 20), (20, 200)), pick(rng, level, (1, 9), (2, 20), (20, 200))
    v, w = rng.sample("nmkxyz", 2)
    x, y = max(x, y), min(x, y)
    s, d, false = x + y, x - y, rng.random() < 0.3
    e = other(rng, x) if false else x
    goal = f"∀ {v} {w} : Int, {v} + {w} = {s} → {v} - {w} = {d} → {v} = {e}"
    slots = {"v": v, "w": w, "s": s, "d": d, "e": e}
    if false:
        good = [
            f"intro h; exact absurd (h (({s} + {d}) / 2) (({s} - {d}) / 2) (by decide) (by decide)) (by decide)",
        ]
        wrong = [
            f"intro h; exact absurd (h {s} {d} (by decide) (by decide)) (by decide)",
            "intro h; omega",
            f"intro h; exact absurd (h (({s} - {d}) / 2) (({s} + {d}) / 2) (by decide) (by decide)) (by decide)",
            f"intro h; exact absurd (h {e} ({s} - {e}) (by decide) (by decide)) (by decide)",
        ]
        return Draft(goal, "false", slots, good, wrong)
    return Draft(
        goal,
        "true",
        slots,
        ("omega", f"intro {v} {w} h g; omega"),
        ("decide", "simp", f"intro {v} {w} h g; simp", f"intro {v} {w} h g; rfl"),
    )


LINEAR = (
    "Let {v} and {w} be integers with {v} + {w} = {s} and {v} - {w} = {d}. Prove that {v} = {e}.",
    "Two integers {v} and {w} have sum {s} and difference {d}. Show that {v} is {e}.",
    "If {v} + {w} equals {s} while {v} - {w} equals {d}, for integers {v} and {w}, then {v} equals {e}.",
    "Solve {v} + {w} = {s}, {v} - {w} = {d} over the integers: the answer for {v} is {e}.",
    "Ann has {v} marbles and Bob has {w} (integers, debts allowed). Together: {s}. Ann has {d} more than Bob. Show that {v} = {e}.",
    "Find the integer {v}, knowing that adding {w} to it gives {s} and subtracting {w} from it gives {d}; show it is {e}.",
)


def draw_impossible(rng: Random, level: int) -> Draft:
    """¬ ∃ x y, a * x + b * y = c, false when a ∣ c."""
    g = pick(rng, level, (2, 3), (2, 5), (3, 12))
    p, q = rng.sample(range(1, 4 + level), 2)
    a, b = g * p, g * q
    v, w = rng.sample("nmkxyz", 2)
    false = rng.random() < 0.3
    c = a * pick(rng, level, (2, 5), (2, 9), (5, 30)) if false else g * pick(rng, level, (2, 6), (4, 12), (8, 40)) + rng.randint(1, g - 1)
    goal = f"¬ ∃ {v} {w} : Nat, {a} * {v} + {b} * {w} = {c}"
    slots = {"v": v, "w": w, "a": a, "b": b, "c": c}
    if false:
        good = [
            f"intro h; exact h ⟨{c} / {a}, 0, by decide⟩",
        ]
        wrong = [
            f"intro h; exact h ⟨{c} / {b}, 0, by decide⟩" if c % b else "intro h; simp at h",
            f"intro h; exact h ⟨{c} / {a}, {c} / {b}, by decide⟩",
            "intro h; omega",
            f"rintro ⟨{v}, {w}, h⟩; omega",
            f"intro h; exact h ⟨0, {c} / {a}, by decide⟩",
        ]
        return Draft(goal, "false", slots, good, wrong)
    assert c % gcd(a, b)
    good = [f"rintro ⟨{v}, {w}, h⟩; omega", f"intro h; rcases h with ⟨{v}, {w}, h⟩; omega"]
    return Draft(
        goal, "true", slots, good, ("decide", f"rintro ⟨{v}, h⟩; omega", f"intro {v} {w} h; omega", f"rintro ⟨{v}, {w}, h⟩; decide")
    )


IMPOSSIBLE = (
    "Show that no natural numbers {v} and {w} satisfy {a}{v} + {b}{w} = {c}.",
    "Prove that it is impossible to pay {c} coins exactly with {v} notes of {a} and {w} notes of {b}.",
    "The equation {a} * {v} + {b} * {w} = {c} has no solution in natural numbers {v}, {w}.",
    "Can {c} be written as {a} times {v} plus {b} times {w}? Show that it cannot.",
    "There are no {v} and {w} for which {a}{v} + {b}{w} equals {c}.",
    "Stamps cost {a} and {b}. Prove that {v} of the first and {w} of the second never cost {c} in total.",
)

FAMILIES = (
    Family("witness", 6, draw_witness, {"main": WITNESS}),
    Family("system", 7, draw_system, {"main": SYSTEM}),
    Family("unique", 6, draw_unique, {"main": UNIQUE}),
    Family("linear", 5, draw_linear, {"main": LINEAR}),
    Family("impossible", 5, draw_impossible, {"main": IMPOSSIBLE}),
)
