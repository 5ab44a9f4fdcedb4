"""The commands of docs/tutorial.md, as they stand there, one after the other; and the docs as a site, without a warning."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SMALL = " --set rounds=1 --set problems.count=60 --set heldout.count=20"
"""What is added to the demo, whose ten minutes are tested by itself: one round of few problems, with the same model."""


def blocks() -> dict[str, str]:
    """The tested blocks of the tutorial, as shell scripts."""
    found = re.findall(r"<!-- test: (\w+) -->\n```console\n(.*?)```", (ROOT / "docs" / "tutorial.md").read_text(), re.S)
    return {name: re.sub(r"^\$ ", "", text, flags=re.M) for name, text in found}


def test_every_command_of_the_tutorial_is_in_a_tested_block() -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text()
    set_up = text.split("```console\n")[1].split("```")[0]
    commands = len(re.findall(r"^\$ ", text, flags=re.M)) - len(re.findall(r"^\$ ", set_up, flags=re.M))
    assert list(blocks()) == ["verify", "demo", "looking", "own", "corpus"]
    assert sum(len(re.findall(r"^(?!\{|END)\S", block, flags=re.M)) for block in blocks().values()) == commands


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_tutorial_from_beginning_to_end(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "WANDB_MODE": "offline"}

    def shell(name: str) -> str:
        script = blocks()[name].rstrip() + (SMALL if name == "demo" else "")
        done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    assert [json.loads(line)["outcome"] for line in (shell("verify") and (tmp_path / "verdicts.jsonl").read_text()).splitlines()] == [
        "accepted",
        "rejected",
    ]
    assert shell("demo").splitlines()[-1] == "runs/demo"
    assert "not running" in shell("looking") and (tmp_path / "runs/demo/report.html").exists()
    shell("own")
    for name in ("checked.jsonl", "again.jsonl"):
        if name == "again.jsonl":
            assert "DatasetDict" in shell("corpus") and (tmp_path / "corpus" / "README.md").exists()
        outcomes = [json.loads(line)["outcome"] for line in (tmp_path / name).read_text().splitlines()]
        assert outcomes and set(outcomes) == {"accepted"}


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="no Sphinx here: pip install '.[docs]'")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(ROOT / "docs"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tutorial.html").exists() and (tmp_path / "readme.html").exists()
