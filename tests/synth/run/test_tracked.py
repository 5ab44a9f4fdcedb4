"""W&B's run of a run directory: an id of its own, continued; its folder ends up in the run directory, wherever that is."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from synth.config import RunConfig
from synth.run import driver
from synth.run.driver import tracked
from synth.show.progress import Progress
from synth.store.rundir import RunDir
from verify_workers.errors import UserError

CONFIG = RunConfig.model_validate({"name": "mine"})


class Recorder:
    """Stands in for the tracker: what W&B does with a run's id and folder is W&B's."""

    made: list[tuple[str, Path]] = []

    def __init__(self, config: Any, folder: Path, run_id: str, settings: Mapping[str, Any], warn: Any) -> None:
        self.folder = folder
        self.made.append((run_id, folder))

    def finish(self) -> None:
        (self.folder / "wandb" / "offline-run").mkdir(parents=True)
        (self.folder / "wandb" / "offline-run" / "run.wandb").write_bytes(b"rows")


@pytest.fixture(autouse=True)
def recorder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recorder, "made", [])
    monkeypatch.setattr(driver, "Tracker", Recorder)


def use(place: str) -> tuple[str, Path]:
    progress = Progress(Console(file=io.StringIO()), plain=True)
    with RunDir.open(place) as store, tracked(CONFIG, store, progress):
        pass
    return Recorder.made[-1]


def test_each_run_directory_is_a_run_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two directories of one configuration were one W&B run."""
    monkeypatch.setattr(Recorder, "finish", lambda self: None)
    first, other, again = (use(str(tmp_path / name))[0] for name in ("a", "b", "a"))
    assert first == again != other and first.startswith("mine-") and first != "mine-"


def test_the_folder_of_a_remote_run_is_copied_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert use(str(tmp_path / "run"))[1] == tmp_path / "run" / "wandb"
    _, folder = use(f"memory://{tmp_path.name}/run")
    assert RunDir(f"memory://{tmp_path.name}/run").read_bytes("wandb/wandb/offline-run/run.wandb") == b"rows" and not folder.exists()

    def unreachable(self: RunDir, name: str, folder: Path) -> None:
        raise UserError("the bucket is gone")

    monkeypatch.setattr(RunDir, "put_folder", unreachable)
    _, kept = use(f"memory://{tmp_path.name}/other")
    assert (kept / "wandb" / "offline-run" / "run.wandb").exists(), "what cannot be copied stays where it is"
