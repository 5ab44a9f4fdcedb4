"""What a run must not work on: its benchmarks in both languages, settled once, before round 1; and the problems that are passed over."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.compute as pc

from synth.records import Drop, Problem, content_id
from synth.run.actors import started_index
from synth.run.inputs import Inputs
from synth.run.state import Run
from synth.statements.benchmarks import Benchmarks, forms_of
from synth.statements.screen import Passed
from synth.store.rundir import RunDir
from verify_workers.errors import UserError

FILE, REPORT = "screened.json", "contamination.json"


async def screen(job: Run) -> None:
    """Settle which benchmarks the run must not work on, or read what it settled when it began; once in each command.

    Lean is asked for the normal forms of the benchmarks' statements; UserError where a benchmark is not the one of earlier rounds.
    """
    if job.benchmarks is not None:
        return
    inputs, filters = job.inputs, job.config.filters
    known = job.store.read_json(FILE)
    if known is None:
        rows = [*inputs.benchmark.problems, *inputs.barred] if filters.decontaminate else []
        known = {"benchmarks": _identity(inputs), "forms": await forms_of(rows, job.asking("screen", 0))}
        job.store.write_json(FILE, known)
    elif known["benchmarks"] != _identity(inputs):
        raise UserError(
            f"{job.store.path}: filters.benchmarks hold other rows than when this run began; restore the files, or give another --run-dir"
        )
    job.benchmarks = _benchmarks(inputs, {name: (form, negated) for name, (form, negated) in known["forms"].items()})
    if "passed" in known:  # an earlier version looked through all problems here
        job.passed = {name: Passed.model_validate(one) for name, one in known["passed"].items()}


class Screening:
    """A round's problems, some at a time and in their order, on the way to the shards: what is known of them by their words."""

    def __init__(self, job: Run, number: int) -> None:
        self.job, self.number = job, number
        self._turn = 0
        self._moved = asyncio.Condition()

    async def passed(self, piece: int, places: Sequence[int], problems: Sequence[Problem]) -> dict[str, Passed]:
        """Of the round's piece number `piece`; asked about once those before it are."""
        if self.job.passed is not None:
            return {problem.id: self.job.passed[problem.id] for problem in problems if problem.id in self.job.passed}
        async with self._moved:
            await self._moved.wait_for(lambda: self._turn == piece)
        index = started_index(self.job)
        found = await index.screen(f"r{self.number:03d}-p{piece:05d}", list(zip(map(int, places), problems, strict=True)))
        async with self._moved:
            self._turn += 1
            self._moved.notify_all()
        _tell(self.job, found)
        return found


def of_benchmarks(store: RunDir) -> set[str]:
    """The ids of statements that are in a benchmark (given ones are proved all the same) and of all that was made from them.

    Nothing is trained on them.
    """
    found = {id for table in store.tables("statements", ["id", "benchmark"]) for id in _where(table, "benchmark")["id"].to_pylist()}
    if not found:
        return found
    made: dict[str, list[str]] = {}
    for table in store.tables("statements", ["id", "parent"]):
        for row in _where(table, "parent").to_pylist():
            made.setdefault(row["parent"], []).append(row["id"])
    left = list(found)
    while left:
        for id in made.get(left.pop(), ()):
            if id not in found:
                found.add(id)
                left.append(id)
    return found


def _where(table: Any, column: str) -> Any:
    """The rows that say something in `column`."""
    return table.filter(pc.not_equal(table[column], ""))


def _tell(job: Run, found: Mapping[str, Passed]) -> None:
    """Say, once, that given problems are in a benchmark."""
    what = "given problems are in a benchmark"
    told = [one for one in found.values() if not one.reason]
    if told and what not in job.told:
        job.told.add(what)
        job.progress.note(
            f"{what}, such as {told[0].benchmark}; they are worked on all the same, and never trained on "
            "(filters.given_in_benchmark=drop leaves them out)"
        )


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
        for row in _where(table, "benchmark").select(["id", *columns]).to_pylist():
            id, problem = row.pop("id"), row.pop("problem_id")
            if id not in rows or rows[id]["reason"] == Drop.UNDECIDED:
                rows[id] = {"statement": id, "problem": problem, **row}
    counts = Counter(f"{row['origin']}, {'kept' if row['kept'] else row['reason']}" for row in rows.values())
    return {"matches": len(rows), "counts": dict(counts.most_common()), "rounds": number, "rows": list(rows.values())}
