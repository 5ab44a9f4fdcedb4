"""What an answer may be made of, where it stands, and what is none; real Lean confirms what statements with answers say."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from synth.answers.hole import Hole, find_hole
from synth.answers.legal import Illegal, agreement, legal
from synth.answers.score import right
from synth.answers.terms import Answer, NotATerm, parse
from synth.answers.values import evaluate
from synth.problems.families.answers import FAMILIES
from synth.records import Statement
from tests.synth.stage_fakes import checked_by
from verify_workers.backends.base import Backend

STEPS = "theorem X (answer : Nat → Nat) : ∀ f : Nat → Nat, f 0 = 3 → (∀ n, f (n + 1) = f n + 4) → ∀ n, f n = answer n"
VALUE = "theorem X (answer : Nat) : 7 ^ 5 % 100 + 2 * 3 = answer"
LIST = "theorem X (answer : List Nat) : ∀ x : Nat, x < 9 → (x * x % 7 = 2 ↔ x ∈ answer)"
TRUTH = "theorem X (answer : Prop) : (∃ n : Nat, n * n = 50) ↔ answer"
INT = "theorem X (answer : Int) : ∀ x : Int, 3 * x + 5 = -1 → x = answer"
MIXED = "theorem X (answer : Nat → Nat) (n : Int) : n = answer 3 - 5 → n < 9"


POWER = "theorem X (answer : Nat → Nat) (n : Nat) : 2 ^ n * 3 + n = answer n"
SQUARES = "theorem X (answer : Nat → List Nat) (n : Nat) : [n, n * n + 2 * n + 1] = answer n"
HUGE = "theorem X (answer : Nat) : 2 ^ 5000 % 7 = answer"
HALF = "theorem X (answer : Rat) : (1 : Rat) / 4 + 1 / 4 = answer"
REAL = "theorem X (answer : ℝ) : (3 : ℝ) / 2 = answer"
BOOL = "theorem X (answer : Bool) : (1 == 1) = answer"
LONG = "theorem X (answer : Nat) : 123456 * 654321789 + 7 = answer"
SUM = "theorem X (answer : Nat → Nat) (n : Nat) : n * n + n = answer n"
REST = "theorem X (answer : Nat → Nat) (n : Nat) : (n ^ 3 + 2 * n) % 7 = answer n"
TWO = "theorem X (answer : Nat → Nat → Nat) (a b : Nat) : (a + b) * (a + b) = answer a b"


def hole(text: str, preamble: str = "") -> Hole:
    found = find_hole(Statement(id="s", problem_id="p", text=text, preamble=preamble))
    assert found
    return found


def answer(place: Hole, text: str) -> Answer:
    found = legal(place, text)
    assert isinstance(found, Answer), found
    return found


@pytest.mark.parametrize(
    ("text", "preamble"),
    [
        ("theorem X (n : Nat) : n = n", ""),
        ("theorem X : 1 = 1", ""),
        ("theorem X {answer : Nat} : answer = 1", ""),
        ("theorem X (answer b : Nat) : answer = b", ""),
        ("theorem X (h : 1 = 1) (answer : Nat) : answer = 1", ""),
        ("theorem X : two = 2", "def two : Nat := 2"),
        ("theorem X : a = b", "def a : Nat := sorry\ndef b : Nat := sorry"),
        ("theorem X : b = 1", "def a : Nat := sorry\ndef b : Nat := a"),
        ("no theorem", ""),
    ],
)
def test_statements_without_a_place(text: str, preamble: str) -> None:
    assert find_hole(Statement(id="s", problem_id="p", text=text, preamble=preamble)) is None


def test_a_place_in_the_preamble() -> None:
    place = hole("theorem X (n : Int) : twice n = sol n + twice 0", "def twice (n : Int) : Int := 2 * n\n\nabbrev sol : Int → Int := sorry")
    assert (place.name, place.type, place.result, place.parameters) == ("sol", "Int → Int", "Int", 1)
    assert place.preamble == "def twice (n : Int) : Int := 2 * n"
    assert place.filled(answer(place, "fun k => k + k")) == "theorem X (n : Int) : twice n = (n + n : Int) + twice 0"


@pytest.mark.parametrize(
    ("text", "given", "filled"),
    [
        (STEPS, "fun n => 3 + 4 * n", STEPS.replace("(answer : Nat → Nat) ", "").replace("answer n", "(3 + 4 * n)")),
        (STEPS, "fun (k : ℕ) => 3 + -- so\n 4 * k -- it is", STEPS.replace("(answer : Nat → Nat) ", "").replace("answer n", "(3 + 4 * n)")),
        (STEPS, "fun k : Nat => 3 /- it is -/", STEPS.replace("(answer : Nat → Nat) ", "").replace("answer n", "3")),
        (STEPS, "fun k => 3", STEPS.replace("(answer : Nat → Nat) ", "").replace("answer n", "3")),
        (VALUE, "13", "theorem X : 7 ^ 5 % 100 + 2 * 3 = 13"),
        (VALUE, "(13)", "theorem X : 7 ^ 5 % 100 + 2 * 3 = 13"),
        (LIST, "[3, 4]", "theorem X : ∀ x : Nat, x < 9 → (x * x % 7 = 2 ↔ x ∈ [3, 4])"),
        (TRUTH, "False", "theorem X : (∃ n : Nat, n * n = 50) ↔ False"),
        (INT, "-2", "theorem X : ∀ x : Int, 3 * x + 5 = -1 → x = (-2 : Int)"),
        (MIXED, "fun k => 2 * k + 1", "theorem X (n : Int) : n = (2 * 3 + 1 : Nat) - 5 → n < 9"),
        ("theorem X (answer : Nat → Nat → Nat) : ∀ a b : Nat, answer (a + 1) b = answer b (a + 1)", "fun x y => x + y",
         "theorem X : ∀ a b : Nat, ((a + 1) + b) = (b + (a + 1))"),
        ("theorem X (answer : Nat → Nat) : (List.range 3).map answer = [0, 2, 4]", "fun k => 2 * k",
         "theorem X : (List.range 3).map (fun k => 2 * k) = [0, 2, 4]"),
    ],
)  # fmt: skip
def test_an_answer_is_put_in_its_place(text: str, given: str, filled: str, backend: Backend) -> None:
    """And Lean confirms that the statement then says what it says of an `answer` that is so defined."""
    place = hole(text)
    found = answer(place, given)
    assert place.filled(found) == filled
    verdict = backend.check(place.same("same", found, 20))
    assert verdict.accepted, verdict


def test_an_answer_that_would_mean_something_else_is_refused_by_lean(backend: Backend) -> None:
    """A name that is bound anew in the statement, and a number of another type."""
    shadowed = hole("theorem X (answer : Nat) : answer = 3 ∧ ∀ answer : Nat, answer = answer")
    assert not backend.check(shadowed.same("x", answer(shadowed, "3"), 20)).accepted
    assert not backend.check(hole(VALUE).same("x", answer(hole(VALUE), "-13"), 20)).accepted


@pytest.mark.parametrize(
    ("text", "given", "why"),
    [
        (STEPS, "f", Illegal.SHAPE),
        (STEPS, "fun n => f n", Illegal.TERM),
        (STEPS, "fun n => f", Illegal.NAMES),
        (STEPS, "fun n => m", Illegal.NAMES),
        (STEPS, "fun a b => a", Illegal.SHAPE),
        (STEPS, "fun n => [n]", Illegal.SHAPE),
        (STEPS, "fun n => True", Illegal.SHAPE),
        (STEPS, "fun n => if True = True then 1 else 2", Illegal.SHAPE),
        (STEPS, "fun n => ∑ k, k", Illegal.TERM),
        (STEPS, "∃ n, n = 1", Illegal.TERM),
        (STEPS, "fun n => sorry", Illegal.NAMES),
        (STEPS, "Classical.choose h", Illegal.TERM),
        (STEPS, "fun n => Nat.rec 3 (fun _ r => r + 4) n", Illegal.TERM),
        (STEPS, "fun n => " + "+".join(["n"] * 80), Illegal.LONG),
        (VALUE, "7 ^ 5 % 100 + 2 * 3", Illegal.UNEVALUATED),
        (VALUE, "12 + 1", Illegal.UNEVALUATED),
        (VALUE, "x", Illegal.NAMES),
        (VALUE, "True", Illegal.SHAPE),
        (VALUE, "", Illegal.TERM),
        (LIST, "[1 + 2, 4]", Illegal.UNEVALUATED),
        (LIST, "3", Illegal.SHAPE),
        (TRUTH, "∃ n : Nat, n * n = 50", Illegal.TERM),
        (TRUTH, "1", Illegal.SHAPE),
        ("theorem X (answer : Nat → Nat) : ∀ n, n * (n + 1) / 2 = answer n", "fun n => n * (n + 1) / 2", Illegal.RESTATES),
        ("theorem X (answer : Nat → Nat) : ∀ n, n * (n + 1) / 2 = answer n", "fun n => (n * (n + 1)) / 2", Illegal.RESTATES),
        (POWER, "fun n => 2 ^ n * 3 + n", Illegal.RESTATES),
        (POWER, "fun k => 2 ^ k * 3 + k", Illegal.RESTATES),
        (POWER, "fun n => 2 ^ n * 3 + n + 0", Illegal.RESTATES),
        (POWER, "fun k => 1 * (2 ^ (k + 0) * (1 + 2)) + k ^ 1 + (k - k) * 0", Illegal.RESTATES),
        (POWER, "fun k => if 1 < 2 then 2 ^ k * 3 + k else 0", Illegal.RESTATES),
        ("theorem X (answer : Nat → Nat → Nat) (x y : Nat) : x * x - 2 * y = answer y x", "fun a b => b * b - 2 * a", Illegal.RESTATES),
        (SQUARES, "fun n => [n, n * n + 2 * n + 1]", Illegal.RESTATES),
        (SQUARES, "fun k => [k, k * k + 2 * k + 1 + 0]", Illegal.RESTATES),
        (HUGE, "2 ^ 5000 % 7", Illegal.UNEVALUATED),
        (HUGE, "2 ^ 4999 * 2 % 7", Illegal.UNEVALUATED),
        (HUGE, "0 * 2 ^ 5000 + 4", Illegal.UNEVALUATED),
        (HUGE, "0 * 2 ^ 5000", Illegal.UNEVALUATED),
        (HUGE, "1 ^ 5000 * 4", Illegal.UNEVALUATED),
        (HUGE, "(2 ^ 5000) ^ 0 * 4", Illegal.UNEVALUATED),
        (HUGE, "min 4 (2 ^ 5000)", Illegal.UNEVALUATED),
        (HUGE, "if 1 < 2 ^ 5000 then 4 else 5", Illegal.UNEVALUATED),
        ("theorem X (answer : List Nat) : [4] = answer", "[2 ^ 5000 % 7]", Illegal.UNEVALUATED),
        (HALF, "1 / 4 + 1 / 4", Illegal.UNEVALUATED),
        (HALF, "2 / 4", Illegal.UNEVALUATED),
        (HALF, "4 / 2", Illegal.UNEVALUATED),
        (HALF, "5 / 1", Illegal.UNEVALUATED),
        (BOOL, "1", Illegal.SHAPE),
        (BOOL, "True", Illegal.SHAPE),
        (BOOL, "if true then true else false", Illegal.TERM),
        (TRUTH, "true", Illegal.SHAPE),
        # The question in another order or dress.
        (LONG, "123456 * 654321789 + 7", Illegal.UNEVALUATED),
        (LONG, "7 + 123456 * 654321789", Illegal.UNEVALUATED),
        ("theorem X (answer : Nat) : 3 ^ 100 + 1 = answer", "3 ^ 100 + 1", Illegal.RESTATES),
        ("theorem X (answer : Nat) : 3 ^ 100 + 1 = answer", "1 + 3 ^ 100", Illegal.RESTATES),
        ("theorem X (answer : Int) : 2 ^ 64 - 2 ^ 65 = answer", "2 ^ 64 - 2 ^ 65", Illegal.UNEVALUATED),
        ("theorem X (answer : Nat) : 123456789 * 987654321 = answer", "123456789 * 987654321", Illegal.RESTATES),
        ("theorem X (answer : Nat) : 123456789 * 987654321 = answer", "987654321 * 123456789", Illegal.RESTATES),
        (SUM, "fun n => n + n * n", Illegal.RESTATES),
        (SUM, "fun k => k + k * k", Illegal.RESTATES),
        (SUM, "fun n => max (n * n + n) 0", Illegal.RESTATES),
        (SUM, "fun n => if n = n then n * n + n else 0", Illegal.RESTATES),
        (SUM, "fun n => (2 * (n * n + n)) / 2", Illegal.RESTATES),
        (REST, "fun n => (2 * n + n ^ 3) % 7", Illegal.RESTATES),
        (REST, "fun n => (n ^ 3 + 2 * n + 7) % 7", Illegal.RESTATES),
        (TWO, "fun x y => (y + x) * (x + y)", Illegal.RESTATES),
        (POWER, "fun n => 3 * 2 ^ n + n", Illegal.RESTATES),
    ],
)
def test_what_is_no_answer(text: str, given: str, why: Illegal) -> None:
    found = legal(hole(text), given)
    assert isinstance(found, tuple) and found[0] is why, found


@pytest.mark.parametrize(
    ("text", "given"),
    [
        (STEPS, "fun n => if n >= 2 then 3 + 4 * n else 4 * n + 3"),
        (STEPS, "fun n => if n <= 2 then 3 + 4 * n else 4 * n + 3"),
        ("theorem X (answer : Nat → Nat) : ∀ f : Nat → Nat, ∀ n, 7 + f n * 3 + n = answer n", "fun n => 7 + n * 3"),
        (HUGE, "4"),
        (BOOL, "true"),
        (BOOL, "false"),
        ("theorem X (answer : Nat -> Bool) : ∀ n, (n * n % 7 < 3) = (answer n = true)", "fun n => if n % 7 % 5 < 2 then true else false"),
        # In a form of their own.
        (LONG, "80779950783991"),
        ("theorem X (answer : Nat) : 3 * 3 ^ 99 = answer", "3 ^ 100"),
        ("theorem X (answer : Nat) (n : Nat) : n = 2 → n * 5 = answer", "10"),
        (SUM, "fun n => n * (n + 1)"),
        (TWO, "fun a b => a ^ 2 + 2 * a * b + b ^ 2"),
        ("theorem X (answer : Nat → Nat → Nat) (a b : Nat) : (a + b) * a = answer a b", "fun a b => a * a + a * b"),
    ],
)
def test_what_is_an_answer(text: str, given: str, backend: Backend) -> None:
    place = hole(text)
    verdict = backend.check(place.same("same", answer(place, given), 20))
    assert verdict.accepted, verdict


def nat(goal: str, parameters: str = "n", binders: str = "", kind: str = "Nat") -> str:
    """A statement that asks for a function of `parameters`."""
    of = "Nat → " * len(parameters.split())
    return f"theorem X (answer : {of}{kind}) ({parameters} : Nat) {binders} : {goal}"


SEQUENCE = "theorem X (answer : Nat → Nat) : ∀ f : Nat → Nat, (∀ m, f m = m * m + m) → ∀ n, f n = answer n"
SOLUTIONS = nat("∀ x, (x = n * n + n ∨ x = 3) ↔ x ∈ answer n", kind="List Nat")
INTEGERS = "theorem X (answer : Int → Int) (n : Int) : ((n : Int) - 1) * (n + 1) = answer n"
BINOMIAL = "theorem X (answer : Nat → Nat → Nat) (a b : Nat) : a ^ 2 + 2 * a * b + b ^ 2 = answer a b"
OF_ANOTHER = nat("m * m + m = answer n", binders="(m : Nat) (h : m = n + 1)")
LETS = nat("(let s := n * n + n; s) = answer n")
MODULO = "theorem X (answer : Int → Int) (n : Int) : (n * n * n + n) % 5 = answer n"
CASES = nat("(if n < 3 then n * n else 2 * n) = answer n")
CUBE = nat("2 ^ n % 3 = answer n")
EXACT = "theorem X (answer : Nat) : 3 ^ 100 + 1 = answer"
ONE_OF = "theorem X (answer : List Nat) : [123456789 * 987654321] = answer"
TENS = "theorem X (answer : Nat) : 6 ^ 100 * 10 ^ 100 = answer"


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        # The asked term within another one; the same by arithmetic; both.
        (SUM, ["if n = 0 then 0 else n * n + n", "(n * n + n) % (n * n + n + 1)", "max n (n + n * n)", "min (n * n + n) (n * n + n + 1)"]),
        (SUM, ["n * n + (n + 1) - 1", "n * n + 2 * n - n", "n * n + n + n - n", "(2 * n * n + 2 * n + 1) / 2", "(n ^ 3 + n * n) / n"]),
        (SUM, ["n * n + (n - 1) + 1", "(n ^ 3 + 2 * n ^ 2 + n) / (n + 1)", "(n ^ 3 + n * n + n + 5) % (n ^ 3 + 5)"]),
        (SUM, ["if n = 0 then 0 else n * n + (n + 1) - 1", "if n * n + n = 2 then 2 else n * (n + 1)", "n * n + (n + n % 2)"]),
        (POWER, ["2 ^ (n + 1) + 2 ^ n + n", "(3 * 2 ^ n + n) % (4 ^ n + n + 9)", "2 ^ n + 2 ^ n + 2 ^ n + n", "6 * 2 ^ (n - 1) + n"]),
        (REST, ["(n ^ 3 + 9 * n) % 7", "if (n ^ 3 + 2 * n) % 7 = 0 then 0 else 1", "(n ^ 3 + 2 * n) % 14 % 7", "(n ^ 3 % 7 + 2 * n) % 7"]),
        (TWO, ["n * n + m * (2 * n + m)", "n * n + n * m + m * n + m * m"]),
        (INTEGERS, ["(n + 1) * (n - 1)", "n * n - 2 + 1"]),
        (SUM, ["max (n * n) n + n", "n / 2 * 2 * n + n", "n * n + n * ((n + 1) ^ 13 / (n + 1) ^ 13)", "(2 * n * n + 2 * n) / 4 * 2"]),
        (INTEGERS.replace("((n : Int) - 1) * (n + 1)", "n * n + n"), ["max (n * n) (-1) + n"]),
        (MODULO, ["((if n + 1 = 0 then 3 else n * n * n) + n) % 5", "(max (n ^ 3) (-9) + n) % 5"]),
        (nat("n * (n + 1) / 2 = answer n"), ["n * (n + 1) * 3 / 6", "(n * (n + 1) + 1) / 2"]),
        (CASES, ["if n ≥ 3 then 2 * n else n * n", "if n ≤ 2 then n * n else n + n", "if 3 > n then n * n else 2 * n"]),
        (nat("n * n + n + 1 = answer n + 1"), ["if n = 0 then 0 else n * n + n"]),
        (nat("((answer n : Nat) : Int) = (n : Int) * n + n"), ["n * n + 2 * n - n"]),
        (nat("↑n * ↑n + ↑n = (↑(answer n) : ℝ)"), ["n * n + 2 * n - n"]),
        # What is asked for by way of names, functions and definitions.
        (SEQUENCE, ["if n = 0 then 0 else n * n + n", "n * n + (n + 1) - 1"]),
        (OF_ANOTHER, ["(n + 1) * (n + 1) + n + 1"]),
        (LETS, ["n * n + 2 * n - n"]),
        # In lists, and without parameters.
        (SQUARES, ["[n, if n = 0 then 1 else n * n + 2 * n + 1]", "[n, n * n + 3 * n + 1 - n]"]),
        (SOLUTIONS, ["[3, n * n + 2 * n - n]"]),
        (EXACT, ["3 ^ 100 + 2 - 1", "1 + 3 * 3 ^ 99"]),
        (ONE_OF, ["[987654321 * 123456789]"]),
        (TENS, ["6 * 6 ^ 99 * 10 ^ 100"]),
        (nat("n + n = answer n"), ["n + n"]),
        (nat("2 * n = answer n"), ["(2 * n) % (2 * n + 1)", "if n = 0 then 0 else 2 * n"]),
    ],
)  # fmt: skip
def test_the_question_in_disguise(text: str, bodies: list[str]) -> None:
    place = hole(text)
    names = {0: "", 1: "fun n => ", 2: "fun n m => "}[place.parameters]
    for body in bodies:
        found = legal(place, names + body)
        assert isinstance(found, tuple) and found[0] is Illegal.RESTATES, (body, found)


WRAPPED = (
    *(
        "if n + 1 = 0 then 3 else {}",
        "({}) % (({}) + 5)",
        "({}) + n - n",
        "min ({}) (({}) + 2)",
        "max ({}) 0",
        "({}) * 3 / 3",
        "2 * ({}) - ({})",
    ),
    *("({}) * (n + 2) / (n + 2)", "if n < 0 then n else {}", "({}) * 2 ^ n / 2 ^ n", "(({}) * 6 + 5) / 6", "if n ≤ 4 then {} else {}"),
)


def test_no_wrapping_hides_the_question() -> None:
    """Around all of it, or around one of its terms."""
    for outer in ("{}", "({}) % 7", "({}) / 2", "({}) * (n + 3)"):
        for terms in (("n * n", "5 * n"), ("2 ^ n", "n ^ 3"), ("3 * n ^ 2", "4")):
            asked = outer.format(" + ".join(terms))
            place = hole(nat(f"{asked} = answer n"))
            for wrapped in WRAPPED:
                inside = "({}) + {}".format(wrapped.replace("{}", terms[0]), terms[1])
                for body in (wrapped.replace("{}", asked), outer.format(inside)):
                    assert legal(place, f"fun n => {body}") == (Illegal.RESTATES, "the statement says it already"), (asked, body)


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        (SUM, ["n * (n + 1)", "(n + 1) * n", "n ^ 2 + n", "n * (n + 1) / 2", "n", "0", "if n % 2 = 0 then 3 else n"]),
        (SEQUENCE, ["n * (n + 1)", "n ^ 2 + n"]),
        (OF_ANOTHER, ["(n + 1) * (n + 2)", "n ^ 2 + 3 * n + 2"]),
        (TWO, ["n ^ 2 + 2 * n * m + m ^ 2", "(n + m) ^ 2", "n * n + 2 * n * m + m * m"]),
        (BINOMIAL, ["(n + m) * (n + m)", "(n + m) ^ 2"]),
        (INTEGERS, ["n ^ 2 - 1", "n * n - 1"]),
        (REST, ["n % 7", "if n % 7 = 0 then 0 else if n % 7 = 1 then 3 else 5"]),
        (nat("n * n + 2 * n = answer n"), ["n * (n + 2)"]),
        (nat("n * (n + 1) / 2 = answer n"), ["(n ^ 2 + n) / 2", "if n % 2 = 0 then n / 2 * (n + 1) else n * ((n + 1) / 2)"]),
        (nat("(if n = 0 then 1 else n * n + 2 * n) = answer n"), ["if n = 0 then 1 else n * (n + 2)"]),
        (CASES, ["min (n * n) (2 * n)"]),
        (nat("2 ^ n % 7 = answer n"), ["1 + n % 3 + n % 3 / 2", "if n % 3 = 0 then 1 else if n % 3 = 1 then 2 else 4"]),
        (nat("n ^ 3 = answer n", binders="(h : n < 3)"), ["if n = 0 then 0 else if n = 1 then 1 else 8"]),
        (nat("4 ^ n - 1 = answer n"), ["(2 ^ n - 1) * (2 ^ n + 1)"]),
        (MODULO, ["n * (n ^ 2 + 1) % 5", "if n % 5 = 2 then 0 else n % 5 * 2"]),
        (CUBE, ["1 + n % 2", "if n % 2 = 0 then 1 else 2"]),
        (nat("3 ^ n % 8 = answer n"), ["1 + 2 * (n % 2)"]),
        (nat("3 * 3 ^ n = answer n"), ["3 ^ (n + 1)"]),
        (nat("n + n = answer n"), ["2 * n"]),
        (nat("2 * n = answer n"), ["2 * n", "n * 2"]),
        (nat("2 * answer n = n * (n + 1)"), ["n * (n + 1) / 2"]),
        (nat("∑ k in Finset.range n, (2 * k + 1) ^ 2 = answer n"), ["n * (2 * n - 1) * (2 * n + 1) / 3"]),
        (STEPS, ["3 + 4 * n", "if n = 0 then 3 else 4 * n + 3"]),
        (SQUARES, ["[n, (n + 1) ^ 2]", "[n, (n + 1) * (n + 1)]"]),
        (SOLUTIONS, ["[3, n * (n + 1)]"]),
        (EXACT, [str(3**100 + 1)]),
        (ONE_OF, ["[121932631112635269]"]),
        (TENS, ["2 ^ 200 * 3 ^ 100 * 5 ^ 100"]),
    ],
)  # fmt: skip
def test_forms_of_their_own(text: str, bodies: list[str]) -> None:
    place = hole(text)
    names = {0: "", 1: "fun n => ", 2: "fun n m => "}[place.parameters]
    for body in bodies:
        answer(place, names + body)


def test_what_a_definition_says_is_asked_for() -> None:
    place = hole("theorem X (n : Nat) : f n + 1 = sol n", "def f (n : Nat) : Nat := n * n + n\n\nabbrev sol : Nat → Nat := sorry")
    assert legal(place, "fun k => if k = 0 then 1 else k * k + k + 1") == (Illegal.RESTATES, "the statement says it already")
    answer(place, "fun k => k * (k + 1) + 1")


def test_every_answer_of_the_generator_is_legal() -> None:
    for family in FAMILIES:
        for seed in range(60):
            draft = family.draw(Random(seed), 1 + seed % 3)
            assert draft.asks
            answer(hole(draft.asks.theorem()), draft.asks.answer)


def test_quotients_are_exact_in_a_field() -> None:
    """Without Lean: Rat is Mathlib's."""
    for given in ("1 / 2", "-1 / 2", "-(1 / 2)", "3", "1 / 2 ^ 5000"):
        assert isinstance(legal(hole(HALF), given), Answer), given
    assert isinstance(legal(hole(REAL), "3 / 2"), Answer)
    assert (
        agreement(parse("fun n => n / 2"), [((3,), (1,)), ((4,), (2,))], hole("theorem X (answer : Nat → ℚ) (n : Nat) : n / 2 = answer n"))
        == 0.5
    )
    assert legal(hole(REAL), "3 / 4 + 3 / 4") == (Illegal.UNEVALUATED, "write 3 / 2")
    assert legal(hole(REAL), "1 / 2 - 3") == (Illegal.UNEVALUATED, "write -5 / 2")
    assert legal(hole(REAL), "4 ^ (1 / 2)") == (Illegal.UNEVALUATED, "write 1")  # Lean's exponent is a Nat


