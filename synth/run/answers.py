"""`synth answer`: problems that ask for something in; answers, the statements that have them, and proofs of these out.

Answers are compared with references only after everything else is done, and no stage sees a reference.  What an interrupted call has
answered waits in a journal beside the output, and is not asked again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.answers.hole import Hole
from synth.answers.score import right
from synth.answers.terms import parse
from synth.config import RunConfig
from synth.problems.generate import Choice, generate
from synth.problems.readers import read_problems
from synth.problems.seed_roles.answers import NAMES
from synth.prompts import Role
from synth.records import Drop, Problem, content_id
from synth.run.answering import Answered, answer_problem
from synth.run.beside import check_beside, tried, write_beside
from synth.run.remembered import Begun
from synth.run.resumed import Resumed, deciding
from synth.run.roles import search_prompts, statement_prompts
from synth.run.stages import note_budgets, require_models, run_stage, stage_tools
from synth.search.loop import require_strategies
from synth.services import Tools
from synth.show.progress import Progress
from synth.statements.benchmarks import Benchmarks, forms_of, read_benchmarks
from synth.statements.formalize import passed_over
from synth.statements.screen import screened
from synth.statements.text import under_header
from synth.store.files import check_target, text_of, write_records
from verify_workers.errors import UserError

PROMPTS: tuple[Role, ...] = ("pose", "enumerate", "guess")
FILTERING: tuple[Role, ...] = ("grade", "informalize", "compare", "prove")
"""The prompts that statement filters ask."""


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
    barred = read_benchmarks(config.filters.benchmarks) if config.filters.decontaminate else []
    if known and not any(problem.text in known for problem in problems):
        raise UserError(f"{references}: none of its texts is that of a problem in {source}; write them as they stand there")
    return _answer(config, problems, {p.id: known[p.text] for p in problems if p.text in known}, out, progress, barred)


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
    for number, line in enumerate(text_of(path).split("\n"), 1):
        try:
            row = json.loads(line) if line.strip() else None
        except json.JSONDecodeError as error:
            raise UserError(f"{path}:{number}: not valid JSON ({error.msg} at column {error.colno})") from None
        if row is not None:
            if not isinstance(row, dict) or not {"text", "answer"} <= row.keys():
                raise UserError(f"{path}:{number}: a row has `text`, the problem's, and `answer`, a Lean term")
            text, answer = str(row["text"]).strip(), str(row["answer"])
            if known.setdefault(text, answer) != answer:
                raise UserError(f"{path}:{number}: another answer than an earlier row has for the same text; leave one of them out")
    if not known:
        raise UserError(f"{path}: no rows; a row has `text`, the problem's, and `answer`, a Lean term")
    return known


def _answer(
    config: RunConfig,
    problems: list[Problem],
    references: dict[str, str],
    out: str,
    progress: Progress,
    barred: list[Problem] | None = None,
) -> Figures:
    """Answer `problems`; with `barred` those whose words are a benchmark's or an earlier problem's are passed over, as in a run."""
    check_beside(out)
    require_strategies(config.search)
    asked = _asked(config)
    require_models(config, *asked)
    note_budgets(config, progress, "statement")
    kept = Resumed(out, Answered, content_id("answers", deciding(config, asked), _contents(barred)), progress.note)
    begun = Begun(out, config, asked)
    progress.stage("answer", len(problems))

    def asked_about(problem: Problem) -> tuple[Any, ...]:
        return problem.model_dump(mode="json"), references.get(problem.id)

    async def work() -> list[Answered | BaseException]:
        async with stage_tools(config, *asked) as tools:
            room, gate = asyncio.Semaphore(config.search.in_flight), asyncio.Semaphore(config.answers.at_once)
            benchmarks = Benchmarks()
            benchmarks.add(barred or [], Drop.CONTAMINATED, await forms_of(barred, tools.verify) if barred else {})
            passed = {} if barred is None else await asyncio.to_thread(screened, problems, benchmarks, config.filters)

            async def one(problem: Problem) -> Answered:
                question = asked_about(problem)
                if (known := kept.known(*question)) is not None:
                    progress.advance("answer", proved=known.proved)
                    return known
                why = passed.get(problem.id)
                if why and why.reason:
                    progress.advance("answer", proved=False)
                    row = Answered(problem_id=problem.id, problem=problem.text, dropped={problem.text: f"{why.reason}: {why.detail}"})
                    return kept.keep(row, *question, made={"statements": passed_over(problem, why, 0)})
                async with room:
                    own = begun.tools(tools, *question)
                    row, hole, trial = await answer_problem(problem, config, own, gate, benchmarks)
                if problem.id in references:
                    row = row.model_copy(update=await _scored(row, hole, references[problem.id], own))
                progress.advance("answer", proved=row.proved)
                made, told = tried(trial.searches, trial.statements)
                again = begun.failed(*question) or any(part.unsound for one in trial.searches for part in one.found.everything())
                kept.keep(row, *question, made=made, figures=told, settled=not again)
                begun.over(*question)
                return row

            return list(await asyncio.gather(*map(one, problems), return_exceptions=True))

    ended = run_stage(work(), resumable=True)
    figures, failures = Figures([row for row in ended if isinstance(row, Answered)]), [e for e in ended if isinstance(e, BaseException)]
    write_records(out, figures.rows, Answered)
    write_beside(out, config, "answer", {"problems": problems}, (kept.tried(*asked_about(problem)) for problem in problems))
    if not failures:
        begun.finish()
        kept.finish()
    if failures:  # one problem's failure is raised, after the rows of all others are written
        raise failures[0]
    return figures


def _contents(barred: Sequence[Problem] | None) -> list[str] | None:
    """What decides whether a problem or a statement is a benchmark's: what these hold, whatever their files are called."""
    return None if barred is None else sorted(content_id("barred", one.model_dump(mode="json")) for one in barred)


def _asked(config: RunConfig) -> tuple[Role, ...]:
    """The prompts of the stage: those that lead to an answer, those of the filters that are on, and those of the search."""
    others = [role for role in statement_prompts(config) if role in FILTERING]
    asked = dict.fromkeys((*PROMPTS, *others, *search_prompts(config)))
    return tuple(role for role in asked if role != "enumerate" or config.answers.programs)


async def _scored(row: Answered, hole: Hole | None, reference: str, tools: Tools) -> dict[str, bool]:
    """Whether the answer, and the one that came first, are equal to the reference."""

    async def equal(answer: str) -> bool:
        return hole is not None and bool(answer) and await right(hole, parse(answer), reference, tools.verify)

    correct = await equal(row.answer)
    return {"correct": correct, "first_correct": correct if row.first == row.answer else await equal(row.first)}
