"""Inequalities, numbers beyond any bound, and searches made finite by a bound."""

from __future__ import annotations

from random import Random

from synth.problems.families.base import Draft, Family, pick


def draw_bound(rng: Random, level: int) -> Draft:
    """a ≥ p → b ≥ q → a * b ≥ c."""
    p, q = pick(rng, level, (2, 6), (2, 12), (6, 40)), pick(rng, level, (2, 6), (2, 12), (6, 40))
    v, w = rng.sample("nmkxyz", 2)
    false = rng.random() < 0.3
    c = p * q + (rng.randint(1, 5) if false else -rng.choice((0, 0, 1, 2)))
    goal = f"∀ {v} {w} : Nat, {v} ≥ {p} → {w} ≥ {q} → {v} * {w} ≥ {c}"
    slots = {"v": v, "w": w, "p": p, "q": q, "c": c}
    if false:
        good = [
            f"intro h; exact absurd (h {p} {q} (by decide) (by decide)) (by decide)",
        ]
        wrong = [
            f"intro h; exact absurd (h {p} {c} (by decide) (by decide)) (by decide)",
            f"intro h; exact absurd (h {p} {q} (by decide)) (by decide)",
            "intro h; omega",
            "intro h; exact absurd (h 0 0 (by decide) (by decide)) (by decide)",
        ]
        return Draft(goal, "false", slots, good, wrong)
    good = [
        f"intro {v} {w} h g; have := Nat.mul_le_mul h g; omega",
    ]
    wrong = [
        f"intro {v} {w} h g; omega",
        f"intro {v} {w} h g; exact Nat.add_le_add h g",
        f"intro {v} {w} h g; exact Nat.mul_le_mul g h",
        "omega",
        f"intro {v} {w} h; have := Nat.mul_le_mul h; omega",
        f"intro {v} {w} h g; have := Nat.add_le_add h g; omega",
    ]
    return Draft(goal, "true", slots, good, wrong)


BOUND = (
    "If {v} is at least {p} and {w} is at least {q}, prove that {v} * {w} is at least {c}.",
    "Let {v} ≥ {p} and {w} ≥ {q}. Show that {v} * {w} ≥ {c}.",
    "A field is {v} wide and {w} long, with {v} ≥ {p} and {w} ≥ {q}. Its area {v} * {w} is then no smaller than {c}.",
    "Show that the product {v} times {w} is {c} or more whenever {v} is {p} or more and {w} is {q} or more.",
    "For all natural numbers {v} not below {p} and {w} not below {q}, their product is not below {c}.",
    "The product of {v} and {w} cannot be less than {c}, given that {v} ≥ {p} and {w} ≥ {q}.",
)


def draw_unbounded(rng: Random, level: int) -> Draft:
    """∀ n, ∃ m, m > k * n + b, and the false swap ∃ m, ∀ n, k * n + b < m."""
    k, b = pick(rng, level, (2, 6), (2, 19), (11, 99)), pick(rng, level, (1, 9), (1, 30), (11, 199))
    v, w = rng.sample("nmkxyz", 2)
    slots = {"v": v, "w": w, "k": k, "b": b}
    if rng.random() < 0.3:
        goal = f"∃ {w} : Nat, ∀ {v} : Nat, {k} * {v} + {b} < {w}"
        good = [
            f"rintro ⟨{w}, h⟩; have := h {w}; omega",
        ]
        wrong = [
            f"rintro ⟨{w}, h⟩; omega",
            f"rintro ⟨{w}, h⟩; have := h {b}; omega",
            f"rintro ⟨{w}, {v}, h⟩; omega",
            f"intro {v}; exact ⟨{k} * {v} + {b}, by omega⟩",
        ]
        return Draft(goal, "false", slots, good, wrong, "ceiling")
    goal = f"∀ {v} : Nat, ∃ {w} : Nat, {w} > {k} * {v} + {b}"
    good = [
        f"intro {v}; exact ⟨{k} * {v} + {b} + 1, by omega⟩",
    ]
    wrong = [
        f"intro {v}; exact ⟨{k} * {v} + {b}, by omega⟩",
        f"intro {v}; exact ⟨{v} + 1, by omega⟩",
        f"exact ⟨{k} * {v} + {b} + 1, by omega⟩",
        f"intro {v}; exact ⟨{k} * {v} + 1, by omega⟩",
        "omega",
        f"intro {v}; exact ⟨{k} + {b} + 1, by omega⟩",
    ]
    return Draft(goal, "true", slots, good, wrong)


UNBOUNDED = (
    "Prove that for every natural number {v} there is a natural number {w} greater than {k}{v} + {b}.",
    "Given {v}, find {w} with {w} > {k} * {v} + {b}.",
    "However large {k}{v} + {b} is, some natural number {w} exceeds it, whatever {v} may be.",
    "Show that for each {v} one can choose {w} so that {k} times {v} plus {b} is less than {w}.",
    "I name a number {v}. Show that you can always name a number {w} that beats {k} * {v} + {b}.",
    "For all {v} there exists {w} which is bigger than {k}{v} + {b}.",
)
CEILING = (
    "Prove that there is a natural number {w} such that {k}{v} + {b} < {w} for every natural number {v}.",
    "Find a {w} with {k} * {v} + {b} < {w} for all {v}.",
    "Some number {w} lies above {k}{v} + {b}, for all natural numbers {v} at once.",
    "Show that one can choose {w} first, and then {k} times {v} plus {b} is less than {w} for each {v}.",
    "I name a number {w} first. Show that {k} * {v} + {b} stays below {w} for any {v} that you name after.",
    "There exists {w} which is a bound: for all {v}, {k}{v} + {b} is smaller than {w}.",
)


