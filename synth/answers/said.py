"""What a Lean text says, as far as it is made of what an answer may be made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from synth.answers.spoken import plainly
from synth.answers.terms import BINDS, WORDS, Node, NotATerm, Reader
from synth.statements.spelling import signs
from verify_workers.text.commands import closing, nesting
from verify_workers.text.lexer import Kind, Token, tokens

_BETWEEN = (",", "→", "∧", "∨", "↔", "&&", "||", ":", ";", "then", "else", "¬", "!")
ENDS = (*_BETWEEN, ")", "]", "⟩", "}")
STARTS = (*_BETWEEN, "(", "[", "⟨", "{", "=>", "↦", "|", "let", "have", "if")
EQUATIONS = ("=", ":=", "∈")


def equations(text: str, wanted: Sequence[str] = EQUATIONS) -> list[tuple[str, Node, Node]]:
    """The signs among `wanted` that a Lean text holds between two terms, with these; in them a name may be applied (a `call`).

    Of an equation between functions (`answer = fun n => n * n`) what it says of their values, for arguments by the function's own names.
    """
    marks, found = [mark for mark in signs(text) if mark.text != "↑"], list[tuple[str, Node, Node]]()
    for at, sign in enumerate(marks):
        if sign.text not in wanted:
            continue
        with suppress(NotATerm):
            right, left = _function(marks[at + 1 :], ENDS) or ((), Reader(marks[at + 1 :], calls=True).ended(ENDS)), None
            for start in _starts(marks, at):
                with suppress(NotATerm):
                    left = term(marks[start:at])
            if left and (sides := _of_values(left, right)):
                found.append((sign.text, plainly(sides[0]), plainly(sides[1])))
    return found


_Function = tuple[tuple[str, ...], Node]
"""Parameters and body; without parameters a term of any kind."""


def term(marks: Sequence[Token]) -> _Function:
    """What `marks` are, a function or any other term.  Raises NotATerm."""
    return _function(marks, ()) or ((), Reader(marks, calls=True).ended(()))


def _of_values(left: _Function, right: _Function) -> tuple[Node, Node] | None:
    """Two sides, functions among them with the same arguments; None where that cannot be said."""
    names = left[0] or right[0]
    if (left[0] and right[0]) or len(set(names)) < len(names):
        return None if len(left[0]) != len(right[0]) else (left[1], right[1].renamed(dict(zip(right[0], left[0], strict=True))))
    one, other = (body if mine or not names else _applied(body, names) for mine, body in (left, right))
    return (one, other) if one and other else None


def _applied(node: Node, names: Sequence[str]) -> Node | None:
    """A name, or what is applied already, with (more) arguments."""
    more = tuple(Node("name", name) for name in names)
    return Node("call", node.text, node.parts + more) if node.kind in ("name", "call") else None


def _function(marks: Sequence[Token], ends: Sequence[str]) -> _Function | None:
    """The function that `marks` are, up to one of `ends`: `fun n => n * n`, `fun (n : ℕ) ↦ …`, `(· ^ 2)`; None where none is there."""
    if not marks:
        return None
    if marks[0].text == "(" and (end := closing(marks, 0)):
        if end < len(marks) - 1 and marks[end + 1].text not in ends:
            return None
        inside = marks[1:end]
        return _function(inside, ()) or _with_dots(inside)
    if marks[0].text not in ("fun", "λ"):
        return None
    arrow = next((i for i, mark in enumerate(marks) if mark.text in ("=>", "↦")), 0)
    names, depth, typed = list[str](), 0, False
    for mark in marks[1:arrow]:
        depth += nesting(mark)
        typed = depth > 0 and (typed or mark.text == ":")
        if mark.kind is Kind.IDENT and not typed:
            if mark.text == "_":
                return None
            names.append(mark.text)
        elif mark.text == ":" and not depth:  # `fun n : ℕ => …`
            break
    body = Reader(marks[arrow + 1 :], calls=True).ended(ends)
    return (tuple(names), body) if arrow and names else None


def _with_dots(marks: Sequence[Token]) -> _Function | None:
    """`· ^ 2 + 1`: a function of what stands at the dots."""
    names = [f"dot_{i}" for i, mark in enumerate(marks) if mark.text == "·"]
    if not names:
        return None
    left = iter(names)
    some = [mark._replace(kind=Kind.IDENT, text=next(left)) if mark.text == "·" else mark for mark in marks]
    return tuple(names), Reader(some, calls=True).ended(())


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
