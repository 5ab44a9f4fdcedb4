"""`synth judge-error`: how often the statement filters are wrong, as a stage alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from synth.config import RunConfig
from synth.problems.generate import generate
from synth.run.remembered import memory, remembered
from synth.run.roles import statement_prompts
from synth.run.stages import require_models, run_stage, stage_tools
from synth.services import Tools
from synth.show.progress import Progress
from synth.statements.filters.base import Context
from synth.statements.judge_error import Errors, Labelled, as_statements, formalized, judge_error, labelled_by_lean, write_calibration
from synth.statements.planted import Told, on_references, write_told
from synth.store.files import check_target, read_records
from verify_workers.errors import UserError
from verify_workers.records import Check, Verdict

TOLD = 16  # checks after which the progress is told


def judge_error_file(config: RunConfig, source: str, out: str, progress: Progress) -> Errors:
    """How often the filters are wrong about the labelled statements of a file, or about formalizations of generated problems.

    What an interrupted call has been told waits in a journal beside `out`, and is not asked again.
    """
    check_target(out, (".json",))
    asked = statement_prompts(config)
    models = asked if not source or config.filters.back.cycle else tuple(role for role in asked if role not in ("formalize", "refine"))
    if models:
        require_models(config, *models)
    rows = list(read_records(source, Labelled)) if source else []
    if source and not rows:
        raise UserError(f"{source}: no rows; a row has text, statement and faithful (true or false)")
    labelled = as_statements(rows, source)  # a row that contradicts another is said before anything starts
    made = [] if source else generate(config.problems.seed, config.problems.count, choice=config.generator.choice())
    kept = memory(out, config, models, progress.note)
    progress.stage("judge", len(rows) or len(made))

    async def work() -> Errors:
        async with stage_tools(config, *models) as bare:
            tools = told_of(remembered(bare, kept), progress)
            statements, problems, labels = labelled if source else await formalized(made, config, tools)
            by_form = labels
            if not source:
                labels, by_form = await labelled_by_lean(statements, made, config, tools.verify)
            context = Context(tools, config.filters, config.formalize.keep, problems)
            return await judge_error(
                statements, labels, context, by_form, {row.problem().id for row in made if row.truth == "contradictory"}
            )

    errors: Errors = run_stage(work(), resumable=True)
    progress.advance("judge", len(rows) or len(made))
    write_calibration(out, errors, config)
    kept.finish()
    return errors


def reference_error_file(config: RunConfig, out: str, progress: Progress) -> list[Told]:
    """What the filters that ask no model do with the generator's own statements, and with cheats planted in them."""
    check_target(out, (".json",))
    made = generate(config.problems.seed, config.problems.count, choice=config.generator.choice())
    kept = memory(out, config, (), progress.note)
    progress.stage("filters", 0)

    async def work() -> list[Told]:
        async with stage_tools(config) as tools:
            return await on_references(
                made, told_of(remembered(tools, kept), progress), lambda count, total: progress.set(progress.stage("filters", total), count)
            )

    told: list[Told] = run_stage(work(), resumable=True)
    write_told(out, told)
    kept.finish()
    return told


def told_of(tools: Tools, progress: Progress) -> Tools:
    """The same tools; each answer of Lean is told, as filters ask it about many statements at once."""
    progress.stage("checks", 0)

    async def some(checks: list[Check]) -> list[Verdict]:
        verdicts = await tools.verify(checks)
        progress.advance("checks", len(checks))
        return verdicts

    async def verify(checks: list[Check]) -> list[Verdict]:
        parts = await asyncio.gather(*(some(checks[at : at + TOLD]) for at in range(0, len(checks), TOLD)))
        return [verdict for part in parts for verdict in part]

    return replace(tools, verify=verify)
