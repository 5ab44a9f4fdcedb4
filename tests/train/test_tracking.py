from __future__ import annotations

import json
import struct
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from train.config import TrackingConfig
from train.tracking import START_SECONDS, Artifact, Tracker, resolve_mode


def records(path: Path) -> list[bytes]:
    """The records of a .wandb file: a 7-byte header, then LevelDB blocks of 32 KiB with (crc, length, type) before each piece."""
    data, at, found, whole = path.read_bytes(), 7, list[bytes](), b""
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        _, size, kind = struct.unpack("<IHB", data[at : at + 7])
        piece, at = data[at + 7 : at + 7 + size], at + 7 + size
        whole += piece
        if kind in (1, 4):  # a full record, or the last piece of one
            found.append(whole)
            whole = b""
    return found


@pytest.mark.parametrize("number", range(3))  # two runs in five were incomplete when `finish` returned
def test_offline_run_can_be_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    from wandb.proto.wandb_internal_pb2 import Record

    monkeypatch.setenv("WANDB_MODE", "offline")
    told = list[str]()
    tracker = Tracker(TrackingConfig(), tmp_path, f"run-{number}", {"train.lr": 0.003}, warn=told.append)
    tracker.log({"loss": 2.5, "pass@1": 41.0}, step=3)
    tracker.finish()
    assert told == []
    (file,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    logged = {}
    for raw in records(file):
        record = Record.FromString(raw)
        for item in record.history.item:
            logged[item.key or "/".join(item.nested_key)] = item.value_json
    assert {key: float(logged[key]) for key in ("loss", "pass@1", "_step")} == {"loss": 2.5, "pass@1": 41.0, "_step": 3.0}


def offline_records(folder: Path, name: str) -> list[Any]:
    from wandb.proto.wandb_internal_pb2 import Record

    (file,) = folder.glob(f"wandb/offline-run-*-{name}/*.wandb")
    return [Record.FromString(raw) for raw in records(file)]


def test_everything_is_against_one_axis_and_artifacts_have_a_history(tmp_path: Path) -> None:
    """problems -> search -> corpus -> training -> model: each step is a run of its own in W&B's graph."""
    told = list[str]()
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "model.bin").write_bytes(b"numbers")
    (tmp_path / "problems.jsonl").write_text("{}")
    tracker = Tracker(TrackingConfig(mode="offline"), tmp_path, "r", {}, warn=told.append)
    tracker.log({"time": 1.5, "rate/pairs_per_minute": 3.0}, step=15)
    tracker.table("samples/proofs", ("proof", "verdict"), [("by simp", "accepted"), ("by omega", "rejected")])
    tracker.log({"time": 2.5}, step=25)
    problems = Artifact("problems-1", "problems", {"problems": 3}, (tmp_path / "problems.jsonl").as_uri())
    corpus = Artifact("r-corpus", "corpus", {"round": 1, "pairs": 7, "share": None}, "s3://bucket/run/pairs", aliases=["round-1"])
    tracker.work("search-1", "search", [problems], [corpus])
    tracker.work("train-1", "train", [corpus], [Artifact("r-model", "model", {"round": 1}, weights.as_uri(), weights)])
    tracker.finish()
    assert told == []
    main = offline_records(tmp_path, "r")
    axis = [(r.metric.glob_name or r.metric.name, r.metric.step_metric) for r in main if r.WhichOneof("record_type") == "metric"]
    assert axis == [("time", ""), ("*", "time")]
    rows = [{item.key or "/".join(item.nested_key): item.value_json for item in r.history.item} for r in main if r.history.item]
    assert [(float(row["time"]), int(row["_step"]), any(name.startswith("samples/proofs") for name in row)) for row in rows] == [
        (1.5, 15, True),
        (2.5, 25, False),
    ]
    (table,) = tmp_path.glob("wandb/offline-run-*-r/files/media/table/samples/proofs*.json")
    assert json.loads(table.read_text())["data"] == [["by simp", "accepted"], ["by omega", "rejected"]]
    steps = {}
    for name in ("search-1", "train-1"):
        found = [r.artifact for r in offline_records(tmp_path, f"r-{name}") if r.WhichOneof("record_type") == "artifact"]
        steps[name] = [(a.name, a.use_after_commit, sorted(entry.path for entry in a.manifest.contents)) for a in found]
        (run,) = (r.run for r in offline_records(tmp_path, f"r-{name}") if r.WhichOneof("record_type") == "run")
        assert (run.run_group, run.job_type) == ("r", name.removesuffix("-1"))
    about = ["about.json", "where"]
    assert steps["search-1"] == [("problems-1", True, about), ("r-corpus", False, about)]
    assert steps["train-1"] == [("r-corpus", True, about), ("r-model", False, ["about.json", "model.bin"])]


