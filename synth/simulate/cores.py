"""CPU cores that are shared: who has work gets a share by weight, and nobody more than it can use."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field

PLENTY = math.inf

# Linux's weights of the nicenesses that a run's processes have (kernel/sched/core.c): Ray's actors 15, Lean 19.
ACTOR, LEAN = 36.0, 15.0

LEAST = 0.05  # cores that are left for all others


@dataclass(eq=False)
class Claim:
    """Something that computes as long as it has a claim."""

    wants: float
    """Cores that it can use."""
    weight: float
    changed: Callable[[], None]
    """Called after `share` has changed."""
    share: float = 1.0
    """What it gets of what it wants, 0..1."""


@dataclass
class Cores:
    """The cores of one machine; `PLENTY`: nobody is in another's way.

    `beside`: cores that the driver, Ray, shards and whatever else is on the machine have always at work.
    """

    count: float = PLENTY
    beside: float = 0.0
    claims: dict[Claim, None] = field(default_factory=dict)
    _used: float = 0.0
    _since: float = 0.0

    def used(self, now: float) -> float:
        """Seconds of all cores together up to `now`, a clock's time; of cores that nobody shares 0."""
        return self._used + (now - self._since) * (self.beside + sum(claim.share * claim.wants for claim in self.claims))

    def add(self, claim: Claim) -> None:
        if self.count < PLENTY:
            self._account()
            self.claims[claim] = None
            self._divide()

    def drop(self, claim: Claim) -> None:
        if claim in self.claims:
            self._account()
            del self.claims[claim]
            self._divide()

    def _account(self) -> None:
        now = asyncio.get_running_loop().time()
        self._used, self._since = self.used(now), now

    def _divide(self) -> None:
        """Max-min fair by weight, of what the driver and the like leave: theirs is by far the largest."""
        left, weights = max(LEAST, self.count - self.beside), sum(claim.weight for claim in self.claims)
        changed = []
        for claim in sorted(self.claims, key=lambda claim: claim.wants / claim.weight):
            got = min(claim.wants, left * claim.weight / weights)
            left, weights = left - got, weights - claim.weight
            if (share := got / claim.wants) != claim.share:
                claim.share = share
                changed.append(claim)
        for claim in changed:
            claim.changed()


class Work:
    """`seconds` of one core's work on `cores`; `done()` is called at its end."""

    def __init__(self, cores: Cores, seconds: float, weight: float, done: Callable[[], None]) -> None:
        self._loop, self._cores, self._done = asyncio.get_running_loop(), cores, done
        self._left, self._since = seconds, self._loop.time()
        self._claim = Claim(1.0, weight, self._changed)
        self._share = 1.0
        self._timer = self._loop.call_later(seconds, self._end)
        cores.add(self._claim)

    def _changed(self) -> None:
        now = self._loop.time()
        self._left -= self._share * (now - self._since)
        self._since, self._share = now, self._claim.share
        self._timer.cancel()
        self._timer = self._loop.call_later(max(0.0, self._left) / self._share, self._end)

    def _end(self) -> None:
        self._cores.drop(self._claim)
        self._done()

    def cancel(self) -> None:
        self._timer.cancel()
        self._cores.drop(self._claim)


async def work(cores: Cores, seconds: float, weight: float) -> None:
    """Return when so much of one core's work is done."""
    done = asyncio.Event()
    job = Work(cores, seconds, weight, done.set)
    try:
        await done.wait()
    finally:
        job.cancel()
