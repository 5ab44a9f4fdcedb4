"""Likeness of texts: what says the same is found, what differs in what it says is not."""

from __future__ import annotations

import pytest

from synth.statements.likeness import Words
from synth.statements.words import tokens

LONG = (
    "A farmer has 17 sheep and 3 dogs in a pen beside the river. Each morning he opens the western gate, counts the animals that "
    "leave, and closes it again after exactly half of the sheep have gone out. How many animals are left in the pen after two mornings?"
)


def found(text: str, *held: str, similarity: float = 0.7) -> str:
    index = Words(similarity)
    for i, one in enumerate(held):
        index.add(f"held {i}", one)
    like = index.find(text)
    return str(like) if like else ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Prove that x * x = 49 forces x = 7 for a natural number x.",
         "Show that $x \\cdot x = 49$ forces $x = 7$ for natural number $x$"),
        ("If n is at least 3, prove that n * n is at least 9.", "Whenever k is at least 3, show that k * k is at least 9."),
        ("Let p and q be propositions. If p implies q, show that not q implies not p.",
         "Let r and b be propositions. If r implies b, show that not b implies not r."),
        (LONG, LONG.replace("farmer", "shepherd")),
        (LONG, f"Here is a riddle from our school magazine, sent in by a reader. {LONG} Send your answers to us before Easter."),
        ("2 + 2 = 4", "2+2 = 4."),
    ],
)  # fmt: skip
def test_what_says_the_same_is_found(one: str, other: str) -> None:
    assert found(other, "Show that 3 is prime.", one).startswith("held 1 (")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Prove that x * x = 49 forces x = 7.", "Prove that x * x = 64 forces x = 8."),
        ("Show that q and p are both knights.", "Show that q and p are not both knights."),
        ("Let n mod 5 = 4 and y mod 5 = 2. Prove that n * y mod 5 = 3.", "Let y mod 5 = 4 and m mod 5 = 3. Prove that y * m mod 5 = 2."),
        ("Prove that p and q implies r.", "Prove that p or q implies r."),
        ("Show that n is less than 5.", "Show that n is greater than 5."),
        (LONG, LONG.replace("17", "18")),
        ("Prove that 2 + 2 = 4.", "Prove that 2 + 2 = 4 and 3 + 3 = 6."),
        ("", ""),
        ("Show that.", "Prove that"),
    ],
)
def test_what_says_something_else_is_not(one: str, other: str) -> None:
    assert found(other, one) == ""


def test_latex_and_symbols_are_the_characters_that_they_stand_for() -> None:
    assert tokens(r"$3x \leq y$, so $x\cdot 2\ge 1$") == ("3", "x", "≤", "y", "so", "x", "*", "2", "≥", "1")


def test_of_several_the_one_that_is_most_alike_is_told_and_the_first_of_equals() -> None:
    text = "If n is at least 3, prove that n * n is at least 9."
    assert found(text, "Prove that n * n is at least 9 if n is at least 3.", text, text) == "held 1 (words 1.00)"
