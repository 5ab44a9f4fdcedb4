"""What terms of answers compute, as Lean does, and what they are without the parts that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from synth.answers.terms import FUNCTIONS, Node, NotATerm

Number = int | Fraction
Value = int | Fraction | bool | list[Number]
Env = Mapping[str, int]
LARGE = 4096  # bits of a number that an answer may compute
MOST_PRIME = 10_000  # that is looked for in a number
_COMPARED: dict[str, Callable[[Number, Number], bool]] = {
    "=": lambda a, b: a == b, "≠": lambda a, b: a != b, "<": lambda a, b: a < b, "≤": lambda a, b: a <= b,
    ">": lambda a, b: a > b, "≥": lambda a, b: a >= b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}  # fmt: skip


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
    return _bounded(_chosen(node.kind, numbers) if node.kind in FUNCTIONS else _computed(node.kind, numbers[0], numbers[1], natural, field))


def _chosen(name: str, numbers: list[Number]) -> Number:
    return min(numbers) if name == "min" else max(numbers)


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


def sorted_out(node: Node) -> Node:
    """The term with the operands of sums, products, minima and maxima in one order."""
    parts = tuple(sorted_out(part) for part in node.parts)
    if node.kind in ("+", "*"):
        parts = tuple(each for part in parts for each in (part.parts if part.kind == node.kind else (part,)))
    return Node(node.kind, node.text, tuple(sorted(parts, key=repr)) if node.kind in ("+", "*", "min", "max") else parts)


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
        case "max", (same, other) if natural and zero in parts:
            return other if same == zero else same
        case "/", (Node(kind="*", parts=factors), Node(kind="number") as divisor) if divisor in factors and divisor != zero:
            return factors[1] if factors[0] == divisor else factors[0]
        case "%", (Node(kind="+", parts=terms), modulus) if modulus in terms:
            return folded(Node("%", node.text, (terms[1] if terms[0] == modulus else terms[0], modulus)), natural, field)
        case "if", (left, right, then, other):
            if then == other or (left == right and node.text in ("=", "≤", "≥")):
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


def primes(number: int) -> Iterator[tuple[int, int]]:
    """Prime factors with their exponents; of a number with large ones what is left counts as one."""
    for prime in range(2, MOST_PRIME):
        count = 0
        while number % prime == 0:
            number, count = number // prime, count + 1
        if count:
            yield prime, count
        if prime * prime > number:
            break
    if number > 1:
        yield number, 1
