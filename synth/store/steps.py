"""Labels for the steps of a proof, from the first place at which Lean refuses it (as in arXiv 2606.20068, and step-level reward models).

A step is a line, or what stands between `;` on one; a bracket that is open joins lines, and a term proof is one step.  What comes
before the first failure went well, the step that fails is wrong, and of what comes after it nothing is known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from synth.prompts.declarations import THEOREMS, declarations
from verify_workers.records import Message, Outcome, Reason
from verify_workers.text.lexer import BRACKETS, CLOSERS, Token, tokens

LEFT_OPEN = "unsolved goals"
KEPT_BESIDE_PARSE_ERRORS = (LEFT_OPEN, "don't know how to synthesize placeholder")
"""Errors that Lean reports of what it could parse where it withholds all others, since something else does not parse."""
PARSE_ERRORS = ("unexpected ", "expected ", "unknown tactic", "unterminated ", "missing ")
OPENERS = frozenset({"by", "·", "."})
"""Tokens that are no step without what follows them."""
PLACED = frozenset({Reason.ELABORATION, Reason.UNSOLVED, Reason.SORRY})
"""Refusals with a place; others (an axiom, another statement) are about the proof as a whole."""


@dataclass(frozen=True)
class Labelled:
    """The steps of a proof, which joined are its text, and of each whether it went well; None = not known.

    `error` is what Lean says of the wrong one.
    """

    steps: tuple[str, ...]
    labels: tuple[bool | None, ...]
    error: Message | None = None


def accepted(text: str, form: str) -> Labelled:
    steps = cut(text, form)
    return Labelled(steps, (True,) * len(steps))


def refused(text: str, form: str, outcome: str, reason: str, errors: Sequence[Message]) -> Labelled:
    """The labels of a proof that was not accepted; all unknown where Lean did not get to it, or does not say where it fails."""
    steps = cut(text, form)
    unknown = Labelled(steps, (None,) * len(steps))
    places = [(place, error) for error in errors if (place := _offset(text, error)) is not None]
    about_steps = outcome == Outcome.POLICY or (outcome == Outcome.REJECTED and reason in PLACED)
    if not about_steps or not places or len(places) < len(errors):
        return unknown
    place, error = min(places, key=lambda found: found[0])
    starts = _starts(steps)
    wrong = bisect_right(starts, place) - 1
    if wrong and _stumbles(error) and place <= starts[wrong] + _margin(steps[wrong]):
        return unknown  # what does not parse here may be the step before, which should have gone on
    before = True if _read_to_the_end(outcome, reason, errors) else None
    return Labelled(steps, (*(before,) * wrong, False, *(None,) * (len(steps) - wrong - 1)), error)


def _read_to_the_end(outcome: str, reason: str, errors: Sequence[Message]) -> bool:
    """Whether Lean ran what stands before the first error, and would have said so if that had failed."""
    if outcome == Outcome.POLICY or reason == Reason.SORRY:
        return False
    parsed = not any(_unparsed(error) for error in errors)
    return parsed or any(not _unparsed(error) and not error.text.startswith(KEPT_BESIDE_PARSE_ERRORS) for error in errors)


def _unparsed(error: Message) -> bool:
    return error.text.startswith(PARSE_ERRORS)


def _stumbles(error: Message) -> bool:
    """Whether the parser wanted something else here, rather than not knowing a tactic's name."""
    return _unparsed(error) and not error.text.startswith("unknown tactic")


def cut(text: str, form: str) -> tuple[str, ...]:
    """The steps of a proof (what follows `:=`), or of the whole file if `form` is `code`."""
    starts = _proof_starts(text, 0, len(text)) if form == "proof" else _file_starts(text)
    marks = sorted({0, *starts})
    return tuple(text[start:end] for start, end in zip(marks, [*marks[1:], len(text)], strict=True))


def _file_starts(text: str) -> list[int]:
    starts = list[int]()
    for found in declarations(text):
        starts.append(found.start)
        if found.keyword in THEOREMS and found.body >= 0:
            starts += _proof_starts(text, found.body, found.end, named=True)[1:]
    return starts[1:] if starts else []


def _proof_starts(text: str, start: int, end: int, named: bool = False) -> list[int]:
    """Where the steps of the proof in `text[start:end]` begin, the first one included; that alone for a term.

    `named`: its theorem stands before it, and takes the `by` at the end of its line.
    """
    marks = tokens(text[start:end])
    if not marks or marks[0].text != "by":
        return [start]
    starts, depth = [start], 0
    for i, mark in enumerate(marks):
        idle = _only_opens(marks, i, starts[-1] - start) and not (named and i == 1)
        if depth == 0 and i and not idle and _begins(text[start:end], marks[i - 1], mark):
            starts.append(start + mark.start)
        depth = max(0, depth + (mark.text in BRACKETS) - (mark.text in CLOSERS))
    return starts


def _begins(text: str, before: Token, mark: Token) -> bool:
    return before.text == ";" or ("\n" in text[before.end : mark.start] and mark.text not in CLOSERS and mark.text not in (";", "<;>"))


def _only_opens(marks: Sequence[Token], here: int, start: int) -> bool:
    """Whether the step that begins at offset `start` has only openers so far."""
    return all(mark.text in OPENERS for mark in marks[:here] if mark.start >= start)


def _starts(steps: Sequence[str]) -> list[int]:
    starts, at = list[int](), 0
    for step in steps:
        starts.append(at)
        at += len(step)
    return starts


def _margin(step: str) -> int:
    return len(step) - len(step.lstrip())


def _offset(text: str, error: Message) -> int | None:
    """Where in the text a step fails: where the error stands, or, of a block with goals left, where that ends; None if outside it."""
    ends = error.text.startswith(LEFT_OPEN) and error.end_line is not None and error.end_column is not None
    line, column = (error.end_line or 0, error.end_column or 0) if ends else (error.line, error.column)
    lines = text.split("\n")
    if not 1 <= line <= len(lines) or column < 0:
        return None
    offset = sum(len(before) + 1 for before in lines[: line - 1]) + min(column, len(lines[line - 1]))
    return max(0, offset - 1) if ends else min(offset, max(0, len(text.rstrip()) - 1))