def test_a_number_too_large_to_write_may_be_computed() -> None:
    assert isinstance(legal(hole(VALUE), "7 ^ 500 - 1"), Answer) and isinstance(legal(hole(VALUE), "2 ^ 99999"), Answer)


@pytest.mark.parametrize(
    ("text", "n", "natural", "value"),
    [
        ("fun n => 3 - n", 5, True, 0),
        ("fun n => 3 - n", 5, False, -2),
        ("fun n => n / 0 + n % 0", 5, True, 5),
        ("fun n => n / 2 * 10 + n % 2", -5, False, -29),
        ("fun n => n / (-2) * 10 + n % (-2)", -5, False, 31),
        ("fun n => 2 ^ n * 3 + 1", 4, True, 49),
        ("fun n => 2 ^ 3 ^ 2 - 10 - 2", 0, True, 500),
        ("fun n => if n ≤ 4 then min n 3 else max n (2 * n)", 4, True, 3),
        ("fun n => if n ≤ 4 then min n 3 else max n (2 * n)", 5, True, 10),
        ("fun n => -n ^ 2", 3, False, -9),
    ],
)
def test_terms_compute_what_lean_does(text: str, n: int, natural: bool, value: int, backend: Backend) -> None:
    from verify_workers.records import Check

    found = parse(text)
    assert evaluate(found.body, {"n": n}, natural) == value
    kind = "Nat" if natural else "Int"
    claim = f"theorem X : (({text} : {kind} → {kind}) ({n})) = {value}"
    assert backend.check(Check(id="x", statement=claim, proof="by decide +kernel", timeout=20)).accepted


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "1",
        "min " * 500,
        "- " * 190 + "1",
        "9" * 5000,
        "fun n n => n",
        "fun => 1",
        "fun (a b) => a",
        "fun (f : Nat → Nat) => 1",
        "[1, 2",
        "if 1 then 2",
        "1 2",
        "Nat.succ 1",
    ],
)
def test_what_is_no_term_is_said_at_once(text: str) -> None:
    with pytest.raises(NotATerm):
        parse(text)


