"""What is trusted, in its three parts: the header (imports, `open`s, options), the preamble (definitions), the theorem.

Callers have these in many mixtures: definitions at the header's end or before the theorem, a whole file as the statement, a
header with comments.  However they come, they are taken apart here, and every reader sees the same parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from verify_workers.text import commands
from verify_workers.text.header import split
from verify_workers.text.lexer import Kind, Token, blanked, tokens

THEOREM = ("theorem", "lemma")


@dataclass(frozen=True)
class TrustedParts:
    """The parts of what is trusted; `header` and `preamble` without comments, every line kept, '' where there is none.

    `theorem` is the text from the keyword on; what else it may be is `statement.parse_theorem`'s to say.
    """

    header: str
    preamble: str
    theorem: str


def split_context(header: str, preamble: str, statement: str) -> TrustedParts:
    """The parts of a check's header, preamble and statement."""
    top, definitions = _header(header)
    higher, given = _header(preamble)  # imports and opens that stand there belong above
    own_top, own_definitions, theorem = "", "", statement
    if not statement.startswith(THEOREM) or "--" in statement or "/-" in statement:  # most are plain
        own_top, own_definitions, theorem = _statement(statement)
    before = (definitions, given, own_definitions)
    return TrustedParts("\n".join(filter(str.strip, (top, higher, own_top))), "\n".join(filter(str.strip, before)), theorem)


KEPT = 20_000  # characters of a text whose parts are kept for the next check that brings it


def _header(text: str) -> tuple[str, str]:
    """Header and definitions of a text, without comments."""
    return (_kept_header if len(text) <= KEPT else _read_header)(text)


def _read_header(text: str) -> tuple[str, str]:
    if not text.strip():
        return "", ""
    plain = _plain(text)
    marks = tokens(plain)
    prints = [mark for chunk in commands.prints(plain, marks) for mark in chunk] if "#" in plain else []
    said = set(prints)
    marks = [mark for mark in marks if mark not in said]
    # What holds `in` the theorem alone holds for the whole check, so that the theorem stays a command of its own.
    chain = commands.in_chain(plain, marks)
    plain = blanked(plain, sorted([*prints, *chain], key=lambda mark: mark.start))
    if split(plain).special:  # no plain header: not to be taken apart
        return plain, ""
    marks = [mark for mark in marks if mark not in chain]
    end = commands.header_end(marks)
    return (plain, "") if end == len(marks) else (plain[: marks[end].start], plain[marks[end].start :])


def _plain(text: str) -> str:
    """`text` without comments and a byte-order mark."""
    text = text.removeprefix("\ufeff")
    return blanked(text, [token for token in tokens(text, comments=True) if token.kind in (Kind.COMMENT, Kind.DOC)])


_kept_header = lru_cache(1024)(_read_header)


def _statement(text: str) -> tuple[str, str, str]:
    """Header, definitions and theorem of a text that may not start with the theorem."""
    return (_kept_statement if len(text) <= KEPT else _read_statement)(text)


def _read_statement(text: str) -> tuple[str, str, str]:
    plain = _plain(text)
    marks = tokens(plain)
    at = _last_theorem(marks)
    if at is None or marks[0].text in THEOREM:
        return "", "", plain
    first = commands.without_modifiers(marks, at)
    start = marks[first].start if first < at else marks[at].start
    return (*_header(plain[:start]), plain[marks[at].start :])


_kept_statement = lru_cache(256)(_read_statement)


def _last_theorem(marks: Sequence[Token]) -> int | None:
    """Index of the last `theorem` that stands in no bracket."""
    depth, found = 0, None
    for index, mark in enumerate(marks):
        depth += commands.nesting(mark)
        if depth == 0 and mark.kind is Kind.IDENT and mark.text in THEOREM:
            found = index
    return found
