"""How often the filters are wrong: each alone, and all of them, on statements of which it is known whether they are faithful.

The labels are a user's file, or the generator's own formal statements.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from synth.config import RunConfig
from synth.llm.config import ModelRole
from synth.problems.generate import Generated
from synth.records import Drop, Problem, Statement, content_id
from synth.services import Tools, Verify
from synth.statements.against import faithful_by
from synth.statements.corrected import Counts
from synth.statements.equivalent import How
from synth.statements.faithfulness import canonical
from synth.statements.filters.answer import answered
from synth.statements.filters.base import Context, Filter
from synth.statements.filters.choose import best
from synth.statements.filters.consistent import consistent
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.empty import repeated, true_of_anything
from synth.statements.filters.faithful import faithful
from synth.statements.filters.grade import grade
from synth.statements.filters.hidden import hidden
from synth.statements.filters.numbers import numbers
from synth.statements.filters.run import filtered
from synth.statements.filters.unused import unused
from synth.statements.filters.votes import agreed
from synth.statements.formalize import formalize
from synth.statements.text import new_statement
from synth.store.files import write_text
from verify_workers.errors import UserError
from verify_workers.text.statement import parse_theorem

JUDGING: tuple[Filter, ...] = (numbers, hidden, unused, answered, agreed, grade, consistent, repeated, true_of_anything, faithful, best)
"""The filters between those that ask what can be stated and those that ask what was there before, in their order."""
NOT_JUDGED = frozenset(Drop) - {
    *(Drop.MINORITY, Drop.NUMBERS, Drop.HIDDEN, Drop.UNUSED, Drop.ANSWER, Drop.GRADE, Drop.UNGRADED, Drop.CONTRADICTORY, Drop.REPEATED),
    *(Drop.TRUE_OF_ANYTHING, Drop.UNFAITHFUL, Drop.NOT_RECOVERED, Drop.UNJUDGED, Drop.OUTVOTED),
}
"""Reasons of statements that never came to the judging filters, or were there before."""
ALL = "all"
BY_FORM = "all, by form alone"
"""The same where only normal forms say which generated statements are faithful."""
Known = tuple[list[Statement], dict[str, Problem], dict[str, bool]]
"""Statements, their problems by id, and whether each is faithful, by id."""
_WORDS = {"same": True, "faithful": True, "different": False, "unfaithful": False, "correct": True, "incorrect": False}


def _as_bool(value: Any) -> Any:
    return _WORDS.get(value.strip().lower(), value) if isinstance(value, str) else value


class Labelled(BaseModel):
    """A problem, a statement of it, and whether that says what the problem says."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(validation_alias=AliasChoices("text", "problem", "informal_statement", "natural_language"), min_length=1)
    statement: str = Field(validation_alias=AliasChoices("statement", "formal_statement", "lean", "formal"))
    faithful: Annotated[bool, BeforeValidator(_as_bool)] = Field(validation_alias=AliasChoices("faithful", "label", "verdict", "correct"))
    header: str = ""
    preamble: str = ""

    @field_validator("statement")
    @classmethod
    def _one_theorem(cls, value: str) -> str:
        parse_theorem(value)  # a StatementError says what is wrong with it
        return value


def as_statements(rows: Sequence[Labelled], source: str = "") -> Known:
    """The rows as autoformalized statements of problems of their own, and the labels by the statements' ids.

    A row that repeats another counts once.  UserError where one has another label (`source`: their file).
    """
    statements, problems, labels = list[Statement](), dict[str, Problem](), dict[str, bool]()
    places = dict[str, int]()
    for number, row in enumerate(rows, 1):
        problem = Problem(id=content_id("problem", row.text, row.header, row.statement), text=row.text, header=row.header)
        statement = new_statement(problem, row.statement).model_copy(update={"preamble": row.preamble})
        if statement.id not in labels:
            statements.append(statement)
        elif labels[statement.id] != row.faithful:
            first = f"row {places[statement.id]}, of the same problem and statement"
            raise UserError(f"{source}: row {number}: labelled otherwise than {first}; leave one of them out")
        places.setdefault(statement.id, number)
        problems[problem.id], labels[statement.id] = problem, row.faithful
    return statements, problems, labels


async def formalized(
    rows: Sequence[Generated], config: RunConfig, tools: Tools
) -> tuple[list[Statement], dict[str, Problem], dict[str, bool]]:
    """The formalizer's statements of generated problems; the generator's own statements are the labels."""
    problems = {problem.id: problem for problem in (row.problem() for row in rows)}
    found = await asyncio.gather(*(formalize(problem, config.formalize, tools) for problem in problems.values()))
    statements = [statement for several in found for statement in several]
    references = {row.problem().id: canonical(row.reference) for row in rows}
    return statements, problems, {s.id: canonical(s.text) == references[s.problem_id] for s in statements if s.kept}


async def labelled_by_lean(
    statements: Sequence[Statement], rows: Sequence[Generated], config: RunConfig, verify: Verify
) -> tuple[dict[str, bool], dict[str, bool]]:
    """Whether formalized statements are faithful to the generator's, as Lean has it: labels, and labels by normal form alone.

    Both are the same without `filters.equivalence`.  What Lean cannot state has no label.
    """
    references = {row.problem().id: row.reference for row in rows}
    kept = [s for s in statements if s.kept]
    found = await faithful_by(kept, references, verify, config.filters.timeout, config.filters.equivalence)
    return {id: how.equivalent for id, how in found.items()}, {id: how is How.FORM for id, how in found.items()}


