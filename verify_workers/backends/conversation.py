"""Talking with one confined Lean process that answers many questions: what `repl` and `worker` have in common.

A question is written, and output is read until the reply is whole, the time is over, the memory is, or the process hangs
up.  After any of the last three the process is gone, so that nothing late can be taken for the next answer.
"""

from __future__ import annotations

import contextlib
import os
import select
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
        process = self._process
        assert process.stdin and process.stdout and process.stderr
        self._stdin, self._stdout, self._stderr = process.stdin.fileno(), process.stdout.fileno(), process.stderr.fileno()
        for number in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(number, False)
        self._open = {self._stdout, self._stderr}  # streams that have not come to their end
        self._poll = select.poll()  # of these, and of its input while a question waits to be written
        for number in self._open:
            self._poll.register(number, select.POLLIN)

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
        if self._process.stdin is None or self._process.stdin.closed:  # the numbers may be those of other files by now
            raise LeanFailed("the process has been ended")
        while self._poll.poll(0):  # what was said while nobody asked
            self._read()
            if self._output.strip() and not unasked:
                raise LeanFailed("a reply that nobody asked for")
            if self._stdout not in self._open:
                raise LeanFailed(self._last_words())
        pending = self._write(memoryview(question))
        if pending:
            self._poll.register(self._stdin, select.POLLOUT)
        try:
            looked = time.monotonic()
            while True:
                self._poll.poll(POLL * 1000)
                if pending:
                    pending = self._write(pending)
                    if not pending:
                        self._poll.unregister(self._stdin)
                if self._read():
                    reply = take(self._output)
                    if reply is not None:
                        return reply
                if self._stdout not in self._open:
                    raise self._hung_up()
                now = time.monotonic()
                if now > deadline:
                    raise Stopped(Outcome.TIMEOUT)
                if len(self._output) > MAX_REPLY:
                    raise Stopped(Outcome.RESOURCE)
                if now - looked >= POLL:
                    looked = now
                    if self.private > memory:
                        raise Stopped(Outcome.RESOURCE)
        finally:
            if pending:
                self._poll.unregister(self._stdin)

    def _write(self, pending: memoryview) -> memoryview:
        """What is left of a question after some of it was written; nothing if nobody reads it any more."""
        try:
            return pending[os.write(self._stdin, pending[: 1 << 16]) :]
        except BlockingIOError:
            return pending
        except BrokenPipeError:
            return pending[len(pending) :]

    def _read(self) -> bool:
        """Take what both streams hold, and say whether output grew; a stream at its end is not looked at again."""
        before = len(self._output)
        for stream, buffer in ((self._stdout, self._output), (self._stderr, self._errors)):
            if stream not in self._open:
                continue
            with contextlib.suppress(BlockingIOError):
                data = os.read(stream, 1 << 20)
                if not data:
                    self._poll.unregister(stream)
                    self._open.discard(stream)
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
