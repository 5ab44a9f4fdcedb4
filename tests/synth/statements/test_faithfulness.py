"""Faithfulness against references: equality up to names of bound variables and spelling."""

from __future__ import annotations

import pytest

from synth.records import Statement
from synth.statements.faithfulness import canonical, faithful


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("theorem a (n : ℕ) : n + 0 = n", "theorem b (m : Nat) : m+0 = m", True),
        ("theorem a : ∀ x y : Nat, x + y = y + x", "theorem a : ∀ a b : Nat, a + b = b + a", True),
        ("theorem a : ∃ k, k * 2 = 4", "theorem a : ∃ w, w * 2 = 4", True),
        ("theorem a (n : Nat) : n + 0 = n", "theorem a (n : Nat) : n + 1 = n", False),
        ("theorem a (m n : Nat) : m ≤ n", "theorem a (m n : Nat) : n ≤ m", False),
    ],
)
def test_canonical(one: str, other: str, same: bool) -> None:
    assert (canonical(one) == canonical(other)) == same


def test_an_equivalent_spelling_counts_where_there_are_normal_forms() -> None:
    rows = [
        Statement(id="1", problem_id="p1", text="theorem X : ∀ n : Nat, n > 2 → n > 1", form="f"),
        Statement(id="2", problem_id="p2", text="theorem X : ∀ n : Nat, n > 2 → n > 1", form="other"),
        Statement(id="3", problem_id="p3", text="theorem X : ∀ n : Nat, n > 2 → n > 1"),
    ]
    reference = "theorem R (k : ℕ) (h : 2 < k) : 1 < k"
    references = dict.fromkeys(("p1", "p2", "p3"), reference)
    assert faithful(rows, references) == (0, 3)
    assert faithful(rows, references, {"p1": "f", "p2": "f", "p3": ""}) == (1, 3)


def test_only_autoformalized_statements_with_a_reference_are_measured() -> None:
    text = "theorem X (n : Nat) : n = n"
    rows = [
        Statement(id="1", problem_id="p1", text=text),
        Statement(id="2", problem_id="p2", text=text),
        Statement(id="3", problem_id="none", text=text),
        Statement(id="4", problem_id="p1", text=text, origin="given"),
    ]
    assert faithful(rows, {"p1": "theorem R (k : ℕ) : k = k", "p2": "theorem R (k : ℕ) : k = 0"}) == (1, 2)
