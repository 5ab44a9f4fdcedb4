"""The timeline of a run: what its actors, its stages and its trainer did since the last look, over restarts and resumes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from synth.run import timeline as timeline_module
from synth.run import watch
from synth.run.clock import Clock
from synth.run.live import Live, Trainer
from synth.run.state import Run
from synth.run.timeline import Timeline
from synth.run.watch import watched
from synth.services import Group
from synth.show.series import prometheus, round_series, series
from synth.store.timeline import read_timeline
from tests.synth.run.fakes import FakeActor, make_run, output, pair, statement
from verify_workers.errors import UserError

Told = list[Mapping[str, float]]


def make(job: Run, every: float = 60.0) -> tuple[Timeline, Told]:
    told: Told = []
    return Timeline(job.store, job.live, job.actors, every, told.append, job.progress.note), told


class Pool(FakeActor):
    """Counts how often it is asked."""

    def __init__(self, workers: int = 4) -> None:
        self.now: dict[str, Any] = {"workers": workers, "checks": 0, "busy_seconds": 0.0, "outstanding": 0}
        self.now |= {"busy_share": 0.0, "checks_per_second": 0.0}
        self.asked = 0
        super().__init__(stats=self._stats)

    def _stats(self) -> dict[str, Any]:
        self.asked += 1
        return dict(self.now)


def test_a_row_is_what_came_since_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    job = make_run(tmp_path)
    done: dict[str, int] = {}
    rejects: dict[str, int] = {}
    engine: dict[str, float] = {"tokens": 50.0, "busy_seconds": 2.0, "outstanding": 3.0}
    pool = Pool(workers=4)
    cores = [1000.0]
    monkeypatch.setattr(timeline_module, "machine_seconds", lambda: cores[0])
    job.shards = [FakeActor(counts=lambda: (dict(done), dict(rejects), {}))]
    job.groups = [Group(("prover",), [FakeActor(stats=lambda: dict(engine)), FakeActor(stats=RuntimeError("it died"))], up=True)]
    job.pools = {"a": pool}
    timeline, told = make(job)
    job.clock = Clock(job.store, 1)

    async def main() -> None:
        with job.timed("search"):
            clock[0] += 10
            done.update(problems=4, statements=6, statements_kept=5, to_search=5, searched=1, pairs=1)
            rejects.update(trivial=1)
            pool.now.update(checks=20, busy_seconds=20.0, outstanding=7, cpu_seconds=9.0)
            cores[0] += 16
            await timeline.look()
            clock[0] += 5
            done.update(searched=3, pairs=4)
            engine.update(tokens=150.0, busy_seconds=6.0)
            pool.now.update(checks=5, busy_seconds=10.0, cpu_seconds=0.0)  # it was restarted, and counts from 0 again
            await timeline.look()
        clock[0] += 5
        await timeline.look()

    asyncio.run(main())
    first, second, third = read_timeline(job.store)
    assert (first.time, first.span, first.rounds, first.stages) == (10.0, 10.0, [1], {"search": 10.0})
    assert first.counts == {
        "problems": 4,
        "statements": 6,
        "statements_kept": 5,
        "searched": 1,
        "pairs": 1,
        "tokens": 50,
    } and first.dropped == {"trivial": 1}
    assert first.made == {"pairs": 1, "tokens": 50, "checks": 20} and first.busy == {"samplers": 2, "pools": 20}
    assert first.waiting == {"statements": 4, "requests": 3, "checks": 7} and first.actors == {"samplers": 1, "pools": 4, "trainer": 1}
    assert first.cores == {"machine": 16, "pools": 9} and second.cores == {}
    assert second.made == {"pairs": 3, "tokens": 100, "checks": 5} and second.busy == {"samplers": 4, "pools": 10}
    assert second.counts["pairs"] == 4 and second.counts["tokens"] == 150 and second.span == 5  # the engine's total grew by 100
    assert third.stages == {} and third.rounds == [1] and third.made == {} == third.busy, "nothing happened"
    assert told[1] == series(second) and told[2] == {**series(third), "stage/search": 0.0}, "what is over is told once more"
    wanted = {"busy/samplers": 0.8, "idle/pools": 0.5, "idle/trainer": 1.0, "rate/pairs_per_minute": 36.0, "rate/tokens_per_second": 20.0}
    assert {name: told[1][name] for name in wanted} == pytest.approx(wanted)
    assert told[1]["stage/search"] == 1 and told[1]["dropped/trivial"] == 1 and told[1]["funnel/pairs"] == 4 and told[1]["time"] == 15
    assert told[1]["cost/tokens_per_pair"] == 37.5


def test_actors_are_asked_once_for_all_who_want_to_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "POLL", 0.05)
    job, pool = make_run(tmp_path), Pool()
    job.pools = {"a": pool}
    job.shards = [FakeActor(counts=({}, {}, {}))]
    timeline, told = make(job)

    async def main() -> None:
        work = asyncio.gather(watched(job, asyncio.sleep(0.5), {}), watched(job, asyncio.sleep(0.5), {}))
        for _ in range(5):
            await asyncio.sleep(0.08)
            before, begun = pool.asked, time.monotonic()
            await timeline.look()
            assert pool.asked <= before + 1 or time.monotonic() - begun > 0.05, "by the timeline, or a display that looked meanwhile"
        await work

    started = time.monotonic()
    asyncio.run(main())
    most = 14 + 20 * max(0.0, time.monotonic() - started - 0.6)  # on a busy machine it takes longer
    assert len(told) == 5 and 2 <= pool.asked <= most, "by two displays, ten times each, and the timeline: at most once in POLL"


def test_what_an_actor_said_before_it_was_stopped_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The display looks a last time when the work is over; then the shards may be gone."""
    monkeypatch.setattr(watch, "POLL", 0.01)
    job, done = make_run(tmp_path), {"pairs": 1}
    job.shards = [FakeActor(counts=lambda: (dict(done), {}, {}))]
    timeline, _ = make(job)

    async def main() -> None:
        async def work() -> None:
            await asyncio.sleep(0.05)
            done.update(pairs=9)

        await watched(job, work(), {})
        job.shards = []
        await timeline.look()
        await timeline.look()

    asyncio.run(main())
    first, second = read_timeline(job.store)
    assert first.made == {"pairs": 9} and second.made == {} and second.counts == {"pairs": 9}
    assert not job.live.heard, "nobody asks it any more"


