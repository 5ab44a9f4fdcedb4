"""What a run reads before it starts, and what cheap tactics prove of its benchmark."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from synth.benchmark import cheap_tactics, decided, load_benchmark, portfolio_baseline
from synth.config import HeldoutConfig, RunConfig
from synth.problems.generate import ONE_LINERS, generate
from synth.records import Statement
from synth.run.inputs import load_inputs
from synth.search.portfolio import GENERIC_TACTICS
from synth.statements.faithfulness import canonical
from synth.statements.text import normalized
from tests.synth.stage_fakes import checked_by
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.records import Check, Outcome, Verdict


def test_a_generated_benchmark_is_provable_and_excludes_both_sides() -> None:
    benchmark = load_benchmark(HeldoutConfig(count=20, seed=3), "")
    assert len(benchmark.statements) == 20 == len(set(benchmark.group)) and all(benchmark.group.values())
    assert all(normalized(s.text) in benchmark.excluded for s in benchmark.statements)
    assert load_benchmark(HeldoutConfig(count=20, seed=3), "").statements == benchmark.statements


def test_a_run_reads_no_statement_of_its_benchmark_as_problem_or_seed() -> None:
    config = RunConfig.model_validate(
        {
            "heldout": {"count": 30, "seed": 3},
            "problems": {"count": 60, "seed": 3},
            "models": {"bootstrap": {"seed_formalizations": 80, "seed_grades": 20, "seed_proofs": 60, "seed": 3}},
        }
    )
    inputs = load_inputs(config)
    assert len(inputs.problems) == 60 and set(inputs.references) <= {p.id for p in inputs.problems} and inputs.seeds is not None
    heldout = inputs.benchmark.excluded
    assert not any(normalized(reference) in heldout for reference in inputs.references.values())
    assert not any(normalized(statement) in heldout for statement, _ in inputs.seeds.proofs)
    held = {canonical(text) for text in inputs.benchmark.references}
    assert inputs.seeds.proofs and not any(canonical(statement) in held for statement, _ in inputs.seeds.proofs), "nor under other names"
    assert not any(normalized(statement) in heldout for _, statement in inputs.seeds.formalizations)


def test_a_model_that_is_not_there_is_said_first() -> None:
    with pytest.raises(UserError, match=r"models.prover.path: nowhere"):
        load_inputs(RunConfig.model_validate({"models": {"prover": {"path": "nowhere"}}}))


def test_the_portfolio_tells_easy_from_impossible_to_state(tmp_path: Path, backend: Backend) -> None:
    rows = [
        {"name": "easy", "statement": "theorem easy (n : Nat) : n < n + 1"},
        {"name": "hard", "statement": "theorem hard : ∃ n : Nat, n * n = 1369"},
        {"name": "foreign", "statement": "theorem foreign : Nat.totient 6 = 2 ∧ NoSuchThing"},
    ]
    (tmp_path / "heldout.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    benchmark = load_benchmark(HeldoutConfig(path=str(tmp_path / "heldout.jsonl"), count=10))
    easy, _, foreign = (s.id for s in benchmark.statements)
    solved, unsupported = asyncio.run(portfolio_baseline(benchmark.statements, ("rfl", "omega"), checked_by(backend), 5.0))
    assert solved == {easy: "omega"} and list(unsupported) == [foreign] and "totient" in unsupported[foreign]


def test_one_check_for_all_tactics_tells_what_they_tell_one_by_one(backend: Backend) -> None:
    """`first` ends before its last alternative where recursion or steps run out: then they are asked one by one."""
    deep = "theorem deep : ∀ n : Fin 3000, n.val < 3000"
    given_, tactics = [item.reference for item in generate(3, 12)], ONE_LINERS
    statements = [Statement(id=str(i), problem_id="", text=text) for i, text in enumerate([deep, *given_])]
    verify, seconds = checked_by(backend), 20.0

    async def alone() -> dict[str, str]:
        solved: dict[str, str] = {}
        for tactic in tactics:
            left = [s.check(s.id, seconds, proof=f"by {tactic}") for s in statements if s.id not in solved]
            solved |= {verdict.id: tactic for verdict in await verify(left) if verdict.accepted}
        return solved

    solved, _ = asyncio.run(portfolio_baseline(statements, tactics, verify, seconds))
    assert solved == asyncio.run(alone()) and "0" in solved and 3 < len(solved) < len(statements)


def test_a_failure_of_the_checker_is_asked_about_again() -> None:
    calls: list[list[str]] = []

    async def verify(checks: list[Check]) -> list[Verdict]:
        calls.append([check.id for check in checks])
        failing = {"b", "c"} if len(calls) == 1 else {"c"}
        return [Verdict(id=c.id, outcome=Outcome.INFRA if c.id in failing else Outcome.ACCEPTED) for c in checks]

    checks = [Check(id=name, statement="theorem X : 1 = 1", proof="rfl") for name in "abc"]
    verdicts = asyncio.run(decided(checks, verify))
    assert calls == [["a", "b", "c"], ["b", "c"]]
    assert [(v.id, v.outcome.value) for v in verdicts] == [("a", "accepted"), ("b", "accepted"), ("c", "infra")]


def test_the_baseline_of_a_file_holds_the_scripts_made_for_such() -> None:
    assert cheap_tactics(HeldoutConfig()) == ONE_LINERS
    assert set(cheap_tactics(HeldoutConfig(path="minif2f.jsonl"))) == {*ONE_LINERS, *GENERIC_TACTICS}
    assert cheap_tactics(HeldoutConfig(path="minif2f.jsonl", portfolio=("rfl",))) == ("rfl",)
