"""Filter: answers that are given away, or asked for in such a way that anything is one."""

from __future__ import annotations

import re

from synth.records import Drop, Problem, Statement
from synth.statements.filters.base import Context, drop
from synth.statements.filters.numbers import names_number
from synth.statements.scopes import free
from synth.statements.spelling import signs
from synth.statements.telescope import bound, relation, telescope
from verify_workers.text.commands import closing, first_outside, nesting
from verify_workers.text.lexer import Kind, Token, tokens
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
    return empty_question(statement.text) or (leaked(statement.text, problem.text) if problem and problem.text else "")


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
    while (text := _plain(text)).startswith("∃"):
        marks = tokens(text)
        place = first_outside(marks, ",")
        if place is None:
            return ""
        comma = marks[place].start
        more, says = bound(text[1:comma].strip().removeprefix("!"), types)
        names, text = names + more, _plain(text[comma + 1 :])
        if text == "True" and not says:
            return f"anything is {' '.join(names)}"
        if says:
            return ""
        equal = [_given(part, names) for part in conjuncts(text) if _plain(part) != "True"]
        given = dict(one for one in equal if one)
        if equal and len(given) == len(equal) and all(_same_type(types.get(name, ""), statement) for name in given):
            name, term = next(iter(given.items()))
            return f"{name} is whatever {term} is"
    return ""


def _plain(text: str) -> str:
    """`text` without brackets around all of it."""
    text = text.strip()
    while (marks := tokens(text)) and marks[0].text == "(" and closing(marks, 0) == len(marks) - 1:
        text = text[1:-1].strip()
    return text


def conjuncts(text: str) -> list[str]:
    """What a text says at once, as far as `∧` alone joins it."""
    marks, depth, cuts = signs(_plain(text)), 0, list[Token]()
    for mark in marks:
        depth += nesting(mark)
        if depth == 0 and mark.text in ("∨", "→", "↔", "∀", "∃", "fun", "λ", "let", "if", "¬"):
            return [_plain(text)]
        cuts += [mark] if depth == 0 and mark.text == "∧" else []
    starts, ends = [0, *(mark.end for mark in cuts)], [*(mark.start for mark in cuts), len(_plain(text))]
    return [_plain(_plain(text)[start:end]) for start, end in zip(starts, ends, strict=True)]


def _given(part: str, names: tuple[str, ...]) -> tuple[str, str] | None:
    """`x = t`, one of `names` and a term in which none of them stands; None for anything else."""
    parts = relation(_plain(part))
    for this, that in ((parts[0], parts[2]), (parts[2], parts[0])) if parts and parts[1] == "=" else ():
        if this in names and not set(names) & free(that):
            return this, that
    return None


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
