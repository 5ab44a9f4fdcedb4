"""What the text of a row says against it, and what it does not."""

from __future__ import annotations

import pytest

from synth.audit.labels import Label
from synth.audit.rows import Candidate
from synth.audit.texts import another_meaning, placeholder, read


@pytest.mark.parametrize(
    ("preamble", "statement"),
    [
        ("def Nice (n : Nat) : Prop := True", "theorem t : Nice 3"),
        ("def Nice (n : Nat) : Prop := True\ndef Good (n : Nat) : Prop := Nice n ∧ n = n", "theorem t : Good 3"),
        ("def answer : Prop := True", "theorem t : answer"),
        ("def c : Nat := sorry", "theorem t : c = c"),
        ("structure S where\n  n : Nat := sorry\ndef c : S := by sorry", "theorem t : c = c"),
        ("opaque P : Nat → Prop", "theorem t : P 1 → P 1"),
    ],
)
def test_definitions_that_say_nothing(preamble: str, statement: str) -> None:
    assert placeholder(preamble, statement)


@pytest.mark.parametrize(
    ("preamble", "statement"),
    [
        ("def Nice (n : Nat) : Prop := n = 3", "theorem t : Nice 3"),
        ("def Nice (n : Nat) : Prop := True", "theorem t : 1 = 1"),  # of which the statement says nothing
        ("def flag : Bool := true", "theorem t : flag = true"),
        ("def zero : Nat := default", "theorem t : zero = 0"),
        ("def f : Nat → Nat\n  | 0 => 1\n  | n + 1 => f n", "theorem t : f 0 = 1"),
        ("inductive T | a | b\nopen T", "theorem t : T.a ≠ T.b"),
    ],
)
def test_definitions_that_do(preamble: str, statement: str) -> None:
    assert not placeholder(preamble, statement)


@pytest.mark.parametrize(
    "context",
    [
        'local notation:50 a " < " b => (a + b = b + a)',
        'infix:50 " = " => fun a b => True',
        'notation "True" => False',
        'macro_rules | `($a < $b) => `(True)\nmacro "3" : term => `(4)',
        "instance : LT Nat := ⟨fun _ _ => True⟩",
        "local instance cheat (priority := high) : HAdd ℕ ℕ ℕ where hAdd _ _ := 0",
        "def cheat : Add Nat := ⟨fun _ _ => 5⟩\nattribute [local instance] cheat",
        "@[reducible, instance] def cheat : Add Nat := ⟨fun _ _ => 5⟩",
        "@[instance 1000] def cheat : Add Nat := ⟨fun _ _ => 5⟩",
        "namespace S\nabbrev Nat := Unit",
        "inductive S.Nat | z\nopen S",
        "abbrev \u039dat := Unit",
        "variable {Nat : Type} [Subsingleton Nat]",
        "inductive S.N | z\nopen S renaming N → Nat",
        "inductive S.Nat | z\nexport S (Nat)",
        'infix:50 " =\u200b " => fun (a b : Nat) => True',
        'infix:50 " \uff1d " => fun (a b : Nat) => True',
    ],
)
def test_signs_with_another_meaning(context: str) -> None:
    assert another_meaning(context)


@pytest.mark.parametrize(
    "context",
    [
        'notation "⟪" a "⟫" => a + 1',
        'infixl:65 " ⊕⊕ " => Nat.add',
        "structure P where\n  x : Nat\ninstance : LT P := ⟨fun a b => a.x < b.x⟩",
        "instance : Inhabited Nat := ⟨3⟩",
        "open Nat Int\nset_option maxRecDepth 1000",
        "structure MyLib.Set where\n  size : Nat",
        "open Nat in def next (n : Nat) : Nat := succ n",
        "open Nat (add_comm succ)\nopen List Set renaming map → mapping",
        "open Nat\ndef Nat.square (n : Nat) : Nat := n * n",
        "variable (n : Nat) [Inhabited Nat]\nclass Named (α : Type) where\n  name : String",
        "def own : Inhabited Nat := ⟨1⟩\nattribute [instance] own",
    ],
)
def test_signs_of_ones_own(context: str) -> None:
    assert not another_meaning(context)


@pytest.mark.parametrize(
    ("one", "label", "reason"),
    [
        (Candidate(1, "", code="axiom a : False\ntheorem t : 1 = 2 := a.elim", statement="theorem t : 1 = 2"), Label.AXIOM, "own"),
        (Candidate(1, "", proof="rfl", statement="theorem t (a : \u039dat) : a = a"), Label.PLACEHOLDER, "meaning"),
        (Candidate(1, "", proof="by native_decide", statement="theorem t : 1 = 1"), Label.AXIOM, "compiler"),
        (
            Candidate(1, "", proof="h", statement="theorem t (k : Nat) (h : k = 37) : k = 37", text="Find k."),
            Label.VACUOUS,
            "answer given",
        ),
    ],
)
def test_what_is_said_of_a_row(one: Candidate, label: Label, reason: str) -> None:
    asked = Candidate(**{**vars(one), "asked": one.statement})
    assert [(found.label, found.reason) for found in read(asked)] == [(label, reason)]


def test_nothing_is_said_of_a_right_row() -> None:
    text = "If k is 37, what is k + 1? A comment says native_decide."
    statement = "theorem t (k : Nat) (h : k = 37) : k + 1 = 38"
    assert read(Candidate(1, "", proof="by omega -- native_decide", asked=statement, statement=statement, text=text)) == []
