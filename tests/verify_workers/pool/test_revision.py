"""A verdict is recalled only from the same verifier: every room that has a say in it counts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import verify_workers

CODE = "from verify_workers.pool.revision import verifier_revision; print(verifier_revision())"


def revision(root: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(Path(verify_workers.__file__).parent, root / "verify_workers", ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.mark.parametrize("module", ["policy/words", "kernel/judge", "text/pin", "backends/process", "lean/special", "records"])
def test_a_change_anywhere_is_another_revision(copy: Path, module: str) -> None:
    before = revision(copy)
    path = copy / "verify_workers" / f"{module}.py"
    text = path.read_text()
    path.write_text(text + "# changed\n")
    assert revision(copy) != before
    path.write_text(text)
    assert revision(copy) == before
