"""Talking with one confined Lean process that answers many questions: what `repl` and `worker` have in common.

A question is written, and output is read until the reply is whole, the time is over, the memory is, or the process hangs
up.  After any of the last three the process is gone, so that nothing late can be taken for the next answer.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from verify_workers.backends.launch import Limits, confined, crash_on, died, environment
from verify_workers.lean.install import Lean
from verify_workers.processes import private_bytes
from verify_workers.records import Check, Outcome, Verdict

POLL = 0.05  # seconds between looks at the clock and the memory
MAX_REPLY = 64 << 20  # bytes
CPU_SECONDS = 24 * 3600  # of one process; a check's own limit is wall time
HEADER_MEMORY = 16 << 30  # bytes of private memory while a header is imported
FILES = 1024  # open at a time
GOODBYE = 5.0  # seconds for a process that has closed its output to end
KEPT_ERRORS = 4000  # bytes of standard error kept for a message

Reply = TypeVar("Reply")


class LeanFailed(Exception):
    """The process is gone or what it says is no reply to us: it has been ended and no verdict exists."""


class Ended(LeanFailed):
    """The process ended by itself, with a status of its own choice, before its reply was whole."""


class Stopped(Exception):
    """The process was ended because a question used up what it may; `outcome` says what."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


class Crashed(Exception):
    """The process crashed on a question; `end` is what `launch.died` says of it."""

    def __init__(self, end: tuple[Outcome, str, str]) -> None:
        super().__init__(end[2])
        self.end = end


class Conversation:
    """One process in a session of its own, spoken to from one thread; another may close it."""

    def __init__(self, lean: Lean, program: list[str], folder: str, memory: int) -> None:
        """`program` runs confined, in `folder`, in the environment of `lean`; `memory` bounds its address space beyond what is mapped."""
        limits = Limits(CPU_SECONDS, memory, FILES, readable=(Path(folder),))
        self.turn = 0  # which question was asked last, as the backend counts
        self._output, self._errors = bytearray(), bytearray()
        self._asking = threading.Lock()
        try:
            self._process = subprocess.Popen(
                confined(lean, limits, program),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=environment(lean, folder),
                start_new_session=True,
            )
        except OSError as error:
            raise LeanFailed(f"cannot start {program[0]}: {error}") from error
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def private(self) -> int:
        """Bytes of private memory in use."""
        return private_bytes(self._process.pid)

    def ask(self, question: bytes, take: Callable[[bytearray], Reply | None], seconds: float, memory: int, unasked: bool = False) -> Reply:
        """The reply to `question`.

        `take` sees the output so far, removes what it understood, and returns the reply once that is whole.  Private
        memory may reach `memory` bytes.  Output before the question is an error unless `unasked`.
        Raises Stopped, Crashed or LeanFailed; the process is gone then.
        """
        try:
            with self._asking:
                return self._ask(question, take, time.monotonic() + seconds, memory, unasked)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the process and its group (idempotent, from any thread)."""
        process = self._process
        if process.returncode is None:
            # Not yet reaped, so the number of the group is still its own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        with self._asking:  # who asks sees the end of the output first
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    with contextlib.suppress(OSError):
                        stream.close()

    def _ask(self, question: bytes, take: Callable[[bytearray], Reply | None], deadline: float, memory: int, unasked: bool) -> Reply:
        process = self._process
        assert process.stdin and process.stdout and process.stderr
        pending = memoryview(question)
        with selectors.DefaultSelector() as selector:
            for stream in (process.stdout, process.stderr):
                selector.register(stream, selectors.EVENT_READ)
            while selector.select(0):  # what was said while nobody asked
                self._read(selector)
                if self._output.strip() and not unasked:
                    raise LeanFailed("a reply that nobody asked for")
                if process.stdout not in selector.get_map():
                    raise LeanFailed(self._last_words())
            selector.register(process.stdin, selectors.EVENT_WRITE)
            while True:
                for key, _ in selector.select(POLL):
                    if key.fileobj is process.stdin:
                        try:
                            pending = pending[os.write(key.fd, pending[: 1 << 16]) :]
                        except BrokenPipeError:
                            pending = pending[len(pending) :]
                        if not pending:
                            selector.unregister(process.stdin)
                if self._read(selector):
                    reply = take(self._output)
                    if reply is not None:
                        return reply
                if process.stdout not in selector.get_map():
                    raise self._hung_up()
                if time.monotonic() > deadline:
                    raise Stopped(Outcome.TIMEOUT)
                if self.private > memory or len(self._output) > MAX_REPLY:
                    raise Stopped(Outcome.RESOURCE)

    def _read(self, selector: selectors.BaseSelector) -> bool:
        """Take what both streams hold, and say whether output grew; a stream at its end leaves the selector."""
        process, before = self._process, len(self._output)
        for stream, buffer in ((process.stdout, self._output), (process.stderr, self._errors)):
            assert stream is not None
            if stream not in selector.get_map():
                continue
            with contextlib.suppress(BlockingIOError):
                data = os.read(stream.fileno(), 1 << 20)
                if not data:
                    selector.unregister(stream)
                buffer += data
        del self._errors[:-KEPT_ERRORS]
        return len(self._output) > before

    def _hung_up(self) -> Crashed | LeanFailed:
        """Why the process closed its output before the reply was whole."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._process.wait(GOODBYE)
            end = died(status, bytes(self._errors))
            if end and not self._output.strip():
                return Crashed(end)
            if status >= 0:
                return Ended(self._last_words())
        return LeanFailed(self._last_words())

    def _last_words(self) -> str:
        """What is known of a process that hung up."""
        words = self._errors.decode("utf-8", "replace").strip().splitlines()
        torn = " in the middle of a reply" if self._output.strip() else ""
        return f"Lean ended{torn}" + (f": {words[-1]}" if words else "")


def without_reply(check: Check, trouble: Stopped | Crashed | LeanFailed) -> Verdict:
    """The verdict on a check that was not answered."""
    if isinstance(trouble, LeanFailed):
        return Verdict(id=check.id, outcome=Outcome.INFRA, reason=str(trouble))
    if isinstance(trouble, Stopped):
        why = "timeout" if trouble.outcome is Outcome.TIMEOUT else "memory or output"
        return Verdict(id=check.id, outcome=trouble.outcome, reason=why)
    return crash_on(check, trouble.end)
