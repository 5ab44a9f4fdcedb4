"""Adaptive sampling: who is searched again, in which order, with how much, and who is given up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from synth.config import AdaptiveConfig, RunConfig, SearchConfig
from synth.records import Attempt, Problem, SearchRow, Statement
from synth.run.again import Record, allowance, earlier_records, records, searched_again
from synth.run.searching import to_search_again
from synth.run.shard import Shard, ShardTask
from synth.statements.text import given
from synth.store.rundir import RunDir
from tests.synth.run.fakes import make_run, pair, statement
from tests.synth.stage_fakes import BY_ROLE, FakeServices, by_table, scripted


def row(of: str, round: int = 1, **fields: Any) -> SearchRow:
    return SearchRow.model_validate({"id": f"{of}-{round}", "statement_id": of, "round": round, "ended": "exhausted", **fields})


def test_searches_are_counted_but_not_those_that_never_began() -> None:
    known = records([row("a", 1, samples=8), row("a", 2, samples=4, accepted=1), row("b", ended="budget", limit="round.tokens")])
    assert (known["a"].searches, known["a"].samples, known["a"].accepted) == (2, 12, 1)
    assert known["b"].searches == 0 and known["a"].chance == 2 / 14 and Record().chance == 0.5


def test_survivors_get_more_up_to_a_bound() -> None:
    config, adaptive = SearchConfig(attempts=4, wave=4), AdaptiveConfig(growth=2, most=12)
    assert [allowance(config, adaptive, n).attempts for n in range(4)] == [4, 8, 12, 12]
    assert allowance(config, AdaptiveConfig(), 5) is config
    assert allowance(SearchConfig(attempts=100), adaptive, 1).attempts == 100, "growth never takes attempts away"


def test_who_has_had_enough_is_given_up_and_the_best_chance_goes_first() -> None:
    statements = [statement(name) for name in "abcd"]
    known = {"a": Record(3, 24, 0), "b": Record(1, 8, 0), "c": Record(1, 4, 0)}
    again, given_up = searched_again(statements, [], known, AdaptiveConfig(retries=2, order="chance"), 4, 0)
    assert ([s.id for s in again], given_up) == (["d", "c", "b"], ["a"])
    assert [s.id for s in searched_again(statements, [], known, AdaptiveConfig(), 4, 0)[0]] == ["a", "b", "c", "d"]


def test_a_share_of_the_proved_ones_is_sampled_again_another_one_each_round() -> None:
    solved = [statement(f"s{n}") for n in range(2000)]
    config = AdaptiveConfig(resample=0.05)
    second, third = ({s.id for s in searched_again([], solved, {}, config, round, 0)[0]} for round in (2, 3))
    assert 60 <= len(second) <= 140 and second != third
    assert second == {s.id for s in searched_again([], solved, {}, config, 2, 0)[0]}, "the same when a round goes on"


def test_a_round_writes_down_whom_it_gives_up(tmp_path: Path) -> None:
    job = make_run(tmp_path, adaptive={"retries": 0, "resample": 1.0})
    hard, easy, new = statement("hard"), statement("easy"), statement("new")
    job.store.commit("r001-a", {"statements": [hard, easy, new], "pairs": [pair(easy)], "searches": [row("hard", samples=4), row("easy")]})
    known = earlier_records(job.store, 2)
    assert [s.id for s in to_search_again(job, 2, known)] == ["new", "easy"]
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
