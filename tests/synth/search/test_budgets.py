"""Budgets end a search with their name, and what is in flight is called off once a side is proved."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from synth.budget import Budget, BudgetSpent, Meter, PriceConfig, TotalBudget
from synth.config import RunConfig, SearchConfig
from synth.llm.types import Completion, Sampling
from synth.prompts import Prompt
from synth.records import Problem, SearchRow, Statement
from synth.run.searching import earlier_rounds
from synth.run.shard import Shard, ShardTask
from synth.run.spending import Spending, used_up
from synth.run.stored import stored
from synth.search.loop import search
from synth.search.outcome import Found
from synth.search.whole_proof import WholeProof
from synth.services import Sample, Verify
from synth.statements.text import given
from synth.store.rundir import RunDir
from tests.synth.run.fakes import make_run, output
from tests.synth.stage_fakes import BY_ROLE, WEIGHTS, FakeServices, by_table, checked_by, scripted, tools
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Verdict

CONFIG = SearchConfig(attempts=8, wave=2, timeout=5)
TRUE = given(Problem(id="p", statement="theorem X : ∀ n : Nat, n < n + 1"), 1)
NUMBERS = iter(range(10**6))


def run(statement: Statement, sample: Sample, verify: Verify, budget: Budget | None = None, prices: PriceConfig | None = None) -> Found:
    own = tools(sample, verify, round=2).metered(Meter("statement", budget, prices))
    return asyncio.run(search(statement, None, [(WholeProof(CONFIG, own), CONFIG.attempts)], CONFIG, own))


def hopeless(prompt: str, n: int) -> list[str]:
    return [f"exact foo {next(NUMBERS)}" for _ in range(n)]


def test_sampling_in_flight_is_cancelled_when_the_other_side_is_proved(backend: Backend) -> None:
    cancelled: list[str] = []

    async def sample(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        if "¬" in prompts[0].text:
            try:
                await asyncio.sleep(600)
            except asyncio.CancelledError:
                cancelled.append(prompts[0].text)
                raise
        return [[Completion("omega", 3, True, WEIGHTS)]]

    found = run(TRUE, sample, checked_by(backend))
    assert len(found.pairs) == 1 and found.ended == "proved" and len(cancelled) == 1
    assert [attempt.negated for attempt in found.attempts] == [False]


def test_checks_in_flight_are_called_off_and_kept_as_unchecked() -> None:
    async def verify(checks: list[Check]) -> list[Verdict]:
        if checks[0].negated:
            await asyncio.sleep(600)
        return await by_table({TRUE.text: "by omega"})(checks)

    sample, _ = scripted(lambda prompt, n: ["omega"] * n)
    found = run(TRUE, sample, verify)
    assert [(v.outcome, v.reason) for v in found.verdicts] == [("accepted", ""), ("unchecked", "called_off")]
    assert len(found.pairs) == 1 and not found.unsound


@pytest.mark.parametrize(
    ("budget", "limit"),
    [
        (Budget(attempts=4), "statement.attempts"),
        (Budget(tokens=10), "statement.tokens"),
        (Budget(core_seconds=0.0), "statement.core_seconds"),
        (Budget(money=1e-5), "statement.money"),
    ],
)
def test_a_statements_budget_ends_its_search_with_its_name(backend: Backend, budget: Budget, limit: str) -> None:
    sample, asked = scripted(hopeless)
    found = run(TRUE, sample, checked_by(backend), budget, PriceConfig(million_tokens={"prover": 1.0}))
    assert (found.ended, found.limit) == ("budget", limit) and len(asked) < 8, "four waves of two sides were to come"
    assert len(found.verdicts) == len(found.attempts) and {v.outcome for v in found.verdicts} <= {"rejected"}
    row = found.row(TRUE, 2)
    assert (row.ended, row.limit, row.samples, row.tokens) == ("budget", limit, found.samples, found.tokens)
    assert not row.checks or row.strategies["whole_proof"]["lean_seconds"] == row.lean_seconds > 0


def test_without_a_budget_all_attempts_are_made(backend: Backend) -> None:
    sample, _ = scripted(hopeless)
    found = run(TRUE, sample, checked_by(backend))
    assert (found.ended, found.limit, found.samples) == ("exhausted", "", 16)
    assert found.row(TRUE, 2).checks == 16


def test_a_meter_counts_for_those_above_it_and_heeds_them() -> None:
    above = Meter("round")
    below = Meter("statement", above=above)
    below.add({"samples": 3, "tokens_prover": 5})
    assert above.spent == {"samples": 3, "tokens_prover": 5}
    above.ended = "round.tokens"
    with pytest.raises(BudgetSpent, match=r"round\.tokens"):
        below.require()
    Meter(above=above).require()  # one without a scope only counts


SETTINGS = RunConfig.model_validate({"filters": {"grade": False}, "search": {"attempts": 2, "wave": 2, "portfolio": "never"}})


def test_a_shard_that_is_told_to_stop_begins_nothing_and_says_so_on_disk(tmp_path: Path) -> None:
    sample, asked = scripted(hopeless)
    services: Any = FakeServices(sample, by_table({}))
    shard = Shard(SETTINGS, RunDir(tmp_path / "run"), services, frozenset())
    words = Problem(id="words", text="Show that n + 1 = 1 + n.")
    task = ShardTask(1, 0, (words,), (TRUE,), BY_ROLE)
    shard.round = 1
    shard.stop("run.money", 2)  # of another round
    shard.stop("round.tokens", 1)
    shard.stop("round.tokens", 0)
    asyncio.run(shard.run(task))
    assert not asked
    (row,) = shard.store.read("searches", SearchRow)
    assert (row.statement_id, row.ended, row.limit, row.samples) == (TRUE.id, "budget", "round.tokens", 0)
    dropped = [s for s in shard.store.read("statements", Statement) if not s.kept]
    assert [(s.problem_id, s.reason, s.detail) for s in dropped] == [("words", "budget", "round.tokens")]
    assert shard.counts.rejects["search: budget round.tokens"] == 1
    asyncio.run(shard.run(ShardTask(2, 0, (words,), (), BY_ROLE)))
    assert asked and shard.meter.ended == "", "the next round has a budget of its own"
    shard.stop("round.tokens", 1)
    assert shard.meter.ended == "", "told late"


def test_the_driver_adds_up_what_the_shards_spend_and_tells_them(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    job = make_run(tmp_path, budgets={"round": {"tokens": 100}, "run": {"money": 2.0}}, prices={"million_tokens": {"prover": 10_000.0}})
    job.shards = [SimpleNamespace(stop=SimpleNamespace(remote=lambda *call: told.append(call)))]
    job.store.write_json("rounds/001/clock.json", {"spent": {"tokens_prover": 90}})
    spending = Spending(job, 2)
    job.account.spent = Counter({"tokens_prover": 60})
    assert spending.limit() == "" and used_up(job, 2) == ""
    job.account.spent = Counter({"tokens_prover": 105})
    assert spending.limit() == "round.tokens"
    job.account.spent = Counter({"tokens_prover": 110})
    assert spending.limit() == "run.money", "with what round 1 has spent"
    spending.heed()
    spending.heed()
    assert output(job).count("the budget run.money is used up") == 1 and told == [("run.money", 2)] * 2, "a restarted shard is told again"
    job.store.write_json("rounds/002/clock.json", {"spent": {"tokens_prover": 110}})
    assert used_up(job, 3) == "run.money"


def test_problems_that_a_budget_left_out_are_asked_about_in_the_next_round(tmp_path: Path) -> None:
    job = make_run(tmp_path, problems=3)
    left = Statement(id="x", problem_id="p01", text="", kept=False, reason="budget", detail="round.tokens", round=1)
    job.store.commit("r001-a", {"statements": [left]})
    assert list(earlier_rounds(job, 2).left_out(stored(job.inputs.problems))) == [1]
    job.store.commit("r002-a", {"statements": [left.model_copy(update={"id": "y", "reason": "unparsed"})]})
    assert not len(earlier_rounds(job, 3).left_out(stored(job.inputs.problems)))


def test_a_total_budget_can_bound_gpus_a_statements_cannot() -> None:
    assert TotalBudget(gpu_seconds=1).reached({"gpu_ms": 1000}, PriceConfig()) == "gpu_seconds"
    with pytest.raises(ValueError, match="gpu_seconds"):
        Budget.model_validate({"gpu_seconds": 1})
