"""A round's search: its statements, new ones and those of earlier rounds, cut into shards that the shard actors work off.

The driver holds places and counts: what a shard works on is read when an actor is free for it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.records import Statement
from synth.run.actors import start_shards
from synth.run.conjectures import Plan, planned
from synth.run.ledger import Ledger, Numbers
from synth.run.screen import Screening
from synth.run.shard import ShardTask
from synth.run.spending import Spending
from synth.run.state import Run
from synth.run.stored import stored
from synth.run.watch import watched

CHUNK = 1024  # statements that are read at once where all are
IN_BLOCKS, SPREAD = "blocks", "spread"
"""How a round is cut: each shard gets what stands together, or (rounds that an earlier version began) every so manieth."""


@dataclass(frozen=True)
class RoundPlan:
    """What a round searches, by its places: `problems` among the run's, `again` in the ledger."""

    number: int
    problems: Sequence[int] | NDArray[np.uint32]
    again: Numbers
    conjectures: Plan
    pieces: int
    cut: str

    def piece(self, i: int, things: Any) -> Any:
        """What of `things` is shard `i`'s."""
        if self.cut == SPREAD:
            return things[i :: self.pieces]
        return things[i * len(things) // self.pieces : (i + 1) * len(things) // self.pieces]


async def search_round(job: Run, number: int) -> None:
    """Cut the round into shards and keep the shard actors busy with them."""
    plan = await asyncio.to_thread(plan_round, job, number)
    start_shards(job)
    left, screening = iter(range(plan.pieces)), Screening(job, number)

    async def work(actor: Any) -> None:
        for i in left:
            task = await asyncio.to_thread(task_of, job, plan, i)
            task = replace(task, passed=await screening.passed(i, plan.piece(i, plan.problems), task.problems))
            version = job.answering.version
            job.in_use[version] += 1
            try:
                await actor.run.remote(replace(task, weights=job.role_weights()))  # newer than when it was planned, in `mode: async`
            finally:
                job.in_use[version] -= 1

    stages = {"problems": f"round {number}: formalize", "searched": f"round {number}: prove"}
    job.progress.stage(stages["problems"], len(plan.problems))
    job.progress.stage(stages["searched"], len(plan.again))
    spending = Spending(job, number)
    await watched(job, asyncio.gather(*map(work, job.shards)), stages, spending.heed)


def plan_round(job: Run, number: int) -> RoundPlan:
    """What round `number` searches; the same however often it is asked."""
    ledger, problems, config = earlier_rounds(job, number), stored(job.inputs.problems), job.config
    again = to_search_again(job, number)
    fresh: Any = new_problems(job, number)
    if len(left := ledger.left_out(problems)):
        fresh = np.concatenate([np.arange(fresh.start, fresh.stop, dtype=np.uint32), left])
    conjectures = planned(job.store, number, _statements(ledger, again), config.conjectures, config.seed)
    size = config.shards.problems
    pieces = max(1, -(-len(fresh) // size), -(-len(again) // (4 * size)), -(-len(conjectures) // size))
    return RoundPlan(number, fresh, again, conjectures, pieces, _cut(job, number))


def task_of(job: Run, plan: RoundPlan, i: int) -> ShardTask:
    """What shard `i` of a round works on."""
    ledger, problems, numbers = earlier_rounds(job, plan.number), stored(job.inputs.problems), plan.piece(i, plan.again)
    again, new = tuple(ledger.statements(numbers)), tuple(problems.take(plan.piece(i, plan.problems)))
    known = zip(again, ledger.searches(numbers), ledger.was_searched(numbers), strict=True)
    return ShardTask(
        plan.number,
        i,
        new,
        again,
        job.role_weights(),
        earlier=tuple(problems.find(s.problem_id for s in again).values()),
        searches={s.id: int(searches) for s, searches, searched in known if searched},
        conjectures=plan.conjectures.piece(i, plan.pieces),
    )


def _cut(job: Run, number: int) -> str:
    """How round `number` is cut, which stays as it was when the round began."""
    name = f"rounds/{number:03d}/plan.json"
    if (known := job.store.read_json(name)) is None:
        begun = next(job.store.entries(f"r{number:03d}-s"), None) is not None
        known = {"cut": SPREAD if begun else IN_BLOCKS}
        job.store.write_json(name, known)
    return str(known["cut"])


def earlier_rounds(job: Run, number: int) -> Ledger:
    """What the rounds before round `number` came to: what an earlier search has asked about is not read again.

    What round `number` itself has written already does not count, so that a continued round is cut into the same pieces.
    """
    if job.shared.ledger is None or job.shared.ledger.rounds >= number:
        job.shared.ledger = Ledger(job.store)
    job.shared.ledger.upto(number - 1)
    return job.shared.ledger


def new_problems(job: Run, number: int) -> range:
    """Where the new problems of round `number` stand among the run's; the last round takes what is left."""
    count, rounds = len(job.inputs.problems), job.config.rounds
    size = job.config.problems_per_round or -(-count // rounds)
    end = count if number == rounds and not job.config.problems_per_round else number * size
    return range(count)[(number - 1) * size : end]


def to_search_again(job: Run, number: int) -> Numbers:
    """Statements of earlier rounds that this one searches; those that are given up are written down."""
    ledger, config = earlier_rounds(job, number), job.config
    unsolved = unsolved_before(job, number) if config.retry == "unsolved" else np.zeros(0, np.int64)
    again, given_up = ledger.in_turn(unsolved, config.adaptive, number, config.seed)
    if len(given_up):
        ids = ledger.ids(given_up)
        job.store.write_chunks(f"rounds/{number:03d}/given_up.json", _given_up(ids))
    return again


def unsolved_before(job: Run, number: int) -> Numbers:
    """Statements of earlier rounds to ask about again (see `Ledger.unsolved`)."""
    return earlier_rounds(job, number).unsolved(pieces=job.config.search.sketch.retry, made=job.config.conjectures.retry)


def _given_up(ids: NDArray[np.bytes_]) -> Iterator[bytes]:
    yield b'{\n  "reason": "adaptive.retries",\n  "statements": ['
    for place, id in enumerate(ids):
        yield (b"," if place else b"") + b"\n    " + json.dumps(id.decode()).encode()
    yield b"\n  ]\n}\n"


def _statements(ledger: Ledger, numbers: Numbers) -> Iterator[Statement]:
    for start in range(0, len(numbers), CHUNK):
        yield from ledger.statements(numbers[start : start + CHUNK])
