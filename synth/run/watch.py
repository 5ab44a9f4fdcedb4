"""Progress: the actors' counts and gauges feed the display while work goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import TypeVar

from synth.run.state import Run
from verify_workers.pool.client import PoolClient

POLL = 0.5  # seconds between looks at the actors' counts

T = TypeVar("T")


async def watched(job: Run, work: Awaitable[T], stages: dict[str, str]) -> T:
    """Await `work` while the shard actors' counts feed the display; `stages` names a stage for each count."""
    future = asyncio.ensure_future(work)
    base = await counts(job)
    while True:
        finished, _ = await asyncio.wait([future], timeout=POLL)
        now = await counts(job)
        for key, stage in stages.items():
            job.progress.set(stage, now[key] - base[key], now["to_search"] - base["to_search"] if key == "searched" else None)
        for key in now:
            if key.startswith("reject: ") and now[key] > base[key]:
                job.progress.rejected(key.removeprefix("reject: "), now[key] - base[key])
        await gauges(job)
        if finished:
            return future.result()


async def counts(job: Run) -> Counter[str]:
    total: Counter[str] = Counter()
    for done, rejects in await asyncio.gather(*(actor.counts.remote() for actor in job.shards)):
        total.update(done)
        total.update({f"reject: {reason}": count for reason, count in rejects.items()})
    return total


async def gauges(job: Run) -> None:
    """What the samplers and pools are doing."""
    for stats in await asyncio.gather(*(actor.stats.remote() for group in job.groups if group.up for actor in group.actors)):
        job.progress.gauge("sampler busy", stats["busy_share"])
        job.progress.gauge("sampled tokens/s", stats["tokens_per_second"])
    for stats in await PoolClient(job.pools).stats():
        if "error" in stats:
            continue
        job.progress.gauge("pool busy", stats["busy_share"])
        job.progress.gauge("checks/s", stats["checks_per_second"])
