"""A statement that stands in a file of its own: the header before it, the doc comment, and the theorem.

Many published data sets give every statement as a whole Lean file (`import Mathlib`, `open …`, a comment with the problem in
words, `theorem … := by sorry`); here it is the theorem alone, with what it needs as its header.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from verify_workers.policy.rules import is_command
from verify_workers.policy.words import HEADER_COMMANDS
from verify_workers.text.lexer import BRACKETS, CLOSERS, Kind, Token, tokens
from verify_workers.text.statement import StatementError, parse_theorem

_FENCE = re.compile(r"\s*```[\w ]*\n(.*?)\n?[ \t]*```\s*", re.S)
_COMMENT = re.compile(r"\s*/-[-!]?(.*)-/\s*", re.S)
_MODIFIERS = frozenset({"private", "protected", "nonrec", "noncomputable"})  # of the theorem itself; they change nothing that it says

_KEYWORDS = ("theorem", "lemma")


@dataclass(frozen=True)
class WholeFile:
    """`header` has no comments, so that equal headers are equal texts; `doc` is the comment right before the theorem."""

    header: str
    doc: str
    theorem: str


def split_file(text: str) -> WholeFile:
    """The parts of a file that states one theorem.  StatementError where it states none, or needs more than a header before it."""
    fenced = _FENCE.fullmatch(text)
    text = clean(fenced[1] if fenced else text).strip()
    if text.startswith(_KEYWORDS):  # nothing stands before it: most rows of most files
        with suppress(StatementError):  # an `end` may follow
            parse_theorem(text)
            return WholeFile("", "", text)
    marks = tokens(text, comments=True)
    code = [mark for mark in marks if mark.kind not in (Kind.COMMENT, Kind.DOC)]
    at = next((i for i, mark in enumerate(code) if mark.text in _KEYWORDS), None)
    if at is None or any(mark.kind is Kind.BROKEN for mark in code[:at]):
        parse_theorem(text)  # says what is wrong with it
        raise StatementError("no `theorem` stands in the text")
    front = code[: _without_modifiers(code, at)]
    _only_header(text, front)
    theorem = text[code[at].start : _without_ends(code, at)].strip()
    parse_theorem(theorem)
    between = [m for m in marks if m.kind in (Kind.DOC, Kind.COMMENT) and (front[-1].end if front else 0) <= m.start < code[at].start]
    blocks = sorted((mark for mark in between if mark.text.startswith("/-")), key=lambda mark: (mark.kind is Kind.DOC, mark.start))
    return WholeFile(_header(text, front), uncommented(blocks[-1].text) if blocks else "", theorem)


def clean(text: str) -> str:
    """`text` with plain line ends and without a byte-order mark."""
    return text.replace("\r\n", "\n").lstrip("\ufeff")


def uncommented(text: str) -> str:
    """The words of a text that is one Lean comment (`/-- … -/`); any other text as it is."""
    found = _COMMENT.fullmatch(text)
    return (found[1] if found else text).strip()


@lru_cache(256)
def split_doc(header: str) -> tuple[str, str]:
    """A header without the doc comment at its end (which belongs to the theorem), and that comment's words."""
    marks = tokens(header, comments=True)
    if not marks or marks[-1].kind is not Kind.DOC or marks[-1].text.startswith("/-!"):
        return header, ""
    return header[: marks[-1].start].rstrip(), uncommented(marks[-1].text)


def _without_modifiers(code: list[Token], at: int) -> int:
    """Index of the first of the attributes and modifiers that stand right before the keyword at `at`."""
    while at:
        before = code[at - 1]
        if before.text in _MODIFIERS:
            at -= 1
        elif before.text == "]" and (opening := _opening(code, at - 1)) is not None and code[opening].text == "@[":
            at = opening
        else:
            break
    return at


def _opening(code: list[Token], closing: int) -> int | None:
    """Index of the bracket that the one at `closing` closes."""
    depth = 0
    for i in range(closing, -1, -1):
        depth += (code[i].text in CLOSERS) - (code[i].text in BRACKETS)
        if depth == 0:
            return i
    return None


def _only_header(text: str, front: list[Token]) -> None:
    for index, mark in enumerate(front):
        wrong = is_command(mark) and mark.text not in HEADER_COMMANDS and not (mark.text == "scoped" and front[index - 1].text == "open")
        if wrong or mark.kind is Kind.HASH or mark.text == "@[" or (index == 0 and mark.text not in HEADER_COMMANDS):
            raise StatementError(
                f"`{mark.text[:40]}` stands before the theorem (line {text.count(chr(10), 0, mark.start) + 1}); "
                "only imports, opens, options and universes may"
            )


def _header(text: str, front: list[Token]) -> str:
    """The text of `front`, a command a line as it was, without comments; `open … in` holds for the one theorem anyway."""
    pieces: list[str] = []
    end = 0
    for mark in front:
        if mark.text != "in":
            gap = "\n" if "\n" in text[end : mark.start] else " " if mark.start > end and pieces else ""
            pieces.append(gap + mark.text)
        end = mark.end
    return "".join(pieces).strip()


def _without_ends(code: list[Token], at: int) -> int:
    """Where the theorem's text ends: before each `end` or `end NAME` (of a section) with which a file may close."""
    stop = len(code)
    while stop > at + 2:
        if code[stop - 1].text == "end":
            stop -= 1
        elif code[stop - 2].text == "end" and code[stop - 1].kind is Kind.IDENT:
            stop -= 2
        else:
            break
    return code[stop - 1].end
