from __future__ import annotations

import struct
from pathlib import Path

import pytest

from train.config import TrackingConfig
from train.tracking import Tracker, resolve_mode


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


def test_a_busy_machine_costs_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """W&B raises when a step of its own start takes 30 s, and so does a row; neither is a reason to give up the rest."""
    import wandb

    class Run:
        rows: list[dict[str, float]] = []

        def log(self, row: dict[str, float], step: int) -> None:
            if not self.rows and step == 1:
                raise TimeoutError("busy")
            self.rows.append(row)

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
