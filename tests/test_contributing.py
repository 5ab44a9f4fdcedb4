"""What a contributor is given: hooks, a container, `make help`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.M))


def test_hooks_run_what_make_lint_runs() -> None:
    hooks = [hook for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"] for hook in repo["hooks"]]
    lint = MAKEFILE.partition("\nlint:")[2].partition("\n\n")[0]
    for hook in hooks:
        program, *words = hook["entry"].removeprefix(".venv/bin/").split()
        words = [word for word in words if word != "--force-exclude"]  # of files that are named, as hooks name them
        assert hook["language"] == "system" and (Path(sys.executable).parent / program).exists()
        assert f"$(BIN)/{' '.join([program, *words])}" in lint
    assert len(hooks) == lint.count("$(BIN)/")


def test_the_container_sets_itself_up() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["postCreateCommand"].split()[0] == "make" and container["postCreateCommand"].split()[1] in TARGETS
    version = re.fullmatch(r"python:(\d+)\.(\d+)-\w+", container["image"])
    assert version and (int(version[1]), int(version[2])) >= (3, 11), "the oldest Python that setup.cfg takes"


def test_make_help_names_every_target() -> None:
    told = set(re.findall(r"make ([a-z-]+)", MAKEFILE.partition("\nhelp:")[2].partition("\n\n")[0]))
    assert {"setup", "demo", "test", "test-all", "lint", "docs", "site", "clean"} <= told
    assert told <= TARGETS and TARGETS - told == {"help"}
