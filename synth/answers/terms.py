"""What an answer may be made of: numbers, the answer's own parameters, arithmetic, `if` with comparisons, lists, True and False.

No quantifier, no name of the problem's, no function but `min` and `max`: so that an answer answers, and is evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from verify_workers.text.lexer import Kind, Token, tokens

Number = int | Fraction
Value = int | Fraction | bool | list[Number]
Env = Mapping[str, int]
LONGEST = 200  # words and signs of an answer
DIGITS = 1000  # of a number in it
LARGE = 4096  # bits of a number that an answer may compute
FUNCTIONS: dict[str, Callable[[Number, Number], Number]] = {"min": min, "max": max}
_WORDS = frozenset({"if", "then", "else", "fun", "λ", "let", "have", "in", "from", "show", "by", "do", "min", "max"})
_BINDS = {"+": 65, "-": 65, "*": 70, "/": 70, "%": 70, "^": 75}
_COMPARED: dict[str, Callable[[Number, Number], bool]] = {
    "=": lambda a, b: a == b, "≠": lambda a, b: a != b, "<": lambda a, b: a < b, "≤": lambda a, b: a <= b,
    ">": lambda a, b: a > b, "≥": lambda a, b: a >= b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}  # fmt: skip


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
    reader = _Reader(marks)
    parameters: list[str] = []
    if reader.next in ("fun", "λ"):
        reader.take()
        while reader.mark and reader.mark.kind is Kind.IDENT:
            parameters.append(reader.take().text)
        if reader.next not in ("=>", "↦"):
            raise NotATerm(f"`=>` is missing before `{reader.next}`")
        reader.take()
    if len(set(parameters)) < len(parameters) or any("." in name or name in FUNCTIONS for name in parameters):
        raise NotATerm("its parameters are no names")
    start = reader.mark.start if reader.mark else len(text)
    body = reader.expression(0)
    if reader.mark is not None:
        raise NotATerm(f"`{reader.next}` does not belong to it")
    return Answer(tuple(parameters), body, _bare(" ".join(text[start:].split()).replace("<=", "≤").replace(">=", "≥")))


def _bare(text: str) -> str:
    """`text` without brackets around all of it."""
    while text.startswith("("):
        depth = 0
        closing = next((i for i, char in enumerate(text) if (depth := depth + (char == "(") - (char == ")")) == 0), 0)
        if closing < len(text) - 1 or ":" in text:
            break
        text = text[1:-1].strip()
    return text


class _Reader:
    """Reads an expression from tokens, operators by how tightly they bind."""

    def __init__(self, marks: Sequence[Token], alone: bool = False) -> None:
        """`alone`: within other Lean, where a name with arguments behind it is none of these terms."""
        self._marks, self._at, self._depth, self._alone = marks, 0, 0, alone

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

    def expression(self, binds: int) -> Node:
        self._depth += 1
        if self._depth > 60:
            raise NotATerm("it is nested too deep")
        left = self._prefix()
        while (sign := self.next) in _BINDS and _BINDS[sign] >= binds:
            self.take()
            left = Node(sign, parts=(left, self.expression(_BINDS[sign] + (sign != "^"))))
        self._depth -= 1
        return left

    def _prefix(self) -> Node:
        mark = self.take()
        match mark.text:
            case "-":
                return Node("negative", parts=(self.expression(75),))
            case "(":
                inner = self.expression(0)
                if self.next == ":":
                    self.take()
                    if self.take().text not in ("Nat", "ℕ", "Int", "ℤ"):
                        raise NotATerm("a type that is none of Nat and Int")
                self.take(")")
                return inner
            case "[":
                parts: list[Node] = []
                while self.next != "]":
                    parts.append(self.expression(0))
                    if self.next != "]":
                        self.take(",")
                self.take("]")
                return Node("list", parts=tuple(parts))
            case "if":
                left, sign, right = self.expression(51), self._comparison(), self.expression(51)
                if sign not in _COMPARED:
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
        if mark.kind is Kind.IDENT and "." not in mark.text:
            after = self.mark
            if (
                self._alone
                and after
                and (after.text in ("(", "[") or (after.kind in (Kind.IDENT, Kind.NUMBER) and after.text not in _WORDS))
            ):
                raise NotATerm(f"`{mark.text}` is applied")
            return Node("name", mark.text)
        raise NotATerm(f"`{mark.text}` is nothing that an answer may be made of")

    def _comparison(self) -> str:
        """A comparison's sign; the lexer gives `>=` as two."""
        sign = self.take()
        joined = sign.text in ("<", ">") and self.mark is not None and self.mark.text == "=" and self.mark.start == sign.end
        return sign.text + self.take().text if joined else sign.text

    def _atom(self) -> Node:
        mark = self.mark
        if mark is None or not (mark.text == "(" or mark.kind is Kind.IDENT or mark.text.isdecimal()):
            raise NotATerm("min and max take two arguments")
        return self._prefix()


