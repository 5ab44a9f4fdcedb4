"""A pool asked from an event loop: a caller's checks in, its verdicts out, and the end of both when the caller leaves.

`Pools` is what a service asks: the pool of this machine (`MachinePool`, without Ray), or those of all nodes (`client.PoolClient`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from verify_workers.backends.base import Backend
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.pool.local import LocalPool
from verify_workers.pool.runner import Factory, configured
from verify_workers.records import Check, Verdict

CHUNK = 32  # checks that are put into the pool at a time, so that a large request does not hold up the loop
IN_FLIGHT = 8  # chunks of one request that are in the pool at a time: others get their turn
NICE = 5  # niceness of the workers' threads, and so of their Lean: whoever waits at the door is answered while all cores check
WARM = Check(id="warm", statement="theorem warm : True", proof="trivial", timeout=60)


class Pools(Protocol):
    """Answers checks, on one machine or on many."""

    async def verify(self, checks: Sequence[Check]) -> list[Verdict]:
        """One verdict per check, in their order.  Raises `UserError`, one line, when nobody can answer any more.

        Cancelled, it takes its checks back, and ends when those that run have ended.
        """
        ...

    async def warm(self) -> None:
        """One check, so that what cannot work is known before anyone asks; `UserError` when nothing works."""
        ...

    async def stats(self) -> list[dict[str, Any]]:
        """What the workers of each node are doing: `LocalPool.stats()`, with its `node`."""
        ...


class Call:
    """Some checks of one caller in a pool.  Made on the loop's thread, which is woken once, when all have their verdict."""

    def __init__(self, pool: LocalPool, checks: Sequence[Check]) -> None:
        self._pool, self._loop = pool, asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._lock = threading.Lock()
        self._verdicts: dict[int, Verdict] = {}
        self._count = len(checks)
        sinks = [partial(self._put, index) for index in range(len(checks))]
        # Never waits here, which would stop the loop: the bound is the number and size of the callers' chunks.
        self._items = [(pool.submit(check, sink, wait=False), sink) for check, sink in zip(checks, sinks, strict=True)]
        if not checks:
            self._end()

    async def answered(self) -> list[Verdict]:
        """The verdicts in the order of the checks.  Cancelled, the checks stay where they are."""
        await asyncio.shield(self._done)
        return [self._verdicts[index] for index in range(self._count)]

    def withdraw(self) -> None:
        """Nobody waits any more: what has not begun is answered at once, and the rest when it has ended."""
        for item, sink in self._items:
            if item is not None:
                self._pool.withdraw(item, sink)

    def _put(self, index: int, verdict: Verdict) -> None:
        """Takes a verdict, on a worker's thread."""
        with self._lock:
            self._verdicts[index] = verdict
            last = len(self._verdicts) == self._count
        if last:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if not self._done.done():
            self._done.set_result(None)


class MachinePool:
    """`Pools` of this machine alone, in this process."""

    def __init__(self, config: PoolConfig, factory: Factory | None = None) -> None:
        """`factory` is for tests and for backends of one's own."""
        self._pool = LocalPool(config, _giving_way(factory or (lambda: configured(config, config.backend, config.audit))))

    async def verify(self, checks: Sequence[Check]) -> list[Verdict]:
        """See `Pools`."""
        calls, verdicts = deque[Call](), list[Verdict]()
        try:
            for start in range(0, len(checks), CHUNK):
                if len(calls) == IN_FLIGHT:
                    verdicts += await calls[0].answered()
                    calls.popleft()
                calls.append(Call(self._pool, checks[start : start + CHUNK]))
                await asyncio.sleep(0)
            while calls:
                verdicts += await calls[0].answered()
                calls.popleft()
        except asyncio.CancelledError:
            for call in calls:
                call.withdraw()
            for call in calls:
                await call.answered()
            raise
        self._raise_fatal()
        return verdicts

    async def warm(self) -> None:
        """See `Pools`."""
        (verdict,) = await self.verify([WARM])
        if not verdict.accepted:
            raise UserError(f"the Lean workers do not work here ({verdict.reason}); run `synth doctor`")

    async def stats(self) -> list[dict[str, Any]]:
        """See `Pools`; the node is this host's name."""
        return [{"node": socket.gethostname(), **self._pool.stats()}]

    def close(self) -> None:
        """End the workers, now: whoever was to be answered has been."""
        self._pool.close(0.5)

    def _raise_fatal(self) -> None:
        try:
            self._pool.raise_fatal()
        except RuntimeError as error:
            raise UserError(" ".join(str(error).split())) from error


def _giving_way(factory: Factory) -> Callable[[], Backend]:
    """`factory`, in a thread that is made nicer first; what it starts inherits that."""

    def made() -> Backend:
        # Linux knows niceness of threads: 0 is the one that asks.
        os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICE))
        return factory()

    return made
