"""Rounds one after the other (`mode: sync`): search, train, swap the weights, evaluate; a round's figures are written last.

A round whose `metrics.json` exists is complete; everything before that is done again only where its part is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from synth.config import RunConfig
from synth.llm.types import Weights
from synth.run.actors import start_samplers, start_trainers, started_index, stop_samplers, swap_in
from synth.run.baseline import easily_proved, verified_seeds
from synth.run.bootstrap import bootstrap
from synth.run.clock import Clock
from synth.run.cluster import released
from synth.run.conjectures import settle_band
from synth.run.evaluate import evaluate
from synth.run.figures import compare, costs, reference_equivalents, reference_forms, round_counts
from synth.run.interrupt import together
from synth.run.learn import train
from synth.run.lessons import Taken
from synth.run.screen import REPORT, contamination, screen
from synth.run.searching import search_round
from synth.run.spending import SEARCH, used_up
from synth.run.state import Run
from synth.run.told import idle_shares, tell_round
from synth.show.report import write_report
from synth.store.rundir import RunDir
from verify_workers.errors import UserError
from verify_workers.pool.client import PoolClient
from verify_workers.working_directory import enter_again


async def rounds_in_turn(job: Run) -> None:
    """All rounds that are not yet complete, one after the other."""
    rounds: list[dict[str, Any]] = []
    for number in range(job.config.rounds + 1):
        if number and (limit := used_up(job, number)):
            job.progress.note(f"the budget {limit} is used up: no round {number}")
            break
        enter_again()  # files given by relative paths are read in every round
        if not complete(job.store, number):
            job.clock = Clock(job.store, number)
            async with kept(job.clock):
                start_trainers(job, number)
                figures = await (_first_round(job) if number == 0 else _round(job, number))
            await finish(job, number, figures)
        rounds.append(metrics(job.store, number))
        if over(job, rounds):
            break


def complete(store: RunDir, number: int) -> bool:
    """Whether a round is done: its figures are written last."""
    return store.exists(_metrics(number))


def metrics(store: RunDir, number: int) -> dict[str, Any]:
    """The figures of a complete round."""
    return dict(store.read_json(_metrics(number)))


def _metrics(number: int) -> str:
    return f"rounds/{number:03d}/metrics.json"


@contextlib.asynccontextmanager
async def kept(clock: Clock) -> AsyncIterator[None]:
    """An account that is saved every few seconds, and at the end however that comes."""
    saving = asyncio.create_task(clock.keep_saving())
    try:
        yield
    finally:
        saving.cancel()
        with contextlib.suppress(UserError):
            clock.save()


async def finish(job: Run, number: int, figures: dict[str, Any]) -> None:
    """Write down and show what came of a round; from now on it is complete."""
    pools = await PoolClient(job.pools).stats()
    figures = {**job.account.figures(), **figures}
    figures |= costs(figures) | {"pools": pools} | await idle_shares(job, number)
    job.store.write_json(_metrics(number), figures)
    await tell_round(job, number, figures)
    await asyncio.to_thread(write_report, job.store)


def over(job: Run, rounds: list[dict[str, Any]]) -> bool:
    """Show the table of the rounds so far; whether no more of them are worth it."""
    job.progress.round_table(rounds)
    reason = plateau(rounds, job.config) if len(rounds) > 2 else ""
    if reason:
        job.progress.note(f"round {len(rounds) - 1}: {reason}")
    return bool(reason)


def plateau(rounds: list[dict[str, Any]], config: RunConfig) -> str:
    """Why no more rounds are worth it, after these; '' where they are."""
    key = f"pass@{max(config.eval.ks)}"
    last, before = (metrics.get(key) for metrics in (rounds[-1], rounds[-2]))
    if config.plateau < 0 or last is None or before is None or last - before >= config.plateau:
        return ""
    return f"{key} rose by less than {config.plateau:g} points ({before:.1f} to {last:.1f}): no more rounds"


async def _first_round(job: Run) -> dict[str, Any]:
    """The first model, and its evaluation."""
    await first_model(job)
    return await evaluated(job, 0)


async def first_model(job: Run) -> None:
    """The given or bootstrapped model, what is barred, and the portfolio baseline."""
    training = asyncio.Event()  # nothing else gets in the way of its start: it takes longest
    await together(_without_model(job, training), _first_model(job, training))


async def evaluated(job: Run, number: int) -> dict[str, Any]:
    """The figures of the answering weights on the benchmark, as round `number`'s."""
    figures = await evaluate(job, number, await easily_proved(job))
    first = {"problems": 0, "statements_kept": 0, "attempts": 0, "pairs": 0} if number == 0 else {}
    return {"round": number, "model": job.answering.hash, **first, **figures}


async def _without_model(job: Run, training: asyncio.Event) -> None:
    """What Lean is asked before the first round, once `training` is set."""
    await training.wait()
    with job.timed("screen"):
        await screen(job)
    with job.timed("baseline"):
        await easily_proved(job)
        await verified_seeds(job)


async def _first_model(job: Run, training: asyncio.Event) -> None:
    """The given model, or our own small one, and the engines that answer with it; `training` is set when that is under way, or over."""
    if not job.trained(0):
        if job.config.models.bootstrapped:
            with job.timed("bootstrap"):
                await bootstrap(job, training)
        job.store.write_json("rounds/000/weights.json", {"round": 0})
    training.set()
    job.answering = job.weights(0)
    await start_samplers(job, "prover")


async def _round(job: Run, number: int) -> dict[str, Any]:
    """Search with the last round's model, train on what was verified, evaluate, swap the weights."""
    job.answering = previous = job.weights(number - 1)
    await screen(job)  # also where only the evaluation is left: its shards serve the next round too
    if not job.trained(number):
        await start_samplers(job)
        await searched(job, number)
        if released(job.config, job.roles):
            stop_samplers(job)
        await together(compared(job, number), trained(job, number, previous))
    job.answering = job.weights(number)
    with job.timed("swap"):
        await start_samplers(job, "prover")
        gaps = await swap_in(job)
    figures = await evaluated(job, number)
    return {**figures, **await asyncio.to_thread(round_counts, job, number), **gaps}


async def searched(job: Run, number: int) -> None:
    """A round's search, and what can be settled once it is over."""
    with job.timed(SEARCH):
        await search_round(job, number)
        await started_index(job).settle(number)
    await asyncio.to_thread(_settled, job, number)


def _settled(job: Run, number: int) -> None:
    settle_band(job.store, number, job.config.conjectures)
    job.store.write_json(REPORT, contamination(job.store, number))


async def compared(job: Run, number: int) -> None:
    """What a round's figures say beside its counts: cheap tactics on what the model proved, and statements against their references."""
    with job.timed("compare"):
        await compare(job, number)
        await reference_forms(job, number)
        await reference_equivalents(job, number)


async def trained(job: Run, number: int, previous: Weights, taken: Taken | None = None) -> None:
    """A round's training; `weights.json` then says whose weights are the newest: its own, or, if nothing was trained, the last's."""
    with job.timed("train"):
        learned = await train(job, number, previous, taken)
    before = job.store.read_json(f"rounds/{number - 1:03d}/weights.json")
    job.store.write_json(f"rounds/{number:03d}/weights.json", {"round": number} if learned else before)
