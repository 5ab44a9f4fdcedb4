"""The Ray actors of a run: samplers, shards and trainers, started and ended."""

from __future__ import annotations

import asyncio
from typing import Any

import ray

from synth.llm.sampler import sampler_actor
from synth.run.cluster import last_line, plain, started
from synth.run.shard import SearchShard
from synth.run.state import Run
from train.group import WorkerGroup


def start_trainers(job: Run, number: int) -> None:
    """The workers that will train this round and later ones, if they are to be kept: they load while something else goes on."""
    own = number > 0 or not job.config.model.path
    if job.config.train.keep_workers and job.trainers is None and own and not job.trained(number):
        job.trainers = WorkerGroup(job.config.train, job.checkpoints)


async def start_samplers(job: Run) -> None:
    """Samplers on the current weights, if none are up; returns when they answer."""
    if not job.samplers:
        config = job.config.sampler
        job.samplers = [sampler_actor(job.answering, config, job.config.seed + i) for i in range(config.replicas)]
        asked = f"{config.cpus:g} CPUs and {config.gpus:g} GPUs"
        with job.timed("start samplers"):
            job.samplers = await started("sampler", job.samplers, asked, job.progress, job.failed)


async def swap(job: Run) -> list[dict[str, float]]:
    """Load the weights that are to answer into every sampler; one that cannot is dropped.  Raises its error when none is left."""
    results = await asyncio.gather(*(sampler.load.remote(job.answering) for sampler in job.samplers), return_exceptions=True)
    errors = {index: result for index, result in enumerate(results) if isinstance(result, BaseException)}
    if len(errors) == len(results):
        raise plain(next(iter(errors.values())))
    for index, error in errors.items():
        job.failed(f"sampler {index} did not take the new weights: {last_line(plain(error))}")
    if errors:
        dropped = [job.samplers[index] for index in errors]
        for actor in [*job.shards, *dropped]:  # shards hold handles to the samplers
            ray.kill(actor)
        job.shards, job.samplers = [], [actor for actor in job.samplers if actor not in dropped]
    return [result for result in results if not isinstance(result, BaseException)]


def stop_samplers(job: Run) -> None:
    """End the samplers, and the shard actors that hold handles to them."""
    for actor in [*job.shards, *job.samplers]:
        ray.kill(actor)
    job.shards, job.samplers = [], []


def start_shards(job: Run) -> None:
    if not job.shards:
        heldout = job.inputs.benchmark.excluded
        actor: Any = SearchShard
        options = {"num_cpus": 0, "max_concurrency": 100, "max_restarts": -1, "max_task_retries": -1}
        job.shards = [
            actor.options(**options).remote(job.config, job.store.url, job.samplers, job.pools, heldout)
            for _ in range(job.config.shards.actors)
        ]
