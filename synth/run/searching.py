"""A round's search: its statements, new ones and those of earlier rounds, cut into shards that the shard actors work off."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from synth.records import Drop, Pair, Problem, Statement
from synth.run.actors import start_shards
from synth.run.again import Record, earlier, earlier_records, searched_again
from synth.run.conjectures import planned
from synth.run.shard import ShardTask
from synth.run.spending import Spending
from synth.run.state import Run
from synth.run.watch import watched
from synth.search.outcome import KINDS, MADE


async def search_round(job: Run, number: int) -> None:
    """Cut the round into shards and keep the shard actors busy with them."""
    known = earlier_records(job.store, number)
    retry = to_search_again(job, number, known)
    problems = problems_of(job, number) + left_out(job, number)
    size = job.config.shards.problems
    plan = planned(job.store, number, retry, job.config.conjectures, job.config.seed)
    pieces = max(1, -(-len(problems) // size), -(-len(retry) // (4 * size)), -(-len(plan) // size))
    by_id = {problem.id: problem for problem in job.inputs.problems}
    tasks, weights = [], job.role_weights()
    for i in range(pieces):
        again = tuple(retry[i::pieces])
        earlier = {s.problem_id: by_id[s.problem_id] for s in again if s.problem_id in by_id}
        new = tuple(problems[i::pieces])
        passed = {problem.id: job.passed[problem.id] for problem in new if problem.id in job.passed}
        searches = {s.id: known[s.id].searches for s in again if s.id in known}
        tasks.append(ShardTask(number, i, new, again, weights, tuple(earlier.values()), passed, searches, plan.piece(i, pieces)))
    start_shards(job)
    free: asyncio.Queue[Any] = asyncio.Queue()
    for actor in job.shards:
        free.put_nowait(actor)

    async def one(task: ShardTask) -> None:
        actor = await free.get()
        version = job.answering.version
        job.in_use[version] += 1
        try:
            await actor.run.remote(replace(task, weights=job.role_weights()))  # newer than when it was planned, in `mode: async`
        finally:
            job.in_use[version] -= 1
            free.put_nowait(actor)

    stages = {"problems": f"round {number}: formalize", "searched": f"round {number}: prove"}
    job.progress.stage(stages["problems"], len(problems))
    job.progress.stage(stages["searched"], len(retry))
    spending = Spending(job, number)
    await watched(job, asyncio.gather(*(one(task) for task in tasks)), stages, spending.heed)


def problems_of(job: Run, number: int) -> list[Problem]:
    """The new problems of round `number`; the last round takes what is left."""
    problems, rounds = job.inputs.problems, job.config.rounds
    size = job.config.problems_per_round or -(-len(problems) // rounds)
    end = len(problems) if number == rounds and not job.config.problems_per_round else number * size
    return problems[(number - 1) * size : end]


def left_out(job: Run, number: int) -> list[Problem]:
    """Problems of earlier rounds that nobody has asked about, because a round's budget was used up."""
    latest = {s.problem_id: s.reason for s in earlier(job.store, "statements", Statement, number)}
    return [problem for problem in job.inputs.problems if latest.get(problem.id) == Drop.BUDGET]


def to_search_again(job: Run, number: int, known: Mapping[str, Record]) -> list[Statement]:
    """Statements of earlier rounds that this one searches; those that are given up are written down."""
    unsolved = unsolved_before(job, number) if job.config.retry == "unsolved" else []
    adaptive = job.config.adaptive
    solved = solved_before(job, number) if adaptive.resample else []
    again, given_up = searched_again(unsolved, solved, known, adaptive, number, job.config.seed)
    if given_up:
        job.store.write_json(f"rounds/{number:03d}/given_up.json", {"reason": "adaptive.retries", "statements": given_up})
    return again


def solved_before(job: Run, number: int) -> list[Statement]:
    """Kept statements of earlier rounds of which a side was proved."""
    solved = {pair.statement_id for pair in earlier(job.store, "pairs", Pair, number)}
    found = {s.id: s for s in earlier(job.store, "statements", Statement, number)}
    return [s for s in found.values() if s.id in solved and s.kept]


def unsolved_before(job: Run, number: int) -> list[Statement]:
    """Statements of earlier rounds to ask about again: kept ones of which neither side was proved, and undecided ones.

    What round `number` itself has written already does not count, so that a continued round is cut into the same pieces.
    """
    prefixes = {f"r{round:03d}-" for round in range(1, number)}
    solved = {pair.statement_id for pair in earlier(job.store, "pairs", Pair, number)}
    solved |= {i for entry in job.store.entries() if entry["key"][:5] in prefixes for i in entry["info"].get("quarantined", [])}
    latest = {s.id: s for s in earlier(job.store, "statements", Statement, number)}
    left = [s for s in latest.values() if s.id not in solved and (s.kept or s.reason == Drop.UNDECIDED)]
    if not job.config.conjectures.retry:
        left = [s for s in left if s.origin not in MADE]
    left = [s for s in left if s.kept or s.origin not in MADE]  # an undecided one is made again, or not at all
    pieces = job.config.search.sketch.retry  # those of statements that are still open
    return [s for s in left if s.origin not in KINDS or (pieces and s.parent not in solved)]