@dataclass(frozen=True)
class Errors:
    """What the judging filters do with labelled statements, by the filters' names."""

    alone: dict[str, Counts]
    """Each filter alone, and all together (`ALL`): of every statement that can be stated."""
    in_place: dict[str, Counts] = field(default_factory=dict)
    """Each filter of those that come to it in a run; of flawed problems' statements none is counted."""
    flawed: dict[str, Counts] = field(default_factory=dict)
    """Each alone, and all together, of statements of contradictory problems, which no filter should keep; empty where none is known."""


async def judge_error(
    statements: Sequence[Statement],
    labels: dict[str, bool],
    context: Context,
    by_form: dict[str, bool] | None = None,
    flawed: Collection[str] = (),
) -> Errors:
    """What each judging filter that is on, and all of them together do with the statements that can be stated and have a label.

    `by_form`: labels by which all of them together are counted again; `flawed`: ids of problems that are contradictory.
    """
    stated = [s for s in await elaborates([s for s in statements if s.kept and s.id in labels], context) if s.kept]
    good, bad = ([s for s in stated if (s.problem_id in flawed) is one] for one in (False, True))
    alone, in_place, told = dict[str, Counts](), dict[str, Counts](), dict[str, Counts]()
    judged = stated
    for step in switched_on(context):
        name = step.__name__
        after = {s.id: s for s in await filtered(stated, context, (step,))}
        alone[name] = _counted(list(after.values()), labels)
        told[name] = _counted([after[s.id] for s in bad], labels)
        came = {s.id for s in judged if s.kept}
        judged = await filtered(judged, context, (step,))
        in_place[name] = _counted([s for s in judged if s.id in came and s.problem_id not in flawed], labels)
    ended = {s.id: s for s in judged}
    again = {BY_FORM: _counted(judged, by_form)} if by_form not in (None, labels) else {}
    in_place[ALL] = _counted([ended[s.id] for s in good], labels)
    told[ALL] = _counted([ended[s.id] for s in bad], labels)
    return Errors(alone | {ALL: _counted(judged, labels)} | again, in_place, told if bad else {})


def switched_on(context: Context) -> list[Filter]:
    config = context.config
    on: dict[Filter, bool] = {
        agreed: config.vote_share > 0,
        numbers: config.numbers != "any",
        grade: config.grade,
        faithful: config.back.translations > 0,
        unused: "unused" in config.cheats,
        answered: "answer" in config.cheats,
        repeated: "repeated" in config.cheats,
        true_of_anything: "true_of_anything" in config.cheats,
        hidden: "hidden" in config.cheats,
    }
    return [step for step in JUDGING if on.get(step, True)]


def _counted(statements: Sequence[Statement], labels: dict[str, bool]) -> Counts:
    counts = Counts()
    for statement in statements:
        name = f"{'faithful' if labels[statement.id] else 'unfaithful'}_{'passed' if statement.kept else 'dropped'}"
        counts = replace(counts, **{name: getattr(counts, name) + 1})
    return counts


def write_calibration(out: str, errors: Errors, config: RunConfig) -> None:
    """The file that `filters.calibration` names."""
    parts = {"counts": errors.alone, "in_place": errors.in_place, "flawed": errors.flawed}
    data = {"settings": settings(config)} | {part: {name: one.to_json() for name, one in of.items()} for part, of in parts.items()}
    write_text(out, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def read_calibration(config: RunConfig) -> Counts | None:
    """What `filters.calibration` says of all filters together; None where none is given.

    UserError for a file that is none, or that was made with other settings.
    """
    path = config.filters.calibration
    if not path:
        return None
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        counts = Counts(**{name: int(count) for name, count in data["counts"][ALL].items()})
        made_with = {section: dict(data["settings"][section]) for section in settings(config)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"filters.calibration: {path} is no file of `synth judge-error` ({error})") from None
    usual = settings(RunConfig())  # of keys that the file is older than
    changed = [
        f"{section}.{key}"
        for section, now in settings(config).items()
        for key in now
        if made_with[section].get(key, usual[section][key]) != now[key]
    ]
    if changed:
        raise UserError(
            f"filters.calibration: {path} was made with other settings ({', '.join(changed)}); measure again with `synth judge-error`"
        )
    return counts


def settings(config: RunConfig) -> dict[str, Any]:
    """What the filters' error depends on: their settings, how many statements they choose from, and which models answer."""
    roles: tuple[ModelRole, ...] = ("formalizer", "judge", "informalizer")
    sources = {role: config.models.of(role) for role in roles}
    return {
        "filters": config.filters.model_dump(mode="json", exclude={"calibration", "decontaminate"}),
        "formalize": config.formalize.model_dump(mode="json"),
        "models": {role: source.name or source.path or source.preset for role, source in sources.items()},
    }


def came_to_judging(statements: Mapping[tuple[str, bool, str], int]) -> tuple[int, int]:
    """(passed, all) of the autoformalized statements that came to the judging filters; counted by origin, whether kept, and reason."""
    came = {key: count for key, count in statements.items() if key[0] in ("autoformalized", "refined") and key[2] not in NOT_JUDGED}
    return sum(count for (_, kept, _), count in came.items() if kept), sum(came.values())
