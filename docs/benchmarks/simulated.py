"""How far off `synth simulate` is: runs with two Lean workers, with one, and on three Ray nodes here, each predicted from the first.

    python docs/benchmarks/simulated.py --model CHECKPOINT --out DIR
    python docs/benchmarks/simulated.py --replayed RUN --out DIR

CHECKPOINT is what a demo's bootstrap leaves (runs/…/rounds/000/training/model): so a run takes two or three minutes.  Alone on the machine,
or the comparison says nothing.

With `--replayed` the runs are those of `replayed.py`, in turn and in the stream: everything but engine, Lean and trainer is real, and these
three take the time that RUN (any run directory of `synth run`) recorded, without computing.  So cores are not what is compared, and the
machine may be busy; six runs take about 50 minutes.  What is there already is not run again.
"""

from __future__ import annotations

import argparse
import json
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


def predicted(first: str, folder: Path, *words: str) -> dict[str, dict[str, float]]:
    """The figures of the run in `folder` as predicted from those of `first`, and as they were."""
    command = [sys.executable, "-m", "synth", "simulate", first, *words, "--against", str(folder), "--json"]
    said = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True)
    found: dict[str, dict[str, float]] = json.loads(said.stdout)["against"]
    return found


def show(table: list[tuple[str, dict[str, dict[str, float]]]]) -> None:
    """Predicted / was (error), a row for each run."""
    print("| run | " + " | ".join(table[0][1]) + " |\n" + "|---" * (1 + len(table[0][1])) + "|")
    for name, figures in table:
        cells = (f"{one['predicted']:,.4g} / {one['real']:,.4g} ({one['error_percent']:+.1f} %)" for one in figures.values())
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def replayed(source: Path, out: Path) -> None:
    """Six runs whose parts only take their time, and the five predicted from the first; a table of how far off."""
    free = 64  # cores, so that nothing waits for one
    nodes = out / "three_nodes.yaml"
    nodes.write_text(THREE_NODES.replace("CORES", str(free)), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shapes = {"2": (2, 1, []), "1": (1, 1, []), "3 nodes": (1, 3, ["--cluster", str(nodes)])}
    table = []
    for mode in ("sync", "async"):
        for name, (workers, count, cluster) in shapes.items():
            folder, changes = out / f"{mode}-{name[0]}", ["--set", f"verify.workers={workers}", "--set", f"mode={mode}"]
            if not (folder / "rounds" / "002" / "metrics.json").exists():
                script = [sys.executable, str(Path(__file__).with_name("replayed.py")), str(source), str(folder), "--nodes", str(count)]
                subprocess.run([*script, *changes], env=environment, check=True)
            table.append((f"{mode}, {name}", predicted(str(out / "sync-2"), folder, "--cores", str(free), *changes, *cluster)))
    show(table)


def computed(model: Path, out: Path) -> None:
    """Four runs that compute, the first predicted from itself and the others from it."""
    nodes = out / "three_nodes.yaml"
    nodes.write_text(THREE_NODES.replace("CORES", str(len(os.sched_getaffinity(0)))), encoding="utf-8")
    two, one = run(model, out / "two", "verify.workers=2"), run(model, out / "one", "verify.workers=1")
    overlapping = run(model, out / "async", "verify.workers=2", "mode=async")
    three = three_nodes(model, out / "three")
    show(
        [
            ("sync, 2 workers (itself)", predicted(two, Path(two))),
            ("sync, 1 worker", predicted(two, Path(one), "--set", "verify.workers=1")),
            ("sync, 3 nodes of 1 worker", predicted(two, Path(three), "--set", "verify.workers=1", "--cluster", str(nodes))),
            ("async, 2 workers", predicted(two, Path(overlapping), "--set", "mode=async")),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", type=Path)
    what.add_argument("--replayed", type=Path, metavar="RUN")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.replayed:
        replayed(asked.replayed.resolve(), asked.out.resolve())
    else:
        computed(asked.model.resolve(), asked.out.resolve())


if __name__ == "__main__":
    main()
