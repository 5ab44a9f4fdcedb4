"""How far off `synth simulate` is: runs with two Lean workers, with one, and on three Ray nodes here, each predicted from the first.

    python docs/benchmarks/simulated.py --model CHECKPOINT --out DIR

CHECKPOINT is what a demo's bootstrap leaves (runs/…/rounds/000/training/model): so a run takes two or three minutes.  Alone on the machine,
or the comparison says nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SMALL = ("problems.count=240", "heldout.count=20", "rounds=2", "eval.samples=4", "eval.ks=[1]", "train.max_tokens=40000")
THREE_NODES = "{one_machine: true, machine_cores: CORES, pools: {nodes: 3, cores: 1, workers: 1}, name: three nodes of one machine}\n"


def synth(*words: str, address: str = "") -> None:
    """A command of ours; its output is shown."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **({"RAY_ADDRESS": address} if address else {})}
    print("$ synth", *words, flush=True)
    subprocess.run([sys.executable, "-m", "synth", *words], env=environment, check=True)


def settings(model: Path, *more: str) -> list[str]:
    return [word for item in (f"models.prover.path={model}", *SMALL, *more) for word in ("--set", item)]


def run(model: Path, folder: Path, *more: str, address: str = "") -> str:
    """A real run, unless it is there already."""
    if not (folder / "rounds" / "002" / "metrics.json").exists():
        synth("run", str(ROOT / "cluster/configs/embedded.yaml"), "--run-dir", str(folder), *settings(model, *more), address=address)
    return str(folder)


def three_nodes(model: Path, folder: Path) -> str:
    """The same on a Ray cluster of three nodes, each with a Lean worker of its own."""
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 100_000_000}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    try:
        for _ in range(2):
            cluster.add_node(**node)
        cluster.wait_for_nodes()
        return run(model, folder, "verify.workers=1", address=cluster.address)
    finally:
        cluster.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    model, out = asked.model.resolve(), asked.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    nodes = out / "three_nodes.yaml"
    nodes.write_text(THREE_NODES.replace("CORES", str(len(os.sched_getaffinity(0)))), encoding="utf-8")
    two, one = run(model, out / "two", "verify.workers=2"), run(model, out / "one", "verify.workers=1")
    overlapping = run(model, out / "async", "verify.workers=2", "mode=async")
    three = three_nodes(model, out / "three")
    synth("simulate", two, "--set", "verify.workers=1", "--against", one)
    synth("simulate", two, "--set", "mode=async", "--against", overlapping)
    synth("simulate", two, "--set", "verify.workers=1", "--cluster", str(nodes), "--against", three)


if __name__ == "__main__":
    main()
