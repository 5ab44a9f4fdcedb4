"""`synth ablate` for real, in small: two runs on one first model, arms trained and measured, killed in between and continued."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synth.store.rundir import RunDir
from tests.test_end_to_end import ROOT, SMALL, write_problems

TABLES = ("data", "grade", "iterations", "pairs", "mode")
ARMS = {"round-0", "round-1", "other-1", "seeds", "synthetic", "pairs-4", "pairs-16"}


def start(out: Path) -> subprocess.Popen[str]:
    settings = (
        *SMALL,
        f"problems.path={out.parent / 'problems.jsonl'}",
        "heldout.count=8",
        "eval.ks=[1,2]",
        "eval.samples=2",
        "shards.actors=1",
    )
    words = [word for key in settings for word in ("--set", key)] + [word for name in TABLES for word in ("--only", name)]
    command = [sys.executable, "-m", "synth", "ablate", "--out", str(out), "--seeds", "1", "--statements", "6", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def results(out: Path) -> dict[str, float]:
    """The arms that are measured, and when."""
    return {file.parent.name: file.stat().st_mtime for file in (out / "arms").glob("*/seed-0.json")}


@pytest.mark.slow
def test_every_arm_is_measured_once_whatever_happens(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_problems(tmp_path / "problems.jsonl")
    first = start(out)
    deadline = time.monotonic() + 1200
    while not {"round-0", "round-1"} & results(out).keys():
        assert first.poll() is None, first.communicate()[1][-3000:]
        assert time.monotonic() < deadline, "nothing was measured"
        time.sleep(0.5)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    before = results(out)
    second = start(out)
    text, errors = second.communicate(timeout=1200)
    assert second.returncode == 0, errors[-3000:]
    after = results(out)
    assert after.keys() - {"high", "low"} == ARMS and before.items() <= after.items()
    stores = [RunDir(out / f"run-{mode}") for mode in ("sync", "async")]
    bootstraps = [store.read_json("rounds/000/metrics.json")["model"] for store in stores]
    assert bootstraps[0] == bootstraps[1] and stores[0].id != stores[1].id
    tables = {table["table"]: table for table in json.loads((out / "results.json").read_text())}
    assert tuple(tables) == TABLES and text.splitlines()[-1] == str(out)
    for name in set(TABLES) - {"grade"}:
        assert all(row["pass@1"]["value"] is not None for row in tables[name]["rows"]) and tables[name]["comparisons"], name
    tokens = [row["tokens"] for row in tables["pairs"]["rows"]]
    assert max(tokens) <= 8000 and min(tokens) > 0.8 * max(tokens), "equal training"
    assert [row["pairs"] for row in tables["pairs"]["rows"]] == sorted(row["pairs"] for row in tables["pairs"]["rows"])
    assert (out / "searches" / "high.json").exists() and not list((out / "arms").rglob("*.safetensors"))
