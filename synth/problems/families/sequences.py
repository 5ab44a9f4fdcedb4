"""Sequences given by a first term and a step: closed forms by induction, powers, later terms."""

from __future__ import annotations

from random import Random

from synth.problems.families.base import Draft, Family, other, pick


def draw_arithmetic(rng: Random, level: int) -> Draft:
    """f 0 = a → (∀ n, f (n+1) = f n + d) → ∀ n, f n = a + d * n."""
    a, d, f = pick(rng, level, (1, 9), (1, 30), (10, 300)), pick(rng, level, (2, 9), (2, 20), (10, 90)), rng.choice("fgus")
    false = rng.random() < 0.22
    e = other(rng, d, 1) if false else d
    goal = f"∀ {f} : Nat → Nat, {f} 0 = {a} → (∀ n, {f} (n + 1) = {f} n + {d}) → ∀ n, {f} n = {a} + {e} * n"
    slots = {"f": f, "a": a, "d": d, "e": e}
    if false:
        good = [
            f"intro h; exact absurd (h (fun n => {a} + {d} * n) rfl (fun n => rfl) 1) (by decide)",
        ]
        wrong = [
            f"intro h; exact absurd (h (fun n => {a} + {e} * n) rfl (fun n => rfl) 1) (by decide)",
            f"intro h; exact absurd (h (fun n => {d} + {a} * n) rfl (fun n => rfl) 1) (by decide)",
            f"intro h; exact absurd (h (fun n => {a} + {d} * n) rfl (fun n => rfl) 0) (by decide)",
            "intro h; omega",
        ]
        return Draft(goal, "false", slots, good, wrong)
    start = f"intro {f} h g n; induction n with | zero =>"
    good = [f"{start} simp [h] | succ n ih => rw [g, ih]; omega", f"{start} rw [h] | succ n ih => rw [g, ih]; omega"]
    wrong = [
        f"intro {f} h g n; omega",
        f"{start} simp [h] | succ n ih => omega",
        f"{start} simp [h] | succ n ih => rw [ih]; omega",
        f"{start} simp | succ n ih => rw [g, ih]; omega",
        f"intro {f} h g n; simp [h, g]",
        f"{start} rfl | succ n ih => rw [g, ih]; omega",
    ]
    return Draft(goal, "true", slots, good, wrong)


ARITHMETIC = (
    "A sequence {f} of natural numbers starts with {f} 0 = {a}, and {f} (n + 1) = {f} n + {d} for all n. Prove that {f} n = {a} + {e} * n.",
    "Let {f}(0) = {a} and let each term of {f} be {d} more than the one before. Show that {f}(n) = {a} + {e}n for every n.",
    "A pile {f} has {a} stones on day 0 and grows by {d} stones a day. Show that on day n it has {a} + {e}n stones.",
    "If {f} begins at {a} and increases by {d} at each step, then its n-th term is {a} plus {e} times n.",
    "Prove by induction that {a} + {e} * n is the n-th term of {f}, where {f} 0 is {a} and {f} (n + 1) is {f} n plus {d}.",
    "The function {f} satisfies {f}(0) = {a} and {f}(n + 1) = {f}(n) + {d}. Deduce the formula {f}(n) = {a} + {e}n.",
)


def draw_geometric(rng: Random, level: int) -> Draft:
    """f 0 = a → (∀ n, f (n+1) = c * f n) → ∀ n, f n = a * c ^ n."""
    a, c, f = pick(rng, level, (1, 6), (1, 19), (5, 90)), pick(rng, level, (2, 5), (2, 9), (3, 30)), rng.choice("fgus")
    false = rng.random() < 0.2
    e = other(rng, c, 2) if false else c
    goal = f"∀ {f} : Nat → Nat, {f} 0 = {a} → (∀ n, {f} (n + 1) = {c} * {f} n) → ∀ n, {f} n = {a} * {e} ^ n"
    slots = {"f": f, "a": a, "c": c, "e": e}
    if false:
        model = f"(fun n => {a} * {c} ^ n) (by decide) (by intro n; simp [Nat.pow_succ]; omega)"
        good = [
            f"intro h; exact absurd (h {model} 1) (by decide)",
        ]
        wrong = [
            f"intro h; exact absurd (h (fun n => {a} * {c} ^ n) rfl (fun n => rfl) 1) (by decide)",
            f"intro h; exact absurd (h {model} 0) (by decide)",
            "intro h; omega",
            f"intro h; exact absurd (h {model.replace(f'* {c}', f'* {e}')} 1) (by decide)",
        ]
        return Draft(goal, "false", slots, good, wrong)
    start = f"intro {f} h g n; induction n with | zero =>"
    good = [
        f"{start} simp [h] | succ n ih => rw [g, ih, Nat.pow_succ]; omega",
    ]
    wrong = [
        f"{start} simp [h] | succ n ih => rw [g, ih]; omega",
        f"{start} simp [h] | succ n ih => omega",
        f"intro {f} h g n; omega",
        f"{start} simp [h] | succ n ih => rw [g, Nat.pow_succ]; omega",
        f"{start} simp | succ n ih => simp [g, ih]",
        f"intro {f} h g n; simp [h, g, Nat.pow_succ]",
    ]
    return Draft(goal, "true", slots, good, wrong)


