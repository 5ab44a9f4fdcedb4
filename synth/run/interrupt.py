"""Ctrl-C and SIGTERM while a run works: the first ends it in order, the second at once, and no trace is shown."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import closing
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

SIGNALS = (signal.SIGINT, signal.SIGTERM)
heard: list[int] = []
"""The signals that this command was to end for before there was work.  A KeyboardInterrupt may be lost: wherever C code calls Python back,
in the callback of a weak reference, in an import that takes any exception for a missing module."""


class Interrupts:
    """A context that turns the first SIGINT or SIGTERM into the end of `run`, then into KeyboardInterrupt.

    While it winds up, a second one ends this process and all that it started, at once.  On the way out the handlers from
    before are back, and the one of the signal that came is called.
    """

    def __init__(self, resumable: bool = True) -> None:
        self.resumable = resumable
        self.received: list[int] = []
        self._cancel: Callable[[], object] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.getsignal(number) for number in SIGNALS}
        for number, before in self._before.items():
            if before is not signal.SIG_IGN:  # a job in the background of a shell is not to hear Ctrl-C
                signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if self.received and (before := self._before[self.received[0]]) is not signal.SIG_IGN:
            if callable(before):
                before(self.received[0], None)  # the command line tells SIGTERM from Ctrl-C, and raises KeyboardInterrupt
            raise KeyboardInterrupt  # whoever handled it before

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.received.append(number)
        if len(self.received) > 1:
            end_at_once(self.received[0], self.resumable)
        if self._cancel is None:
            raise KeyboardInterrupt
        self._cancel()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` to its end; an interruption cancels it and is raised as KeyboardInterrupt when it has wound up."""
        if self.received or heard:  # and its KeyboardInterrupt was lost
            work.close()
            raise KeyboardInterrupt
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            task = loop.create_task(work)
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
            try:
                result = loop.run_until_complete(task)
                if self.received:  # something in it has caught its cancellation
                    raise KeyboardInterrupt
                return result
            except asyncio.CancelledError:
                if self.received:
                    raise KeyboardInterrupt from None
                raise
            except BaseException:
                if self.received:  # whatever failed while it was winding up
                    raise KeyboardInterrupt from None
                raise
            finally:
                self._cancel = lambda: None
                if self.received:
                    loop.set_exception_handler(lambda *_: None)  # what was left behind is over, and no news


def interruptible(work: Coroutine[Any, Any, T], resumable: bool = True) -> T:
    """What `work` returns, under `Interrupts`."""
    with closing(work), Interrupts(resumable) as interrupts:
        return interrupts.run(work)


def end_at_once(number: int, resumable: bool = True) -> None:
    """End this process and its descendants (a Ray of our own among them), with the one line that an interruption gets."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        try:
            process.kill()
        except psutil.Error:
            continue
    cursor = "\x1b[?25h\n" if sys.stderr.isatty() else ""  # the live display hides it
    line = "synth: interrupted" + ("; run the same command to continue" if resumable else "")
    os.write(2, f"{cursor}{line}\n".encode())
    os._exit(128 + number)


def in_thread(function: Callable[[], T]) -> asyncio.Future[T]:
    """`function` in a thread that neither the event loop nor the interpreter waits for at their end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())  # after a cancellation nobody asks for it

    def settle(result: Any, error: BaseException | None) -> None:
        if not future.done():
            future.set_result(result) if error is None else future.set_exception(error)

    def work() -> None:
        result, failure = None, None
        try:
            result = function()
        except BaseException as error:  # handed to whoever waits
            failure = error
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:
            return  # the loop is closed: nobody waits

    threading.Thread(target=work, daemon=True, name=getattr(function, "__name__", "work")).start()
    return future


async def together(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    """The results of `work`, done at the same time; where one of it fails, the rest is cancelled and waited for."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
