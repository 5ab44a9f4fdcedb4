"""The normal form of an answer's term."""

from __future__ import annotations

from synth.answers import polynomial as poly
from synth.answers.terms import Node
from synth.answers.values import sorted_out


def normal(node: Node, natural: bool, field: bool = False) -> poly.Polynomial:
    """The normal form of a term that is a number."""
    try:
        return _normal(node, natural, field)
    except poly.TooLarge:
        return poly.atom("term", sorted_out(node))


def _normal(node: Node, natural: bool, field: bool) -> poly.Polynomial:
    if node.kind == "number":
        return poly.constant(int(node.text))
    if node.kind == "name":
        return poly.atom("name", node.text)
    if node.kind == "truth":
        return poly.atom("truth", node.text)
    if node.kind == "^":
        return poly.power(_normal(node.parts[0], natural, field), _normal(node.parts[1], True, False))
    parts = [_normal(part, natural, field) for part in node.parts]
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
            return poly.quotient(parts[0], parts[1], field)
        case "%":
            return poly.remainder(parts[0], parts[1])
        case "min" | "max":
            return poly.extreme(node.kind, parts[0], parts[1], natural)
        case "if":
            return poly.choice(node.text, parts)
    return poly.atom(node.kind, *map(poly.form, parts))
