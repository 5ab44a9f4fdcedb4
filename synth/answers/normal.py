"""The normal form of an answer's term."""

from __future__ import annotations

from fractions import Fraction

from synth.answers import polynomial as poly
from synth.answers.terms import Node


def normal(node: Node, natural: bool, field: bool = False) -> poly.Polynomial:
    """The normal form of a term that is a number."""
    if node.kind == "number":
        return poly.constant(int(node.text))
    if node.kind == "name":
        return poly.atom("name", node.text)
    if node.kind == "truth":
        return poly.atom("truth", node.text)
    if node.kind == "^":
        return poly.power(normal(node.parts[0], natural, field), normal(node.parts[1], True, False))
    parts = [normal(part, natural, field) for part in node.parts]
    match node.kind:
        case "negative":
            return poly.scaled(parts[0], -1)
        case "+":
            return poly.added(parts[0], parts[1])
        case "-":
            return poly.added(parts[0], poly.scaled(parts[1], -1))
        case "*":
            return poly.product(parts[0], parts[1])
        case "/":
            return poly.quotient(parts[0], parts[1], natural, field)
        case "%":
            return poly.remainder(parts[0], parts[1], natural)
        case "min" | "max":
            return _extreme(node.kind, parts[0], parts[1], natural)
        case "if":
            return _choice(node.text, parts, natural, field)
    return poly.atom(node.kind, *map(poly.form, parts))


def _extreme(name: str, one: poly.Polynomial, other: poly.Polynomial, natural: bool) -> poly.Polynomial:
    apart = poly.value_of(poly.added(one, poly.scaled(other, -1)))
    if apart is not None:
        return one if (apart >= 0) == (name == "max") else other
    for less, more in ((one, other), (other, one)):
        if natural and poly.never_negative(poly.added(more, poly.scaled(less, -1))):
            return more if name == "max" else less
    return poly.opaque(name, one, other)


def _choice(sign: str, parts: list[poly.Polynomial], natural: bool, field: bool) -> poly.Polynomial:
    """`if left SIGN right then … else …`: with `=` or `≤` alone, and everything on one side."""
    left, right, then, other = parts
    if sign in ("≥", ">=", ">"):
        left, right, sign = right, left, "≤" if sign != ">" else "<"
    if sign == "<":  # `a < b` where `b ≤ a` does not hold; of whole numbers where `a + 1 ≤ b`
        if field:
            left, right, then, other = right, left, other, then
        else:
            left = poly.added(left, poly.constant(1))
    elif sign == "≠":
        then, other = other, then
    apart = poly.added(left, poly.scaled(right, -1))
    value = poly.value_of(apart)
    equal = sign in ("=", "≠")
    if natural and value is None and poly.positive(apart):
        value = Fraction(1)
    if natural and value is None and (poly.positive(poly.scaled(apart, -1)) or (not equal and poly.never_negative(poly.scaled(apart, -1)))):
        value = Fraction(-1)
    if then == other or value is not None:
        return then if value is None or (value == 0 if equal else value <= 0) else other
    if equal:
        return poly.atom(
            "if", "=", min((poly.form(apart), poly.form(poly.scaled(apart, -1))), key=poly.text), poly.form(then), poly.form(other)
        )
    ways = [(poly.form(apart), poly.form(then), poly.form(other))]
    if not field:  # `d ≤ 0`, or not `1 - d ≤ 0`
        ways.append((poly.form(poly.added(poly.constant(1), poly.scaled(apart, -1))), poly.form(other), poly.form(then)))
    return poly.atom("if", "≤", *min(ways, key=lambda way: poly.text(way[0])))
