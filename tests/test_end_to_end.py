"""The main job for real, in small: vLLM, Lean, Ray, DeepSpeed and W&B offline, killed in the middle and continued."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from synth.problems.generate import generate
from synth.records import Pair, Statement
from synth.store.rundir import RunDir
from synth.store.timeline import read_timeline
from verify_workers.backends.choose import make_backend
from verify_workers.records import Check

ROOT = Path(__file__).parents[1]
SMALL = (
    "rounds=1", "heldout.count=12", "models.bootstrap.seed_formalizations=300", "models.bootstrap.seed_grades=60",
    "models.bootstrap.seed_proofs=60", "models.bootstrap.train.max_tokens=60000", "train.max_tokens=8000", "examples_per_round=100",
    "filters.grade=false", "search.portfolio=always", "search.attempts=2", "search.wave=2", "shards.problems=20", "shards.chunk=5",
    "models.bootstrap.architecture.layers=2", "models.bootstrap.architecture.vocab_size=512",
)  # fmt: skip


def write_problems(path: Path) -> None:
    """40 problems: 30 in plain language, whatever the hardly trained model makes of them, and 10 whose statements are given.

    Nine of the latter are true and one is false, and short scripts prove all of them or their negation.
    """
    rows = [{"text": problem.text} for problem in generate(11, 30)]
    rows += [{"text": f"Adding {k} is commutative.", "statement": f"theorem given{k} (n : Nat) : n + {k} = {k} + n"} for k in range(1, 10)]
    rows += [{"text": "Two and two are five.", "statement": "theorem given10 : 2 + 2 = 5"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def start(run_dir: Path, *settings: str) -> subprocess.Popen[str]:
    problems = f"problems.path={run_dir.parent / 'problems.jsonl'}"
    overrides = [word for key in (*SMALL, problems, *settings) for word in ("--set", key)]
    command = [sys.executable, "-m", "synth", "run", str(ROOT / "cluster/configs/embedded.yaml"), "--run-dir", str(run_dir), *overrides]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def kill_group(process: subprocess.Popen[str]) -> None:
    """End the run and all that it started, at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run that was killed after its first committed work, and then run to its end by the same command."""
    run_dir = tmp_path_factory.mktemp("e2e") / "run"
    write_problems(run_dir.parent / "problems.jsonl")
    first = start(run_dir)
    deadline = time.monotonic() + 400
    while not any(key.startswith("r001-") for key in (RunDir(run_dir).keys() if run_dir.exists() else [])):
        assert first.poll() is None, first.communicate()[1][-3000:]
        assert time.monotonic() < deadline, "nothing was committed"
        time.sleep(0.5)
    kill_group(first)
    second = start(run_dir)
    out, errors = second.communicate(timeout=400)
    assert second.returncode == 0, errors[-3000:]
    return run_dir, out


def test_prints_the_run_directory_last(finished: tuple[Path, str]) -> None:
    run_dir, out = finished
    assert out.splitlines()[-1] == str(run_dir)


def test_every_round_left_its_figures(finished: tuple[Path, str]) -> None:
    run_dir, _ = finished
    for number in (0, 1):
        metrics = json.loads((run_dir / f"rounds/{number:03d}/metrics.json").read_text())
        assert {"pass@1", "pass@8", "problems", "statements_kept", "attempts", "pairs", "seconds", "baseline"} <= metrics.keys()
    assert metrics["problems"] == 40 and metrics["pairs"] >= 10 and metrics["pairs_negated"] >= 1
    assert metrics["tokens_per_pair"] > 0 and metrics["pools"][0]["backend"] == "fork" and metrics["pools"][0]["checks"] > 0
    assert metrics["swap_before"] > metrics["swap_after"] and metrics["swap_after"] < 0.02
    assert (run_dir / "report.html").stat().st_size > 10_000
    assert any((run_dir / "wandb").rglob("*.wandb"))


def test_the_timeline_goes_over_the_kill(finished: tuple[Path, str]) -> None:
    run_dir, _ = finished
    rows = read_timeline(RunDir(run_dir))
    assert [row.time for row in rows] == sorted({row.time for row in rows})
    rounds = [json.loads((run_dir / f"rounds/{number:03d}/metrics.json").read_text()) for number in (0, 1)]
    assert abs(sum(row.span for row in rows) - sum(metrics["seconds"] for metrics in rounds)) < 30, "seconds at work, of both commands"
    made = {name: sum(row.made.get(name, 0) for row in rows) for name in ("pairs", "tokens", "checks")}
    assert rows[-1].counts["problems"] == 40 and rows[-1].counts["pairs"] >= rounds[1]["pairs"] and min(made.values()) > 0
    assert {"bootstrap", "baseline", "search", "train", "evaluate"} <= {stage for row in rows for stage in row.stages}
    assert rounds[0]["stages"]["start shards"] > 0, "what a simulation takes for the start of the shards' processes"
    for metrics in rounds:
        assert all(0 < metrics[key][kind] <= 1 for key in ("idle", "idle_of_run") for kind in ("samplers", "pools", "trainer")), metrics
    runs = {path.name.rsplit("-", 2)[-2:][0] for path in (run_dir / "wandb" / "wandb").glob("offline-run-*-[01]")}
    assert runs == {"evaluate", "search", "train"}, "each step is in W&B's lineage"


def test_nothing_is_lost_or_doubled_by_the_kill(finished: tuple[Path, str]) -> None:
    store = RunDir(finished[0])
    rows = [row for part in store.parts("pairs") for row in pq.read_table(part).to_pylist()]
    assert max(Counter(row["id"] for row in rows).values()) == 1
    statements = {s.id: s for s in store.read("statements", Statement)}
    assert len({s.problem_id for s in statements.values()}) == 40  # every problem came out somewhere
    given = {s.id for s in statements.values() if s.origin == "given"}
    assert len(given) == 10 and given <= {row["statement_id"] for row in rows}
    for pair in store.read("pairs", Pair):
        assert statements[pair.statement_id].kept and pair.lean and pair.library and pair.attempt_id


def test_every_pair_rechecks_with_the_reference_backend(finished: tuple[Path, str]) -> None:
    backend = make_backend("process", "strict")
    try:
        for pair in list(RunDir(finished[0]).read("pairs", Pair))[:25]:
            verdict = backend.check(Check(id=pair.id, statement=pair.statement, header=pair.header, proof=pair.proof, timeout=60))
            assert verdict.accepted, (pair, verdict)
    finally:
        backend.close()


def test_a_finished_run_is_not_done_again(finished: tuple[Path, str]) -> None:
    before = RunDir(finished[0]).keys()
    again = start(finished[0])
    _, errors = again.communicate(timeout=200)
    assert again.returncode == 0, errors[-3000:]
    assert RunDir(finished[0]).keys() == before


def test_another_configuration_is_refused(finished: tuple[Path, str]) -> None:
    command = [sys.executable, "-m", "synth", "demo", "--run-dir", str(finished[0])]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert refused.returncode == 2
    assert "holds a run of another config" in refused.stderr.splitlines()[-1]


def of_index(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The index's actors of a run."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if " ".join(child.cmdline()).startswith("ray::IndexActor"):
                found.append(child)
    return found


@pytest.mark.slow
def test_rounds_at_the_same_time_lose_and_double_nothing_either(tmp_path: Path) -> None:
    """Three rounds in `mode: async`, killed twice: in the first search, and once a training of a later round has begun.

    Between them its index is killed alone, in the midst of a search.
    """
    run_dir = tmp_path / "run"
    write_problems(problems := run_dir.parent / "problems.jsonl")
    rows = problems.read_text(encoding="utf-8").splitlines(keepends=True)
    problems.write_text("".join(rows[i % 4 * 10 + i // 4] for i in range(40)), encoding="utf-8")  # something to prove in every round
    indices = list[psutil.Process]()  # that were killed
    store, settings = RunDir(run_dir), ("mode=async", "rounds=3", "stream.fresh_pairs=2", "shards.batch=5", "shards.actors=2")
    for sign in ("manifest.json", "rounds/002/trained_on.json"):
        process, deadline = start(run_dir, *settings), time.monotonic() + 400
        while not (store.exists(sign) and any(key.startswith("r001-") for key in store.keys())):  # noqa: SIM118
            assert process.poll() is None, process.communicate()[1][-3000:]
            assert time.monotonic() < deadline, f"no {sign}"
            for actor in of_index(process) if not indices and store.exists("rounds/001/weights.json") else ():
                actor.kill()
                indices.append(actor)
            time.sleep(0.3)
        kill_group(process)
    assert indices
    last = start(run_dir, *settings)
    _, errors = last.communicate(timeout=400)
    assert last.returncode == 0, errors[-3000:]
    written = [row["id"] for part in store.parts("pairs") for row in pq.read_table(part).to_pylist()]
    assert len(written) == len(set(written))
    pairs = {pair.id: pair for pair in store.read("pairs", Pair)}
    statements = {s.id: s for s in store.read("statements", Statement)}
    assert len({s.problem_id for s in statements.values()}) == 40
    assert {s.id for s in statements.values() if s.origin == "given"} <= {pair.statement_id for pair in pairs.values()}
    units, new = set[str](), Counter[str]()
    for number in (1, 2, 3):
        taken, given = (store.read_json(f"rounds/{number:03d}/{name}.json") for name in ("taken", "trained_on"))
        assert units <= set(taken["units"]), "what one training had, the next has too"
        units = set(taken["units"])
        assert len(given["pairs"]) == len(set(given["pairs"])) and set(given["pairs"]) <= pairs.keys()
        new.update(given["staleness"].keys())
        assert all(0 <= versions <= 1 for versions in given["staleness"].values()), "as `stream.staleness` says"
    assert units == {entry["key"] for entry in store.entries() if any(part["kind"] == "pairs" for part in entry["parts"])}
    assert max(new.values(), default=1) == 1, "a pair is new once"
    models = {metrics["round"]: metrics["model"] for metrics in store.rounds()}
    assert all(pair.model in ("", models[pair.version]) for pair in pairs.values()), "no answer is of two versions"
    assert [models[n] for n in range(4)] == list(dict.fromkeys(models.values())), "each round trained"
