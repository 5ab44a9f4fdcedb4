"""Filter: answers that are given away, or asked for in such a way that anything is one."""

from __future__ import annotations

import re

from synth.records import Drop, Problem, Statement
from synth.statements.filters.base import Context, drop
from synth.statements.filters.numbers import names_number
from synth.statements.filters.unused import free
from synth.statements.telescope import bound, relation, telescope
from verify_workers.text.commands import first_outside
from verify_workers.text.lexer import tokens
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


def empty_question(statement: str) -> str:
    """`∃ x, x = t` and `∃ x, True`, in words: there is such a thing whatever `t` is.  '' for anything else."""
    try:
        text = telescope(statement).conclusion
    except StatementError:
        return ""
    names: tuple[str, ...] = ()
    while text.startswith("∃"):
        marks = tokens(text)
        place = first_outside(marks, ",")
        if place is None:
            return ""
        comma = marks[place].start
        more, says = bound(text[1:comma].removeprefix("!"))
        names, text = names + more, text[comma + 1 :].strip()
        if text == "True" and not says:
            return f"anything is {' '.join(names)}"
        parts = relation(text)
        if parts and parts[1] == "=" and not says:
            for this, that in ((parts[0], parts[2]), (parts[2], parts[0])):
                if this in names and this not in free(that):
                    return f"{this} is whatever {that} is"
    return ""


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
        if not (sides := relation(text)) or sides[1] != "=":
            continue
        for this, that in ((sides[0], sides[2]), (sides[2], sides[0])):
            number = _NUMBER.fullmatch(that)
            if this in variables and number and not names_number(problem, number[1]):
                return f"{text} is given, a number that the problem does not name"
    return ""
