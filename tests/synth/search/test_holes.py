"""The holes of a skeleton as closed theorems, in every kind of context, and the check that decides whether they fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synth.records import Statement
from synth.search.goals import Goal, read_goal
from synth.search.holes import PRINTINGS, Hole, Probe, find_holes, inlined
from verify_workers.backends.base import Backend
from verify_workers.records import Outcome

SUBJECT = Statement(id="s", problem_id="p", text="")


def opened(backend: Backend, statement: str, skeleton: str, hidden: tuple[frozenset[str], ...] = ()) -> tuple[Probe, list[Hole]]:
    probe = Probe(SUBJECT, statement, skeleton, hidden)
    verdict = backend.check(probe.snippet("probe", 20))
    assert verdict.outcome is Outcome.ELABORATED, verdict.messages
    return probe, probe.read(verdict.messages)


CONTEXTS = {
    "nothing": ("theorem X : ∀ n : Nat, n < n + 1", "by\n  sorry", ["theorem subgoal : ∀ (n : ℕ), n < n + 1"]),
    "earlier steps": (
        "theorem X : 1 < 3",
        "by\n  have a : 1 < 2 := by sorry\n  have b : 2 < 3 := by\n    sorry\n  omega",
        ["theorem subgoal : 1 < 2", "theorem subgoal (a : 1 < 2) : 2 < 3"],
    ),
    "variables of the statement": (
        "theorem X (a b : Nat) (h : a = b) : b + 0 = a",
        "by\n  cases h\n  exact sorry",
        ["theorem subgoal (a : ℕ) : a + 0 = a"],
    ),
    "hidden names": (
        "theorem X : ∀ n m : Nat, n = m → m = n",
        "by\n  intro a _ _\n  sorry",
        ["theorem subgoal (a m_1 : ℕ) (a_1 : a = m_1) : m_1 = a"],
    ),
    "a hidden name that another has": (
        "theorem X (n : Nat) (h : n = 1) : n + n = 2",
        "by\n  have h : n + n = 2 * n := by sorry\n  omega",
        ["theorem subgoal (n : ℕ) (h : n = 1) : n + n = 2 * n"],
    ),
    "induction": (
        "theorem X : ∀ n : Nat, 0 ≤ n",
        "by\n  intro n\n  induction n with\n  | zero => sorry\n  | succ n ih => sorry",
        ["theorem subgoal : 0 ≤ 0", "theorem subgoal (n : ℕ) (ih : 0 ≤ n) : 0 ≤ n + 1"],
    ),
    "a let": (
        "theorem X : ∃ n : Nat, n = 4",
        "by\n  let k := 2\n  exact ⟨k + k, by sorry⟩",
        ["theorem subgoal (k : ℕ) (k_def : k = 2) : k + k = 4"],
    ),
    "several goals": (
        "theorem X (n : Nat) (h : n = 1 ∨ n = 2) : n < 3",
        "by\n  rcases h with h | h <;> sorry",
        ["theorem subgoal (n : ℕ) (h : n = 1) : n < 3", "theorem subgoal (n : ℕ) (h : n = 2) : n < 3"],
    ),
    "one line": (
        "theorem X : 1 < 3",
        "by have a : 1 < 2 := sorry; have b : 2 < 3 := (by sorry); omega",
        ["theorem subgoal : 1 < 2", "theorem subgoal (a : 1 < 2) : 2 < 3"],
    ),
    "terms": (
        "theorem X : ∃ n : Nat, n = 4 ∧ n ≠ 5",
        "⟨4, sorry, sorry⟩",
        ["theorem subgoal : 4 = 4", "theorem subgoal : 4 ≠ 5"],
    ),
    "functions and types": (
        "theorem X (α : Type) (f : α → Nat) (h : ∀ x, f x = 0) : ∃ g : α → Nat, ∀ x, g x = f x + 1",
        "by\n  refine ⟨fun x => 1, fun x => ?_⟩\n  sorry",
        ["theorem subgoal (α : Type) (f : α → ℕ) (h : ∀ (x : α), f x = 0) (x : α) : (fun (x : α) => 1) x = f x + 1"],
    ),
    "universes": (
        "theorem X.{u} (α : Type u) (a b : α) (h : a = b) : b = a",
        "by\n  have g : a = b := sorry\n  exact g.symm",
        ["theorem subgoal.{u} (α : Type u) (a b : α) (h : a = b) : a = b"],
    ),
    "this": (
        "theorem X (n : Nat) (h : n = 1) : n < 3",
        "by\n  have : n < 2 := by sorry\n  sorry",
        ["theorem subgoal (n : ℕ) (h : n = 1) : n < 2", "theorem subgoal (n : ℕ) (h : n = 1) (this : n < 2) : n < 3"],
    ),
}


@pytest.mark.parametrize("kind", CONTEXTS)
def test_a_hole_becomes_a_theorem_from_which_the_skeleton_follows(backend: Backend, kind: str) -> None:
    statement, skeleton, theorems = CONTEXTS[kind]
    probe, holes = opened(backend, statement, skeleton)
    goals = [goal for hole in holes for goal in hole.goals]
    assert [goal.statement for goal in goals] == theorems
    verdict = backend.check(probe.fitting("fit", holes, 20))
    assert verdict.accepted, verdict.messages


@pytest.mark.parametrize("header", ["", "open Nat\nset_option maxRecDepth 1000"])
@pytest.mark.parametrize("preamble", ["", "def two : Nat := 2\n\n/-- twice -/\ndef twice (n : Nat) : Nat :=\n  n + n\n"])
def test_holes_are_found_below_whatever_stands_before_the_statement(backend: Backend, header: str, preamble: str) -> None:
    subject = Statement(id="s", problem_id="p", text="", header=header, preamble=preamble)
    wanted = "twice two = 4" if preamble else "2 + 2 = 4"
    probe = Probe(subject, f"theorem X :\n    {wanted} ∧\n    1 = 1", f"by\n  have a : {wanted} := by sorry\n  exact ⟨a, rfl⟩")
    (hole,) = probe.read(backend.check(probe.snippet("probe", 20)).messages)
    assert [goal.statement for goal in hole.goals] == [f"theorem subgoal : {wanted}"]
    assert backend.check(probe.fitting("fit", [hole], 20)).accepted


def test_what_hides_a_lemma_leaves_it_out_of_the_theorem(backend: Backend) -> None:
    hidden = (frozenset[str](), frozenset({"a"}))
    probe, holes = opened(backend, "theorem X : 1 < 3", "by\n  have a : 1 < 2 := by sorry\n  have b : 2 < 3 := by sorry\n  omega", hidden)
    assert holes[1].goals[0].statement == "theorem subgoal : 2 < 3"
    assert backend.check(probe.fitting("fit", holes, 20)).accepted


@pytest.mark.parametrize("forged", ["True", "1 < 1 + 2", "2 + 2 ≠ 5"])
def test_what_is_not_the_goal_does_not_fit(backend: Backend, forged: str) -> None:
    """Whatever a text makes Lean print at a hole: only theorems from which the skeleton follows are taken."""
    probe, holes = opened(backend, "theorem X : 2 + 2 = 5", "by\n  sorry")
    assert not backend.check(probe.fitting("fit", [replace(holes[0], goals=(Goal((), forged),))], 20)).accepted
    assert backend.check(probe.fitting("fit", holes, 20)).accepted, "the right one does, true or not"


def test_numbers_whose_type_does_not_show_are_printed_again_with_it(backend: Backend) -> None:
    """`∃ x, x < 0` is about integers here; as printed it would be read as about natural numbers."""
    probe = Probe(
        SUBJECT,
        "theorem X (f : Int → Int) : ∃ y : Int, (fun x => x) (2 - 3) < y",
        "by\n  refine ⟨0, ?_⟩\n  show (2 - 3 : Int) < 0\n  sorry",
    )
    fits = []
    for printing in PRINTINGS:
        holes = probe.read(backend.check(probe.snippet("probe", 20, printing)).messages, printing)
        fits.append(backend.check(probe.fitting("fit", holes, 20)).accepted)
    assert fits == [False, True]


def test_holes_are_found_by_tokens() -> None:
    text = 'by\n  -- sorry\n  have h : "sorry" = s := by sorry\n  have g := sorry\n  exact foo.sorry'
    first, second = find_holes(text)
    assert text[first.by : first.end] == "by sorry" and text[second.by : second.end] == "sorry"


def test_what_is_no_goal_is_none() -> None:
    assert read_goal("") is None and read_goal("no goals") is None and read_goal("h : 1 = 1") is None
    assert read_goal("h : (1 = 1\n⊢ True") is None, "no theorem could be made of it"


def test_proofs_are_laid_out_for_where_they_stand(backend: Backend) -> None:
    statement = "theorem X : ∀ n : Nat, n = 1 ∨ n = 2 → n < 3"
    skeleton = "by\n  intro n _\n  have h : n ≤ 2 := by sorry\n  have g : n ≤ 2 := by\n    sorry"
    skeleton += "\n  cases n with\n  | zero => sorry\n  | succ n =>\n    sorry"
    _, holes = opened(backend, statement, skeleton)
    proof = inlined(skeleton, holes, ["by\n  skip\n  omega", "Nat.le_of_lt_succ (by\n  omega)", "by decide", "by\n  skip\n  omega"])
    assert "have h : n ≤ 2 := by\n    rename_i a_1\n    exact (by" in proof
    assert backend.check(Statement(id="s", problem_id="p", text=statement).check("x", 20, proof=proof)).accepted, proof
