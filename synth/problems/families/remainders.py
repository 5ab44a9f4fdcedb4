"""Remainders, products of residues, squares modulo m, simultaneous congruences and digits."""

from __future__ import annotations

from random import Random

from synth.problems.families.base import Draft, Family, other, pick


def draw_remainder(rng: Random, level: int) -> Draft:
    """n % m = r → (a * n + b) % m = s."""
    m = pick(rng, level, (3, 6), (3, 9), (7, 19))
    v, r, a, b = rng.choice("nmkxy"), rng.randint(0, m - 1), rng.randint(2, 5), rng.randint(1, 9)
    s = (a * r + b) % m
    false = rng.random() < 0.35
    if false:
        s = rng.choice([i for i in range(m) if i != s])
    goal = f"∀ {v} : Nat, {v} % {m} = {r} → ({a} * {v} + {b}) % {m} = {s}"
    slots = {"v": v, "m": m, "r": r, "a": a, "b": b, "s": s}
    if false:
        good = [f"intro h; exact absurd (h {r} (by decide)) (by decide)", f"intro h; have := h {r} (by decide); omega"]
        wrong = [
            "intro h; omega",
            f"intro h; exact absurd (h {s} (by decide)) (by decide)",
            f"intro h; exact absurd (h {m} (by decide)) (by decide)",
        ]
        return Draft(goal, "false", slots, good, wrong)
    return Draft(goal, "true", slots, ("omega", f"intro {v} h; omega"), ("decide", f"intro {v} h; simp [h]", "simp_all"))


REMAINDER = (
    "Prove that if {v} leaves remainder {r} when divided by {m}, then {a} * {v} + {b} leaves remainder {s} when divided by {m}.",
    "A natural number {v} satisfies {v} mod {m} = {r}. Show that ({a}{v} + {b}) mod {m} = {s}.",
    "Dividing {v} by {m} leaves {r}. What is left when {a}{v} + {b} is divided by {m}? Show it is {s}.",
    "Suppose {v} is congruent to {r} modulo {m}. Then {a} * {v} + {b} is congruent to {s} modulo {m}.",
    "When {v} sweets are shared among {m} children, {r} are left over. With {a} times as many sweets and {b} more, {s} are left over.",
    "The remainder of {a}{v} + {b} on division by {m} is {s} for every natural number {v} whose remainder is {r}.",
    "Let {v} be a natural number with {v} % {m} equal to {r}; deduce that {a} * {v} + {b} is {s} modulo {m}.",
)


def draw_product(rng: Random, level: int) -> Draft:
    """a % m = r → b % m = s → a * b % m = t."""
    m = pick(rng, level, (2, 5), (3, 9), (7, 13))
    v, w = rng.sample("nmkxyz", 2)
    r, s = rng.randint(0, m - 1), rng.randint(0, m - 1)
    t, false = r * s % m, rng.random() < 0.25
    if false:
        t = rng.choice([i for i in range(m) if i != t])
    goal = f"∀ {v} {w} : Nat, {v} % {m} = {r} → {w} % {m} = {s} → {v} * {w} % {m} = {t}"
    slots = {"v": v, "w": w, "m": m, "r": r, "s": s, "t": t}
    if false:
        good = [
            f"intro h; exact absurd (h {r} {s} (by decide) (by decide)) (by decide)",
        ]
        wrong = [
            "intro h; omega",
            f"intro h; exact absurd (h {r} {s} (by decide)) (by decide)",
            f"intro h; exact absurd (h {r} {t} (by decide) (by decide)) (by decide)",
            f"intro h; exact absurd (h {m} {s} (by decide) (by decide)) (by decide)",
        ]
        return Draft(goal, "false", slots, good, wrong)
    good = [f"intro {v} {w} h g; rw [Nat.mul_mod, h, g]", f"intro {v} {w} h g; simp [Nat.mul_mod, h, g]"]
    wrong = [
        "omega",
        f"intro {v} {w} h g; rw [Nat.mul_mod, h]",
        f"intro {v} {w} h g; simp [Nat.add_mod, h, g]",
        f"intro {v} {w} h g; rw [h, g]",
    ]
    return Draft(goal, "true", slots, good, wrong)


PRODUCT = (
    "If {v} leaves remainder {r} and {w} leaves remainder {s} on division by {m}, then the product {v} * {w} leaves remainder {t}.",
    "Let {v} mod {m} = {r} and {w} mod {m} = {s}. Prove that {v} * {w} mod {m} = {t}.",
    "Modulo {m} we have {v} = {r} and {w} = {s}. Show that their product {v} * {w} is {t} modulo {m}.",
    "Show that {v} times {w} is {t} more than a multiple of {m} whenever {v} is {r} more and {w} is {s} more than a multiple of {m}.",
    "Two natural numbers {v} and {w} have remainders {r} and {s} when divided by {m}. What remainder has {v} * {w}? Prove that it is {t}.",
    "The product of {v} and {w} has remainder {t} modulo {m}, given that the remainders of {v} and {w} are {r} and {s}.",
)


