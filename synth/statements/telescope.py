"""A statement taken apart as text: its binders and hypotheses in order, and its conclusion.

What a part means is for Lean to say; whoever changes a statement with the help of this asks Lean about the result.
"""

from __future__ import annotations

from dataclasses import dataclass

from synth.statements.says import RELATIONS, says
from synth.statements.scopes import QUANTIFIERS, free
from synth.statements.spelling import signs, spelled
from verify_workers.text.lexer import BRACKETS, CLOSERS, Kind, Token, tokens
from verify_workers.text.statement import parse_theorem


@dataclass(frozen=True)
class Part:
    """`text` as it stands, with its `→` or `,`; `names` are the variables that it binds.

    `hypothesis`: it says something, rather than only binding variables of a type.
    """

    text: str
    names: tuple[str, ...]
    hypothesis: bool

    @property
    def words(self) -> frozenset[str]:
        """The identifiers that it speaks of; what a binder within it binds is another thing."""
        return free(self.text)


@dataclass(frozen=True)
class Telescope:
    head: str
    binders: tuple[Part, ...]
    """What stands before the colon."""
    parts: tuple[Part, ...]
    """What stands after it: `∀ …,` and `… →`."""
    conclusion: str

    @property
    def all_parts(self) -> tuple[Part, ...]:
        return self.binders + self.parts

    def statement(self, conclusion: str = "", without: frozenset[int] = frozenset()) -> str:
        """The statement with another conclusion, and `without` some of `all_parts`."""
        kept = [part.text for i, part in enumerate(self.binders) if i not in without]
        shift = len(self.binders)
        after = [part.text for i, part in enumerate(self.parts) if i + shift not in without]
        return " ".join([self.head, *kept, ":", *after, conclusion or self.conclusion])


def telescope(statement: str) -> Telescope:
    """Its parts, with signs as Lean prints them (`→` for `->`).  Raises `StatementError` for what is no theorem."""
    theorem = parse_theorem(spelled(statement))
    known = dict[str, str]()
    binders = _groups(theorem.binders, known)
    text, parts = theorem.conclusion, list[Part]()
    while cut := _next_part(text, known):
        parts.append(cut)
        text = text[len(cut.text) :].lstrip()
    return Telescope(theorem.head, tuple(binders), tuple(_trimmed(parts)), text)


def used(text: str) -> frozenset[str]:
    """The identifiers of `text`, and of dotted ones the first component too (`n.succ` uses `n`)."""
    return frozenset(name for mark in tokens(text) if mark.kind is Kind.IDENT for name in (mark.text, mark.text.split(".")[0]))


def relation(text: str) -> tuple[str, str, str] | None:
    """`(left, relation, right)` of a text that is one relation at its top level."""
    marks, depth, found = signs(text), 0, list[Token]()
    for mark in marks:
        if mark.text in BRACKETS:
            depth += 1
        elif mark.text in CLOSERS:
            depth -= 1
        elif not depth and mark.text in RELATIONS | QUANTIFIERS | {"fun", "λ", "let", "if", "match"}:
            found.append(mark)
    if len(found) != 1 or found[0].text not in ("=", "≠", "<", ">", "≤", "≥", "∣", "∈"):
        return None
    (one,) = found
    left, right = text[: one.start].strip(), text[one.end :].strip()
    return (left, one.text, right) if left and right else None


def bound(text: str, known: dict[str, str] | None = None) -> tuple[tuple[str, ...], bool]:
    """What `n m : Nat`, `(n : Nat) (h : n > 1)` or `n > 3` binds, and whether it says something of it.

    `known` are the variables before it, with the texts of their types; those of `text` are added.
    """
    known = {} if known is None else known
    marks = tokens(text)
    if marks and marks[0].text in BRACKETS:
        groups = _groups(text, known)
        return tuple(name for group in groups for name in group.names), any(group.hypothesis for group in groups)
    names: list[str] = []
    for mark in marks:
        if mark.kind is not Kind.IDENT:
            kind = text[mark.end :] if mark.text == ":" else ""
            told = mark.text != ":" or says(names, kind, known)
            known.update(dict.fromkeys(names, kind.strip()))
            return tuple(names), told
        names.append(mark.text)
    known.update(dict.fromkeys(names, ""))
    return tuple(names), False


def _groups(text: str, known: dict[str, str]) -> list[Part]:
    """The bracketed groups of binders, and bare names between them."""
    found, depth, start = list[Part](), 0, -1
    for mark in tokens(text):
        if mark.text in BRACKETS:
            start = mark.start if depth == 0 else start
            depth += 1
        elif mark.text in CLOSERS:
            depth -= 1
            if depth == 0 and start >= 0:
                found.append(_group(text[start : mark.end], known))
        elif depth == 0 and mark.kind is Kind.IDENT:
            found.append(Part(mark.text, (mark.text,), False))
            known[mark.text] = ""
    return found


def _group(text: str, known: dict[str, str]) -> Part:
    """One group, such as `(a b : Nat)`, `{h : a = b}` or `[Group α]`."""
    inner, marks = text[1:-1], tokens(text[1:-1])
    colon = next((mark for mark in marks if mark.text == ":"), None)
    if text.startswith("[") or colon is None:
        return Part(text, () if text.startswith("[") else tuple(mark.text for mark in marks), False)
    names = tuple(mark.text for mark in marks if mark.end <= colon.start and mark.kind is Kind.IDENT)
    kind = inner[colon.end :].strip()
    told = says(names, kind, known)
    known.update(dict.fromkeys(names, kind))
    return Part(text, names, told)


def _next_part(text: str, known: dict[str, str]) -> Part | None:
    """The `∀ …,` or `… →` with which `text` begins."""
    marks, depth = tokens(text), 0
    if not marks:
        return None
    quantified = marks[0].text == "∀"
    for mark in marks:
        if mark.text in BRACKETS:
            depth += 1
        elif mark.text in CLOSERS:
            depth -= 1
        elif depth == 0 and not quantified and (mark.text in QUANTIFIERS or mark.text in ("λ", "fun", "let", "↔", "match", "if")):
            return None
        elif depth == 0 and mark.text == ("," if quantified else "→"):
            names, told = bound(text[marks[0].end : mark.start], known) if quantified else ((), True)
            return Part(text[: mark.end], names, told)
    return None


def _trimmed(parts: list[Part]) -> list[Part]:
    return [Part(part.text.strip(), part.names, part.hypothesis) for part in parts]
