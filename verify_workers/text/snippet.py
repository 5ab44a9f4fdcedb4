"""A snippet as Lean sees it, with a last line of ours whose answer says that Lean came to the end of the file.

A Lean that is ended from inside, or stops for whatever reason, otherwise looks like a file without errors.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from verify_workers.records import Message, Outcome, Reason
from verify_workers.text.pin import MAX_MESSAGE_CHARACTERS, MAX_MESSAGES, LeanReading, messages_of, shown, why

_ENDING = '#print "{}"'  # needs no import
_UNEXPECTED, _END = "unexpected token '#print'", "unexpected end of input"
_EXIT = "using 'exit' to interrupt Lean"  # what Lean says of `#exit`: the rest is not read, and is not meant to be
# What Lean says of a module that it cannot import, before it reads the rest: it is missing, damaged, or does not go with the others.
_MISSING = ("unknown module prefix", "object file ", "failed to read file ", "failed to open file ", "import ")
NOT_WHOLE = "Lean did not come to the end of the file: something in it ends Lean"


@dataclass(frozen=True)
class SnippetFile:
    """The text, and how to read Lean's messages on it; lines count from 1 and `last` is that of our own."""

    text: str
    above: int  # lines before the first of the user's
    last: int
    nonce: str


def build(above: str, body: str) -> SnippetFile:
    """`body` below whole lines `above` it, and our own line."""
    nonce = secrets.token_hex(16)
    whole = f"{above}{body}\n"
    return SnippetFile(f"{whole}{_ENDING.format(nonce)}\n", above.count("\n"), whole.count("\n") + 1, nonce)


def read(file: SnippetFile, output: str, status: int) -> LeanReading:
    """What the output and exit status of `lean --json` amount to; raises `pin.MalformedOutput` for what is no such output."""
    reading = decide(file, messages_of(output, status))
    if status and reading.outcome is Outcome.ELABORATED:
        return LeanReading(Outcome.REJECTED, Reason.ELABORATION, reading.messages)
    return reading


def decide(file: SnippetFile, replies: Sequence[Message]) -> LeanReading:
    """What Lean's messages on a snippet amount to: `elaborated` only if nothing is in error and all of it was read."""
    own = [reply for reply in replies if reply.line == file.last and reply.severity == "info" and reply.text.strip() == file.nonce]
    given = [reply for reply in replies if reply not in own]
    messages = tuple(_given(reply, file) for reply in shown(given, MAX_MESSAGES))
    errors = [message for message in messages if message.severity == "error"]
    if errors:
        missing = not own and errors[0].text.startswith(_MISSING)
        return LeanReading(Outcome.REJECTED, Reason.STATEMENT if missing else why(errors), messages)
    if not own and not any(reply.severity == "warning" and reply.text == _EXIT for reply in given):
        early = Message(severity="error", line=max(1, file.last - 1 - file.above), column=0, text=NOT_WHOLE)
        return LeanReading(Outcome.REJECTED, Reason.ELABORATION, (early, *messages))
    return LeanReading(Outcome.ELABORATED, "", messages)


def _given(reply: Message, file: SnippetFile) -> Message:
    """The message as it would be without our line, at its place in the user's text."""
    line, column, end_line, end_column = reply.line, reply.column, reply.end_line, reply.end_column
    text = reply.text.replace(file.nonce, "…")
    if end_line is not None and end_line >= file.last:
        end_line, end_column = file.last, 0
    if text.startswith(_UNEXPECTED) and (end_line or line) >= file.last:
        line, column, end_line, end_column, text = file.last, 0, None, None, _END
    elif line >= file.last:
        line, column = file.last, 0
    return Message(
        severity=reply.severity,
        line=max(1, line - file.above),
        column=column,
        text=text[:MAX_MESSAGE_CHARACTERS],
        end_line=end_line and max(1, end_line - file.above),
        end_column=end_column,
    )
