"""Progress: the actors' counts and gauges feed the display and the round's account while work goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

from synth.run.live import Kind
from synth.run.state import Run

POLL = 0.5  # seconds between looks at the actors' counts
LOOKS = 500.0  # actors that are looked at in a second, at most: of thousands the driver would do nothing else

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
    future.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody asks for it after a cancellation
    meter = Meter(job)
    try:
        await meter.read()
        while True:
            finished, _ = await asyncio.wait([future], timeout=(pause := between_looks(job)))
            now = await meter.read(0.0 if finished else pause / 2)
            for key, stage in stages.items():
                job.progress.set(stage, now[key], now["to_search"] if key == "searched" else None)
            for key in now:
                if key.startswith("reject: ") and now[key]:
                    job.progress.rejected(key.removeprefix("reject: "), now[key])
            heed()
            await gauges(job, 0.0 if finished else pause / 2)
            if finished:
                return future.result()
    finally:
        future.cancel()
        for group in GAUGES.values():
            for name in group:
                job.progress.gauge(name, 0.0)


def between_looks(job: Run) -> float:
    """Seconds until all actors are looked at again."""
    return max(POLL, (len(job.actors("shards")) + len(job.actors("samplers")) + len(job.actors("pools"))) / LOOKS)


class Meter:
    """Reads the shard actors' counts; what they spent and what failed goes into the round's account as it grows."""

    def __init__(self, job: Run) -> None:
        self.job = job
        self._last: list[tuple[dict[str, int], dict[str, int], dict[str, int]]] = [({}, {}, {}) for _ in job.shards]
        self._first: list[Counter[str]] = [Counter() for _ in job.shards]
        self._most: Counter[str] = Counter()
        self._began = False

    async def read(self, age: float = 0.0) -> Counter[str]:
        """What all actors have done since the first look, as of not more than `age` seconds ago; it never falls.

        One that does not answer (it is restarting) counts as it did last; one that was restarted counts from nothing again.
        """
        answers = await self.job.live.ask("shards", self.job.shards, age)
        total: Counter[str] = Counter()
        for index, answer in enumerate(answers):
            if answer is not None:
                if self._began:
                    self._account(self._last[index], answer)
                else:
                    self._first[index] = _counts(answer)
                if any(answer[0].get(name, 0) < count for name, count in self._last[index][0].items()):
                    self._first[index] = Counter()
                self._last[index] = answer
            total.update(_counts(self._last[index]) - self._first[index])
        self._began = True
        self._most |= total
        return self._most

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


def _counts(answer: tuple[dict[str, int], ...]) -> Counter[str]:
    done, rejects, _ = answer
    return Counter({**done, **{f"reject: {reason}": count for reason, count in rejects.items()}})


def _grown(before: int, now: int) -> int:
    return now - before if now >= before else now


async def gauges(job: Run, age: float) -> None:
    """What the samplers and pools are doing (not longer than `age` seconds ago): rates add up, shares are averaged."""
    for kind, group in GAUGES.items():
        known = [stats for stats in await job.live.ask(kind, job.actors(kind), age) if stats is not None]
        for name, (key, share) in group.items():
            if known:
                job.progress.gauge(name, sum(stats[key] for stats in known) / (len(known) if share else 1))