def evaluate(node: Node, env: Env, natural: bool, field: bool = False) -> Value:
    """What it computes, as Lean does in Nat (`natural`: a difference stops at 0), in Int, or in a `field`, where `/` is exact.

    Raises OverflowError where that is too large, and NotATerm where it is no value.
    """
    match node.kind:
        case "truth":
            return node.text in ("True", "true")
        case "list":
            return [_number(part, env, natural, field) for part in node.parts]
        case "if":
            left, right, then, other = node.parts
            holds = _COMPARED[node.text](_number(left, env, natural, field), _number(right, env, natural, field))
            return evaluate(then if holds else other, env, natural, field)
    return _number(node, env, natural, field)


def _number(node: Node, env: Env, natural: bool, field: bool) -> Number:
    if node.kind == "number":
        return int(node.text)
    if node.kind == "name":
        return env[node.text]
    if node.kind in ("if", "truth", "list"):
        value = evaluate(node, env, natural, field)
        if isinstance(value, list | bool):
            raise NotATerm("a number is wanted there")
        return value
    if node.kind == "^":  # the exponent is a Nat, whatever the base is
        if any(part.kind == "negative" for part in node.parts[1].all()):
            raise NotATerm("an exponent is a natural number")
        base, exponent = _number(node.parts[0], env, natural, field), _number(node.parts[1], env, True, False)
        return _bounded(_power(base, int(exponent)))
    numbers = [_number(part, env, natural, field) for part in node.parts]
    if node.kind == "negative":
        return 0 if natural else -numbers[0]
    return _bounded(
        FUNCTIONS[node.kind](*numbers) if node.kind in FUNCTIONS else _computed(node.kind, numbers[0], numbers[1], natural, field)
    )


def _bounded(number: Number) -> Number:
    if (bits := max(number.numerator.bit_length(), number.denominator.bit_length())) > LARGE:
        raise OverflowError(f"a number of {bits} bits")
    return number


def _power(a: Number, b: int) -> Number:
    if a in (0, 1, -1):  # whatever the exponent's size
        return a ** (b % 2 + 2 if b else 0)
    if max(a.numerator.bit_length(), a.denominator.bit_length()) * b > LARGE:
        raise OverflowError("a power that is too large")
    return a**b


def _computed(sign: str, a: Number, b: Number, natural: bool, field: bool) -> Number:
    match sign:
        case "+":
            return a + b
        case "-":
            return max(0, a - b) if natural else a - b
        case "*":
            return a * b
        case "/" if field:
            return Fraction(a) / Fraction(b) if b else 0
        case "/":
            return 0 if b == 0 else (a - _remainder(a, b)) // b
    if field:
        raise NotATerm("`%` is of whole numbers")
    return _remainder(a, b)


def _remainder(a: Number, b: Number) -> Number:
    """Lean's `a % b`: never negative."""
    return a if b == 0 else a % max(b, -b)


def folded(node: Node, natural: bool, field: bool = False) -> Node:
    """The term without what changes nothing: `+ 0`, `* 1`, `^ 1` and the like, and with closed parts computed."""
    exponent = node.kind == "^"
    parts = tuple(folded(part, natural or bool(exponent and at), field and not (exponent and at)) for at, part in enumerate(node.parts))
    node = Node(node.kind, node.text, parts)
    if parts and node.kind != "list" and not node.names():
        try:
            value = evaluate(node, {}, natural, field)
        except (OverflowError, NotATerm):
            return node
        return written(value) if not isinstance(value, list) else node
    zero, one = Node("number", "0"), Node("number", "1")
    match node.kind, parts:
        case "+", (same, more) if zero in parts:
            return more if same == zero else same
        case "*", (same, more) if zero in parts or one in parts:
            return zero if zero in parts else more if same == one else same
        case "-", (same, nothing) if nothing == zero:
            return same
        case "/" | "^", (same, nothing) if nothing == one:
            return same
        case "-", (Node(kind="+", parts=(same, more)), less) if more == less:
            return same
        case "min" | "max", (same, other) if same == other:
            return same
        case "if", (left, right, then, other):
            if then == other:
                return then
            try:
                return then if _COMPARED[node.text](_number(left, {}, natural, field), _number(right, {}, natural, field)) else other
            except (OverflowError, NotATerm, KeyError):
                return node
    return node


def written(value: Number | bool) -> Node:
    """A value as it is written out."""
    if isinstance(value, bool):
        return Node("truth", str(value))
    if value < 0:
        return Node("negative", parts=(written(-value),))
    if value.denominator == 1:
        return Node("number", str(value.numerator))
    return Node("/", parts=(Node("number", str(value.numerator)), Node("number", str(value.denominator))))


def said_in(text: str) -> set[Node]:
    """The terms that a Lean text holds, as far as they are made of what an answer may be made of, each with its parts."""
    marks, found = tokens(text), set[Node]()
    for at, mark in enumerate(marks):
        before = marks[at - 1] if at else None
        if (
            before and (before.kind in (Kind.IDENT, Kind.NUMBER) or before.text in (")", "]")) and before.text not in _WORDS
        ):  # an argument of what stands before it
            continue
        try:
            found |= set(_Reader(marks[at:], alone=True).expression(_BINDS.get(before.text, -1) + 1 if before else 0).all())
        except NotATerm:
            pass
    return found
