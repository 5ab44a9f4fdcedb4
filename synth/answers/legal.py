"""What is no answer: a term of another shape than was asked for, one that restates the question, or a value that is not computed."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from synth.answers.enumerate import Case
from synth.answers.hole import Hole
from synth.answers.restate import restates
from synth.answers.terms import Answer, Node, NotATerm, parse
from synth.answers.values import evaluate, written

LONGEST = 60  # nodes of an answer
SHOWN = 40  # a value with more of them may be computed in any way that is not the question's own
DIGITS = 12  # a value with no more of them is written out: `3 ^ 2` is no answer where 9 is; larger ones may be powers and products
_LISTS = ("List", "Finset", "Set", "Multiset")


class Illegal(StrEnum):
    """Why a text is no answer."""

    UNREAD = "unread"  # the model's answer holds none
    TERM = "term"  # made of something that an answer may not be made of
    SHAPE = "shape"  # of another type than is asked for
    NAMES = "names"  # it speaks of something that is neither its parameter nor a number
    UNEVALUATED = "unevaluated"
    RESTATES = "restates"
    LONG = "long"
    UNTYPED = "untyped"  # Lean does not take it for an answer of the type


def legal(hole: Hole, text: str) -> Answer | tuple[Illegal, str]:
    """The answer that `text` is; else why it is none, and a remark for people."""
    try:
        answer = parse(text)
    except NotATerm as error:
        return Illegal.TERM, str(error)
    if answer.body.size > LONGEST:
        return Illegal.LONG, f"{answer.body.size} parts, at most {LONGEST}"
    if not _fits(hole, answer):
        return Illegal.SHAPE, f"it is no {hole.type}"
    if strange := answer.body.names() - {*answer.parameters}:
        return Illegal.NAMES, ", ".join(sorted(strange))
    if not answer.parameters and (why := _unevaluated(answer.body, hole)):
        return Illegal.UNEVALUATED, why
    if restates(answer, hole):
        return Illegal.RESTATES, "the statement says it already"
    return answer


def _fits(hole: Hole, answer: Answer) -> bool:
    if len(answer.parameters) != hole.parameters:
        return False
    body, result = answer.body, hole.result
    if result == "Prop":
        return body.kind == "truth" and body.text in ("True", "False")
    if result == "Bool":
        return _is_bool(body)
    if result.startswith(_LISTS):
        return body.kind == "list"
    return body.kind not in ("truth", "list") and not _holds(body, ("truth", "list"))


def _is_bool(node: Node) -> bool:
    """`true`, `false`, or a choice between Booleans."""
    if node.kind == "if":
        compared, chosen = node.parts[:2], node.parts[2:]
        return all(map(_is_bool, chosen)) and not any(
            part.kind in ("truth", "list") or _holds(part, ("truth", "list")) for part in compared
        )
    return node.kind == "truth" and node.text in ("true", "false")


def _holds(node: Node, kinds: tuple[str, ...]) -> bool:
    return any(part.kind in kinds or _holds(part, kinds) for part in node.parts)


def _unevaluated(node: Node, hole: Hole) -> str:
    """Why a value without parameters is not written out; '' where it is, or is too large for that."""
    if node.kind in ("number", "truth") or (node.kind == "negative" and node.parts[0].kind == "number"):
        return ""
    if node.kind == "list":
        return next((why for part in node.parts if (why := _unevaluated(part, hole))), "")
    try:
        value = evaluate(node, {}, hole.natural, hole.field)
    except OverflowError:
        return "" if _is_large(node, hole.field) else "too large to compute: write a number, or powers and products of numbers above 1"
    except NotATerm as error:
        return str(error)
    if isinstance(value, bool):
        return f"write {str(value).lower()}"
    if isinstance(value, list):
        return ""
    if max(abs(value.numerator), value.denominator) >= 10**DIGITS and (_is_large(node, hole.field) or _is_fraction(node, value)):
        return ""
    if _is_fraction(node, value):
        return ""
    if max(abs(value.numerator), value.denominator) >= 10**SHOWN:
        return ""  # nobody writes it out
    return f"write {value.numerator}" + (f" / {value.denominator}" if value.denominator > 1 else "")


def _is_fraction(node: Node, value: int | Fraction) -> bool:
    """Whether it is `value`, no whole number, as a quotient of numbers in lowest terms."""
    if node.kind == "negative":
        return _is_fraction(node.parts[0], -value)
    if node.kind == "/" and node.parts[0].kind == "negative":
        return _is_fraction(Node("/", parts=(node.parts[0].parts[0], node.parts[1])), -value)
    return value.denominator > 1 and node == written(value)


def _is_large(node: Node, field: bool) -> bool:
    """Whether it is made of powers and products of numbers above 1, with a sign: then no smaller number is meant."""
    if node.kind == "negative":
        return _is_product(node.parts[0])
    if field and node.kind == "/" and node.parts[0] == Node("number", "1"):
        return _is_product(node.parts[1])
    return _is_product(node)


def _is_product(node: Node) -> bool:
    if node.kind == "number":
        return int(node.text) > 1
    return node.kind in ("*", "^") and all(map(_is_product, node.parts))


def agreement(answer: Answer, cases: list[Case], hole: Hole) -> float | None:
    """The share of cases that an answer agrees with; None where there is none to compare."""
    right = 0
    for arguments, value in cases:
        try:
            computed = evaluate(answer.body, dict(zip(answer.parameters, arguments, strict=True)), hole.natural, hole.field)
        except (OverflowError, NotATerm, KeyError, ValueError):
            continue
        right += list(value) == computed if isinstance(computed, list) else len(value) == 1 and value[0] == computed
    return right / len(cases) if cases else None
