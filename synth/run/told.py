"""What a run tells of itself while it works, to W&B and to Ray's metrics: its timeline, and each round's figures, on one axis of time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

import ray
from ray.util.metrics import Gauge

from synth.run.artifacts import works
from synth.run.cluster import trains
from synth.run.sampled import PROOFS, STATEMENTS, sampled_proofs, sampled_statements
from synth.run.state import Run
from synth.run.timeline import Timeline
from synth.show.series import prometheus, round_series
from train.tracking import tracked_id

SETTLING = 180.0  # seconds that W&B may take at the end for what goes on beside the rounds
T = TypeVar("T")


class Told:
    """Passes figures on, by the names of `synth/show/series.py`; Ray's metrics say of which run they are."""

    def __init__(self, job: Run) -> None:
        self._tracker, self._gauges = job.tracker, dict[str, Gauge]()
        self._run = {"run": tracked_id(job.config.name, job.store.id)}

    def __call__(self, figures: Mapping[str, float]) -> None:
        self._tracker.log(figures, step=step_of(figures["time"]))
        if ray.is_initialized():
            for name, value in figures.items():
                metric, labels = prometheus(name)
                if metric not in self._gauges:
                    self._gauges[metric] = Gauge(metric, "docs/monitoring.md", tag_keys=("run", *labels))
                self._gauges[metric].set(value, self._run | labels)


async def with_timeline(job: Run, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, with the timeline of `job` kept meanwhile."""
    config = job.config
    job.timeline = Timeline(job.store, job.live, job.actors, config.tracking.every, Told(job), job.progress.note, int(trains(config)))
    keeping = asyncio.create_task(job.timeline.keep())
    try:
        result = await work
        await job.timeline.settled(SETTLING)
        return result
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def idle_shares(job: Run, number: int) -> dict[str, Any]:
    """`idle` of round `number`, and `idle_of_run` up to now."""
    return await job.timeline.idle(number) if job.timeline else {}


async def tell_round(job: Run, number: int, figures: Mapping[str, Any]) -> None:
    """A finished round's figures; to W&B also a look at what it made, and where that comes from."""
    if job.timeline is None:
        return
    await job.timeline.tell(round_series(figures))
    if job.tracker.active:
        seed, steps = job.config.seed, await asyncio.to_thread(works, job, number, figures)

        def tell() -> None:
            job.tracker.table("samples/statements", STATEMENTS, sampled_statements(job.store, number, seed))
            job.tracker.table("samples/proofs", PROOFS, sampled_proofs(job.store, number, seed))
            for step in steps:
                job.tracker.work(step.name, step.kind, step.used, step.made)

        job.timeline.later(asyncio.to_thread(tell))  # without its server W&B takes long


def step_of(time: float) -> int:
    """W&B's own count of rows, which must not fall; those of one tenth of a second are one."""
    return int(10 * time)
