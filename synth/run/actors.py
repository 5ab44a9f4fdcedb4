"""The Ray actors of a run: samplers, shards and trainers, started and ended."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from contextlib import suppress
from typing import Any

import ray
from ray.exceptions import RayError

from synth.index.client import Index
from synth.index.shard import IndexShard
from synth.llm.buckets import buckets
from synth.llm.config import ModelRole
from synth.llm.sampler import end_sampler
from synth.llm.swap import SwapFailed, unlike
from synth.llm.types import Weights
from synth.run.cluster import last_line, plain, started
from synth.run.index_actor import IndexActor
from synth.run.roles import check_endpoint, groups, start_group
from synth.run.shard_actor import SearchShard
from synth.run.state import Run, served_lora
from synth.services import Group
from synth.store.rundir import RunDir
from train.group import WorkerGroup
from train.probe import Probe, compute_probe, read_probe

KEEPING = 2  # turns of engines that go on with what they have begun (`sampler.swap: keep`)
AT_ONCE = 8  # turns in which new weights go into the engines of a group: one after the other, 1,000 of them would take a day


def start_trainers(job: Run, number: int) -> None:
    """The workers that will train this round and later ones, if they are to be kept: they load while something else goes on."""
    needed = bool(job.config.models.train) if number > 0 else job.config.models.bootstrapped
    if job.config.train.keep_workers and job.trainers is None and needed and not job.trained(number):
        for left in job.checkpoints.glob("workers-*"):  # by a driver that was killed, and its workers with it
            shutil.rmtree(left, ignore_errors=True)
        job.trainers = WorkerGroup(job.config.train, job.checkpoints)


async def start_samplers(job: Run, *wait: ModelRole, weights: dict[ModelRole, Weights] | None = None, one_by_one: bool = False) -> None:
    """What answers in the run's roles, where it is not up; returns when what serves `wait` (all) answers.

    `weights`: with which engines start; None = those that answer now.  `one_by_one`: not all at once, to leave a core to others.
    """
    up = {role for group in job.groups for role in group.roles}
    missing = [roles for roles in groups(job.config, job.roles) if not up & set(roles)]
    with job.timed("start samplers"):
        if missing:
            weights = weights or job.role_weights()
            stop_shards(job)  # they hold handles to the groups that there were
            for roles in missing:
                job.groups.append(start_group(job.config, roles, weights, served_lora(job.config)))
                if one_by_one:
                    await _ready(job, job.groups[-1])
        waited = wait or job.roles
        await asyncio.gather(*(_ready(job, group) for group in job.groups if not group.up and set(waited) & set(group.roles)))


async def _ready(job: Run, group: Group) -> None:
    """Wait until a group's actors answer; those that do not start are left out."""
    if group.local:
        sampler = job.config.models.of(group.roles[0]).sampler
        asked = {"CPU": sampler.cpus, "GPU": sampler.gpus}
        up = await started(group.name, group.actors, asked, job.progress, job.failed)
        if len(up) < len(group.actors):
            group.actors = up
            stop_shards(job)
    else:
        await check_endpoint(group)
    group.up = True


async def swap_in(job: Run, one_by_one: bool = False) -> dict[str, float]:
    """Load the run's own weights as they are now into the engines that follow them; the largest figures of the swaps.

    `one_by_one`: so that the other engines of a group go on sampling (where there are many an eighth of them at a time, or, where
    none has to be drained, half).
    An engine that cannot is dropped.  Raises its error when none is left.
    """
    done = [figures for group in job.groups if group.trained for figures in await _swap(job, group, one_by_one)]
    return {f"swap_{key}": max(swap[key] for swap in done) for key in ("before", "after", "seconds")} if done else {}