def test_a_continued_run_goes_on_in_time_and_counts_what_is_on_disk(tmp_path: Path) -> None:
    job = make_run(tmp_path)
    found = statement("s1"), statement("s2", kept=False, reason="trivial")
    info = {"problems": 2, "statements": 2, "statements_kept": 1, "rejects": {"trivial": 1}}
    done: dict[str, int] = {"problems": 2, "statements": 2, "statements_kept": 1, "searched": 1, "pairs": 2, "evaluated": 4}
    rejects = {"trivial": 1}
    job.shards = [FakeActor(counts=lambda: (dict(done), dict(rejects), {}))]
    first, _ = make(job)
    time.sleep(0.01)
    asyncio.run(first.look())
    job.store.commit("r001-s0000-statements", {"statements": found}, info)
    job.store.commit("r001-s0000-c0000", {"pairs": [pair(found[0])]}, {"searched": 1})  # the other pair was in work that a kill threw away
    time.sleep(0.05)
    again = make_run(tmp_path)
    # The shard finds its statements on disk, and says so.
    known = {name: count for name, count in done.items() if name in info}
    later = {**known, **{f"found: {name}": count for name, count in known.items()}, "found: reject: trivial": 1, "pairs": 1, "searched": 1}
    again.shards = [FakeActor(counts=(later, {"trivial": 1}, {}))]
    second, _ = make(again)
    asyncio.run(second.look())
    before, after = read_timeline(again.store)
    assert 0 < before.time < after.time <= before.time + after.span + 0.02, "the time between two commands does not count"
    assert after.counts == {"problems": 2, "statements": 2, "statements_kept": 1, "searched": 2, "pairs": 2, "evaluated": 4}
    assert after.dropped == {"trivial": 1} and after.made == {"pairs": 1}


def test_nothing_that_goes_wrong_stops_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_run(tmp_path)
    job.pools = {"a": FakeActor(stats=RuntimeError("dead")), "b": FakeActor(stats={"nonsense": 1})}
    told: Told = []

    def tell(figures: Mapping[str, float]) -> None:
        told.append(figures)
        raise RuntimeError("W&B is down")

    timeline = Timeline(job.store, job.live, job.actors, 0.01, tell, job.progress.note)

    async def main(until: Callable[[], bool]) -> None:
        keeping = asyncio.create_task(timeline.keep())
        async with asyncio.timeout(60):  # as long as a crowded machine may take
            while not until():
                await asyncio.sleep(0.01)
        assert not keeping.done()
        keeping.cancel()

    asyncio.run(main(lambda: "the timeline misses some rows" in output(job)))
    assert not told and "the timeline misses some rows" in output(job)
    del job.pools["b"]
    job.live.heard.clear()
    asyncio.run(main(lambda: len(told) > 1))
    assert len(read_timeline(job.store)) == len(told), "rows are kept although nobody hears of them"

    def full(*_: Any) -> None:
        raise UserError("no space left")

    monkeypatch.setattr(type(job.store), "write_text", full)
    before = len(told)
    asyncio.run(main(lambda: len(told) > before))  # and told although they are not kept
    assert output(job).count("misses some rows") == 1


