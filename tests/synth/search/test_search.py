"""The search: both sides together, early stop, budgets, and the alarm for unsoundness."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from synth.config import SearchConfig
from synth.prompts import Proof
from synth.records import Problem, Statement
from synth.search.base import History, Proposal, Side, Strategy
from synth.search.loop import search
from synth.search.outcome import Found
from synth.search.portfolio import Portfolio
from synth.search.whole_proof import WholeProof
from synth.services import Sample, Verify
from synth.statements.text import given
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Outcome, Verdict

CONFIG = SearchConfig(attempts=4, wave=2, timeout=5)


def statement(goal: str) -> tuple[Problem, Statement]:
    problem = Problem(id="p", text="a problem", statement=f"theorem X : {goal}")
    return problem, given(problem, 1)


def run(goal: str, sample: Sample, verify: Verify, config: SearchConfig = CONFIG) -> Found:
    problem, subject = statement(goal)
    with_tools = tools(sample, verify, round=2)
    strategies: list[tuple[Strategy, int]] = [(WholeProof(config, with_tools), config.attempts)]
    return asyncio.run(search(subject, problem, strategies, config, with_tools))


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
    found = asyncio.run(search(subject, problem, [(Portfolio(("rfl", "decide")), 1)], CONFIG, tools(verify=checked_by(backend))))
    assert found.pairs and found.pairs[0].strategy == "portfolio" and found.pairs[0].model == ""


def test_both_sides_accepted_gives_no_pair_but_both_proofs() -> None:
    async def gullible(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=check.id, outcome=Outcome.ACCEPTED) for check in checks]

    sample, _ = scripted(lambda prompt, n: ["omega"] * n)
    found = run("1 = 2", sample, gullible)
    assert not found.pairs and [p.negated for p in found.unsound] == [False, True]


def test_a_failure_of_the_checker_is_no_judgment_and_the_text_is_tried_again() -> None:
    asked: list[str] = []

    async def failing_once(checks: list[Check]) -> list[Verdict]:
        asked.extend(check.id for check in checks)
        outcome = Outcome.INFRA if len(asked) <= len(checks) else Outcome.ACCEPTED
        return [Verdict(id=check.id, outcome=Outcome.REJECTED if check.negated else outcome) for check in checks]

    sample, _ = scripted(lambda prompt, n: ["omega"] * n)
    found = run("1 = 1", sample, failing_once)
    assert [v.outcome for v in found.verdicts] == ["infra", "rejected", "accepted"] and len(found.pairs) == 1


def test_samples_are_numbered_once_whatever_the_last_wave() -> None:
    texts = iter(range(100))
    sample, _ = scripted(lambda prompt, n: [f"exact foo{next(texts)}" for _ in range(n)])

    async def refusing(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=check.id, outcome=Outcome.REJECTED, reason="elaboration") for check in checks]

    found = run("1 = 2", sample, refusing, SearchConfig(attempts=5, wave=3, negation=False))
    assert [a.sample for a in found.attempts] == [0, 1, 2, 3, 4]


def test_an_answer_without_a_proof_is_recorded_and_never_checked() -> None:
    async def nothing_to_check(checks: list[Check]) -> list[Verdict]:
        assert not checks
        return []

    sample, _ = scripted(lambda prompt, n: ["  "] * n)
    found = run("1 = 1", sample, nothing_to_check, SearchConfig(attempts=1, wave=1, negation=False))
    assert [(a.unread, v.outcome) for a, v in zip(found.attempts, found.verdicts, strict=True)] == [("empty", "unread")]


def test_a_strategy_sees_what_lean_said(backend: Backend) -> None:
    """A new strategy is one class: here one that answers Lean's refusal of its first proof."""
    seen: list[str] = []

    @dataclass(frozen=True)
    class Second:
        name: str = "second"
        one_shot: bool = False

        async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]:
            failed = [(t.attempt.id, t.verdict.messages[0].text) for t in history.failures(sides[0]) if t.verdict]
            seen.extend(text for _, text in failed)
            proof = Proof("proof", "by omega" if failed else "by exact foo")
            return [Proposal(sides[0], proof, self.name, parent=failed[-1][0] if failed else "")]

    problem, subject = statement("∀ n : Nat, n < n + 1")
    found = asyncio.run(search(subject, problem, [(Second(), 4)], CONFIG, tools(verify=checked_by(backend))))
    assert "foo" in seen[0] and found.pairs[0].strategy == "second"
    first, repaired = (attempt for attempt in found.attempts if not attempt.negated)
    assert repaired.parent == first.id
