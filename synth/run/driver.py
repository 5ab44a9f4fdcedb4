"""The main job: rounds of formalize → filter → search → verify → train → evaluate, on Ray, restartable anywhere.

The driver schedules; it never holds proofs.  It cuts a round into shards and hands them to shard actors, asks for
training and evaluation, swaps the new weights into the samplers, and writes the round's figures last: a round whose
`metrics.json` exists is complete, everything before that is done again only where its part is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayTaskError

from synth.config import RunConfig
from synth.records import Drop, Pair, Problem, Statement
from synth.run.actors import start_samplers, start_shards, start_trainers, stop_samplers, swap_in
from synth.run.again import Record, earlier, earlier_records, searched_again
from synth.run.baseline import Baseline, easily_proved, verified_seeds
from synth.run.bootstrap import bootstrap
from synth.run.clock import Clock
from synth.run.cluster import enough, plain, released
from synth.run.conjectures import planned, settle_band
from synth.run.evaluate import evaluate
from synth.run.figures import compare, costs, reference_equivalents, reference_forms, round_counts
from synth.run.inputs import inputs_of_run, keep_inputs
from synth.run.interrupt import Interrupts, together
from synth.run.learn import train
from synth.run.places import check_places, everywhere
from synth.run.repeats import settle_repeats
from synth.run.roles import answering, resolved, role_prompts, used_prompts
from synth.run.screen import contamination, screen
from synth.run.shard import ShardTask
from synth.run.spending import Spending, used_up
from synth.run.state import Run
from synth.run.told import idle_shares, tell_round, with_timeline
from synth.run.watch import watched
from synth.search.outcome import KINDS, MADE
from synth.show.progress import Progress
from synth.show.report import write_report
from synth.store.rundir import RunDir
from train.tracking import Tracker, tracked_id
from verify_workers.errors import UserError
from verify_workers.pool.client import PoolClient
from verify_workers.pool.node import node_pools
from verify_workers.ray_session import ray_session
from verify_workers.working_directory import enter_again


def run(config: RunConfig, run_dir: str, progress: Progress) -> str:
    """Run (or continue) the whole job in `run_dir` and return it.  Raises UserError for what the user can mend.

    An interruption (Ctrl-C, SIGTERM) ends all that was started and is raised as KeyboardInterrupt.
    """
    check_places(config, run_dir)
    config = resolved(config)
    store = RunDir(run_dir)
    store.agree(config)
    inputs = inputs_of_run(config, store)
    roles = answering(used_prompts(config, inputs.problems))
    for note in inputs.notes:
        progress.note(note)
    with Interrupts() as interrupts, RunDir.open(run_dir, config) as store:
        inputs = keep_inputs(inputs, store)
        with tracked(config, store, progress) as tracker, ray_session():
            job = Run(everywhere(config), store, inputs, role_prompts(config), progress, tracker, roles=roles)
            try:
                interrupts.run(with_timeline(job, _rounds(job)))
            except RayTaskError as error:
                raise plain(error) from error
            finally:
                _close(job, in_order=not interrupts.received)
        write_report(store)
    return run_dir


@contextlib.contextmanager
def tracked(config: RunConfig, store: RunDir, progress: Progress) -> Iterator[Tracker]:
    """The run's W&B tracker.  Its folder is inside a local run directory; elsewhere a temporary one, copied there at the end."""
    folder = store.local_path("wandb") if store.local else Path(tempfile.mkdtemp(prefix="synth-wandb-"))
    tracker = Tracker(config.tracking, folder, tracked_id(config.name, store.id), config.model_dump(mode="json"), progress.note)
    try:
        yield tracker
    finally:
        tracker.finish()
        if not store.local:
            try:
                store.put_folder("wandb", folder)
            except UserError as error:
                progress.note(f"W&B's files stay in {folder}: {error}")
            else:
                shutil.rmtree(folder, ignore_errors=True)


def _close(job: Run, in_order: bool) -> None:
    """End the actors that the run started.  After an interruption nothing is waited for: what is worth keeping is kept."""
    if job.trainers is not None:
        if in_order:
            job.trainers.close()
        else:
            shutil.rmtree(job.trainers.inbox, ignore_errors=True)  # its workers end with Ray's session
    for actor in [*job.shards, *job.samplers, *job.pools.values()]:
        ray.kill(actor)


async def _rounds(job: Run) -> None:
    """All rounds that are not yet complete."""
    await enough(job.config, job.roles, job.progress)
    job.pools = node_pools(job.config.verify)
    rounds: list[dict[str, Any]] = []
    for number in range(job.config.rounds + 1):
        if number and (limit := used_up(job, number)):
            job.progress.note(f"the budget {limit} is used up: no round {number}")
            break
        name = f"rounds/{number:03d}/metrics.json"
        enter_again()  # files given by relative paths are read in every round
        if not job.store.exists(name):
            job.clock = Clock(job.store, number)
            saving = asyncio.create_task(job.clock.keep_saving())
            try:
                start_trainers(job, number)
                figures = await (_first_round(job) if number == 0 else _round(job, number))
                pools = await PoolClient(job.pools).stats()
            finally:
                saving.cancel()
                with contextlib.suppress(UserError):
                    job.clock.save()
            figures |= job.clock.figures()
            figures |= costs(figures) | {"pools": pools} | await idle_shares(job, number)
            job.store.write_json(name, figures)
            await tell_round(job, number, figures)
            write_report(job.store)
        rounds.append(job.store.read_json(name))
        job.progress.round_table(rounds)
        if number > 1 and (reason := plateau(rounds, job.config)):
            job.progress.note(f"round {number}: {reason}")
            break


