"""How a run begins, and its rehearsal: what the one stops at the other tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.config import RunConfig
from synth.run import begin as module
from synth.run import driver, inputs
from synth.run.begin import begin, rehearsed
from synth.show.progress import Progress
from synth.store.rundir import RunDir
from verify_workers.errors import UserError

# All that looks for mistakes of a user before a run starts.
INPUTS = "require_strategies check_training load_benchmark given_problems _seeds check_roles read_calibration barred"
STEPS: dict[Any, list[str]] = {
    module: ["check_places", "check_project", "check_kernels", "resolved"],
    RunDir: ["agree"],
    inputs: INPUTS.split(),
}
NAMES = [(of, name) for of, names in STEPS.items() for name in names]


def small(**more: Any) -> RunConfig:
    seeds = {"bootstrap": {"seed_formalizations": 2, "seed_proofs": 2, "seed_grades": 1}}
    return RunConfig.model_validate({"problems": {"count": 3}, "heldout": {"count": 2}, "models": seeds, **more})


def says(name: str) -> Any:
    def step(*_: Any, **__: Any) -> Any:
        raise UserError(f"{name}: mend this")

    return step


@pytest.mark.parametrize(("of", "name"), NAMES)
def test_what_a_run_stops_at_its_rehearsal_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: Any, name: str) -> None:
    monkeypatch.setattr(of, name, says(name))
    with pytest.raises(UserError, match=f"^{name}: mend this$"):
        begin(small(), str(tmp_path / "run"))
    assert rehearsed(small(), str(tmp_path / "run"))[1] == [f"{name}: mend this"]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("place", ["file", "file/run"])
def test_a_file_where_the_run_should_be_is_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    told = f"--run-dir: {tmp_path / 'file'} is a file; give a folder, which is made where there is none"
    with pytest.raises(UserError) as raised:
        begin(small(), str(tmp_path / place))
    assert str(raised.value) == told
    wrong = rehearsed(small(search={"strategies": ["nope"]}), str(tmp_path / place))[1]
    assert wrong[0] == told and len(wrong) == 2


def test_a_rehearsal_tells_all_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for of, name in NAMES:
        if name not in ("load_benchmark", "given_problems"):
            monkeypatch.setattr(of, name, says(name))
    told = rehearsed(small(), str(tmp_path / "run"))[1]
    assert told == [f"{name}: mend this" for _, name in NAMES if name not in ("load_benchmark", "given_problems")]


def test_a_run_says_nothing_before_it_begins_that_a_rehearsal_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver does nothing else before; and what it begins with is what was rehearsed."""
    monkeypatch.setattr(driver, "begin", says("begin"))
    with pytest.raises(UserError, match=r"^begin: mend this$"):
        driver.run(small(), "s3://nowhere", Progress())
    made = begin(small(), str(tmp_path / "run"))
    notes, wrong = rehearsed(small(), str(tmp_path / "run"))
    assert not wrong and notes == made.inputs.notes and len(made.inputs.problems) == 3
    assert all(made.config.models.source(role).preset for role in ("formalizer", "judge", "prover"))


def test_a_rehearsal_of_a_run_that_is_there_is_of_its_continuation(tmp_path: Path) -> None:
    begun = begin(small(), str(tmp_path / "run"))
    with RunDir.open(tmp_path / "run", begun.config) as store:
        inputs.keep_inputs(begun.inputs, store)
    assert rehearsed(small(), str(tmp_path / "run"))[1] == []
    _, (line,) = rehearsed(small(seed=5), str(tmp_path / "run"))
    assert "holds a run of another config: seed is 0 there and 5 here" in line
    other = small(problems={"path": str(tmp_path / "gone.jsonl")})
    assert any("holds a run of another config" in line for line in rehearsed(other, str(tmp_path / "run"))[1])


def test_a_missing_lake_project_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    config = small(verify={"project": str(tmp_path / "nosuch"), "kernels": ["leanchecker"], "audit": "strict"})
    with pytest.raises(UserError, match="nosuch: project: no such folder; check the path"):
        begin(config, str(tmp_path / "run"))
    assert [line.count("no such folder") for line in rehearsed(config, str(tmp_path / "run"))[1]] == [1]
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")  # there it is where the nodes have it
    assert rehearsed(config, str(tmp_path / "run"))[1] == []