def draw_square(rng: Random, level: int) -> Draft:
    """n * n % m ≠ r: a case split over the residues, or a square that hits r."""
    m = rng.choice(((3, 4, 5), (3, 4, 5, 6, 7, 8), (7, 8, 9, 10, 11, 12, 13))[level - 1])
    v = rng.choice("nmxyz")
    squares = sorted({i * i % m for i in range(m)})
    false = rng.random() < 0.22
    r = rng.choice(squares) if false else rng.choice([i for i in range(m) if i not in squares])
    goal = f"∀ {v} : Nat, {v} * {v} % {m} ≠ {r}"
    slots = {"v": v, "m": m, "r": r}
    if false:
        root = min(i for i in range(m) if i * i % m == r)
        good = [f"intro h; exact absurd (h {root}) (by decide)", f"intro h; exact h {root} (by decide)"]
        wrong = [
            f"intro h; exact absurd (h {(root + 1) % m}) (by decide)",
            f"intro h; exact h {r + 2} (by decide)",
            "intro h; omega",
            "intro h; simp at h",
        ]
        return Draft(goal, "false", slots, good, wrong)
    bound = f"have h : {v} % {m} < {m} := Nat.mod_lt _ (by decide)"
    good = [
        f"intro {v}; rw [Nat.mul_mod]; {bound}; revert h; generalize {v} % {m} = k; revert k; decide",
    ]
    wrong = [
        f"intro {v}; omega",
        "decide",
        f"intro {v}; {bound}; omega",
        f"intro {v}; rw [Nat.mul_mod]; generalize {v} % {m} = k; revert k; decide",
        f"intro {v}; {bound}; revert h; generalize {v} % {m} = k; revert k; decide",
    ]
    return Draft(goal, "true", slots, good, wrong)


SQUARE = (
    "Prove that the square {v} * {v} never leaves remainder {r} when divided by {m}.",
    "No natural number {v} has {v} * {v} mod {m} = {r}.",
    "Show that {r} is not a square modulo {m}: for every natural number {v}, the remainder of {v} * {v} by {m} differs from {r}.",
    "Divide {v} * {v} by {m}. Show that the remainder can never be {r}, whatever the natural number {v} is.",
    "For all {v}, {v} squared is not congruent to {r} modulo {m}.",
    "A perfect square {v} * {v} is never {r} more than a multiple of {m}.",
)


def draw_congruences(rng: Random, level: int) -> Draft:
    """∃ x, x % a = s ∧ x % (a+1) = t, whose solution is an expression in the given numbers."""
    v = rng.choice("nmkxyz")
    if rng.random() < 0.3:
        g = rng.choice((2, 3))
        a, b = g * pick(rng, level, (1, 2), (1, 3), (2, 6)), g * pick(rng, level, (2, 3), (2, 4), (3, 7))
        s = rng.randrange(a)
        t = rng.choice([i for i in range(b) if (i - s) % g])
        goal = f"∃ {v} : Nat, {v} % {a} = {s} ∧ {v} % {b} = {t}"
        good = [f"rintro ⟨{v}, h, g⟩; omega", f"rintro ⟨{v}, h⟩; omega", f"intro h; rcases h with ⟨{v}, h, g⟩; omega"]
        wrong = ["decide", f"exact ⟨{s} * {b} + {t} * {a} * {a}, by decide⟩", "intro h; decide"]
        return Draft(goal, "false", {"v": v, "a": a, "b": b, "s": s, "t": t}, good, wrong)
    a = pick(rng, level, (2, 5), (3, 9), (9, 29))
    b, s = a + 1, rng.randrange(a)
    t = rng.choice([i for i in range(b) if i != s])
    goal = f"∃ {v} : Nat, {v} % {a} = {s} ∧ {v} % {b} = {t}"
    good = [
        f"exact ⟨{s} * {b} + {t} * {a} * {a}, by decide⟩",
    ]
    wrong = [
        f"exact ⟨{s} * {b} + {t} * {a}, by decide⟩",
        f"exact ⟨{s} * {a} + {t} * {b} * {b}, by decide⟩",
        f"exact ⟨{t} * {b} + {s} * {a} * {a}, by decide⟩",
        f"exact ⟨{s} + {a} * {t}, by decide⟩",
        "omega",
    ]
    return Draft(goal, "true", {"v": v, "a": a, "b": b, "s": s, "t": t}, good, wrong)