def draw_root(rng: Random, level: int) -> Draft:
    """n * n = c → n = r, by bounding the search; false with a wrong root."""
    r = pick(rng, level, (2, 7), (3, 15), (10, 40))
    v = rng.choice("nmxyz")
    false = rng.random() < 0.22
    goal = f"∀ {v} : Nat, {v} * {v} = {r * r} → {v} {'<' if false else '='} {r}"
    slots = {"v": v, "c": r * r, "r": r}
    if false:
        good = [
            f"intro h; exact absurd (h {r} (by decide)) (by decide)",
        ]
        wrong = [
            f"intro h; exact absurd (h {r * r} (by decide)) (by decide)",
            "intro h; omega",
            f"intro h; exact absurd (h ({r} - 1) (by decide)) (by decide)",
            "intro h; exact absurd (h 0 (by decide)) (by decide)",
        ]
        return Draft(goal, "false", slots, good, wrong, "less")
    split = f"intro {v} h; rcases Nat.lt_trichotomy {v} {r} with g | g | g"
    below, above = f"have k : {v} ≤ {r} - 1 := (by omega); have := Nat.mul_le_mul k k", "have := Nat.mul_le_mul g g"
    good = [
        f"{split}; {below}; omega; omega; {above}; omega",
    ]
    wrong = [
        f"intro {v} h; omega",
        "decide",
        f"{split}; omega; omega; omega",
        f"{split}; {above}; omega; omega; {above}; omega",
        f"{split}; {below}; omega; {above}; omega",
    ]
    return Draft(goal, "true", slots, good, wrong)


ROOT = (
    "Prove that {v} * {v} = {c} forces {v} = {r} for a natural number {v}.",
    "The natural number {v} has square {c}. Show that {v} is {r}.",
    "If a square courtyard of side {v} has area {c}, then the side {v} is {r}.",
    "Solve {v} * {v} = {c} in natural numbers: the only solution is {v} = {r}.",
    "Show that {r} is the only natural number {v} whose product with itself is {c}.",
    "Whenever {v} times {v} equals {c}, it follows that {v} equals {r}.",
)
LESS = (
    "Prove that {v} * {v} = {c} forces {v} < {r} for a natural number {v}.",
    "The natural number {v} has square {c}. Show that {v} is less than {r}.",
    "If a square courtyard of side {v} has area {c}, then the side {v} is shorter than {r}.",
    "Solve {v} * {v} = {c} in natural numbers: every solution has {v} < {r}.",
    "Show that each natural number {v} whose product with itself is {c} lies below {r}.",
    "Whenever {v} times {v} equals {c}, it follows that {v} is smaller than {r}.",
)


def draw_bounded(rng: Random, level: int) -> Draft:
    """∀ n < b, n * n < c (a finite search), or the same with a wrong bound."""
    b = pick(rng, level, (3, 8), (5, 15), (12, 30))
    a, v = rng.randint(1, 5), rng.choice("nmxyz")
    top = (b - 1) ** 2 + a * (b - 1)
    false = rng.random() < 0.3
    c = top if false else top + rng.randint(1, 9)
    goal = f"∀ {v} : Nat, {v} < {b} → {v} * {v} + {a} * {v} < {c}"
    slots = {"v": v, "a": a, "b": b, "c": c}
    if false:
        good = [f"intro h; exact absurd (h ({b} - 1) (by decide)) (by decide)", "decide"]
        wrong = [
            f"intro h; exact absurd (h {b} (by decide)) (by decide)",
            "intro h; omega",
            f"intro h; exact absurd (h ({b} - 2) (by decide)) (by decide)",
        ]
        return Draft(goal, "false", slots, good, wrong)
    return Draft(goal, "true", slots, ("decide",), ("omega", f"intro {v} h; omega", f"intro {v} h; decide", "simp"))


BOUNDED = (
    "Show that {v} * {v} + {a} * {v} < {c} for every natural number {v} below {b}.",
    "If {v} < {b}, prove that {v} * {v} + {a}{v} is less than {c}.",
    "Check all natural numbers {v} smaller than {b}: the value {v} * {v} + {a}{v} stays under {c}.",
    "The expression {v} * {v} + {a} * {v} does not reach {c} as long as {v} is less than {b}.",
    "For each {v} among 0, 1, 2 and so on up to but not including {b}, show that {v} times {v} plus {a} times {v} is smaller than {c}.",
    "Let {v} be under {b}. Adding {a}{v} to the square {v} * {v} gives a number under {c}.",
)

FAMILIES = (
    Family("product bound", 6, draw_bound, {"main": BOUND}),
    Family("unbounded", 6, draw_unbounded, {"main": UNBOUNDED, "ceiling": CEILING}),
    Family("square root", 5, draw_root, {"main": ROOT, "less": LESS}),
    Family("bounded search", 4, draw_bounded, {"main": BOUNDED}),
)
