"""A continuation works on what the run began with, or says why it cannot."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from synth.config import RunConfig
from synth.llm.config import ROLES
from synth.llm.types import Weights
from synth.records import Pair, Problem, Statement
from synth.run.inputs import Inputs, inputs_of_run, keep_inputs
from synth.run.searching import new_problems
from synth.run.shard import ShardTask
from synth.store.rundir import RunDir
from tests.synth.run.fakes import make_run
from tests.synth.run.test_shard import PROOFS, shard
from tests.synth.stage_fakes import by_table
from verify_workers.errors import UserError


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def texts(*numbers: int) -> list[dict[str, Any]]:
    return [{"text": f"Show that n + {k} is {k} + n."} for k in numbers]


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    problems = write(tmp_path / "problems.jsonl", texts(1, 2, 3, 4, 5, 6))
    heldout = write(tmp_path / "heldout.jsonl", [{"statement": f"theorem h{k} : {k} = {k}"} for k in range(3)])
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    return RunConfig.model_validate(
        {"problems": {"path": problems}, "heldout": {"path": heldout}, "models": {"prover": {"path": str(tmp_path / "model")}}}
    )


def begun(config: RunConfig, store: RunDir) -> Inputs:
    return keep_inputs(inputs_of_run(config, store), store)


def test_the_problems_of_the_beginning_stay(config: RunConfig, tmp_path: Path) -> None:
    store = RunDir(tmp_path / "run")
    first = begun(config, store)
    assert begun(config, store).problems == first.problems and inputs_of_run(config, store).notes == first.notes
    write(Path(config.problems.path), texts(9, 2, 8, 7))
    later = begun(config, store)
    assert later.problems == first.problems and list(store.read("problems", Problem)) == first.problems
    (note,) = [note for note in later.notes if note.startswith("problems.path")]
    assert note.startswith("problems.path now gives 4 problems, not the 6 of this run; this run goes on with those it began with")
    Path(config.problems.path).unlink()
    gone = inputs_of_run(config, store)
    assert gone.problems == first.problems and gone.benchmark == first.benchmark
    assert any("cannot be read any more" in note and "no such file" in note for note in gone.notes)


def test_the_generators_references_stay_too(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    config = RunConfig.model_validate({"problems": {"count": 12}, "heldout": {"count": 3}, "models": {"prover": {"path": str(tmp_path)}}})
    store = RunDir(tmp_path / "run")
    first = begun(config, store)
    again = begun(config, store)
    assert again.references == first.references and len(again.references) == 12 and not again.notes


def test_another_benchmark_is_refused(config: RunConfig, tmp_path: Path) -> None:
    store = RunDir(tmp_path / "run")
    begun(config, store)
    write(Path(config.heldout.path), [{"statement": "theorem h0 : 0 = 0"}])
    with pytest.raises(
        UserError, match=r"the held-out benchmark has changed .* \(was 3 statements, now 1\); restore heldout.path, or give"
    ):
        inputs_of_run(config, store)


def test_half_done_shards_go_on_after_the_file_changed(config: RunConfig, tmp_path: Path) -> None:
    """findings: 8 of 40 problems were never searched, and 12 statements pointed to problems that the run did not hold."""

    def tasks(inputs: Inputs) -> list[ShardTask]:
        job = make_run(tmp_path, rounds=1)
        job.inputs = inputs
        places = new_problems(job, 1)
        problems = inputs.problems[places.start : places.stop]
        weights = dict.fromkeys(ROLES, Weights("/weights", 0, "hash"))
        return [ShardTask(1, i, tuple(problems[i::2]), (), weights) for i in range(2)]

    store = RunDir(tmp_path / "run")
    asyncio.run(shard(tmp_path / "run", by_table(PROOFS))[0].run(tasks(begun(config, store))[0]))
    write(Path(config.problems.path), texts(6, 5, 4, 3, 2, 1))
    for task in tasks(begun(config, store)):
        asyncio.run(shard(tmp_path / "run", by_table(PROOFS))[0].run(task))
    problems = {p.id for p in store.read("problems", Problem)}
    statements = list(store.read("statements", Statement))
    assert {s.problem_id for s in statements} == problems and len(statements) == len(problems) == 6
    assert len(list(store.read("pairs", Pair))) == 6
