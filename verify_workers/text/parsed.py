"""A check as text, taken apart once: what the policy judges is what the pin is built from and what the backends give to Lean."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from verify_workers.records import Check
from verify_workers.text import commands
from verify_workers.text.context import KEPT, TrustedParts, split_context
from verify_workers.text.header import Header, known_to_hold, split
from verify_workers.text.lexer import Kind, Token, apart, blanked
from verify_workers.text.statement import Theorem, negation, parse_theorem, source

Holds = Callable[[tuple[str, ...], str], bool]
"""Whether a header with these imports holds that module: imports it, or imports what does."""


class Source:
    """One text with its tokens, which are read when they are first asked for, and once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _apart(self) -> tuple[list[Token], list[Token]]:
        return apart(self.text)

    @property
    def marks(self) -> list[Token]:
        """The tokens that are no comments."""
        return self._apart[0]

    @property
    def comments(self) -> list[Token]:
        """Those that are, doc comments among them."""
        return self._apart[1]

    @cached_property
    def plain(self) -> str:
        """The text with its comments blanked out."""
        return blanked(self.text, self.comments)


def trusted(text: str) -> Source:
    """A trusted text (header, preamble, goal) with its tokens: many checks ask about one statement, so what was read is kept."""
    return _trusted(text) if len(text) <= KEPT else Source(text)


@lru_cache(maxsize=256)
def _trusted(text: str) -> Source:
    return Source(text)


@lru_cache(maxsize=256)
def _header(text: str) -> Header:
    return split(text)


@lru_cache(maxsize=256)
def _theorem(text: str) -> Theorem:
    return parse_theorem(text)


def indented(tactics: str) -> str:
    """`tactics` that begin at the margin, moved to where Lean takes them for those of a `by` at the end of the line before.

    Where only their first line is at the margin, a model went on from a prompt that had ended in its indentation.
    """
    lines = tactics.split("\n")
    depths = [(number, len(line) - len(line.lstrip(" "))) for number, line in enumerate(lines) if line.strip()]
    if not depths or depths[0][1]:
        return tactics
    further = min((depth for _, depth in depths[1:]), default=0)
    moved = [depths[0][0]] if further else [number for number, _ in depths]
    for number in moved:
        lines[number] = " " * (further or 2) + lines[number]
    return "\n".join(lines)


def without_assignment(proof: str) -> str:
    """`proof` without the `:=` that it follows, where it was given with that; every column kept."""
    return proof.replace(":=", "  ", 1) if proof.lstrip().startswith(":=") else proof


