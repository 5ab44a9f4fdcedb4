"""A run directory on S3: the same promises as on a disk, against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import fsspec
import pytest

from synth.export.corpus import export
from synth.records import Attempt, Pair, Problem
from synth.show.report import write_report
from synth.store import lease
from synth.store.rundir import RunDir
from tests.synth.store.test_store import LIVES, ROOT, attempt, problem
from verify_workers.errors import UserError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT", 0.2)
    monkeypatch.setattr(lease, "LOOK", 1.0)


def test_write_read_continue(s3: str) -> None:
    config = {"seed": 1}
    with RunDir.open(f"{s3}/deep/run", config) as run:
        assert run.url == f"{s3}/deep/run" and run.address("report.html") == f"{s3}/deep/run/report.html"
        assert run.commit("u", {"attempts": [attempt(1)], "pairs": []}, {"tokens": 3}) and not run.commit("u", {"attempts": [attempt(2)]})
        began = run.id
    with RunDir.open(f"{s3}/deep/run/", config) as again:
        assert [a.id for a in again.read("attempts", Attempt)] == ["a1"] and [entry["info"] for entry in again.entries()] == [{"tokens": 3}]
        assert again.id == began and len(began) == 16
    with pytest.raises(UserError, match="seed is 1 there and 2 here"):
        RunDir.open(f"{s3}/deep/run", {"seed": 2})
    fs = fsspec.filesystem("s3")
    assert not [path for path in fs.find(f"{s3}/deep/run") if "/.tmp/" in path or path.endswith(".driver.json")]


def test_kill_at_any_moment_loses_and_doubles_nothing(s3: str) -> None:
    """As on a disk (test_store.py), with fewer lives, each in a process of its own: s3fs does not survive a fork."""
    script = LIVES.split("rng = ")[0].replace("os.write(out,", "os.write(1,") + "live(sys.argv[2], 1)"
    reported: list[str] = []
    for life in range(4):
        command = [sys.executable, "-c", script, f"{s3}/run", str(life)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            reported += [process.stdout.readline().strip() for _ in range(2 + life)]
            time.sleep(0.01 * life)
            process.kill()
            reported += process.stdout.read().split()
    assert len(set(reported)) == len(reported) >= 14, "no unit was done twice"
    with RunDir.open(f"{s3}/run", {"a": 1}) as run:
        attempts, pairs, keys = list(run.read("attempts", Attempt)), list(run.read("pairs", Pair)), set(run.keys())
        files = {path.split("/run/")[1] for kind in ("attempts", "pairs") for path in run.list_files(kind)}
        assert files == {part["path"] for entry in run.entries() for part in entry["parts"]}, "no part without an entry"
    assert set(reported) <= keys
    assert {a.id for a in attempts} == {f"{key}-{k}" for key in keys for k in range(20)} and len(attempts) == 20 * len(keys)
    proofs = {a.id: a.proof for a in attempts}
    assert all(proofs[p.attempt_id] == p.proof for p in pairs), "a pair and its attempt come from the same life"


def test_one_driver_at_a_time(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunDir.open(f"{s3}/run") as run:
        with pytest.raises(UserError, match=r"another `synth run` is using this run directory \(process \d+ on "):
            RunDir.open(f"{s3}/run")
        assert RunDir(f"{s3}/run").locked()
        with monkeypatch.context() as patch:  # as seen from another machine, by its signs of life only
            patch.setattr(lease, "_host", lambda: "elsewhere")
            with pytest.raises(UserError, match="another `synth run` is using this run directory"):
                RunDir.open(f"{s3}/run")
            assert RunDir(f"{s3}/run").locked()
        time.sleep(3 * lease.BEAT)
        assert run.write("problems", [problem(1)], "a"), "its own lease was left alone"
    assert not RunDir(f"{s3}/run").locked()


def test_a_dead_driver_is_followed(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On its own machine at once, from another one as soon as it has given no sign of life for a while."""
    script = "import os, sys; from synth.store.rundir import RunDir; RunDir.open(sys.argv[1]); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script, f"{s3}/run"], cwd=ROOT, check=False, env=os.environ)
    assert fsspec.filesystem("s3").exists(f"{s3}/run/.driver.json")
    with monkeypatch.context() as patch:
        patch.setattr(lease, "_host", lambda: "elsewhere")
        began = time.monotonic()
        RunDir.open(f"{s3}/run").close()
        assert time.monotonic() - began > lease.LOOK / 2
    subprocess.run([sys.executable, "-c", script, f"{s3}/run"], cwd=ROOT, check=False, env=os.environ)
    RunDir.open(f"{s3}/run").close()


