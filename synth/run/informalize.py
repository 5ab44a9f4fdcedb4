"""`synth informalize`: accepted statements, or a lake project's declarations, in; pairs of plain language and Lean out (Herald).

The output grows: annotations that it holds are not asked again, nor those of an interrupted call, which wait in a journal beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from synth.annotations import Annotation, Unpaired
from synth.config import RunConfig
from synth.export.read import read_pairs
from synth.informal.annotate import Annotator, Book
from synth.informal.project import project_units, stated
from synth.informal.units import Unit, of_records
from synth.llm.config import ModelRole
from synth.prompts import Role
from synth.records import Pair, Statement, content_id
from synth.run.roles import answering, check_roles, given_weights, role_prompts, who
from synth.run.stages import read_problems_of, run_stage, stage_tools
from synth.show.progress import Progress
from synth.statements.text import given
from synth.store.files import check_target, of_this_sort, read_records, write_records
from synth.store.journal import Journal
from synth.store.rundir import RunDir
from verify_workers.errors import UserError
from verify_workers.lean.project import discover

STAGE = "informalize"


@dataclass(frozen=True)
class Informalized:
    """What a call came to: the annotations of what it was asked for, and how many of them were asked for anew."""

    rows: list[Annotation]
    asked: int

    def lines(self) -> list[str]:
        """For people."""
        kept = Counter(row.kind for row in self.rows if row.kept)
        dropped = Counter(row.reason for row in self.rows if not row.kept)
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in dropped.most_common()) or "none"
        pairs = f"{kept['statement']:,} pairs of statements, {kept['proof']:,} of proofs"
        return [f"{len(self.rows):,} annotations ({self.asked:,} asked now): {pairs}; not kept: {reasons}"]


def informalize_file(config: RunConfig, source: str, out: str, progress: Progress) -> Informalized:
    """Annotate the accepted statements of a run directory, or of a file of pairs, statements, or problems with a statement."""
    check_target(out)
    config, asked = _asked(config)
    units, notes = _units(config, source, progress)
    if not units:
        raise UserError(f"{source}: no accepted statement; nothing to annotate")
    return _informalized(config, asked, units, notes, out, progress)


def informalize_project(config: RunConfig, wanted: Sequence[str], out: str, progress: Progress) -> Informalized:
    """Annotate the declarations of the lake project in `config.verify.project`: of these modules or names, else all of its own."""
    check_target(out)
    folder = config.verify.project
    assert folder is not None
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give a lake project's (the one with its lakefile)")
    config, asked = _asked(config)
    project = discover(folder, config.verify.repl, need_repl=config.verify.backend == "repl")
    units, notes = project_units(project, wanted, config.informalize.neighbours)
    return _informalized(config, asked, units, notes, out, progress)


def _asked(config: RunConfig) -> tuple[RunConfig, tuple[Role, ...]]:
    """The prompts that are asked, each of which has a model, and the configuration with `check: auto` resolved where Lean says all."""
    settings, backend = config.informalize, config.verify
    has_forms = backend.backend == "fork" or (backend.project is None and backend.backend == "auto")
    if settings.check == "auto" and has_forms:
        config = config.model_copy(update={"informalize": settings.model_copy(update={"check": "form"})})
    judged = config.informalize.check != "form"
    asked = ("annotate", "formalize", *(("explain", "follow") if settings.proofs else ()), *(("match",) if judged else ()))
    for role in sorted(answering(asked), key=lambda role: role != "informalizer"):
        if not config.models.of(role).own:
            raise UserError(
                f"no model for the {role}: give --model FOLDER (a Hugging Face checkpoint, such as a run's rounds/003/training/model), "
                f"or an endpoint: --set models.{role}.endpoint=URL --set models.{role}.name=NAME"
            )
    check_roles(config, asked)
    return config, asked


def _units(config: RunConfig, source: str, progress: Progress) -> tuple[list[Unit], list[str]]:
    """The accepted statements of a run directory or a file."""
    if _is_run(source):
        store = RunDir.existing(source)
        again = store.repeated()
        proved = (pair for pair in store.read("pairs", Pair) if pair.statement_id not in again)
        return of_records(proved, (s for s in store.read("statements", Statement) if s.id not in again))
    if (pairs := of_this_sort(read_pairs(source))) is not None:
        return of_records(pairs, ())
    if (statements := of_this_sort(read_records(source, Statement))) is not None:
        return of_records((), statements)
    problems = [problem for problem in read_problems_of(config, source, progress) if problem.statement]
    if not problems:
        raise UserError(f"{source}: holds no pairs and no statements; give a run directory, or what `synth formalize` or `prove` wrote")
    return of_records((), [given(problem, 0) for problem in problems])


def _is_run(source: str) -> bool:
    try:
        RunDir.existing(source)
    except UserError:
        return False
    return True


def _informalized(
    config: RunConfig, asked: tuple[Role, ...], units: list[Unit], notes: list[str], out: str, progress: Progress
) -> Informalized:
    for note in notes:
        progress.note(note)
    target = Path(out)
    journal = Journal(target, Annotation)
    known = {row.id: row for row in chain(read_records(target, Annotation) if target.exists() else (), journal.read())}
    new: dict[str, Annotation] = {}
    progress.stage(STAGE, len(units))

    def write(row: Annotation) -> None:
        if known.get(row.id) != row:
            journal.write(row)
        new[row.id] = row
        progress.advance(STAGE, 0, kept=row.kept)

    async def work() -> list[Annotation]:
        async with stage_tools(config, *asked) as tools:
            named = await stated(units, tools.verify) if config.verify.project and units[0].module else units
            book = Book(_deciding(config, asked), known, write)
            return await Annotator(tools, config, book).all(named, lambda: progress.advance(STAGE))

    rows: list[Annotation] = run_stage(work(), resumable=True)
    write_records(target, list((known | {row.id: row for row in rows}).values()), Annotation)
    journal.remove()
    return Informalized(rows, sum(row.reason != Unpaired.UNSTATED for row in new.values()))


def _deciding(config: RunConfig, asked: Sequence[Role]) -> str:
    """An id of all that decides what is asked and what becomes of an answer, beside the question itself."""
    prompts = role_prompts(config)
    hashes = {role: prompts[who(role)].hash(role) for role in asked}
    models: dict[ModelRole, str] = {role: given_weights(config, role).hash for role in answering(asked)}
    settings = config.informalize.model_dump(include={"back", "share", "check"})
    timeouts = [config.filters.timeout, config.search.timeout]
    return content_id("informalize", hashes, models, settings, config.filters.back.model_dump(), timeouts)