GEOMETRIC = (
    "A sequence {f} of natural numbers starts with {f} 0 = {a}, and {f} (n + 1) = {c} * {f} n for all n. Prove that {f} n = {a} * {e} ^ n.",
    "Let {f}(0) = {a} and let each term of {f} be {c} times the one before. Show that {f}(n) is {a} times the n-th power of {e}.",
    "A colony {f} has {a} cells at hour 0, and every hour it becomes {c} times as large. Show that at hour n it has {a} * {e} ^ n cells.",
    "If {f} begins at {a} and is multiplied by {c} at each step, then its n-th term is {a} times {e} to the power n.",
    "Prove by induction that {a} * {e} ^ n is the n-th term of {f}, where {f} 0 is {a} and {f} (n + 1) is {c} times {f} n.",
    "The function {f} satisfies {f}(0) = {a} and {f}(n + 1) = {c}{f}(n). Deduce the formula {f}(n) = {a} * {e} ^ n.",
)


def draw_powers(rng: Random, level: int) -> Draft:
    """(c*m + 1) ^ n % m = 1, by induction."""
    m = pick(rng, level, (2, 6), (3, 12), (7, 30))
    v, b = rng.choice("nmkx"), m * rng.randint(1, 3) + 1
    false = rng.random() < 0.22
    r = rng.choice([0, 2] if m > 2 else [0]) if false else 1
    goal = f"∀ {v} : Nat, {b} ^ {v} % {m} = {r}"
    slots = {"v": v, "m": m, "b": b, "r": r}
    if false:
        return Draft(
            goal,
            "false",
            slots,
            ("intro h; exact absurd (h 0) (by decide)", "intro h; exact absurd (h 1) (by decide)"),
            ("intro h; omega", "decide", f"intro h; exact absurd (h {r}) (by omega)", "omega"),
        )
    start = f"intro {v}; induction {v} with | zero => decide | succ {v} ih =>"
    good = [f"{start} rw [Nat.pow_succ]; omega", f"{start} rw [Nat.pow_succ, Nat.mul_mod, ih]"]
    wrong = [
        f"intro {v}; omega",
        f"{start} omega",
        f"{start} rw [ih]",
        f"intro {v}; simp [Nat.pow_succ]",
        f"{start} simp [ih]",
        "decide",
        f"intro {v}; rw [Nat.pow_succ]; omega",
    ]
    return Draft(goal, "true", slots, good, wrong)


POWERS = (
    "Prove that {b} ^ {v} leaves remainder {r} when divided by {m}, for every natural number {v}.",
    "Show that ({b} to the power {v}) mod {m} = {r} for all {v}.",
    "Every power {b} ^ {v} of {b} is congruent to {r} modulo {m}.",
    "Whatever the exponent {v}, dividing {b} ^ {v} by {m} leaves {r}.",
    "Multiply {v} copies of {b} together. Prove that the product is {r} modulo {m}.",
    "By induction on {v}, show that the remainder of {b} ^ {v} by {m} is always {r}.",
)


def draw_later(rng: Random, level: int) -> Draft:
    """(∀ n, f (n+1) = f n + d) → f i = v → f j = w, by walking the steps."""
    i, length = rng.randint(1, 9), (1, 2, 3)[level - 1]
    d, value, f = pick(rng, level, (1, 9), (2, 20), (10, 99)), pick(rng, level, (1, 9), (5, 50), (20, 400)), rng.choice("fgus")
    j, false = i + length, rng.random() < 0.2
    end = value + d * length
    if false:
        i, j, value = 0, length, value
        end += rng.randint(1, 3)
    elif value < d * i:  # or the 0-th term would be negative, and no sequence of natural numbers like that
        value, end = value + d * i, end + d * i
    goal = f"∀ {f} : Nat → Nat, (∀ n, {f} (n + 1) = {f} n + {d}) → {f} {i} = {value} → {f} {j} = {end}"
    slots = {"f": f, "i": i, "j": j, "d": d, "v": value, "w": end}
    if false:
        good = [
            f"intro h; exact absurd (h (fun n => {value} + {d} * n) (fun n => rfl) rfl) (by decide)",
        ]
        wrong = [
            "intro h; omega",
            f"intro h; exact absurd (h (fun n => {d} + {value} * n) (fun n => rfl) rfl) (by decide)",
            f"intro h; exact absurd (h (fun n => {value} + {d}) (fun n => rfl) rfl) (by decide)",
        ]
        return Draft(goal, "false", slots, good, wrong)
    steps = ", ".join(f"h {t}" for t in range(j - 1, i - 1, -1))
    good = [
        f"intro {f} h g; rw [{steps}, g]",
    ]
    wrong = [
        f"intro {f} h g; omega",
        f"intro {f} h g; rw [h {j}, g]",
        f"intro {f} h g; rw [h {i}, h {j}, g]",
        f"intro {f} h g; rw [h, g]",
        f"intro {f} h g; have := h {i}; omega",
    ]
    return Draft(goal, "true", slots, good, wrong)


LATER = (
    "A sequence {f} satisfies {f} (n + 1) = {f} n + {d} for all n, and {f} {i} = {v}. Prove that {f} {j} = {w}.",
    "Each term of {f} is {d} more than the one before. Given {f}({i}) = {v}, show that {f}({j}) = {w}.",
    "A tank {f} gains {d} litres an hour. At hour {i} it holds {v} litres; show that at hour {j} it holds {w} litres.",
    "If {f} increases by {d} at each step and its value at {i} is {v}, then its value at {j} is {w}.",
    "Show that {w} is the value of {f} at {j}, where {f}(n + 1) = {f}(n) + {d} always holds and {v} is the value at {i}.",
    "Climbing {d} steps a minute, a man {f} is on step {v} at minute {i}. Prove that he is on step {w} at minute {j}.",
)

FAMILIES = (
    Family("arithmetic sequence", 6, draw_arithmetic, {"main": ARITHMETIC}),
    Family("geometric sequence", 5, draw_geometric, {"main": GEOMETRIC}),
    Family("powers", 5, draw_powers, {"main": POWERS}),
    Family("later term", 4, draw_later, {"main": LATER}),
)