def test_rounds_under_way_at_once_are_all_in_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    job = make_run(tmp_path)
    timeline, _ = make(job)
    accounts = [Clock(job.store, number) for number in (1, 2)]

    async def main() -> dict[str, Any]:
        for account in accounts:
            job.live.account(account)
        with accounts[0].timed("train"), accounts[1].timed("search"):
            job.live.trainer.begin()
            clock[0] += 10
            job.live.trainer.report({"seconds": 8.0, "step": 2, "steps": 4, "loss": 1.5})
            await timeline.look()
        clock[0] += 10
        with accounts[1].timed("search"):
            clock[0] += 20
            job.live.trainer.report({"seconds": 28.0, "step": 4, "steps": 4, "loss": 1.0})
        return await timeline.idle(1)

    shares = asyncio.run(main())
    rows = read_timeline(job.store)
    assert [row.rounds for row in rows] == [[1, 2], [2]] and rows[0].stages == {"train": 10.0, "search": 10.0}
    assert rows[0].training["loss"] == 1.5 and series(rows[0])["round"] == 2 and series(rows[0])["train/loss"] == 1.5
    assert shares == {"idle": {"trainer": 0.2}, "idle_of_run": {"trainer": round(1 - 28 / 40, 4)}}


def test_the_trainers_seconds_are_those_of_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    trainer, seen = Trainer(), [0.0]

    def after(passed: float, **row: float) -> float:
        clock[0] += passed
        if row:
            trainer.report(row)
        seen.append(trainer.seconds)
        return seen[-1]

    trainer.begin()
    assert after(30) == 0, "it loads"
    assert after(10, seconds=10, step=1, steps=3) == 10
    assert after(4) == pytest.approx(10 + 4 * 10 / 40), "as it went on the whole, until more is known"
    assert after(6, seconds=20, step=2, steps=3) == 20
    assert after(10, seconds=30, step=3, steps=3) == 30 == after(50), "the last step: what follows is not training"
    trainer.end()
    trainer.begin()  # continued from a checkpoint, whose seconds an earlier command has counted
    assert after(5, seconds=1000, step=9, steps=10) == 35
    assert seen == sorted(seen)


def test_names_are_the_same_everywhere() -> None:
    metrics = {
        "pass@8": 40.0,
        "pass@8_interval": [30.0, 50.0],
        "pairs": 7,
        "model": "hash",
        "idle": {"pools": 0.25},
        "idle_of_run": {"pools": 0.5},
    }
    figures = round_series(metrics | {"faithful_interval": [1, 2], "proved_by": {"portfolio": 3}})
    assert figures == {
        "eval/pass@8": 40.0,
        "eval/pass@8_low": 30.0,
        "eval/pass@8_high": 50.0,
        "eval/faithful_low": 1.0,
        "eval/faithful_high": 2.0,
        "round/pairs": 7.0,
        "round/proved_by/portfolio": 3.0,
        "idle_of_round/pools": 0.25,
        "idle_of_run/pools": 0.5,
    }
    assert prometheus("eval/pass@8_low") == ("synth_eval_pass_at_8_low", {})
    assert prometheus("dropped/proof: rejected") == ("synth_dropped", {"reason": "proof: rejected"})


def test_live_waits_for_nobody_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth.run.live.ANSWER", 0.05)
    live, pool = Live(), Pool()

    async def never() -> None:
        await asyncio.sleep(60)

    async def slow() -> str:
        looked = now[0]
        await asyncio.sleep(0.02)
        return looked

    now = ["before"]
    answering = FakeActor(stats=slow)

    async def main() -> None:
        assert await live.ask("pools", [FakeActor(stats=never), pool], 1.0) == [None, pool.now]
        assert await live.ask("pools", [pool], 60.0) == [pool.now] and pool.asked == 1
        assert await live.ask("pools", [pool], 0.0) == [pool.now] and pool.asked == 2
        asked = asyncio.create_task(live.ask("pools", [answering], 1.0))
        await asyncio.sleep(0.01)
        now[0] = "after"
        assert await live.ask("pools", [answering], 0.0) == ["after"], "a new look does not take the answer to an earlier question"
        assert await asked == ["before"] and await live.ask("pools", [answering], 1.0) == ["after"]

    asyncio.run(asyncio.wait_for(main(), 5))


def test_figures_of_a_round_and_rows_are_told_in_the_order_of_their_times(tmp_path: Path) -> None:
    """Rounds end while rows are kept; W&B would drop what comes late."""
    job, told = make_run(tmp_path), list[float]()

    def tell(figures: Mapping[str, float]) -> None:
        time.sleep(0.1 if "pass@1" in figures else 0.0)
        told.append(figures["time"])

    timeline = Timeline(job.store, job.live, job.actors, 60.0, tell, job.progress.note)

    async def main() -> None:
        figures = asyncio.create_task(timeline.tell({"pass@1": 50.0}))
        await asyncio.sleep(0.02)
        await timeline.look()
        await figures

    asyncio.run(main())
    assert len(told) == 2 and told == sorted(told)
