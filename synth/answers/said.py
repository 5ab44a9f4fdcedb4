"""What a Lean text says, as far as it is made of what an answer may be made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from synth.answers.terms import BINDS, WORDS, Node, NotATerm, Reader
from verify_workers.text.commands import nesting
from verify_workers.text.lexer import Kind, Token, tokens

ENDS = (",", "→", "->", "∧", "∨", "↔", ")", "]", "⟩", "}", ":", ";", "then", "else", "¬")
STARTS = (",", "→", "->", "∧", "∨", "↔", "(", "[", "⟨", "{", ":", ";", "then", "else", "¬", "=>", "↦", "|", "let", "have")


def equations(text: str) -> list[tuple[str, Node, Node]]:
    """The `=`, `:=` and `∈` that a Lean text holds between two terms, with these; in them a name may be applied (a `call`)."""
    marks, found = [mark for mark in tokens(text) if mark.text != "↑"], list[tuple[str, Node, Node]]()
    for at, sign in enumerate(marks):
        if sign.text not in ("=", ":=", "∈"):
            continue
        with suppress(NotATerm):
            right, left = Reader(marks[at + 1 :], calls=True).ended(ENDS), None
            for start in _starts(marks, at):
                with suppress(NotATerm):
                    left = Reader(marks[start:at], calls=True).ended(())
            if left:
                found.append((sign.text, left, right))
    return found


def _starts(marks: Sequence[Token], end: int) -> Iterator[int]:
    """Where the side of a relation may start that ends before `end`, the nearest place first."""
    depth = 0
    for at in range(end - 1, -1, -1):
        depth -= nesting(marks[at])
        if depth < 0 or (depth == 0 and marks[at].text in ENDS and nesting(marks[at]) == 0):
            return
        if depth == 0 and (not at or marks[at - 1].text in STARTS):
            yield at


def said_in(text: str) -> set[Node]:
    """The terms that a Lean text holds, as far as they are made of what an answer may be made of, each with its parts."""
    marks, found = tokens(text), set[Node]()
    for at in range(len(marks)):
        before = marks[at - 1] if at else None
        if (
            before and (before.kind in (Kind.IDENT, Kind.NUMBER) or before.text in (")", "]")) and before.text not in WORDS
        ):  # an argument of what stands before it
            continue
        with suppress(NotATerm):
            found |= set(Reader(marks[at:], alone=True).expression(BINDS.get(before.text, -1) + 1 if before else 0).all())
    return found
