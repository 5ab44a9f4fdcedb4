"""The pool of a node as a Ray actor, which many callers share."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
import ray

from tests.verify_workers.fake_backends import NullBackend, checks, expected
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.pool import node as module
from verify_workers.pool.node import GIVES_WAY, NodePool, follow, node_pools

LOWEST_PRIORITY = 19
pytestmark = pytest.mark.usefixtures("ray_local")


def test_several_callers_share_one_actor() -> None:
    actor: Any = NodePool
    pool = actor.options(num_cpus=0).remote(PoolConfig(workers=2, retry_timeouts="never"), NullBackend)
    asked = [checks(100, f"by caller{number} {{0}}") for number in range(5)]
    answers = ray.get([pool.verify.remote(chunk) for chunk in asked])
    for chunk, verdicts in zip(asked, answers, strict=True):
        assert [(verdict.id, verdict.outcome) for verdict in verdicts] == [(check.id, expected(check)) for check in chunk]
    assert ray.get(pool.verify.remote([])) == []
    stats = ray.get(pool.stats.remote())
    assert stats["checks"] == 500 and stats["backend"] == "null"
    ray.get(pool.close.remote())
    ray.kill(pool)


def test_lean_gives_way_to_what_else_a_node_does() -> None:
    """Samplers and trainers, which are Ray workers too, are what everybody waits for."""

    @ray.remote
    def niceness() -> int:
        return os.nice(0)

    class Backend(NullBackend):
        def __init__(self) -> None:
            super().__init__()
            self.name = str(os.nice(0))

    actor: Any = NodePool
    pool = actor.options(num_cpus=0).remote(PoolConfig(workers=1, retry_timeouts="never"), Backend)
    ray.get(pool.verify.remote(checks(1, "by {0}")))
    assert int(ray.get(pool.stats.remote())["backend"]) == min(LOWEST_PRIORITY, ray.get(niceness.remote()) + GIVES_WAY)
    ray.kill(pool)


def test_every_node_with_processors_has_a_pool() -> None:
    pools = node_pools(PoolConfig(workers=1))
    assert list(pools) == [node["NodeID"] for node in ray.nodes()]
    for pool in pools.values():
        ray.kill(pool)


def test_only_nodes_with_the_labels_check(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [
        {"NodeID": name, "Alive": True, "Resources": {"CPU": 1.0}, "Labels": {"ray.io/node-id": name, **labels}}
        for name, labels in (("a", {}), ("b", {"lean": "yes"}), ("c", {"lean": "no"}))
    ]
    monkeypatch.setattr(module.ray, "nodes", lambda: nodes)
    monkeypatch.setattr(module, "node_pool", lambda config, node: f"pool of {node}")
    assert list(node_pools(PoolConfig())) == ["a", "b", "c"]
    assert list(node_pools(PoolConfig(nodes={"lean": "yes"}))) == ["b"]
    with pytest.raises(UserError, match=r"labels lean=maybe, and none has them \(there are lean=no, lean=yes\); `ray start --labels`"):
        node_pools(PoolConfig(nodes={"lean": "maybe"}))


def test_pools_follow_the_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that joins gets one, one that leaves loses it, and whoever asks them is told at every look: it may have been started anew."""
    looks = [["a", "b"], ["a", "b", "c"], ["c"], ["c"], ["c", "d"]]
    told, killed = list[list[str]](), list[str]()
    monkeypatch.setattr(module, "FOLLOW_SECONDS", 0.001)
    monkeypatch.setattr(module, "_nodes", lambda config: looks.pop(0) if looks else ["c", "d"])
    monkeypatch.setattr(module, "node_pool", lambda config, node: f"pool of {node}")
    monkeypatch.setattr(module.ray, "kill", killed.append)
    pools: dict[str, Any] = {"a": "pool of a", "b": "pool of b"}

    async def work() -> None:
        following = asyncio.create_task(follow(pools, PoolConfig(), lambda now: told.append(sorted(now))))
        while len(told) < 6:
            await asyncio.sleep(0.001)
        following.cancel()

    asyncio.run(work())
    assert told[:5] == [["a", "b", "c"], ["c"], ["c"], ["c", "d"], ["c", "d"]]
    assert sorted(killed) == ["pool of a", "pool of b"] and pools == {"c": "pool of c", "d": "pool of d"}


@pytest.mark.parametrize("nodes", [ConnectionError("the head is starting anew"), []])
def test_a_moment_in_which_the_cluster_says_nothing_ends_nothing(monkeypatch: pytest.MonkeyPatch, nodes: Any) -> None:
    """Pools stay as they are, and the nodes are followed on."""
    alive = [{"NodeID": name, "Alive": True, "Resources": {"CPU": 1.0}} for name in "ab"]
    looks: list[Any] = [alive[:1], nodes, alive[:1], alive, alive[:1], alive[:1]]
    told, killed = list[list[str]](), list[str]()

    def look() -> Any:
        now = looks.pop(0) if looks else alive[:1]
        if isinstance(now, Exception):
            raise now
        return now

    monkeypatch.setattr(module, "FOLLOW_SECONDS", 0.001)
    monkeypatch.setattr(module.ray, "nodes", look)
    monkeypatch.setattr(module, "node_pool", lambda config, node: f"pool of {node}")
    monkeypatch.setattr(module.ray, "kill", killed.append)
    pools: dict[str, Any] = {"a": "pool of a"}

    async def work() -> None:
        following = asyncio.create_task(follow(pools, PoolConfig(), lambda now: told.append(sorted(now))))
        while looks and not following.done():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        following.cancel()

    asyncio.run(work())
    assert killed == ["pool of b"] and pools == {"a": "pool of a"}
    assert told[:3] == [["a", "b"], ["a"], ["a"]], "also that it is again what it was in the beginning"
