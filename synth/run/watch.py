"""Progress: the actors' counts and gauges feed the display and the round's account while work goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

from synth.run.live import Kind
from synth.run.state import Run

POLL = 0.5  # seconds between looks at the actors' counts

T = TypeVar("T")

# Gauge: the key in the actors' stats, and whether it is a share (the mean over actors) or a rate (their sum).
GAUGES: dict[Kind, dict[str, tuple[str, bool]]] = {
    "samplers": {"sampler busy": ("busy_share", True), "sampled tokens/s": ("tokens_per_second", False)},
    "pools": {"pool busy": ("busy_share", True), "checks/s": ("checks_per_second", False)},
}


async def watched(job: Run, work: Awaitable[T], stages: dict[str, str], heed: Callable[[], None] = lambda: None) -> T:
    """Await `work` while the shard actors' counts feed the display; `stages` names a stage for each count.

    `heed` is called after each look.
    """
    future = asyncio.ensure_future(work)
    meter = Meter(job)
    try:
        base = await meter.read()
        while True:
            finished, _ = await asyncio.wait([future], timeout=POLL)
            now = await meter.read(0.0 if finished else POLL / 2)
            for key, stage in stages.items():
                job.progress.set(stage, now[key] - base[key], now["to_search"] - base["to_search"] if key == "searched" else None)
            for key in now:
                if key.startswith("reject: ") and now[key] > base[key]:
                    job.progress.rejected(key.removeprefix("reject: "), now[key] - base[key])
            heed()
            await gauges(job, 0.0 if finished else POLL / 2)
            if finished:
                return future.result()
    finally:
        future.cancel()
        for group in GAUGES.values():
            for name in group:
                job.progress.gauge(name, 0.0)


class Meter:
    """Reads the shard actors' counts; what they spent and what failed goes into the round's account as it grows."""

    def __init__(self, job: Run) -> None:
        self.job = job
        self._last: list[tuple[dict[str, int], dict[str, int], dict[str, int]]] = [({}, {}, {}) for _ in job.shards]
        self._began = False

    async def read(self, age: float = 0.0) -> Counter[str]:
        """The counts of all actors, not older than `age` seconds; of one that does not answer (it is restarting), those it gave last."""
        answers = await self.job.live.ask("shards", self.job.shards, age)
        total: Counter[str] = Counter()
        for index, answer in enumerate(answers):
            if answer is not None:
                if self._began:
                    self._account(self._last[index], answer)
                self._last[index] = answer
            done, rejects, _ = self._last[index]
            total.update(done)
            total.update({f"reject: {reason}": count for reason, count in rejects.items()})
        self._began = True
        return total

    def _account(self, before: tuple[dict[str, int], ...], now: tuple[dict[str, int], ...]) -> None:
        """Add what came since the last look; an actor that was restarted counts from nothing again."""
        self.job.account.tokens += _grown(before[0].get("tokens", 0), now[0].get("tokens", 0))
        for name, count in now[0].items():
            if name.startswith("spent: "):
                self.job.account.spent[name.removeprefix("spent: ")] += _grown(before[0].get(name, 0), count)
        for what, count in now[2].items():
            if grown := _grown(before[2].get(what, 0), count):
                self.job.failed(what, grown)
        if unsound := _grown(before[0].get("unsound", 0), now[0].get("unsound", 0)):
            self.job.failed("UNSOUND: a statement and its negation were both accepted; see quarantine/ in the run directory", unsound)


def _grown(before: int, now: int) -> int:
    return now - before if now >= before else now


async def gauges(job: Run, age: float) -> None:
    """What the samplers and pools are doing (not longer than `age` seconds ago): rates add up, shares are averaged."""
    for kind, group in GAUGES.items():
        known = [stats for stats in await job.live.ask(kind, job.actors(kind), age) if stats is not None]
        for name, (key, share) in group.items():
            if known:
                job.progress.gauge(name, sum(stats[key] for stats in known) / (len(known) if share else 1))
