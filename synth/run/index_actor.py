"""An `IndexShard` as a Ray actor."""

from __future__ import annotations

import asyncio
from typing import Any

import ray

from synth.config import FilterConfig
from synth.index.shard import IndexShard
from synth.store.rundir import RunDir


@ray.remote
class IndexActor:
    """Answers what an `IndexShard` does; started anew, it reads what it had answered."""

    def __init__(self, run_dir: str, filters: FilterConfig, benchmarks: bytes, number: int, of: int) -> None:
        """`benchmarks`: a reference to their texts, which the driver keeps; pickled for the reason that `SearchShard` has."""
        self._held = ray.cloudpickle.loads(benchmarks)
        self._parts = RunDir(run_dir), filters, number, of
        self._made: asyncio.Task[IndexShard] | None = None

    async def _shard(self) -> IndexShard:
        if self._made is None:
            self._made = asyncio.create_task(self._make())
        return await asyncio.shield(self._made)

    async def _make(self) -> IndexShard:
        store, filters, number, of = self._parts
        return IndexShard(store, filters, await self._held, number, of)

    async def claim(self, *args: Any) -> Any:
        return await (await self._shard()).claim(*args)

    async def settle(self, *args: Any) -> Any:
        return await (await self._shard()).settle(*args)

    async def sought(self, *args: Any) -> Any:
        return await (await self._shard()).sought(*args)

    async def alike(self, *args: Any) -> Any:
        return await (await self._shard()).alike(*args)

    async def keep(self, *args: Any) -> Any:
        return await (await self._shard()).keep(*args)

    async def stats(self) -> dict[str, int]:
        return await (await self._shard()).stats()
