"""The community REPL in a user's lake project: Mathlib's road into this project.

The header is imported once, as environment 0 of a REPL process; every candidate is elaborated from environment 0, so none
sees another.  Replies carry the number of the environment that they made, which must be the next one: a reply that is
lost, repeated, late or torn ends the process, and the check ends as `infra`.  Text is read (policy + pin + axiom list),
so verdicts say `audit: text`.

Protocol: github.com/leanprover-community/repl: a JSON object and a blank line either way.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from typing import Any, Self

from verify_workers import pin, policy
from verify_workers.backends.process import confined, died
from verify_workers.kernel import header as headers
from verify_workers.kernel.children import anonymous
from verify_workers.lean.project import LakeProject
from verify_workers.records import Check, Message, Outcome, Reason, Snippet, Verdict

POLL = 0.05  # seconds between looks at the clock and the memory
MAX_REPLY = 64 << 20  # bytes
CPU_SECONDS = 24 * 3600  # of one REPL; a check's own limit is wall time
HEADER_MEMORY = 16 << 30  # bytes of private memory while a header is imported
FILES = 1024  # open at a time
GOODBYE = 5.0  # seconds for a REPL that has closed its output to end
KEPT_ERRORS = 4000  # bytes of standard error kept for a message
# As in the other backends: an unknown name is an error, unless the header itself says otherwise.
OPTIONS = "set_option autoImplicit false\nset_option relaxedAutoImplicit false\n"
_SEVERITIES = {"error": "error", "warning": "warning"}
_NO_MODULE = ("unknown module prefix", "unknown package", "object file", "no directory")


class ReplFailed(Exception):
    """The REPL is gone or its replies are not those to our commands: it has been ended and no verdict exists."""


class ReplStopped(Exception):
    """The REPL was ended because a command used up what it may; `outcome` says what."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


