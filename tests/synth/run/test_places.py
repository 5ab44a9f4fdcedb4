"""Where a run is kept: the same place for every process, and never inside Ray's own folders."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from synth.config import RunConfig
from synth.run.places import check_kernels, check_places, everywhere
from synth.stage_config import stage_config
from synth.store.rundir import RunDir
from verify_workers.errors import UserError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a job that was submitted with `--working-dir`, as Ray lays it out."""
    folder = tmp_path / "ray" / "session_2026-11-26_20-00-00_000000_1" / "runtime_resources" / "working_dir_files" / "_ray_pkg_0123"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def test_a_run_inside_rays_package_is_refused_with_the_remedy(package: Path, tmp_path: Path) -> None:
    config = RunConfig()
    for place in ("runs/mine", str(package / "x"), f"file://{package}/x", str(package.parents[2] / "logs" / "x")):
        with pytest.raises(UserError, match=r"--run-dir: .* is inside Ray's own folder for this job, which Ray deletes; give an absolute"):
            check_places(config, place)
    with pytest.raises(UserError, match=r"checkpoints: .* inside Ray's own folder .* such as checkpoints=/shared/runs/first$"):
        check_places(config.model_copy(update={"checkpoints": "weights"}), str(tmp_path / "run"))
    check_places(config, str(tmp_path / "run"))
    assert list(package.iterdir()) == [], "nothing was made"


def test_a_link_into_rays_package_is_seen_through(package: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(package)
    with pytest.raises(UserError, match="inside Ray's own folder"):
        check_places(RunConfig(), str(tmp_path / "link" / "run"))


def test_an_ordinary_folder_of_a_like_name_is_fine(tmp_path: Path) -> None:
    (tmp_path / "session_3").mkdir()
    check_places(RunConfig(), str(tmp_path / "session_3" / "run"))


def test_a_remote_run_needs_a_place_for_weights(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"memory://runs/x: weights need a file system; set checkpoints=FOLDER, one that every node sees"):
        check_places(RunConfig(), "memory://runs/x")
    check_places(RunConfig.model_validate({"checkpoints": str(tmp_path)}), "memory://runs/x")


@pytest.mark.parametrize("name", ["runs/mine", "./runs/../runs/mine", "file://{cwd}/runs/mine", "odd [a] #b %20 ü/run"])
def test_another_process_finds_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with RunDir.open(name.format(cwd=tmp_path / "here")) as run:
        run.write_text("x", "found")
        sent = pickle.dumps(run)
        monkeypatch.chdir(tmp_path / "elsewhere")
        for other in (pickle.loads(sent), RunDir(run.url)):
            assert other.read_bytes("x") == b"found" and other.id == run.id
    assert os.listdir(tmp_path / "elsewhere") == []


def test_what_actors_open_by_path_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "mine").mkdir()
    verify = {"project": "mathlib", "cache": {"path": "verdicts.db"}, "backend": "repl", "repl": "../repl"}
    config = RunConfig.model_validate({"models": {"prover": {"path": "model", "preset": "mine"}}, "verify": verify, "checkpoints": "w"})
    there = everywhere(config)
    prover = there.models.prover
    assert (prover.path, prover.preset, there.checkpoints) == (f"{tmp_path}/model", f"{tmp_path}/mine", f"{tmp_path}/w")
    assert (there.verify.project, there.verify.cache.path) == (tmp_path / "mathlib", tmp_path / "verdicts.db")
    assert there.verify.repl is not None and there.verify.repl.is_absolute()
    assert config.models.prover.path == "model", "what is written down stays as the user wrote it"
    hub = everywhere(RunConfig.model_validate({"models": {"prover": {"path": "org/prover-7b"}}}))
    assert (hub.models.prover.path, hub.models.prover.preset, hub.checkpoints, hub.verify.project) == ("org/prover-7b", "", "", None)


def test_a_kernel_that_is_not_there_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = RunConfig.model_validate({"verify": {"kernels": ["builtin-python", "no-such-kernel"]}})
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(UserError, match="no program 'no-such-kernel'"):
        check_kernels(config)
    with pytest.raises(UserError, match="no program 'no-such-kernel'"):
        stage_config(None, None, ["verify.kernels=[no-such-kernel]"], "prover")
    monkeypatch.setenv("RAY_ADDRESS", "auto")  # the nodes that check may have it
    check_kernels(config)
