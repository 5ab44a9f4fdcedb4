"""Statements as text: normal form, the statement that a problem gives, and headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from synth.prompts import NAME
from synth.records import Drop, Problem, Statement, content_id
from synth.statements.spelling import spelled
from verify_workers.text.commands import chunks
from verify_workers.text.context import split_context
from verify_workers.text.header import split
from verify_workers.text.lexer import Kind, Token, tokens
from verify_workers.text.statement import StatementError, negate, parse_theorem, source

UNPROVED = "by skip"  # proves nothing: Lean says whether the statement is one (`sorry` would be refused before it looks)
_AUTO_BOUND = (("autoImplicit",), ("relaxedAutoImplicit",))


def normalized(statement: str) -> str:
    """`statement` with one name, one spelling of ℕ and ℤ, and single spaces, outside strings: the text that dedup compares."""
    goal = parse_theorem(statement).goal
    strings = [mark for mark in tokens(goal) if mark.kind in (Kind.STRING, Kind.INTERPOLATED, Kind.CHAR)]
    ends = [0, *(mark.end for mark in strings)]
    between = [goal[start:end] for start, end in zip(ends, [*(mark.start for mark in strings), len(goal)], strict=True)]
    pieces = [_spaced(between[0])]
    for mark, text in zip(strings, between[1:], strict=True):
        pieces += [mark.text, _spaced(text)]
    return " ".join([f"theorem {NAME}", *filter(None, pieces)])


def _spaced(text: str) -> str:
    text = spelled(text).replace("ℕ", "Nat").replace("ℤ", "Int")
    return " ".join(re.sub(r"\s*([(){}\[\],:∣≤≥<>=≠+*^/%∧∨→¬])\s*", r" \1 ", text).split())


def in_context(statement: str, header: str, preamble: str) -> str:
    """`normalized` below what `header` and `preamble` declare: the same words say something else under other definitions.

    Definitions that the statement does not come to speak of do not count, nor imports, nor `open`s and options at the top: a
    benchmark's file has others than a run.
    """
    declared = _context(header, preamble)[1]
    spoken = {part for mark in tokens(statement) for part in mark.parts}
    spoken |= {part for chunk in declared if not _defines(chunk) for mark in chunk for part in mark.parts}
    lines = [normalized(statement)]
    for chunk in reversed(declared):
        if not (name := _defines(chunk)) or name in spoken:
            lines.append(" ".join(mark.text for mark in chunk))
            spoken |= {part for mark in chunk for part in mark.parts}
    return "\n".join(reversed(lines))


def identity(statement: Statement) -> str:
    """What two statements have in common if one repeats the other: the normal form, or where there is none the text in its context."""
    if statement.form:
        return statement.form
    opened = _context(statement.header, statement.preamble)[0]
    return "\n".join(filter(None, (opened, in_context(statement.text, statement.header, statement.preamble))))


@lru_cache(1024)
def _context(header: str, preamble: str) -> tuple[str, list[Sequence[Token]]]:
    """What is opened and set before a statement, on one line, and the commands that declare something."""
    parts = split_context(header, preamble, "")
    opened = " ".join(mark.text for mark in tokens(split(parts.header).rest))
    return opened, chunks(parts.preamble, tokens(parts.preamble))


def _defines(chunk: Sequence[Token]) -> str:
    """The last part of the name that a plain definition or theorem declares; '' for all that counts whether it is named or not."""
    words = chunk[1:] if chunk[0].text == "noncomputable" else chunk
    named = len(words) > 1 and words[0].text in ("def", "abbrev", "theorem", "lemma") and words[1].kind is Kind.IDENT
    return words[1].parts[-1] if named else ""


def under_header(problems: list[Problem], header: str) -> list[Problem]:
    """`problems` with `header` before their statements; `keep` leaves each its own."""
    return [headed(problem, header) for problem in problems]


def headed(problem: Problem, header: str) -> Problem:
    """`problem` with `header` before its statement; `keep` leaves it its own."""
    return problem if header == "keep" else problem.model_copy(update={"header": header})


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
