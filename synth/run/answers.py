"""`synth answer`: problems that ask for something in; answers, the statements that have them, and proofs of these out.

Answers are compared with references only after everything else is done, and no stage sees a reference.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from synth.answers.construct import Construction, construct, in_order
from synth.answers.hole import Hole
from synth.answers.score import right
from synth.answers.terms import parse
from synth.budget import Meter, PriceConfig, costs
from synth.config import RunConfig
from synth.problems.generate import Choice, generate
from synth.problems.readers import read_problems
from synth.problems.seed_roles.answers import NAMES
from synth.prompts import Role
from synth.records import Problem, Record, Statement
from synth.run.roles import search_prompts
from synth.run.stages import require_models, run_stage, stage_tools
from synth.search.loop import require_strategies, search, strategies
from synth.services import Tools
from synth.show.progress import Progress
from synth.statements.filters.base import Context
from synth.statements.filters.consistent import consistent
from synth.statements.filters.run import filtered
from synth.statements.text import under_header
from synth.store.files import check_target, write_records
from verify_workers.errors import UserError

PROMPTS: tuple[Role, ...] = ("pose", "enumerate", "guess")


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
    dropped: dict[str, str] = Field({}, description="what else was answered, by text, and why it did not count")
    correct: bool | None = Field(None, description="whether Lean proves it equal to the reference; none = no reference")
    first_correct: bool | None = Field(None, description="the same of `first`")
    tokens: int = Field(0, description="generated for it, by all roles")
    lean_seconds: float = 0.0


@dataclass
class Figures:
    """Counts over problems: answer accuracy and proved accuracy are different things."""

    rows: list[Answered]

    def lines(self) -> list[str]:
        rows = self.rows
        known = [row for row in rows if row.correct is not None]

        def share(count: int, of: int) -> str:
            return f"{count} of {of} ({count / of:.0%})" if of else "none"

        stated, counted = share(sum(bool(row.posed) for row in rows), len(rows)), sum(bool(row.cases) for row in rows)
        ends = {"answered": sum(bool(row.answer) for row in rows), "proved": sum(row.proved for row in rows)}
        counts = "; ".join(f"{name}: {count}" for name, count in {**ends, "refuted": sum(row.refuted for row in rows)}.items())
        cost = sum(row.tokens for row in rows) / max(1, len(rows))
        lean = sum(row.lean_seconds for row in rows) / max(1, len(rows))
        lines = [
            f"stated with a place for the answer: {stated}; with cases: {counted}; {counts}",
            f"{cost:.0f} tokens and {lean:.1f} s of Lean a problem",
        ]
        if known:
            right_ones, proved = sum(row.correct is True for row in known), sum(row.correct is True and row.proved for row in known)
            first = sum(row.first_correct is True for row in known)
            lines.append(
                f"answer accuracy: {share(right_ones, len(known))}; proved accuracy: {share(proved, len(known))}; "
                f"before any proof: {share(first, len(known))}"
            )
        return lines


def answer_file(config: RunConfig, source: str, references: Path | None, out: str, progress: Progress) -> Figures:
    """Answer the problems of a file; `references` has rows with `text` (as in the file) and `answer`."""
    check_target(out)
    known = _references(references) if references else {}
    reading = read_problems(config.problems.model_copy(update={"path": source}))
    for note in reading.notes():
        progress.note(note)
    problems = under_header(reading.problems, config.header)
    return _answer(config, problems, {p.id: known[p.text] for p in problems if p.text in known}, out, progress)


def answer_generated(config: RunConfig, count: int, out: str, progress: Progress) -> Figures:
    """Answer the first `count` generated problems of the held-out seed, which no seed row of a model made with this configuration has."""
    check_target(out)
    choice = config.generator.choice()
    asking = choice if set(choice.families) & {*NAMES} else Choice(NAMES, choice.levels)
    items = [item for item in generate(config.heldout.seed, count, choice=asking) if item.answer]
    problems = under_header([item.problem() for item in items], config.header)
    return _answer(config, problems, {p.id: item.answer for p, item in zip(problems, items, strict=True)}, out, progress)


def _references(path: Path) -> dict[str, str]:
    """Answers by the text of the problem."""
    known: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line) if line.strip() else None
        except json.JSONDecodeError as error:
            raise UserError(f"{path}:{number}: not valid JSON ({error.msg} at column {error.colno})") from None
        if row is not None:
            if not isinstance(row, dict) or not {"text", "answer"} <= row.keys():
                raise UserError(f"{path}:{number}: a row has `text`, the problem's, and `answer`, a Lean term")
            known[str(row["text"]).strip()] = str(row["answer"])
    return known


def _answer(config: RunConfig, problems: list[Problem], references: dict[str, str], out: str, progress: Progress) -> Figures:
    require_strategies(config.search)
    asked = tuple(role for role in (*PROMPTS, *search_prompts(config)) if role != "enumerate" or config.answers.programs)
    require_models(config, *asked)
    progress.stage("answer", len(problems))

    async def work() -> list[Answered | BaseException]:
        async with stage_tools(config, *asked) as tools:
            room, gate = asyncio.Semaphore(config.search.in_flight), asyncio.Semaphore(config.answers.at_once)

            async def one(problem: Problem) -> Answered:
                async with room:
                    row, hole = await answer_problem(problem, config, tools, gate)
                if problem.id in references:
                    row = row.model_copy(update=await _scored(row, hole, references[problem.id], tools))
                progress.advance("answer", proved=row.proved)
                return row

            return list(await asyncio.gather(*map(one, problems), return_exceptions=True))

    ended = run_stage(work())
    figures = Figures([row for row in ended if isinstance(row, Answered)])
    write_records(out, figures.rows, Answered)
    for failure in ended:  # one problem's failure is raised, after the rows of all others are written
        if isinstance(failure, BaseException):
            raise failure
    return figures


async def _scored(row: Answered, hole: Hole | None, reference: str, tools: Tools) -> dict[str, bool]:
    """Whether the answer, and the one that came first, are equal to the reference."""

    async def equal(answer: str) -> bool:
        return hole is not None and bool(answer) and await right(hole, parse(answer), reference, tools.verify)

    correct = await equal(row.answer)
    return {"correct": correct, "first_correct": correct if row.first == row.answer else await equal(row.first)}


async def answer_problem(problem: Problem, config: RunConfig, tools: Tools, gate: asyncio.Semaphore) -> tuple[Answered, Hole | None]:
    """Construct answers to one problem, and search proofs of the statements with them, the best one first, until one is proved."""
    meter = Meter()
    tools = tools.metered(meter)
    made = await construct(problem, config.answers, config.formalize, tools, gate)
    dropped = {s.text: f"{s.reason}: {s.detail}" for one in made for s in one.statements if not s.kept and s.reason != "open"}
    order = in_order(made)
    first = order[0][0].answers[order[0][1].id].text if order else ""
    blank = Answered(problem_id=problem.id, problem=problem.text, first=first)
    best, posed = blank, next((one for one in made if one.hole), None)
    for one, statement in order:
        found = await search(statement, problem, strategies(statement, problem, config.search, tools), config.search, tools)
        proof = found.pairs[0] if found.pairs else None
        if proof and not proof.negated:  # of hypotheses that no number fulfils anything follows
            (seen,) = await filtered([statement], Context(tools, config.filters, 1, {problem.id: problem}), (consistent,))
            if not seen.kept:
                dropped[statement.text] = f"{seen.reason}: {seen.detail}"
                continue
        this = blank.model_copy(update=_stated(statement, one.answers[statement.id].text))
        if proof:
            told = {"proved": not proof.negated, "refuted": proof.negated, "proof": proof.proof, "strategy": proof.strategy}
            this = this.model_copy(update=told)
        if this.proved or not best.answer or (best.refuted and not this.refuted):
            best, posed = this, one
        if best.proved:
            break
    spent = {"dropped": dropped, "tokens": _tokens(meter), "lean_seconds": meter.spent["lean_ms"] / 1000}
    return best.model_copy(update={**spent, **(_constructed(posed) if posed else {})}), posed.hole if posed else None


def _tokens(meter: Meter) -> int:
    return int(costs(meter.spent, PriceConfig())["tokens"])


def _constructed(one: Construction) -> dict[str, object]:
    assert one.hole
    lines = "\n".join(" ".join(map(str, (*arguments, *value))) for arguments, value in one.cases)
    ended = [f"{ran.ended}{f': {ran.error}' if ran.error else ''}" for ran in one.ran]
    posed = f"{one.hole.head} ({one.hole.name} : {one.hole.type}) {one.hole.goal}"
    return {"posed": posed, "type": one.hole.type, "program": one.program, "programs": ended, "cases": lines}


def _stated(statement: Statement, answer: str) -> dict[str, object]:
    return {"answer": answer, "statement": statement.text, "header": statement.header, "preamble": statement.preamble}
