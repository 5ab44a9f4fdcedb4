"""Finding a user's Lean: every step from nothing to a working lake project says what to do next."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import TOOLCHAIN, FakeLake
from verify_workers.errors import UserError
from verify_workers.lean.project import discover, steps


@pytest.fixture
def project(lake: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project to break."""
    monkeypatch.setenv("PATH", lake.path)
    shutil.copytree(lake.project, tmp_path / "project")
    return tmp_path / "project"


def refused(folder: Path, repl: Path | None = None) -> str:
    """The one line that the user gets, the same as the last step of `synth doctor`."""
    with pytest.raises(UserError) as error:
        discover(folder, repl)
    last = steps(folder, repl)[-1]
    line = str(error.value)
    assert not last.works and "\n" not in line and last.found in line and last.remedy in line
    return line


def test_a_folder_that_is_not_there_is_said_before_all_else(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with_lake = refused(tmp_path / "nosuch")
    assert with_lake.endswith(f"project: no such folder; check the path; to make one with Mathlib: lake new nosuch math in {tmp_path}")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    discover.cache_clear()
    assert "no such folder" in (without := refused(tmp_path / "nosuch")) and "install elan, Lean's version manager" in without


def test_a_working_project(lake: FakeLake, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "of the user")
    found = discover(project)
    assert (found.version, found.repl, found.lean) == ("4.35.0", project / "repl/.lake/build/bin/repl", lake.bin / "lean")
    assert "LEAN_PATH" in found.environment() and "SECRET" not in found.environment()
    assert [step.what for step in steps(project)] == ["lake", "project", "lean", "Mathlib", "REPL"]
    assert all(step.works for step in steps(project))
    again = discover(project, project / "repl")
    assert again == found
    (project / "lake-manifest.json").write_text('{"packages": [], "version": 2}', encoding="utf-8")
    discover.cache_clear()
    assert discover(project).revision != found.revision


def test_the_way_from_nothing(project: Path, lake: FakeLake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "install elan" in refused(project)
    FakeLake.executable(tmp_path / ".elan/bin/lake", (lake.bin / "lake").read_text(encoding="utf-8"))
    assert all(step.works for step in steps(project))
    assert "lake new" in refused(tmp_path)
    shutil.move(project / "lean-toolchain", tmp_path / "kept")
    assert "lean-toolchain" in refused(project)
    shutil.move(tmp_path / "kept", project / "lean-toolchain")
    manifest = project / "lake-manifest.json"
    manifest.write_text("{", encoding="utf-8")
    assert "not JSON" in refused(project)
    manifest.write_text('{"packages": [{"name": "mathlib"}]}', encoding="utf-8")
    assert "not fetched" in refused(project)
    (project / ".lake/packages/mathlib").mkdir(parents=True)
    assert "lake exe cache get" in refused(project)
    FakeLake.write(project / ".lake/packages/mathlib/.lake/build/lib/lean/Mathlib.olean", "")
    assert all(step.works for step in steps(project))
    (project / "repl/lean-toolchain").write_text("leanprover/lean4:v4.9.0", encoding="utf-8")
    assert "v4.9.0" in refused(project) and "--branch v4.35.0" in refused(project)
    (project / "repl/lean-toolchain").write_text(TOOLCHAIN, encoding="utf-8")
    (project / "repl/.lake/build/bin/repl").unlink()
    assert "no binary in" in refused(project)
    shutil.rmtree(project / "repl")
    assert "not found in or beside" in refused(project)
    assert discover(project, need_repl=False).repl is None


def test_a_lake_that_fails(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    lake = tmp_path / "lake"
    FakeLake.executable(lake, "#!/bin/sh\necho 'info: downloading' >&2\necho 'error: no such toolchain' >&2\nexit 1\n")
    assert "error: no such toolchain" in refused(project)
    FakeLake.executable(lake, "#!/bin/sh\nexec env -0 LEAN_NOTHING=1\n")
    assert "no LEAN_PATH" in refused(project)
    FakeLake.executable(lake, "#!/bin/sh\nexec env LEAN_PATH=x PATH=/nowhere /usr/bin/env -0\n")
    assert "lean --version" in refused(project)


def test_a_project_is_a_value(project: Path) -> None:
    found = discover(project)
    assert dataclasses.replace(found, repl=None).program() == [str(found.lean)]
    found.environment()["LEAN_PATH"] = "a folder of one check"  # as the strict tier and snapshots do
    assert found.environment()["LEAN_PATH"] == found.variables["LEAN_PATH"] != "a folder of one check"
