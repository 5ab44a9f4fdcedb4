"""Seed rows for `repair`: near misses, with what real Lean says of them; and the triples that a run records."""

from __future__ import annotations

import asyncio
from random import Random

from synth.examples import repair_examples
from synth.problems.generate import EVERYTHING, generate, reference
from synth.problems.seed_roles.repairs import likeness, repairs
from synth.prompts import load_prompts
from synth.prompts.prompt import Prompt
from synth.records import Attempt, Pair
from synth.run.seed_messages import with_messages
from tests.synth.stage_fakes import checked_by
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Message


def test_rows_are_near_misses_of_statements_that_are_not_held_out() -> None:
    rows = repairs(Random(0), 300, set(), EVERYTHING)
    assert len(rows) == 300 == len({(shown["goal"], shown["proof"]) for shown, _ in rows})
    assert rows == repairs(Random(0), 300, set(), EVERYTHING), "seeded"
    assert all(shown["proof"] != answer for shown, answer in rows)
    assert sum(likeness(shown["proof"], answer) > 0.5 for shown, answer in rows) > 250
    held = {f"theorem X {shown['goal']}" for shown, _ in rows if "¬" not in shown["goal"]}
    again = repairs(Random(0), 300, held | {item.reference for item in generate(7, 20)}, EVERYTHING)
    assert not {f"theorem X {shown['goal']}" for shown, _ in again} & held and reference("a") == "theorem X : a"


def test_lean_says_what_is_wrong_and_accepts_what_is_right(backend: Backend) -> None:
    rows = repairs(Random(1), 40, set(), EVERYTHING)
    said = asyncio.run(with_messages(rows, checked_by(backend), "", 10.0))
    assert 20 <= len(said) <= 40 and all(shown["message"] for shown, _ in said)
    left_out = [row for row in rows if (row[0]["goal"], row[0]["proof"]) not in {(s["goal"], s["proof"]) for s, _ in said}]
    for place, (shown, answer) in enumerate(said):
        check = Check(id=str(place), statement=f"theorem X {shown['goal']}", proof=f"by {answer}", timeout=10)
        assert backend.check(check).accepted, f"{shown['goal']}: {answer}"
    for shown, _ in left_out:
        check = Check(id="x", statement=f"theorem X {shown['goal']}", proof=f"by {shown['proof']}", timeout=10)
        assert backend.check(check).accepted, "an edit that does no harm is no row"


STATEMENT = "theorem X : ∀ n : Nat, n + 1 = 1 + n"


def attempt(id: str, proof: str, **fields: object) -> Attempt:
    return Attempt.model_validate({"id": id, "statement_id": "s", "proof": proof, "strategy": "whole_proof", **fields})


def pair(attempt_id: str, proof: str) -> Pair:
    return Pair(id=f"p-{attempt_id}", attempt_id=attempt_id, statement_id="s", problem_id="p", statement=STATEMENT, proof=proof)


def texts(examples: list[object]) -> list[tuple[str, str]]:
    return [(example.prompt, example.completion) for example in examples]  # type: ignore[attr-defined]


def test_triples_are_corrections_as_asked_and_failures_near_an_accepted_proof() -> None:
    prompts = load_prompts("embedded")
    error = [Message(severity="error", line=1, column=3, text="unknown identifier")]
    shown = {
        "goal": ": G",
        "statement": STATEMENT,
        "name": "X",
        "header": "",
        "attempt": "",
        "proof": "simp",
        "message": "no",
        "state": "",
        "hints": "",
    }
    wrong = attempt("w", "by intro n; exact Nat.add_com n 1")
    fixed = attempt("f", "by intro n; exact Nat.add_comm n 1", parent="w", shown=shown)
    fresh = attempt("g", "by intro n; exact Nat.add_comm n (1)")
    attempts, errors = {a.id: a for a in (wrong, fixed, fresh, attempt("far", "by decide"))}, {"w": error, "far": error}
    made = repair_examples([pair("f", fixed.proof), pair("g", fresh.proof)], attempts, errors, prompts)
    assert texts(list(made)) == [
        ("<|repair|>: G<|proof|>simp<|message|>no<|answer|>", "intro n; exact Nat.add_comm n 1"),
        (
            "<|repair|>: ∀ n : Nat, n + 1 = 1 + n<|proof|>intro n; exact Nat.add_com n 1<|message|>unknown identifier<|answer|>",
            "intro n; exact Nat.add_comm n (1)",
        ),
    ]
    assert repair_examples([pair("g", "by omega")], attempts, errors, prompts) == [], "nothing near: a rewrite is no correction"
    assert Prompt("repair", "x").role == "repair"
