"""Answers to one problem: constructed, put into statements, filtered as in a run, and searched until one is proved."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import Field

from synth.answers.construct import Construction, construct, in_order
from synth.answers.hole import Hole
from synth.budget import Meter, PriceConfig, costs
from synth.config import RunConfig
from synth.records import Drop, Problem, Record, Statement
from synth.run.searches import Searched
from synth.search.loop import search, strategies
from synth.search.outcome import Found
from synth.services import Tools
from synth.statements.benchmarks import Benchmarks
from synth.statements.filters.base import Context, drop
from synth.statements.filters.run import filtered


class Answered(Record):
    """What became of one problem.  `proof` proves `statement` (or its negation, if `refuted`), in which `answer` stands."""

    problem_id: str
    problem: str
    posed: str = Field("", description="the statement with a place for the answer; '' = none was made")
    type: str = ""
    program: str = Field("", description="the program that is believed")
    programs: list[str] = Field([], description="how each program ended")
    cases: str = Field("", description="the cases that were found, a line each")
    answer: str = Field("", description="the proved one, else the best one that is not refuted; '' = none")
    first: str = Field("", description="the answer that came first before any proof was searched; '' = none")
    statement: str = ""
    header: str = ""
    preamble: str = ""
    proved: bool = False
    refuted: bool = False
    proof: str = ""
    strategy: str = ""
    dropped: dict[str, str] = Field(
        {}, description="every other formalization, and statement with an answer, by text, and what became of it: reason and detail"
    )
    correct: bool | None = Field(None, description="whether Lean proves it equal to the reference; none = no reference")
    first_correct: bool | None = Field(None, description="the same of `first`")
    tokens: int = Field(0, description="generated for it, by all roles")
    lean_seconds: float = 0.0


@dataclass(frozen=True)
class Trial:
    """What was made of one problem: every statement, kept or dropped with its reason, and the searches of those that were searched."""

    statements: list[Statement]
    searches: list[Searched]


async def answer_problem(
    problem: Problem, config: RunConfig, tools: Tools, gate: asyncio.Semaphore, benchmarks: Benchmarks | None = None
) -> tuple[Answered, Hole | None, Trial]:
    """Construct answers to one problem, and search proofs of the statements with them, the best one first, until one is proved.

    The statements are filtered as in a run, but none is too trivial to be proved, or one too many.
    """
    meter = Meter()
    tools = tools.metered(meter)
    made = await construct(problem, config.answers, config.formalize, tools, gate)
    order = in_order(made)
    first = order[0][0].answers[order[0][1].id].text if order else ""
    filters = config.filters.model_copy(update={"trivial": "keep"})
    keep = config.formalize.keep * config.answers.keep
    context = Context(tools, filters, keep, {problem.id: problem}, benchmarks=benchmarks or Benchmarks())
    flat = [(one, statement) for one in made for statement in one.statements]
    settled = await filtered([statement for _, statement in flat], context)
    after = {id(before): now for (_, before), now in zip(flat, settled, strict=True)}  # not by their ids: two may say the same
    became = {key: f"{now.reason}: {now.detail}" for key, now in after.items() if not now.kept}
    blank = Answered(problem_id=problem.id, problem=problem.text, first=first)
    best, chosen, posed = blank, 0, next((one for one in made if one.hole), None)
    searches: list[Searched] = []
    for one, before in order:
        statement = after[id(before)]
        if not statement.kept or best.proved:
            spare = "another one was proved before it was searched"
            became.setdefault(id(before), f"{Drop.SPARE_ANSWER}: {spare}")
            if statement.kept:
                after[id(before)] = drop(statement, Drop.SPARE_ANSWER, spare)
            continue
        own = tools.metered(Meter("statement", config.budgets.statement, config.prices, above=meter))
        found = await search(statement, problem, strategies(statement, problem, config.search, own), config.search, own)
        searches.append(Searched(statement, found, Counter(own.meter.spent)))
        this = blank.model_copy(update=_stated(statement, one.answers[statement.id].text))
        if proof := next(iter(found.pairs), None):
            told = {"proved": not proof.negated, "refuted": proof.negated, "proof": proof.proof, "strategy": proof.strategy}
            this = this.model_copy(update=told)
        became[id(before)] = _ended(found)
        if this.proved or not best.answer or (best.refuted and not this.refuted):
            best, chosen, posed = this, id(before), one
    others = [(one, before) for one, before in flat if id(before) != chosen and not (one is posed and before.reason == Drop.OPEN)]
    dropped = _told((before.text, became[id(before)]) for _, before in others)
    spent = {"dropped": dropped, "tokens": _tokens(meter), "lean_seconds": meter.spent["lean_ms"] / 1000}
    answered = best.model_copy(update={**spent, **(_constructed(posed) if posed else {})})
    return answered, posed.hole if posed else None, Trial(list(after.values()), searches)


def _ended(found: Found) -> str:
    """What became of a statement that was searched."""
    if found.unsound:
        return "unsound: it and its negation were both accepted"
    if found.pairs:
        return "refuted: its negation is proved" if found.pairs[0].negated else "proved"
    return f"unproved: {found.ended.value}{f' ({found.limit})' if found.limit else ''}"


def _told(ended: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What became of texts, with all reasons where one occurs more than once."""
    told: dict[str, str] = {}
    for text, why in ended:
        told[text] = f"{told[text]}; {why}" if why not in told.get(text, why) else why
    return told


def _tokens(meter: Meter) -> int:
    return int(costs(meter.spent, PriceConfig())["tokens"])


def _constructed(one: Construction) -> dict[str, object]:
    assert one.hole
    lines = "\n".join(" ".join(map(str, (*arguments, *value))) for arguments, value in one.cases)
    ended = [f"{ran.ended}{f': {ran.error}' if ran.error else ''}" for ran in one.ran]
    return {"posed": one.hole.of_any, "type": one.hole.type, "program": one.program, "programs": ended, "cases": lines}


def _stated(statement: Statement, answer: str) -> dict[str, object]:
    return {"answer": answer, "statement": statement.text, "header": statement.header, "preamble": statement.preamble}
