"""The display while actors work: counts since the stage began, rejects and gauges."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from synth.run import watch
from synth.run.watch import between_looks, watched
from tests.synth.run.fakes import FakeActor, make_run


def test_counts_are_those_since_the_stage_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "POLL", 0.01)
    job = make_run(tmp_path)
    done = {"searched": 5, "to_search": 5, "problems": 2}
    rejects = {"grade": 1}
    looks: list[int] = []

    def counts() -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        looks.append(len(looks))
        return dict(done), dict(rejects), {}

    job.shards = [FakeActor(counts=counts), FakeActor(counts=({}, {}, {}))]

    async def looked(times: int) -> None:
        while len(looks) < times:
            await asyncio.sleep(0.005)

    async def work() -> str:
        await looked(2)  # the first look is what the stage began with
        done.update(searched=8, to_search=9, problems=4)
        rejects.update(grade=3, trivial=2)
        await looked(len(looks) + 1)
        return "result"

    async def main() -> str:
        return await watched(job, work(), {"searched": "prove", "problems": "formalize"})

    assert asyncio.run(main()) == "result"
    stages = {stage.name: (stage.done, stage.total) for stage in job.progress.stages}
    assert stages == {"prove": (3, 4), "formalize": (2, 0)}
    assert dict(job.progress.rejects) == {"grade": 2, "trivial": 2}


def test_thousands_of_actors_are_looked_at_less_often(tmp_path: Path) -> None:
    job = make_run(tmp_path)
    assert between_looks(job) == watch.POLL
    job.pools = {str(n): FakeActor() for n in range(2000)}
    assert between_looks(job) == 2000 / watch.LOOKS


def test_a_failure_of_the_work_is_its_own(tmp_path: Path) -> None:
    job = make_run(tmp_path)

    async def fails() -> None:
        raise RuntimeError("the work failed")

    async def main() -> None:
        await watched(job, fails(), {})

    with pytest.raises(RuntimeError, match="the work failed"):
        asyncio.run(main())


def test_work_that_is_called_off_leaves_no_line_behind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """asyncio logs what nobody has asked for, as shards that fail while the whole ends."""
    job = make_run(tmp_path)

    async def shard() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise RuntimeError("the actor is gone") from None

    async def main() -> None:
        watching = asyncio.create_task(watched(job, asyncio.gather(shard(), shard()), {}))
        await asyncio.sleep(0.05)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await asyncio.sleep(0.05)

    asyncio.run(main())
    gc.collect()
    assert not caplog.records


def test_what_a_restarted_shard_counts_never_falls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts from nothing again, and in an earlier stage it had done more than in this one."""
    monkeypatch.setattr(watch, "POLL", 0.001)
    job, shown = make_run(tmp_path), list[tuple[int, int]]()
    answers: list[Any] = [({"searched": n, "to_search": 30}, {"trivial": 9}, {}) for n in (20, 22)] + [RuntimeError("restarting")]
    answers += [({"searched": n, "to_search": 9}, {}, {}) for n in (0, 1, 2, 3, 4)]
    job.shards = [FakeActor(counts=lambda: answers.pop(0) if len(answers) > 1 else answers[0])]
    monkeypatch.setattr(job.progress, "set", lambda stage, done, total: shown.append((done, total)))

    async def work() -> None:
        while len(answers) > 1:
            await asyncio.sleep(0.001)

    asyncio.run(watched(job, work(), {"searched": "prove"}))
    assert shown == sorted(shown) and shown[0] == (2, 0) and shown[-1] == (4, 9)
    assert not job.progress.rejects