def plateau(rounds: list[dict[str, Any]], config: RunConfig) -> str:
    """Why no more rounds are worth it, after these; '' where they are."""
    key = f"pass@{max(config.eval.ks)}"
    last, before = (metrics.get(key) for metrics in (rounds[-1], rounds[-2]))
    if config.plateau < 0 or last is None or before is None or last - before >= config.plateau:
        return ""
    return f"{key} rose by less than {config.plateau:g} points ({before:.1f} to {last:.1f}): no more rounds"


async def _first_round(job: Run) -> dict[str, Any]:
    """The given or bootstrapped model, the portfolio baseline, and the first evaluation."""
    training = asyncio.Event()  # nothing else gets in the way of its start: it takes longest
    baseline, _ = await together(_without_model(job, training), _first_model(job, training))
    figures = await evaluate(job, 0, baseline)
    return {"round": 0, "model": job.answering.hash, "problems": 0, "statements_kept": 0, "attempts": 0, "pairs": 0, **figures}


async def _without_model(job: Run, training: asyncio.Event) -> Baseline:
    """What Lean is asked before the first round, once `training` is set."""
    await training.wait()
    with job.timed("screen"):
        await screen(job)
    with job.timed("baseline"):
        baseline = await easily_proved(job)
        await verified_seeds(job)
    return baseline


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
        with job.timed("search"):
            await _search(job, number)
        settle_repeats(job.store, number)
        settle_band(job.store, number, job.config.conjectures)
        job.store.write_json("contamination.json", contamination(job.store))
        if released(job.config, job.roles):
            stop_samplers(job)
        _, trained = await together(_compare(job, number), _train(job, number, Path(previous.path)))
        before = job.store.read_json(f"rounds/{number - 1:03d}/weights.json")
        job.store.write_json(f"rounds/{number:03d}/weights.json", {"round": number} if trained else before)
    job.answering = job.weights(number)
    with job.timed("swap"):
        await start_samplers(job, "prover")
        gaps = await swap_in(job)
    baseline = await easily_proved(job)
    figures = await evaluate(job, number, baseline)
    return {"round": number, "model": job.answering.hash, **round_counts(job, number), **gaps, **figures}


async def _compare(job: Run, number: int) -> None:
    with job.timed("compare"):
        await compare(job, number)
        await reference_forms(job, number)
        await reference_equivalents(job, number)


async def _train(job: Run, number: int, previous: Path) -> bool:
    with job.timed("train"):
        return await train(job, number, previous)


async def _search(job: Run, number: int) -> None:
    """Cut the round into shards and keep the shard actors busy with them."""
    known = earlier_records(job.store, number)
    retry = _again(job, number, known)
    problems = _problems_of(job, number) + _left_out(job, number)
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
        try:
            await actor.run.remote(task)
        finally:
            free.put_nowait(actor)

    stages = {"problems": f"round {number}: formalize", "searched": f"round {number}: prove"}
    job.progress.stage(stages["problems"], len(problems))
    job.progress.stage(stages["searched"], len(retry))
    spending = Spending(job, number)
    await watched(job, asyncio.gather(*(one(task) for task in tasks)), stages, spending.heed)


def _problems_of(job: Run, number: int) -> list[Problem]:
    """The new problems of round `number`; the last round takes what is left."""
    problems, rounds = job.inputs.problems, job.config.rounds
    size = job.config.problems_per_round or -(-len(problems) // rounds)
    end = len(problems) if number == rounds and not job.config.problems_per_round else number * size
    return problems[(number - 1) * size : end]


def _left_out(job: Run, number: int) -> list[Problem]:
    """Problems of earlier rounds that nobody has asked about, because a round's budget was used up."""
    latest = {s.problem_id: s.reason for s in earlier(job.store, "statements", Statement, number)}
    return [problem for problem in job.inputs.problems if latest.get(problem.id) == Drop.BUDGET]


def _again(job: Run, number: int, known: Mapping[str, Record]) -> list[Statement]:
    """Statements of earlier rounds that this one searches; those that are given up are written down."""
    unsolved = _unsolved(job, number) if job.config.retry == "unsolved" else []
    adaptive = job.config.adaptive
    solved = _solved(job, number) if adaptive.resample else []
    again, given_up = searched_again(unsolved, solved, known, adaptive, number, job.config.seed)
    if given_up:
        job.store.write_json(f"rounds/{number:03d}/given_up.json", {"reason": "adaptive.retries", "statements": given_up})
    return again


def _solved(job: Run, number: int) -> list[Statement]:
    """Kept statements of earlier rounds of which a side was proved."""
    solved = {pair.statement_id for pair in earlier(job.store, "pairs", Pair, number)}
    found = {s.id: s for s in earlier(job.store, "statements", Statement, number)}
    return [s for s in found.values() if s.id in solved and s.kept]


def _unsolved(job: Run, number: int) -> list[Statement]:
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
