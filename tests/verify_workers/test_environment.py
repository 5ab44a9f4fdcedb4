"""`synth verify` as batch systems start it: without standard streams, and without a bound on the stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from verify_workers.lean import LeanInstall

ROOT = Path(__file__).parents[2]
DEEP = "by exact " + "(" * 190 + "rfl" + ")" * 190
ROWS = [
    {"id": "true", "statement": "theorem t : 1 + 1 = 2", "proof": "rfl"},
    {"id": "false", "statement": "theorem t : 1 + 1 = 3", "proof": "rfl"},
    {"id": "deep", "statement": "theorem t : 1 + 1 = 2", "proof": DEEP},
]


def verify(folder: Path, before: str, after: str, backend: str) -> list[dict[str, str]]:
    """The verdicts of `synth verify` started by a shell with `before` and the redirections `after`."""
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    command = f"{before}{sys.executable} -m synth verify in.jsonl --out out.jsonl --backend {backend} --workers 1 {after}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("after", [">&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(after: str, tmp_path: Path, lean: LeanInstall) -> None:
    assert [row["outcome"] for row in verify(tmp_path, "", after, "fork")] == ["accepted", "rejected", "accepted"]


@pytest.mark.parametrize("backend", ["fork", "worker"])
def test_an_unlimited_stack(backend: str, tmp_path: Path, lean: LeanInstall) -> None:
    if subprocess.run(["bash", "-c", "ulimit -s unlimited"], check=False, capture_output=True).returncode:
        pytest.skip("the hard limit of this shell's stack is not unlimited")
    rows = verify(tmp_path, "ulimit -s unlimited; ", "", backend)
    assert [row["outcome"] for row in rows] == ["accepted", "rejected", "accepted"]
