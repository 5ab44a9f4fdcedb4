"""What an answer may be made of: numbers, the answer's own parameters, arithmetic, `if` with comparisons, lists, True and False.

No quantifier, no name of the problem's, no function but `min` and `max`: so that an answer answers, and is evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from synth.prompts.declarations import one_line
from verify_workers.text.lexer import Kind, Token, tokens

LONGEST = 200  # words and signs of an answer
DIGITS = 1000  # of a number in it
FUNCTIONS = ("min", "max")
WORDS = frozenset({"if", "then", "else", "fun", "λ", "let", "have", "in", "from", "show", "by", "do", "min", "max"})
BINDS = {"+": 65, "-": 65, "*": 70, "/": 70, "%": 70, "^": 75}
COMPARED = frozenset({"=", "≠", "<", "≤", ">", "≥", "<=", ">="})


class NotATerm(ValueError):
    """The text is no answer; the message says at what."""


@dataclass(frozen=True)
class Node:
    """A piece of an answer: `kind` is `number`, `name`, `truth`, `list`, `if`, or an operator's or function's sign."""

    kind: str
    text: str = ""
    parts: tuple[Node, ...] = ()

    def names(self) -> set[str]:
        return {self.text} if self.kind == "name" else {name for part in self.parts for name in part.names()}

    def all(self) -> Iterator[Node]:
        """It and its parts."""
        yield self
        for part in self.parts:
            yield from part.all()

    def shape(self) -> Node:
        """It with its names numbered as they come: equal for terms that differ in names only."""
        order: dict[str, str] = {}
        return self._shape(order)

    def _shape(self, order: dict[str, str]) -> Node:
        text = order.setdefault(self.text, f"x{len(order)}") if self.kind == "name" else self.text
        return Node(self.kind, text, tuple(part._shape(order) for part in self.parts))

    def renamed(self, names: Mapping[str, str]) -> Node:
        """It with other names."""
        text = names.get(self.text, self.text) if self.kind == "name" else self.text
        return Node(self.kind, text, tuple(part.renamed(names) for part in self.parts))

    def given(self, values: Mapping[str, Node]) -> Node:
        """It with terms in place of names."""
        if self.kind == "name":
            return values.get(self.text, self)
        return Node(self.kind, self.text, tuple(part.given(values) for part in self.parts))

    @property
    def size(self) -> int:
        return 1 + sum(part.size for part in self.parts)


@dataclass(frozen=True)
class Answer:
    """A parsed answer: parameters and body, with the body's own text."""

    parameters: tuple[str, ...]
    body: Node
    body_text: str

    @property
    def text(self) -> str:
        return f"fun {' '.join(self.parameters)} => {self.body_text}" if self.parameters else self.body_text


def parse(text: str) -> Answer:
    """The answer that a text is.  Raises NotATerm."""
    marks = tokens(text)
    if not marks:
        raise NotATerm("nothing is there")
    if len(marks) > LONGEST:
        raise NotATerm(f"{len(marks)} words and signs, at most {LONGEST}")
    reader = Reader(marks)
    parameters: list[str] = []
    if reader.next in ("fun", "λ"):
        reader.take()
        parameters += reader.parameters()
        if not parameters:
            raise NotATerm("a function without parameters")
        if reader.next not in ("=>", "↦"):
            raise NotATerm(f"`=>` is missing before `{reader.next}`")
        reader.take()
    if len(set(parameters)) < len(parameters) or any("." in name or name in FUNCTIONS for name in parameters):
        raise NotATerm("its parameters are no names")
    start = reader.mark.start if reader.mark else len(text)
    body = reader.expression(0)
    if reader.mark is not None:
        raise NotATerm(f"`{reader.next}` does not belong to it")
    return Answer(tuple(parameters), body, _bare(one_line(text[start:]).replace("<=", "≤").replace(">=", "≥")))


def _bare(text: str) -> str:
    """`text` without brackets around all of it."""
    while text.startswith("("):
        depth = 0
        closing = next((i for i, char in enumerate(text) if (depth := depth + (char == "(") - (char == ")")) == 0), 0)
        if closing < len(text) - 1 or ":" in text:
            break
        text = text[1:-1].strip()
    return text


