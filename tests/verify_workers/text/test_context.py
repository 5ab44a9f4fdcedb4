"""Header, preamble and theorem, however a check brings them."""

from __future__ import annotations

import pytest

from verify_workers.records import Check
from verify_workers.text.context import TrustedParts, split_context
from verify_workers.text.parsed import ParsedCheck


@pytest.mark.parametrize(
    ("header", "preamble", "statement", "wanted"),
    [
        ("", "", "theorem t : 1 = 1", TrustedParts("", "", "theorem t : 1 = 1")),
        ("open Nat", "def a := 1", "theorem t : a = 1", TrustedParts("open Nat", "def a := 1", "theorem t : a = 1")),
        ("open Nat\ndef a := 1", "", "theorem t : a = 1", TrustedParts("open Nat\n", "def a := 1", "theorem t : a = 1")),
        ("variable (n : Nat)", "", "theorem t : n = n", TrustedParts("", "variable (n : Nat)", "theorem t : n = n")),
        ("", "", "abbrev a : Nat := 3\n\ntheorem t : a = 3", TrustedParts("", "abbrev a : Nat := 3\n\n", "theorem t : a = 3")),
        ("", "", "import A\nopen B\ntheorem t : 1 = 1", TrustedParts("import A\nopen B\n", "", "theorem t : 1 = 1")),
        ("/-- doc -/", "", "theorem t : 1 = 1", TrustedParts("", "", "theorem t : 1 = 1")),
        ("", "", "@[simp] private theorem t : 1 = 1", TrustedParts("", "", "theorem t : 1 = 1")),
        ("noncomputable section", "", "lemma t : 1 = 1", TrustedParts("noncomputable section", "", "lemma t : 1 = 1")),
        ("noncomputable def a := 1", "", "lemma t : 1 = 1", TrustedParts("", "noncomputable def a := 1", "lemma t : 1 = 1")),
        ("open scoped Real", "", "theorem t : 1 = 1", TrustedParts("open scoped Real", "", "theorem t : 1 = 1")),
        ("prelude\nimport A", "", "theorem t : 1 = 1", TrustedParts("prelude\nimport A", "", "theorem t : 1 = 1")),
        ("", "", "theorem a : 1 = 1 := rfl\ntheorem t : 2 = 2", TrustedParts("", "", "theorem a : 1 = 1 := rfl\ntheorem t : 2 = 2")),
        ("", "", "no statement", TrustedParts("", "", "no statement")),
    ],
)
def test_split(header: str, preamble: str, statement: str, wanted: TrustedParts) -> None:
    assert split_context(header, preamble, statement) == wanted


def test_comments_go_and_lines_stay() -> None:
    context = split_context(
        "-- why\nopen Nat -- here", "/- a\n b -/\ndef a := 1", "/-- in words -/\ntheorem t (n : Nat) -- odd \u202e\n  : n = n"
    )
    assert "--" not in context.header and context.header.count("\n") == 1
    assert context.preamble.split() == ["def", "a", ":=", "1"]
    assert "--" not in context.theorem and context.theorem.count("\n") == 2


@pytest.mark.parametrize(
    ("header", "code", "seen"),
    [
        ("universe u", "universe u\ntheorem t : a := b", "          \ntheorem t : a := b"),
        ("universe u v", "universe v w\ntheorem t : a := b", "universe   w\ntheorem t : a := b"),
        ("", "universe u\ntheorem t : a := b", "universe u\ntheorem t : a := b"),
        ("universe u\nopen Nat", "theorem t : a := b\nuniverse u v", "theorem t : a := b\nuniverse   v"),
    ],
)
def test_universes_that_the_header_declares_are_not_declared_again(header: str, code: str, seen: str) -> None:
    check = ParsedCheck(Check(id="x", header=header, statement="theorem t : a", code=code))
    assert check.without_comments == seen
