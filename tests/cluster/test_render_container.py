"""The container files: instructions that Docker knows, and what they copy, install and call is there."""

from __future__ import annotations

import configparser
import importlib.util
import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cluster.test_render import parsed, render

ROOT = Path(__file__).parents[2]
INSTRUCTIONS = {
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "RUN",
    "SHELL",
    "USER",
    "VOLUME",
    "WORKDIR",
}
EMBEDDED = ROOT / "cluster" / "configs" / "embedded.yaml"


def instructions(text: str) -> list[tuple[str, str]]:
    """Instruction and rest of each line, continued lines joined, comments left out."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ").splitlines()
    found = [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]
    assert {name for name, _ in found} <= INSTRUCTIONS
    return found


@pytest.fixture(params=["gpu", "cpu"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    options = ("--run-dir", "s3://bucket/first")
    return render(tmp_path, "container", *options) if request.param == "gpu" else render(tmp_path, "container", *options, config=EMBEDDED)


def test_what_is_copied_is_in_the_project(files: dict[str, str]) -> None:
    for text in files.values():
        copied = []
        for name, rest in instructions(text):
            words = [word for word in rest.split() if not word.startswith("--")]
            if name == "COPY" and "--from=project" not in rest:
                copied += words[:-1]
                assert words[-1].endswith("/")
        assert copied and not [path for path in copied if not (ROOT / path).exists()]
        packages = configparser.ConfigParser()
        packages.read(ROOT / "setup.cfg")
        declared = {line for line in packages["options.packages.find"]["include"].split() if "*" not in line}
        assert {path.rstrip("/") for path in copied} >= declared | {"setup.cfg", "pyproject.toml"}, "all that is installed"


def test_commands_are_there_and_parse(files: dict[str, str]) -> None:
    for text in files.values():
        (command,) = [json.loads(rest) for name, rest in instructions(text) if name == "CMD"]
        parsed(command)
        for name, rest in instructions(text):
            if name == "RUN":
                subprocess.run(["bash", "-n", "-c", rest], check=True)
            for module in re.findall(r"python3? -m (\S+)", rest):
                assert importlib.util.find_spec(module) is not None, module
    for script in re.findall(r"/opt/proof-synth/(\S+\.sh)", files["worker.Dockerfile"]):
        assert os.access(ROOT / script, os.X_OK)


def test_a_verifier_is_installed_without_an_extra(files: dict[str, str]) -> None:
    verifier, worker = files["verifier.Dockerfile"], files["worker.Dockerfile"]
    assert "/opt/proof-synth[" not in verifier and "requirements" not in verifier and "nvidia" not in verifier
    assert "s3fs" in worker, "the run directory is a bucket"
    extras = re.findall(r"/opt/proof-synth\[(\w+)\]", worker)
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert set(extras) <= set(setup["options.extras_require"])
    assert bool(extras) != ("requirements/install.sh" in worker), "the GPU packages by the extra, those for CPUs by the lock"


def test_a_lake_project_is_mounted_or_built(tmp_path: Path) -> None:
    verifier = render(tmp_path / "project", "container")["verifier.Dockerfile"]
    stages = [rest for name, rest in instructions(verifier) if name == "FROM"]
    assert [shlex.split(stage)[-1] for stage in stages] == ["verifier", "built", "verifier"], "mounted is what is built without a target"
    (command,) = [json.loads(rest) for name, rest in instructions(verifier) if name == "CMD"]
    assert str(parsed(command)["project"]) == "/project"
    embedded = render(tmp_path / "embedded", "container", config=EMBEDDED)["verifier.Dockerfile"]
    assert "elan" not in embedded and "project" not in str([rest for name, rest in instructions(embedded) if name == "CMD"])


def test_the_projects_own_lean_is_installed(tmp_path: Path) -> None:
    project = tmp_path / "mine"
    project.mkdir()
    (project / "lean-toolchain").write_text("leanprover/lean4:v4.36.0-rc1\n")
    worker = render(tmp_path / "out", "container", "--set", f"verify.project={project}")["worker.Dockerfile"]
    assert ("ARG", "LEAN_TOOLCHAIN=leanprover/lean4:v4.36.0-rc1") in instructions(worker)
