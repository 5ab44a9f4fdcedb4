"""Which identifiers of a Lean text are free where they stand, and which a binder in it binds: read from the text, as Lean would.

Binders are quantifiers, `fun`, `let` and `have`, sums and their like, sets by a condition, and the arms of a `match`.  What is
not clear counts as free: nobody is told that a variable does not occur because its scope was not understood.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.statements.spelling import signs
from verify_workers.text.commands import nesting
from verify_workers.text.lexer import Kind, Token

QUANTIFIERS = frozenset({"∀", "∃", "∃!"})
_LIKE_SUMS = frozenset({"∑", "∏", "⋃", "⋂", "⨆", "⨅", "∫", "∐", "Σ", "Π", "∀ᶠ", "∃ᶠ"})
_FUNCTIONS = frozenset({"fun", "λ"})
_ARROWS = frozenset({"=>", "↦"})
_LOCAL = frozenset({"let", "have"})
_ENDS = frozenset({"in", "with"})
_MARKED = frozenset({"!", "ᶠ", "ᵐ"})


@dataclass(frozen=True)
class Scope:
    """What the binder `sign` binds: `names` mean another thing in `spans` of the text than outside; `binder` and `body` as they stand."""

    sign: str
    names: frozenset[str]
    spans: tuple[tuple[int, int], ...]
    binder: str = ""
    body: str = ""


def free(text: str) -> frozenset[str]:
    """The identifiers of `text` that no binder in it binds where they stand, and of dotted ones the first component too."""
    marks = signs(text)
    hidden = [(start, end, scope.names) for scope in _scopes(text, marks) for start, end in scope.spans]
    found = set[str]()
    for mark in marks:
        name = mark.text.split(".")[0]
        if mark.kind is Kind.IDENT and not any(start <= mark.start < end and name in names for start, end, names in hidden):
            found |= {name, mark.text}
    return frozenset(found)


def put(text: str, name: str, value: str) -> str:
    """`text` with `value` for `name` where it is free; '' where a binder would take a variable of the value for its own."""
    marks = signs(text)
    hidden = [(start, end, scope.names) for scope in _scopes(text, marks) for start, end in scope.spans]
    pieces, at, own = list[str](), 0, free(value)
    for mark in marks:
        around = [names for start, end, names in hidden if start <= mark.start < end]
        if mark.kind is not Kind.IDENT or mark.text.split(".")[0] != name or any(name in names for names in around):
            continue
        if any(own & names for names in around):
            return ""
        pieces += [text[at : mark.start], value + mark.text[len(name) :]]
        at = mark.end
    return "".join([*pieces, text[at:]])


def quantified(text: str) -> list[Scope]:
    """The scopes of the quantifiers in `text`, in their order."""
    return [scope for scope in _scopes(text, signs(text)) if scope.sign in QUANTIFIERS]


def _scopes(text: str, marks: Sequence[Token]) -> Iterator[Scope]:
    for at, mark in enumerate(marks):
        if mark.text in QUANTIFIERS | _LIKE_SUMS:
            found = _before(text, marks, at, frozenset({","}))
        elif mark.text in _FUNCTIONS:
            found = _arms(text, marks, at + 1) if _is(marks, at + 1, "|") else _before(text, marks, at, _ARROWS)
        elif mark.text in _LOCAL:
            found = _local(text, marks, at)
        elif mark.text == "match":
            found = _match(text, marks, at)
        else:
            found = _set(text, marks, at) if mark.text == "{" else []
        yield from found


def _before(text: str, marks: Sequence[Token], at: int, ends: frozenset[str]) -> list[Scope]:
    """`∀ x y : T, …`, `∃ x > 3, …`, `∑ i ∈ s, …`, `fun x (y : T) => …`: bound is what stands before the comma or arrow."""
    first = at + 2 if at + 1 < len(marks) and marks[at + 1].text in _MARKED else at + 1  # `∃!`, `∀ᶠ`
    place = _outside(marks, first, ends)
    if place is None:
        return []
    sign, binder, names, start = marks[at].text, marks[first:place], _names_in(marks[first:place]), marks[place].end
    end = _end(text, marks, place + 1, ends is _ARROWS)
    # `x > 3` and `x ∈ s` behind a quantifier speak of `x`; a type, and what a sum is over, of what stands before it.
    own = sign in QUANTIFIERS and all(mark.text != ":" for mark in binder)
    spans = [(marks[at].end, end)] if own else [(start, end), *((mark.start, mark.end) for mark in names)]
    bound = frozenset(mark.text for mark in names)
    return [Scope(sign, bound, tuple(spans), text[marks[first - 1].end : marks[place].start], text[start:end])] if names else []


def _names_in(binder: Sequence[Token]) -> list[Token]:
    """The names that a binder binds: those before each `:`, relation or `in`, in brackets and out of them."""
    found, depth, typed = list[Token](), 0, dict[int, bool]()
    for mark in binder:
        step = nesting(mark)
        depth += step
        if step > 0:
            typed[depth] = typed.get(depth - 1, False)
        elif step == 0 and mark.kind is Kind.IDENT and mark.text not in _ENDS:
            if not typed.get(depth) and "." not in mark.text:
                found.append(mark)
        elif step == 0 and mark.text != ",":
            typed[depth] = True
    return found


def _local(text: str, marks: Sequence[Token], at: int) -> list[Scope]:
    """`let x : T := v; …` (or on a line of its own): `x` is bound behind the value."""
    place = _outside(marks, at + 1, frozenset({":="}))
    if place is None:
        return []
    names = _names_in(marks[at + 1 : place])
    names = names[:1] if marks[at + 1].kind is Kind.IDENT else names  # what follows `f` in `let f n := …` is bound in the value alone
    depth = 0
    for before, mark in zip(marks[place:], marks[place + 1 :], strict=False):
        if depth == 0 and (before.text == ";" or (before.text != ":=" and "\n" in text[before.end : mark.start])):
            spans = ((mark.start, _end(text, marks, at)), *((name.start, name.end) for name in names))
            return [Scope(marks[at].text, frozenset(name.text for name in names), spans)]
        depth += nesting(mark)
        if depth < 0:
            break
    return []


def _match(text: str, marks: Sequence[Token], at: int) -> list[Scope]:
    """The arms of `match … with | p => …`."""
    place = _outside(marks, at + 1, frozenset({"with"}))
    return _arms(text, marks, place + 1) if place is not None else []


def _arms(text: str, marks: Sequence[Token], at: int) -> list[Scope]:
    """`| p => … | q => …`: a pattern's names are bound to the end of its arm."""
    found = list[Scope]()
    while _is(marks, at, "|"):
        arrow = _outside(marks, at + 1, _ARROWS)
        if arrow is None:
            break
        later = _outside(marks, arrow + 1, frozenset({"|"}))
        end = marks[later].start if later is not None else _end(text, marks, at)
        pattern = [mark for mark in marks[at + 1 : arrow] if mark.kind is Kind.IDENT and "." not in mark.text]
        found.append(Scope("|", frozenset(mark.text for mark in pattern), ((marks[at].end, end),)))
        if later is None:
            break
        at = later
    return found


