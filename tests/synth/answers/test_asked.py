"""Statements that ask by way of functions, in ASCII, or in other words than signs: what they ask for is found."""

from __future__ import annotations

import pytest

from synth.answers.asked import asked
from synth.answers.legal import Illegal, legal
from synth.answers.said import equations
from synth.answers.terms import Answer
from tests.synth.answers.test_legal import hole

F = "theorem X (answer : Nat → Nat) : "
ABBREV = "abbrev sol : Nat → Nat := sorry"


@pytest.mark.parametrize(
    ("text", "preamble", "restated", "own"),
    [
        # An equation between functions.
        (F + "answer = fun n => n * n + n", "", "if n = 0 then 0 else n * n + n", "n * (n + 1)"),
        (F + "answer = (fun (n : ℕ) ↦ n * n + n)", "", "n * n + 2 * n - n", "n * (n + 1)"),
        (F + "(fun n : Nat => n * n + n) = answer", "", "n * n + 2 * n - n", "n * (n + 1)"),
        (F + "answer = (· * 3 + 1)", "", "n * 3 + 1 + n - n", "if n % 2 = 0 then 0 else 1"),
        (F + "∀ f : Nat → Nat, (∀ m, f m = m * m + m) ↔ f = answer", "", "n * n + 2 * n - n", "n * (n + 1)"),
        (F + "∀ f : Nat → Nat, f = (fun m => m * m + m) → ∀ n, f n = answer n", "", "n * n + 2 * n - n", "n * (n + 1)"),
        ("theorem X : g = sol", f"def g : Nat → Nat := fun n => n * n + n\n{ABBREV}", "n * n + 2 * n - n", "n * (n + 1)"),
        # Definitions by way of others, and without a type.
        (
            "theorem X (n : Nat) : g n + 1 = sol n",
            f"def f (n : Nat) := n * n\ndef g (n : Nat) : Nat := f n + n\n{ABBREV}",
            "if n = 0 then 1 else n * n + n + 1",
            "n * (n + 1) + 1",
        ),
        # Functions in place of signs.
        (F + "∀ n, Nat.add (Nat.mul n n) n = answer n", "", "n * n + n", "n * (n + 1)"),
        (F + "∀ n, n.succ * n = answer n", "", "(n + 1) * n + n - n", "n ^ 2 + n"),
        (F + "∀ n, (n * n).succ = answer n", "", "n * n + 1", "n ^ 2 + 1"),
        (F + "∀ n, n.pow 2 + n.succ = answer n", "", "n ^ 2 + (n + 1)", "if n = 0 then 1 else 3"),
        (F + "∀ n, 3 • n + n ^ 2 = answer n", "", "3 * n + n ^ 2 + n - n", "n * (n + 3)"),
        (F + "∀ n, id (n * n + n) = answer n", "", "n * n + n", "n * (n + 1)"),
        # The answer at another place, and arrows in ASCII.
        (F + "∀ n, answer (n + 1) = n * n + n", "", "(n - 1) * (n - 1) + (n - 1)", "n * (n - 1)"),
        ("theorem X (answer : Nat -> Nat) (n : Nat) : n * n + n = answer n", "", "n * n + 2 * n - n", "n * (n + 1)"),
    ],
)
def test_what_is_asked_for_in_other_words(text: str, preamble: str, restated: str, own: str) -> None:
    place = hole(text, preamble)
    assert legal(place, f"fun n => {restated}") == (Illegal.RESTATES, "the statement says it already"), asked(place)
    assert isinstance(legal(place, f"fun n => {own}"), Answer)


def test_functions_that_say_nothing_of_values_are_left_alone() -> None:
    for text in (
        "answer = fun _ => 3 * 4",
        "answer = (fun n => n) 3",
        "answer = fun n m => n",
        "answer = f ∘ g",
        "answer = fun n => n.factorial",
    ):
        assert not asked(hole(F + text)), text
    assert [sign for sign, _, _ in equations("(fun a b => a + b) = fun x y => y + x")] == ["="]
