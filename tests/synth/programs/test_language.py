"""The small language: what it translates to, what it refuses, and that Lean computes what Python does."""

from __future__ import annotations

import re
from itertools import product
from random import Random
from typing import Any

import pytest

from synth.problems.families.programs import PROGRAMS, draw_programs
from synth.programs.functions import translate
from synth.programs.types import Untranslatable
from verify_workers.backends.base import Backend
from verify_workers.records import Check

MATCH = "def f(n: Nat, k: Nat) -> Nat:\n    match n:\n        case 0:\n            return 1\n"
LISTS = "def f(xs: list[Int], k: Nat) -> Nat:\n    match xs:\n        case []:\n            return 1\n"
PYTHON = {"Nat": int, "Int": int, "implies": lambda a, b: not a or b}
VALUES: dict[str, list[Any]] = {"Nat": [0, 1, 2, 7], "Int": [0, -3, 5], "bool": [True, False], "list[Int]": [[], [4], [-1, 6, 2]],
    "list[Nat]": [[], [3], [1, 0, 2]]}  # fmt: skip


def define(body: str, head: str = "n: Nat") -> str:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return translate(f"def f({head}) -> Nat:\n{lines}").definitions


@pytest.mark.parametrize(
    ("body", "lean"),
    [
        ("return n", "def f (n : Nat) : Nat :=\n  n"),
        ("if n == 0:\n    return 1\nreturn 2 * f(n - 1)", "def f (n : Nat) : Nat :=\n  match n with\n  | 0 => 1\n  | m + 1 => 2 * f m"),
        (
            "match n:\n    case 0:\n        return 0\n    case 1:\n        return 1\n    case _:\n        return f(n - 1) + f(n - 2) + n",
            "def f (n : Nat) : Nat :=\n  match n with\n  | 0 => 0\n  | 1 => 1\n  | m + 2 => f (m + 1) + f m + (m + 2)",
        ),
        ("k = n + 1\nk = k * k\nreturn k", "def f (n : Nat) : Nat :=\n  (n + 1) * (n + 1)"),
        ("if n > 3 and n < 9:\n    n = 5\nreturn n", "def f (n : Nat) : Nat :=\n  if n > 3 ∧ n < 9 then 5 else n"),
        ("if n == 0:\n    x = 1\nelse:\n    x = 2\nreturn x", "def f (n : Nat) : Nat :=\n  match n with\n  | 0 => 1\n  | m + 1 => 2"),
        (
            "x = 4\nif n == 1:\n    n = 5\n    x = 7\nif n == 5:\n    x = x + 1\nreturn x",
            "def f (n : Nat) : Nat :=\n  if n = 1 then (if 5 = 5 then 7 + 1 else 7) else if n = 5 then 4 + 1 else 4",
        ),
        (
            "if n == 0:\n    n = 1\nif n == 1:\n    return 5\nreturn n - 1",
            "def f (n : Nat) : Nat :=\n  match n with\n  | 0 => if 1 = 1 then 5 else 1 - 1\n  | 1 => 5\n  | m + 2 => m + 1",
        ),
        ("if n == 0:\n    return 1\nelse:\n    return f(n - 1)", "def f (n : Nat) : Nat :=\n  match n with\n  | 0 => 1\n  | m + 1 => f m"),
    ],
)
def test_functions(body: str, lean: str) -> None:
    assert define(body) == lean


def test_lists_by_match_and_by_index_are_the_same() -> None:
    matched = "match xs:\n    case []:\n        return 0\n    case [m, *k]:\n        return 1 + f(k)"
    indexed = "if not xs:\n    return 0\nreturn 1 + f(xs[1:])"
    assert define(matched, "xs: list[Int]") == define(indexed, "xs: list[Int]")
    assert define(matched, "xs: list[Int]").endswith("match xs with\n  | [] => 0\n  | m :: k => 1 + f k")