def _set(text: str, marks: Sequence[Token], at: int) -> list[Scope]:
    """`{x | …}`, `{x : T | …}`, `{x ∈ s | …}`."""
    bar = _outside(marks, at + 1, frozenset({"|", "/"}))
    if bar is None or at + 1 >= len(marks) or marks[at + 1].kind is not Kind.IDENT:
        return []
    if bar != at + 2 and marks[at + 2].text not in (":", "∈", "<", ">", "≤", "≥", "≠"):
        return []  # `{f x | x ∈ s}`: which are bound is not clear
    if marks[bar].text == "/" and not _is(marks, bar + 1, "/"):
        return []
    name = marks[at + 1]
    return [Scope("{", frozenset({name.text}), ((name.start, name.end), (marks[bar].end, _end(text, marks, at + 1))))]


def _is(marks: Sequence[Token], at: int, text: str) -> bool:
    return at < len(marks) and marks[at].text == text


def _outside(marks: Sequence[Token], at: int, wanted: frozenset[str]) -> int | None:
    """The first of `wanted` from `at` on that stands in no bracket opened since; None where the bracket around it closes first."""
    depth = 0
    for place in range(at, len(marks)):
        depth += nesting(marks[place])
        if depth < 0:
            return None
        if depth == 0 and marks[place].text in wanted:
            return place
    return None


def _end(text: str, marks: Sequence[Token], at: int, comma: bool = False) -> int:
    """Where the bracket closes in which the token `at` stands, or with `comma` its part of a list ends; else the end of the text."""
    depth, owed = 0, 0  # commas that quantifiers are still to have
    for mark in marks[at:]:
        depth += nesting(mark)
        if depth < 0:
            return mark.start
        if depth == 0 and comma:
            owed += mark.text in QUANTIFIERS | _LIKE_SUMS
            owed -= mark.text == ","
            if owed < 0:
                return mark.start
    return len(text)
