"""Statements as text: normal form, the statement that a problem gives, and headers."""

from __future__ import annotations

import re

from synth.prompts import NAME
from synth.records import Drop, Problem, Statement, content_id
from verify_workers.text.lexer import Kind, tokens
from verify_workers.text.statement import StatementError, negate, parse_theorem, source

UNPROVED = "by skip"  # proves nothing: Lean says whether the statement is one (`sorry` would be refused before it looks)
_AUTO_BOUND = (("autoImplicit",), ("relaxedAutoImplicit",))


def normalized(statement: str) -> str:
    """`statement` with one name, one spelling of ℕ and ℤ, and single spaces: the text that dedup compares."""
    text = f"theorem {NAME} {parse_theorem(statement).goal}"
    text = text.replace("ℕ", "Nat").replace("ℤ", "Int").replace("->", "→")
    return " ".join(re.sub(r"\s*([(){}\[\],:∣≤≥<>=≠+*^/%∧∨→¬])\s*", r" \1 ", text).split())


def identity(statement: Statement) -> str:
    """What two statements have in common if one repeats the other: the normal form, or where there is none the normalized text."""
    return statement.form or normalized(statement.text)


def under_header(problems: list[Problem], header: str) -> list[Problem]:
    """`problems` with `header` before their statements; `keep` leaves each its own."""
    return problems if header == "keep" else [problem.model_copy(update={"header": header}) for problem in problems]


def new_statement(problem: Problem, text: str, **fields: object) -> Statement:
    """The statement `text` of `problem`, with its negation where one can be formed.

    None is formed where Lean may bind variables that the text does not, or where `¬` and `∀` may mean something else: it would
    not be the negation of what the text means.
    """
    try:
        negation = "" if _binds_more(f"{problem.header}\n{problem.preamble}") else negate(text)
    except StatementError:
        negation = ""
    return Statement.model_validate(
        {
            "id": content_id("statement", problem.id, text),
            "problem_id": problem.id,
            "text": text,
            "header": problem.header,
            "preamble": problem.preamble,
            "negation": negation,
            **fields,
        }
    )


def _binds_more(context: str) -> bool:
    """Whether a text before a statement brings variables into it, or (perhaps) another meaning of the signs of a negation."""
    marks = tokens(context)
    signs = any(mark.kind in (Kind.STRING, Kind.INTERPOLATED) and ("¬" in mark.text or "∀" in mark.text) for mark in marks)
    brought = any(mark.text in ("variable", "macro_rules", "elab_rules") for mark in marks)
    bound = any(
        (first.text, value.text) == ("set_option", "true") and option.parts in _AUTO_BOUND
        for first, option, value in zip(marks, marks[1:], marks[2:], strict=False)
    )
    return signs or brought or bound


def given(problem: Problem, round: int) -> Statement:
    """The statement that a formal benchmark gives for `problem`."""
    try:
        return new_statement(problem, source(parse_theorem(problem.statement)), origin="given", round=round)
    except StatementError as error:
        return Statement(
            id=content_id("statement", problem.id, problem.statement),
            problem_id=problem.id,
            text=problem.statement,
            header=problem.header,
            preamble=problem.preamble,
            origin="given",
            kept=False,
            reason=Drop.UNPARSED,
            detail=str(error),
            round=round,
        )
