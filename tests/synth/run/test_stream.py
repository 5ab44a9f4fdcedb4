"""What may go on at the same time in `mode: async`, what waits for what, and what a continued run does not do again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.llm.types import Weights
from synth.records import Pair
from synth.run import stream
from synth.run.learn import read_taken, searched_pairs, taken_pairs, trained_on, versions
from synth.run.replayed import Replayed
from synth.run.state import Run
from synth.run.stream import rounds_in_stream
from tests.synth.run.fakes import FakeActor, make_run, output, pair, statement
from verify_workers.errors import UserError

Step = Callable[[Run, int], Coroutine[Any, Any, None]]


class Stage:
    """Stand-ins for the steps of a run: each writes what it would leave on disk, and notes when it began and ended.

    A step takes as many turns of the event loop as `turns` says, by its name ("search 1") or its kind ("search").
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, turns: dict[str, int] | None = None) -> None:
        self.log: list[str] = []
        self.turns = {"search": 20, "train": 20, "evaluate": 5, **(turns or {})}
        self.failing: dict[str, BaseException] = {}
        self.versions: dict[str, int] = {}
        weights = {"weights": lambda job, number: Weights("w", int(job.store.read_json(f"rounds/{number:03d}/weights.json")["round"]), "h")}
        monkeypatch.setattr(Run, "weights", weights["weights"])
        monkeypatch.setattr(stream, "LOOK", 0.001)
        for name in ("first_model", "searched", "trained", "evaluated", "compared", "finish", "swap_in", "start_samplers", "screen"):
            monkeypatch.setattr(stream, name, getattr(self, name))
        for name in ("start_shards", "start_trainers", "enter_again"):
            monkeypatch.setattr(stream, name, lambda *_: None)
        monkeypatch.setattr(stream, "round_counts", lambda *_: {})

    async def step(self, kind: str, number: int, job: Run | None = None) -> None:
        name = f"{kind} {number}"
        self.log.append(name)
        if job is not None:
            self.versions[name] = job.answering.version
        for _ in range(self.turns.get(name, self.turns.get(kind, 1))):
            await asyncio.sleep(0.001)
        if name in self.failing:
            raise self.failing[name]
        self.log.append(f"{name} done")

    async def first_model(self, job: Run) -> None:
        job.store.write_json("rounds/000/weights.json", {"round": 0})
        job.answering = Weights("w", 0, "h")

    async def searched(self, job: Run, number: int) -> None:
        job.in_use[job.answering.version] += 1
        await self.step("search", number, job)
        job.in_use[job.answering.version] -= 1
        found = statement(f"s{number}", number)
        job.store.commit(f"r{number:03d}-s0000-c0000", {"statements": [found], "pairs": [pair(found, number)]})

    async def trained(self, job: Run, number: int, previous: Weights, taken: Any = None) -> None:
        await self.step("train", number)
        job.store.write_json(f"rounds/{number:03d}/weights.json", {"round": number})

    async def evaluated(self, job: Run, number: int) -> dict[str, Any]:
        await self.step("evaluate", number, job)
        return {"round": number, "pairs": 1, "pass@1": 10.0, "pass@8": 20.0}

    async def finish(self, job: Run, number: int, figures: dict[str, Any]) -> None:
        job.store.write_json(f"rounds/{number:03d}/metrics.json", {**job.account.figures(), **figures})

    async def swap_in(self, job: Run, one_by_one: bool) -> dict[str, float]:
        await self.step("swap", job.answering.version)
        return {}

    async def compared(self, job: Run, number: int) -> None: ...

    async def start_samplers(self, job: Run) -> None: ...

    async def screen(self, job: Run) -> None: ...

    def before(self, first: str, then: str) -> bool:
        return self.log.index(first) < self.log.index(then)