@pytest.mark.parametrize(
    ("body", "claim"),
    [
        ("return n < 3", "∀ n : Nat, n < 3"),
        ("return implies(n > 1, n != 0)", "∀ n : Nat, n > 1 → n ≠ 0"),
        ("if n == 0:\n    return True\nreturn n >= 1", "∀ n : Nat, ¬(n = 0) → n ≥ 1"),
        ("return (n > 0) == (n != 0)", "∀ n : Nat, n > 0 ↔ n ≠ 0"),
        ("return not (0 <= n <= 5 or n == 7)", "∀ n : Nat, ¬(0 ≤ n ∧ n ≤ 5 ∨ n = 7)"),
    ],
)
def test_requirements(body: str, claim: str) -> None:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    assert translate(f"def requirement(n: Nat) -> bool:\n{lines}").requirements == {"requirement": claim}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def f(", "line 1: '(' was never closed"),
        ("import os", "line 1: a program holds functions"),
        ("def f(n) -> Nat:\n    return 1", "line 1: the type is nothing"),
        ("def f(n: str) -> Nat:\n    return 1", "line 1: the type is str"),
        ("def f(n: Nat) -> Nat:\n    return f(n - 1)", "its body must begin with `match`"),
        ("def f(n: Nat) -> Nat:\n    if n == 0:\n        return 1\n    return f(n - 2)", "made smaller: `n - 1`"),
        ("def f(a: Nat, b: Nat) -> Nat:\n    if b == 0:\n        return a\n    return f(b, a % b)", "made smaller: `b - 1`"),
        ("def f(n: Nat) -> Nat:\n    if n == 0:\n        return f(n)\n    return 1", "and here it cannot be"),
        ("def f(n: Nat) -> Nat:\n    for i in range(n):\n        pass\n    return 1", "line 2: `for i in range(n):`: use name"),
        ("def f(n: Nat, x: Int) -> Int:\n    return n + x", "line 2: `n + x` mixes Nat and Int; write Int(…)"),
        ("def f(n: Nat) -> Nat:\n    if n == 3:\n        return 1", "a branch ends without `return`"),
        ("def f(x: Int) -> Int:\n    return x // -2", "positive literals only"),
        ("def f(x: Int, y: Int) -> Int:\n    return x % y", "positive literals only"),
        ("def f(n: Nat) -> Nat:\n    return -n", "only an Int can be negative"),
        ("def f(n: Nat) -> Nat:\n    return n / 2", "use +, -, *, //, % and **"),
        ("def f(n: Nat) -> Nat:\n    return g(n)", "there is no such function"),
        ("def at(n: Nat) -> Nat:\n    return n", "`at` means something else in Lean"),
        ("def größe(n: Nat) -> Nat:\n    return n", "`größe`: names are made of the letters a to z here"),
        ("def f(n: Nat) -> Nat:\n    return n > 3", "of type Bool, not Nat"),
        ("def f(n: Nat) -> bool:\n    return n", "of type Nat, not Bool"),
        ("def f(n: Nat = 3) -> Nat:\n    return n", "plain parameters only"),
        ("def f(n: Nat) -> Nat:\n    return m", "`m` is not known here"),
        ("def f(n: Nat) -> Nat:\n    return 1\ndef f(n: Nat) -> Nat:\n    return 2", "f is defined twice"),
        ("def f(n: Nat) -> Nat:\n    return 1\ndef g(f: Nat) -> Nat:\n    return f", "f is defined twice"),
        ("def requirement(n: Nat) -> Nat:\n    return n", "so it returns bool"),
        (f"{MATCH}        case _ if n > 100:\n            return 0\n        case _:\n            return 2", "line 5: `case … if n > 100`"),
        (
            f"{LISTS}        case [x, *r] if x < 0:\n            return 0\n        case [x, *r]:\n            return 2",
            "line 5: `case … if x < 0`",
        ),
        (f"{LISTS}        case [xs, *r]:\n            return 0", "line 5: the pattern binds `xs`"),
        (f"{LISTS}        case [k, *r]:\n            return 0", "line 5: the pattern binds `k`"),
        (f"{LISTS}        case [x, *x]:\n            return x", "line 5: multiple assignments to name 'x' in pattern"),
        (f"{LISTS}        case [0 as x, *r]:\n            return x", "match xs: the cases are"),
        (f"{MATCH}        case k:\n            return k", "line 5: the pattern binds `k`"),
        ("def f(n: Nat) -> Nat:\n    return n\ndef g(n: Nat) -> Nat:\n    f = 1\n    return f", "line 4: `f` is a function"),
        ("def f(n: Nat, n: Nat) -> Nat:\n    return n", "line 1: duplicate argument 'n'"),
        ("def f(f: Nat) -> Nat:\n    return f", "line 1: f is a function and its own parameter"),
        ("def f[T](n: Nat) -> Nat:\n    return n", "line 1: "),
        (
            "def requirement(n: Nat) -> bool:\n    return n > 5\ndef requirement(n: Nat) -> bool:\n    return True",
            "line 3: requirement is defined",
        ),
        ("def requirement(n: Nat) -> bool:\n    return implies(n > 1, n > 2, when=n > 3)", "line 2: `implies(n > 1, n > 2, when=n > 3)`"),
        ("def requirement(n: Nat) -> bool:\n    return implies(n > 1)", "line 2: `implies(n > 1)`"),
        ("def f(n: Nat) -> Nat:\n    return min(n, 1, key=n)", "line 2: `min(n, 1, key=n)`"),
        ("def f(n: Nat) -> Nat:\n    return n" + " + n" * 9000, "nested too deep"),
        ("def f(x: list[Int]) -> list[Int]:\n    return min(x, x)", "line 2: `min(x, x)`: min of List Int"),
        ("def f(x: Int) -> Int:\n    return x + 7 // (0 - 2)", "positive literals only"),
    ],
)
def test_what_is_refused(source: str, says: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        translate(source)
    assert says in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ("Int(n - 5)", [0, 0, 2]),
        ("Int(min(n - 5, 1))", [0, 0, 1]),
        ("Int(n) - 5", [-5, -2, 2]),
        ("3 - Int(n - 2 * 1) * 2", [3, 1, -7]),
        ("Int(n - 5 if n < 5 else n * 2)", [0, 0, 14]),
        ("g(Int(n - 5), n - 5)", [0, 0, 4]),
        ("abs(Int(n - 5) - 1)", [1, 1, 1]),
    ],
)
def test_a_nat_stops_at_zero_before_it_becomes_an_int(body: str, values: list[int], backend: Backend) -> None:
    """Lean alone would read `(n - 5 : Int)` as `↑n - 5`."""
    source = f"def g(x: Int, k: Nat) -> Int:\n    return x + Int(k)\ndef f(n: Nat) -> Int:\n    return {body}\n"
    claims = " ∧ ".join(f"f {n} = {value}" for n, value in zip((0, 3, 7), values, strict=True))
    check = Check(id="x", preamble=translate(source).definitions, statement=f"theorem X : {claims}", proof="by decide +kernel", timeout=20)
    assert backend.check(check).accepted, check.preamble
    claim = translate("def requirement(n: Nat, x: Int) -> bool:\n    return Int(n - 5) == x").requirements["requirement"]
    assert claim == "∀ (n : Nat) (x : Int), ((n - 5 : Nat) : Int) = x"


