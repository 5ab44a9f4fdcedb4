"""Filtered statements, and further turns for the problems of which none was kept.

In each turn the formalizer sees its latest statement of the problem with what was found wrong with it: Lean's error, or what it
says in plain language and how the judge says that this differs.  Every turn's statements are records, with the one that they refine.
"""

from __future__ import annotations

from collections.abc import Sequence

from synth.config import FormalizeConfig
from synth.prompts import refine
from synth.records import Drop, Statement, content_id
from synth.services import Tools
from synth.statements.filters.base import Context, Filter, drop
from synth.statements.filters.run import filtered
from synth.statements.formalize import candidates, sampled
from synth.statements.text import normalized
from verify_workers.text.statement import StatementError

REFINABLE = frozenset(
    {
        Drop.UNPARSED,
        Drop.ELABORATION,
        Drop.NUMBERS,
        Drop.UNFAITHFUL,
        Drop.NOT_RECOVERED,
        Drop.GRADE,
        Drop.UNUSED,
        Drop.REPEATED,
        Drop.TRUE_OF_ANYTHING,
        Drop.ANSWER,
        Drop.HIDDEN,
        Drop.NAMELESS,
    }
)
"""What the formalizer can mend.  A contradictory or trivial statement may be what the problem says."""


async def settled(
    statements: list[Statement], config: FormalizeConfig, context: Context, filters: Sequence[Filter] | None = None
) -> list[Statement]:
    """`statements`, filtered (by all filters, or by these), and after them what up to `config.refine` turns made of those of problems
    that have none kept."""
    done = await filtered(statements, context, filters)
    latest = done
    for turn in range(1, config.refine + 1):
        faulty = unsettled(done, latest)
        if not faulty:
            break
        seen = {(s.problem_id, _key(s.text)) for s in done}
        fresh = [s for old in await _turn(faulty, config, context, turn) for s in old]
        new = [_repeated(s, turn) if (s.problem_id, _key(s.text)) in seen else s for s in fresh]
        latest = await filtered(new, context, filters)
        done = done + latest
    return done


def unsettled(done: list[Statement], latest: list[Statement]) -> list[Statement]:
    """Of each problem that has no kept statement, the latest one that can be mended, that with most votes first."""
    kept = {s.problem_id for s in done if s.kept}
    found: dict[str, Statement] = {}
    for statement in sorted(latest, key=lambda s: -s.votes):
        if statement.problem_id not in kept and statement.reason in REFINABLE and statement.text.strip():
            found.setdefault(statement.problem_id, statement)
    return list(found.values())


def fault(statement: Statement) -> str:
    """What is wrong with a dropped statement, for who is to mend it."""
    if statement.reason == Drop.GRADE:
        return f"A judge found it {statement.detail}."
    words = statement.detail.partition(": ")[2] if statement.reason == Drop.UNFAITHFUL else statement.detail
    said = statement.back if statement.reason in (Drop.UNFAITHFUL, Drop.NOT_RECOVERED) else ""
    return "\n".join(part for part in (said, words if len(words.split()) > 2 or not said else "") if part)


async def _turn(faulty: list[Statement], config: FormalizeConfig, context: Context, turn: int) -> list[list[Statement]]:
    """What the formalizer makes of each statement and its fault."""
    tools, formalizer = context.tools, context.tools.formalizer
    problems = [context.problems[s.problem_id] for s in faulty]
    prompts = [
        refine(formalizer.prompts, problem.text, s.text, fault(s), problem.header, problem.preamble)
        for s, problem in zip(faulty, problems, strict=True)
    ]
    sampling = formalizer.sampling("refine", config.samples, _seed(tools, turn), config.temperature, config.top_p, config.max_tokens)
    answers = await formalizer.ask(prompts, sampling)
    common = {"round": tools.round, "prompt": formalizer.prompts.hash("refine"), "origin": "refined"} | sampled(sampling)
    return [
        candidates(problem, prompt, answer, common | {"parent": s.id, "shown": dict(prompt.shown)})
        for s, problem, prompt, answer in zip(faulty, problems, prompts, answers, strict=True)
    ]


def _seed(tools: Tools, turn: int) -> int:
    return tools.request_seed("refine", turn)


def _key(text: str) -> str:
    try:
        return normalized(text)
    except StatementError:
        return text


def _repeated(statement: Statement, turn: int) -> Statement:
    """A statement that an earlier turn gave already: a record of its own, not asked about again."""
    id = content_id("statement", statement.problem_id, statement.text, "turn", turn, statement.parent)
    return drop(statement.model_copy(update={"id": id}), Drop.DUPLICATE, "an earlier turn gave this statement already")
