"""A check as text, taken apart once: what the policy judges is what the pin is built from and what the backends give to Lean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property

from verify_workers.records import Check
from verify_workers.text.header import Header, known_to_hold, split
from verify_workers.text.lexer import Kind, Token, tokens
from verify_workers.text.statement import Theorem, parse_theorem

Holds = Callable[[tuple[str, ...], str], bool]
"""Whether a header with these imports holds that module: imports it, or imports what does."""


class Source:
    """One text with its tokens, which are read when they are first asked for, and once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def tokens(self) -> list[Token]:
        """All tokens, comments and doc comments among them."""
        return tokens(self.text, comments=True)

    @cached_property
    def marks(self) -> list[Token]:
        """The tokens that are no comments."""
        return [token for token in self.tokens if token.kind not in (Kind.COMMENT, Kind.DOC)]

    @property
    def docs(self) -> bool:
        """Whether there are doc comments."""
        return any(token.kind is Kind.DOC for token in self.tokens)

    @cached_property
    def comments(self) -> list[Token]:
        return [token for token in self.tokens if token.kind in (Kind.COMMENT, Kind.DOC)]


class ParsedCheck:
    """A check in parts.  Each is read when it is first asked for, so that nothing reads a text before its size is known.

    `holds` knows the library that the check is for.
    """

    def __init__(self, check: Check, holds: Holds = known_to_hold) -> None:
        self.check = check
        self.candidate = Source((check.code if check.proof is None else check.proof) or "")
        self.top = Source(check.header)
        self._holds = holds

    @property
    def whole_file(self) -> bool:
        """Whether the candidate is a file rather than a proof."""
        return self.check.proof is None

    @cached_property
    def header(self) -> Header:
        """The check's header: its imports, and the rest."""
        return split(self.check.header)

    @cached_property
    def theorem(self) -> Theorem:
        """The trusted statement; raises `StatementError` for what is none."""
        return parse_theorem(self.check.statement)

    @cached_property
    def goal(self) -> Source:
        """What follows the theorem's name, as Lean will see it."""
        return Source(self.theorem.goal)

    @cached_property
    def name(self) -> Token:
        """The theorem's name."""
        return tokens(self.theorem.name)[0]

    @cached_property
    def import_marks(self) -> list[Token]:
        """`import`, module, `import`, module, … at the top of a whole file."""
        marks, end = self.candidate.marks, 0
        while self.whole_file and end + 1 < len(marks) and marks[end].text == "import":
            end += 2
        return marks[:end]

    @cached_property
    def foreign(self) -> list[Token]:
        """The modules that a whole file imports and its header does not hold."""
        return [mark for mark in self.import_marks[1::2] if not self._holds(self.header.imports, mark.text)]

    @cached_property
    def without_imports(self) -> str:
        """The candidate with the imports at its top blanked out (they are the header's), every line and column kept."""
        return blanked(self.candidate.text, self.import_marks)

    @cached_property
    def without_comments(self) -> str:
        """The candidate without its imports and comments, every line and column kept: what Lean's text tiers see."""
        marks = sorted([*self.import_marks, *self.candidate.comments], key=lambda mark: mark.start)
        return blanked(self.candidate.text, marks)


def blanked(text: str, marks: Iterable[Token]) -> str:
    """`text` with spaces in place of `marks`, which stand in their order; line breaks stay."""
    pieces, at = [], 0
    for mark in marks:
        pieces += [text[at : mark.start], re.sub(r"[^\n]", " ", mark.text)]
        at = mark.end
    return "".join(pieces) + text[at:]
