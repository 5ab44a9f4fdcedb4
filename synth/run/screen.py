"""What a run must not work on: its benchmarks in both languages, and the problems that are passed over; settled once, before round 1."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow.compute as pc
import ray

from synth.config import FilterConfig
from synth.records import Drop, Problem, content_id
from synth.run.inputs import Inputs
from synth.run.state import Run
from synth.statements.benchmarks import Benchmarks, forms_of
from synth.statements.screen import Passed, screened
from synth.store.rundir import RunDir
from verify_workers.errors import UserError

FILE, REPORT = "screened.json", "contamination.json"
SHOWN = 3  # benchmark rows that are named in a note
MANY = 5_000  # problems that are looked through elsewhere


async def screen(job: Run) -> None:
    """Settle what the run must not work on, or read what it settled when it began; once in each command.

    Lean is asked for the normal forms of the benchmarks' statements; UserError where a benchmark is not the one of earlier rounds.
    """
    if job.benchmarks is not None:
        return
    inputs, filters = job.inputs, job.config.filters
    known = job.store.read_json(FILE)
    if known is None:
        rows = [*inputs.benchmark.problems, *inputs.barred] if filters.decontaminate else []
        job.progress.stage("screen", len(inputs.problems))
        forms = await forms_of(rows, job.services().verify)
        barred = _benchmarks(inputs, forms)
        if len(inputs.problems) > filters.similar_most:
            job.progress.note(
                f"{len(inputs.problems):,} problems are more than filters.similar_most: only those in the same words count as duplicates"
            )
        passed = await _screened(inputs.problems, barred, filters)
        job.progress.advance("screen", len(inputs.problems))
        known = {"benchmarks": _identity(inputs), "forms": forms, "passed": {name: one.model_dump() for name, one in passed.items()}}
        job.store.write_json(FILE, known)
    elif known["benchmarks"] != _identity(inputs):
        raise UserError(
            f"{job.store.path}: filters.benchmarks hold other rows than when this run began; restore the files, or give another --run-dir"
        )
    job.benchmarks = _benchmarks(inputs, {name: (form, negated) for name, (form, negated) in known["forms"].items()})
    job.passed = {name: Passed.model_validate(one) for name, one in known["passed"].items()}
    if told := [one for one in job.passed.values() if not one.reason]:
        job.progress.note(
            f"{len(told):,} given problems are in a benchmark, such as {told[0].benchmark}; they are worked on all the same "
            "(filters.given_in_benchmark=drop leaves them out)"
        )


async def _screened(problems: Sequence[Problem], barred: Benchmarks, filters: FilterConfig) -> dict[str, Passed]:
    """`screened`; of many problems in a process of its own, for what it holds meanwhile is no matter of the driver's."""
    if len(problems) < MANY or not ray.is_initialized():
        return await asyncio.to_thread(screened, problems, barred, filters)
    found: dict[str, Passed] = await ray.remote(num_cpus=0)(screened).remote(problems, barred, filters)
    return found


def _benchmarks(inputs: Inputs, forms: dict[str, tuple[str, str]]) -> Benchmarks:
    found = Benchmarks()
    found.add(inputs.benchmark.problems, Drop.HELDOUT, forms)
    found.add(inputs.barred, Drop.CONTAMINATED, forms)
    return found


def _identity(inputs: Inputs) -> str:
    return content_id("benchmarks", [problem.id for problem in inputs.barred])


def contamination(store: RunDir, number: int = 0) -> dict[str, Any]:
    """What was found of benchmarks in a run: how many statements of each kind, and every match.

    After round `number`: what was written down after the round before is not read again.
    """
    columns = ["problem_id", "origin", "kept", "reason", "benchmark"]
    before = store.read_json(REPORT, {}) if number > 1 else {}
    prefix = f"r{number:03d}-" if before.get("rounds") == number - 1 else ""
    rows: dict[str, dict[str, Any]] = {row["statement"]: row for row in before["rows"]} if prefix else {}
    for table in store.tables("statements", columns, prefix):
        for row in table.filter(pc.not_equal(table["benchmark"], "")).select(["id", *columns]).to_pylist():
            id, problem = row.pop("id"), row.pop("problem_id")
            if id not in rows or rows[id]["reason"] == Drop.UNDECIDED:
                rows[id] = {"statement": id, "problem": problem, **row}
    counts = Counter(f"{row['origin']}, {'kept' if row['kept'] else row['reason']}" for row in rows.values())
    return {"matches": len(rows), "counts": dict(counts.most_common()), "rounds": number, "rows": list(rows.values())}
