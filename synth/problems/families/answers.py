"""Problems that ask for something: closed forms, counts, largest and smallest values, later terms, all solutions, yes or no.

Each draft has the statement with a place for the answer (`asks`), the answer, and a program that finds it by trying everything.
They are drawn only where they are named (`generator.families`) or answers are constructed; see `synth/answers/`.
"""

from __future__ import annotations

from random import Random

from synth.problems.families.base import Asks, Draft, Family, pick

FORMULA = "Nat → Nat"
CASES = 6  # that a program for a formula prints


def _draft(asks: Asks, goal: str, slots: dict[str, object], *proofs: str, wording: str = "main") -> Draft:
    wrong = ("omega", "decide", "intros; omega", "simp", "norm_num")
    return Draft(goal, "true", slots, proofs, [one for one in wrong if one not in proofs], wording, asks=asks)


def draw_steps(rng: Random, level: int) -> Draft:
    """f 0 = a, f (n + 1) = f n + d: what is f n?"""
    a, d, f = pick(rng, level, (1, 9), (1, 30), (10, 300)), pick(rng, level, (2, 9), (2, 20), (10, 90)), rng.choice("fgus")
    hole = f"∀ {f} : Nat → Nat, {f} 0 = {a} → (∀ n, {f} (n + 1) = {f} n + {d}) → ∀ n, {f} n = answer n"
    program = f"{f} = {a}\nfor n in range({CASES}):\n    print(n, {f})\n    {f} += {d}\n"
    asks = Asks(FORMULA, hole, f"fun n => {a} + {d} * n", program)
    goal = hole.replace("answer n", f"({a} + {d} * n)")
    return _draft(asks, goal, {"f": f, "a": a, "d": d}, f"intro {f} h g n; induction n <;> simp_all <;> omega")


STEPS = (
    "A sequence {f} of natural numbers starts with {f} 0 = {a}, and {f} (n + 1) = {f} n + {d} for all n. Find a formula for {f} n.",
    "Let {f}(0) = {a} and let each term of {f} be {d} more than the one before. What is {f}(n)?",
    "A pile {f} has {a} stones on day 0 and grows by {d} stones a day. How many stones has it on day n?",
    "Determine the n-th term of {f}, which begins at {a} and increases by {d} at each step.",
    "Which function of n is {f}, if {f} 0 is {a} and {f} (n + 1) is {f} n plus {d}?",
    "{f}(n + 1) = {f}(n) + {d} and {f}(0) = {a}. Solve for {f}(n).",
)


def draw_sum(rng: Random, level: int) -> Draft:
    """s (n + 1) = s n + c (n + 1), s 0 = 0: c n (n + 1) / 2."""
    c, s = pick(rng, level, (1, 6), (2, 19), (10, 90)), rng.choice("stuf")
    hole = f"∀ {s} : Nat → Nat, {s} 0 = 0 → (∀ n, {s} (n + 1) = {s} n + {c} * (n + 1)) → ∀ n, {s} n = answer n"
    program = f"{s} = 0\nfor n in range({CASES}):\n    print(n, {s})\n    {s} += {c} * (n + 1)\n"
    asks = Asks(FORMULA, hole, f"fun n => {c} * (n * (n + 1)) / 2", program)
    goal = hole.replace("answer n", f"({c} * (n * (n + 1)) / 2)")
    proof = f"intro {s} h g n; induction n <;> simp_all [Nat.mul_add, Nat.add_mul] <;> omega"
    return _draft(asks, goal, {"s": s, "c": c}, proof)


SUM = (
    "Let {s} 0 = 0 and {s} (n + 1) = {s} n + {c} * (n + 1) for all n. Find {s} n in closed form.",
    "What is the sum {s}(n) of {c} * 1, {c} * 2 and so on up to {c} * n?",
    "On day k, {s} grows by {c} times k; on day 0 it is 0. How large is {s} on day n?",
    "Determine {s}(n), the sum of {c}k over k from 1 to n.",
    "Row k of a triangle holds {c} * k dots. How many dots are there in the first n rows, {s}(n) in all?",
    "Find a formula without a sum for {s}(n) = {c} + 2 * {c} + 3 * {c} + … + n * {c}.",
)


