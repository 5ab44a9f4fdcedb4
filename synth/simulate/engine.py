"""An engine that batches continuously: with `b` sequences under way it generates `curve(b)` tokens a second, divided among them equally."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from dataclasses import dataclass

from synth.simulate.cores import ACTOR, Claim, Cores


@dataclass(frozen=True)
class Curve:
    """Tokens a second against sequences under way: `peak` * b / (b + `half`), which is a step of (half + b) / peak seconds."""

    peak: float
    half: float

    def __call__(self, sequences: float) -> float:
        return self.peak * sequences / (sequences + self.half)


@dataclass(eq=False)
class Sequence:
    """One completion under way, or `count` alike ones."""

    tokens: float
    count: int
    done: asyncio.Future[None]
    left: bool = False  # finished or dropped


class Batch:
    """The running batch of one engine, and what waits to join it."""

    def __init__(self, curve: Curve, most: int, cores: Cores, threads: float) -> None:
        self.curve, self.most, self.cores = curve, most, cores
        self.busy_seconds = 0.0
        self.running = 0  # sequences
        self.open = True
        """Whether waiting sequences may join (not while weights are swapped)."""
        self._held = False
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Sequence] = deque()
        self._heap: list[tuple[float, int, Sequence]] = []
        self._order = itertools.count()
        self._progress = 0.0  # tokens that a sequence which was always there would have by now
        self._since = self._loop.time()
        self._speed = 0.0  # of that, tokens a second
        self._timer: asyncio.TimerHandle | None = None
        self._claim = Claim(threads, ACTOR * threads, self._changed)
        self._drained: asyncio.Future[None] | None = None

    async def generate(self, tokens: float, count: int = 1) -> None:
        """Return when a sequence of so many tokens (or `count` alike ones) is complete; cancelled, it leaves the batch."""
        sequence = Sequence(tokens, count, self._loop.create_future())
        self._waiting.append(sequence)
        self._admit()
        try:
            await sequence.done
        except asyncio.CancelledError:
            self._drop(sequence)
            raise

    async def drain(self) -> None:
        """Let nobody in, and return when nothing is under way."""
        self.open = False
        if self.running:
            self._drained = self._loop.create_future()
            await self._drained

    def hold(self) -> None:
        """What is under way stands still, and nobody is let in."""
        self.open, self._held = False, True
        self._changed()

    def reopen(self) -> None:
        self.open, held, self._held = True, self._held, False
        if held:
            self._changed()
        self._admit()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def seconds(self) -> float:
        """Busy seconds up to now."""
        return self.busy_seconds + (self._loop.time() - self._since if self.running else 0.0)

    def _admit(self) -> None:
        joined = [*self._next()]
        if joined:
            self._advance()
            if not self.running:
                self.cores.add(self._claim)
            for sequence in joined:
                heapq.heappush(self._heap, (self._progress + sequence.tokens, next(self._order), sequence))
                self.running += sequence.count
            self._changed()

    def _next(self) -> list[Sequence]:
        found, running = [], self.running
        while self.open and self._waiting and (not running or running + self._waiting[0].count <= self.most):
            sequence = self._waiting.popleft()
            if not sequence.left:
                found.append(sequence)
                running += sequence.count
        return found

    def _advance(self) -> None:
        now = self._loop.time()
        self._progress += self._speed * (now - self._since)
        self.busy_seconds += (now - self._since) if self.running else 0.0
        self._since = now

    def _changed(self) -> None:
        self._advance()
        self._speed = self._claim.share * self.curve(self.running) / self.running if self.running and not self._held else 0.0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._heap and self._heap[0][2].left:
            heapq.heappop(self._heap)
        if self._heap and self._speed:
            self._timer = self._loop.call_later(max(0.0, self._heap[0][0] - self._progress) / self._speed, self._finish)

    def _finish(self) -> None:
        self._advance()
        first = self._heap[0][0]
        while self._heap and self._heap[0][0] <= max(first, self._progress):
            sequence = heapq.heappop(self._heap)[2]
            if not sequence.left:
                self._leave(sequence)
                if not sequence.done.done():
                    sequence.done.set_result(None)
        self._go_on()

    def _drop(self, sequence: Sequence) -> None:
        if sequence in self._waiting:
            self._waiting.remove(sequence)
        elif not sequence.left:
            self._advance()
            self._leave(sequence)
            self._go_on()

    def _leave(self, sequence: Sequence) -> None:
        sequence.left = True
        self.running -= sequence.count

    def _go_on(self) -> None:
        if not self.running:
            self.cores.drop(self._claim)
            if self._drained is not None and not self._drained.done():
                self._drained.set_result(None)
        self._changed()
        self._admit()
