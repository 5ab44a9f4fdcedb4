"""Where engines are placed, over several nodes and on one that has joined: on a cluster with made-up GPUs, with a stand-in engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# In a process of its own: a head without GPUs and two nodes with two each.
SCRIPT = """
import asyncio, json, sys, time
import ray
from ray.cluster_utils import Cluster
from synth.llm import sampler
from synth.llm.config import SamplerConfig
from synth.llm.types import Weights
from synth.run.joining import free_nodes, gone
from tests.nodes import agents
from verify_workers.ray_session import patiently

head = {"num_cpus": 1, "include_dashboard": False, "temp_dir": sys.argv[1], **agents()}
cluster = patiently(lambda: Cluster(initialize_head=True, connect=False, head_node_args=head))
added = {name: patiently(lambda: cluster.add_node(num_cpus=2, num_gpus=2, labels={"side": name}, **agents())) for name in ("left", "right")}
ray.init(address=cluster.address, log_to_driver=False)
cluster.wait_for_nodes()

@ray.remote
class Standin:
    def __init__(self, weights, config, seed, lora=None):
        pass

    async def stats(self):
        return {}

    def where(self):
        group = ray.util.get_current_placement_group()
        nodes = list(ray.util.placement_group_table(group)["bundles_to_node_id"].values()) if group else []
        return ray.get_runtime_context().get_node_id(), nodes

sampler.Sampler = Standin
def free():
    return ray.available_resources().get("GPU", 0.0)
wide = sampler.sampler_actor(Weights(), SamplerConfig(gpus=4, pipeline=2, cpus=1))
here, nodes = ray.get(wide.where.remote(), timeout=120)
held = free()
sampler.end_sampler(wide)
until = time.monotonic() + 60
while free() < 4 and time.monotonic() < until:
    time.sleep(0.2)
back = free()
right = sampler.sampler_actor(Weights(), SamplerConfig(gpus=2, nodes={"side": "right"}))
side, _ = ray.get(right.where.remote(), timeout=120)
labels = {node["NodeID"]: node["Labels"].get("side") for node in ray.nodes()}
def wait(condition):
    until = time.monotonic() + 120
    while not condition() and time.monotonic() < until:
        time.sleep(0.2)
    return condition()

left = next(node for node in labels if labels[node] == "left")
joined = sampler.sampler_actor(Weights(), SamplerConfig(gpus=1), node=left)
there, _ = ray.get(joined.where.remote(), timeout=120)
def gpus():
    return {node.labels.get("side"): node.free.get("GPU", 0.0) for node in free_nodes().values()}

seen = wait(lambda: gpus() == {None: 0.0, "left": 1.0, "right": 0.0})
lives = not asyncio.run(gone(joined))
cluster.remove_node(added["left"], allow_graceful=False)
lost = wait(lambda: asyncio.run(gone(joined)) and left not in free_nodes())
joined = {"on": labels[there], "seen": seen, "lives": lives, "lost": lost}
stages = [labels[node] for node in nodes]
print(json.dumps({"joined": joined, "stages": stages, "here": labels[here], "held": held, "back": back, "right": labels[side]}))
ray.shutdown()
cluster.shutdown()
"""


@pytest.mark.slow
def test_an_engine_over_two_nodes_holds_a_stage_on_each_and_gives_them_back() -> None:
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
        done = subprocess.run([sys.executable, "-c", SCRIPT, folder], env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["stages"] in (["left", "left", "right", "right"], ["right", "right", "left", "left"]), "neighbours are on one node"
    assert told["joined"] == {"on": "left", "seen": True, "lives": True, "lost": True}, "and is not started anew on the other one"
    assert told["here"] == told["stages"][0] and (told["held"], told["back"]) == (0.0, 4.0) and told["right"] == "right"