def draw_count(rng: Random, level: int) -> Draft:
    """How many numbers below a bound leave a remainder."""
    d = pick(rng, level, (3, 9), (5, 19), (7, 40))
    n, r, v = pick(rng, level, (20, 60), (40, 120), (100, 200)), rng.randrange(d), rng.choice("nmkx")
    hole = f"((List.range {n}).filter (fun {v} => {v} % {d} = {r})).length = answer"
    value = sum(x % d == r for x in range(n))
    program = f"print(sum({v} % {d} == {r} for {v} in range({n})))\n"
    asks = Asks("Nat", hole, str(value), program)
    return _draft(asks, hole.replace("answer", str(value)), {"v": v, "n": n, "d": d, "r": r}, "decide +kernel")


COUNT = (
    "How many natural numbers {v} below {n} leave remainder {r} when divided by {d}?",
    "Find the number of {v} < {n} with {v} mod {d} = {r}.",
    "Count the {v} from 0 to {n} - 1 that are {r} modulo {d}. What is their number?",
    "Of the {n} seats numbered from 0, those whose number {v} is {r} modulo {d} are red. How many seats are red?",
    "In a list of all numbers smaller than {n}, what is the number of those, {v}, for which {v} % {d} is {r}?",
    "Determine how many {v} there are with {v} less than {n} and {v} congruent to {r} modulo {d}.",
)


def draw_largest(rng: Random, level: int) -> Draft:
    """The largest v with a v + b ≤ c, or with v v ≤ c."""
    v = rng.choice("nmkx")
    if rng.random() < 0.5:
        c = pick(rng, level, (10, 99), (50, 400), (300, 2000))
        value = max(x for x in range(c + 1) if x * x <= c)
        hole = f"answer * answer ≤ {c} ∧ ∀ {v} : Nat, {v} * {v} ≤ {c} → {v} ≤ answer"
        program = f"print(max({v} for {v} in range({c}) if {v} * {v} <= {c}))\n"
        proof = f"refine ⟨by decide, fun {v} h => Nat.le_of_not_lt fun k => ?_⟩; have := Nat.mul_le_mul k k; omega"
        return _draft(Asks("Nat", hole, str(value), program), hole.replace("answer", str(value)), {"v": v, "c": c}, proof, wording="square")
    a, b, c = (
        pick(rng, level, (2, 9), (3, 19), (7, 60)),
        pick(rng, level, (0, 9), (1, 30), (5, 90)),
        pick(rng, level, (30, 99), (99, 400), (300, 999)),
    )
    hole = f"{a} * answer + {b} ≤ {c} ∧ ∀ {v} : Nat, {a} * {v} + {b} ≤ {c} → {v} ≤ answer"
    value = (c - b) // a
    program = f"print(max({v} for {v} in range({c}) if {a} * {v} + {b} <= {c}))\n"
    asks = Asks("Nat", hole, str(value), program)
    return _draft(asks, hole.replace("answer", str(value)), {"v": v, "a": a, "b": b, "c": c}, "refine ⟨by decide, ?_⟩; intros; omega")


LARGEST = (
    "What is the largest natural number {v} with {a} * {v} + {b} ≤ {c}?",
    "Find the greatest {v} for which {a}{v} + {b} is at most {c}.",
    "Tickets cost {a} coins each, and the bus {b}. With {c} coins, how many tickets {v} can one buy at most?",
    "Determine the maximum of {v}, given that {a} times {v} plus {b} does not exceed {c}.",
    "How large can {v} be if {c} is no less than {a} * {v} + {b}?",
    "Among the natural numbers {v} that satisfy {a} * {v} + {b} ≤ {c}, which is the largest?",
)
SQUARE = (
    "What is the largest natural number {v} whose square is at most {c}?",
    "Find the greatest {v} with {v} * {v} ≤ {c}.",
    "How many rows {v} has the largest square of trees that can be planted with {c} trees?",
    "Determine the maximum of {v}, given that {v} times {v} does not exceed {c}.",
    "How large can {v} be if {c} is no less than {v} * {v}?",
    "Compute the whole part of the square root of {c}: the largest {v} with {v}^2 ≤ {c}.",
)