def test_agreement_with_cases() -> None:
    found = parse("fun n => 2 * n")
    assert agreement(found, [((0,), (0,)), ((1,), (2,)), ((2,), (5,))], hole(STEPS)) == pytest.approx(2 / 3)
    assert agreement(found, [], hole(STEPS)) is None
    assert agreement(parse("[3, 4]"), [((), (3, 4))], hole(LIST)) == 1 and agreement(parse("True"), [((), (1,))], hole(TRUTH)) == 1


@pytest.mark.parametrize(
    ("text", "given", "reference", "is_right"),
    [
        (STEPS, "fun k => 4 * k + 3", "fun n => 3 + 4 * n", True),
        (STEPS, "fun k => 4 * k + 2", "fun n => 3 + 4 * n", False),
        (STEPS, "fun n => 2 * n * (n + 1) / 4", "fun n => n * (n + 1) / 2", True),
        (VALUE, "13", "13", True),
        (VALUE, "14", "13", False),
        (LIST, "[4, 3]", "[3, 4]", True),
        (LIST, "[3]", "[3, 4]", False),
        (TRUTH, "True", "False", False),
        (INT, "-2", "-2", True),
        (SQUARES, "fun n => [n, n + 1]", "fun k => [k, 1 + k]", True),
        (SQUARES, "fun n => [n, n + 1]", "fun k => [k, k + 2]", False),
        (LIST, "[1, 2 ^ 5000]", "[2 ^ 5000, 1]", True),
        (LIST, "[1, 2 ^ 5000]", "[2 ^ 5001, 1]", False),
        (VALUE, "1024", "2 ^ 10", True),
        (VALUE, "1025", "2 ^ 10", False),
        (VALUE, "13", "Nat.succ 12", True),
        (VALUE, "13", "no term (", False),
        (VALUE, "13", "fun n => n", False),
        (VALUE, "13", "", False),
        (STEPS, "fun n => n", "3", False),
        (BOOL, "true", "false", False),
        ("theorem X (answer : Multiset Nat) : answer = answer", "[1, 1]", "[1]", False),
        ("theorem X (answer : (Nat → Nat) → Nat) : answer = answer", "fun f k => 1", "fun f k => 1 + 0", False),
    ],
)
def test_right_answers(text: str, given: str, reference: str, is_right: bool, backend: Backend) -> None:
    place = hole(text)
    assert asyncio.run(right(place, parse(given), reference, checked_by(backend))) is is_right