def test_without_its_server_a_run_is_tracked_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setitem(START_SECONDS, "online", 3.0)
    told = list[str]()
    tracker = Tracker(TrackingConfig(mode="online"), tmp_path, "r", {}, warn=told.append)
    tracker.log({"time": 1.0, "loss": 2.0}, step=10)
    tracker.finish()
    assert len(told) == 1 and "tracked offline: `wandb sync" in told[0] and tracker.mode == "offline"
    assert any(item.key == "loss" or "loss" in item.nested_key for r in offline_records(tmp_path, "r") for item in r.history.item)


def test_what_goes_wrong_beside_the_figures_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[str]()
    tracker = Tracker(TrackingConfig(mode="offline"), tmp_path, "r", {}, warn=told.append)
    for _ in range(2):
        tracker.work("search-1", "search", [], [Artifact("not/a name", "corpus", {})])
    tracker.log({"time": 1.0, "loss": 2.0}, step=10)
    tracker.finish()
    assert len(told) == 1 and "W&B: lineage of search-1 failed" in told[0]
    assert any("loss" in (item.key, *item.nested_key) for r in offline_records(tmp_path, "r") for item in r.history.item)


def test_a_busy_machine_costs_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """W&B raises when a step of its own start takes 30 s, and so does a row; neither is a reason to give up the rest."""
    import wandb

    class Run:
        rows: list[dict[str, float]] = []

        def log(self, row: dict[str, float], step: int) -> None:
            if not self.rows and step == 1:
                raise TimeoutError("busy")
            self.rows.append(row)

        def define_metric(self, *_: object, **__: object) -> None: ...

        def finish(self) -> None: ...

    failures, told = [TimeoutError("busy"), TimeoutError("busy")], list[str]()

    def init(**_: object) -> Run:
        if failures:
            raise failures.pop()
        return Run()

    monkeypatch.setattr(wandb, "init", init)
    monkeypatch.setattr(wandb, "teardown", lambda: None)
    tracker = Tracker(TrackingConfig(mode="offline"), tmp_path, "r", {}, warn=told.append)
    for step in (1, 2, 3):
        tracker.log({"loss": float(step)}, step=step)
    tracker.finish()
    assert Run.rows == [{"loss": 2.0}, {"loss": 3.0}] and told == ["W&B: log timed out (busy)"]


def test_a_failure_is_told_once_and_ends_nothing(tmp_path: Path) -> None:
    told = list[str]()
    (tmp_path / "file").write_text("in the way")
    tracker = Tracker(TrackingConfig(mode="offline"), tmp_path / "file", "r", {}, warn=told.append)
    tracker.log({"loss": 1.0})
    tracker.finish()
    assert len(told) == 1 and told[0].startswith("W&B: start failed")


def test_disabled_does_nothing(tmp_path: Path) -> None:
    tracker = Tracker(TrackingConfig(mode="disabled"), tmp_path, "r", {})
    tracker.log({"loss": 1.0})
    tracker.finish()
    assert tracker.mode == "disabled" and tracker.url == "" and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("environment", "login", "expected"),
    [
        ({}, "", "offline"),
        ({"WANDB_MODE": "online"}, "", "online"),
        ({"WANDB_MODE": "disabled", "WANDB_API_KEY": "x"}, "", "disabled"),
        ({"WANDB_API_KEY": "x"}, "", "online"),
        ({}, "machine api.wandb.ai login user password none", "online"),
        ({}, "machine elsewhere.org login user password none", "offline"),
        ({"WANDB_BASE_URL": "https://wandb.example.org"}, "machine api.wandb.ai login user password none", "offline"),
        ({}, "no netrc at all {", "offline"),
    ],
)
def test_mode_follows_the_environment_then_the_login(tmp_path: Path, environment: dict[str, str], login: str, expected: str) -> None:
    if login:
        (tmp_path / ".netrc").write_text(login)
    assert resolve_mode(TrackingConfig(), environment, tmp_path) == expected
    assert resolve_mode(TrackingConfig(mode="offline"), environment, tmp_path) == "offline"


def test_a_table_and_the_rows_beside_it_reach_wandb_in_the_order_of_their_steps(tmp_path: Path) -> None:
    """A table takes a while to be written, in a thread of its own."""
    logged, begun = list[int](), threading.Event()

    class Slow:
        def log(self, figures: dict[str, Any], step: int) -> None:
            if "samples" in figures:
                begun.set()
                time.sleep(0.2)
            logged.append(step)

    tracker = Tracker(TrackingConfig(mode="disabled"), tmp_path, "r", {})
    tracker._run = Slow()
    tracker.log({"time": 1.0}, step=10)
    table = threading.Thread(target=tracker.table, args=("samples", ("proof",), [("by simp",)]))
    table.start()
    assert begun.wait(60)
    tracker.log({"time": 2.0}, step=20)
    table.join()
    assert len(logged) == 3 and logged == sorted(logged)
