"""Small programs with a requirement, right ones and ones with an injected bug, in the language of `synth/programs/functions.py`.

A family writes one program; `right` says which of its variants is asked for.  A bug is in the program or in the requirement, and
shows on some input: on most of them, or (`rare`) on one number alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from synth.problems.families.base import other, pick


@dataclass(frozen=True)
class ProgramDraft:
    """A program with its requirement; `right` says whether it meets it."""

    source: str
    right: bool
    family: str
    level: int


def draw_linear(rng: Random, level: int, right: bool) -> str:
    """f(0) = b, f(n) = f(n - 1) + c, so f(n) = b + c n."""
    b, c = pick(rng, level, (0, 5), (0, 20), (10, 99)), pick(rng, level, (2, 5), (2, 12), (10, 60))
    claimed = c if right else other(rng, c, 1)
    return f"""def price(n: Nat) -> Nat:
    \"\"\"The price of n pieces: {b}, and {c} for each.\"\"\"
    if n == 0:
        return {b}
    return price(n - 1) + {c}

def requirement(n: Nat) -> bool:
    return price(n) == {b} + {claimed} * n
"""


def draw_rare(rng: Random, level: int, right: bool) -> str:
    """A program that is wrong on one number alone."""
    c, k = pick(rng, level, (2, 5), (2, 12), (10, 60)), pick(rng, level, (3, 9), (10, 40), (50, 400))
    wrong = (
        f"    if n == {k}:\n        return {c * k + rng.choice([-1, 1])}\n" if not right else f"    if n == {k}:\n        return {c * k}\n"
    )
    return f"""def scaled(n: Nat) -> Nat:
    \"\"\"{c} times n, with {k} looked up.\"\"\"
{wrong}    return {c} * n

def requirement(n: Nat) -> bool:
    return scaled(n) == {c} * n
"""


def draw_sum(rng: Random, level: int, right: bool) -> str:
    """c (1 + 2 + … + n), doubled: c n (n + 1)."""
    c = pick(rng, level, (1, 3), (2, 9), (5, 30))
    step = f"{c} * n" if right else rng.choice([f"{c} * (n - 1)", f"{c} * n + 1"])
    return f"""def total(n: Nat) -> Nat:
    \"\"\"{c} times the sum of the numbers up to n.\"\"\"
    match n:
        case 0:
            return 0
        case _:
            return total(n - 1) + {step}

def requirement(n: Nat) -> bool:
    return 2 * total(n) == {c} * n * (n + 1)
"""


def draw_accumulator(rng: Random, level: int, right: bool) -> str:
    """A loop with an accumulator."""
    c = pick(rng, level, (1, 4), (2, 9), (5, 40))
    kept = f"acc + {c}" if right else rng.choice(["acc", f"acc + {c + 1}", f"acc * {c}"])
    return f"""def loop(n: Nat, acc: Nat) -> Nat:
    \"\"\"Adds {c} to acc, n times.\"\"\"
    if n == 0:
        return acc
    return loop(n - 1, {kept})

def requirement(n: Nat, acc: Nat) -> bool:
    return loop(n, acc) == {c} * n + acc
"""


def draw_clamp(rng: Random, level: int, right: bool) -> str:
    """A value kept between two bounds."""
    low, high = pick(rng, level, (-5, 0), (-20, 0), (-99, 20)), pick(rng, level, (1, 9), (5, 40), (30, 400))
    guard = rng.choice([f"x > {high + 1}", f"x < {high}"]) if not right else f"x > {high}"
    return f"""def clamp(x: Int) -> Int:
    \"\"\"x, kept between {low} and {high}.\"\"\"
    if x < {low}:
        return {low}
    if {guard}:
        return {high}
    return x

def requirement(x: Int) -> bool:
    return {low} <= clamp(x) <= {high} and implies({low} <= x <= {high}, clamp(x) == x)
"""


def draw_distance(rng: Random, level: int, right: bool) -> str:
    """A distance is the same both ways, and never negative."""
    c = pick(rng, level, (1, 3), (2, 9), (5, 40))
    back = f"{c} * (b - a)" if right else rng.choice([f"{c} * (a - b)", f"{c} * (b - a) + 1"])
    return f"""def distance(a: Int, b: Int) -> Int:
    \"\"\"{c} for each step between a and b.\"\"\"
    if a > b:
        return {c} * (a - b)
    return {back}

def requirement(a: Int, b: Int) -> bool:
    return distance(a, b) == distance(b, a) and distance(a, b) >= 0
"""


def draw_scale(rng: Random, level: int, right: bool) -> str:
    """Scaling a list scales its sum."""
    c = pick(rng, level, (2, 4), (2, 9), (5, 40))
    claimed = c if right else other(rng, c, 1)
    return f"""def total(xs: list[Int]) -> Int:
    match xs:
        case []:
            return 0
        case [x, *rest]:
            return x + total(rest)

def scaled(xs: list[Int]) -> list[Int]:
    match xs:
        case []:
            return []
        case [x, *rest]:
            return [{c} * x] + scaled(rest)

