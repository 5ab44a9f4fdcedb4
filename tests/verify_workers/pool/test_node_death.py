"""A node of a cluster goes away with its pool: the checks that it had are answered by the other one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from verify_workers.lean import LeanInstall

ROOT = Path(__file__).parents[3]

# In a process of its own: a cluster of two nodes on this machine, with real Lean on both.
SCRIPT = """
import asyncio, json, sys, threading, time
import ray
from ray.cluster_utils import Cluster
from verify_workers.config import PoolConfig
from verify_workers.pool.client import PoolClient
from verify_workers.pool import node
from verify_workers.pool.node import node_pools
from verify_workers.ray_session import patiently
from verify_workers.records import Check

head = {"num_cpus": 1, "include_dashboard": False, "temp_dir": sys.argv[1]}
cluster = patiently(lambda: Cluster(initialize_head=True, connect=False, head_node_args=head))
second = patiently(lambda: cluster.add_node(num_cpus=1))
ray.init(address=cluster.address, log_to_driver=False)
cluster.wait_for_nodes()
pools = node_pools(PoolConfig(workers=1, backend="fork"))
client = PoolClient(pools)
asyncio.run(client.warm())
before, first = asyncio.run(client.stats()), list(pools)
checks = [Check(id=str(n), statement=f"theorem t : {n} + 1 = {n + 1 + n % 2}", proof="by decide") for n in range(600)]
gone = threading.Timer(1.0, cluster.remove_node, (second,), {"allow_graceful": False})
gone.start()
verdicts = asyncio.run(client.verify(checks))
gone.join()
more = asyncio.run(client.verify(checks[:100]))
third = patiently(lambda: cluster.add_node(num_cpus=1))
node.FOLLOW_SECONDS = 1.0

async def after_third():
    following = asyncio.create_task(node.follow(pools, PoolConfig(workers=1, backend="fork"), client.members))
    answers = []
    while len({row["node"] for row in await client.stats() if row.get("checks")}) < 2:
        answers += await client.verify(checks)
    following.cancel()
    return answers

joined = asyncio.run(after_third())
print(json.dumps({
    "before": [row.get("backend") for row in before],
    "here": ray.get_runtime_context().get_node_id(), "pools": first, "answers": [(v.id, v.outcome) for v in verdicts],
    "more": len(more), "joined": sorted({(int(v.id), v.outcome) for v in joined}), "now": list(pools),
     "after": [(row["node"], "error" in row) for row in asyncio.run(client.stats())], "failures": client.failures,
}))
ray.shutdown()
cluster.shutdown()
"""


@pytest.mark.slow
def test_a_node_that_goes_away_takes_no_check_with_it(lean: LeanInstall) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")} | {"PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "-c", SCRIPT, folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["before"] == ["fork", "fork"] and told["more"] == 100
    assert told["answers"] == [[str(n), "rejected" if n % 2 else "accepted"] for n in range(600)]
    dead = next(node for node in told["pools"] if node != told["here"])
    assert [node for node, failed in told["after"] if failed] == [dead], "it did not come back on another node"
    assert any(dead[:8] in line for line in told["failures"])
    assert dead not in told["now"] and len(told["now"]) == 2, "and one that joined got a pool, and checks"
    assert told["joined"] == [[n, "rejected" if n % 2 else "accepted"] for n in range(600)]
