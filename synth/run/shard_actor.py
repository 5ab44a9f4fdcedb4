"""A `Shard` as a Ray actor."""

from __future__ import annotations

import asyncio
from typing import Any

import ray

from synth.config import RunConfig
from synth.llm.config import ModelRole
from synth.run.heldout import Measured
from synth.run.shard import Shard, ShardTask
from synth.services import Services
from synth.store.rundir import RunDir


class ShardCalls:
    """What is asked of the actor around a shard."""

    async def _shard(self) -> Shard:
        raise NotImplementedError

    async def run(self, task: ShardTask) -> None:
        await (await self._shard()).run(task)

    async def evaluate(self, *question: Any) -> list[Measured]:
        return await (await self._shard()).evaluate(*question)

    async def stop(self, limit: str, round: int) -> None:
        (await self._shard()).stop(limit, round)

    async def members(self, pools: dict[str, Any]) -> None:
        (await self._shard()).services.members(pools)

    async def engines(self, groups: dict[tuple[ModelRole, ...], list[Any]]) -> None:
        (await self._shard()).services.engines(groups)

    async def counts(self) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        """What is done, what was rejected, and what failed while others stood in for it."""
        shard = await self._shard()
        spent = {f"spent: {name}": count for name, count in shard.meter.spent.items()}
        found = {f"found: {name}": count for name, count in shard.counts.found.items()}
        return {**shard.counts.done, **spent, **found}, dict(shard.counts.rejects), dict(shard.services.failures)


@ray.remote
class SearchShard(ShardCalls):
    """A `Shard` as a Ray actor that works on one task at a time and answers questions meanwhile."""

    def __init__(
        self,
        config: RunConfig,
        run_dir: str,
        handles: bytes,
    ) -> None:
        """`handles`: the groups, the pools, a reference to the held-out texts and the benchmarks, and the index: the driver keeps them.

        Pickled, because Ray warns the user of what might be gone when this actor restarts.
        """
        groups, pools, self._held, self._index = ray.cloudpickle.loads(handles)
        self._parts = config, RunDir(run_dir), Services(groups, pools)
        self._made: asyncio.Task[Shard] | None = None

    async def _shard(self) -> Shard:
        if self._made is None:
            self._made = asyncio.create_task(self._make())
        return await asyncio.shield(self._made)

    async def _make(self) -> Shard:
        heldout, benchmarks = await self._held
        return Shard(*self._parts, heldout, benchmarks, self._index)
