"""A proof that goes on from the `by` of its statement."""

from __future__ import annotations

import pytest

from verify_workers.records import Check
from verify_workers.text.parsed import ParsedCheck, indented


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        ("omega", "  omega"),
        ("\nomega\n", "\n  omega\n"),
        ("-- easy\nomega", "  -- easy\n  omega"),
        ("have h := f\nexact h", "  have h := f\n  exact h"),
        ("have h : p := by\n  omega\nexact h", "  have h : p := by\n    omega\n  exact h"),
        ("have h := f\n    exact h", "    have h := f\n    exact h"),  # gone on from `by` and four blanks
        ("have h : p := by\n    omega\n\n  exact h", "  have h : p := by\n    omega\n\n  exact h"),
        (" omega", " omega"),
        ("", ""),
    ],
)
def test_tactics_at_the_margin_are_moved_behind_it(given: str, moved: str) -> None:
    assert indented(given) == moved


@pytest.mark.parametrize(
    ("statement", "proof"), [("theorem t : p", "omega"), ("theorem t : p := sorry", "f\ng"), ("theorem t : p := by", "  omega")]
)
def test_any_other_proof_stays_as_it_is(statement: str, proof: str) -> None:
    assert ParsedCheck(Check(id="a", statement=statement, proof=proof)).candidate.text == proof