CONGRUENCES = (
    "Find a natural number {v} that leaves remainder {s} when divided by {a} and remainder {t} when divided by {b}.",
    "Show that some {v} satisfies both {v} mod {a} = {s} and {v} mod {b} = {t}.",
    "There is a natural number {v} congruent to {s} modulo {a} and to {t} modulo {b}.",
    "A basket holds {v} eggs. In groups of {a} there are {s} left over, and in groups of {b} there are {t}. Show that this is possible.",
    "Prove that the system {v} % {a} = {s}, {v} % {b} = {t} has a solution in natural numbers.",
    "Is there a number {v} with remainders {s} and {t} on division by {a} and {b}, in this order? Show that there is.",
)


def draw_digits(rng: Random, level: int) -> Draft:
    """A two-digit number n = 10 x + y with a given digit sum, or a rule for digit sums."""
    v, w = rng.sample("abxyuv", 2)
    if rng.random() < 0.25:
        m = rng.choice((9, 3))
        k = pick(rng, level, (1, 1), (1, 4), (4, 20))
        big = 9 * k + 1
        false = rng.random() < 0.3
        big += 1 if false else 0
        goal = f"∀ {v} {w} : Nat, ({big} * {v} + {w}) % {m} = ({v} + {w}) % {m}"
        slots: dict[str, object] = {"v": v, "w": w, "m": m, "b": big}
        if false:
            return Draft(
                goal,
                "false",
                slots,
                ("intro h; exact absurd (h 1 0) (by decide)",),
                ("intro h; omega", "intro h; exact absurd (h 0 0) (by decide)", "intro h; exact absurd (h 0 1) (by decide)"),
                "rule",
            )
        return Draft(goal, "true", slots, ("omega", f"intro {v} {w}; omega"), ("decide", f"intro {v} {w}; simp", "rfl"), "rule")
    n = pick(rng, level, (10, 39), (10, 99), (100, 999))
    base = 100 if n > 99 else 10
    total, false = n // base + n % base, rng.random() < 0.3
    if false:
        total = other(rng, total)
    goal = f"∃ {v} {w} : Nat, {w} < {base} ∧ {base} * {v} + {w} = {n} ∧ {v} + {w} = {total}"
    slots = {"v": v, "w": w, "b": base, "n": n, "t": total}
    if false:
        good = [f"rintro ⟨{v}, {w}, h⟩; omega", f"rintro ⟨{v}, {w}, h, g⟩; omega"]
        return Draft(goal, "false", slots, good, (f"rintro ⟨{v}, h⟩; omega", f"exact ⟨{n} / {base}, {n} % {base}, by decide⟩", "decide"))
    good = [f"exact ⟨{n} / {base}, {n} % {base}, by decide⟩", f"exact ⟨{n} / {base}, {n} % {base}, by omega⟩"]
    wrong = [
        f"exact ⟨{n} % {base}, {n} / {base}, by decide⟩",
        f"exact ⟨{n} / {base}, {total}, by decide⟩",
        f"exact ⟨{n} / {base}, by decide⟩",
        f"exact ⟨{total} / {base}, {n} % {base}, by decide⟩",
        "omega",
    ]
    return Draft(goal, "true", slots, good, wrong)


DIGITS = (
    "Show that {n} can be written as {b} * {v} + {w} with {w} < {b} so that {v} + {w} = {t}.",
    "There are {v} and {w}, with {w} less than {b}, such that {b}{v} + {w} = {n} and the sum {v} + {w} is {t}.",
    "Write {n} in base {b} as the digits {v} and {w}, where {w} is below {b}. Prove that the digits can add up to {t}.",
    "Split {n} into {v} groups of {b} and a rest {w} smaller than {b}. Show that {v} and {w} then sum to {t}.",
    "Find natural numbers {v} and {w} < {b} with {b} times {v} plus {w} equal to {n} and with {v} + {w} equal to {t}.",
    "The digit sum {v} + {w} of {n} = {b} * {v} + {w}, where {w} < {b}, is {t} for some natural numbers {v} and {w}.",
)
DIGIT_RULE = (
    "Prove that {b} * {v} + {w} and {v} + {w} leave the same remainder when divided by {m}.",
    "For all natural numbers {v} and {w}, ({b}{v} + {w}) mod {m} equals ({v} + {w}) mod {m}.",
    "Modulo {m}, the number {b}{v} + {w} is the same as {v} + {w}, for any {v} and {w}.",
    "Show that the digit sum rule holds: {b} times {v} plus {w} is congruent to {v} + {w} modulo {m}.",
    "Dividing {b}{v} + {w} by {m} leaves what dividing the sum {v} + {w} by {m} leaves.",
    "Replace {b}{v} + {w} by {v} + {w}. Prove that the remainder by {m} stays the same for all {v} and {w}.",
)

FAMILIES = (
    Family("remainder", 5, draw_remainder, {"main": REMAINDER}),
    Family("product", 5, draw_product, {"main": PRODUCT}),
    Family("square", 6, draw_square, {"main": SQUARE}),
    Family("congruences", 6, draw_congruences, {"main": CONGRUENCES}),
    Family("digits", 5, draw_digits, {"main": DIGITS, "rule": DIGIT_RULE}),
)
