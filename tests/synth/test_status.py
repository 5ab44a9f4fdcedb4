"""`synth status` and `synth report` on runs in every state, also on S3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.cli import main
from synth.config import RunConfig
from synth.records import Problem
from synth.store.rundir import RunDir
from synth.store.timeline import Row, TimelineLog
from tests.synth.show.test_report import pair

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


def test_a_run_that_is_over_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RunDir.open(tmp_path / "run", RunConfig(rounds=1)) as store:
        for number in (0, 1):
            store.write_json(f"rounds/{number:03d}/metrics.json", {"round": number})
    assert "; complete" in " ".join(call(capsys, "status", str(tmp_path / "run"))[1].split())


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


def test_watching_a_run_on_s3(s3: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look sees what was written since, and the watch ends with the run."""
    place = make(f"{s3}/watched", "between rounds")
    store = RunDir.open(place)
    log = TimelineLog(store)

    def meanwhile(seconds: float) -> None:
        assert seconds == 7
        if len(log.rows) < 2:
            log.append(
                Row(time=5.0 * len(log.rows) + 5, span=5, rounds=[1], stages={"search": 5}, made={"pairs": 2}, waiting={"statements": 9})
            )
            store.write("pairs", [pair(len(log.rows))], f"r001-{len(log.rows)}")
        else:
            store.close()

    monkeypatch.setattr("synth.commands.looking.time.sleep", meanwhile)
    status, out, _ = call(capsys, "status", place, "--watch", "7")
    seen = [line for line in out.splitlines() if line.startswith(place)]
    assert status == 0 and len(seen) == 4 and out.count("pass@k on held-out") <= 1, "the table only when a round is finished"
    assert seen[0].endswith("; at work") and "0 pairs" in seen[0]
    assert seen[1].endswith("1 pairs, 0 searches; at work (search), 24.0 pairs a minute, 9 statements to search")
    assert "2 pairs" in seen[2] and "not running" in seen[3]
    (found,) = map(json.loads, call(capsys, "status", place, "--json")[1].splitlines())
    assert found["counts"]["pairs"] == 2 and found["seconds"] == 10.0 and found["rounds"][0]["pass@1"] == 17.0
    assert found["at_work"] is False and found["figures"]["waiting/statements"] == 9


def test_damaged_metrics_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = make(str(tmp_path / "run"), "between rounds")
    (tmp_path / "run" / "rounds" / "000" / "metrics.json").write_text(json.dumps({"round": 0})[:-1])
    for command in ("status", "report"):
        status, _, err = call(capsys, command, place)
        assert status == 2 and "rounds/000/metrics.json: damaged JSON" in err and err.count("\n") == 1
