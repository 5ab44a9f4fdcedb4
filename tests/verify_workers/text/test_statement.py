"""Splitting, printing and negating theorem statements."""

# ruff: noqa: E501

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verify_workers.text.statement import StatementError, negate, parse_theorem, renamed, source

MINIF2F = Path(__file__).resolve().parents[4] / "shared" / "data" / "minif2f_valid.jsonl"


@pytest.mark.parametrize(
    "ending", ["", " :=", " := by", " := sorry", " := by sorry", " := by\n  sorry", " :=\n sorry -- later", " := by /- no -/ sorry"]
)
def test_endings_are_dropped(ending: str) -> None:
    theorem = parse_theorem(f"theorem t (n : Nat) : n = n{ending}")
    assert (theorem.name, theorem.binders, theorem.conclusion, theorem.goal) == ("t", "(n : Nat)", "n = n", "(n : Nat) : n = n")


@pytest.mark.parametrize(
    ("text", "name", "binders", "conclusion", "universes"),
    [
        ("lemma a.b' : True", "a.b'", "", "True", ""),
        ("/-- doc : := -/ theorem t : 1 = 1", "t", "", "1 = 1", ""),
        ("-- theorem no : False\ntheorem t : 1 = 1", "t", "", "1 = 1", ""),
        ("theorem t.{u, v} {α : Type u} (β : Type v) : α = α", "t", "{α : Type u} (β : Type v)", "α = α", "u, v"),
        ("theorem t n m : n = m + 0", "t", "n m", "n = m + 0", ""),
        ("theorem t ⦃n : Nat⦄ [Inhabited Nat] (h : n = 2 := by omega)\n  (g : ∀ x : Nat, x = x) :\n  n = 2 := by sorry",
         "t", "⦃n : Nat⦄ [Inhabited Nat] (h : n = 2 := by omega)\n  (g : ∀ x : Nat, x = x)", "n = 2", ""),
        ("theorem t : let x := 2; x = 2 := by sorry", "t", "", "let x := 2; x = 2", ""),
        ("theorem t : ∀ n : Nat, n = n", "t", "", "∀ n : Nat, n = n", ""),
        ("theorem «a : b» : {x : Nat // x = 1}.1 = 1", "«a : b»", "", "{x : Nat // x = 1}.1 = 1", ""),
        ('theorem t : ":= by sorry" = "(" := by sorry', "t", "", '":= by sorry" = "("', ""),
        ("theorem t : 'a' = ':' ∧ x' = x'", "t", "", "'a' = ':' ∧ x' = x'", ""),
        ("theorem t (n /- : ( -/ : Nat) : n = n -- := rfl", "t", "(n /- : ( -/ : Nat)", "n = n", ""),
    ],
)  # fmt: skip
def test_parts(text: str, name: str, binders: str, conclusion: str, universes: str) -> None:
    theorem = parse_theorem(text)
    assert (theorem.name, theorem.binders, theorem.conclusion, theorem.universes) == (name, binders, conclusion, universes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"), ("def t : Nat := 1", "starts with"), ("theorem : True", "name"), ("theorem t", "no conclusion"), ("theorem t :", "no conclusion"),
        ("theorem t (n : Nat)", "no conclusion"), ("theorem t : 1 = 1 := rfl", "proof of its own"), ("theorem t : (1 = 1", "not closed"),
        ("theorem t : 1) = (1", "closes nothing"), ("theorem t := sorry", "no `:`"), ("theorem t : 1 = 1 /- open", "unclosed"),
        ("theorem t : := by sorry", "no conclusion"), ("theorem t : 1 = 1 := by sorry\ntheorem u : 1 = 2 := by sorry", "proof of its own"),
        ("theorem t : 1 = 1 := by simp", "proof of its own"), ("theorem t.{u : True", "universe"),
    ],
)  # fmt: skip
def test_what_is_no_statement(text: str, says: str) -> None:
    with pytest.raises(StatementError, match=says):
        parse_theorem(text)


def test_source_round_trips_and_renames() -> None:
    text = "theorem t.{u} {α : Sort u} (a : α) : a = a"
    assert source(parse_theorem(text + " := by sorry")) == text
    assert renamed(parse_theorem(text), "s") == "theorem s.{u} {α : Sort u} (a : α) : a = a"
    assert parse_theorem(source(parse_theorem(text))) == parse_theorem(text)


def test_negation() -> None:
    assert negate("theorem t (n : Nat) {m : Nat} : n = m := by sorry") == "theorem t : ¬ (∀ (n : Nat) {m : Nat}, n = m)"
    assert negate("theorem t : 1 = 2") == "theorem t : ¬ (1 = 2)"
    assert negate("theorem t.{u} (α : Type u) : α = α -- tail") == "theorem t.{u} : ¬ (∀ (α : Type u), α = α)"


@pytest.mark.skipif(not MINIF2F.exists(), reason="the shared miniF2F file is not beside this checkout")
def test_every_minif2f_statement() -> None:
    rows = [json.loads(line) for line in MINIF2F.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        theorem = parse_theorem(row["formal_statement"])
        assert theorem.name == row["name"]
        assert "sorry" not in source(theorem)
        squeezed = "".join(row["formal_statement"].split()).removesuffix(":=bysorry")
        assert "".join(source(theorem).split()) == squeezed
        assert parse_theorem(negate(row["formal_statement"])).conclusion.startswith("¬ (")
    assert len(rows) == 244
