"""The text tier of verification: one Lean file per check, and the reading of Lean's messages on it.

The file has five parts: the header and the preamble; the trusted statement, elaborated first under an unguessable name; the
candidate; a trusted theorem that type-checks only if the candidate's constant proves the trusted statement, with the list of its
axioms; and a sentinel whose answer must arrive, since an unclosed bracket or comment would swallow the lines before
it.  Taking the statement's type from the first elaboration (`type_of%`) keeps universes, implicit, instance, optional
and auto-bound arguments as they were, whatever the candidate declares, opens or leaves open.

(The line behind it has its own name as a variable's: it is in error where that is a keyword.)  Both before and behind the candidate
stands a command that nothing can go on from, and that goes on from nothing.

What our lexer reads as comments never reaches Lean, so that the two cannot disagree on where one ends: all that Lean
sees, the policy has seen.  Texts printed inside the candidate's environment could be forged by a candidate that runs
code there.  That is what the policy refuses, and why a verdict from here says `audit: text`.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from verify_workers.records import ALLOWED_AXIOMS, Check, Message, Outcome, Reason, Snippet, Verdict
from verify_workers.text import header as headers
from verify_workers.text.messages import MORE, rank
from verify_workers.text.parsed import ParsedCheck
from verify_workers.text.statement import renamed

MAX_MESSAGES = 50  # per verdict
MAX_MESSAGE_CHARACTERS = 4000

# However the candidate prints and whatever it opened: axioms are listed by their full names and nothing else.
_PLAIN_NAMES = "set_option pp.all false set_option pp.explicit false set_option pp.universes false set_option pp.fullNames true"

_NAMESPACE = re.compile(r"(?:(?:«[^»]*»|[^.«»]+)\.)*")  # a name's parts but the last

_SEVERITIES = {"error": "error", "warning": "warning", "information": "info"}


class MalformedOutput(Exception):
    """Lean's output is not what a run to the end prints: no verdict can rest on it."""


@dataclass(frozen=True)
class PinnedFile:
    """One check as a Lean file.  Line numbers count from 1; each part ends before the line where the next starts."""

    text: str
    nonce: str
    body: int  # characters of the header and the line break behind it
    name: str  # of the theorem
    twice: bool  # whether the candidate itself declares that more than once
    pin: int  # first line of the trusted statement; header and preamble stand before it
    candidate: int  # first line of the candidate (in the proof form: of the statement that we put before the proof)
    given: int  # first line of the text that the user gave
    indent: int  # columns of our own text before it on that line
    tail: int  # first line of the trusted tail
    axioms: int  # line of `#print axioms` of the pinned theorem
    sentinel: int  # last line


@dataclass(frozen=True)
class LeanReading:
    """What Lean's messages on a pinned file amount to."""

    outcome: Outcome
    reason: str = ""
    messages: tuple[Message, ...] = ()
    axioms: tuple[str, ...] = ()


def build(parsed: ParsedCheck, nonce: str | None = None) -> PinnedFile:
    """The file for a check that the policy has passed; raises `StatementError` for what is no statement.

    A fresh `nonce` is drawn unless a test gives one.
    """
    theorem = parsed.theorem
    nonce = nonce or secrets.token_hex(16)
    # Names that start with `_` are internal to Lean: library search does not offer them to a candidate.
    pin, no, proved, end = (f"_{what}_{nonce}" for what in ("pin", "not", "proved", "end"))
    closed = f"#print axioms _root_.{end}\n"  # takes one name: nothing can go on from it, and it goes on from nothing
    name = theorem.name.removeprefix("_root_.")
    space = _NAMESPACE.match(name)[0]  # type: ignore[index]  # a statement is read in the namespace of its name
    binder = name if not space else "_"
    wanted = f"type_of% @_root_.{space}{pin}"
    negated = f"theorem _root_.{no} : ¬ ({wanted}) := sorry\n" if parsed.check.negated else ""
    trusted = (
        f"{renamed(theorem, theorem.name.removesuffix(name) + space + pin)} := sorry\n"
        f"{negated}"
        f"theorem _root_.{end} : True := (fun {binder} : True => trivial) trivial\n"
        f"{closed}"
    )
    before, given = parsed.before, parsed.without_comments
    tail = (
        f"{closed}"
        "section\n"
        f"{_PLAIN_NAMES}\n"
        f"theorem _root_.{proved} : {f'type_of% @_root_.{no}' if negated else wanted} := @_root_.{name}\n"
        f"#print axioms _root_.{name}\n"
        f"#print axioms _root_.{proved}\n"
        "end\n"
        f"#print axioms _root_.{end}\n"
    )
    header = f"{parsed.top.text}\n"
    preamble = f"{parsed.preamble.plain}\n" if parsed.preamble.marks else ""
    pin_line = 1 + header.count("\n") + preamble.count("\n")
    candidate = pin_line + trusted.count("\n")
    given_line = candidate + before.count("\n")
    tail_line = given_line + given.count("\n") + 1
    return PinnedFile(
        text=f"{header}{preamble}{trusted}{before}{given}\n{tail}",
        nonce=nonce,
        body=len(header),
        name=name,
        twice=_twice(parsed, name),
        pin=pin_line,
        candidate=candidate,
        given=given_line,
        indent=len(before) - (before.rfind("\n") + 1),
        tail=tail_line,
        axioms=tail_line + 5,
        sentinel=tail_line + 7,
    )


