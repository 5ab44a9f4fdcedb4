"""The lexer: Lean's own reading of comments, strings, characters, names and numbers."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify_workers.text.lexer import Kind, Lines, tokens, tokens_one_by_one

CANDIDATES = Path(__file__).resolve().parents[4] / "shared" / "data" / "model_candidates.jsonl"


def kinds(source: str) -> list[tuple[str, str]]:
    return [(token.kind.value, token.text) for token in tokens(source, comments=True)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a.b.c", [("ident", "a.b.c")]),
        ("h'.symm x''", [("ident", "h'.symm"), ("ident", "x''")]),
        ("x₁ αβ ℕ", [("ident", "x₁"), ("ident", "αβ"), ("ident", "ℕ")]),
        ("λx", [("symbol", "λ"), ("ident", "x")]),  # λ, Π and Σ are no letters
        ("Σx", [("symbol", "Σ"), ("ident", "x")]),
        ("exact? simp!", [("ident", "exact?"), ("ident", "simp!")]),
        ("«a b».«c»d", [("ident", "«a b».«c»"), ("ident", "d")]),
        ("«a", [("broken", "«a")]),
        ("1axiom", [("number", "1"), ("ident", "axiom")]),
        ("0xFFaxiom", [("number", "0xFFa"), ("ident", "xiom")]),
        ("1.5e3 1_000 h.1.2", [("number", "1.5e3"), ("number", "1_000"), ("ident", "h"), ("symbol", "."), ("number", "1.2")]),
        ("-- x\ny", [("comment", "-- x"), ("ident", "y")]),
        ("/- /- -/ a -/ b", [("comment", "/- /- -/ a -/"), ("ident", "b")]),
        ("/-/ a -/ b", [("comment", "/-/ a -/"), ("ident", "b")]),
        ("/-/-/ b", [("comment", "/-/-/"), ("ident", "b")]),  # the character after `/-` is skipped
        ("/-x/-/ b", [("broken", "/-x/-/ b")]),
        ("/--/ a -/ b", [("doc", "/--/ a -/"), ("ident", "b")]),
        ("/---/ b", [("doc", "/---/"), ("ident", "b")]),
        ("/----/ b", [("broken", "/----/ b")]),  # Lean reads the body of a doc comment behind white space and comments
        ("/-! -- -/\n-/ b", [("broken", "/-! -- -/\n-/ b")]),
        ("/-- d -/ /-! m -/", [("doc", "/-- d -/"), ("doc", "/-! m -/")]),
        ("/- a", [("broken", "/- a")]),
        ("/- -- -/ x", [("comment", "/- -- -/"), ("ident", "x")]),
        ('"/- " x', [("string", '"/- "'), ("ident", "x")]),
        (r'"\"" x', [("string", r'"\""'), ("ident", "x")]),
        ('"open', [("broken", '"open')]),
        ('r"\\" x', [("string", 'r"\\"'), ("ident", "x")]),
        ('r#"a"b"# x', [("string", 'r#"a"b"#'), ("ident", "x")]),
        ('r##"a"#', [("broken", 'r##"a"#')]),
        ('bar"x"', [("ident", "bar"), ("string", '"x"')]),
        ('s!"{x}"', [("ident", "s!"), ("interpolated", '"{x}"')]),
        ("'a' '\\n' '\\u0041'", [("char", "'a'"), ("char", "'\\n'"), ("char", "'\\u0041'")]),
        ("'\"' x", [("char", "'\"'"), ("ident", "x")]),
        ("f '' s", [("ident", "f"), ("symbol", "''"), ("ident", "s")]),
        ("f ⁻¹' s", [("ident", "f"), ("symbol", "⁻"), ("symbol", "¹"), ("symbol", "'"), ("ident", "s")]),
        ("a ×' b", [("ident", "a"), ("symbol", "×"), ("symbol", "'"), ("ident", "b")]),
        ("x[0]'h", [("ident", "x"), ("symbol", "["), ("number", "0"), ("symbol", "]"), ("symbol", "'"), ("ident", "h")]),
        ("a :=--b", [("ident", "a"), ("symbol", ":="), ("comment", "--b")]),
        ("(/- b -/)--c", [("symbol", "("), ("comment", "/- b -/"), ("symbol", ")"), ("comment", "--c")]),
        ("' x", [("broken", "'"), ("ident", "x")]),
        ("#eval x", [("hash", "#eval"), ("ident", "x")]),
        ("#[1]", [("symbol", "#["), ("number", "1"), ("symbol", "]")]),
        ("a:=b", [("ident", "a"), ("symbol", ":="), ("ident", "b")]),
        ("@[simp]", [("symbol", "@["), ("ident", "simp"), ("symbol", "]")]),
        ("t.{u}", [("ident", "t"), ("symbol", ".{"), ("ident", "u"), ("symbol", "}")]),
        ("-/", [("symbol", "-"), ("symbol", "/")]),
    ],
)  # fmt: skip
def test_reading(source: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(source) == expected


# Tokens of Lean and of Mathlib that end as a comment or a character begins.
ENDS = ("<-", "//", "\\/", "\\/-", "|-", "×'", "⊕'", "∑'", "∏'", "]'", "⁻¹'", "∃!'", "→-", "≃/", "<|>'")


@pytest.mark.parametrize("token", ENDS)
@pytest.mark.parametrize("rest", ["-1", "--1", "-/", "/-1", "'a'", "'\"'", " '\"'"])
def test_what_may_belong_to_a_longer_token_starts_nothing(token: str, rest: str) -> None:
    """Lean would read the token, and code where we read a comment or a string: such a text is broken, not read our way."""
    if token.endswith("'") and rest.startswith("--"):
        return  # the token is whole, and what follows is a comment to Lean too
    text = f"a {token}{rest} theorem x"
    words = [mark.text for mark in tokens(text)]
    assert "theorem" in words or Kind.BROKEN in {mark.kind for mark in tokens(text)}


def test_parts_lose_their_quotes() -> None:
    assert tokens("Nat.«land».x'")[0].parts == ("Nat", "land", "x'")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="ab'\"«»/-!{}()\\\n rs#.1λα", max_size=60))
def test_every_character_is_in_one_token_or_blank(source: str) -> None:
    at = 0
    for token in tokens(source, comments=True):
        assert source[at : token.start].strip(" \t\r\n") == ""
        assert token.text == source[token.start : token.end] and token.end > token.start
        at = token.end
    assert source[at:].strip(" \t\r\n") == ""
    assert [t for t in tokens(source, comments=True) if t.kind not in (Kind.COMMENT, Kind.DOC)] == tokens(source)


PIECES = [
    *" \n\t\r\x0b\u00a0abrRs0129xeE._'\"#«»/-!?:=<>@[]{}()|;λαℕ₁ᵢ⟨⟩×\\`,·\u2028\ud800²٣", "/-", "-/", "--", "/--", "/-!", 'r#"', '"#',
    "''", "«a b»", ":=", "=>", "#[", "@[", ".{", "..", "<|>", "<;>", "|>.", "::", "#check", "0x1F", "1.5e3", 'r"', "h'.x",
]  # fmt: skip


def test_one_look_reads_what_the_rules_read_one_by_one() -> None:
    draw = random.Random(0)
    for _ in range(20_000):
        text = "".join(draw.choices(PIECES, k=draw.randint(1, 14)))
        assert tokens(text, comments=True) == tokens_one_by_one(text), text
    assert tokens("a" + " " * 200_000) == tokens("a")  # and in a time that grows with the text


@pytest.mark.skipif(not CANDIDATES.exists(), reason="the shared file of model outputs is not beside this checkout")
def test_published_files_are_read_alike_in_both_ways() -> None:
    for line in CANDIDATES.read_text(encoding="utf-8").splitlines():
        code = json.loads(line)["code"]
        assert tokens(code, comments=True) == tokens_one_by_one(code)


def test_lines() -> None:
    lines = Lines("ab\nc\r\n\nd")
    assert [lines.at(offset) for offset in (0, 2, 3, 6, 7)] == [(1, 0), (1, 2), (2, 0), (3, 0), (4, 0)]
