"""A process whose working directory is replaced by another of the same name, as Ray does for nodes that share a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from verify_workers import working_directory
from verify_workers.errors import UserError
from verify_workers.working_directory import enter_again


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this process is."""
    folder = tmp_path / "_ray_pkg_0 ü (deleted)"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_the_new_one_is_entered(package: Path) -> None:
    shutil.rmtree(package)
    package.mkdir()
    (package / "problems.jsonl").write_text("{}")
    with pytest.raises(FileNotFoundError):
        os.getcwd()
    assert not Path("problems.jsonl").exists()
    enter_again()
    assert os.getcwd() == str(package) and Path("problems.jsonl").read_text() == "{}"


def test_the_new_one_may_take_a_moment(package: Path) -> None:
    shutil.rmtree(package)
    later = threading.Timer(0.3, package.mkdir)
    later.start()
    enter_again()
    later.join()
    assert os.getcwd() == str(package)


def test_one_that_is_there_is_left_alone(package: Path) -> None:
    inside = os.stat(".").st_ino
    moved = package.rename(package.with_name("moved"))
    package.mkdir()
    enter_again()
    assert os.getcwd() == str(moved) and os.stat(".").st_ino == inside


def test_one_that_is_gone_for_good_is_named(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working_directory, "SECONDS", 0.1)
    shutil.rmtree(package)
    began = time.monotonic()
    with pytest.raises(UserError) as caught:
        enter_again()
    assert str(caught.value) == f"the working directory {package} was deleted after this process had started; start in another"
    assert time.monotonic() - began < 5


MODEL = """
import shutil, sys
from pathlib import Path
shutil.rmtree(sys.argv[1])
Path(sys.argv[1]).mkdir()
from train.config import ModelConfig
from train.model import build_model
build_model(ModelConfig(vocab_size=320, d_model=64, layers=1, heads=2, ffn=64), 320, 0, 1, 0)
print("built")
"""


def test_pytorch_is_loaded_after_a_replacement(tmp_path: Path) -> None:
    """oneMKL ended the driver of a job there: "Cannot load …/libtorch_cpu.so", a segmentation fault."""
    root = Path(working_directory.__file__).parents[1]
    (here := tmp_path / "package").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", MODEL, str(here)], cwd=here, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "built\n"
