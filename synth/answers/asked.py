"""What a statement asks for in so many words: the terms that it says the answer is equal to.

`n * n + n = answer n` asks for `n * n + n`; so does `f n = answer n` where the statement, or a definition before it, says what `f n` is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from synth.answers.hole import Hole
from synth.answers.said import equations, term
from synth.answers.spoken import plainly
from synth.answers.terms import Node, NotATerm
from synth.prompts.declarations import declarations
from synth.statements.spelling import signs
from verify_workers.text.commands import closing
from verify_workers.text.lexer import Kind, tokens

DEEP = 4  # definitions that are looked up one after the other

Equation = tuple[Node, Node]


@lru_cache(maxsize=256)
def asked(hole: Hole) -> tuple[Node, ...]:
    """The terms, made of what an answer may be made of, that the statement equates with the answer; its parameters are `parameter(i)`.

    Where the answer stands beside `∈`, the terms that it says its elements are equal to.
    """
    said = [(sign, *_without_common(left, right)) for sign, left, right in equations(hole.goal)]
    known = known_of(hole, said)
    found: dict[Node, None] = {}
    for sign, left, right in said:
        for one, place in ((left, right), (right, left))[: 1 if sign == "∈" else 2]:
            if (of := _of(one, place, hole)) is None or _names(one, hole.name):
                continue
            one, names = of
            terms = [one, *(other for pattern, other in known if pattern == one)]
            for made in (one for each in terms for one in unfolded(each, known, frozenset(names))):
                if made.names() <= names.keys() and all(part.kind != "call" for part in made.all()) and made.parts:
                    found[made.renamed(names)] = None
    return tuple(found)


def known_of(hole: Hole, said: Sequence[tuple[str, Node, Node]]) -> list[Equation]:
    """What a statement, or a definition before it, says that names and functions are; nothing that speaks of the answer."""
    known = [*((left, right) for sign, left, right in said if sign != "∈"), *_defined(hole.preamble)]
    known += [(right, left) for left, right in known]
    return [each for each in known if not any(_names(side, hole.name) for side in each)]


def _without_common(left: Node, right: Node) -> Equation:
    """Both sides without what is added to, or taken from, both of them, and without `+ 0` and `1 *`."""
    left, right = _plain(left), _plain(right)
    if left.kind == right.kind and left.kind in ("+", "-"):
        for one, other in ((0, 0), (0, 1), (1, 0), (1, 1)) if left.kind == "+" else ((1, 1),):
            if left.parts[one] == right.parts[other]:
                return _without_common(left.parts[1 - one], right.parts[1 - other])
    return left, right


def _plain(node: Node) -> Node:
    neutral = {"+": "0", "-": "0", "*": "1", "/": "1", "^": "1"}.get(node.kind)
    for place in ((0, 1) if node.kind in ("+", "*") else (1,)) if neutral else ():
        if node.parts[place] == Node("number", neutral or ""):
            return _plain(node.parts[1 - place])
    return node


def parameter(index: int) -> str:
    return f"x{index}"


def _of(one: Node, place: Node, hole: Hole) -> tuple[Node, dict[str, str]] | None:
    """What the answer is said to be, and the names that it is given, as parameters; None where `place` is no answer, or of something else.

    `f = answer` says what `f x` is, and `answer (n + 1) = n * n` that `answer n` is `(n - 1) * (n - 1)`.
    """
    if place.text != hole.name or place.kind not in ("name", "call") or len(place.parts) > hole.parameters:
        return None
    more = tuple(Node("name", f"value_{i}") for i in range(len(place.parts), hole.parameters))
    if more:
        if one.kind not in ("name", "call"):
            return None
        one = Node("call", one.text, one.parts + more)
    names = dict[str, str]()
    for index, part in enumerate((*place.parts, *more)):
        match part:
            case Node(kind="name"):
                name = part.text
            case Node(kind="+", parts=(Node(kind="name", text=name), Node(kind="number") as less)):
                one = one.given({name: Node("-", parts=(Node("name", name), less))})
            case _:
                return None
        names[name] = parameter(index)
    return (one, names) if len(names) == hole.parameters else None


def _names(node: Node, name: str) -> bool:
    return any(part.text == name for part in node.all() if part.kind in ("name", "call"))


def unfolded(node: Node, known: Sequence[Equation], fixed: frozenset[str], depth: int = DEEP) -> Iterator[Node]:
    """A term, and what it is where the names and functions in it, but those of `fixed`, are replaced by what they are said to be."""
    yield node
    if depth:
        for pattern, value in known:
            if (changed := _rewritten(node, pattern, value, fixed)) != node:
                yield from unfolded(changed, known, fixed, depth - 1)


def _rewritten(node: Node, pattern: Node, value: Node, fixed: frozenset[str]) -> Node:
    """`node` with `value` wherever `pattern`, a name or a function of names, stands."""
    node = Node(node.kind, node.text, tuple(_rewritten(part, pattern, value, fixed) for part in node.parts))
    if pattern.kind not in ("name", "call") or (node.kind, node.text, len(node.parts)) != (pattern.kind, pattern.text, len(pattern.parts)):
        return node
    if pattern.kind == "name":
        return node if node.text in fixed or node.text in value.names() else value
    names = [part.text for part in pattern.parts if part.kind == "name"]
    if len(set(names)) < len(pattern.parts):
        return node if node != pattern else value
    return value.given(dict(zip(names, node.parts, strict=True)))


def _defined(preamble: str) -> Iterator[Equation]:
    """What the definitions of a preamble say, as equations."""
    for one in declarations(preamble):
        if one.keyword in ("def", "abbrev") and one.body >= 0:
            names = bound_names(preamble[slice(*one.goal)])
            try:
                more, body = term(signs(preamble[one.body : one.end]))
            except NotATerm:
                continue
            parts = tuple(Node("name", name) for name in (*names, *more))
            yield Node("call" if parts else "name", one.name, parts), plainly(body)


def bound_names(binders: str) -> list[str]:
    """The names that `(a b : T) (c : U) : V` binds."""
    marks, names, at = tokens(binders), list[str](), 0
    while at < len(marks) and marks[at].text != ":":
        end = closing(marks, at) if marks[at].text in "([{" else None
        if marks[at].text == "(" and end:
            colon = next((i for i in range(at, end) if marks[i].text == ":"), end)
            names += [mark.text for mark in marks[at + 1 : colon] if mark.kind is Kind.IDENT]
        at = (end or at) + 1
    return names
