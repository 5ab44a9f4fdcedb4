"""The search: both sides together, early stop, budgets, and the alarm for unsoundness."""

from __future__ import annotations

import asyncio

import pytest

from synth.config import SearchConfig
from synth.prompts import load_prompts
from synth.records import Lineage, Problem, Statement
from synth.search.loop import Unsound, search
from synth.search.outcome import Found
from synth.search.portfolio import Portfolio
from synth.search.whole_proof import WholeProof
from synth.services import Sample, Verify
from synth.statements.text import given
from tests.synth.stage_fakes import checked_by, scripted
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Outcome, Verdict

PROMPTS = load_prompts("embedded")
LINEAGE = Lineage(2, "model", 0)
CONFIG = SearchConfig(attempts=4, wave=2, timeout=5)


def statement(goal: str) -> tuple[Problem, Statement]:
    problem = Problem(id="p", text="a problem", statement=f"theorem X : {goal}")
    return problem, given(problem, 1)


def run(goal: str, sample: Sample, verify: Verify, config: SearchConfig = CONFIG) -> Found:
    problem, subject = statement(goal)
    strategies = [(WholeProof(config, PROMPTS, sample, LINEAGE), config.attempts)]
    return asyncio.run(search(subject, problem, list(strategies), config, PROMPTS, verify, LINEAGE, config.timeout))


def test_a_true_statement_stops_at_its_first_proof(backend: Backend) -> None:
    sample, asked = scripted(lambda prompt, n: ["omega"] * n)
    found = run("∀ n : Nat, n < n + 1", sample, checked_by(backend))
    assert len(asked) == 2  # one wave: statement and negation
    assert [(a.negated, a.count) for a in found.attempts] == [(False, 2), (True, 2)]  # equal samples are checked once
    (pair,) = found.pairs
    assert (pair.statement, pair.proof, pair.negated, pair.round, pair.audit) == (
        "theorem X : ∀ n : Nat, n < n + 1",
        "by omega",
        False,
        2,
        "kernel",
    )
    assert pair.attempt_id == found.attempts[0].id and pair.problem_id == "p" and pair.model == "model" and pair.lean
    assert found.samples == 4


def test_a_false_statement_yields_its_negation(backend: Backend) -> None:
    sample, _ = scripted(lambda prompt, n: ["intro h; exact absurd (h 3) (by decide)"] * n)
    found = run("∀ n : Nat, n ≠ 3", sample, checked_by(backend))
    assert [(p.negated, p.statement) for p in found.pairs] == [(True, "theorem X : ¬ (∀ n : Nat, n ≠ 3)")]


def test_the_budget_ends_a_hopeless_search_and_keeps_its_failures(backend: Backend) -> None:
    texts = iter(f"exact foo{i}" for i in range(100))
    sample, asked = scripted(lambda prompt, n: [next(texts) for _ in range(n)])
    found = run("∀ n : Nat, n * n % 4 ≠ 2", sample, checked_by(backend))
    assert found.samples == 8 and len(asked) == 4 and not found.pairs
    assert {v.outcome for v in found.verdicts} == {"rejected"} and all(v.message for v in found.verdicts)


def test_an_unclosed_bracket_proves_nothing(backend: Backend) -> None:
    sample, _ = scripted(lambda prompt, n: ["exact ⟨", "("][:n])
    assert not run("∀ n : Nat, n * n % 4 ≠ 2", sample, checked_by(backend)).pairs


def test_the_portfolio_needs_no_model(backend: Backend) -> None:
    problem, subject = statement("2 ^ 10 % 7 = 2")
    found = asyncio.run(search(subject, problem, [(Portfolio(("rfl", "decide")), 1)], CONFIG, PROMPTS, checked_by(backend), LINEAGE, 5))
    assert found.pairs and found.pairs[0].strategy == "portfolio" and found.pairs[0].model == ""


def test_both_sides_accepted_stops_the_run() -> None:
    async def gullible(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=check.id, outcome=Outcome.ACCEPTED) for check in checks]

    sample, _ = scripted(lambda prompt, n: ["omega"] * n)
    with pytest.raises(Unsound, match="theorem X : 1 = 2"):
        run("1 = 2", sample, gullible)
