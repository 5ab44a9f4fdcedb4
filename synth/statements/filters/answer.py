"""Filter: answers that are given away, or asked for in such a way that anything is one."""

from __future__ import annotations

import re

from synth.problems.asking import wants_any
from synth.records import Drop, Problem, Statement
from synth.statements.filters.base import Context, drop, remarked
from synth.statements.filters.numbers import names_number
from synth.statements.one_point import conjuncts, plain, set_to
from synth.statements.spelling import signs
from synth.statements.telescope import bound, relation, telescope
from verify_workers.text.commands import first_outside
from verify_workers.text.lexer import Kind, tokens
from verify_workers.text.statement import StatementError

_NUMBER = re.compile(r"\(?\s*(-?\d+)\s*(?::\s*[^()]*)?\)?")


async def answered(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements that give their answer away or make anything one."""
    if "answer" not in context.config.cheats:
        return statements
    return [drop(s, Drop.ANSWER, why) if (why := _why(s, context.problems.get(s.problem_id))) else s for s in statements]


def _why(statement: Statement, problem: Problem | None) -> str:
    if statement.origin == "given":
        return ""
    words = problem.text if problem else ""
    return empty_question(statement.text) or anything(statement, words) or (leaked(statement.text, words) if words else "")


def anything(statement: Statement, words: str) -> str:
    """A question that anything answers, as the statement's term shows it: `∃ x, x = t`, `∃ x, x ≥ t`; '' where it shows none.

    That there is a number above t may be what a problem claims, or asks any of ("find an m with m > 3n"), but answers no other question.
    """
    equal, loose = remarked(statement, "equal"), remarked(statement, "loose")
    if loose:
        return f"{loose[0] or 'it'} is any that is large, small or different enough" if not words or not wants_any(words) else ""
    return f"{equal[0] or 'it'} is whatever it is said to be equal to" if equal else ""


_RANKS = {name: rank for rank, names in enumerate(("ℕ Nat", "ℤ Int", "ℚ Rat", "ℝ Real", "ℂ Complex")) for name in names.split()}
_CASTS = frozenset({"ZMod", "NNReal", "ENNReal", "EReal", "PNat", "Fin", "Subtype", "Polynomial", "Matrix", "Units"})
_CLOSED = frozenset({"Set", "Prop", "Bool"})


def empty_question(statement: str) -> str:
    """`∃ x, x = t` and `∃ x, True`, in words: there is such a thing whatever `t` is.  '' for anything else.

    `∃ k : ℤ, x = k` says of a real number that it is an integer: where Lean may put a cast between the sides, nothing is said here.
    """
    try:
        text = telescope(statement).conclusion
    except StatementError:
        return ""
    names, types = tuple[str, ...](), dict[str, str]()
    while (text := plain(text)).startswith("∃"):
        marks = tokens(text)
        place = first_outside(marks, ",")
        if place is None:
            return ""
        comma = marks[place].start
        more, says = bound(text[1:comma].strip().removeprefix("!"), types)
        names, text = names + more, plain(text[comma + 1 :])
        if text == "True" and not says:
            return f"anything is {' '.join(names)}"
        if says:
            return ""
        equal = [set_to(part, names) for part in conjuncts(text) if plain(part) != "True"]
        given = dict(one for one in equal if one)
        if equal and len(given) == len(equal) and all(_same_type(types.get(name, ""), statement) for name in given):
            name, term = next(iter(given.items()))
            return f"{name} is whatever {term} is"
    return ""


def _same_type(kind: str, statement: str) -> bool:
    """Whether what a variable of a type is set to is of that type for sure: no other type is spoken of into which it may be cast."""
    head = next((mark.text for mark in tokens(kind)), "")
    if not kind or head in _CLOSED or any(mark.text == "→" for mark in signs(kind)):
        return True
    spoken = {part for mark in tokens(statement) if mark.kind is Kind.IDENT for part in (mark.text, mark.text.split(".")[0])}
    above = {name for name, rank in _RANKS.items() if rank > _RANKS.get(head, -1)}
    return head in _RANKS and kind.strip() == head and not spoken & (above | _CASTS) and "↑" not in statement and "π" not in statement


def leaked(statement: str, problem: str) -> str:
    """A hypothesis that sets a variable to a number which the problem does not name: an answer worked out beforehand.

    '' where there is none.  "If x = 5, what is 2x?" names its number.
    """
    try:
        parts = telescope(statement)
    except StatementError:
        return ""
    variables = {name for part in parts.all_parts for name in part.names}
    for part in parts.all_parts:
        text = re.sub(r"^[({⦃]\s*[^:]*:|[)}⦄]$|→\s*$", "", part.text).strip() if part.hypothesis else ""
        for one in conjuncts(text):
            sides = relation(one)
            for this, that in ((sides[0], sides[2]), (sides[2], sides[0])) if sides and sides[1] == "=" else ():
                number = _NUMBER.fullmatch(that)
                if this in variables and number and not names_number(problem, number[1]):
                    return f"{one} is given, a number that the problem does not name"
    return ""
