"""Checking in a Lean process that has imported the header once: the part that `repl` and `worker` share.

Checks are answered one after the other by the process of their header: the policy keeps them from running code there.
A snippet may run any code and could prepare its process for whoever comes next.  So each gets a process of its own,
which has answered nobody and will answer nobody else.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from typing import ClassVar, Self

from verify_workers import policy
from verify_workers.backends import selftest
from verify_workers.backends.conversation import HEADER_MEMORY, Conversation, Crashed, Ended, LeanFailed, Stopped, without_reply
from verify_workers.backends.launch import crash_on_header
from verify_workers.lean.imports import holds
from verify_workers.lean.install import Lean
from verify_workers.lean.lacks import explained
from verify_workers.records import Check, Message, Outcome, Snippet, Verdict
from verify_workers.text import header as headers
from verify_workers.text import pin, snippet
from verify_workers.text.parsed import ParsedCheck


class SessionBackend(ABC):
    """See `verify_workers.backends.base.Backend`: a process on the header of the last check; text is read (`audit: text`)."""

    name: ClassVar[str]

    def __init__(self, lean: Lean, program: list[str], memory_mb: int, header_seconds: float) -> None:
        """`memory_mb` (MB of 2^20 bytes) bounds private memory beyond the header; `header_seconds` the import of a header."""
        self.lean, self.library = lean.version, lean.revision
        self._install, self._program = lean, program
        self._memory, self._header_seconds = memory_mb << 20, header_seconds
        self._folder = tempfile.mkdtemp(prefix="proof-synth-")  # the working directory: nothing in it can be written
        self._conversation: Conversation | None = None  # for checks
        self._snippet: Conversation | None = None  # for the snippet that is being answered
        self._header = ""
        self._imported = 0  # bytes of private memory after the header

    @abstractmethod
    def _open(self, conversation: Conversation, header: str) -> str:
        """Have `header` imported; returns Lean's words if it is in error."""

    @abstractmethod
    def _elaborate(self, conversation: Conversation, header: str, body: str, seconds: float, memory: int) -> list[Message]:
        """Lean's messages on `body` under the header that is open, with lines counted from the header's first."""

    def self_test(self) -> None:
        """Tell a true theorem from a false one; raises LeanFailed if that does not work here."""
        for right, outcome in ((2, Outcome.ACCEPTED), (3, Outcome.REJECTED)):
            verdict = self.check(Check(id="self-test", statement=f"theorem self_test : 1 + 1 = {right}", proof="rfl"))
            if verdict.outcome is not outcome:
                raise LeanFailed(f"self-test: 1 + 1 = {right} was {verdict.outcome} ({verdict.reason})")

    def tested(self) -> Self:
        """This backend, if it passes its self-test; else it is closed."""
        selftest.warn(self._install)
        try:
            self.self_test()
        except BaseException:
            self.close()
            raise
        return self

    @property
    def processes(self) -> list[int]:
        return [conversation.pid for conversation in (self._conversation, self._snippet) if conversation is not None]

    def check(self, check: Check) -> Verdict:
        """The verdict on one check: policy first, then Lean on the pinned text."""
        started = time.monotonic()
        verdict = self._on_snippet(check) if isinstance(check, Snippet) else self._on_check(check)
        origin = {"lean": self.lean, "library": self.library, "backend": self.name, "seconds": time.monotonic() - started}
        return explained(verdict, check, self._install).model_copy(update=origin)

    def close(self) -> None:
        """End the processes and remove their folder."""
        self._end_snippet()
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _on_check(self, check: Check) -> Verdict:
        parsed = ParsedCheck(check, functools.partial(holds, self._install.sources))
        refused = policy.refusal(parsed)
        if refused is not None:
            return refused
        try:
            return self._answer(check, parsed)
        except (Stopped, Crashed, LeanFailed) as trouble:
            self._end()
            return without_reply(check, trouble)

    def _answer(self, check: Check, parsed: ParsedCheck) -> Verdict:
        file = pin.build(parsed)
        header, body = file.text[: file.body - 1], file.text[file.body :]
        problem = self._enter(header)
        if problem:
            return pin.wrong_header(check, problem)
        assert self._conversation is not None
        memory = self._imported + self._memory
        messages = self._elaborate(self._conversation, header, body, check.timeout, memory)
        messages.sort(key=lambda message: message.line)
        if self._conversation.private > self._imported + self._memory // 2:
            self._end()  # what earlier checks left in its memory is not this one's
        try:
            reading = pin.decide(file, messages)
        except pin.MalformedOutput as error:
            raise LeanFailed(str(error)) from error
        return pin.verdict(check, reading, "text")

    def _on_snippet(self, check: Snippet) -> Verdict:
        unfit = pin.unfit(check)
        if unfit is not None:
            return unfit
        header, body = _snippet_parts(check)
        file = snippet.build(f"{header}\n", body)
        try:
            self._snippet = Conversation(self._install, self._program, self._folder, HEADER_MEMORY)
            problem = self._import(self._snippet, header)
            if problem:
                return pin.wrong_header(check, problem)
            body, memory = file.text[len(header) + 1 :], self._snippet.private + self._memory
            try:
                messages = self._elaborate(self._snippet, header, body, check.timeout, memory)
            except Ended:  # something in the file ended it
                messages = []
        except (Stopped, Crashed, LeanFailed) as trouble:
            return without_reply(check, trouble)
        finally:
            self._end_snippet()
        return pin.verdict(check, snippet.decide(file, sorted(messages, key=lambda message: message.line)), "none")

    def _enter(self, header: str) -> str:
        """Have a process on `header` for checks; returns Lean's words if the header itself is in error."""
        if self._conversation is not None and self._header == header:
            return ""
        self._end()  # never two imports in one process
        self._conversation, self._header = Conversation(self._install, self._program, self._folder, HEADER_MEMORY), header
        problem = self._import(self._conversation, header)
        if problem:
            self._end()
        else:
            self._imported = self._conversation.private
        return problem

    def _import(self, conversation: Conversation, header: str) -> str:
        """Lean's words if the header is in error; LeanFailed if no answer comes to it."""
        try:
            return self._open(conversation, header)
        except Stopped as stopped:
            raise LeanFailed(f"importing the header took more than it may ({stopped.outcome})") from stopped
        except Crashed as crash:
            raise LeanFailed(crash_on_header(crash.end)) from crash

    def _end(self) -> None:
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.close()

    def _end_snippet(self) -> None:
        conversation, self._snippet = self._snippet, None
        if conversation is not None:
            conversation.close()


def _snippet_parts(check: Check) -> tuple[str, str]:
    """Header and body of a file with imports of its own, every line of the body kept."""
    top, own = headers.split(check.header), headers.split(check.code or "")
    if not own.imports:
        return check.header, own.rest
    return "".join(f"import {module}\n" for module in (*top.imports, *own.imports)) + top.rest, own.rest
