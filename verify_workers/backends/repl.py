"""The community REPL in a user's lake project: Mathlib's road into this project.

The header is imported once, as environment 0 of a REPL process; every candidate is elaborated from environment 0, so none
sees another.  Replies carry the number of the environment that they made, which must be the next one: a reply that is
lost, repeated, late or torn ends the process, and the check ends as `infra`.  Text is read (policy + pin + axiom list),
so verdicts say `audit: text`.

Protocol: github.com/leanprover-community/repl: a JSON object and a blank line either way.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from verify_workers.backends.base import Elsewhere, Place
from verify_workers.backends.conversation import HEADER_MEMORY, Conversation, LeanFailed
from verify_workers.backends.session import SessionBackend
from verify_workers.lean.project import LakeProject, discover
from verify_workers.records import Message
from verify_workers.text import header as headers

# As in the other backends: an unknown name is an error, unless the header itself says otherwise.
OPTIONS = "set_option autoImplicit false\nset_option relaxedAutoImplicit false\n"
_SEVERITIES = {"error": "error", "warning": "warning"}
_NO_MODULE = ("unknown module prefix", "unknown package", "object file", "no directory")


def make(place: Place) -> ReplBackend:
    """For `backends.BACKENDS`."""
    if not isinstance(place.lean, LakeProject):
        raise Elsewhere("the repl backend checks in a lake project: name its folder (--project, or verify.project)")
    return ReplBackend(discover(place.lean.folder, place.repl), place.memory_mb, place.header_seconds).tested()


class ReplBackend(SessionBackend):
    """See `verify_workers.backends.base.Backend`; a REPL on the header of the last check.  A turn is the number of an environment."""

    name = "repl"

    def __init__(self, project: LakeProject, memory_mb: int = 4096, header_seconds: float = 300.0) -> None:
        """`memory_mb` (MB of 2^20 bytes) bounds private memory beyond the header; `header_seconds` the import of a header."""
        if project.repl is None:
            raise ValueError("the project has no REPL")
        super().__init__(project, [str(project.repl)], memory_mb, header_seconds)

    def _open(self, conversation: Conversation, header: str) -> str:
        conversation.turn = -1
        top = headers.split(header)
        text = "".join(f"import {module}\n" for module in top.imports) + OPTIONS + top.rest
        reply = ask(conversation, {"cmd": text}, self._header_seconds, HEADER_MEMORY)
        if isinstance(reply.get("message"), str) and any(words in reply["message"] for words in _NO_MODULE):
            return str(reply["message"])
        return next((message.text for message in self._messages(conversation, reply, 0) if message.severity == "error"), "")

    def _elaborate(self, conversation: Conversation, header: str, body: str, seconds: float, memory: int) -> list[Message]:
        return self._messages(conversation, ask(conversation, {"cmd": body, "env": 0}, seconds, memory), header.count("\n") + 1)

    def _messages(self, conversation: Conversation, reply: dict[str, Any], above: int) -> list[Message]:
        """Lean's messages in a reply, `above` lines further down; LeanFailed unless it is the reply to the last command."""
        if reply.get("env") != conversation.turn + 1 or isinstance(reply.get("env"), bool):
            said = reply.get("message", f"environment {reply.get('env')}")
            raise LeanFailed(f"not the reply that was due (environment {conversation.turn + 1}): {str(said)[:200]}")
        conversation.turn += 1
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
            raise LeanFailed(f"a reply with an unknown shape: {json.dumps(reply)[:200]}") from error


def ask(conversation: Conversation, command: dict[str, Any], seconds: float, memory: int) -> dict[str, Any]:
    """The reply to one command; raises as `Conversation.ask` does."""
    return conversation.ask(json.dumps(command).encode() + b"\n\n", _reply(), seconds, memory)


def _reply() -> Callable[[bytearray], dict[str, Any] | None]:
    """Waits for one JSON object with a blank line after it, and nothing else."""
    searched = 0  # bytes of output without the end of a reply

    def take(output: bytearray) -> dict[str, Any] | None:
        nonlocal searched
        if output[:1].isspace():
            del output[: len(output) - len(output.lstrip())]
        end = output.find(b"\n\n", max(0, searched - 1))
        searched = len(output)
        if end < 0:
            return None
        reply, rest = bytes(output[:end]), bytes(output[end:])
        if rest.strip():
            raise LeanFailed("more than one reply to one command")
        output.clear()
        return _object(reply)

    return take


def _object(reply: bytes) -> dict[str, Any]:
    try:
        value = json.loads(reply)
    except ValueError as error:
        raise LeanFailed(f"a reply that is no JSON: {reply[:100]!r}") from error
    if not isinstance(value, dict):
        raise LeanFailed(f"a reply that is no object: {reply[:100]!r}")
    return value
