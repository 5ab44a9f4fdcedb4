"""Nodes that join and leave a Ray cluster in the middle of a run: real driver, shards, Lean and training, stand-ins for engines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from synth.records import Attempt, Pair
from synth.store.rundir import RunDir
from synth.store.timeline import read_timeline
from verify_workers.lean import LeanInstall

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[3]
STATEMENTS = 80

# In a process of its own: a head with a CPU for the engine and one for the trainer, and nodes that come with one each.
SCRIPT = """
import asyncio, json, os, signal, sys, threading, time
from pathlib import Path
import ray
from ray.cluster_utils import Cluster
from rich.console import Console
from synth.config import RunConfig
from synth.llm import sampler
from synth.llm.types import Completion
from synth.run import driver, joining
from synth.show.progress import Progress
from tests.nodes import agents
from verify_workers.pool import node
from verify_workers.ray_session import patiently

folder = Path(sys.argv[1])
asked, enough, shown = folder / "asked.jsonl", folder / "enough", folder / "shown.txt"

@ray.remote
class Standin:
    def __init__(self, weights, config, seed=0, lora=None):
        self.weights, self.tokens, self.node = weights, 0.0, ray.get_runtime_context().get_node_id()

    def tell(self, what, version):
        with asked.open("a") as file:
            file.write(json.dumps({"what": what, "version": version, "node": self.node}) + "\\n")

    async def sample(self, prompts, sampling, weights):
        if weights.version > self.weights.version:
            await self.load(weights)
        self.tell("sample", weights.version)
        until = time.monotonic() + 20  # so long that the search is not over before the nodes have come and gone
        while not enough.exists() and time.monotonic() < until:
            await asyncio.sleep(0.2)
        self.tokens += len(prompts)
        return [[Completion("by omega", 1, True, self.weights)] * sampling.n for _ in prompts]

    async def load(self, weights, probe=None):
        self.weights = weights
        self.tell("load", weights.version)
        return {"before": 1.0, "after": 0.0, "seconds": 0.0}

    async def stats(self):
        names = "busy_seconds", "cpu_seconds", "busy_share", "tokens_per_second", "outstanding"
        return {"tokens": self.tokens, **dict.fromkeys(names, 0.0)}

def rows():
    return [json.loads(line) for line in asked.read_text().splitlines()] if asked.exists() else []

def wait(condition):
    until = time.monotonic() + 400
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.2)

def others(*known):
    return {row["node"] for row in rows() if row["what"] == "sample"} - set(known)

def nodes_come_and_go():
    wait(rows)
    first, = others()
    second = patiently(lambda: cluster.add_node(num_cpus=1, **agents()))
    wait(lambda: others(first))
    cluster.remove_node(second, allow_graceful=False)
    wait(lambda: "one that had joined" in shown.read_text())
    patiently(lambda: cluster.add_node(num_cpus=1, **agents()))
    wait(lambda: others(first, second.node_id))
    told.update(first=first, second=second.node_id)

def watch():
    try:
        nodes_come_and_go()
    except BaseException as error:
        told["error"] = repr(error)
    enough.touch()
    over.wait()  # the nodes that a thread has started end with it

over = threading.Event()
set_handler = signal.signal  # Ray sets handlers as a node starts, which only a main thread may
signal.signal = lambda *handler: set_handler(*handler) if threading.current_thread() is threading.main_thread() else None
cluster = patiently(lambda: Cluster(initialize_head=True, connect=False, head_node_args={
    "num_cpus": 2, "include_dashboard": False, "temp_dir": str(folder), **agents()}))
os.environ["RAY_ADDRESS"] = cluster.address
sampler.Sampler, joining.LOOK, node.FOLLOW_SECONDS, told = Standin, 1.0, 1.0, {}
watcher = threading.Thread(target=watch)
watcher.start()
try:
    with shown.open("w", buffering=1) as file:
        config = RunConfig.model_validate(json.loads(sys.argv[2]))
        driver.run(config, str(folder / "run"), Progress(Console(file=file, width=400), plain=True))
