"""The index's actor, killed: what it had answered is answered again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest
import ray

from synth.records import Problem
from synth.run.actors import started_index
from synth.run.timeline import Timeline
from synth.statements.benchmarks import Benchmarks
from tests.synth.run.fakes import make_run, statement


def actors() -> list[int]:
    return [process.pid for process in psutil.Process().children(recursive=True) if "ray::IndexActor" in " ".join(process.cmdline())]


@pytest.mark.usefixtures("ray_local")
def test_an_index_that_is_killed_answers_what_it_has_answered(tmp_path: Path) -> None:
    job = make_run(tmp_path, shards={"index": 2})
    job.benchmarks = Benchmarks()
    index = started_index(job)
    assert started_index(job) is index
    mine = [statement(f"a{n}", form=f"form {n}") for n in range(8)]
    others = [statement(f"b{n}", form=f"form {n}") for n in range(9)]
    problems = [Problem(id=f"p{n}", text=f"{word} that {n // 2} is odd.") for n, word in enumerate(["Show", "Prove"] * 3)]

    told: list[Mapping[str, float]] = []
    timeline = Timeline(job.store, job.live, job.actors, 60.0, told.append)

    async def main() -> None:
        assert await index.claim(mine, "r001-s0000-b0000-statements") == [s.id for s in mine]
        passed = await index.screen("r001-p00000", list(enumerate(problems)))
        assert list(passed) == ["p1", "p3", "p5"]
        await timeline.look()
        assert told[-1]["index/statements"] == 8 and told[-1]["index/problems"] == 3 and told[-1]["waiting/claims"] == 0
        killed = actors()
        assert len(killed) == 2
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        answers, again = await asyncio.gather(
            index.claim(others, "r001-s0001-b0000-statements"), index.screen("r002-p00000", list(enumerate(problems)))
        )
        assert answers == [s.id for s in mine] + ["b8"] and again == passed
        assert not set(actors()) & set(killed)
        await timeline.look()
        assert told[-1]["index/statements"] == 9 and told[-1]["index/problems"] == 3, "read again from what it had written"

    asyncio.run(asyncio.wait_for(main(), 100))
    for actor in index.shards:
        ray.kill(actor)
