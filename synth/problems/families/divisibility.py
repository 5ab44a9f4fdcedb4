"""Divisibility of products and sums, common divisors, quotients."""

from __future__ import annotations

from math import gcd
from random import Random

from synth.problems.families.base import Draft, Family, pick


def draw_divides(rng: Random, level: int) -> Draft:
    """k ∣ a → k ∣ a * b (either order), or the false k ∣ a + b → k ∣ a."""
    k = pick(rng, level, (2, 9), (2, 29), (11, 199))
    v, w = rng.sample("nmkxyz", 2)
    slots = {"k": k, "v": v, "w": w}
    if rng.random() < 0.25:
        goal = f"∀ {v} {w} : Nat, {k} ∣ {v} + {w} → {k} ∣ {v}"
        good = [
            f"intro h; exact absurd (h 1 ({k} - 1) (by decide)) (by decide)",
        ]
        wrong = [
            f"intro h; exact absurd (h {k} {k} (by decide)) (by decide)",
            "intro h; omega",
            f"intro h; exact absurd (h 1 {k} (by decide)) (by decide)",
            "intro h; exact absurd (h 1 1) (by decide)",
        ]
        return Draft(goal, "false", slots, good, wrong, "sum")
    if rng.random() < 0.5:
        goal = f"∀ {v} {w} : Nat, {k} ∣ {v} → {k} ∣ {v} * {w}"
        good = [
            f"intro {v} {w} h; exact Nat.dvd_trans h (Nat.dvd_mul_right {v} {w})",
        ]
        wrong = [
            f"intro {v} {w} h; exact Nat.dvd_trans h (Nat.dvd_mul_left {v} {w})",
            "omega",
            f"intro {v} {w} h; exact Nat.dvd_mul_right {v} {w}",
        ]
        return Draft(goal, "true", slots, good, wrong, "right")
    goal = f"∀ {v} {w} : Nat, {k} ∣ {v} → {k} ∣ {w} * {v}"
    good = [
        f"intro {v} {w} h; exact Nat.dvd_trans h (Nat.dvd_mul_left {v} {w})",
    ]
    wrong = [
        f"intro {v} {w} h; exact Nat.dvd_trans h (Nat.dvd_mul_right {v} {w})",
        "omega",
        f"intro {v} {w} h; exact Nat.dvd_mul_left {v} {w}",
    ]
    return Draft(goal, "true", slots, good, wrong, "left")


RIGHT = (
    "Prove that if {k} divides {v}, then {k} divides {v} * {w}.",
    "Let {v} be a multiple of {k}. Show that {v} times {w} is a multiple of {k} for every {w}.",
    "For all natural numbers {v} and {w}, {v} * {w} is divisible by {k} whenever {v} is.",
    "Suppose {k} | {v}; deduce {k} | {v} {w}.",
    "Multiplying the number {v}, which is divisible by {k}, by any {w} gives {v} * {w}, again divisible by {k}.",
    "If {k} goes evenly into {v}, it also goes evenly into the product {v} * {w}.",
)
LEFT = (
    "Prove that if {k} divides {v}, then for every {w} it divides {w} * {v}.",
    "Let {v} be a multiple of {k}, and {w} any number. Show that {w} times {v} is a multiple of {k}.",
    "Given {v} and {w}, the number {w} * {v} is divisible by {k} whenever {v} is.",
    "Suppose {k} | {v}, and take any {w}; deduce {k} | {w} {v}.",
    "Taking {w} copies of {v}, which is divisible by {k}, gives {w} * {v}, again divisible by {k}.",
    "If {k} goes evenly into {v}, it also goes evenly into {w} * {v}.",
)
SUM = (
    "Prove that if {k} divides {v} + {w}, then {k} divides {v}.",
    "Let the sum {v} + {w} be a multiple of {k}. Show that {v} is a multiple of {k}.",
    "For all natural numbers {v} and {w}, {v} is divisible by {k} whenever the sum {v} + {w} is.",
    "Suppose {k} | {v} + {w}; deduce {k} | {v}.",
    "When a total of {v} and {w} coins splits evenly among {k} pirates, then {v} coins alone split evenly among {k} pirates.",
    "If {k} goes evenly into {v} plus {w}, it also goes evenly into {v}.",
)


