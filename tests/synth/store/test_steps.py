"""Labels for the steps of proofs, from what real Lean says of failed ones; and their export from a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.export.corpus import export
from synth.export.read import read_pairs
from synth.records import Attempt, Pair, Problem, Statement, VerdictRow
from synth.search.outcome import kept_errors
from synth.store.rundir import RunDir
from synth.store.steps import Labelled, accepted, cut, refused
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.records import Check, Message, Outcome, Verdict

STATEMENT = "theorem X : ∀ n : Nat, n + 0 = n ∧ n * 2 = n + n"
GOOD, WRONG, UNKNOWN = True, False, None
# By name: the proof, the steps' labels, and how the message of the wrong one begins.
FAILED: dict[str, tuple[str, list[bool | None], str]] = {
    "bullets": (
        "by\n  intro n\n  constructor\n  · rw [Nat.mul_comm]\n  · omega\n",
        [GOOD, GOOD, WRONG, UNKNOWN],
        "Tactic `rewrite` failed",
    ),
    "nested bullets": (
        "by\n  intro n\n  refine ⟨?_, ?_⟩\n  · have h : n = n := by\n      rfl\n    exact foo h\n  · omega",
        [GOOD, GOOD, GOOD, GOOD, WRONG, UNKNOWN],
        "Unknown identifier `foo`",
    ),
    "a block that ends with goals left": (
        "by\n  intro n\n  constructor\n  · simp\n  · have : n = n := rfl\n    skip\n",
        [GOOD, GOOD, GOOD, GOOD, WRONG],
        "unsolved goals",
    ),
    "a `have` that is not proved": (
        "by\n  intro n\n  have h : n ≤ n * n := by\n    have := n\n    skip\n  exact foo\n",
        [GOOD, GOOD, GOOD, WRONG, UNKNOWN],
        "unsolved goals",
    ),
    "calc": (
        "by\n  intro n\n  refine ⟨rfl, ?_⟩\n  calc n * 2 = 2 * n := by omega\n    _ = n + n + 1 := by omega\n    _ = n + n := by omega\n",
        [GOOD, GOOD, GOOD, WRONG, UNKNOWN],
        "omega could not prove",
    ),
    "cases": (
        "by\n  intro n\n  induction n with\n  | zero => simp\n  | succ n ih =>\n    simp\n    rw [ih]\n",
        [GOOD, GOOD, GOOD, GOOD, GOOD, WRONG],
        "Invalid rewrite argument",
    ),
    "one line": ("by intro n; constructor; omega; rw [foo]; simp", [GOOD, GOOD, GOOD, WRONG, UNKNOWN], "Unknown identifier"),
    "an open bracket": ("by\n  intro n\n  exact ⟨rfl,\n    foo⟩\n", [GOOD, WRONG], "Unknown identifier"),
    "one step too many": ("by\n  intro n\n  omega\n  omega\n", [GOOD, GOOD, WRONG], "No goals"),
    "a term": ("fun n =>\n  ⟨rfl,\n  rfl⟩", [WRONG], "Application type mismatch"),
    "what is not allowed": ("by\n  intro n\n  sorry", [UNKNOWN, WRONG], "not allowed here"),
    # Lean withholds other errors where a step does not parse: what is before it may have failed.
    "an unknown tactic": ("by\n  intro n\n  foo bar\n  constructor", [UNKNOWN, WRONG, UNKNOWN], "unknown tactic"),
    "a bracket too many": ("by\n  intro n\n  constructor\n  · simp\n  · omega )\n", [UNKNOWN, UNKNOWN, UNKNOWN, WRONG], "unexpected token"),
    "a term that is missing": ("by\n  exact foo\n  have h : 1 = 1 :=\n  omega +", [UNKNOWN] * 3, ""),
    "an error before one of parsing": ("by\n  intro n\n  rw [foo]\n  constructor\n  wibble\n", [GOOD, WRONG, UNKNOWN, UNKNOWN], "Unknown"),
}


def labelled(backend: Backend, proof: str, form: str = "proof", statement: str = STATEMENT) -> Labelled:
    verdict = backend.check(Check.model_validate({"id": "x", "statement": statement, form: proof, "timeout": 10.0}))
    assert not verdict.accepted
    return refused(proof, form, verdict.outcome.value, verdict.reason, kept_errors(verdict.messages))


@pytest.mark.parametrize("name", FAILED)
def test_the_first_failing_step_is_wrong(backend: Backend, name: str) -> None:
    proof, labels, message = FAILED[name]
    found = labelled(backend, proof)
    assert "".join(found.steps) == proof
    assert list(found.labels) == labels, found.steps
    assert (found.error.text if found.error else "").startswith(message) and bool(found.error) == (WRONG in labels)


def test_a_whole_file_with_a_lemma(backend: Backend) -> None:
    lemma = "theorem helper (a : Nat) : a + 0 = a := by\n  simp\n\n"
    file = f"{lemma}{STATEMENT} := by\n  intro n\n  exact ⟨helper n, foo⟩\n"
    found = labelled(backend, file, "code")
    assert [step.split()[0] for step in found.steps] == ["theorem", "simp", "theorem", "intro", "exact"]
    assert found.labels == (True, True, True, True, False)
    early = labelled(backend, file.replace("  simp", "  exact bar").replace("foo", "by omega"), "code")
    assert early.labels == (True, False, None, None, None)


def test_steps_join_to_the_proof() -> None:
    for proof in ("by omega", "by intro n; simp <;>\n  omega", "  by\n\n  -- why\n  simp\n", "rfl", "", "by\n  first\n  | simp\n  | omega"):
        assert "".join(cut(proof, "proof")) == proof
    assert cut("by\n  simp [a,\n    b]\n  <;> omega; rfl", "proof") == ("by\n  simp [a,\n    b]\n  <;> omega; ", "rfl")
    assert accepted("by\n  intro n\n  rfl", "proof").labels == (True, True)


def test_nothing_is_known_without_a_place() -> None:
    proof = "by\n  intro n\n  simp"
    late = Message(severity="error", line=9, column=0, text="somewhere else")
    here = Message(severity="error", line=2, column=2, text="somewhere")
    for outcome, reason, errors in (
        ("timeout", "", []),
        ("resource", "", [here]),
        ("rejected", "axiom", [here]),
        ("rejected", "elaboration", []),
        ("rejected", "elaboration", [late]),
        ("rejected", "elaboration", [here, late]),
    ):
        assert refused(proof, "proof", outcome, reason, errors).labels == (None, None), (outcome, reason, errors)
    assert refused(proof, "proof", "rejected", "elaboration", [here]).labels == (False, None)


def attempt(name: str, proof: str, statement: str = "s", **more: object) -> Attempt:
    return Attempt.model_validate({"id": name, "statement_id": statement, "proof": proof, "strategy": "whole_proof", "model": "m"} | more)


def verdict_of(backend: Backend, tried: Attempt) -> VerdictRow:
    verdict: Verdict = backend.check(Check(id=tried.id, statement=STATEMENT, negated=tried.negated, proof=tried.proof, timeout=10.0))
    return VerdictRow(
        id=tried.id,
        statement_id=tried.statement_id,
        outcome=verdict.outcome,
        reason=verdict.reason,
        errors=[] if verdict.accepted else kept_errors(verdict.messages),
        lean="4.35.0",
    )


def test_a_run_as_steps(backend: Backend, tmp_path: Path) -> None:
    """Pairs, failed attempts of either side with the goal where they fail, and what gives no row, counted."""
    statement = Statement(id="s", problem_id="p", text=STATEMENT, negation=STATEMENT.replace(": ∀", ": ¬ (∀") + ")", origin="given")
    good = attempt("good", "by\n  intro n\n  omega")
    real = [
        good,
        attempt("bullets", FAILED["bullets"][0]),
        attempt("open", FAILED["a block that ends with goals left"][0]),
        attempt("negated", "by\n  intro h\n  omega", negated=True),
        attempt("again", FAILED["bullets"][0] + "\n"),
    ]
    mended = attempt("mended", "by simp", parent="bullets", shown={"state": "n : ℕ\n⊢ n + 0 = n"}, strategy="repair")
    silent = {"slow": Outcome.TIMEOUT, "broken": Outcome.INFRA, "mended": Outcome.RESOURCE}
    others = [attempt("slow", "by\n  simp\n  omega"), attempt("broken", "by omega"), mended, attempt("prose", "No.", unread="no_proof")]
    rows = [verdict_of(backend, tried) for tried in real]
    rows += [VerdictRow(id=name, statement_id="s", outcome=outcome) for name, outcome in silent.items()]
    rows.append(VerdictRow(id="prose", statement_id="s", outcome="unread", reason="no_proof"))
    proved = Pair(
        id="pair",
        attempt_id="good",
        statement_id="s",
        problem_id="p",
        statement=STATEMENT,
        proof=good.proof,
        problem="Doubling.",
        lean="4.35.0",
    )
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        store.write("problems", [Problem(id="p", text="Doubling.", statement=STATEMENT)], "p")
        store.commit("r001-s0000-statements", {"statements": [statement]})
        store.commit("r001-s0000-c0000", {"attempts": real + others, "verdicts": rows, "pairs": [proved]})
    counts = export(tmp_path / "run", tmp_path / "out", "steps")
    assert counts == {"pairs": 1, "duplicates": 1, "failed": 5, "failed_unknown": 2, "without_a_row: infra": 1, "without_a_row: unread": 1}
    found = {row["id"]: row for row in map(json.loads, (tmp_path / "out" / "train-00000.jsonl").read_text().splitlines())}
    assert set(found) == {"pair", "bullets", "open", "negated", "slow", "mended"}
    assert found["pair"]["labels"] == [True, True] and found["pair"]["outcome"] == "accepted"
    assert found["bullets"]["labels"] == FAILED["bullets"][1] and found["bullets"]["goal"] == "n : ℕ\n⊢ n + 0 = n", (
        "as the correction had it"
    )
    assert "⊢ n * 2 = n + n" in found["open"]["goal"] and found["open"]["message"].startswith("unsolved goals")
    assert found["slow"]["labels"] == [None, None] and found["mended"]["labels"] == [None]
    assert found["negated"]["statement"] == statement.negation and found["negated"]["labels"] == [True, False]
    assert found["negated"]["lineage"]["negated"] is True and found["bullets"]["lineage"]["problem_id"] == "p"
    assert all(row["prompt"].startswith("/-- Doubling. -/\ntheorem X : ") and row["prompt"].endswith(" :=") for row in found.values())
    assert all("".join(row["completions"]).strip() and len(row["completions"]) == len(row["labels"]) for row in found.values())
    with pytest.raises(UserError, match="steps form of `synth export` is no file of pairs"):
        list(read_pairs(tmp_path / "out"))
    about = json.loads((tmp_path / "out" / "_export.json").read_text())
    assert about["format"] == "steps" and about["failed"] == 5


def test_a_run_with_failures_alone_has_steps_and_no_other_form(tmp_path: Path) -> None:
    statement = Statement(id="s", problem_id="p", text=STATEMENT)
    row = VerdictRow(id="a", statement_id="s", outcome="timeout")
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        store.commit("r001-s0000-statements", {"statements": [statement]})
        store.commit("r001-s0000-c0000", {"attempts": [attempt("a", "by omega")], "verdicts": [row]})
    assert export(tmp_path / "run", tmp_path / "out", "steps")["failed"] == 1
    with pytest.raises(UserError, match="nothing to export"):
        export(tmp_path / "run", tmp_path / "other", "sft")
