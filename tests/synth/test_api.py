"""The stages from Python: rows in, records and tables out."""

from __future__ import annotations

import doctest
import json
from pathlib import Path
from typing import Any

import pytest

from synth import api
from synth.records import Pair, Problem, Statement
from synth.run import driver, stages
from synth.store.files import read_records
from synth.store.rundir import RunDir
from tests.synth.show.made_run import run_with_everything
from verify_workers.errors import UserError

PAIR = {
    "id": "p",
    "statement_id": "s",
    "problem_id": "p",
    "statement": "theorem t : True",
    "proof": "trivial",
    "round": 1,
    "attempt_id": "a",
}


def test_rows_of_any_kind_become_a_file_of_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def formalize_file(config: Any, problems: str, out: str, progress: Any) -> list[Statement]:
        rows = [json.loads(line) for line in Path(problems).read_text(encoding="utf-8").splitlines()]
        seen.append((config.filters.numbers, config.search.attempts, config.models.formalizer.path, [row["text"] for row in rows]))
        assert rows[1]["id"] == "three" and rows[2]["id"] == "x"
        return []

    monkeypatch.setattr(stages, "formalize_file", formalize_file)
    rows = ["Is 2 even?", {"text": "Is 3 odd?", "id": "three"}, Problem(id="x", text="∀ is for all.")]
    assert api.formalize(rows, model="models/seven", search__attempts=3, search__wave=1) == []
    assert seen == [("any", 3, "models/seven", ["Is 2 even?", "Is 3 odd?", "∀ is for all."])]


def test_statements_are_proved_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def prove_file(config: Any, statements: str, out: str, progress: Any) -> list[Pair]:
        return [Pair.model_validate({**PAIR, "statement": s.text}) for s in read_records(statements, Statement)]

    monkeypatch.setattr(stages, "prove_file", prove_file)
    made = Statement(id="s", problem_id="p", text="theorem t : 1 = 1", kept=True)
    assert [pair.statement for pair in api.prove([made], model="m")] == ["theorem t : 1 = 1"]


def test_a_run_is_read_as_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        store.commit("r001-s0000", {"pairs": [Pair.model_validate(PAIR)]})
    loaded = api.load_run(tmp_path / "run")
    assert loaded.pairs().column("proof").to_pylist() == ["trivial"]
    assert loaded.pairs().to_pandas().statement[0] == "theorem t : True"
    assert loaded.statements().num_rows == 0 and "kept" in loaded.statements().column_names and loaded.rounds() == []
    monkeypatch.setattr(driver, "run", lambda config, run_dir, progress: run_dir)
    assert api.run("cluster/configs/embedded.yaml", str(tmp_path / "run"), rounds=1).pairs().num_rows == 1
    with pytest.raises(UserError, match="not a run directory"):
        api.load_run(tmp_path)


def test_the_examples_on_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that ask a model: tests/pages/test_running.py."""
    run_with_everything(tmp_path / "runs" / "demo")
    monkeypatch.chdir(tmp_path)
    (example,) = doctest.DocTestFinder(recurse=False).find(api.load_run, "load_run", module=api)
    found = doctest.DocTestRunner().run(example)
    assert found.attempted and not found.failed
