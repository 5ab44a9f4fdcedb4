"""A statement that stands in a file of its own: the header before it, definitions, the doc comment, and the theorem.

Many published data sets give every statement as a whole Lean file (`import Mathlib`, `open …`, definitions that the statement
needs, a comment with the problem in words, `theorem … := by sorry`); here it is the theorem alone, with its header and preamble.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from verify_workers.text import commands
from verify_workers.text.lexer import Kind, Token, blanked, tokens
from verify_workers.text.statement import StatementError, parse_theorem

_FENCE = re.compile(r"\s*```[\w ]*\n(.*?)\n?[ \t]*```\s*", re.S)
_COMMENT = re.compile(r"\s*/-[-!]?(.*)-/\s*", re.S)
_KEYWORDS = ("theorem", "lemma")


@dataclass(frozen=True)
class WholeFile:
    """`header` and `preamble` have no comments, so that equal ones are equal texts; `doc` is the comment right before the theorem."""

    header: str
    preamble: str
    doc: str
    theorem: str


def split_file(text: str) -> WholeFile:
    """The parts of a file that states one theorem.  StatementError where it states none."""
    fenced = _FENCE.fullmatch(text)
    text = clean(fenced[1] if fenced else text).strip()
    if text.startswith(_KEYWORDS):  # nothing stands before it: most rows of most files
        with suppress(StatementError):  # an `end` may follow
            parse_theorem(text)
            return WholeFile("", "", "", text)
    marks = tokens(text, comments=True)
    code = [mark for mark in marks if mark.kind not in (Kind.COMMENT, Kind.DOC)]
    at = next((i for i in reversed(range(len(code))) if code[i].text in _KEYWORDS and _begins_line(text, code, i)), None)
    if at is None or any(mark.kind is Kind.BROKEN for mark in code[:at]):
        parse_theorem(text)  # says what is wrong with it
        raise StatementError("no `theorem` stands in the text")
    front = code[: commands.without_modifiers(code, at)]
    _only_commands(text, front)
    end = commands.header_end(front)
    theorem = text[code[at].start : _without_ends(code, at)].strip()
    parse_theorem(theorem)
    between = [m for m in marks if m.kind in (Kind.DOC, Kind.COMMENT) and (front[-1].end if front else 0) <= m.start < code[at].start]
    blocks = sorted((mark for mark in between if mark.text.startswith("/-")), key=lambda mark: (mark.kind is Kind.DOC, mark.start))
    doc = uncommented(blocks[-1].text) if blocks else ""
    return WholeFile(_header(text, front[:end]), _definitions(text, front[end:], marks), doc, theorem)


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


def _begins_line(text: str, code: list[Token], at: int) -> bool:
    """Whether the keyword begins a line, its modifiers and attributes aside, or stands behind `in`."""
    first = commands.without_modifiers(code, at)
    return commands.first_on_line(text, code[first]) or (first > 0 and code[first - 1].text == "in") or not first


def _only_commands(text: str, front: list[Token]) -> None:
    """StatementError for words that are no definitions before the theorem, and for more than one theorem to prove."""
    wrong = next((mark for mark in front if mark.kind is Kind.HASH), None)
    if front and not (commands.is_command(front[0]) or front[0].text == "@["):
        wrong = front[0]
    if wrong:
        line = text.count("\n", 0, wrong.start) + 1
        raise StatementError(
            f"`{wrong.text[:40]}` stands before the theorem (line {line}); only imports, opens, options and definitions may"
        )
    if namespace := commands.left_open(front):
        raise StatementError(f"the theorem stands in `namespace {namespace}`; give it its full name and leave the namespace out")
    if any(mark.text in _KEYWORDS for mark in front) and any(mark.text == "sorry" for mark in front):
        raise StatementError("it leaves more than one theorem to prove; give one a row")


def _definitions(text: str, front: list[Token], marks: list[Token]) -> str:
    """The text of `front`, its lines as they were, without comments and empty lines."""
    if not front:
        return ""
    comments = [mark for mark in marks if mark.kind in (Kind.COMMENT, Kind.DOC)]
    plain = blanked(text, comments)[front[0].start : front[-1].end]
    return "\n".join(line.rstrip() for line in plain.split("\n") if line.strip())


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