def requirement(xs: list[Int]) -> bool:
    return total(scaled(xs)) == {claimed} * total(xs)
"""


def draw_count(rng: Random, level: int, right: bool) -> str:
    """How many elements of a list are above a bound: at most all of them."""
    k = pick(rng, level, (0, 3), (0, 9), (0, 40))
    claim = "<= len(xs)" if right else rng.choice(["< len(xs)", "== len(xs)"])
    return f"""def above(xs: list[Int]) -> Nat:
    \"\"\"How many are above {k}.\"\"\"
    match xs:
        case []:
            return 0
        case [x, *rest]:
            if x > {k}:
                return above(rest) + 1
            return above(rest)

def requirement(xs: list[Int]) -> bool:
    return above(xs) {claim}
"""


def draw_parity(rng: Random, level: int, right: bool) -> str:
    """A switch that is flipped n times."""
    start = rng.choice(["True", "False"])
    remainder = int(start == "False") if right else int(start == "True")
    return f"""def lit(n: Nat) -> bool:
    \"\"\"A lamp, flipped n times.\"\"\"
    if n == 0:
        return {start}
    return not lit(n - 1)

def requirement(n: Nat) -> bool:
    return lit(n) == (n % 2 == {remainder})
"""


def draw_insert(rng: Random, level: int, right: bool) -> str:
    """Insertion into a list keeps the others."""
    drops = not right and rng.random() < 0.5
    claim = "len(xs) + 1" if right or drops else rng.choice(["len(xs)", "len(xs) + 2"])
    return f"""def put(a: Int, xs: list[Int]) -> list[Int]:
    \"\"\"a, before the first element that is not smaller.\"\"\"
    if not xs:
        return [a]
    if a <= xs[0]:
        return [a] + {"xs[1:]" if drops else "xs"}
    return [xs[0]] + put(a, xs[1:])

def requirement(a: Int, xs: list[Int]) -> bool:
    return len(put(a, xs)) == {claim}
"""


def draw_larger(rng: Random, level: int, right: bool) -> str:
    """The largest of three."""
    second = "c" if right else rng.choice(["b", "a"])
    return f"""def larger(a: Int, b: Int) -> Int:
    if a < b:
        return b
    return a

def largest(a: Int, b: Int, c: Int) -> Int:
    return larger(a, larger(b, {second}))

def requirement(a: Int, b: Int, c: Int) -> bool:
    m = largest(a, b, c)
    return m >= a and m >= b and m >= c and (m == a or m == b or m == c)
"""


def draw_power(rng: Random, level: int, right: bool) -> str:
    """Powers by repeated multiplication."""
    b, a = pick(rng, level, (2, 4), (2, 9), (5, 30)), pick(rng, level, (1, 3), (1, 9), (5, 40))
    start = a if right else other(rng, a, 1)
    return f"""def cells(n: Nat) -> Nat:
    \"\"\"Cells after n hours: {a} at first, each hour {b} times as many.\"\"\"
    match n:
        case 0:
            return {start}
        case _:
            return {b} * cells(n - 1)

def requirement(n: Nat) -> bool:
    return cells(n) == {a} * {b} ** n
"""


def draw_join(rng: Random, level: int, right: bool) -> str:
    """Joining lists and reversing them."""
    claim = "len(xs) + len(ys)" if right else rng.choice(["len(xs)", "len(ys) + 2 * len(xs)"])
    return f"""def onto(xs: list[Nat], ys: list[Nat]) -> list[Nat]:
    \"\"\"xs backwards, before ys.\"\"\"
    match xs:
        case []:
            return ys
        case [x, *rest]:
            return onto(rest, [x] + ys)

def requirement(xs: list[Nat], ys: list[Nat]) -> bool:
    return len(onto(xs, ys)) == {claim}
"""


PROGRAMS: dict[str, Callable[[Random, int, bool], str]] = {
    "linear": draw_linear,
    "rare input": draw_rare,
    "running sum": draw_sum,
    "accumulator": draw_accumulator,
    "clamp": draw_clamp,
    "distance": draw_distance,
    "scaled list": draw_scale,
    "count": draw_count,
    "parity": draw_parity,
    "insertion": draw_insert,
    "largest": draw_larger,
    "powers": draw_power,
    "join": draw_join,
}


def draw_programs(seed: int, count: int, wrong: float = 0.5) -> list[ProgramDraft]:
    """`count` programs, different ones, of all families in turn; a share `wrong` of them has a bug.  Raises ValueError if they run out."""
    rng, made, names = Random(f"programs {seed}"), dict[str, ProgramDraft](), list(PROGRAMS)
    for turn in range(50 * count):
        if len(made) == count:
            break
        name, level, right = names[turn % len(names)], rng.choices((1, 2, 3), (4, 4, 2))[0], rng.random() >= wrong
        source = PROGRAMS[name](rng, level, right)
        made.setdefault(source, ProgramDraft(source, right, name, level))
    if len(made) < count:
        raise ValueError(f"only {len(made)} of {count} different programs; ask for fewer")
    return list(made.values())