def _twice(parsed: ParsedCheck, name: str) -> bool:
    """Whether a whole file has two declarations that may be of this name."""
    last = name.removeprefix(_NAMESPACE.match(name)[0])  # type: ignore[index]
    declared = (after for mark, after in pairwise(parsed.marks) if mark.text in ("theorem", "lemma", "def", "abbrev"))
    return parsed.whole_file and sum(after.text == last or after.text.endswith(f".{last}") for after in declared) > 1


def wrong_header(check: Check, problem: str) -> Verdict:
    """The verdict on a check whose header is in error, in Lean's words."""
    message = Message(severity="error", line=1, column=0, text=f"the header: {problem[:MAX_MESSAGE_CHARACTERS]}")
    return Verdict(id=check.id, outcome=Outcome.REJECTED, reason=Reason.STATEMENT, messages=[message])


def verdict(check: Check, reading: LeanReading, audit: str) -> Verdict:
    """The verdict that a reading amounts to; `audit` says who decided."""
    return Verdict(
        id=check.id,
        outcome=reading.outcome,
        reason=str(reading.reason),
        messages=list(reading.messages),
        axioms=list(reading.axioms),
        audit=audit,
    )


def no_text(check: Check, error: UnicodeEncodeError) -> Verdict:
    """The verdict on what Lean cannot be given at all."""
    message = Message(severity="error", line=1, column=0, text=f"not a text: {error.reason}")
    return Verdict(id=check.id, outcome=Outcome.REJECTED, reason=Reason.ELABORATION, messages=[message])


def unfit(check: Snippet) -> Verdict | None:
    """The verdict on a file that is no text or no plain one, or imports what is no module (see `text.header`); None for all others."""
    try:
        (check.header + (check.code or "")).encode()
    except UnicodeEncodeError as error:
        return no_text(check, error)
    tops = {"the header": headers.split(check.header), "the file": headers.split(check.code or "")}
    for where, top in tops.items():
        if top.special:
            text = f"only plain files are checked here, and this one says `{top.special}` at its top: leave that out"
        elif top.problem:
            text = f"{where}: {top.problem}"
        else:
            continue
        message = Message(severity="error", line=1, column=0, text=text)
        return Verdict(id=check.id, outcome=Outcome.REJECTED, reason=Reason.STATEMENT, messages=[message])
    return None


def read(file: PinnedFile, output: str, status: int) -> LeanReading:
    """The verdict that Lean's `--json` output and exit status on a pinned file amount to.

    Raises `MalformedOutput` for an empty, truncated or otherwise unexpected output.
    """
    replies = messages_of(output, status)
    errors = sum(reply.severity == "error" for reply in replies)
    if bool(errors) != bool(status):
        raise MalformedOutput(f"Lean ended with status {status} after {errors} errors")
    return decide(file, replies)


def decide(file: PinnedFile, replies: Sequence[Message]) -> LeanReading:
    """The verdict that Lean's messages on a pinned file, in their order, amount to; raises `MalformedOutput` as `read` does."""
    errors = [reply for reply in replies if reply.severity == "error"]
    inner = [reply for reply in replies if file.candidate <= reply.line < file.tail]
    messages = tuple(_given(reply, file) for reply in (shown(inner, MAX_MESSAGES) if len(inner) > MAX_MESSAGES else inner))
    early = [reply for reply in errors if reply.line < file.candidate]
    if early:
        return LeanReading(Outcome.REJECTED, Reason.STATEMENT, (_at_statement(early[0], file),))
    inside = [reply for reply in errors if reply.line < file.tail]
    if inside and not file.twice and inside[0].text.startswith(f"`{file.name}` has already been declared"):
        return LeanReading(Outcome.REJECTED, Reason.STATEMENT, (_at_statement(inside[0], file),))
    if inside:
        return LeanReading(Outcome.REJECTED, why(inside), messages)
    if errors:
        return LeanReading(Outcome.REJECTED, _why_tail(errors, file), (*messages, _at_end(errors[0])))
    if not replies or replies[-1].line != file.sentinel:
        raise MalformedOutput("Lean's output ends before the sentinel's answer")
    axioms = _axioms(replies, file.axioms, f"_proved_{file.nonce}")
    if _axioms(replies, file.sentinel, f"_end_{file.nonce}"):
        raise MalformedOutput("the sentinel rests on axioms")
    if "sorryAx" in axioms:
        return LeanReading(Outcome.REJECTED, Reason.SORRY, messages, axioms)
    if not ALLOWED_AXIOMS.issuperset(axioms):
        return LeanReading(Outcome.REJECTED, Reason.AXIOM, messages, axioms)
    return LeanReading(Outcome.ACCEPTED, "", messages, axioms)


