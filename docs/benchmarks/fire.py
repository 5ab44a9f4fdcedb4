"""A run under fire: three Ray nodes and an S3 server on this machine, and something of the run killed (SIGKILL) again and again.

    python docs/benchmarks/fire.py --out FOLDER --model RUN/rounds/000/training/model [--kills 30] [--mode async] [--problems 600]

Victims in turn: a shard, a sampler, a training worker, the index, a pool, a Lean worker, what looks after the training, a node, and the
driver, which is started again with the same command.  Of each kill is told how long it took until the run had written something
more (a finished unit, or a step of a training), beside the longest such wait of the run without kills.  When the run has ended it
is read back: no problem without its statements, no statement twice or dropped for one that is not there, no pair lost, twice or with
two versions' weights, none trained twice in a round.
Results go to FOLDER/result.json, what the run printed to FOLDER/run.log.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[2]))

from synth.problems.generate import generate
from synth.records import Drop, Pair, Statement
from synth.search.outcome import KINDS as KINDS_OF_PIECES
from synth.statements.text import identity
from synth.store.rundir import RunDir
from tests.conftest import CREDENTIALS
from tests.nodes import AGENTS, answers, free_ports

ROOT = Path(__file__).parents[2]
LOOK = 0.5  # seconds
KINDS = ("shard", "sampler", "training worker", "index", "pool", "lean", "training controller", "node", "driver")
TITLES = {  # how Ray names the processes of our actors
    "shard": "ray::SearchShard",
    "sampler": "ray::Sampler",
    "training worker": "ray::RayTrainWorker",
    "index": "ray::IndexActor",
    "pool": "ray::NodePool",
    "training controller": "ray::TrainController",
}
SETTINGS = (
    "rounds=3", "heldout.count=30", "train.max_tokens=100000", "train.checkpoint_steps=20", "search.attempts=4", "search.wave=2",
    "shards.problems=40", "shards.batch=10", "shards.chunk=10", "verify.workers=1", "models.prover.sampler.replicas=2",
    "stream.staleness=1", "eval.samples=4", "eval.ks=[1]",
)  # fmt: skip


@dataclass
class Cluster:
    """A head that is let live, and nodes that come and go."""

    folder: Path
    environment: dict[str, str]
    address: str = ""
    nodes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    started: int = 0

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        agents = [f"--{name}={port}" for name, port in zip(AGENTS, free_ports(len(AGENTS)), strict=True)]
        command = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--disable-usage-stats", "--num-cpus=4"]
        self.started += 1
        with (self.folder / f"node-{self.started}.log").open("wb") as log:
            place = [*agents, "--object-store-memory=200000000", *arguments]
            return subprocess.Popen([*command, *place], env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def join(self) -> None:
        self.nodes.append(self.start(f"--address={self.address}"))

    def processes(self) -> list[psutil.Process]:
        """All that the nodes have started."""
        found: list[psutil.Process] = []
        for node in self.nodes:
            with contextlib.suppress(psutil.Error):
                found += psutil.Process(node.pid).children(recursive=True)
        return found


@contextlib.contextmanager
def cluster(folder: Path, endpoint: str) -> Iterator[Cluster]:
    (folder / "token").write_text(secrets.token_hex(32))
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("RAY_ADDRESS", "PYTHONDONTWRITEBYTECODE")},
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": endpoint,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(folder / "token"),
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    port, dashboard = free_ports(2)
    nodes = Cluster(folder, environment, f"127.0.0.1:{port}")
    head = nodes.start("--head", f"--port={port}", f"--dashboard-port={dashboard}", f"--temp-dir={folder}/s")
    nodes.nodes.append(head)
    try:
        wait(lambda: answers(port), 300, "the head does not answer")
        nodes.join()
        nodes.join()
        yield nodes
    finally:
        for node in nodes.nodes:
            kill_tree(node.pid)


def wait(condition: Any, seconds: float, otherwise: str) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(otherwise)
        time.sleep(0.5)


def kill_tree(pid: int) -> None:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                each.kill()


class Run:
    """The driver, started again when it was killed."""

    def __init__(self, cluster: Cluster, run_dir: str, out: Path, arguments: argparse.Namespace) -> None:
        self.cluster, self.run_dir, self.out = cluster, run_dir, out
        problems = out / "problems.jsonl"
        problems.write_text("".join(json.dumps({"text": p.text}) + "\n" for p in generate(11, arguments.problems)), encoding="utf-8")
        settings = [*SETTINGS, f"mode={arguments.mode}", f"problems.path={problems}", f"checkpoints={out}/weights", *arguments.set]
        settings += [f"models.prover.path={arguments.model.resolve()}", "models.prover.preset=embedded"]
        overrides = [word for setting in settings for word in ("--set", setting)]
        config = str(ROOT / "cluster/configs/embedded.yaml")
        self.command = [sys.executable, "-m", "synth", "run", config, "--run-dir", run_dir, *overrides]
        self.environment = {**cluster.environment, "RAY_ADDRESS": cluster.address}
        self.store: RunDir | None = None

    def start(self) -> None:
        with (self.out / "run.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def done(self) -> int:
        """A number that grows with all that the run has written: finished units, and steps of trainings."""
        with contextlib.suppress(Exception):  # it is being made, or the server is busy
            self.store = self.store or RunDir(self.run_dir)
            steps = sum(1 for file in (self.out / "weights").rglob("metrics.jsonl") for _ in file.open())
            return len(list(self.store.entries())) * 1_000_000 + steps
        return -1


def victim(kind: str, run: Run, draw: random.Random) -> int | None:
    """The pid of a process of that kind, if there is one; for a node, that of its `ray start`."""
    if kind == "driver":
        return run.process.pid
    if kind == "node":
        return draw.choice(run.cluster.nodes[1:]).pid
    found = []
    for process in run.cluster.processes():
        with contextlib.suppress(psutil.Error):
            title = " ".join(process.cmdline())
            if kind == "lean" and title.startswith(TITLES["pool"]):
                found += [child.pid for child in process.children(recursive=True)]
            elif kind != "lean" and title.startswith(TITLES[kind]):
                found.append(process.pid)
    return draw.choice(sorted(found)) if found else None


def strike(kind: str, pid: int, run: Run) -> None:
    if kind in ("node", "driver"):
        kill_tree(pid)
    else:
        os.kill(pid, 9)
    if kind == "driver":
        run.process.wait()
        run.start()
    if kind == "node":
        run.cluster.nodes = [node for node in run.cluster.nodes if node.pid != pid]
        run.cluster.join()


def fire(run: Run, arguments: argparse.Namespace) -> tuple[list[dict[str, Any]], float]:
    """Kill, see that the run goes on, wait a little, and again; what was killed and when, and the longest wait without a kill."""
    draw, told, longest = random.Random(arguments.seed), list[dict[str, Any]](), 0.0
    begin, turn = time.monotonic(), 0
    wait(lambda: run.done() >= 0, 600, "the run has written nothing")
    while run.process.poll() is None:
        at, before = time.monotonic(), run.done()
        pause = draw.uniform(*arguments.pause)
        while run.process.poll() is None and time.monotonic() - at < pause:
            time.sleep(LOOK)
        while run.process.poll() is None and run.done() == before:
            time.sleep(LOOK)
        longest = max(longest, time.monotonic() - at - pause)
        if len(told) == arguments.kills or run.process.poll() is not None:
            run.process.wait()
            break
        order = [KINDS[(turn + ahead) % len(KINDS)] for ahead in range(len(KINDS))]
        kind = next(kind for kind in order if victim(kind, run, draw))  # some are not there all the time
        turn = KINDS.index(kind) + 1
        pid = victim(kind, run, draw)
        if pid is None:
            continue
        before, struck = run.done(), time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            strike(kind, pid, run)
            while run.process.poll() is None and run.done() in (before, -1) and time.monotonic() - struck < 600:
                time.sleep(LOOK)
            told.append({"kind": kind, "at": round(struck - begin, 1), "recovered": round(time.monotonic() - struck, 1)})
            print(f"{len(told)}: {told[-1]}", flush=True)
    return told, longest


def read_back(run: Run, arguments: argparse.Namespace) -> dict[str, Any]:
    """What the run left, and every fault in it in words."""
    store, faults = RunDir(run.run_dir), list[str]()
    statements = {s.id: s for s in store.read("statements", Statement)}
    pairs = list(store.read("pairs", Pair))
    problems = {s.problem_id for s in statements.values()}
    if len(problems) != arguments.problems:
        faults.append(f"{arguments.problems - len(problems)} problems have no statement, kept or dropped")
    faults += [f"pair {pair} is there {n} times" for pair, n in Counter(pair.id for pair in pairs).items() if n > 1]
    own = [s for s in statements.values() if s.kept and s.origin != "given" and s.origin not in KINDS_OF_PIECES]
    faults += [f"{n} statements are kept that say the same: {key[:80]}" for key, n in Counter(map(identity, own)).items() if n > 1]
    names = {s.id for s in statements.values() if s.kept}
    repeating = [s for s in statements.values() if s.reason == Drop.DUPLICATE and s.detail.startswith("says what statement")]
    faults += [f"statement {s.id} was dropped for one that is not there: {s.detail}" for s in repeating if s.detail.split()[3] not in names]
    models = {metrics["round"]: metrics["model"] for metrics in store.rounds()}
    mixed = [pair for pair in pairs if pair.model not in ("", models[pair.version])]
    faults += [f"pair {pair.id}: {pair.model} of version {pair.version}, which is {models[pair.version]}" for pair in mixed]
    trained, units = list[int](), set[str]()
    for number in sorted(models):
        if not store.exists(f"rounds/{number:03d}/trained_on.json"):
            continue
        given = store.read_json(f"rounds/{number:03d}/trained_on.json")["pairs"]
        trained.append(len(given))
        faults += [f"round {number}: pair {pair} trained {n} times" for pair, n in Counter(given).items() if n > 1]
        faults += [f"round {number}: pair {pair}, trained on, is not in the corpus" for pair in given if pair not in {p.id for p in pairs}]
        if store.exists(f"rounds/{number:03d}/taken.json"):
            now = set(store.read_json(f"rounds/{number:03d}/taken.json")["units"])
            faults += [f"round {number}: unit {unit} was trained before, and is not now" for unit in sorted(units - now)]
            units = now
    if units:
        written = {entry["key"] for entry in store.entries() if any(part["kind"] == "pairs" for part in entry["parts"])}
        faults += [f"unit {unit} has pairs that no training took" for unit in sorted(written - units)]
    return {
        "problems": len(problems),
        "statements": len(statements),
        "repeating": len(repeating),
        "pairs": len(pairs),
        "trained": trained,
        "faults": faults,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="the demo's small model, say; it is trained on")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--mode", choices=["sync", "async"], default="async")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--problems", type=int, default=600)
    parser.add_argument("--pause", type=float, nargs=2, default=(2.0, 12.0), help="seconds that the run is let work between two kills")
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {**CREDENTIALS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    import s3fs

    s3fs.S3FileSystem().mkdir("fire")
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fire-", dir="/tmp", ignore_cleanup_errors=True) as name:
        with cluster(Path(name), f"http://{host}:{port}") as nodes:
            run = Run(nodes, "s3://fire/run", out, arguments)
            run.start()
            try:
                told, longest = fire(run, arguments)
                code = run.process.wait()
            finally:
                kill_tree(run.process.pid)
            result = {"code": code, "seconds": round(time.monotonic() - begin), "longest wait without a kill": round(longest, 1)}
            result |= {"kills": dict(Counter(kill["kind"] for kill in told)), **read_back(run, arguments), "told": told}
    (out / "result.json").write_text(json.dumps(result, indent=1))
    for kind in KINDS:
        seconds = [kill["recovered"] for kill in told if kill["kind"] == kind]
        if seconds:
            middle, most = statistics.median(seconds), max(seconds)
            print(f"{kind}: {len(seconds)} killed, {middle:.1f} s until something more was written (at most {most:.1f})")
    print(json.dumps({name: value for name, value in result.items() if name != "told"}, indent=1))
    server.stop()
    raise SystemExit(1 if code or result["faults"] else 0)


if __name__ == "__main__":
    main()
