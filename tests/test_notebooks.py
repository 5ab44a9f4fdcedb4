"""The notebooks run from top to bottom, on a small run made here and real Lean."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.synth.show.made_run import run_with_everything

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


def test_all_of_them_are_here() -> None:
    assert NAMES == ["01-check-proofs", "02-explore-a-corpus", "03-read-a-run", "04-your-own-parts"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    run_with_everything(tmp_path / "run")
    monkeypatch.setenv("PROOF_SYNTH_RUN", str(tmp_path / "run"))
    return tmp_path / "run"


@pytest.mark.parametrize("name", NAMES)
def test_its_cells_run(name: str, run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Cell by cell in this process, which is quicker than a kernel."""
    monkeypatch.chdir(NOTEBOOKS)
    names: dict[str, Any] = {}
    with asyncio.Runner() as runner:
        for number, cell in enumerate(nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4).cells):
            if cell.cell_type == "code":
                code = compile(cell.source, f"{name}, cell {number}", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                result = eval(code, names)
                if inspect.iscoroutine(result):
                    runner.run(result)
    said = capsys.readouterr().out
    expected = {"01": "16 of 16", "02": "72 verified pairs", "03": "pools", "04": "proved after 3 attempts"}
    assert expected[name[:2]] in said


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_runs_in_jupyter(name: str, run: Path) -> None:
    from nbclient import NotebookClient

    book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4)
    environment = {**os.environ, "PROOF_SYNTH_RUN": str(run)}
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute(env=environment)
    assert not [out for cell in book.cells for out in cell.get("outputs", []) if out.output_type == "error"]
