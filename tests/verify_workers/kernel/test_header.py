from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify_workers.kernel.header import split


@pytest.mark.parametrize(
    ("text", "imports", "rest"),
    [
        ("", (), ""),
        ("open Nat\n", (), "open Nat\n"),
        ("import Mathlib", ("Mathlib",), "              "),
        ("import A.B\nimport C\nopen D", ("A.B", "C"), "          \n        \nopen D"),
        ("/- import X /- nested -/ -/ import Y\nz", ("Y",), "/- import X /- nested -/ -/         \nz"),
        ("-- import X\nimport Y -- why\nz", ("Y",), "-- import X\n         -- why\nz"),
        ("public import all A\nz", ("A",), "                   \nz"),
        ("theorem x : y\nimport Z", (), "theorem x : y\nimport Z"),
        ("/-- doc -/ import Z", (), "/-- doc -/ import Z"),
        ("/- never closed import Z", (), "/- never closed import Z"),
    ],
)
def test_split(text: str, imports: tuple[str, ...], rest: str) -> None:
    got = split(text)
    assert (got.imports, got.rest) == (imports, rest)


@given(st.text(alphabet="import AB.\n-/ tx", max_size=60))
def test_nothing_moves(text: str) -> None:
    got = split(text)
    assert len(got.rest) == len(text)
    assert got.rest.count("\n") == text.count("\n")
