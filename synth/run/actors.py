"""The Ray actors of a run: samplers, shards and trainers, started and ended."""

from __future__ import annotations

import asyncio
from typing import Any

import ray

from synth.llm.config import ModelRole
from synth.run.roles import groups, ready, start_group
from synth.run.shard import SearchShard
from synth.run.state import Run
from train.group import WorkerGroup


def start_trainers(job: Run, number: int) -> None:
    """The workers that will train this round and later ones, if they are to be kept: they load while something else goes on."""
    needed = bool(job.config.models.train) if number > 0 else job.config.models.bootstrapped
    if job.config.train.keep_workers and job.trainers is None and needed and not job.trained(number):
        job.trainers = WorkerGroup(job.config.train, job.checkpoints)


async def start_samplers(job: Run, *wait: ModelRole) -> None:
    """What answers in the run's roles, where it is not up: all is started at once; returns when what serves `wait` (all) answers."""
    up = {role for group in job.groups for role in group.roles}
    missing = [roles for roles in groups(job.config, job.roles) if not up & set(roles)]
    if missing:
        weights = job.role_weights()
        job.groups += [start_group(job.config, roles, weights) for roles in missing]
        stop_shards(job)  # they hold handles to the groups that there were
    with job.timed("start samplers"):
        waited = wait or job.roles
        await asyncio.gather(*(ready(group) for group in job.groups if set(waited) & set(group.roles)))


async def swap_in(job: Run) -> dict[str, float]:
    """The run's own weights as they are now, in all engines that follow them; the largest figures of the swaps."""
    swaps = await asyncio.gather(*(actor.load.remote(job.answering) for group in job.groups if group.trained for actor in group.actors))
    return {f"swap_{key}": max(swap[key] for swap in swaps) for key in ("before", "after", "seconds")} if swaps else {}


def stop_samplers(job: Run) -> None:
    """End all engines (endpoints stay), and the shard actors that hold handles to them."""
    stop_shards(job)
    for group in job.groups:
        for actor in group.actors if group.local else ():
            ray.kill(actor)
    job.groups = [group for group in job.groups if not group.local]


def stop_shards(job: Run) -> None:
    for actor in job.shards:
        ray.kill(actor)
    job.shards = []


def start_shards(job: Run) -> None:
    if not job.shards:
        heldout = job.inputs.benchmark.excluded
        actor: Any = SearchShard
        options = {"num_cpus": 0, "max_concurrency": 100, "max_restarts": -1, "max_task_retries": -1}
        job.shards = [
            actor.options(**options).remote(job.config, str(job.store.path), job.groups, job.pools, heldout)
            for _ in range(job.config.shards.actors)
        ]
