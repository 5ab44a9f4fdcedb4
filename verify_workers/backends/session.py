"""Checking in a Lean process that has imported the header once: the part that `repl` and `worker` share."""

from __future__ import annotations

import functools
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from typing import ClassVar, Self

from verify_workers import policy
from verify_workers.backends.conversation import HEADER_MEMORY, Conversation, Crashed, Failed, Stopped, without_reply
from verify_workers.lean.imports import holds
from verify_workers.lean.install import Lean
from verify_workers.records import Check, Message, Outcome, Reason, Snippet, Verdict
from verify_workers.text import header as headers
from verify_workers.text import pin
from verify_workers.text.parsed import ParsedCheck


class SessionBackend(ABC):
    """See `verify_workers.backends.base.Backend`: one process, on the header of the last check; text is read (`audit: text`)."""

    name: ClassVar[str]

    def __init__(self, lean: Lean, program: list[str], memory_mb: int, header_seconds: float) -> None:
        """`memory_mb` (MB of 2^20 bytes) bounds private memory beyond the header; `header_seconds` the import of a header."""
        self.lean, self.library = lean.version, lean.revision
        self._install, self._program = lean, program
        self._memory, self._header_seconds = memory_mb << 20, header_seconds
        self._folder = tempfile.mkdtemp(prefix="proof-synth-")  # the working directory: nothing in it can be written
        self._conversation: Conversation | None = None
        self._header = ""
        self._imported = 0  # bytes of private memory after the header

    @abstractmethod
    def _open(self, conversation: Conversation, header: str) -> str:
        """Have `header` imported; returns Lean's words if it is in error."""

    @abstractmethod
    def _elaborate(self, conversation: Conversation, header: str, body: str, seconds: float, memory: int) -> list[Message]:
        """Lean's messages on `body` under the header that is open, with lines counted from the header's first."""

    def self_test(self) -> None:
        """Tell a true theorem from a false one; raises Failed if that does not work here."""
        for right, outcome in ((2, Outcome.ACCEPTED), (3, Outcome.REJECTED)):
            verdict = self.check(Check(id="self-test", statement=f"theorem self_test : 1 + 1 = {right}", proof="rfl"))
            if verdict.outcome is not outcome:
                raise Failed(f"self-test: 1 + 1 = {right} was {verdict.outcome} ({verdict.reason})")

    def tested(self) -> Self:
        """This backend, if it passes its self-test; else it is closed."""
        try:
            self.self_test()
        except BaseException:
            self.close()
            raise
        return self

    @property
    def processes(self) -> list[int]:
        return [] if self._conversation is None else [self._conversation.pid]

    def check(self, check: Check) -> Verdict:
        """The verdict on one check: policy first, then Lean on the pinned text."""
        started = time.monotonic()
        parsed = None
        if isinstance(check, Snippet):
            verdict = pin.unfit(check)
        else:
            parsed = ParsedCheck(check, functools.partial(holds, self._install.sources))
            verdict = policy.refusal(parsed)
        if verdict is None:
            try:
                verdict = self._answer(check, parsed)
            except (Stopped, Crashed, Failed) as trouble:
                self._end()
                verdict = without_reply(check, trouble)
        origin = {"lean": self.lean, "library": self.library, "backend": self.name, "seconds": time.monotonic() - started}
        return verdict.model_copy(update=origin)

    def close(self) -> None:
        """End the process and remove its folder."""
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answer(self, check: Check, parsed: ParsedCheck | None) -> Verdict:
        file = None if parsed is None else pin.build(parsed)
        if file is None:
            header, body = _snippet_parts(check)
        else:
            header, body = file.text[: file.body - 1], file.text[file.body :]
        problem = self._enter(header)
        if problem:
            message = Message(severity="error", line=1, column=0, text=f"the header: {problem[: pin.MAX_MESSAGE_CHARACTERS]}")
            return Verdict(id=check.id, outcome=Outcome.REJECTED, reason=Reason.STATEMENT, messages=[message])
        assert self._conversation is not None
        messages = self._elaborate(self._conversation, header, body, check.timeout, self._imported + self._memory)
        messages.sort(key=lambda message: message.line)
        if self._conversation.private > self._imported + self._memory // 2:
            self._end()  # what earlier checks left in its memory is not this one's
        try:
            reading = pin.decide(file, messages) if file else pin.decide_snippet(messages, header.count("\n") + 1)
        except pin.Malformed as error:
            raise Failed(str(error)) from error
        return Verdict(
            id=check.id,
            outcome=reading.outcome,
            reason=str(reading.reason),
            messages=list(reading.messages),
            axioms=list(reading.axioms),
            audit="text" if file else "none",
        )

    def _enter(self, header: str) -> str:
        """Have a process on `header`; returns Lean's words if the header itself is in error."""
        if self._conversation is not None and self._header == header:
            return ""
        self._end()  # never two imports in one process
        self._conversation = Conversation(self._install, self._program, self._folder, HEADER_MEMORY)
        self._header = header
        try:
            problem = self._open(self._conversation, header)
        except Stopped as stopped:
            raise Failed(f"importing the header took more than it may ({stopped.outcome})") from stopped
        except Crashed as crash:
            raise Failed(f"importing the header: {crash}") from crash
        if problem:
            self._end()
        else:
            self._imported = self._conversation.private
        return problem

    def _end(self) -> None:
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.close()


def _snippet_parts(check: Check) -> tuple[str, str]:
    """Header and body of a file with imports of its own, every line of the body kept."""
    top, own = headers.split(check.header), headers.split(check.code or "")
    if not own.imports:
        return check.header, own.rest
    return "".join(f"import {module}\n" for module in (*top.imports, *own.imports)) + top.rest, own.rest