def draw_least(rng: Random, level: int) -> Draft:
    """The smallest v with two given remainders."""
    p, q = rng.choice(((2, 3), (3, 4), (2, 5)) if level == 1 else ((3, 5), (4, 5), (5, 7)) if level == 2 else ((7, 9), (8, 11), (9, 13)))
    r, s, v = rng.randrange(p), rng.randrange(q), rng.choice("nmkx")
    value = next(x for x in range(p * q) if x % p == r and x % q == s)
    hole = f"answer % {p} = {r} ∧ answer % {q} = {s} ∧ ∀ {v} : Nat, {v} % {p} = {r} ∧ {v} % {q} = {s} → answer ≤ {v}"
    program = f"print(min({v} for {v} in range({p * q}) if {v} % {p} == {r} and {v} % {q} == {s}))\n"
    asks = Asks("Nat", hole, str(value), program)
    slots = {"v": v, "p": p, "q": q, "r": r, "s": s}
    return _draft(asks, hole.replace("answer", str(value)), slots, "refine ⟨by decide, by decide, ?_⟩; intros; omega")


LEAST = (
    "What is the smallest natural number {v} with {v} % {p} = {r} and {v} % {q} = {s}?",
    "Find the least {v} that leaves {r} when divided by {p} and {s} when divided by {q}.",
    "Eggs in rows of {p} leave {r} over, in rows of {q} they leave {s}. How many eggs {v} are there at least?",
    "Determine the minimum of all {v} that are {r} modulo {p} and {s} modulo {q}.",
    "Which is the first natural number {v} congruent to {r} mod {p} and to {s} mod {q}?",
    "Of all {v} with remainders {r} by {p} and {s} by {q}, how small can {v} be?",
)


def draw_term(rng: Random, level: int) -> Draft:
    """f 0 = a, f (n + 1) = c f n + d: what is f k?"""
    a, c, d = pick(rng, level, (1, 4), (1, 9), (3, 30)), pick(rng, level, (2, 3), (2, 5), (3, 9)), pick(rng, level, (0, 5), (1, 9), (5, 40))
    k, f = pick(rng, level, (2, 3), (3, 4), (3, 5)), rng.choice("fgus")
    value = a
    for _ in range(k):
        value = c * value + d
    hole = f"∀ {f} : Nat → Nat, {f} 0 = {a} → (∀ n, {f} (n + 1) = {c} * {f} n + {d}) → {f} {k} = answer"
    program = f"{f} = {a}\nfor n in range({k}):\n    {f} = {c} * {f} + {d}\nprint({f})\n"
    asks = Asks("Nat", hole, str(value), program)
    slots = {"f": f, "a": a, "c": c, "d": d, "k": k}
    return _draft(asks, hole.replace("answer", str(value)), slots, f"intro {f} h g; simp [g, h]")


TERM = (
    "Let {f} 0 = {a} and {f} (n + 1) = {c} * {f} n + {d}. Find {f} {k}.",
    "A sequence {f} begins at {a}; each term is {c} times the one before, plus {d}. What is {f}({k})?",
    "A debt {f} of {a} coins becomes {c} times as large each year, and {d} more. How large is it after {k} years?",
    "Compute the term {f}({k}), where {f}(0) = {a} and {f}(n + 1) = {c}{f}(n) + {d}.",
    "Start with {a}, multiply by {c} and add {d}, and repeat this until it was done {k} times, {f} {k}. What is the result?",
    "Determine {f} {k} for the function {f} given by {f} 0 = {a} and {f} (n + 1) = {c} * {f} n + {d}.",
)


