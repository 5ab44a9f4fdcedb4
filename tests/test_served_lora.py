"""Adapters served beside the model that a run begins with, for real: vLLM, DeepSpeed, Lean, killed in the middle and continued."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from synth.records import Pair
from synth.run.given_run import source_of_run
from synth.run.merged import model_of_round
from synth.show.recorded import recorded_config
from synth.store.rundir import RunDir
from tests.test_end_to_end import kill_group, start, write_problems
from train.lora import adapter_hash
from train.model import checkpoint_hash
from train.probe import compute_probe, mean_gap, read_probe

SETTINGS = ("rounds=2", "train.lora={rank: 8, alpha: 16, serve: true}", "train.optimizer=adamw", "train.lr=0.01")


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_run_serves_what_it_trains(tmp_path: Path, mode: str) -> None:
    run_dir = tmp_path / "run"
    write_problems(problems := run_dir.parent / "problems.jsonl")
    rows = problems.read_text(encoding="utf-8").splitlines(keepends=True)
    problems.write_text("".join(rows[i % 4 * 10 + i // 4] for i in range(40)), encoding="utf-8")  # something to prove in every round
    store, settings = RunDir(run_dir), (*SETTINGS, f"mode={mode}")
    first, deadline = start(run_dir, *settings), time.monotonic() + 900
    try:
        while not store.exists("rounds/001/weights.json"):
            assert first.poll() is None, first.communicate()[1][-3000:]
            assert time.monotonic() < deadline, "no training came to its end"
            time.sleep(0.3)
    finally:
        kill_group(first)  # engines then start anew, and come to the adapter by the first request that names it
    second = start(run_dir, *settings)
    _, errors = second.communicate(timeout=1200)
    assert second.returncode == 0, errors[-3000:]

    rounds, training = run_dir / "rounds", [run_dir / f"rounds/{number:03d}/training" for number in range(3)]
    metrics = {row["round"]: row for row in store.rounds()}
    base = checkpoint_hash(training[0] / "model")
    wanted = [base, *(adapter_hash(base, folder / "adapter") for folder in training[1:])]
    assert [metrics[number]["model"] for number in range(3)] == wanted and len(set(wanted)) == 3
    for number in (1, 2):
        assert metrics[number]["swap_after"] < 1e-3 and metrics[number]["swap_after"] < metrics[number]["swap_before"]
    pairs = list(store.read("pairs", Pair))
    assert {pair.version for pair in pairs if pair.model} <= {0, 1, 2}
    assert all(pair.model in ("", wanted[pair.version]) for pair in pairs), "each proof says which adapter sampled it"
    written = [row["id"] for part in store.parts("pairs") for row in pq.read_table(part).to_pylist()]
    assert len(written) == len(set(written))

    # The newest is there as a model of its own; an earlier one is made when it is asked for.
    assert not (training[1] / "model").exists() and (training[2] / "model" / "config.json").exists()
    assert source_of_run(run_dir, "prover").path == str(training[2] / "model")
    config = recorded_config(store)
    assert config is not None and model_of_round(config, rounds, 1) == training[1] / "model"
    for folder in training[1:]:
        served, merged = read_probe(folder / "adapter"), compute_probe(folder / "model", "float32")
        assert served and mean_gap(served.logprobs, merged.logprobs) < 1e-5
        assert mean_gap(merged.logprobs, compute_probe(training[0] / "model", "float32").logprobs) > 1e-3, "it has learned"
