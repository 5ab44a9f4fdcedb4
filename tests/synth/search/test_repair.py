"""Repair: a chain of corrections, each of the latest failure; the budget x + k·x/2; and whatever a model may answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from synth.config import SearchConfig
from synth.records import Problem
from synth.search.loop import search, strategies
from synth.search.outcome import Found
from synth.search.repair import plan
from synth.statements.text import given
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend
from verify_workers.lean.names import Names
from verify_workers.records import Check, Outcome, Verdict

GOAL = "∀ n : Nat, n * n % 4 ≠ 2"
RIGHT = "intro n; rw [Nat.mul_mod]; have h : n % 4 < 4 := Nat.mod_lt _ (by decide); revert h; generalize n % 4 = k; revert k; decide"
CONFIG = SearchConfig(attempts=4, wave=4, negation=False, strategies=("whole_proof", "repair"), timeout=10)


def run(backend: Backend, answer: Callable[[str, int], list[str] | str], config: SearchConfig = CONFIG) -> tuple[Found, list[str]]:
    sample, asked = scripted(answer)
    statement = given(Problem(id="p", statement=f"theorem X : {GOAL}"), 1)
    own = tools(sample, checked_by(backend), round=1)
    return asyncio.run(search(statement, None, strategies(statement, None, config, own), config, own)), asked


def repairs(asked: list[str]) -> list[str]:
    return [prompt for prompt in asked if prompt.startswith("<|repair|>")]


def test_a_correction_that_is_right_is_found_and_names_what_it_corrects(backend: Backend) -> None:
    near = RIGHT.replace("revert h; ", "")

    def answer(prompt: str, n: int) -> list[str]:
        return ([RIGHT] if prompt.startswith("<|repair|>") else [near]) * n

    found, asked = run(backend, answer)
    (pair,) = found.pairs
    (wrong,) = (attempt for attempt in found.attempts if attempt.strategy == "whole_proof")
    repaired = next(attempt for attempt in found.attempts if attempt.id == pair.attempt_id)
    assert (repaired.parent, pair.strategy, repaired.prompt) == (wrong.id, "repair", pair.prompt) and repaired.shown["proof"] == near
    (prompt,) = repairs(asked)
    assert f"<|proof|>{near}<|message|>" in prompt and "Decidable" in prompt.split("<|message|>")[1], "Lean's own words"
    rejected = next(row for row in found.verdicts if row.id == wrong.id)
    assert rejected.errors and rejected.errors[0].text.startswith(rejected.message[:20]) and rejected.errors[0].line == 1


def test_each_round_corrects_the_latest_attempt_within_the_budget(backend: Backend) -> None:
    """x fresh proofs and k · x/2 corrections; what a correction shows is what came last, not what came first."""
    numbers = iter(range(1000))

    def answer(prompt: str, n: int) -> list[str]:
        return [f"exact foo{next(numbers)}" for _ in range(n)]

    config = CONFIG.model_copy(update={"repair": CONFIG.repair.model_copy(update={"rounds": 3})})
    found, asked = run(backend, answer, config)
    assert plan(config) == (6, 2) and found.samples == 4 + 3 * 2 and found.ended == "exhausted"
    by_id = {attempt.id: attempt for attempt in found.attempts}
    chains = [attempt for attempt in found.attempts if attempt.parent]
    assert len(chains) == 6 and len({attempt.parent for attempt in chains}) == 6, "no failure is corrected twice while others wait"
    for attempt in chains:
        assert attempt.shown["proof"] == by_id[attempt.parent].proof.removeprefix("by ")
    assert any(by_id[attempt.parent].parent for attempt in chains), "a correction was corrected"
    assert len(repairs(asked)) == 6


def test_answers_of_every_kind_are_recorded_with_their_reason(backend: Backend) -> None:
    answers = iter(["", "Sorry, I am a language model.", "exact ⟨", "native_decide", "intro n; omega", "theorem Y : True := trivial"])

    def answer(prompt: str, n: int) -> list[str]:
        return [next(answers) for _ in range(n)] if prompt.startswith("<|repair|>") else ["intro n; omega", "exact bar", "simp", "foo"][:n]

    config = CONFIG.model_copy(update={"repair": CONFIG.repair.model_copy(update={"rounds": 3})})
    found, _ = run(backend, answer, config)
    assert not found.pairs and found.samples == 10 and next(answers, "none left") == "none left"
    corrections = {attempt.proof: attempt for attempt in found.attempts if attempt.strategy == "repair"}
    rows = {row.id: row for row in found.verdicts}
    assert all(attempt.id in rows for attempt in found.attempts), "every attempt has its verdict or reason on disk"
    assert corrections[""].unread == "empty" and rows[corrections[""].id].outcome == "unread"
    outcomes = {text: rows[attempt.id].outcome for text, attempt in corrections.items() if not attempt.unread}
    assert outcomes["by native_decide"] == "policy" and "accepted" not in outcomes.values()
    assert "by intro n; omega" not in outcomes, "what failed before is not checked again"


def test_prompts_that_are_too_long_end_it(backend: Backend) -> None:
    found, asked = run(backend, lambda prompt, n: "too long" if prompt.startswith("<|repair|>") else ["exact foo"] * n)
    assert found.samples == 4 and len(repairs(asked)) == 1 and found.ended == "exhausted"


def test_nothing_failed_nothing_asked(backend: Backend) -> None:
    config = CONFIG.model_copy(update={"strategies": ("repair",)})
    found, asked = run(backend, lambda prompt, n: ["omega"] * n, config)
    assert not asked and found.samples == 0


def test_a_timeout_is_corrected_too() -> None:
    async def slow(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=c.id, outcome=Outcome.ACCEPTED if c.proof == "by decide" else Outcome.TIMEOUT) for c in checks]

    sample, asked = scripted(lambda prompt, n: ["decide" if prompt.startswith("<|repair|>") else "intro n\n  simp"] * n)
    statement, own = given(Problem(id="p", statement=f"theorem X : {GOAL}"), 1), tools(sample, slow, round=1)
    found = asyncio.run(search(statement, None, strategies(statement, None, CONFIG, own), CONFIG, own))
    assert len(found.pairs) == 1 and repairs(asked)[0].endswith("<|message|>3: Lean ran out of time on this proof<|answer|>")


def test_near_names_are_shown_for_one_that_lean_does_not_know(backend: Backend) -> None:
    sample, _ = scripted(lambda prompt, n: [RIGHT if prompt.startswith("<|repair|>") else "intro n; exact Nat.mul_com n n"] * n)
    statement = given(Problem(id="p", statement=f"theorem X : {GOAL}"), 1)
    own = replace(tools(sample, checked_by(backend), round=1), names=Names(["Nat.mul_comm", "Int.mul_comm", "Nat.mul_comm._f", "Nat.add"]))
    found = asyncio.run(search(statement, None, strategies(statement, None, CONFIG, own), CONFIG, own))
    corrected = next(attempt for attempt in found.attempts if attempt.strategy == "repair")
    assert corrected.shown["hints"] == "`Nat.mul_com` is unknown; there are `Nat.mul_comm`, `Int.mul_comm`."
