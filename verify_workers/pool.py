"""The pool as Ray actors: one `NodePool` per node owns that node's Lean workers; `stream` spreads checks over several.

`LocalPool` (no Ray) does the work; an actor only carries chunks to it.  An actor that dies takes no check with
it: `stream` keeps every chunk until its verdicts are there and hands it to another actor, or to the same one
once Ray has started it again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.local_pool import Factory, Identity, LocalPool
from verify_workers.metrics import PoolMetrics
from verify_workers.records import Check, Outcome, Verdict
from verify_workers.schedule import Sink

__all__ = ["Identity", "LocalPool", "NodePool", "node_pools", "stream"]

log = logging.getLogger("verify_workers.pool")

CALLS = 256  # chunks that one actor works on at a time; more wait in Ray's queue
PUBLISH_SECONDS = 5.0
LOG_SECONDS = 60.0
ACTOR_TRIES = 5  # deaths of an actor that a chunk survives before its checks are answered `infra`
RESTART_SECONDS = 1.0  # pause before a chunk is sent to an actor that has just died


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


def node_pools(config: PoolConfig) -> list[Any]:
    """One `NodePool` actor on every node of the running Ray cluster that has CPUs."""
    nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    places = (NodeAffinitySchedulingStrategy(node, soft=True) for node in nodes)
    actor: Any = NodePool
    return [actor.options(num_cpus=0, scheduling_strategy=place).remote(config) for place in places]


def stream(pools: Sequence[Any], checks: Iterable[Check], chunk: int = 64, in_flight: int = 4) -> Iterator[Verdict]:
    """Verdicts as they come, exactly one per check, from `NodePool` actors.

    Each actor has at most `in_flight` chunks of `chunk` checks; `checks` is read only as actors take more, so a
    slow cluster slows its source.  A chunk whose actor dies goes to the next free actor; after `ACTOR_TRIES`
    deaths its checks are answered `infra`.
    """
    source = iter(checks)
    failed: deque[tuple[list[Check], int]] = deque()  # chunks to send again, with their deaths so far
    running: dict[Any, tuple[int, list[Check], int]] = {}  # reference -> pool, chunk, deaths
    load = [0] * len(pools)
    ready_at = [0.0] * len(pools)  # clock, seconds: when an actor that died may be used again
    more = True
    while more or failed or running:
        now = time.monotonic()
        for _ in range(in_flight * len(pools)):
            free = [index for index in range(len(pools)) if load[index] < in_flight and ready_at[index] <= now]
            if not free or not (more or failed):
                break
            batch, deaths = failed.popleft() if failed else (list(islice(source, chunk)), 0)
            if not batch:
                more = False
                break
            index = min(free, key=load.__getitem__)
            load[index] += 1
            # Retried here rather than by Ray, so that another node can take over at once.
            reference = pools[index].verify.options(max_task_retries=0).remote(batch)
            running[reference] = (index, batch, deaths)
        if not running:
            if failed:
                time.sleep(0.05)
            continue
        done, _ = ray.wait(list(running), num_returns=1, timeout=RESTART_SECONDS)
        for reference in done:
            index, batch, deaths = running.pop(reference)
            load[index] -= 1
            try:
                verdicts = ray.get(reference)
            except RayTaskError as error:
                # What the actor itself raised means that no chunk can be checked; a user's error keeps its one line.
                raise (error.cause if isinstance(error.cause, UserError) else error) from error
            except RayActorError as error:
                log.warning("the pool on node %d died (%s); its %d checks go elsewhere", index, type(error).__name__, len(batch))
                ready_at[index] = time.monotonic() + RESTART_SECONDS * 2**deaths
                if deaths + 1 < ACTOR_TRIES:
                    # In halves, so that a check that kills actors takes few others with it.
                    half = (len(batch) + 1) // 2
                    failed.extend((part, deaths + 1) for part in (batch[:half], batch[half:]) if part)
                else:
                    yield from (Verdict(id=check.id, outcome=Outcome.INFRA, reason=f"the pool died: {error}") for check in batch)
                continue
            yield from verdicts


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
