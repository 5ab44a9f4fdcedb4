"""Lean's own file worker, spoken to as an editor does (LSP): it keeps the header's snapshot and elaborates what changed.

Needs nothing but Lean itself.  Every check is a new version of one open document under the same header; a fresh name in
the pinned text makes sure that nothing of the version before it is reused.  The answer to `waitForDiagnostics` on that
version says that its messages are complete.  Text is read (policy + pin + axiom list), so verdicts say `audit: text`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from verify_workers.backends.base import Place
from verify_workers.backends.conversation import HEADER_MEMORY, Conversation, LeanFailed
from verify_workers.backends.launch import OPTIONS
from verify_workers.backends.session import SessionBackend
from verify_workers.lean.install import Lean
from verify_workers.records import Message

DOCUMENT = "untitled:check.lean"
PROMPT = ("-Dserver.reportDelayMs=0",)  # or every answer waits 200 ms, so that an editor does not flicker
MAX_FRAME = 64 << 20  # bytes
_SEVERITIES = {1: "error", 2: "warning"}


def make(place: Place) -> WorkerBackend:
    """For `backends.BACKENDS`."""
    return WorkerBackend(place.lean, place.memory_mb, place.header_seconds).tested()


class WorkerBackend(SessionBackend):
    """See `verify_workers.backends.base.Backend`; a file worker on the header of the last check.  A turn is a version of the document."""

    name = "worker"

    def __init__(self, lean: Lean, memory_mb: int = 4096, header_seconds: float = 300.0) -> None:
        """`memory_mb` (MB of 2^20 bytes) bounds private memory beyond the header; `header_seconds` the import of a header."""
        super().__init__(lean, [*lean.program(), *OPTIONS, *PROMPT, "--worker", DOCUMENT], memory_mb, header_seconds)

    def _open(self, conversation: Conversation, header: str) -> str:
        conversation.turn = 1
        document = {"uri": DOCUMENT, "languageId": "lean4", "version": 1, "text": f"{header}\n"}
        question = (
            # No pause after an edit: there will be no next keystroke.
            _frame("initialize", {"capabilities": {}, "initializationOptions": {"editDelay": 0}}, 0)
            + _frame("textDocument/didOpen", {"textDocument": document, "dependencyBuildMode": "never"})
            + _wait(1)
        )
        rows = conversation.ask(question, _diagnostics(1), self._header_seconds, HEADER_MEMORY, unasked=True)
        return next((message.text for message in _messages(rows, header) if message.severity == "error"), "")

    def _elaborate(self, conversation: Conversation, header: str, body: str, seconds: float, memory: int) -> list[Message]:
        conversation.turn += 1
        text = f"{header}\n{body}"
        version = conversation.turn
        document = {"uri": DOCUMENT, "version": version}
        question = _frame("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]}) + _wait(version)
        return _messages(conversation.ask(question, _diagnostics(version), seconds, memory, unasked=True), text)


def _frame(method: str, parameters: dict[str, Any], number: int | None = None) -> bytes:
    """A request (with a number) or a notification, as LSP writes it."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": parameters}
    if number is not None:
        message["id"] = number
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _wait(version: int) -> bytes:
    return _frame("textDocument/waitForDiagnostics", {"uri": DOCUMENT, "version": version}, version)


def _diagnostics(version: int) -> Callable[[bytearray], list[dict[str, Any]] | None]:
    """Waits for the answer to `_wait(version)`, and returns the last diagnostics published for that version."""
    rows: list[dict[str, Any]] = []

    def take(output: bytearray) -> list[dict[str, Any]] | None:
        nonlocal rows
        while (message := _message(output)) is not None:
            if message.get("method") == "textDocument/publishDiagnostics":
                parameters = message["params"]
                if parameters.get("version") == version:
                    rows = parameters["diagnostics"]
            elif message.get("id") == version and "method" not in message:
                if "error" in message:
                    raise LeanFailed(f"the worker answers: {str(message['error'])[:200]}")
                return rows
        return None

    def guarded(output: bytearray) -> list[dict[str, Any]] | None:
        try:
            return take(output)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LeanFailed(f"no message of the language server protocol: {bytes(output[:100])!r}") from error

    return guarded


def _message(output: bytearray) -> dict[str, Any] | None:
    """The first whole message, removed from `output`."""
    end = output.find(b"\r\n\r\n")
    if end < 0:
        if len(output) > 1000:
            raise ValueError("no frame")
        return None
    fields = dict(line.split(b": ", 1) for line in bytes(output[:end]).split(b"\r\n"))
    length = int(fields[b"Content-Length"])
    if not 0 <= length <= MAX_FRAME:
        raise ValueError("no length of a frame")
    if len(output) < end + 4 + length:
        return None
    message: dict[str, Any] = json.loads(bytes(output[end + 4 : end + 4 + length]))
    del output[: end + 4 + length]
    return message


def _messages(rows: list[dict[str, Any]], text: str) -> list[Message]:
    """Diagnostics as messages: lines from 1, columns in characters (the protocol counts UTF-16 units)."""
    lines = text.split("\n")

    def place(position: dict[str, int]) -> tuple[int, int]:
        line, units = position["line"], position["character"]
        here = lines[line] if line < len(lines) else ""
        return line + 1, len(here.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace"))

    messages = []
    try:
        for row in rows:
            (line, column), (end_line, end_column) = place(row["range"]["start"]), place(row.get("fullRange", row["range"])["end"])
            where = {"line": line, "column": column, "end_line": end_line, "end_column": end_column}
            messages.append(Message(severity=_SEVERITIES.get(row["severity"], "info"), text=row["message"], **where))
    except (KeyError, TypeError, ValueError) as error:
        raise LeanFailed(f"a diagnostic with an unknown shape: {json.dumps(rows)[:200]}") from error
    return messages
