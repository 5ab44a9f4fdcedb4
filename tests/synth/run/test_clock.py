"""The account of a round: seconds, tokens and failures add up over interruptions, and nothing counts twice."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from synth.run import clock, watch
from synth.run.clock import Clock
from synth.run.figures import costs
from synth.run.watch import watched
from synth.services import Group
from synth.store.rundir import RunDir
from tests.synth.run.fakes import FakeActor, make_run, output


def test_an_interrupted_round_goes_on_counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    store = RunDir(tmp_path)
    first = Clock(store, 2)
    with first.timed("search"):
        now[0] += 10
    with pytest.raises(SystemExit), first.timed("train"):
        now[0] += 5
        first.tokens, first.failures["sampler 0 died"] = 70, 1
        first.save()  # and then it is killed
        now[0] += 3
        raise SystemExit
    now[0] += 1000  # the time between two commands is nobody's
    second = Clock(store, 2)
    with second.timed("train"):
        now[0] += 20
    second.tokens += 30
    figures = second.figures()
    assert figures["seconds"] == 35.0 and figures["stages"] == {"search": 10.0, "train": 25.0}
    assert figures["tokens_spent"] == 100 and figures["failures"] == {"sampler 0 died": 1}
    assert Clock(store, 3).figures()["seconds"] == 0.0


def test_what_goes_on_twice_at_a_time_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    account = Clock(RunDir(tmp_path), 1)
    with account.timed("start shards"):
        now[0] += 3
        with account.timed("start shards"):
            now[0] += 2
            assert account.stage_seconds() == {"start shards": 5.0}
        now[0] += 1
    with account.timed("start shards"):
        now[0] += 10
    assert account.figures()["stages"] == {"start shards": 16.0}


def test_it_is_saved_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "SAVE", 0.01)

    async def main() -> None:
        account = Clock(RunDir(tmp_path), 1)
        saving = asyncio.create_task(account.keep_saving())
        with account.timed("search"):
            while "search" not in (RunDir(tmp_path).read_json("rounds/001/clock.json") or {}).get("stages", {}):
                await asyncio.sleep(0.01)
        saving.cancel()

    asyncio.run(asyncio.wait_for(main(), 30))


def test_tokens_of_work_that_was_thrown_away_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shards' live counts are the account: also of a chunk that was never committed, and of an actor that was restarted."""
    monkeypatch.setattr(watch, "POLL", 0.01)
    job = make_run(tmp_path)
    seen = iter([(40, {}), (55, {}), (5, {"sampler 1 died": 2}), (25, {"sampler 1 died": 3})])
    current: list[tuple[int, dict[str, int]]] = [(0, {})]

    def counts() -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        tokens, failures = current[0] = next(seen, current[0])
        return {"tokens": tokens}, {}, failures

    job.shards = [FakeActor(counts=counts)]

    async def main() -> None:
        await watched(job, asyncio.sleep(0.2), {})

    asyncio.run(main())
    assert job.account.tokens == 15 + 25, "from the first look on; what a restarted actor says is new"
    assert job.account.failures == {"sampler 1 died": 3} and output(job).count("sampler 1 died") == 1


def test_costs_count_all_that_was_spent() -> None:
    figures = {"pairs": 10, "tokens": 100, "tokens_spent": 250, "seconds": 8.0}
    assert costs(figures)["tokens_per_pair"] == 25.0
    assert costs({**figures, "tokens_spent": 0})["tokens_per_pair"] == 10.0, "a round of before the account was kept"


def test_gauges_add_up_and_go_to_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "POLL", 0.01)
    job = make_run(tmp_path)
    job.shards = [FakeActor(counts=({}, {}, {}))]
    engines = [
        FakeActor(stats={"busy_share": 1.0, "tokens_per_second": 100.0}),
        FakeActor(stats={"busy_share": 0.5, "tokens_per_second": 50.0}),
        FakeActor(stats=RuntimeError("it died")),
    ]
    job.groups = [Group(("prover",), engines, up=True)]
    job.pools = {node: FakeActor(stats={"busy_share": 0.25, "checks_per_second": 7.0}) for node in "ab"}
    shown: list[dict[str, float]] = []

    async def work() -> None:
        while not job.progress.gauges:
            await asyncio.sleep(0.01)
        shown.append(dict(job.progress.gauges))

    async def main() -> None:
        await watched(job, work(), {})

    asyncio.run(main())
    assert shown == [{"sampler busy": 0.75, "sampled tokens/s": 150.0, "pool busy": 0.25, "checks/s": 14.0}]
    assert set(job.progress.gauges.values()) == {0.0}