def test_a_search_goes_on_beside_the_training_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    asyncio.run(rounds_in_stream(make_run(tmp_path, mode="async", rounds=3)))
    assert stage.before("search 2", "train 1 done"), "with version 0"
    assert stage.versions["search 1"] == stage.versions["search 2"] == 0
    assert stage.before("swap 1 done", "search 3"), "two versions behind would be too old"
    assert stage.versions["search 3"] >= 1
    for number in (1, 2, 3):
        assert stage.before(f"search {number} done", f"train {number}")
    assert [name for name in stage.log if name.startswith("evaluate") and name.endswith("done")] == [f"evaluate {n} done" for n in range(4)]
    assert [stage.versions[f"evaluate {n}"] for n in range(4)] == [0, 1, 2, 3]


def test_no_staleness_means_that_a_search_has_the_weights_of_the_round_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    asyncio.run(rounds_in_stream(make_run(tmp_path, mode="async", rounds=3, stream={"staleness": 0})))
    assert [stage.versions[f"search {n}"] for n in (1, 2, 3)] == [0, 1, 2]
    assert stage.before("search 2", "evaluate 1 done"), "the evaluation goes on beside"


def test_new_weights_wait_for_the_evaluation_of_the_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines hold one version: a late answer to an evaluation would be the next version's."""
    stage = Stage(monkeypatch, {"evaluate 1": 200, "train": 1})
    asyncio.run(rounds_in_stream(make_run(tmp_path, mode="async", rounds=2)))
    assert stage.before("train 2 done", "evaluate 1 done") and stage.before("evaluate 1 done", "swap 2")


def test_the_next_training_does_not_wait_until_the_version_before_is_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, {"search": 1, "train": 1, "swap 1": 200, "evaluate 0": 100})
    asyncio.run(rounds_in_stream(make_run(tmp_path, mode="async", rounds=2)))
    assert stage.before("train 2 done", "evaluate 0 done") and stage.before("evaluate 0 done", "swap 1")
    assert [name for name in stage.log if name.startswith("swap")] == ["swap 1", "swap 1 done", "swap 2", "swap 2 done"]
    assert stage.versions["evaluate 1"] == 1 and stage.versions["evaluate 2"] == 2


@pytest.mark.parametrize("step", ["search 2", "train 1", "evaluate 1", "swap 2"])
def test_what_fails_ends_the_rest_and_is_all_that_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    stage = Stage(monkeypatch)
    stage.failing[step] = UserError("no sampler is left")
    with pytest.raises(UserError, match="no sampler is left"):
        asyncio.run(rounds_in_stream(make_run(tmp_path, mode="async", rounds=3)))
    done = {name for name in stage.log if name.endswith("done") and name.split()[0] in ("search", "train")}
    again = Stage(monkeypatch)
    asyncio.run(rounds_in_stream(make_run(tmp_path, mode="async", rounds=3)))
    assert not done & set(again.log), "what was finished"
    assert {f"{kind} {n} done" for kind in ("search", "train") for n in (1, 2, 3)} == done | {
        name for name in again.log if name.endswith("done") and name.split()[0] in ("search", "train")
    }
    assert again.log.count("evaluate 3") == 1 and make_run(tmp_path).store.read_json("rounds/003/metrics.json")["round"] == 3
    log = list(again.log)
    asyncio.run(rounds_in_stream(make_run(tmp_path, mode="async", rounds=3)))
    assert again.log == log, "a complete run does nothing"


def test_a_failing_search_does_not_wait_for_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, {"train 1": 10_000})
    stage.failing["search 2"] = UserError("gone")
    with pytest.raises(UserError, match="gone"):
        asyncio.run(asyncio.wait_for(rounds_in_stream(make_run(tmp_path, mode="async", rounds=2)), 8))
    assert "train 1" in stage.log and "train 1 done" not in stage.log


def test_a_plateau_ends_the_search_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, {"search 4": 10_000})
    job = make_run(tmp_path, mode="async", rounds=5, plateau=1.0, stream={"staleness": 2})
    asyncio.run(asyncio.wait_for(rounds_in_stream(job), 8))
    assert "no more rounds" in output(job) and "search 4 done" not in stage.log
    assert not job.store.exists("rounds/003/metrics.json")


