"""Adaptive sampling: who is searched again, in which order, with how much, and who is given up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from synth.config import AdaptiveConfig, RunConfig, SearchConfig
from synth.llm.config import ROLES
from synth.records import Attempt, Problem, SearchRow, Statement
from synth.run.again import allowance
from synth.run.searching import earlier_rounds, plan_round, task_of, to_search_again
from synth.run.shard import Shard, ShardTask
from synth.statements.text import given
from synth.store.rundir import RunDir
from tests.synth.run.fakes import make_run, pair, statement
from tests.synth.stage_fakes import BY_ROLE, WEIGHTS, FakeServices, by_table, scripted


def row(of: str, round: int = 1, **fields: Any) -> SearchRow:
    return SearchRow.model_validate({"id": f"{of}-{round}", "statement_id": of, "round": round, "ended": "exhausted", **fields})


def test_searches_are_counted_but_not_those_that_never_began(tmp_path: Path) -> None:
    job = make_run(tmp_path)
    job.frozen = dict.fromkeys(ROLES, WEIGHTS)
    job.store.commit("r001-a", {"statements": [statement("a"), statement("b")], "searches": [row("a", 1, samples=8)]})
    job.store.commit("r001-b", {"searches": [row("b", ended="budget", limit="round.tokens"), row("a", 1, samples=8)]})
    job.store.commit("r002-a", {"searches": [row("a", 2, samples=4, accepted=1)]})
    tasks = [task_of(job, plan_round(job, number), 0) for number in (2, 3)]
    assert [dict(task.searches) for task in tasks] == [{"a": 1, "b": 0}, {"a": 2, "b": 0}]


def test_survivors_get_more_up_to_a_bound() -> None:
    config, adaptive = SearchConfig(attempts=4, wave=4), AdaptiveConfig(growth=2, most=12)
    assert [allowance(config, adaptive, n).attempts for n in range(4)] == [4, 8, 12, 12]
    assert allowance(config, AdaptiveConfig(), 5) is config
    assert allowance(SearchConfig(attempts=100), adaptive, 1).attempts == 100, "growth never takes attempts away"


def test_who_has_had_enough_is_given_up_and_the_best_chance_goes_first(tmp_path: Path) -> None:
    """By the share of samples that Lean accepts, as far as is known (Laplace's rule: one of two before any was seen)."""
    searches = [row("a", samples=8), row("b", samples=8), row("c", samples=4), row("e", samples=4), row("f", samples=4, accepted=2)]
    for order, found in (("chance", ["d", "f", "c", "e", "b"]), ("found", ["b", "c", "d", "e", "f"])):
        job = make_run(tmp_path / order, adaptive={"retries": 2, "order": order})
        job.store.commit("r001-a", {"statements": [statement(name) for name in "abcdef"], "searches": searches})
        for number in (2, 3):
            job.store.commit(f"r{number:03d}-a", {"searches": [row("a", number, samples=8)]})
        assert [s.id for s in earlier_rounds(job, 4).statements(to_search_again(job, 4))] == found
        assert job.store.read_json("rounds/004/given_up.json")["statements"] == ["a"]


def test_a_share_of_the_proved_ones_is_sampled_again_another_one_each_round(tmp_path: Path) -> None:
    job = make_run(tmp_path, adaptive={"resample": 0.05})
    solved = [statement(f"s{n}") for n in range(2000)]
    job.store.commit("r001-a", {"statements": solved, "pairs": [pair(s) for s in solved]})
    second, third = (set(to_search_again(job, number)) for number in (2, 3))
    assert 60 <= len(second) <= 140 and second != third
    assert second == set(to_search_again(make_run(tmp_path, adaptive={"resample": 0.05}), 2)), "the same when a round goes on"


def test_a_round_writes_down_whom_it_gives_up(tmp_path: Path) -> None:
    job = make_run(tmp_path, adaptive={"retries": 0, "resample": 1.0})
    hard, easy, new = statement("hard"), statement("easy"), statement("new")
    job.store.commit("r001-a", {"statements": [hard, easy, new], "pairs": [pair(easy)], "searches": [row("hard", samples=4), row("easy")]})
    assert [s.id for s in earlier_rounds(job, 2).statements(to_search_again(job, 2))] == ["new", "easy"]
    assert job.store.read_json("rounds/002/given_up.json") == {"reason": "adaptive.retries", "statements": ["hard"]}


def test_a_shard_gives_survivors_more(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"search": {"attempts": 2, "wave": 2, "portfolio": "never", "negation": False}, "adaptive": {"growth": 3}}
    numbers = iter(range(1000))
    sample, _ = scripted(lambda prompt, n: [f"exact foo{next(numbers)}" for _ in range(n)])
    services: Any = FakeServices(sample, by_table({}))
    shard = Shard(RunConfig.model_validate(settings), RunDir(tmp_path), services, frozenset())
    old: tuple[Statement, ...] = tuple(given(Problem(id=n, statement=f"theorem X : 1 = {n}"), 1) for n in ("2", "3"))
    asyncio.run(shard.run(ShardTask(2, 0, (), old, BY_ROLE, searches={old[1].id: 1})))
    tried = [attempt.statement_id for attempt in shard.store.read("attempts", Attempt)]
    assert [tried.count(s.id) for s in old] == [2, 6]
