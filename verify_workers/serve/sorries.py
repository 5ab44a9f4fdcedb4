"""Where the `sorry`s of a file stand and what was to be proved there, as the Lean REPL says it to Kimina's clients.

Lean's own message names the declaration and no goal.  So a file with a `sorry` is asked about with two macros before it, which
print the goal at the word itself and are otherwise what `sorry` is; where Lean then refuses the file, it is asked about as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from verify_workers.records import Message, Outcome, Snippet, Verdict
from verify_workers.text import header
from verify_workers.text.lexer import Kind, tokens
from verify_workers.text.messages import MORE

MARK = "⟪sorry⟫"
_SAID = f'trace "{MARK}"; focus trace_state; exact sorryAx _ false'
MACROS = f"macro_rules | `(tactic| sorry) => `(tactic| ({_SAID})) macro_rules | `(sorry) => `(by {_SAID})\n"  # one line

Ask = Callable[[Sequence[Snippet]], Awaitable[list[Verdict]]]


@dataclass(frozen=True)
class Answer:
    """Lean's verdict on a file, and for each `sorry` of it that Lean came to a message with its place and goal."""

    verdict: Verdict
    sorries: tuple[Message, ...] = ()


async def answers(ask: Ask, snippets: Sequence[Snippet]) -> list[Answer]:
    """What Lean says of each snippet."""
    asked = [_probe(snippet) for snippet in snippets]
    first = await ask([probe or snippet for probe, snippet in zip(asked, snippets, strict=True)])
    found = [_read(verdict) if probe else Answer(verdict) for probe, verdict in zip(asked, first, strict=True)]
    again = [place for place, probe in enumerate(asked) if probe and _changed(found[place].verdict)]
    for place, verdict in zip(again, await ask([snippets[place] for place in again]) if again else [], strict=True):
        found[place] = Answer(verdict, found[place].sorries)
    return found


def _probe(snippet: Snippet) -> Snippet | None:
    """The question that prints goals; None where there is no `sorry`, or the file is no plain one."""
    code = snippet.code or ""
    if "sorry" not in code or not any(mark.kind is Kind.IDENT and mark.text == "sorry" for mark in tokens(code)):
        return None
    top = header.split(code)
    if top.special or top.problem:
        return None
    imports = "".join(f"import {module}\n" for module in top.imports)
    return snippet.model_copy(update={"header": imports, "code": f"{MACROS}{top.rest}"})


def _read(verdict: Verdict) -> Answer:
    """A probe's verdict as one on the file itself: without what the macros print, and every message at its place."""
    messages = [_above(message) for message in verdict.messages]
    printed = [message for message in messages if message.severity == "info" and message.text.startswith(MARK)]
    goals = [
        message.model_copy(update={"text": goal.strip()}) for message in printed for goal in message.text.split(MARK)[1:] if goal.strip()
    ]
    rest = [message for message in messages if message not in printed]
    return Answer(verdict.model_copy(update={"messages": rest}), tuple(sorted(goals, key=lambda goal: (goal.line, goal.column))))


def _above(message: Message) -> Message:
    end = message.end_line and max(1, message.end_line - 1)
    return message.model_copy(update={"line": max(1, message.line - 1), "end_line": end})


def _changed(verdict: Verdict) -> bool:
    """Whether the macros may have changed what Lean says: it refused the file, or left messages out."""
    return verdict.outcome is Outcome.REJECTED or any(message.text.startswith(MORE) for message in verdict.messages)