finally:
    over.set()
    watcher.join()
print(json.dumps({**told, "rows": rows()}))
cluster.shutdown()
"""


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_an_engine_comes_with_a_node_goes_with_it_and_the_next_one_gets_the_trained_weights(mode: str, lean: LeanInstall) -> None:
    with tempfile.TemporaryDirectory(prefix="rj-", dir="/tmp", ignore_cleanup_errors=True) as name:  # Ray's sockets want a short path
        folder = Path(name)
        told = run(folder, settings(folder, mode))
        store, shown = RunDir(str(folder / "run")), (folder / "shown.txt").read_text()
        pairs, attempts = list(store.read("pairs", Pair)), list(store.read("attempts", Attempt))
        timeline, metrics = read_timeline(store), store.read_json("rounds/001/metrics.json")
    assert told.get("error") is None, f"{told['error']}\n{shown}"
    assert len({pair.statement_id for pair in pairs}) == STATEMENTS, "no request is lost"
    assert {attempt.version for attempt in attempts} == {0}
    (third,) = {row["node"] for row in told["rows"]} - {told["first"], told["second"]}
    by_node: dict[str, list[tuple[str, int]]] = {}
    for row in told["rows"]:
        by_node.setdefault(row["node"], []).append((row["what"], row["version"]))
    assert ("load", 1) not in by_node[told["second"]]
    for node in (told["first"], third):
        asked = by_node[node]
        assert asked.count(("load", 1)) == 1, "the swap reaches both"
        assert [version for what, version in asked if what == "sample"] == sorted(version for what, version in asked if what == "sample")
    assert max(row.actors.get("samplers", 0) for row in timeline) == 2, "counted, and never more than there may be"
    assert any("one that had joined" in failure for failure in metrics["failures"])
    assert shown.count("has room: one more") == shown.count("has joined, on node") == 2, "none took the trainer's CPU"


def settings(folder: Path, mode: str) -> dict[str, Any]:
    """A round of given statements, searched by one engine that may become three."""
    from train.config import ModelConfig
    from train.model import create_checkpoint
    from train.tokenizer import train_tokenizer

    texts = [f"theorem X (n : Nat) : n + {k} = {k} + n by omega rfl simp" for k in range(40)]
    model = ModelConfig(vocab_size=320, d_model=64, layers=1, heads=2, ffn=64)
    create_checkpoint(folder / "model", model, train_tokenizer(texts, 320, 512), 0)
    problems = [{"statement": f"theorem given{k} (n : Nat) : n + {k} = {k} + n"} for k in range(1, STATEMENTS + 1)]
    heldout = [{"statement": f"theorem h{k} : {k} < {k + 1}"} for k in range(3)]
    for name, lines in (("problems", problems), ("heldout", heldout)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    return {
        "rounds": 1,
        "mode": mode,
        "header": "",
        "problems": {"path": str(folder / "problems.jsonl")},
        "heldout": {"path": str(folder / "heldout.jsonl"), "temperature": 0},
        "models": {"prover": {"path": str(folder / "model"), "preset": "embedded"}, "train": ["prover"]},
        "sampler": {"most": 3, "cpus": 1, "max_model_len": 512},
        "search": {"attempts": 1, "wave": 1, "max_tokens": 16, "portfolio": "never", "in_flight": 4},
        "shards": {"problems": STATEMENTS, "batch": STATEMENTS, "chunk": 8, "actors": 1},
        "verify": {"backend": "fork", "workers": 1},
        "train": {"max_steps": 2, "batch_tokens": 1024, "cpus_per_worker": 1},
        "eval": {"ks": [1], "samples": 1},
        "tracking": {"mode": "disabled", "every": 1.0},
    }


def run(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """What the script says of such a run."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment |= {"PYTHONPATH": str(ROOT), "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
    command = [sys.executable, "-c", SCRIPT, str(folder), json.dumps(config)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1700)
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