def test_a_budget_ends_the_searches_and_what_was_found_is_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    monkeypatch.setattr(stream, "used_up", lambda _, number: "run.tokens" if number == 2 else "")
    job = make_run(tmp_path, mode="async", rounds=4)
    asyncio.run(rounds_in_stream(job))
    assert "run.tokens" in output(job) and "search 2" not in stage.log
    assert "train 1 done" in stage.log and "train 2" not in stage.log and job.store.exists("rounds/001/metrics.json")


def test_a_training_begins_with_the_pairs_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under `fresh_pairs`, beside its own search; what it has taken stays what it is, whatever comes later."""
    stage, search = Stage(monkeypatch), Stage.searched

    async def searched(job: Run, number: int) -> None:
        for piece in range(3):
            found = statement(f"s{number}.{piece}", number)
            job.store.commit(f"r{number:03d}-s{piece:04d}-c0000", {"statements": [found], "pairs": [pair(found, number, model="m")]})
            await asyncio.sleep(0.05 if number == 1 else 0)
        await search(stage, job, number)

    monkeypatch.setattr(stream, "searched", searched)
    stage.turns["search 1"] = 100
    job = make_run(tmp_path, mode="async", rounds=2, stream={"fresh_pairs": 2})
    asyncio.run(rounds_in_stream(job))
    assert stage.before("train 1", "search 1 done")
    first, second = read_taken(job.store, 1).units, read_taken(job.store, 2).units
    assert 2 <= len(first) < 4 and first < second and len(second) == 6, "the last training takes all"
    before, pairs = dict(rounds_of(taken_pairs(job, 1))), dict(rounds_of(taken_pairs(job, 2)))
    assert {pairs[pair(statement(name, 1), 1).id] for name in ("s1.0", "s1.1")} == {1} and len(pairs) == 6
    assert {id for id, number in pairs.items() if number == 2} == pairs.keys() - before.keys()


def test_a_training_waits_for_shards_whose_pairs_would_be_too_old_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, {"search 1": 1, "search 2": 60})
    job = make_run(tmp_path, mode="async", rounds=3, stream={"fresh_pairs": 1})
    asyncio.run(rounds_in_stream(job))
    assert stage.versions["search 2"] == 0 and stage.before("search 2 done", "train 2")


def rounds_of(replayed: Replayed) -> list[tuple[str, int]]:
    return [(id, number) for id, number, _ in replayed.about(np.arange(len(replayed)))]


def told(pairs: list[Pair], folder: Path, number: int, versions: list[int]) -> bytes:
    """`trained_on.json` of round `number`, which trains on `pairs`."""
    job = make_run(folder)
    for one in pairs:
        job.store.commit(f"r{one.round:03d}-{one.id}", {"pairs": [one]})
    replayed = searched_pairs(job, number)
    return b"".join(trained_on(replayed, np.arange(len(replayed)), number, versions).text())


def test_how_old_the_weights_were_is_written_down_for_every_new_pair(tmp_path: Path) -> None:
    aged = (("a", 1, 0), ("b", 3, 2), ("c", 3, 1))  # name, round, version that sampled it
    old, new, stale = (pair(statement(name), number, model="m", version=version) for name, number, version in aged)
    cheap = pair(statement("d"), 3)
    assert json.loads(told([old, new, stale, cheap], tmp_path, 3, [0, 1, 2])) == {
        "pairs": sorted([old.id, new.id, stale.id, cheap.id], key=lambda id: (id != old.id, id)),
        "new": 3,
        "staleness": {new.id: 0, stale.id: 1},
    }


def test_a_round_that_trained_nothing_makes_no_weights_older(tmp_path: Path) -> None:
    store = make_run(tmp_path).store
    for number, trained in enumerate((0, 0, 0, 3)):
        store.write_json(f"rounds/{number:03d}/weights.json", {"round": trained})
    assert versions(store, 2) == [0] and versions(store, 3) == [0, 3]
    first = pair(statement("a"), 3, model="m", version=0)
    assert json.loads(told([first], tmp_path, 3, versions(store, 2)))["staleness"] == {first.id: 0}


def test_after_rounds_that_trained_nothing_fresh_pairs_are_still_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, {"search 1": 1, "search 2": 300})

    async def nothing(job: Run, number: int, previous: Weights, taken: Any = None) -> None:
        stage.log.append(f"train {number}")
        job.store.write_json(f"rounds/{number:03d}/weights.json", {"round": 0})

    monkeypatch.setattr(stream, "trained", nothing)
    job = make_run(tmp_path, mode="async", rounds=3, stream={"fresh_pairs": 1})

    async def searched(job: Run, number: int) -> None:
        whole = asyncio.create_task(Stage.searched(stage, job, number))
        if number == 2:
            await asyncio.sleep(0.05)  # the first training has begun
            job.store.commit("r002-s0001-c0000", {"pairs": [pair(statement("new"), 2)]})
        await whole

    monkeypatch.setattr(stream, "searched", searched)
    asyncio.run(rounds_in_stream(job))
    assert stage.before("train 2", "search 2 done"), "its weights are one version behind what it trains, not two"


def test_without_staleness_a_training_waits_for_its_search_also_between_two_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a moment no shard is under way; those to come would be of the weights before."""
    stage = Stage(monkeypatch)

    async def searched(job: Run, number: int) -> None:
        found = statement(f"s{number}", number)
        job.store.commit(f"r{number:03d}-s0000-c0000", {"statements": [found], "pairs": [pair(found, number)]})
        await stage.step("search", number, job)

    monkeypatch.setattr(stream, "searched", searched)
    asyncio.run(rounds_in_stream(make_run(tmp_path, mode="async", rounds=2, stream={"staleness": 0, "fresh_pairs": 1})))
    assert stage.before("search 1 done", "train 1")


