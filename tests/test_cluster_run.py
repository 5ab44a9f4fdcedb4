"""A run as a job on a local two-node Ray cluster, as the README gives it: the corpus is where it was named."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from synth.records import Attempt, Pair, Statement
from synth.store.rundir import RunDir
from tests.conftest import CREDENTIALS
from tests.nodes import AGENTS, answers, free_ports

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[1]
RAY = Path(sys.executable).with_name("ray")
CONFIG = """
name: small
rounds: 1
header: ""
problems: {path: problems.jsonl}
heldout: {path: heldout.jsonl, temperature: 0}
models: {prover: {path: MODEL, preset: embedded}}
sampler: {threads: 1, max_num_seqs: 16, max_model_len: 512}
formalize: {temperature: 0}
search: {attempts: 1, wave: 1, temperature: 0, max_tokens: 16, timeout: 20, portfolio: always, tactics: [rfl, omega]}
shards: {problems: 4, actors: 2, chunk: 2}
verify: {backend: auto, audit: strict, workers: 1, timeout_first: 10, timeout_last: 20}
train: {max_steps: 2, batch_tokens: 1024}
eval: {ks: [1], samples: 1}
tracking: {mode: offline}
"""


@dataclass
class Cluster:
    """Two Ray nodes of this test's own, on this machine."""

    folder: Path
    address: str
    dashboard: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def cluster(s3_server: str) -> Iterator[Cluster]:
    """A head and a second node, each started by `ray start --block` and ended by its process number."""
    with tempfile.TemporaryDirectory(prefix="rc-", dir="/tmp", ignore_cleanup_errors=True) as name:  # Ray's sockets want a short path
        folder = Path(name)
        (folder / "token").write_text(secrets.token_hex(32))
        environment = {
            **os.environ,
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": s3_server,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(folder / "token"),
            "PYTHONPATH": str(ROOT),
            "PATH": f"{RAY.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        environment.pop("RAY_ADDRESS", None)
        port, dashboard, *others = free_ports(11)

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            # Ports that are given need not be waited for: on a busy machine the agents take longer than the raylet's patience.
            agents = [f"--{name}={others.pop()}" for name in AGENTS]
            command = [str(RAY), "start", "--block", "--disable-usage-stats", "--num-cpus=4", *agents, *arguments]
            with (folder / f"{len(processes)}.log").open("wb") as log:
                return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

        processes: list[subprocess.Popen[bytes]] = []
        head = [f"--port={port}", f"--dashboard-port={dashboard}", f"--temp-dir={folder}/s", "--object-store-memory=200000000"]
        try:
            processes.append(start("--head", *head))
            wait_for(lambda: answers(dashboard), processes[0], folder / "0.log")
            processes.append(start(f"--address=127.0.0.1:{port}", "--object-store-memory=200000000"))
            joined = [sys.executable, "-c", BOTH_NODES, f"127.0.0.1:{port}"]
            both = subprocess.run(joined, env=environment, capture_output=True, text=True, timeout=400)
            assert both.returncode == 0, both.stderr[-1000:] + (folder / "1.log").read_text()[-3000:]
            yield Cluster(folder, f"127.0.0.1:{port}", f"http://127.0.0.1:{dashboard}", environment)
        finally:
            for process in reversed(processes):
                process.terminate()
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)


BOTH_NODES = """
import ray, sys, time
ray.init(sys.argv[1], log_to_driver=False)
until = time.monotonic() + 300
while sum(node["Alive"] for node in ray.nodes()) < 2:
    assert time.monotonic() < until, "the second node did not join"
    time.sleep(0.5)
"""