class ParsedCheck:
    """A check in parts.  Each is read when it is first asked for, so that nothing reads a text before its size is known.

    `holds` knows the library that the check is for.
    """

    def __init__(self, check: Check, holds: Holds = known_to_hold) -> None:
        self.check = check
        goes_on = check.proof is not None and check.statement.rstrip().endswith("by")
        proof = without_assignment(check.proof or "")
        self.candidate = Source(indented(proof) if goes_on else proof or check.code or "")
        self._holds = holds

    @property
    def whole_file(self) -> bool:
        """Whether the candidate is a file rather than a proof."""
        return self.check.proof is None

    # ---- what is trusted

    @cached_property
    def context(self) -> TrustedParts:
        """Header, preamble and theorem, however the check brings them."""
        return split_context(self.check.header, self.check.preamble, self.check.statement)

    @cached_property
    def top(self) -> Source:
        """The header.  Where a check has none, the imports at the top of a whole file are its header."""
        text = self.context.header
        if not text.strip():
            text = "".join(f"import {mark.text}\n" for mark in self.import_marks[1::2])
        return trusted(text)

    @cached_property
    def header(self) -> Header:
        """The header: its imports, and the rest."""
        text = self.top.text
        return _header(text) if len(text) <= KEPT else split(text)

    @cached_property
    def preamble(self) -> Source:
        """The definitions before the statement."""
        return trusted(self.context.preamble)

    @cached_property
    def left_open(self) -> str:
        """The namespace that the preamble opens and does not close, if there is one: the statement's name would not be its own."""
        return commands.left_open(self.preamble.marks)

    @property
    def above(self) -> str:
        """What Lean sees between the imports and the statement, ending its line; '' if that is nothing."""
        parts = (self.header.rest, self.preamble.plain)
        return "".join(f"{part.rstrip()}\n" for part in parts if part.strip())

    @cached_property
    def theorem(self) -> Theorem:
        """The trusted statement; raises `StatementError` for what is none."""
        text = self.context.theorem
        return _theorem(text) if len(text) <= KEPT else parse_theorem(text)

    @cached_property
    def goal(self) -> Source:
        """What follows the theorem's name, as Lean will see it."""
        return trusted(self.theorem.goal)

    @cached_property
    def name(self) -> Token:
        """The theorem's name."""
        return trusted(self.theorem.name).marks[0]

    @cached_property
    def before(self) -> str:
        """Our own text before a proof: the theorem that it is to prove, up to `:=`, or `by` where the statement ended in that."""
        if self.whole_file:
            return ""
        shown = negation(self.theorem) if self.check.negated else source(self.theorem)
        goes_on = self.theorem.by and self.marks and self.marks[0].text != "by"
        return f"{shown} := by\n" if goes_on else f"{shown} := "

    # ---- the candidate

    @cached_property
    def marks(self) -> list[Token]:
        """The candidate's tokens without comments, imports at its top, printing commands, and what repeats the preamble."""
        gone = {mark.start for mark in self._blank}
        if not gone:
            return self.candidate.marks
        return [mark for mark in self.candidate.marks if mark.start not in gone]

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
    def without_comments(self) -> str:
        """The candidate as Lean sees it: without comments and all else that `marks` leaves out, every line and column kept."""
        return blanked(self.candidate.text, sorted([*self._blank, *self.candidate.comments], key=lambda mark: mark.start))

    @cached_property
    def _blank(self) -> list[Token]:
        """Tokens that are code and that Lean is not shown: imports (they are the header's), printing commands, the preamble again."""
        text = self.candidate.text
        body = self.candidate.marks[len(self.import_marks) :]
        universes = self._universes if self.whole_file else frozenset()
        prints = "#" in text and any(mark.kind is Kind.HASH for mark in body)
        if not prints and not (self.whole_file and self.preamble.marks) and not universes:
            return self.import_marks
        chunks = commands.chunks(text, body) if self.whole_file else []
        again = [*self._repeated(chunks), *(_known(chunk, universes) for chunk in chunks if chunk[0].text == "universe")]
        gone = {mark.start: mark for chunk in (*commands.prints(text, body), *again) for mark in chunk}
        return [*self.import_marks, *gone.values()]

    @cached_property
    def _universes(self) -> frozenset[str]:
        """The universes that the header declares: Lean takes a second declaration for an error."""
        rest = Source(self.header.rest)
        chunks = commands.chunks(rest.text, rest.marks)
        return frozenset(mark.text for chunk in chunks if chunk[0].text == "universe" for mark in chunk[1:])

    def _repeated(self, chunks: list[Sequence[Token]]) -> list[Sequence[Token]]:
        """The commands of a whole file that repeat one of the preamble's, token for token and in its order.

        Those that open or end a scope stay: more may stand in it.
        """
        places: dict[tuple[str, ...], list[int]] = {}
        for place, chunk in enumerate(commands.chunks(self.preamble.text, self.preamble.marks)):
            places.setdefault(_words(chunk), []).append(place)
        found, reached = [], 0
        for chunk in chunks:
            known = [] if commands.is_scope(chunk) else places.get(_words(chunk), [])
            next_one = bisect_left(known, reached)
            if next_one < len(known):
                reached = known[next_one] + 1
                found.append(chunk)
        return found


def _known(chunk: Sequence[Token], universes: frozenset[str]) -> Sequence[Token]:
    """What a `universe` command says again: those of its names that are in `universes`, or all of it."""
    again = [mark for mark in chunk[1:] if mark.text in universes]
    return chunk if len(again) == len(chunk) - 1 else again


def _words(chunk: Sequence[Token]) -> tuple[str, ...]:
    return tuple(mark.text for mark in chunk)