def messages_of(output: str, status: int) -> list[Message]:
    """The messages of a `lean --json` that ran to its end."""
    if status not in (0, 1):
        raise MalformedOutput(f"Lean ended with status {status}")
    return [_reply(line) for line in output.split("\n") if line.strip()]  # other separators may stand inside a message


def _reply(line: str) -> Message:
    """One line of `lean --json`, with the line number in the pinned file."""
    try:
        data: dict[str, Any] = json.loads(line)
        end = data.get("endPos") or {}
        return Message(
            severity=_SEVERITIES[data["severity"]],
            line=data["pos"]["line"],
            column=data["pos"]["column"],
            text=data["data"],
            end_line=end.get("line"),
            end_column=end.get("column"),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedOutput(f"no message of Lean: {line[:200]!r}") from error


def shown(replies: Sequence[Message], most: int) -> list[Message]:
    """The messages in the order in which they are told; of more than `most`, a note stands for the last."""
    found = sorted(replies, key=lambda reply: rank(reply.severity, reply.text))
    if len(found) <= most:
        return found
    note = {"severity": "info", "text": f"{MORE}{len(found) - most + 1}", "end_line": None, "end_column": None}
    return [*found[: most - 1], found[most - 1].model_copy(update=note)]


def _given(reply: Message, file: PinnedFile) -> Message:
    """The message at its place in the user's text; what concerns the statement before a proof goes to its start."""
    text = reply.text.replace(file.nonce, "…")[:MAX_MESSAGE_CHARACTERS]
    line, column = reply.line - file.given + 1, reply.column
    if line == 1:
        column -= file.indent
    if line < 1 or column < 0:
        line, column = 1, 0
    return Message(severity=reply.severity, line=line, column=column, text=text)


def _at_statement(reply: Message, file: PinnedFile) -> Message:
    where = "the header" if reply.line <= file.text.count("\n", 0, file.body) else "the statement"
    return Message(severity="error", line=1, column=0, text=f"{where}: {reply.text[:MAX_MESSAGE_CHARACTERS]}")


def _at_end(reply: Message) -> Message:
    text = re.sub(r"_(?:pin|proved|end)_[0-9a-f]+", "the statement", reply.text)
    return Message(severity="error", line=1, column=0, text=f"does not prove the given statement: {text[:MAX_MESSAGE_CHARACTERS]}")


def why(errors: Sequence[Message]) -> Reason:
    """The reason that the errors inside the candidate amount to: the first of them, unsolved goals aside."""
    first = next((error for error in errors if not error.text.startswith("unsolved goals")), None)
    if first is None:
        return Reason.UNSOLVED
    return Reason.KERNEL if first.text.startswith("(kernel)") else Reason.ELABORATION


def _why_tail(errors: Sequence[Message], file: PinnedFile) -> Reason:
    """An error of the pinned theorem is about the statement; one at the very start of the tail ends the candidate's text."""
    return Reason.ELABORATION if errors[0].line == file.tail else Reason.WRONG_STATEMENT


def _axioms(replies: Sequence[Message], line: int, name: str) -> tuple[str, ...]:
    """The axioms that `#print axioms NAME` on `line` listed; exactly one such answer must be there."""
    answers = [reply.text for reply in replies if reply.line == line and reply.severity == "info"]
    if len(answers) != 1:
        raise MalformedOutput(f"{len(answers)} answers where one was asked for")
    if answers[0] == f"'{name}' does not depend on any axioms":
        return ()
    match = re.fullmatch(rf"'{re.escape(name)}' depends on axioms: \[([^\[\]]+)\]", answers[0])
    if not match:
        raise MalformedOutput(f"not a list of axioms: {answers[0][:200]!r}")
    return tuple(sorted(axiom.strip() for axiom in match[1].split(",")))