class Reader:
    """Reads an expression from tokens, operators by how tightly they bind."""

    def __init__(self, marks: Sequence[Token], alone: bool = False, calls: bool = False) -> None:
        """`alone`: within other Lean, where a name with arguments behind it is none of these terms; with `calls` it is a `call`."""
        self._marks, self._at, self._depth, self._alone, self._calls = marks, 0, 0, alone, calls

    @property
    def mark(self) -> Token | None:
        return self._marks[self._at] if self._at < len(self._marks) else None

    @property
    def next(self) -> str:
        return self.mark.text if self.mark else ""

    def take(self, wanted: str = "") -> Token:
        mark = self.mark
        if mark is None or (wanted and mark.text != wanted):
            raise NotATerm(f"`{wanted or 'something'}` is missing" + (f" before `{mark.text}`" if mark else " at its end"))
        self._at += 1
        return mark

    def parameters(self) -> Iterator[str]:
        """The names that a function binds: `a b`, `a b : Nat`, `(a b : Nat) (c : Int)`; Lean is asked about their types (`Hole.same`)."""
        while (mark := self.mark) and (mark.text in ("(", ":") or mark.kind is Kind.IDENT):
            self.take()
            if mark.kind is Kind.IDENT:
                yield mark.text
                continue
            if mark.text == "(":
                while self.mark and self.mark.kind is Kind.IDENT:
                    yield self.take().text
                self.take(":")
            if self.take().kind is not Kind.IDENT:
                raise NotATerm("a parameter's type is no name")
            if mark.text == ":":
                return
            self.take(")")

    def expression(self, binds: int) -> Node:
        self._depth += 1
        if self._depth > 60:
            raise NotATerm("it is nested too deep")
        left = self._prefix()
        while (sign := self._operator()) in BINDS and BINDS[sign] >= binds:
            self.take()
            left = Node(sign, parts=(left, self.expression(BINDS[sign] + (sign != "^"))))
        self._depth -= 1
        return left

    def ended(self, ends: Sequence[str]) -> Node:
        """A whole side of a relation: what follows is one of `ends`, or nothing."""
        side = self.expression(51)
        if self.mark and self.next not in ends:
            raise NotATerm(f"`{self.next}` goes on")
        return side

    def _prefix(self) -> Node:
        mark = self.take()
        match mark.text:
            case "-":
                return Node("negative", parts=(self.expression(75),))
            case "(":
                inner = self.expression(0)
                if self.next == ":":
                    self.take()
                    if self.take().text not in ("Nat", "ℕ", "Int", "ℤ") and not self._calls:
                        raise NotATerm("a type that is none of Nat and Int")
                self.take(")")
                return self._called(inner)
            case "[":
                parts: list[Node] = []
                while self.next != "]":
                    parts.append(self.expression(0))
                    if self.next != "]":
                        self.take(",")
                self.take("]")
                return Node("list", parts=tuple(parts))
            case "let" if self._calls:  # what it says is an equation of its own
                while self.take().text != ";":
                    pass
                return self.expression(0)
            case "if":
                left, sign, right = self.expression(51), self._comparison(), self.expression(51)
                if sign not in COMPARED:
                    raise NotATerm(f"`{sign}` is no comparison")
                self.take("then")
                then = self.expression(0)
                self.take("else")
                return Node("if", sign, (left, right, then, self.expression(0)))
            case "True" | "False" | "true" | "false":
                return Node("truth", mark.text)
            case name if name in FUNCTIONS:
                return Node(name, parts=(self._atom(), self._atom()))
        if re.fullmatch(r"[0-9]+", mark.text) and len(mark.text) <= DIGITS:
            return Node("number", mark.text)
        if self._calls and mark.kind is Kind.IDENT and mark.text not in WORDS:
            given = tuple(self._given())
            return Node("call" if given else "name", mark.text, given)
        if mark.kind is Kind.IDENT and "." not in mark.text:
            after = self.mark
            if (
                self._alone
                and after
                and (after.text in ("(", "[") or (after.kind in (Kind.IDENT, Kind.NUMBER) and after.text not in WORDS))
            ):
                raise NotATerm(f"`{mark.text}` is applied")
            return Node("name", mark.text)
        raise NotATerm(f"`{mark.text}` is nothing that an answer may be made of")

    def _operator(self) -> str:
        return "*" if self._calls and self.next == "•" else self.next

    def _called(self, inner: Node) -> Node:
        """`(n + 1).succ`, as a call."""
        while self._calls and self.next == "." and self._at + 1 < len(self._marks) and self._marks[self._at + 1].kind is Kind.IDENT:
            self.take()
            name = self.take().text
            inner = Node("call", f"Nat.{name}", (inner, *self._given()))
        return inner

    def _comparison(self) -> str:
        """A comparison's sign; the lexer gives `>=` as two."""
        sign = self.take()
        joined = sign.text in ("<", ">") and self.mark is not None and self.mark.text == "=" and self.mark.start == sign.end
        return sign.text + self.take().text if joined else sign.text

    def _given(self) -> Iterator[Node]:
        """The arguments that stand behind a name."""
        while (mark := self.mark) and (mark.text == "(" or (mark.kind in (Kind.IDENT, Kind.NUMBER) and mark.text not in WORDS)):
            if mark.kind is Kind.IDENT:
                yield Node("name", self.take().text)
            else:
                yield self._prefix()

    def _atom(self) -> Node:
        mark = self.mark
        if mark is None or not (mark.text == "(" or mark.kind is Kind.IDENT or mark.text.isdecimal()):
            raise NotATerm("min and max take two arguments")
        return self._prefix()
