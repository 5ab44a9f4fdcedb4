from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify_workers.text.header import split


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


@pytest.mark.parametrize(
    ("text", "imports", "special"),
    [
        ("module\npublic import A\nopen B", ("A",), "module"),
        ("/- c -/ prelude import A", ("A",), "prelude"),
        ("import A\npublic import B", ("A", "B"), "public"),
        ("meta import A", ("A",), "meta"),
        ("import all A", ("A",), "all"),
        ("import A -- module\nopen B", ("A",), ""),
        ("import A\nmodule", ("A",), ""),
        ("module_thing", (), ""),
        ("modules.x", (), ""),
        ("public\n  import A", ("A",), "public"),
        ("public meta import /- c -/ all A.B\nopen C", ("A.B",), "public"),
        ("module -- c\nprelude", (), "module"),
    ],
)
def test_what_makes_a_header_special(text: str, imports: tuple[str, ...], special: str) -> None:
    got = split(text)
    assert (got.imports, got.special) == (imports, special)
    assert "import" not in got.rest and len(got.rest) == len(text)


@given(st.text(alphabet="import AB.\n-/ tx", max_size=60))
def test_nothing_moves(text: str) -> None:
    got = split(text)
    assert len(got.rest) == len(text)
    assert got.rest.count("\n") == text.count("\n")