def wait_for(condition: object, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 300
    while not condition():  # type: ignore[operator]
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(1)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a user submits: a configuration, problems and a held-out file; the model lies elsewhere."""
    from train.config import ModelConfig
    from train.model import create_checkpoint
    from train.tokenizer import train_tokenizer

    folder, model = tmp_path_factory.mktemp("package"), tmp_path_factory.mktemp("models") / "tiny"
    texts = [f"theorem X (n : Nat) : n + {k} = {k} + n by omega rfl simp" for k in range(40)]
    create_checkpoint(model, ModelConfig(vocab_size=320, d_model=64, layers=1, heads=2, ffn=64), train_tokenizer(texts, 320, 512), 0)
    rows = [{"text": f"{k} commutes.", "statement": f"theorem given{k} (n : Nat) : n + {k} = {k} + n"} for k in range(1, 9)]
    heldout = [{"statement": f"theorem h{k} : {k} < {k + 1}"} for k in range(3)]
    for name, lines in (("problems", rows), ("heldout", heldout)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    (folder / "run.yaml").write_text(CONFIG.replace("MODEL", str(model)))
    return folder


def submit(cluster: Cluster, package: Path, run_dir: str) -> subprocess.CompletedProcess[str]:
    """`ray job submit --working-dir . -- synth run …`, with this checkout's `synth`."""
    job = [sys.executable, "-m", "synth", "run", "run.yaml", "--run-dir", run_dir]
    command = [str(RAY), "job", "submit", "--address", cluster.dashboard, "--working-dir", str(package), "--", *job]
    return subprocess.run(command, env=cluster.environment, capture_output=True, text=True, timeout=900, cwd=cluster.folder)


def ids(run_dir: Path | str) -> dict[str, list[str]]:
    store = RunDir(run_dir)
    return {
        "statements": sorted(s.id for s in store.read("statements", Statement)),
        "attempts": sorted(a.id for a in store.read("attempts", Attempt)),
        "pairs": sorted(p.id for p in store.read("pairs", Pair)),
    }


def test_a_run_directory_inside_rays_package_is_refused(cluster: Cluster, package: Path) -> None:
    """The job succeeded, and its corpus lay in Ray's package cache, which Ray deletes."""
    done = submit(cluster, package, "runs/first")
    assert done.returncode != 0
    lines = (done.stdout + done.stderr).splitlines()
    (line,) = {line for line in lines if line.startswith("synth: ")}  # Ray shows a failed job's last lines twice
    assert "is inside Ray's own folder for this job, which Ray deletes; give an absolute path that every node sees" in line


def test_the_corpus_is_where_it_was_named_and_equals_a_local_one(cluster: Cluster, package: Path, tmp_path: Path) -> None:
    done = submit(cluster, package, str(tmp_path / "job"))
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert str(tmp_path / "job") in done.stdout
    shutil.copytree(package, tmp_path / "here")
    command = [sys.executable, "-m", "synth", "run", "run.yaml", "--run-dir", "runs/local"]
    environment = {**cluster.environment, "RAY_ADDRESS": cluster.address}
    local = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, cwd=tmp_path / "here")
    assert local.returncode == 0, local.stderr[-3000:]
    found = ids(tmp_path / "job")
    assert found == ids(tmp_path / "here" / "runs" / "local"), "sampling at temperature 0 is the same anywhere"
    assert len(found["pairs"]) >= 8 and len(found["statements"]) == 8
    metrics = json.loads((tmp_path / "job" / "rounds" / "001" / "metrics.json").read_text())
    assert metrics["failures"] == {} and len(metrics["pools"]) == 2, "both nodes checked"
    assert not list(cluster.folder.rglob("pairs")), "nothing was left in Ray's folders"


def test_on_s3_it_is_killed_and_continued(cluster: Cluster, package: Path, tmp_path: Path, s3: str) -> None:
    """Everything but the weights lies in the bucket; SIGKILL of the driver in the middle loses and doubles nothing."""
    command = [sys.executable, "-m", "synth", "run", "run.yaml", "--run-dir", f"{s3}/runs/far", "--set", f"checkpoints={tmp_path}/weights"]
    environment = {**cluster.environment, "RAY_ADDRESS": cluster.address, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environment, cwd=package, stderr=subprocess.DEVNULL, start_new_session=True) as first:
        deadline = time.monotonic() + 900
        while not RunDir(f"{s3}/runs/far").keys("r001-"):
            assert first.poll() is None and time.monotonic() < deadline, "nothing was committed"
            time.sleep(0.5)
        os.killpg(first.pid, signal.SIGKILL)
    began = RunDir(f"{s3}/runs/far")
    before, name = set(began.keys()), began.id
    second = subprocess.run(command, env=environment, cwd=package, capture_output=True, text=True, timeout=900)
    assert second.returncode == 0, second.stderr[-3000:]
    assert second.stdout.splitlines()[-1] == f"{s3}/runs/far"
    store = RunDir(f"{s3}/runs/far")
    assert before <= set(store.keys()) and store.id == name and not store.locked()
    found = ids(f"{s3}/runs/far")
    assert len(found["statements"]) == 8 == len(set(found["statements"])) and len(found["pairs"]) == len(set(found["pairs"])) >= 8
    assert store.count("pairs") == len(found["pairs"]), "no pair was written twice"
    assert store.exists("report.html") and store.exists("wandb") and (tmp_path / "weights" / f"small-{name}").is_dir()
    assert [metrics["round"] for metrics in store.rounds()] == [0, 1]
    assert not list((tmp_path / "weights").rglob("pairs")) and not list(package.glob("runs"))
