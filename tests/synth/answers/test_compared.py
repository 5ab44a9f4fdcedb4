"""Answers that choose by the comparison that was asked about, and answers that say something of their own."""

from __future__ import annotations

import pytest

from synth.answers.compared import questions
from synth.answers.legal import Illegal, agreement, legal
from synth.answers.terms import Answer, parse
from tests.synth.answers.test_legal import hole

ASKED = "n * n % 3 = 0"
INT = "theorem X (answer : Int → Bool) : ∀ n : Int, answer n = true ↔ n * n - 2 * n < 0"
TWO = "theorem X (answer : Nat → Nat → Bool) (a b : Nat) : answer a b = true ↔ a * a + b * b = 2 * a * b"
CASES = "theorem X (answer : Nat → Nat) (n : Nat) : (n * n % 3 = 0 → answer n = 1) ∧ (n * n % 3 ≠ 0 → answer n = 0)"


def says(goal: str) -> str:
    return f"theorem X (answer : Nat → Bool) : {goal}"


def yes(condition: str) -> str:
    return f"if {condition} then true else false"


def no(condition: str) -> str:
    return f"if {condition} then false else true"


PLAIN = says(f"∀ n, answer n = true ↔ {ASKED}")


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        says(f"∀ n, {ASKED} ↔ answer n"),
        says(f"∀ n, ({ASKED} ↔ answer n)"),
        says(f"∀ n, answer n = decide ({ASKED})"),
        says("∀ n, answer n = (n * n % 3 == 0)"),
        says(f"∀ n, ({ASKED}) = (answer n = true)"),
        says(f"∀ n : Nat, n > 0 → (answer n = true ↔ {ASKED})"),
        says(f"∀ n, ({ASKED} → answer n = true) ∧ (n * n % 3 ≠ 0 → answer n = false)"),
        says(f"∀ n, if {ASKED} then answer n = true else answer n = false"),
        says(f"answer = fun n => decide ({ASKED})"),
        says("answer = (fun (n : Nat) ↦ n * n % 3 == 0)"),
        says(f"∀ n, ¬ answer n = true ↔ ¬ ({ASKED})"),
        says("∀ n, (!answer n) = (n * n % 3 != 0)"),
        says("∀ n, answer n = true <-> 3 ∣ n * n"),
    ],
)
def test_the_comparison_that_is_asked_about(text: str) -> None:
    """However the statement asks: it is found, and is no answer."""
    assert legal(hole(text), f"fun n => {yes(ASKED)}") == (Illegal.RESTATES, "the statement says it already")
    assert isinstance(legal(hole(text), f"fun n => {yes('n % 3 = 0')}"), Answer)


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        (PLAIN, [no("n * n % 3 ≠ 0"), no("0 < n * n % 3"), yes("n * n % 3 < 1"), yes("(n * n % 3) * 5 = 0"), yes("n * n % 3 + n = n")]),
        (PLAIN, [yes("n ^ 2 % 3 = 0"), yes("n * n = n * n / 3 * 3"), f"if n = 0 then true else {yes(ASKED)}"]),
        (PLAIN, [f"if {ASKED} then {yes('n = n')} else false", f"if n > 5 then {yes(ASKED)} else {yes('n * n % 3 < 1')}"]),
        (says(f"∀ n : Nat, n > 0 → (answer n = true ↔ {ASKED})"), [f"if n = 0 then false else {yes(ASKED)}"]),
        (
            says("∀ n, answer n = true ↔ n % 2 = 0 ∧ n ≥ 5"),
            [f"if n % 2 = 0 then {yes('n >= 5')} else false", f"if n < 5 then false else {yes('n % 2 = 0')}"],
        ),
        (says("∀ n, answer n ↔ (n + 1) % 2 = 0"), [yes("(1 + n) % 2 = 0")]),
        (says("∀ n, (answer n = true ↔ n < 3)"), [yes("n < 3"), yes("n ≤ 2"), yes("2 * n < 6"), no("3 ≤ n")]),
        (INT, [yes("n * n - 2 * n < 0"), yes("n * n < 2 * n + n - n")]),
        (TWO, [yes("m * m + n * n = 2 * n * m")]),
        (CASES, ["if n * n % 3 = 0 then 1 else 0"]),
        ("theorem X (answer : Nat → Nat) (n : Nat) : answer n = 1 ↔ n * n % 3 = 0", ["if n * n % 3 = 0 then 1 else 0"]),
    ],
)
def test_the_same_comparison_in_disguise(text: str, bodies: list[str]) -> None:
    place = hole(text)
    for body in bodies:
        found = legal(place, ("fun n m => " if place.parameters == 2 else "fun n => ") + body)
        assert isinstance(found, tuple) and found[0] is Illegal.RESTATES, (body, found)


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        (PLAIN, [yes("n % 3 = 0"), "true", "false", f"if n % 3 = 1 then false else {no('n % 3 = 2')}"]),
        (says("∀ n, answer n = true ↔ (n > 2 ∧ ∃ k, n = 2 * k)"), [f"if n > 2 then ({yes('n % 2 = 0')}) else false"]),
        (says("∀ n, answer n = true ↔ n % 2 = 0 ∧ n % 3 = 0"), [yes("n % 6 = 0")]),
        (says("∀ n, answer n = true ↔ n * n < 20"), [yes("n < 5"), yes("n ≤ 4")]),
        (says("∀ n, answer n = true ↔ 2 ^ n % 7 = 1"), [yes("n % 3 = 0")]),
        (says("∀ n, answer n = true ↔ n * n = 2 * n"), [f"if n = 0 then true else {yes('n = 2')}"]),
        (
            says("∀ n : Nat, n > 0 → (answer n = true ↔ ∃ k, n = 2 * k)"),
            [f"if n = 0 then false else {yes('n % 2 = 0')}", yes("n % 2 = 0")],
        ),
        (INT, [yes("n = 1")]),
        (TWO, [yes("n = m")]),
        (CASES, ["if n % 3 = 0 then 1 else 0"]),
        ("theorem X (answer : Nat → Nat) (n : Nat) : n > 0 → (n + 1) % n = answer n", ["if n = 1 then 0 else 1"]),
    ],
)
def test_answers_that_say_something(text: str, bodies: list[str]) -> None:
    place = hole(text)
    for body in bodies:
        found = legal(place, ("fun n m => " if place.parameters == 2 else "fun n => ") + body)
        assert isinstance(found, Answer), (body, found)


def test_what_definitions_say_is_asked_about() -> None:
    before = "def sq (n : Nat) : Nat := n * n\ndef good (n : Nat) : Bool := sq n % 3 == 0\nabbrev sol : Nat → Bool := sorry"
    place = hole("theorem X (n : Nat) : sol n = good n", before)
    assert [question.whole for question in questions(place)] == [True]
    assert isinstance(legal(place, f"fun k => {yes('k * k % 3 = 0')}"), tuple)
    assert isinstance(legal(place, f"fun k => {yes('k % 3 = 0')}"), Answer)


def test_a_yes_or_no_of_integers_compares_integers() -> None:
    assert agreement(parse(f"fun n => {yes('n - 5 < 0')}"), [((3,), (1,)), ((7,), (0,))], hole(INT)) == 1
