"""Whether the cluster has what a run asks for: said in one line, after a bounded wait, instead of waiting for ever."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ray

from synth.config import RunConfig
from synth.llm.config import ModelRole, SamplerConfig
from synth.llm.sampler import end_sampler
from synth.run.roles import groups
from synth.show.progress import Progress
from verify_workers.errors import UserError
from verify_workers.pool.node import has_labels, no_such

JOIN = 60.0  # seconds that nodes of a cluster may take to join (autoscaling); a Ray of our own is what it is
START = 1800.0  # seconds an engine may take to start: a large model from a slow disk
FIRST_NOTE = 60.0  # seconds after which the user is told what is being waited for
Asked = Mapping[str, float]
"""Of Ray's resources, by their names: CPU and GPU."""


def engines(config: RunConfig, roles: Sequence[ModelRole]) -> list[SamplerConfig]:
    """The settings of the engines of our own that serve `roles`, once for each group of them."""
    sources = [config.models.of(together[0]) for together in groups(config, roles)]
    return [source.sampler for source in sources if not source.endpoint]


def released(config: RunConfig, roles: Sequence[ModelRole]) -> bool:
    """Whether the engines end while a round trains."""
    return any(sampler.release_while_training for sampler in engines(config, roles))


def trains(config: RunConfig) -> bool:
    """Whether the run trains anything."""
    return bool(config.models.train) or config.models.bootstrapped


def held_together(config: RunConfig, roles: Sequence[ModelRole]) -> bool:
    """Whether engines and trainers hold their CPUs and GPUs at the same time."""
    return config.train.keep_workers or not released(config, roles)


def demand(config: RunConfig, roles: Sequence[ModelRole]) -> dict[str, float]:
    """The most CPUs and GPUs that samplers and trainers hold at the same time, in Ray's units."""
    samplers, train = engines(config, roles), config.train
    held = {"CPU": sum(s.replicas * s.cpus for s in samplers), "GPU": sum(s.replicas * s.gpus for s in samplers)}
    workers = {"CPU": train.workers * train.cpus_per_worker, "GPU": train.gpus}
    if not trains(config):
        return held
    together = held_together(config, roles)
    return {name: held[name] + workers[name] if together else max(held[name], workers[name]) for name in held}


def shortage(config: RunConfig, roles: Sequence[ModelRole], nodes: list[dict[str, float]]) -> str:
    """What is asked for and not there, with the remedy; '' where `nodes` (the resources of each) have it all."""
    have = {name: sum(node.get(name, 0.0) for node in nodes) for name in ("CPU", "GPU")}
    largest = max((node.get("GPU", 0.0) for node in nodes), default=0.0)
    if not any(node.get("CPU") for node in nodes):
        return "the Lean workers need a node with CPUs, and the Ray cluster has none; start one with `ray start --num-cpus`"
    samplers = engines(config, roles)
    for name, asked in demand(config, roles).items():
        if asked > have[name] + 1e-6:
            parts = f"{sum(sampler.replicas for sampler in samplers)} samplers and {config.train.workers} training workers"
            remedy = "lower sampler.replicas, sampler.cpus or train.workers" if name == "CPU" else "lower sampler.replicas or train.workers"
            release = "" if released(config, roles) else ", set sampler.release_while_training=true"
            release += " and train.keep_workers=false" if config.train.keep_workers else ""
            return f"{parts} ask for {asked:g} {name}s and the Ray cluster has {have[name]:g}; {remedy}{release}, or add nodes"
    widest = max((sampler.gpus / sampler.pipeline for sampler in samplers), default=0.0)
    if widest > largest + 1e-6:
        return (
            f"one sampler asks for {widest:g} GPUs on one node and the largest of the Ray cluster has {largest:g}; "
            "lower sampler.gpus, divide it by sampler.pipeline, or add such a node"
        )
    return ""


def unlabelled(config: RunConfig, roles: Sequence[ModelRole], nodes: Sequence[dict[str, Any]]) -> str:
    """Which labels are asked for that none of `nodes` (as `ray.nodes` gives them) has; '' where there are such nodes."""
    asked = [("verify.nodes: Lean workers", config.verify.nodes)]
    asked += [("sampler.nodes: engines", sampler.nodes) for sampler in engines(config, roles)]
    lacking = [(who, labels) for who, labels in asked if labels and not any(has_labels(node, labels) for node in nodes)]
    return f"{lacking[0][0]} want {no_such(lacking[0][1], nodes)}" if lacking else ""


async def enough(config: RunConfig, roles: Sequence[ModelRole], progress: Progress) -> None:
    """Return when the cluster has what the run asks for.  Raises UserError after a bounded wait."""
    until, told = time.monotonic() + (JOIN if "RAY_ADDRESS" in os.environ else 0.0), False
    while missing := _missing(config, roles):
        if time.monotonic() >= until:
            raise UserError(missing)
        if not told:
            progress.note(f"waiting up to {JOIN:.0f} s for nodes to join: {missing}")
            told = True
        await asyncio.sleep(1.0)


def _missing(config: RunConfig, roles: Sequence[ModelRole]) -> str:
    alive = [node for node in ray.nodes() if node["Alive"]]
    return shortage(config, roles, [node["Resources"] for node in alive]) or unlabelled(config, roles, alive)


async def started(
    what: str, actors: list[Any], asked: Asked, progress: Progress, failed: Callable[[str], None], seconds: float | None = None
) -> list[Any]:
    """Those of `actors` that answer `stats`; one that does not start is told to `failed` and left out.  UserError when none is left.

    `asked` is what each of them asks for, by which it is told what they wait for.
    """
    limit = START if seconds is None else seconds
    calls = {asyncio.ensure_future(actor.stats.remote()): index for index, actor in enumerate(actors)}
    _, pending = await asyncio.wait(calls, timeout=min(FIRST_NOTE, limit))
    if pending:
        progress.note(f"{len(pending)} of {len(actors)} {what}s are not up yet: {_waits(asked)}")
        _, pending = await asyncio.wait(calls, timeout=max(0.0, limit - FIRST_NOTE))
    reasons = {}
    for call, index in calls.items():
        if call in pending:
            call.cancel()
            reasons[index] = f"not up after {limit:.0f} s; {_waits(asked)}"
        elif error := call.exception():
            reasons[index] = last_line(error)
    for index, reason in reasons.items():
        failed(f"{what} {index} did not start: {reason}")
        end_sampler(actors[index])
    if len(reasons) == len(actors):
        raise UserError(f"no {what} could start: {reasons[0]}")
    return [actor for index, actor in enumerate(actors) if index not in reasons]


def _waits(asked: Asked) -> str:
    """What an actor that asks for this may be waiting for."""
    wanted = " and ".join(f"{number:g} {name}s" for name, number in asked.items() if number)
    if not wanted:  # on one machine the parts share the cores
        return "loading the model takes long (no CPU or GPU of the cluster is waited for)"
    free = ray.available_resources()
    there = ", ".join(f"{free.get(name, 0.0):g} {name}s" for name in asked)
    return f"each asks for {wanted}; free in the cluster, beside what they may have got already: {there}"


def last_line(error: BaseException) -> str:
    """What an exception says in the end: Ray's carry the trace of the other process in their text."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:300]


def plain(error: BaseException) -> BaseException:
    """The exception that a task of ours raised, out of Ray's wrapping; a UserError keeps its one line through any number of actors."""
    cause: Any = error
    while isinstance(cause, ray.exceptions.RayTaskError) and cause.cause is not None:
        cause = cause.cause
    return cause if isinstance(cause, BaseException) else error
