"""Statements that say nothing, by their text and by their term, and others that look like them."""

from __future__ import annotations

import pytest

from synth.audit.labels import Label
from synth.audit.rows import Candidate
from synth.audit.verdicts import empty, read
from tests.verify_workers.kernel.test_content import fork
from verify_workers.backends.fork import ForkBackend
from verify_workers.records import Outcome, Verdict

__all__ = ["fork"]  # the fixture

LEAST, CLAIM = "Find the least k for which it holds.", "Prove that there is a k which is larger."


def row(statement: str, text: str = "", negated: bool = False) -> Candidate:
    return Candidate(1, "", statement=statement, asked=statement, proof="by simp", text=text, negated=negated)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("theorem t (n : Nat) : True", ""),
        ("theorem t : ∃ k : Nat, k = 3 * 4", ""),
        ("theorem t (n : Nat) : ∃ k : Int, k = n * 3", ""),  # a cast between the sides: the text cannot tell
        ("theorem t (n : Nat) (h : n > 2) : ∃ k : Nat, k = n ∧ (∃ m : Nat, m = k + 1)", ""),
        ("theorem t (n : Nat) : ∃ f : Nat → Nat, ∀ x, f x = x + n", ""),
        ("theorem t (n : Nat) : ∃ k : Nat, k ≥ n ∧ 7 ≤ k", LEAST),
    ],
)
def test_what_says_nothing_is_found_by_its_term(statement: str, text: str, fork: ForkBackend) -> None:
    one = row(statement, text)
    assert [found.reason for found in read(fork.check(one.check(20.0)), one) if found.label is Label.VACUOUS] == ["empty"]


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("theorem t (n : Nat) : ∃ k : Nat, k > n", ""),  # a theorem of its own
        ("theorem t (n : Nat) : ∃ k : Nat, k > n", CLAIM),
        ("theorem t (n : Int) (h : n ≥ 0) : ∃ k : Nat, n = k", ""),  # that an integer is a natural number
        ("theorem t (n : Nat) (h : n % 2 = 0) : ∃ k : Nat, n = 2 * k", ""),
        ("theorem t (n m : Nat) (h : n = 2) : n + 1 = 3", "Find n + 1 if n = 2."),  # m is idle, but something is said of n
        ("theorem t (a b : Nat) (h : a = b) : b = a", ""),
    ],
)
def test_nobody_is_accused_of_saying_nothing_who_says_something(statement: str, text: str, fork: ForkBackend) -> None:
    one = row(statement, text)
    assert not empty(one, fork.check(one.check(20.0)))


def test_where_nobody_looked_at_the_term_the_text_decides() -> None:
    unseen = Verdict(id="1", outcome=Outcome.ACCEPTED)
    assert "whatever" in empty(row("theorem t : ∃ k : Nat, k = 3 * 4"), unseen)
    assert not empty(row("theorem t (n : Nat) : ∃ f : Nat → Nat, ∀ x, f x = x + n"), unseen)


def test_what_is_proved_false_is_not_said_to_say_nothing() -> None:
    seen = Verdict(id="1", outcome=Outcome.ACCEPTED, remarks=["equal k"])
    assert empty(row("theorem t (n : Nat) : ∃ k : Int, k = n * 3"), seen)
    assert not empty(row("theorem t (n : Nat) : ∃ k : Int, k = n * 3", negated=True), seen)
