"""The pool of one node as a Ray actor, shared by everyone who holds its handle.

`LocalPool` (no Ray) does the work; the actor carries chunks to it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.pool.asking import Call
from verify_workers.pool.local import NOBODY, LocalPool
from verify_workers.pool.metrics import PoolMetrics
from verify_workers.pool.runner import Factory, infra
from verify_workers.pool.watchdog import Pulse
from verify_workers.records import Check, Verdict

log = logging.getLogger("verify_workers.pool")

CALLS = 256  # chunks that one actor works on at a time; more wait in Ray's queue
CONTROL_CALLS = 16  # that do not wait for those to end
PUBLISH_SECONDS = 5.0
FOLLOW_SECONDS = 10.0  # between two looks at which nodes there are
LOG_SECONDS = 60.0
GIVES_WAY = 4  # added to Ray's niceness of 15: a trainer or sampler on the same cores is waited for, Lean is asked in advance
ACTOR_TRIES = 5  # deaths of the actor that a call survives by Ray's own retries


@ray.remote(max_restarts=-1, max_task_retries=ACTOR_TRIES, max_concurrency=CALLS, concurrency_groups={"control": CONTROL_CALLS})
class NodePool:
    """The Lean workers of one node, shared by everyone who holds the actor's handle.

    Ray restarts the actor when it dies and repeats the calls that were under way: checks have no side effects.
    `factory` and `auditor` are for tests and for backends of one's own.
    """

    def __init__(self, config: PoolConfig, factory: Factory | None = None, auditor: Factory | None = None) -> None:
        logging.getLogger("verify_workers").setLevel(logging.INFO)
        os.nice(GIVES_WAY)
        self._metrics = PoolMetrics(ray.get_runtime_context().get_node_id())
        self._pool = LocalPool(config, factory, auditor, observer=self._metrics.observe)
        self._publisher: asyncio.Task[None] | None = None
        self._lock = threading.Lock()  # the groups of calls have threads of their own
        self._calls: dict[str, Call] = {}  # by ticket
        self._withdrawn: deque[str] = deque(maxlen=CALLS)  # tickets of calls that had not begun

    async def verify(self, checks: list[Check], ticket: str = "") -> list[Verdict]:
        """One verdict per check, in their order.  Raises `UserError` when no worker can be started.

        `ticket` is this call's own name, for `withdraw`.
        """
        if self._publisher is None:
            self._publisher = asyncio.create_task(self._publish())
        with self._lock:
            if ticket in self._withdrawn:
                return [infra(check.id, NOBODY) for check in checks]
            call = self._calls[ticket] = Call(self._pool, checks)
        verdicts = await call.answered()
        with self._lock:
            self._calls.pop(ticket, None)
        self._pool.raise_fatal()
        return verdicts

    @ray.method(concurrency_group="control")
    async def withdraw(self, ticket: str) -> None:
        """Nobody waits for the call of that name any more: its checks leave the pool, and it ends when those that run have ended."""
        with self._lock:
            if ticket not in self._calls:
                self._withdrawn.append(ticket)  # it has not begun, or ends just now
            call = self._calls.get(ticket)
        if call is not None:
            call.withdraw()

    @ray.method(concurrency_group="control")
    async def ping(self) -> Pulse | None:
        """It lives, and says whether it works: see `LocalPool.pulse`."""
        return await asyncio.to_thread(self._pool.pulse)

    @ray.method(concurrency_group="control")
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
    """One `NodePool` actor on every node of the running Ray cluster that has CPUs and `config.nodes`' labels, by the node's id.

    For a `PoolClient`.  Raises UserError where there is no such node.
    """
    nodes = _nodes(config)
    if not nodes and config.nodes:
        raise UserError(f"the Lean workers want {no_such(config.nodes, ray.nodes())}, or change `nodes` of the pool")
    return {node: node_pool(config, node) for node in nodes}


def no_such(labels: dict[str, str], nodes: Sequence[dict[str, Any]]) -> str:
    """What to say where none of `nodes` (as `ray.nodes` gives them) has the `labels`."""
    labelled = [item for node in nodes for item in (node.get("Labels") or {}).items() if not item[0].startswith("ray.io/")]
    there = ", ".join(sorted({f"{name}={value}" for name, value in labelled})) or "no labels"
    wanted = ", ".join(f"{name}={value}" for name, value in labels.items())
    return f"nodes with the Ray labels {wanted}, and none has them (there are {there}); `ray start --labels` gives some"


def has_labels(node: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a node, as `ray.nodes` gives it, has all the `labels`."""
    return labels.items() <= (node.get("Labels") or {}).items()


def node_pool(config: PoolConfig, node: str) -> Any:
    """The `NodePool` actor of one node."""
    actor: Any = NodePool
    return actor.options(num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)).remote(config)


def _nodes(config: PoolConfig) -> list[str]:
    """The nodes that have CPUs and `config.nodes`' labels.

    Raises RuntimeError where the cluster does not say: there is always the node of whoever asks.
    """
    alive = [node for node in ray.nodes() if node["Alive"]]
    if not alive:
        raise RuntimeError("the cluster names no node")
    return [node["NodeID"] for node in alive if node["Resources"].get("CPU") and has_labels(node, config.nodes)]


async def follow(pools: dict[str, Any], config: PoolConfig, changed: Callable[[dict[str, Any]], None]) -> None:
    """Keep `pools` (of `node_pools`) those of the nodes that there are, until cancelled: one that joins gets one, one that left loses it.

    `changed` is told all pools after every look, once the cluster is not what it was in the beginning: some of those who hold them
    may have been started anew, with those of the beginning.
    """
    first, other = set(pools), False
    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        try:
            nodes = await asyncio.to_thread(_nodes, config)
        except Exception as error:  # Ray's head may be starting anew: nothing is known of the nodes, the next look tells
            log.warning("which nodes there are cannot be seen now: %s", error)
            continue
        for node in pools.keys() - set(nodes):
            ray.kill(pools.pop(node))
            log.warning("node %s has left, and its pool of Lean workers with it", node[:8])
        for node in nodes:
            if node not in pools:
                pools[node] = node_pool(config, node)
                log.warning("node %s has joined, and gets a pool of Lean workers", node[:8])
        other = other or set(pools) != first
        if other:
            changed(dict(pools))


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
