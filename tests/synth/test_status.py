"""`synth status` and `synth report` on runs in every state, also on S3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.cli import main
from synth.records import Problem
from synth.store.rundir import RunDir

STATES = ("new", "problems", "bootstrapping", "between rounds", "metrics of before", "without manifest")


def make(place: str, state: str) -> str:
    """A run that was killed at some point."""
    with RunDir.open(place, {"name": "half"}) as store:
        if state == "new":
            return place
        store.write("problems", [Problem(id="p", text="one")], "all")
        if state == "bootstrapping":
            store.write_json("rounds/000/clock.json", {"seconds": 3, "stages": {"bootstrap": 3}, "tokens": 0, "failures": {}})
        if state in ("between rounds", "metrics of before", "without manifest"):
            metrics = (
                {"round": 0, "seconds": 2.5} if state == "metrics of before" else {"round": 0, "pass@1": 17.0, "pass@8": 20.0, "pairs": 0}
            )
            store.write_json("rounds/000/metrics.json", metrics)
            store.write_json("rounds/001/weights.json", {"round": 0})
    if state == "without manifest":
        store.fs.rm_file(store.file("manifest.json"))
    return place


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(words)
    out, err = capsys.readouterr()
    assert isinstance(caught.value.code, int)
    return caught.value.code, out, err


@pytest.mark.parametrize("state", STATES)
def test_a_local_run(tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str) -> None:
    place = make(str(tmp_path / "run"), state)
    status, out, err = call(capsys, "status", place)
    assert (status, err) == (0, "") and "not running; the same `synth run` continues it" in " ".join(out.split())
    assert ("1 problems" in out) == (state != "new")
    status, out, _ = call(capsys, "report", place)
    assert status == 0 and "half" in Path(out.strip()).read_text()


@pytest.mark.parametrize("state", ["new", "between rounds"])
def test_a_run_on_s3(s3: str, capsys: pytest.CaptureFixture[str], state: str) -> None:
    place = make(f"{s3}/deep/run", state)
    assert "not running" in call(capsys, "status", place)[1]
    assert call(capsys, "report", place)[:2] == (0, f"{place}/report.html\n")
    assert b"half" in RunDir(place).read_bytes("report.html")
    with RunDir.open(place):
        assert "at work" in call(capsys, "status", place)[1]
    status, _, err = call(capsys, "status", f"{s3}/nothing")
    assert status == 2 and err.startswith(f"synth: {s3}/nothing: not a run directory")


def test_damaged_metrics_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = make(str(tmp_path / "run"), "between rounds")
    (tmp_path / "run" / "rounds" / "000" / "metrics.json").write_text(json.dumps({"round": 0})[:-1])
    for command in ("status", "report"):
        status, _, err = call(capsys, command, place)
        assert status == 2 and "rounds/000/metrics.json: damaged JSON" in err and err.count("\n") == 1