def test_a_driver_whose_place_was_taken_stops_writing(s3: str) -> None:
    run = RunDir.open(f"{s3}/run")
    other = json.dumps({"id": "other", "host": "x", "pid": 1, "born": "1"}).encode()
    run.fs.pipe_file(run.file(".driver.json"), other)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            run.write_text("x", "x")
        except UserError as error:
            assert "another `synth run` has taken this run directory over" in str(error)
            break
        time.sleep(0.05)
    else:
        raise AssertionError("it never noticed")
    run.close()
    assert run.fs.cat_file(run.file(".driver.json")) == other, "the other's lease is left alone"


def test_a_place_taken_between_look_and_sign_of_life_stays_taken(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver finds its own name, the other one writes its own, and only then the driver gives its sign of life."""
    monkeypatch.setattr(lease, "BEAT", 3600.0)
    run = RunDir.open(f"{s3}/run")
    other = json.dumps({"id": "other", "host": "x", "pid": 1, "born": "1"}).encode()
    mine, give_sign = run._lock, lease.Lease._give_sign
    assert isinstance(mine, lease.Lease)

    def late(self: lease.Lease) -> None:
        self.fs.pipe_file(self.file, other)
        give_sign(self)

    monkeypatch.setattr(lease.Lease, "_give_sign", late)
    monkeypatch.setattr(lease, "BEAT", 0.05)
    beats = threading.Thread(target=mine._beat)
    beats.start()
    beats.join(20)
    assert mine.lost and not beats.is_alive(), "it gave one sign of life, and saw the other's name at the next"
    assert run.fs.cat_file(run.file(".driver.json")) == other


def test_what_is_wrong_is_one_line(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import s3fs

    with pytest.raises(UserError, match=r"s3://no-such-bucket/run: not reachable \(.*bucket does not exist\); check the address"):
        RunDir.open("s3://no-such-bucket/run")
    with pytest.raises(UserError, match="not a run directory"):
        RunDir.existing(f"{s3}/nothing")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nonexistent")
    s3fs.S3FileSystem.clear_instance_cache()
    for call in (RunDir.open, RunDir.existing):
        with pytest.raises(UserError, match=r"run: not reachable \(Unable to locate credentials\); check the address and your credentials"):
            call(f"{s3}/run")


def test_report_export_and_folders(s3: str, tmp_path: Path) -> None:
    with RunDir.open(f"{s3}/run", {"name": "far"}) as run:
        row = Pair(id="1", attempt_id="a", statement_id="s", problem_id="p", statement="theorem X : 1 = 1", proof="by rfl", round=1)
        run.write("pairs", [row], "a")
        run.write_json("rounds/000/metrics.json", {"round": 0, "pass@1": 12.5})
        (tmp_path / "wandb" / "deep").mkdir(parents=True)
        (tmp_path / "wandb" / "deep" / "run.wandb").write_bytes(b"rows")
        run.put_folder("wandb", tmp_path / "wandb")
    assert write_report(f"{s3}/run") == f"{s3}/run/report.html"
    assert b"theorem X : 1 = 1" in RunDir(f"{s3}/run").read_bytes("report.html")
    assert RunDir(f"{s3}/run").read_bytes("wandb/deep/run.wandb") == b"rows"
    assert export(f"{s3}/run", tmp_path / "corpus", "sft")["pairs"] == 1
    assert [metrics["round"] for metrics in RunDir(f"{s3}/run").rounds()] == [0]
    assert next(iter(RunDir(f"{s3}/run").read("pairs", Pair))) == row and not list(RunDir(f"{s3}/run").read("problems", Problem))
