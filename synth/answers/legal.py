"""What is no answer: a term of another shape than was asked for, one that restates the question, or a value that is not computed."""

from __future__ import annotations

from enum import StrEnum

from synth.answers.enumerate import Case
from synth.answers.hole import Hole
from synth.answers.terms import Answer, Node, NotATerm, evaluate, parse
from verify_workers.text.lexer import tokens

LONGEST = 60  # nodes of an answer
DIGITS = 12  # a value with no more of them is written out: `3 ^ 2` is no answer where 9 is
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
    if not answer.parameters and (why := _unevaluated(answer.body, hole.natural)):
        return Illegal.UNEVALUATED, why
    if _restates(answer, hole):
        return Illegal.RESTATES, "the statement says it with the same words"
    return answer


def _fits(hole: Hole, answer: Answer) -> bool:
    if len(answer.parameters) != hole.parameters:
        return False
    kind, result = answer.body.kind, hole.result
    if result == "Prop":
        return kind == "truth"
    if result.startswith(_LISTS):
        return kind == "list"
    return kind not in ("truth", "list") and not _holds(answer.body, ("truth", "list"))


def _holds(node: Node, kinds: tuple[str, ...]) -> bool:
    return any(part.kind in kinds or _holds(part, kinds) for part in node.parts)


def _unevaluated(node: Node, natural: bool) -> str:
    """Why a value without parameters is not written out; '' where it is, or is too large for that."""
    if node.kind in ("number", "truth") or (node.kind == "negative" and node.parts[0].kind == "number"):
        return ""
    if node.kind == "list":
        return next((why for part in node.parts if (why := _unevaluated(part, natural))), "")
    try:
        value = evaluate(node, {}, natural)
    except OverflowError:
        return ""
    except NotATerm as error:
        return str(error)
    return "" if isinstance(value, int) and abs(value) >= 10**DIGITS else f"write {value}"


def _restates(answer: Answer, hole: Hole) -> bool:
    """Whether the body, if it computes anything, stands in the statement word for word."""
    body = [mark.text for mark in tokens(answer.body_text) if mark.text not in "()"]
    said = [mark.text for mark in tokens(hole.goal) if mark.text not in "()"]
    if answer.body.size < 5 or answer.body.kind == "list":  # `2 * n` stands in many a question
        return False
    return any(said[at : at + len(body)] == body for at in range(len(said) - len(body) + 1))


def agreement(answer: Answer, cases: list[Case], natural: bool) -> float | None:
    """The share of cases that an answer agrees with; None where there is none to compare."""
    right = 0
    for arguments, value in cases:
        try:
            computed = evaluate(answer.body, dict(zip(answer.parameters, arguments, strict=True)), natural)
        except (OverflowError, NotATerm, KeyError, ValueError):
            continue
        right += list(value) == computed if isinstance(computed, list) else len(value) == 1 and value[0] == computed
    return right / len(cases) if cases else None
