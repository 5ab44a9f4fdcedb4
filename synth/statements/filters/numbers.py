"""Filter: numbers of a statement that its problem does not name, and the other way round: a formalizer that copies wrongly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from synth.records import Drop, Statement
from synth.statements.filters.base import Context, drop
from verify_workers.text.lexer import Kind, tokens

SMALL = frozenset({"0", "1", "2"})
"""Numbers that statements have for reasons of their own: squares, successors, parity."""
# fmt: off
_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)
# fmt: on
_TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ALSO = {
    "0": ("no", "none", "nothing", "vanishes", "empty"),
    "1": ("a", "single", "once", "unit", "first"),
    "2": ("twice", "double", "pair", "half", "second", "square", "squares", "squared"),
    "3": ("thrice", "triple", "third", "thirds", "cube", "cubes", "cubed"),
    "4": ("quarter", "quarters", "fourth", "quadruple"),
    "5": ("fifth", "fifths"),
    "6": ("sixth", "sixths"),
    "7": ("seventh", "week"),
    "8": ("eighth",),
    "9": ("ninth",),
    "10": ("tenth", "decimal", "digit", "digits"),
    "12": ("twelfth", "dozen"),
    "100": ("percent",),
}


async def numbers(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements whose numbers are not those of their problem, as far as `filters.numbers` asks.

    A statement with an answer in it has the answer's numbers, which no problem names.
    """
    if context.config.numbers == "any":
        return statements
    both = context.config.numbers == "both"
    return [drop(s, Drop.NUMBERS, why) if s.origin != "given" and (why := _why(s, context, both)) else s for s in statements]


def _why(statement: Statement, context: Context, both: bool) -> str:
    problem = context.problems[statement.problem_id].text
    return ("" if statement.origin == "answered" else strange(statement.text, problem)) or (lost(statement.text, problem) if both else "")


def strange(statement: str, problem: str) -> str:
    """A number of the statement that the problem does not name, in words; '' where there is none."""
    found = next((n for n in _numbers(statement) if n not in SMALL and not names_number(problem, n)), "")
    return f"the problem does not name {found}" if found else ""


def lost(statement: str, problem: str) -> str:
    """A number of the problem that the statement does not have, in words; '' where there is none."""
    return unsaid(_numbers(statement), problem)


def unsaid(there: Iterable[str], problem: str) -> str:
    """A number that the problem names in digits and that is not among `there`, in words; '' where there is none."""
    known = set(there)
    found = next((n for n in _named(problem) if n not in SMALL and n not in known), "")
    return f"the problem names {found}" if found else ""


def fewer(statement: str, problem: str) -> bool:
    """Whether the problem names a number in digits, be it a small one, more often than the statement."""
    return unsaid_times(_numbers(statement), problem) > 0


def unsaid_times(there: Iterable[str], problem: str) -> int:
    """How often the problem names a number in digits, small ones too, beyond how often it is among `there`."""
    return (Counter(_named(problem)) - Counter(there)).total()


def _named(problem: str) -> list[str]:
    """The whole numbers that a text names in digits, as often as it does."""
    return re.findall(r"(?<![\d.])\d+(?![\d.]*\d)", re.sub(r"(?<=\d),(?=\d{3})", "", problem))


def _numbers(statement: str) -> list[str]:
    return [mark.text for mark in tokens(statement) if mark.kind is Kind.NUMBER and mark.text.isdecimal()]


def names_number(problem: str, number: str) -> bool:
    """Whether the problem says the number, in digits or in words."""
    digits = number.lstrip("-")
    if re.search(rf"(?<!\d){digits}(?!\d)", problem.replace(",", "")):
        return True
    words = set(re.findall(r"[a-z]+", problem.lower()))
    plain = _WORDS[int(digits)] if int(digits) < len(_WORDS) else None
    said_in_parts = plain is None and any(word in words for word in ("hundred", "thousand", *_TENS))
    return said_in_parts or plain in words or bool(words & set(_ALSO.get(digits, ())))
