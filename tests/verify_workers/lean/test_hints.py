"""What is said beside Lean's words where a check was rejected for its form; Mathlib's names in the embedded library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.records import Check, Outcome, Reason
from verify_workers.text.hints import HINT

GOAL = "theorem goal (n : Nat) : n + 0 = n"


@pytest.fixture(scope="module", params=["fork", "process"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    made = make_backend(request.param)
    yield made
    made.close()


def check(**fields: Any) -> Check:
    return Check.model_validate({"id": "x", "statement": GOAL, "timeout": 20.0} | fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"proof": ":= by omega"},
        {"proof": ":=\n  rfl"},
        {"proof": " \n:= by\n  omega"},
        {"statement": f"{GOAL} := by", "proof": ":= by omega"},
        {"statement": f"{GOAL} := by sorry", "proof": ":= Nat.add_zero n"},
    ],
)
def test_a_proof_may_begin_with_what_it_follows(backend: Backend, fields: dict[str, Any]) -> None:
    verdict = backend.check(check(**fields))
    assert verdict.accepted, verdict


def test_columns_stay_those_of_the_text(backend: Backend) -> None:
    (error,) = backend.check(check(proof=":= nothing")).messages
    assert (error.line, error.column) == (1, 3)
    assert backend.check(check(proof=":= := rfl")).outcome is Outcome.REJECTED
    assert backend.check(check(proof=":=")).messages[0].text == "the text is empty"


HINTS: list[tuple[dict[str, Any], Reason, str]] = [
    ({"proof": "omega"}, Reason.ELABORATION, "`omega` begins a tactic proof, which needs `by`"),
    ({"proof": "intro n\nrfl", "statement": "theorem goal : ∀ n : Nat, n = n"}, Reason.ELABORATION, "`by intro …`"),
    ({"proof": "rw [Nat.add_zero]"}, Reason.ELABORATION, "needs `by`"),
    ({"proof": "n + 0 = n"}, Reason.ELABORATION, "the proof is itself a proposition"),
    (
        {"statement": "theorem goal (α : Type u) (a : α) : a = a", "proof": "rfl"},
        Reason.STATEMENT,
        "write `theorem goal.{u}`, or `universe u`",
    ),
    ({"code": f"theorem a (α : Type w) (x : α) : x = x := rfl\n{GOAL} := rfl"}, Reason.ELABORATION, "write `universe w`"),
    ({"statement": f"namespace A\n{GOAL}\nend A", "proof": "rfl"}, Reason.STATEMENT, "`end` stands in the statement"),
    ({"statement": f"namespace A\n{GOAL} := by sorry\n\nend A", "proof": "rfl"}, Reason.STATEMENT, "`end` stands in the statement"),
    ({"statement": f"namespace A\n{GOAL}", "proof": "rfl"}, Reason.STATEMENT, "`namespace` stands in the statement"),
    (
        {"preamble": "namespace A.B\ndef f := 1\nend A.B", "statement": "theorem goal : f = 1", "proof": "rfl"},
        Reason.STATEMENT,
        "f is A.B.f in the preamble: write that, or end the preamble with `open A.B`",
    ),
    (
        {"preamble": "namespace A\ntheorem f : 1 = 1 := rfl\nend A", "proof": "by have := f; rfl"},
        Reason.ELABORATION,
        "f is A.f in the preamble",
    ),
]


@pytest.mark.parametrize(("fields", "reason", "says"), HINTS)
def test_a_rejection_for_its_form_has_a_hint(backend: Backend, fields: dict[str, Any], reason: Reason, says: str) -> None:
    verdict = backend.check(check(**fields))
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, reason), verdict
    first, *others = verdict.messages
    assert first.severity == "info" and first.text.startswith(HINT) and says in first.text
    assert others and others[0].severity == "error" and verdict.first_error == others[0].text, "Lean's own words stay"


@pytest.mark.parametrize(
    "fields",
    [
        {"preamble": "namespace A.B\ndef f := 1\nend A.B\nopen A.B", "statement": "theorem goal : f = 1", "proof": "rfl"},
        {"preamble": "namespace A.B\ndef f := 1\nend A.B", "statement": "theorem goal : A.B.f = 1", "proof": "rfl"},
        {"statement": "theorem goal.{u} (α : Type u) (a : α) : a = a", "proof": "rfl"},
        {"statement": "theorem goal (α : Type u) (a : α) : a = a", "header": "universe u", "proof": "rfl"},
    ],
)
def test_what_a_hint_advises_is_accepted(backend: Backend, fields: dict[str, Any]) -> None:
    verdict = backend.check(check(**fields))
    assert verdict.accepted, verdict


@pytest.mark.parametrize(
    "fields",
    [
        {"proof": "by decide"},
        {"proof": "by exact no_such_lemma n"},
        {"proof": "use_this n"},
        {"proof": "Nat.add_zero"},
        {"statement": "theorem goal : 1 = 2", "proof": "rfl"},
        {"statement": "theorem goal : nothing = 1", "proof": "rfl"},
    ],
)
def test_other_rejections_have_none(backend: Backend, fields: dict[str, Any]) -> None:
    verdict = backend.check(check(**fields))
    assert verdict.outcome is Outcome.REJECTED
    assert not [message for message in verdict.messages if message.text.startswith(HINT) or "Mathlib" in message.text]


MATHLIB: list[tuple[dict[str, Any], Reason, str]] = [
    ({"statement": "theorem goal (x : ℝ) : x = x", "proof": "rfl"}, Reason.STATEMENT, "ℝ"),
    ({"statement": "theorem goal (x : Real) : x = x", "proof": "rfl"}, Reason.STATEMENT, "Real"),
    ({"statement": "theorem goal : ∑ i in Finset.range 3, i = 3", "proof": "rfl"}, Reason.STATEMENT, "∑"),
    ({"statement": "theorem goal (s : Finset Nat) : s = s", "proof": "rfl"}, Reason.STATEMENT, "Finset"),
    ({"statement": "theorem goal (p : Nat) (h : p.Prime) : p = p", "proof": "rfl"}, Reason.STATEMENT, "Nat.Prime"),
    ({"statement": "theorem goal (a b : Nat) (h : a ≡ b [MOD 3]) : a = a", "proof": "rfl"}, Reason.STATEMENT, "MOD"),
    ({"statement": "theorem goal (a : Int) : |a| = |a|", "proof": "rfl"}, Reason.STATEMENT, "|a|"),
    ({"statement": "theorem goal : 3 ! = 6", "proof": "rfl"}, Reason.STATEMENT, "n !"),
    ({"statement": "theorem goal {G : Type} [Group G] (a : G) : a = a", "proof": "rfl"}, Reason.STATEMENT, "Group"),
    ({"header": "open Real", "proof": "rfl"}, Reason.STATEMENT, "Real"),
    ({"proof": "by simp [Finset.sum_comm]"}, Reason.ELABORATION, "Finset.sum_comm"),
    ({"proof": "by field_simp"}, Reason.ELABORATION, "field_simp"),
]


@pytest.mark.parametrize(("fields", "reason", "name"), MATHLIB)
def test_what_is_mathlibs_is_named(backend: Backend, fields: dict[str, Any], reason: Reason, name: str) -> None:
    verdict = backend.check(check(**fields))
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, reason), verdict
    assert verdict.first_error.startswith(f"needs Mathlib ({name}), which the embedded Lean does not have: --project ")


def test_a_command_that_runs_code_is_told_to_be_left_out(backend: Backend) -> None:
    for fields in ({"proof": "by omega\n#eval 1"}, {"code": f"{GOAL} := by omega\n#eval 1"}):
        verdict = backend.check(check(**fields))
        assert (verdict.outcome, verdict.reason) == (Outcome.POLICY, "command:#eval") and "leave it out" in verdict.messages[0].text