def test_a_condition_compared_by_unequal() -> None:
    claim = translate("def requirement(n: Nat) -> bool:\n    return (n > 1) != (n > 2)").requirements["requirement"]
    assert claim == "∀ n : Nat, decide (n > 1) ≠ decide (n > 2)"


def test_a_name_that_is_given_anew_forgets_its_parts() -> None:
    """After `n = n + 1`, `n - 1` is the old n, on which the function may not call itself."""
    with pytest.raises(Untranslatable, match="made smaller"):
        define("if n == 0:\n    return 1\nn = n + 1\nreturn f(n - 1)")


@pytest.mark.parametrize("family", PROGRAMS)
def test_lean_computes_what_python_does(family: str, backend: Backend) -> None:
    source = PROGRAMS[family](Random(f"differential {family}"), 1, True)
    names: dict[str, Any] = dict(PYTHON)
    exec(source, names)
    claims = []
    for name, function in names.items():
        head = re.search(rf"def {name}\((.*?)\)", source)
        if head is None or name == "requirement":
            continue
        kinds = re.findall(r": ([\w\[\]]+)", head[1])
        for values in product(*(VALUES[kind] for kind in kinds)):
            given = " ".join(_lean(value, kind) for value, kind in zip(values, kinds, strict=True))
            claims.append(f"{name} {given} = {_plain(function(*values))}")
    assert claims
    check = Check(
        id="x", preamble=translate(source).definitions, statement=f"theorem X : {' ∧ '.join(claims)}", proof="by decide +kernel", timeout=30
    )
    assert backend.check(check).accepted, claims


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lean(value: Any, kind: str) -> str:
    return f"({_plain(value)} : {kind.replace('list[', 'List ').replace(']', '')})"


def test_programs_are_drawn_by_their_seed() -> None:
    one = draw_programs(3, 39)
    assert one == draw_programs(3, 39) != draw_programs(4, 39)
    assert len({draft.source for draft in one}) == 39 and {draft.family for draft in one} == {*PROGRAMS}
    assert 10 < sum(draft.right for draft in one) < 30
