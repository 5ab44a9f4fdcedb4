"""A simulated clock: an event loop on which waiting takes no time.

Where nothing is ready the clock jumps to the next timer; work between two awaits takes none.  Threads are run at once, in the loop's own,
so that a simulation is the same whenever it is repeated.
"""

from __future__ import annotations

import asyncio
import gc
import os
import selectors
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")
RARELY = (200_000, 20, 100)  # as `gc.set_threshold`: among the objects of 100,000 cores a look for garbage takes longer than all else


class Stuck(RuntimeError):
    """Everything waits for something that nobody will do."""


class _Jumping(selectors.SelectSelector):
    """Waits by moving the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("the simulation waits for something that nobody will do")
        self.now += max(0.0, timeout)
        return []


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds are simulated, from 0."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)
        self.failure: BaseException | None = None
        self.set_exception_handler(self._failed)

    def time(self) -> float:
        return self._jumping.now

    def _failed(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A callback has failed, and with it the simulation; what nobody waits for is the failure of an actor that died."""
        if "never retrieved" not in context["message"] and "destroyed" not in context["message"]:
            self.failure = context.get("exception") or RuntimeError(context["message"])
            self.stop()

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any, context: Any = None) -> asyncio.Handle:  # type: ignore[override]
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except BaseException as error:
            future.set_exception(error)
        return future


@contextmanager
def everywhere(loop: SimulatedLoop) -> Iterator[None]:
    """All code of this process reads the simulated clock, and nothing is forced onto the disk."""
    monotonic, fsync = time.monotonic, os.fsync
    time.monotonic, os.fsync = loop.time, lambda fd: None
    try:
        yield
    finally:
        time.monotonic, os.fsync = monotonic, fsync


def simulate(work: Callable[[SimulatedLoop], Coroutine[Any, Any, T]]) -> T:
    """The result of `work(loop)` on a clock of its own.  Raises Stuck where everything waits for ever."""
    loop, often = SimulatedLoop(), gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        with everywhere(loop):
            task = loop.create_task(work(loop))
            try:
                return loop.run_until_complete(task)
            except RuntimeError as error:
                raise loop.failure or error from None
            finally:
                with suppress(Stuck):  # interrupted, it may be in the middle of anything
                    loop.run_until_complete(_ended(asyncio.all_tasks(loop)))
    finally:
        gc.set_threshold(*often)
        loop.close()


async def _ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel what is still under way."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
