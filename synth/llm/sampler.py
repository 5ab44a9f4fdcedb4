"""A vLLM engine as a Ray actor: it samples for many shards and swaps in new weights between rounds."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import ray
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy, PlacementGroupSchedulingStrategy

from synth.llm.async_engine import AsyncEngine
from synth.llm.buckets import Bucket, check
from synth.llm.config import SamplerConfig
from synth.llm.engine import Engine, engine_environment
from synth.llm.swap import SwapFailed
from synth.llm.turns import alone_on_gpu
from synth.llm.types import Completion, PromptTooLong, Sampling, Weights
from synth.prompts import Prompt
from train.config import LoraConfig
from train.probe import Probe, read_probe
from verify_workers.processes import processor_seconds
from verify_workers.working_directory import enter_again


@ray.remote
class Sampler:
    """One engine as a Ray actor: `sample` many prompts, `load` new weights (with `lora` adapters of that form), `stats`."""

    def __init__(self, weights: Weights, config: SamplerConfig, seed: int = 0, lora: LoraConfig | None = None) -> None:
        enter_again()  # before PyTorch is loaded
        with alone_on_gpu(config.gpus):
            self.engine = (AsyncEngine if config.apart else Engine)(weights, config, seed, lora)
        self.looked = (time.monotonic(), 0.0, 0)
        self.swapping = asyncio.Lock()
        self.received: tuple[Weights, list[Bucket]] = (weights, [])
        self.swap: dict[str, Any] = {}

    async def sample(self, prompts: list[Prompt], sampling: Sampling, weights: Weights) -> list[list[Completion] | str]:
        """`sampling.n` completions for each prompt, in order; a refused prompt gives its reason instead.

        At least version `weights` answers: an actor that Ray restarted with older ones loads it first, and a late task of
        an earlier round does not bring older ones back.  Each completion says which weights it came from.
        """
        if weights.version > self.engine.weights.version:
            async with self.swapping:
                if weights.version > self.engine.weights.version:  # still: another request may have brought newer ones
                    await self._load(weights)
        asked = [asyncio.ensure_future(self.engine.sample(*request)) for request in zip(prompts, sampling.each(len(prompts)), strict=True)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        results: list[list[Completion] | str] = []
        for outcome in outcomes:
            if isinstance(outcome, PromptTooLong):
                results.append(str(outcome))
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                results.append(outcome)
        return results

    async def logprobs(self, texts: list[list[int]]) -> list[list[float]]:
        return await self.engine.logprobs(texts)

    async def receive(self, weights: Weights, buckets: list[ray.ObjectRef[Bucket]]) -> None:
        """Bring `weights`, which `load` will ask for, to this node and check that they arrived, while the engine goes on.

        Raises what that fails with; `load` then reads their checkpoint.
        """
        self.received = (weights, [])  # what came before may go
        arrived = list(await asyncio.gather(*buckets))
        await asyncio.to_thread(check, arrived)
        self.received = (weights, arrived)

    async def load(self, weights: Weights, probe: Probe | None = None) -> dict[str, Any]:
        """Swap in `weights` and check that the engine now computes what their checkpoint does.

        `probe` is what that is; None = the one that the trainer left beside the weights.
        Returns the mean absolute differences (nats a token) `before` and `after`, `seconds`, and with `checksums` the weights' `digest`.
        Raises SwapFailed.
        """
        async with self.swapping:
            return await self._load(weights, probe)

    async def _load(self, weights: Weights, probe: Probe | None = None) -> dict[str, Any]:
        if weights == self.engine.weights and self.swap:
            return self.swap
        started = time.monotonic()
        probe = probe or await asyncio.to_thread(read_probe, weights.path)
        if probe is None or not probe.tokens:
            raise SwapFailed(f"{weights.path}: no probe.json that says what these weights compute, so the swap cannot be checked")
        self.swap = {}
        of, arrived = self.received
        self.received = (weights, [])  # nobody asks for them again: their memory is free once they are loaded
        before, after = await self.engine.swap(weights, probe, arrived if of == weights else [])
        found = {"digest": await self.engine.digest()} if self.engine.config.checksums else {}
        self.swap = {"before": before, "after": after, "seconds": time.monotonic() - started, **found}
        return self.swap

    async def stats(self) -> dict[str, float]:
        """Tokens generated in all, and since the last look: the share of time spent stepping and tokens a second."""
        now, busy, tokens = time.monotonic(), self.engine.busy_seconds, self.engine.generated
        then, busy_then, tokens_then = self.looked
        if now - then > STATS_WINDOW:
            self.looked = (now, busy, tokens)
        seconds = max(1e-3, now - then)
        return {
            "tokens": float(tokens),
            "busy_seconds": busy,
            "cpu_seconds": processor_seconds(os.getpid()),
            "busy_share": min(1.0, (busy - busy_then) / seconds),
            "tokens_per_second": (tokens - tokens_then) / seconds,
            "outstanding": float(self.engine.outstanding),
        }


STATS_WINDOW = 5.0  # seconds over which rates are taken


_PLACED: dict[Any, PlacementGroup] = {}
"""By the actors that this process has started: what holds the GPUs of an engine over several nodes."""


def sampler_actor(weights: Weights, config: SamplerConfig, seed: int = 0, lora: LoraConfig | None = None, node: str | None = None) -> Any:
    """Start a Sampler actor; Ray restarts it if its node dies, and callers ask again.  `end_sampler` ends it.

    `node`: the one that it is started on (of an engine over several nodes: any that there are), with which it is lost for good.
    """
    again = -1 if node is None else 0
    options: dict[str, Any] = {"num_cpus": config.cpus, "max_concurrency": 1000, "max_restarts": again, "max_task_retries": again}
    group: PlacementGroup | None = None
    if config.pipeline > 1:
        labels = [config.nodes] * int(config.gpus) if config.nodes else None
        group = placement_group(config.pieces, strategy="PACK", bundle_label_selector=labels)
        # The engine's workers take the GPUs, one bundle each.
        options["scheduling_strategy"] = PlacementGroupSchedulingStrategy(group, 0, placement_group_capture_child_tasks=True)
    elif config.gpus:
        options["num_gpus"] = config.gpus  # more than one are on one node
    if group is None and node is not None:
        options["scheduling_strategy"] = NodeAffinitySchedulingStrategy(node, soft=False)
    elif group is None and config.nodes:
        options["label_selector"] = config.nodes
    environment = engine_environment(config)
    actor: Any = Sampler
    handle = actor.options(runtime_env={"env_vars": environment}, **options).remote(weights, config, seed, lora)
    if group is not None:
        _PLACED[handle._actor_id] = group
    return handle


def end_sampler(actor: Any) -> None:
    """End a Sampler, and give back what held its place."""
    ray.kill(actor)
    if (group := _PLACED.pop(getattr(actor, "_actor_id", None), None)) is not None:
        remove_placement_group(group)
