"""Run directories for exports: one of made-up pairs, and a small one with what real Lean says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synth.records import Attempt, Pair, Problem, Statement, VerdictRow
from synth.search.outcome import kept_errors
from synth.store.rundir import RunDir
from tests.synth.show.test_report import pair as a_pair
from verify_workers.backends.base import Backend


def pair(n: int, **more: Any) -> Pair:
    lineage = {"round": 2, "strategy": "whole", "model": "abc", "prompt": "def", "seed": 7, "temperature": 0.5, "axioms": ["propext"]}
    return a_pair(n, **{**lineage, "problem": f"Show {n} = {n}.", **more})


def made_up(folder: Path) -> Path:
    with RunDir.open(folder, {"name": "x"}) as store:
        store.write("pairs", [pair(1), pair(2)], "a")
        store.write("pairs", [pair(3, statement="theorem X :  1 = 1"), pair(4, negated=True, statement="theorem X : ¬ (1 = 2)")], "b")
    return folder


TWO = {"header": "open Nat", "preamble": "def two : Nat := 2"}
NOT_C = "theorem C : ¬ ∀ n : Nat, n = n + 1"
STATEMENTS = {
    "zero": Statement(id="zero", problem_id="p1", text="theorem A (n : Nat) : n + 0 = n ∧ 0 < n + 1", grade="excellent"),
    "same": Statement(id="same", problem_id="p2", text="theorem B (m : Nat) : 0 < m + 1 ∧ m + 0 = m", grade="good"),
    "false": Statement(id="false", problem_id="p3", text="theorem C (n : Nat) : n = n + 1", negation=NOT_C, grade="fair"),
    "two": Statement(id="two", problem_id="p4", text="theorem D : two + two = 4", origin="given", **TWO),
    "lost": Statement(id="lost", problem_id="p3", text="theorem C : 1 = 2", kept=False, reason="contradictory", detail="omega"),
}  # fmt: skip
HELPER = "theorem helper : two = 2 := rfl\n\ntheorem D : two + two = 4 := by\n  simp [helper]"
# By id: statement, whether of its negation, form, proof, strategy, round.
ATTEMPTS = {
    "good": ("zero", False, "proof", "by\n  constructor <;> simp", "whole_proof", 1),
    "again": ("zero", False, "proof", "by omega", "portfolio", 2),
    "respelled": ("same", False, "proof", "by omega", "portfolio", 1),
    "refuted": ("false", True, "proof", "by\n  intro h\n  exact absurd (h 0) (by omega)", "whole_proof", 1),
    "helper": ("two", False, "code", HELPER, "whole_proof", 1),
    "wrong": ("zero", False, "proof", "by\n  constructor\n  · simp\n  · exact foo", "whole_proof", 1),
    "cheat": ("zero", False, "proof", "by sorry", "whole_proof", 1),
    "hopeless": ("false", False, "proof", "by omega", "portfolio", 1),
    "file": ("two", False, "code", HELPER.replace("[helper]", "[bar]"), "whole_proof", 2),
}  # fmt: skip
PROBLEMS = [Problem(id=f"p{n}", text=f"Problem {n}.") for n in range(1, 5)]


def real(folder: Path, backend: Backend) -> Path:
    """A run with accepted and refused attempts of theorems, of a negation, and of a file below definitions; Lean says which is what."""
    attempts, verdicts, pairs, statements = list[Attempt](), list[VerdictRow](), list[Pair](), dict(STATEMENTS)
    for name, (key, negated, form, proof, strategy, number) in ATTEMPTS.items():
        stated = STATEMENTS[key]
        attempt = Attempt(id=name, statement_id=key, negated=negated, form=form, proof=proof, strategy=strategy, round=number)  # type: ignore[arg-type]
        check = stated.check(name, 10.0, negated=negated, **{form: proof})
        verdict = backend.check(check)
        own = {"outcome": verdict.outcome, "reason": verdict.reason, "message": verdict.first_error, "audit": verdict.audit}
        known = {"axioms": verdict.axioms, "lean": verdict.lean, "library": verdict.library}
        attempts.append(attempt)
        verdicts.append(VerdictRow(id=name, statement_id=key, errors=kept_errors(verdict.messages), **own, **known))  # type: ignore[arg-type]
        if verdict.form:
            statements[key] = statements[key].model_copy(update={"form": verdict.form, "negated_form": verdict.negated_form})
        if verdict.accepted:
            pairs.append(pair_of(attempt, stated, known | {"audit": verdict.audit}))
    prose = Attempt(id="prose", statement_id="zero", proof="I do not know.", unread="prose", strategy="whole_proof", round=1)
    verdicts.append(VerdictRow(id="prose", statement_id="zero", outcome="unread", reason="prose"))
    with RunDir.open(folder, {"name": "x"}) as store:
        store.write("problems", PROBLEMS, "all")
        store.commit("r001-s0000-statements", {"statements": list(statements.values())})
        store.commit("r001-s0000-c0000", {"attempts": [*attempts, prose], "verdicts": verdicts, "pairs": pairs})
    assert {one.attempt_id for one in pairs} == {"good", "again", "respelled", "refuted", "helper"}, verdicts
    return folder


def pair_of(attempt: Attempt, stated: Statement, known: dict[str, Any]) -> Pair:
    fields = attempt.model_dump(include={"statement_id", "form", "proof", "negated", "round", "strategy"})
    fields |= {"problem_id": stated.problem_id, "problem": f"Problem {stated.problem_id[1:]}.", "statement": stated.text}
    fields |= {"statement": stated.negation} if attempt.negated else {}
    own = {"id": f"pair-{attempt.id}", "attempt_id": attempt.id, "header": stated.header, "preamble": stated.preamble}
    return Pair.model_validate({**fields, **own, **known})
