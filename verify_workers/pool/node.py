"""The pool of one node as a Ray actor, shared by everyone who holds its handle.

`LocalPool` (no Ray) does the work; the actor carries chunks to it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from verify_workers.config import PoolConfig
from verify_workers.pool.local import LocalPool
from verify_workers.pool.metrics import PoolMetrics
from verify_workers.pool.runner import Factory
from verify_workers.pool.schedule import Sink
from verify_workers.records import Check, Verdict

log = logging.getLogger("verify_workers.pool")

CALLS = 256  # chunks that one actor works on at a time; more wait in Ray's queue
PUBLISH_SECONDS = 5.0
LOG_SECONDS = 60.0
ACTOR_TRIES = 5  # deaths of the actor that a call survives by Ray's own retries


@ray.remote(max_restarts=-1, max_task_retries=ACTOR_TRIES, max_concurrency=CALLS)
class NodePool:
    """The Lean workers of one node, shared by everyone who holds the actor's handle.

    Ray restarts the actor when it dies and repeats the calls that were under way: checks have no side effects.
    `factory` and `auditor` are for tests and for backends of one's own.
    """

    def __init__(self, config: PoolConfig, factory: Factory | None = None, auditor: Factory | None = None) -> None:
        logging.getLogger("verify_workers").setLevel(logging.INFO)
        self._metrics = PoolMetrics(ray.get_runtime_context().get_node_id())
        self._pool = LocalPool(config, factory, auditor, observer=self._metrics.observe)
        self._publisher: asyncio.Task[None] | None = None

    async def verify(self, checks: list[Check]) -> list[Verdict]:
        """One verdict per check, in their order.  Raises `UserError` when no worker can be started."""
        if self._publisher is None:
            self._publisher = asyncio.create_task(self._publish())
        if not checks:
            return []
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        verdicts: dict[int, Verdict] = {}

        def put(index: int, verdict: Verdict) -> None:  # on the loop's thread
            verdicts[index] = verdict
            if len(verdicts) == len(checks) and not done.done():
                done.set_result(None)

        def sink(index: int) -> Sink:
            def deliver(verdict: Verdict) -> None:  # on a worker's thread
                loop.call_soon_threadsafe(put, index, verdict)

            return deliver

        for index, check in enumerate(checks):
            # Never waits here, which would stop the loop: the bound is the number and size of the callers' chunks.
            self._pool.submit(check, sink(index), wait=False)
        await done
        self._pool.raise_fatal()
        return [verdicts[index] for index in range(len(checks))]

    async def stats(self) -> dict[str, Any]:
        """`LocalPool.stats()` of this node."""
        return self._pool.stats()

    async def close(self) -> None:
        """End the workers; the actor answers `infra` from then on."""
        if self._publisher is not None:
            self._publisher.cancel()
        await asyncio.to_thread(self._pool.close)

    async def _publish(self) -> None:
        logged = time.monotonic()
        while True:
            await asyncio.sleep(PUBLISH_SECONDS)
            stats = self._pool.stats()
            self._metrics.publish(stats)
            if time.monotonic() - logged > LOG_SECONDS and stats["outstanding"]:
                logged = time.monotonic()
                log.info("pool: %s", ", ".join(f"{key} {_short(value)}" for key, value in stats.items()))


def node_pools(config: PoolConfig) -> dict[str, Any]:
    """One `NodePool` actor on every node of the running Ray cluster that has CPUs, by the node's id; for a `PoolClient`."""
    nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    places = {node: NodeAffinitySchedulingStrategy(node, soft=False) for node in nodes}
    actor: Any = NodePool
    return {node: actor.options(num_cpus=0, scheduling_strategy=place).remote(config) for node, place in places.items()}


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