class ReplCrashed(Exception):
    """The REPL crashed on a command as Lean does on very deep recursion."""

    def __init__(self, outcome: Outcome, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome, self.reason, self.detail = outcome, reason, detail


class Repl:
    """One REPL process in a session of its own, spoken to from one thread; another may close it."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: str) -> None:
        self._output, self._errors = bytearray(), bytearray()
        self._asking = threading.Lock()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise ReplFailed(f"cannot start the REPL: {error}") from error
        streams = (self._process.stdin, self._process.stdout, self._process.stderr)
        for stream in streams:
            assert stream is not None
            os.set_blocking(stream.fileno(), False)

    @property
    def private(self) -> int:
        """Bytes of private memory in use."""
        return anonymous(self._process.pid)

    def ask(self, command: dict[str, Any], seconds: float, memory: int) -> dict[str, Any]:
        """The reply to `command`; private memory may reach `memory` bytes.

        Raises ReplStopped, ReplCrashed or ReplFailed; the process is gone then.
        """
        try:
            with self._asking:
                return self._ask(command, time.monotonic() + seconds, memory)
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

    def _ask(self, command: dict[str, Any], deadline: float, memory: int) -> dict[str, Any]:
        process = self._process
        assert process.stdin and process.stdout and process.stderr
        searched = 0  # bytes of output without the end of a reply
        pending = memoryview(json.dumps(command).encode() + b"\n\n")
        with selectors.DefaultSelector() as selector:
            for stream in (process.stdout, process.stderr):
                selector.register(stream, selectors.EVENT_READ)
            while selector.select(0):  # what was said while nobody asked
                self._read(selector)
                if self._output.strip():
                    raise ReplFailed("a reply that nobody asked for")
                if process.stdout not in selector.get_map():
                    raise ReplFailed(self._last_words())
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
                self._read(selector)
                if self._output[:1].isspace():
                    del self._output[: len(self._output) - len(self._output.lstrip())]
                end = self._output.find(b"\n\n", max(0, searched - 1))
                searched = len(self._output)
                if end >= 0:
                    reply, rest = bytes(self._output[:end]), bytes(self._output[end:])
                    if rest.strip():
                        raise ReplFailed("more than one reply to one command")
                    self._output.clear()
                    return _object(reply)
                if process.stdout not in selector.get_map():
                    raise self._hung_up()
                if time.monotonic() > deadline:
                    raise ReplStopped(Outcome.TIMEOUT)
                if self.private > memory or len(self._output) > MAX_REPLY:
                    raise ReplStopped(Outcome.RESOURCE)

    def _read(self, selector: selectors.BaseSelector) -> None:
        """Take what both streams hold; a stream at its end leaves the selector."""
        process = self._process
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

    def _hung_up(self) -> ReplCrashed | ReplFailed:
        """Why the process closed its output before the reply was whole."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            end = died(self._process.wait(GOODBYE), bytes(self._errors))
            if end and not self._output.strip():
                return ReplCrashed(*end)
        return ReplFailed(self._last_words())

    def _last_words(self) -> str:
        words = self._errors.decode("utf-8", "replace").strip().splitlines()
        torn = " in the middle of a reply" if self._output.strip() else ""
        return f"the REPL ended{torn}" + (f": {words[-1]}" if words else "")


class ReplBackend:
    """See `verify_workers.backends.base.Backend`; one REPL process, on the header of the last check."""

    name = "repl"

    def __init__(self, project: LakeProject, memory_mb: int = 4096, header_seconds: float = 300.0) -> None:
        """`memory_mb` (MB of 2^20 bytes) bounds private memory; `header_seconds` the import of a header."""
        if project.repl is None:
            raise ValueError("the project has no REPL")
        self.lean, self.library = project.version, project.revision
        self._project, self._memory, self._header_seconds = project, memory_mb << 20, header_seconds
        self._program = str(project.repl)
        self._folder = tempfile.mkdtemp(prefix="proof-synth-")  # the working directory of the REPL: nothing in it can be written
        self._repl: Repl | None = None
        self._header, self._last = "", 0
        self._imported = 0  # bytes of private memory after the header

    @classmethod
    def tested(cls, project: LakeProject, memory_mb: int = 4096, header_seconds: float = 300.0) -> Self:
        """A backend that has told a true theorem from a false one; raises ReplFailed if it cannot."""
        backend = cls(project, memory_mb, header_seconds)
        try:
            for right, outcome in ((2, Outcome.ACCEPTED), (3, Outcome.REJECTED)):
                verdict = backend.check(Check(id="self-test", statement=f"theorem self_test : 1 + 1 = {right}", proof="rfl"))
                if verdict.outcome is not outcome:
                    raise ReplFailed(f"self-test: 1 + 1 = {right} was {verdict.outcome} ({verdict.reason})")
        except BaseException:
            backend.close()
            raise
        return backend

    def check(self, check: Check) -> Verdict:
        """The verdict on one check: policy first, then the REPL on the pinned text."""
        started = time.monotonic()
        verdict = None if isinstance(check, Snippet) else policy.refusal(check)
        if verdict is None:
            try:
                verdict = self._ask(check)
            except (ReplStopped, ReplCrashed, ReplFailed) as trouble:
                self._end()
                verdict = _without_reply(check, trouble)
        origin = {"lean": self.lean, "library": self.library, "backend": self.name, "seconds": time.monotonic() - started}
        return verdict.model_copy(update=origin)

    def close(self) -> None:
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    # ---- the check ----

    def _ask(self, check: Check) -> Verdict:
        if isinstance(check, Snippet):
            top, own = headers.split(check.header), headers.split(check.code or "")
            file, header, body = None, "".join(f"import {module}\n" for module in own.imports) + check.header, own.rest
            if own.imports and top.imports:
                header = "".join(f"import {module}\n" for module in (*top.imports, *own.imports)) + top.rest
            above = 0
        else:
            file, header = pin.build(check), check.header
            body, above = file.text[len(header) + 1 :], header.count("\n") + 1
        problem = self._enter(header)
        if problem:
            message = Message(severity="error", line=1, column=0, text=f"the header: {problem[: pin.MAX_MESSAGE_CHARACTERS]}")
            return Verdict(id=check.id, outcome=Outcome.REJECTED, reason=Reason.STATEMENT, messages=[message])
        assert self._repl is not None
        reply = self._repl.ask({"cmd": body, "env": 0}, check.timeout, self._imported + self._memory)
        replies = sorted(self._messages(reply, above), key=lambda message: message.line)
        if self._repl.private > self._imported + self._memory // 2:
            self._end()  # every environment stays in its memory
        try:
            reading = pin.decide(file, replies) if file else pin.decide_snippet(replies, 0)
        except pin.Malformed as error:
            raise ReplFailed(str(error)) from error
        return Verdict(
            id=check.id,
            outcome=reading.outcome,
            reason=str(reading.reason),
            messages=list(reading.messages),
            axioms=list(reading.axioms),
            audit="text" if file else "none",
        )

    def _enter(self, header: str) -> str:
        """Have a REPL whose environment 0 is `header`; returns Lean's words if the header itself is in error."""
        if self._repl is not None and self._header == header:
            return ""
        self._end()  # never two imports in one process
        top = headers.split(header)
        limits = {"parent": os.getpid(), "cpu": CPU_SECONDS, "memory": HEADER_MEMORY + self._project.mapped, "files": FILES}
        environment = self._project.environment() | {"TMPDIR": self._folder}
        self._repl = Repl([*confined(limits), self._program], environment, self._folder)
        self._header, self._last = header, -1
        text = "".join(f"import {module}\n" for module in top.imports) + OPTIONS + top.rest
        try:
            reply = self._repl.ask({"cmd": text}, self._header_seconds, HEADER_MEMORY)
        except ReplStopped as stopped:
            raise ReplFailed(f"importing the header took more than it may ({stopped.outcome})") from stopped
        except ReplCrashed as crash:
            raise ReplFailed(f"importing the header: {crash}") from crash
        if isinstance(reply.get("message"), str) and any(words in reply["message"] for words in _NO_MODULE):
            problem: str = reply["message"]
        else:
            problem = next((message.text for message in self._messages(reply, 0) if message.severity == "error"), "")
        if problem:
            self._end()
        else:
            self._imported = self._repl.private
        return problem

    def _messages(self, reply: dict[str, Any], above: int) -> list[Message]:
        """Lean's messages in a reply, `above` lines further down; ReplFailed unless it is the reply to the last command."""
        if reply.get("env") != self._last + 1 or isinstance(reply.get("env"), bool):
            said = reply.get("message", f"environment {reply.get('env')}")
            raise ReplFailed(f"not the reply that was due (environment {self._last + 1}): {str(said)[:200]}")
        self._last += 1
        try:
            return [
                Message(
                    severity=_SEVERITIES.get(row["severity"], "info"),
                    line=row["pos"]["line"] + above,
                    column=row["pos"]["column"],
                    text=row["data"],
                    end_line=row["endPos"]["line"] + above if row.get("endPos") else None,
                    end_column=row["endPos"]["column"] if row.get("endPos") else None,
                )
                for row in reply.get("messages", [])
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise ReplFailed(f"a reply with an unknown shape: {json.dumps(reply)[:200]}") from error

    def _end(self) -> None:
        repl, self._repl = self._repl, None
        if repl is not None:
            repl.close()


def _without_reply(check: Check, trouble: ReplStopped | ReplCrashed | ReplFailed) -> Verdict:
    """The verdict on a check that the REPL did not answer."""
    if isinstance(trouble, ReplFailed):
        return Verdict(id=check.id, outcome=Outcome.INFRA, reason=str(trouble))
    if isinstance(trouble, ReplStopped):
        why = "wall time" if trouble.outcome is Outcome.TIMEOUT else "memory or output"
        return Verdict(id=check.id, outcome=trouble.outcome, reason=why)
    messages = [Message(severity="error", line=1, column=0, text=trouble.detail)] if trouble.detail else []
    return Verdict(id=check.id, outcome=trouble.outcome, reason=str(trouble.reason), messages=messages)


def _object(reply: bytes) -> dict[str, Any]:
    try:
        value = json.loads(reply)
    except ValueError as error:
        raise ReplFailed(f"a reply that is no JSON: {reply[:100]!r}") from error
    if not isinstance(value, dict):
        raise ReplFailed(f"a reply that is no object: {reply[:100]!r}")
    return value
