"""Where the actors stand that compute: samplers with an engine, and node pools whose workers take checks as the real schedule says."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from synth.llm.types import Completion, Sampling, Weights
from synth.prompts import Prompt
from synth.simulate.cores import LEAN, Cores, Work
from synth.simulate.drawing import Drawing
from synth.simulate.engine import Batch
from synth.simulate.measured import Draw
from verify_workers.config import PoolConfig
from verify_workers.pool.local import NOBODY
from verify_workers.pool.runner import infra
from verify_workers.pool.schedule import Item, Schedule, passes
from verify_workers.pool.watchdog import Pulse
from verify_workers.records import Check, Outcome, Verdict


class SimulatedSampler:
    """Answers as `llm.sampler.Sampler` does; `ready` is when it has started."""

    def __init__(
        self, weights: Weights, batch: Batch, drawing: Drawing, swap: float, prompt: float, ready: float, keep: bool = False
    ) -> None:
        """`keep`: as `sampler.swap` says; what is read again of answers under way takes no time."""
        self.weights, self.batch, self.drawing, self._keep = weights, batch, drawing, keep
        self._swap, self._prompt, self._ready = swap, prompt, ready
        self._swapping = asyncio.Lock()
        self._generated = 0.0
        self._open = 0

    async def _started(self) -> None:
        await asyncio.sleep(max(0.0, self._ready - asyncio.get_running_loop().time()))

    async def check(self) -> None:
        await self._started()

    async def sample(self, prompts: list[Prompt], sampling: Sampling, weights: Weights) -> list[list[Completion] | str]:
        await self._started()
        if weights.version > self.weights.version:
            await self.load(weights)
        self._open += len(prompts)
        try:
            return list(await asyncio.gather(*(self._one(prompt, sampling) for prompt in prompts)))
        finally:
            self._open -= len(prompts)

    async def _one(self, prompt: Prompt, sampling: Sampling) -> list[Completion]:
        grain = self.drawing.grain if prompt.role == "prove" else 1

        async def complete(tokens: float, text: str, finished: bool) -> Completion:
            await self.batch.generate(tokens / grain + self._prompt / sampling.n, grain)
            self._generated += tokens
            return Completion(text, round(tokens), finished, self.weights)

        return list(await asyncio.gather(*(complete(*answer) for answer in self.drawing.answers(prompt, sampling, self.weights.version))))

    async def load(self, weights: Weights, probe: object = None) -> dict[str, float]:
        async with self._swapping:
            if weights != self.weights:
                if self._keep:
                    self.batch.hold()
                else:
                    await self.batch.drain()
                await asyncio.sleep(self._swap)
                self.weights = weights
                self.batch.reopen()
        return {"before": 0.0, "after": 0.0, "seconds": self._swap}

    async def stats(self) -> dict[str, float]:
        await self._started()
        busy = self.batch.seconds()
        return {
            "tokens": self._generated,
            "busy_seconds": busy,
            "cpu_seconds": self.batch.cpu_seconds(),
            "busy_share": busy / max(1e-3, asyncio.get_running_loop().time() - self._ready),
            "tokens_per_second": self._generated / max(1e-3, busy),
            "outstanding": float(self._open),
        }


class SimulatedPool:
    """The Lean workers of a node: `pool.node.NodePool` and `pool.local.LocalPool` without threads, on the real `Schedule`."""

    def __init__(self, config: PoolConfig, workers: int, cores: Cores, drawing: Drawing, first: float) -> None:
        """`first`: seconds before a worker's first check.  Where attempts are simulated as one, as many workers are one too."""
        self._abreast = min(drawing.grain, workers)
        self.workers = workers = workers // self._abreast
        self.config, self.cores, self.drawing, self._first = config, cores, drawing, first
        self._schedule = Schedule(workers, workers, config.defer, config.retry_timeouts)
        self._loop = asyncio.get_running_loop()
        self._idle = list(range(workers))
        self._fresh = set(range(workers))
        self._calls: dict[str, list[tuple[Item, Callable[[Verdict], None]]]] = {}
        self._withdrawn: deque[str] = deque(maxlen=256)
        self._needs: dict[Item, float] = {}
        self._busy, self._runs, self._queued, self._started = 0.0, 0, 0.0, 0
        self._cpu = 0.0
        self._at: dict[int, float] = {}  # since when a worker is at a check
        self._outcomes: Counter[str] = Counter()
        self._outstanding = 0
        self._looking: asyncio.TimerHandle | None = None

    async def verify(self, checks: list[Check], ticket: str = "") -> list[Verdict]:
        if ticket in self._withdrawn:
            return [infra(check.id, NOBODY) for check in checks]
        verdicts: dict[int, Verdict] = {}
        done = self._loop.create_future()

        def sink(index: int) -> Callable[[Verdict], None]:
            def put(verdict: Verdict) -> None:
                verdicts[index] = verdict
                if len(verdicts) == len(checks) and not done.done():
                    done.set_result(None)

            return put

        call = []
        for index, check in enumerate(checks):
            first, last = passes(self.config.timeout_first, min(check.timeout, self.config.timeout_last))
            item = Item(check, first, last, waiters=[(check.id, put := sink(index))])
            self._outstanding += 1
            self._schedule.add(item, self._loop.time())
            call.append((item, put))
        self._calls[ticket] = call
        self._fill()
        await done
        self._calls.pop(ticket, None)
        return [verdicts[index] for index in range(len(checks))]

    async def withdraw(self, ticket: str) -> None:
        if ticket not in self._calls:
            self._withdrawn.append(ticket)
        for item, put in self._calls.get(ticket, []):
            if item.done:
                continue
            if self._schedule.discard(item):
                self._leave(item)
                put(infra(item.check.id, NOBODY))
            else:
                item.abandoned = True

    async def ping(self) -> Pulse:
        return Pulse(self._outcomes.total(), self._outstanding, 0.0)

    async def stats(self) -> dict[str, Any]:
        now, checks = self._loop.time(), self._outcomes.total()
        busy = self._busy + sum(now - at for at in self._at.values())
        return {
            "workers": self.workers,
            "checks": checks,
            "runs": self._runs,
            "outstanding": self._outstanding,
            "checks_per_second": checks / max(1e-3, now),
            "busy_seconds": busy,
            "cpu_seconds": self._cpu,
            "busy_share": busy / max(1e-3, now * self.workers),
            "queue_seconds_mean": self._queued / max(1, self._started),
            "outcomes": dict(self._outcomes),
        }

    def _fill(self) -> None:
        while self._idle and (item := self._schedule.take(self._idle[-1], self._loop.time())) is not None:
            self._begin(self._idle.pop(), item)
        if self._idle and self._schedule.waiting and self._looking is None:  # what is overdue becomes runnable by time alone
            self._looking = self._loop.call_later(1.0, self._look)

    def _look(self) -> None:
        self._looking = None
        self._fill()

    def _begin(self, worker: int, item: Item) -> None:
        now = self._loop.time()
        if item.runs == 1:
            self._queued, self._started = self._queued + now - item.arrived, self._started + 1
        draw = self.drawing.judged(item.check)
        timed_out = draw.outcome == Outcome.TIMEOUT or draw.seconds > self.drawing.grain * item.limit
        lean = seconds = min(draw.seconds, item.limit) if timed_out else draw.seconds
        seconds += self.drawing.grain * self.drawing.lean * self.drawing.measured.pool_seconds
        seconds /= self._abreast
        if worker in self._fresh:
            self._fresh.discard(worker)
            seconds += self._first
        self._at[worker] = now
        crowded = self._schedule.crowded
        share = lean / seconds if seconds else 0.0  # of the time, with what others had of the core, that a verdict calls its own
        Work(self.cores, seconds, LEAN, lambda: self._end(worker, item, share, seconds, draw, timed_out, crowded))

    def _end(self, worker: int, item: Item, share: float, cpu: float, draw: Draw, timed_out: bool, crowded: bool) -> None:
        now = self._loop.time()
        passed = now - self._at.pop(worker)
        self._busy += passed
        self._cpu += cpu
        seconds = share * passed
        self._runs += 1
        self._idle.append(worker)
        over = True
        if not timed_out or item.abandoned:
            self._schedule.release(item)
        else:
            over = self._schedule.timed_out(item, now, crowded or self._schedule.crowded)
        if over:
            self._leave(item)
            name, put = item.waiters[0]
            if item.abandoned:
                put(infra(name, NOBODY))
            else:
                outcome, reason = Outcome.TIMEOUT if timed_out else Outcome(draw.outcome), draw.reason
                self._outcomes[outcome] += self.drawing.attempts(item.check)
                audit, form = ("kernel" if outcome is Outcome.ACCEPTED else "none"), ""
                put(Verdict(id=name, outcome=outcome, reason=reason, audit=audit, seconds=seconds, form=form, backend="simulated"))
        self._fill()

    def _leave(self, item: Item) -> None:
        item.done = True
        self._outstanding -= 1
