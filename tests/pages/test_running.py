"""The commands of the pages, as they stand there: one after the other, page by page, each page in a fresh folder."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from synth import api
from tests.pages.blocks import Block, all_blocks
from tests.pages.running import ELSEWHERE, elsewhere, environment, here, quick, run
from tests.pages.world import World

TUTORIAL = "docs/tutorial.md"
BLOCKS = [block for block in all_blocks() if here(block)]
SLOW = {page: list(some) for page, some in groupby(BLOCKS, lambda block: block.page) if page != TUTORIAL}


def test_each_reason_not_to_run_a_command_is_needed() -> None:
    commands = [command for block in all_blocks() if block.language == "console" for command in block.commands()]
    assert [pattern for pattern in ELSEWHERE if not any(re.search(pattern, command.text) for command in commands)] == []
    assert {bool(elsewhere(command)) for command in commands} == {True, False}


@pytest.mark.parametrize("block", [block for block in BLOCKS if quick(block)], ids=lambda block: block.place)
def test_quick_commands(block: Block, tmp_path: Path) -> None:
    run([block], World(tmp_path, None))


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, str]]]:
    """The tutorial from beginning to end; its run is what the other pages take as given."""
    world = World(tmp_path_factory.mktemp("tutorial"), None)
    said = run([block for block in BLOCKS if block.page == TUTORIAL], world)
    yield world, said


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_tutorial(tutorial: tuple[World, dict[str, str]]) -> None:
    world, said = tutorial
    outcomes = {name: [json.loads(line)["outcome"] for line in (world.folder / name).read_text().splitlines()] for name in
                ("verdicts.jsonl", "checked.jsonl", "again.jsonl")}  # fmt: skip
    assert outcomes["verdicts.jsonl"] == ["accepted", "rejected"]
    assert set(outcomes["checked.jsonl"]) == set(outcomes["again.jsonl"]) == {"accepted"}
    assert (world.folder / "runs/demo/report.html").exists() and (world.folder / "corpus/README.md").exists()
    assert "; complete" in said["synth status runs/demo"]
    assert any("DatasetDict" in text for text in said.values())


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_demo_ends_as_the_readme_shows(tutorial: tuple[World, dict[str, str]]) -> None:
    shown = next(block.text for block in all_blocks() if block.page == "README.md" and block.text.startswith("pairs: "))
    ends = tutorial[1]["synth demo --run-dir runs/demo"].splitlines()[-3:]
    assert re.sub(r"runs/[\w-]+", "RUN", shown).splitlines() == [re.sub(r"runs/[\w-]+", "RUN", line) for line in ends]


OURS = r"\s*$|run directory: |\[\d+:\d\d(:\d\d)?\] |Rounds\s*$|[┏┡│└┃]|pass@k on held-out|tactics are tried|pairs:  |report: |runs/demo$"
"""How the lines begin that the demo prints where it is no terminal."""


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_demo_says_nothing_that_is_not_ours(tutorial: tuple[World, dict[str, str]]) -> None:
    """No progress bar of a library, no remark of Ray's, no control characters."""
    said = tutorial[1]["synth demo --run-dir runs/demo"]
    assert [line for line in said.split("\n") if not re.match(OURS, line)] == []
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", said)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("page", SLOW)
def test_a_page(page: str, tutorial: tuple[World, dict[str, str]], tmp_path: Path) -> None:
    run(SLOW[page], World(tmp_path, tutorial[0].folder / "runs" / "demo"))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_examples_of_the_api(tutorial: tuple[World, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tutorial[0].folder)
    found = doctest.testmod(api)
    assert found.attempted and not found.failed


PYTHON = [block for block in all_blocks() if block.language == "python"]


RUN = """
import ast, asyncio, inspect, sys
done = eval(compile(sys.argv[1], "block", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
inspect.iscoroutine(done) and asyncio.run(done)
"""


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.place)
def test_python(block: Block, tmp_path: Path) -> None:
    """In a process of its own; `await` may stand at the top, as in a notebook."""
    command = [sys.executable, "-c", RUN, block.text]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{block.place}: {done.stderr[-2000:]}"
    assert done.stdout.split()[0] in ("True", "1.0")  # each shows a proof that is accepted
