"""What a pair records is what was checked: every pair is accepted again as it stands, on real Lean."""

from __future__ import annotations

import pytest

from synth.records import Attempt, Problem
from synth.search.base import Side
from synth.search.outcome import attempt_check, pair
from synth.statements.text import given
from verify_workers.backends.base import Backend

ONE = "fun h => absurd (h 1) (by decide)"
EVERY = "theorem goal : ¬ ∀ n : Nat, n = 0"
DEFINED = "def f (n : Nat) : Nat := n + 1"


@pytest.mark.parametrize(
    ("goal", "header", "preamble", "form", "proof", "formed"),
    [
        (": ∀ n : Nat, n = 0", "", "", "proof", ONE, True),
        ("(n : Nat) : n = 0", "", "", "code", f"{EVERY} := {ONE}", True),
        ("(n : Nat) : f n = 1", "open Nat", DEFINED, "proof", ONE, True),
        ("(α : Type u) (x : α) : x ≠ x", "universe u", "", "proof", "fun h => h PUnit ⟨⟩ rfl", True),
        (": ∀ n : Nat, n = 0", "set_option autoImplicit false", "/- a variable -/", "proof", ONE, True),
        (": n = 0", "", "variable (n : Nat)", "code", f"{EVERY} := {ONE}", False),
        (": n = 0", "", "variable (n : Nat)", "proof", ONE, False),
        (": n = 0", "open Nat\nvariable (n : Nat)", "", "code", f"{EVERY} := {ONE}", False),
        (": n = 0", "", f"{DEFINED}\nsection\nvariable {{n : Nat}}", "code", f"{EVERY} := {ONE}", False),
        (": ∀ n : Nat, n = 0", "set_option «autoImplicit» true", "", "proof", ONE, False),
        (": ∀ n : Nat, n = 0", "", 'prefix:max "¬" => id (α := Prop)', "proof", ONE, False),
    ],
)
def test_a_pair_of_the_negation_proves_what_it_says(
    backend: Backend, goal: str, header: str, preamble: str, form: str, proof: str, formed: bool
) -> None:
    problem = Problem(id="p", text="", statement=f"theorem goal {goal}", header=header, preamble=preamble)
    statement = given(problem, 0)
    attempt = Attempt.model_validate(
        {"id": "a", "statement_id": statement.id, "negated": True, "form": form, "proof": proof, "strategy": "whole_proof"}
    )
    verdict = backend.check(attempt_check(attempt, statement, 10))
    assert bool(statement.negation) == formed
    if formed:  # else this side is not searched
        made = pair(attempt, Side(statement.negation, True), statement, problem, verdict)
        assert backend.check(made.check("again", 10)).accepted