async def _swap(job: Run, group: Group, one_by_one: bool) -> list[dict[str, Any]]:
    probe, actors = await _probe(job, group), list(group.actors)  # one that joins meanwhile is given them before its first request
    if job.config.models.of(group.roles[0]).sampler.transfer == "store" and not job.answering.base:
        await _send(job, group, actors)
    keep = job.config.models.of(group.roles[0]).sampler.swap == "keep"  # nothing is drained: a turn is only as long as the loading
    turns = asyncio.Semaphore(max(1, len(actors) // (KEEPING if keep else AT_ONCE)) if one_by_one else len(actors))

    async def load(sampler: Any) -> Any:
        async with turns:
            return await sampler.load.remote(job.answering, probe)

    results = await asyncio.gather(*map(load, actors), return_exceptions=True)
    digests = ["" if isinstance(result, BaseException) else result.get("digest", "") for result in results]
    for index in unlike(digests):
        results[index] = SwapFailed("its weights are not those of the other engines, by their digests")
    errors = {index: result for index, result in enumerate(results) if isinstance(result, BaseException)}
    if len(errors) == len(results):
        raise plain(next(iter(errors.values())))
    for index, error in errors.items():
        job.failed(f"{group.name} {index} did not take the new weights: {last_line(plain(error))}")
    if errors:
        dropped = [actors[index] for index in errors]
        for actor in dropped:
            end_sampler(actor)
        stop_shards(job)
        group.drop(dropped)
    group.digest = job.answering.hash, next(digest for index, digest in enumerate(digests) if index not in errors)
    return [result for result in results if not isinstance(result, BaseException)]


async def _send(job: Run, group: Group, actors: list[Any]) -> None:
    """Read the new weights once, and bring them to all engines while these go on; who does not get them will read the checkpoint."""
    try:
        pieces = [piece async for piece in ray.remote(num_cpus=0)(buckets).remote(job.answering.path)]
        results = await asyncio.gather(*(actor.receive.remote(job.answering, pieces) for actor in actors), return_exceptions=True)
    except RayError as error:
        results = [error] * len(actors)
    errors = Counter(last_line(plain(result)) for result in results if isinstance(result, BaseException))
    for reason, count in errors.items():
        job.failed(f"{group.name}: {count} of {len(actors)} did not get the new weights and read {job.answering.path} themselves: {reason}")


async def take_newest(job: Run, group: Group, actor: Any, first: Weights) -> None:
    """Have an engine that has started with `first` answer with what its group does, checked as in a swap.  Raises what that raises."""
    while group.trained:
        weights, (of, usual) = job.answering, group.digest
        probe = await asyncio.to_thread(read_probe, weights.path)
        if weights != first or probe is not None:  # else it has just read the very checkpoint
            told = await actor.load.remote(weights, probe or await _probe(job, group))
            if of == weights.hash and unlike([usual, usual, told.get("digest", "")]):
                raise SwapFailed("its weights are not those of the other engines, by their digests")
        if weights == job.answering:
            return


async def _probe(job: Run, group: Group) -> Probe:
    """What the answering weights compute: as the trainer left it, or computed once, in a process of its own, for all samplers."""
    path, base = job.answering.path, job.answering.base
    if (found := await asyncio.to_thread(read_probe, path)) is None:
        dtype = job.config.models.of(group.roles[0]).sampler.dtype
        found = await ray.remote(num_cpus=0)(compute_probe).remote(base or path, dtype, path if base else "")
    return found


def stop_samplers(job: Run) -> None:
    """End all engines (endpoints stay), and the shard actors that hold handles to them."""
    stop_shards(job)
    for group in job.groups:
        for actor in (*group.actors, *group.starting) if group.local else ():
            end_sampler(actor)
    job.groups = [group for group in job.groups if not group.local]


def stop_shards(job: Run) -> None:
    """End the shard actors: they hold handles to the samplers that there were."""
    for actor in job.shards:
        ray.kill(actor)
    job.shards.clear()


def started_index(job: Run) -> Index:
    """The index of the run, which stays up to its end; without Ray in this process."""
    if job.index is None:
        assert job.benchmarks is not None  # settled at the beginning of every round
        filters, words, of = job.config.filters, job.benchmarks.words, job.config.shards.index
        if ray.is_initialized():
            job.held_words = ray.put(words)
            options = {"num_cpus": 0, "max_concurrency": 1000, "max_restarts": -1, "max_task_retries": -1}
            actor: Any = IndexActor
            parts = job.store.url, filters, ray.cloudpickle.dumps(job.held_words)
            job.index = Index([actor.options(**options).remote(*parts, number, of) for number in range(of)], filters)
        else:
            job.index = Index([IndexShard(RunDir(job.store.url), filters, words, number, of) for number in range(of)], filters)
    return job.index


def start_shards(job: Run) -> None:
    if not job.shards:
        assert job.benchmarks is not None  # settled at the beginning of every round
        index = started_index(job)
        if job.held is None:
            barred = job.benchmarks if job.config.filters.reworded else job.benchmarks.formal()
            job.held = ray.put((job.inputs.benchmark.excluded, barred))
        actor: Any = SearchShard
        handles = ray.cloudpickle.dumps((job.groups, job.pools, job.held, index))
        options = {"num_cpus": 0, "max_concurrency": 100, "max_restarts": -1, "max_task_retries": -1}
        job.shards += [actor.options(**options).remote(job.config, job.store.url, handles) for _ in range(job.config.shards.actors)]
        job.live.watch(_up(job, [*job.shards]))


async def _up(job: Run, shards: list[Any]) -> None:
    """Until all of them answer, beside whatever they are wanted for: how long their processes take to start is on record."""
    with job.timed("start shards"), suppress(RayError):  # of those that were ended before
        await asyncio.gather(*(actor.counts.remote() for actor in shards))
