"""The variables and hypotheses with which a statement begins, read from its text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from verify_workers.text.commands import closing, first_outside
from verify_workers.text.lexer import Kind, tokens
from verify_workers.text.statement import StatementError, parse_theorem

DATA = frozenset({"Nat", "ℕ", "Int", "ℤ", "Bool", "List", "Prop", "Type"})


@dataclass(frozen=True)
class Binder:
    """One leading variable; a `hypothesis` is one whose type is a claim."""

    name: str
    type: str
    hypothesis: bool = False
    bound: bool = False
    """Whether it stands before the theorem's colon, where proofs find it introduced."""


@lru_cache(maxsize=1024)
def leading(statement: str) -> tuple[Binder, ...]:
    """The binders of a theorem and of the ∀ with which its conclusion begins; () where the text is no theorem.

    Instance and implicit binders end the list, since an application does not give them in order.
    """
    try:
        theorem = parse_theorem(statement)
    except StatementError:
        return ()
    found, rest = _groups(theorem.binders, bound=True)
    if rest.strip():
        return tuple(found)
    conclusion = theorem.conclusion
    while conclusion.startswith("∀"):
        more, rest = _quantified(conclusion)
        if not more:
            break
        found, conclusion = [*found, *more], rest.lstrip()
    return tuple(found)


def _quantified(text: str) -> tuple[list[Binder], str]:
    """The binders of one `∀ …,` and what follows it; none where it binds something else, such as `x ∈ s` or `x < 3`."""
    marks = tokens(text)
    comma = first_outside(marks, ",")
    if comma is None:
        return [], text
    inside, after = text[marks[0].end : marks[comma].start], text[marks[comma].end :]
    if inside.lstrip().startswith("("):
        found, rest = _groups(inside, bound=False)
        return ([], text) if rest.strip() else (found, after)
    names, colon, kind = inside.partition(":")
    plain = tokens(names)
    if not colon or not plain or any(mark.kind is not Kind.IDENT for mark in plain):
        return [], text
    return [_binder(mark.text, kind, bound=False) for mark in plain], after


def _groups(text: str, bound: bool) -> tuple[list[Binder], str]:
    """The binders of `(a b : Nat) (h : a < b)`, and what follows the last that could be read."""
    found: list[Binder] = []
    rest = text
    while rest.lstrip().startswith("("):
        marks = tokens(rest)
        end = closing(marks, 0)
        colon = next((i for i, mark in enumerate(marks) if mark.text == ":"), None)
        if end is None or colon is None or colon > end or any(m.kind is not Kind.IDENT for m in marks[1:colon]):
            break
        kind = rest[marks[colon].end : marks[end].start]
        found += [_binder(mark.text, kind, bound) for mark in marks[1:colon]]
        rest = rest[marks[end].end :]
    return found, rest


def _binder(name: str, kind: str, bound: bool) -> Binder:
    words = tokens(kind)
    data = bool(words) and all(mark.text in DATA or mark.text in ("(", ")", "→", "->", "×") for mark in words)
    return Binder(name, " ".join(kind.split()), not data, bound)