def draw_common(rng: Random, level: int) -> Draft:
    """n ∣ a → n ∣ b → n ∣ d, true for d = gcd a b; or the value of a gcd."""
    d, p = pick(rng, level, (2, 6), (2, 12), (6, 25)), pick(rng, level, (1, 4), (1, 7), (2, 12))
    q = rng.choice([i for i in range(1, p + 6) if gcd(i, p) == 1 and i != p])
    a, b = d * p, d * q
    false = rng.random() < 0.22
    if rng.random() < 0.2:
        c = d + (rng.randint(1, 3) if false else 0)
        goal = f"Nat.gcd {a} {b} = {c}"
        wrong = ["omega", "intro h; omega", "exact Nat.gcd_comm"]
        return Draft(goal, "false" if false else "true", {"a": a, "b": b, "d": c}, ("decide",), wrong, "value")
    v = rng.choice("nmkxyz")
    c = d + rng.randint(1, d - 1) if false else d
    goal = f"∀ {v} : Nat, {v} ∣ {a} → {v} ∣ {b} → {v} ∣ {c}"
    slots: dict[str, object] = {"v": v, "a": a, "b": b, "d": c}
    if false:
        good = [
            f"intro h; exact absurd (h (Nat.gcd {a} {b}) (by decide) (by decide)) (by decide)",
        ]
        wrong = [
            f"intro h; exact absurd (h {a} (by decide) (by decide)) (by decide)",
            f"intro h; exact absurd (h (Nat.gcd {a} {c}) (by decide) (by decide)) (by decide)",
            f"intro h; exact absurd (h (Nat.gcd {a} {b}) (by decide)) (by decide)",
            "intro h; omega",
        ]
        return Draft(goal, "false", slots, good, wrong)
    good = [f"intro {v} h g; exact Nat.dvd_gcd h g", f"intro {v} h g; have := Nat.dvd_gcd h g; simpa using this"]
    wrong = [f"intro {v} h g; exact Nat.dvd_trans h g", f"intro {v} h g; omega", f"intro {v} h; exact Nat.dvd_gcd h", "omega", "decide"]
    return Draft(goal, "true", slots, good, wrong)


COMMON = (
    "Prove that every common divisor {v} of {a} and {b} divides {d}.",
    "If {v} divides both {a} and {b}, show that {v} divides {d}.",
    "Suppose {v} | {a} and {v} | {b}. Then {v} | {d}.",
    "Tiles of side {v} cover a wall of {a} by {b} exactly, so {v} goes evenly into {a} and into {b}. Show that {v} goes evenly into {d}.",
    "For any natural number {v}: when {a} and {b} are multiples of {v}, {d} is a multiple of {v} as well.",
    "Whenever {a} is divisible by {v} and {b} is divisible by {v}, so is {d}. Prove this.",
)
VALUE = (
    "Compute the greatest common divisor of {a} and {b}; show that it is {d}.",
    "Prove that gcd({a}, {b}) = {d}.",
    "The greatest number that divides both {a} and {b} is {d}.",
    "Show that the highest common factor of {a} and {b} equals {d}.",
    "What is the gcd of {a} and {b}? Prove that the answer is {d}.",
    "Ropes of length {a} and {b} are cut into equal pieces, as long as possible: their gcd. Show that the pieces have length {d}.",
)


def draw_quotient(rng: Random, level: int) -> Draft:
    """n % (k*q) = k*i → ∃ x, n = k * x; false when the remainder is not a multiple of k."""
    k, q = pick(rng, level, (2, 4), (2, 8), (5, 12)), pick(rng, level, (2, 3), (2, 5), (3, 9))
    m, i = k * q, rng.randrange(q)
    false = rng.random() < 0.22
    s = k * i + (rng.randint(1, k - 1) if false else 0)
    v, w = rng.sample("nmkxyz", 2)
    goal = f"∀ {v} : Nat, {v} % {m} = {s} → ∃ {w} : Nat, {v} = {k} * {w}"
    slots = {"v": v, "w": w, "m": m, "s": s, "k": k}
    if false:
        good = [
            f"intro h; rcases h {s} (by decide) with ⟨{w}, g⟩; omega",
        ]
        wrong = [
            f"intro h; exact absurd (h {s} (by decide)) (by decide)",
            f"intro h; rcases h {m} (by decide) with ⟨{w}, g⟩; omega",
            "intro h; omega",
            f"intro h; rcases h {k} (by decide) with ⟨{w}, g⟩; omega",
        ]
        return Draft(goal, "false", slots, good, wrong)
    good = [
        f"intro {v} h; exact ⟨{v} / {k}, by omega⟩",
    ]
    wrong = [
        f"intro {v} h; exact ⟨{v} / {m}, by omega⟩",
        f"intro {v} h; exact ⟨{v}, by omega⟩",
        f"intro {v} h; exact ⟨{v} / {s}, by omega⟩",
        f"intro {v}; exact ⟨{v} / {k}, by omega⟩",
        "omega",
        f"intro {v} h; exact ⟨{v} / {k}, by decide⟩",
    ]
    return Draft(goal, "true", slots, good, wrong)


QUOTIENT = (
    "Prove that if {v} leaves remainder {s} when divided by {m}, then {v} = {k} * {w} for some natural number {w}.",
    "Let {v} mod {m} = {s}. Show that there is a {w} with {v} = {k}{w}.",
    "Every natural number {v} that is {s} modulo {m} can be written as {k} times some {w}.",
    "Packed in boxes of {m}, the {v} apples leave {s} over. Show that they could be packed in {w} bags of {k} each, with none left over.",
    "Given that {v} % {m} is {s}, find a natural number {w} such that {v} equals {k} * {w}.",
    "Whenever the remainder of {v} by {m} equals {s}, the equation {v} = {k}{w} is solved by some {w}.",
)

FAMILIES = (
    Family("divides", 6, draw_divides, {"right": RIGHT, "left": LEFT, "sum": SUM}),
    Family("common divisor", 6, draw_common, {"main": COMMON, "value": VALUE}),
    Family("quotient", 5, draw_quotient, {"main": QUOTIENT}),
)