def draw_solutions(rng: Random, level: int) -> Draft:
    """All v below a bound with v v % m = r."""
    m = pick(rng, level, (3, 8), (5, 12), (9, 20))
    b, v = pick(rng, level, (8, 14), (10, 20), (15, 24)), rng.choice("nmkx")
    r = rng.choice([x * x % m for x in range(1, min(b, m))])
    found = [x for x in range(b) if x * x % m == r][:8]
    b = found[-1] + 1 if len(found) == 8 else b
    hole = f"∀ {v} : Nat, {v} < {b} → ({v} * {v} % {m} = {r} ↔ {v} ∈ answer)"
    program = f"print(*[{v} for {v} in range({b}) if {v} * {v} % {m} == {r}])\n"
    value = f"[{', '.join(map(str, found))}]"
    asks = Asks("List Nat", hole, value, program)
    return _draft(asks, hole.replace("answer", value), {"v": v, "b": b, "m": m, "r": r}, "decide")


SOLUTIONS = (
    "Find all natural numbers {v} below {b} with {v} * {v} % {m} = {r}.",
    "Which {v} < {b} have a square that leaves {r} when divided by {m}?",
    "Solve {v}^2 = {r} modulo {m} for {v} less than {b}.",
    "List the numbers {v} from 0 to {b} - 1 whose square is {r} modulo {m}.",
    "Determine every {v} smaller than {b} such that the remainder of {v} * {v} by {m} is {r}.",
    "For which natural numbers {v} under {b} is {v} * {v} congruent to {r} mod {m}?",
)


def draw_whether(rng: Random, level: int) -> Draft:
    """Is c of the form a v + b?"""
    a, b, v = pick(rng, level, (2, 6), (3, 15), (7, 60)), pick(rng, level, (0, 5), (1, 20), (5, 90)), rng.choice("nmkx")
    x = pick(rng, level, (1, 9), (2, 20), (5, 60))
    yes = rng.random() < 0.5
    c = a * x + b + (0 if yes else rng.randint(1, a - 1))
    hole = f"(∃ {v} : Nat, {a} * {v} + {b} = {c}) ↔ answer"
    program = f"print(any({a} * {v} + {b} == {c} for {v} in range({c})))\n"
    value = str(yes)
    proof = f"simp; exact ⟨{x}, by decide⟩" if yes else "simp; omega"
    asks = Asks("Prop", hole, value, program)
    return _draft(asks, hole.replace("answer", value), {"v": v, "a": a, "b": b, "c": c}, proof)


WHETHER = (
    "Is {c} of the form {a} * {v} + {b} with a natural number {v}?",
    "Is there a natural number {v} with {a}{v} + {b} = {c}?",
    "A taxi costs {b} coins plus {a} coins per mile. Can a trip of {v} whole miles cost exactly {c} coins?",
    "Determine whether {a} * {v} + {b} = {c} has a solution {v} in the natural numbers.",
    "Does some natural number {v} satisfy {c} = {a} * {v} + {b}?",
    "I multiply a natural number {v} by {a} and add {b}. Can the result be {c}?",
)

FAMILIES = (
    Family("closed form: steps", 4, draw_steps, {"main": STEPS}),
    Family("closed form: sum", 4, draw_sum, {"main": SUM}),
    Family("count", 4, draw_count, {"main": COUNT}),
    Family("largest", 5, draw_largest, {"main": LARGEST, "square": SQUARE}),
    Family("least", 4, draw_least, {"main": LEAST}),
    Family("term", 4, draw_term, {"main": TERM}),
    Family("all solutions", 4, draw_solutions, {"main": SOLUTIONS}),
    Family("whether", 3, draw_whether, {"main": WHETHER}),
)