def test_a_failing_evaluation_does_not_wait_for_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, {"train 2": 10_000})
    stage.failing["evaluate 1"] = UserError("no Lean workers are left")
    with pytest.raises(UserError, match="no Lean workers are left"):
        asyncio.run(asyncio.wait_for(rounds_in_stream(make_run(tmp_path, mode="async", rounds=2)), 8))
    assert "train 2 done" not in stage.log


def test_a_run_whose_budget_is_used_up_starts_nothing_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    monkeypatch.setattr(stream, "used_up", lambda _, number: "run.tokens" if number == 2 else "")
    asyncio.run(rounds_in_stream(make_run(tmp_path, mode="async", rounds=4)))
    log, job = list(stage.log), make_run(tmp_path, mode="async", rounds=4)
    monkeypatch.setattr(stream, "start_samplers", None)
    asyncio.run(rounds_in_stream(job))
    assert "run.tokens" in output(job) and stage.log == log


def test_what_a_search_has_spent_is_saved_before_the_next_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, saved = Stage(monkeypatch), dict[int, Any]()

    async def searched(job: Run, number: int) -> None:
        await Stage.searched(stage, job, number)
        job.account.spent["tokens_prover"] += 1000

    def used_up(job: Run, number: int) -> str:
        saved[number] = job.store.read_json(f"rounds/{number - 1:03d}/clock.json", {}).get("spent")
        return ""

    monkeypatch.setattr(stream, "searched", searched)
    monkeypatch.setattr(stream, "used_up", used_up)
    asyncio.run(rounds_in_stream(make_run(tmp_path, mode="async", rounds=2)))
    assert saved[2] == {"tokens_prover": 1000}


def test_actors_of_the_evaluation_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search's actors count what they spend for the search's account."""
    stage, own = Stage(monkeypatch), FakeActor()
    measure = stage.evaluated

    async def evaluated(job: Run, number: int) -> dict[str, Any]:
        if not job.shards:
            job.shards.append(own)
        assert job.shards == [own]
        return await measure(job, number)

    monkeypatch.setattr(stream, "evaluated", evaluated)
    job = make_run(tmp_path, mode="async", rounds=1)
    asyncio.run(rounds_in_stream(job))
    assert job.measuring == [own] and job.shards == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sampler": {"release_while_training": True}, "train": {"keep_workers": False}}, "sampler.release_while_training=false"),
        ({"stream": {"fresh_pairs": 5}, "conjectures": {"enabled": True}}, "stream.fresh_pairs=0"),
    ],
)
def test_settings_that_need_turns_are_refused(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_run(tmp_path, mode="async", **settings)
