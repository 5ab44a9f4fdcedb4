"""Statements made empty on purpose, out of the generator's honest ones: what the filters of `filters/` must find."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from synth.config import FilterConfig
from synth.problems.generate import Generated
from synth.records import Drop, Problem, Statement
from synth.services import Tools
from synth.statements.filters.answer import answered
from synth.statements.filters.base import Context, Filter
from synth.statements.filters.consistent import consistent
from synth.statements.filters.empty import repeated, true_of_anything
from synth.statements.filters.hidden import hidden
from synth.statements.filters.run import filtered
from synth.statements.filters.unused import unused
from synth.statements.telescope import Telescope, telescope
from synth.statements.text import new_statement
from synth.store.files import write_text

CHEAP: tuple[Filter, ...] = (hidden, unused, answered, consistent, repeated, true_of_anything)
"""The filters that ask no model."""


def _unused(text: str) -> tuple[str, str]:
    parts = telescope(text)
    return f"{parts.head} : ∀ j : Nat, {parts.statement().partition(' : ')[2]}", ""


def _idle(text: str) -> tuple[str, str]:
    parts = telescope(text)
    return f"{parts.head} : ∀ j : Nat, j % 3 = 1 → {parts.statement().partition(' : ')[2]}", ""


def _repeated(text: str) -> tuple[str, str]:
    parts = telescope(text)
    return parts.statement(f"({parts.conclusion}) → {parts.conclusion}"), ""


def _numbers(parts: Telescope) -> list[str]:
    """The variables that are numbers."""
    return [name for part in parts.all_parts for name in part.names if re.search(r": (?:Nat|Int),?$", part.text)]


def _no_need(text: str) -> tuple[str, str]:
    """The conclusion holds of every number: the hypotheses and the numbers of the problem do not matter."""
    parts = telescope(text)
    names = _numbers(parts)
    return (parts.statement(f"{names[0]} + 1 ≠ {names[0]}"), "") if names and any(p.hypothesis for p in parts.all_parts) else ("", "")


def _any_subject(text: str) -> tuple[str, str]:
    parts = telescope(text)
    names = _numbers(parts)
    return (parts.statement(f"({names[0]} * {names[0]} + 7) ^ 5 % 12 ≥ 0"), "") if names else ("", "")


def _answer(text: str) -> tuple[str, str]:
    return f"{telescope(text).head} : ∃ j : Nat, j = 3 * 5 + 2", ""


def _hidden(text: str) -> tuple[str, str]:
    head = telescope(text).head
    return f"{head} : ∀ j : Nat, j > 3 → Nice j", "def Nice (n : Nat) : Prop := True"


def _contradictory(text: str) -> tuple[str, str]:
    parts = telescope(text)
    return parts.statement(f"∀ j : Nat, j % 4 = 1 → j % 2 = 0 → {parts.conclusion} ∧ j > 5"), ""


PLANTED: dict[str, tuple[Drop, Callable[[str], tuple[str, str]]]] = {
    "a variable that does not occur": (Drop.UNUSED, _unused),
    "a hypothesis about something else": (Drop.UNUSED, _idle),
    "the conclusion as a hypothesis": (Drop.REPEATED, _repeated),
    "a conclusion that needs no hypothesis": (Drop.TRUE_OF_ANYTHING, _no_need),
    "a conclusion true of any subject": (Drop.TRUE_OF_ANYTHING, _any_subject),
    "an answer that anything is": (Drop.ANSWER, _answer),
    "a definition that says nothing": (Drop.HIDDEN, _hidden),
    "hypotheses that contradict each other": (Drop.CONTRADICTORY, _contradictory),
}
"""By what was planted: the reason that it should be dropped for, and how it is planted (statement and preamble; '' = not into this one)."""


def planted(what: str, rows: list[Generated]) -> list[Statement]:
    """The cheat `what`, in each of the generator's statements that it can be planted in."""
    found = []
    for row in rows:
        text, preamble = PLANTED[what][1](row.reference)
        if text:
            found.append(new_statement(Problem(id=row.problem().id, text=row.text, preamble=preamble), text))
    return found


@dataclass(frozen=True)
class Told:
    """Of `statements` of one kind (or from one filter's view), how many were `dropped`; `wanted`: they should have been."""

    kind: str
    statements: int
    dropped: int
    wanted: bool


async def on_references(rows: list[Generated], tools: Tools, done: Callable[[int, int], None] = lambda count, total: None) -> list[Told]:
    """What the filters that ask no model do with the generator's honest statements, its contradictory ones, and planted cheats.

    `done(so far, all)` is called with the statements that were looked at, each once for every row of the result.
    """
    problems = {row.problem().id: row.problem() for row in rows}
    context = Context(tools, FilterConfig(grade=False), len(rows), problems)
    honest = [row for row in rows if row.truth in ("true", "false")]
    flawed = [row for row in rows if row.truth == "contradictory"]
    asked: list[tuple[str, list[Statement], tuple[Filter, ...], bool]] = [
        *((f"honest, by {step.__name__}", _as_they_are(honest), (step,), False) for step in CHEAP),
        ("contradictory problems", _as_they_are(flawed), CHEAP, True),
        *((f"planted: {what}", planted(what, honest), CHEAP, True) for what in PLANTED),
    ]
    total, count, told = sum(len(statements) for _, statements, _, _ in asked), 0, list[Told]()
    done(0, total)
    for kind, statements, steps, wanted in asked:
        told.append(Told(kind, len(statements), await _dropped(statements, context, steps), wanted))
        count += len(statements)
        done(count, total)
    return told


def _as_they_are(rows: list[Generated]) -> list[Statement]:
    return [new_statement(row.problem(), row.reference) for row in rows]


async def _dropped(statements: list[Statement], context: Context, steps: Sequence[Filter]) -> int:
    return sum(not s.kept for s in await filtered(statements, context, steps))


def write_told(out: str, told: list[Told]) -> None:
    write_text(out, json.dumps([asdict(row) for row in told], indent=2, ensure_ascii=False) + "\n")
