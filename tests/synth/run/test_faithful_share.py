"""The corrected faithful share in a round's figures, and what a calibration file must be for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from synth.config import RunConfig
from synth.records import Problem
from synth.run.figures import corrected_share, reference_equivalents, round_counts
from synth.run.inputs import load_inputs
from synth.run.roles import answering, statement_prompts
from synth.run.state import Run
from synth.statements.corrected import Counts
from synth.statements.judge_error import ALL, Errors, write_calibration
from synth.statements.text import new_statement
from tests.synth.run.fakes import make_run
from tests.synth.stage_fakes import checked_by
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError


def test_a_round_states_its_corrected_share(tmp_path: Path) -> None:
    """75 of 100 passed filters with recall 0.9 and specificity 0.6: 70 of the 100 were faithful, and 84 % of what passed."""
    file = tmp_path / "judge.json"
    write_calibration(str(file), Errors({ALL: Counts(90, 10, 40, 60)}), RunConfig())
    config = RunConfig.model_validate({"filters": {"calibration": str(file)}})
    rows = {("autoformalized", True, ""): 75, ("autoformalized", False, "grade"): 25}
    figures = corrected_share(cast(Any, SimpleNamespace(config=config)), rows)
    assert figures["faithful_corrected"] == pytest.approx(84.0, abs=0.1)
    low, high = figures["faithful_corrected_interval"]
    assert 60 < low < 84 < high <= 100
    assert corrected_share(cast(Any, SimpleNamespace(config=RunConfig())), rows) == {}


@pytest.mark.parametrize("equivalence", [True, False])
def test_a_round_states_what_is_faithful_by_equivalence(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, equivalence: bool
) -> None:
    """One kept statement is its reference, one says it in another way, and one something else; Lean is asked once."""
    job = make_run(tmp_path, filters={"equivalence": equivalence})
    meant = "∀ n : Nat, n > 0 → n * n * n % 7 ≠ 3"
    texts = {"a": meant, "b": "∀ n : Nat, n ≠ 0 → n * n * n % 7 ≠ 3", "c": "∀ n : Nat, n * n * n % 7 ≠ 2"}
    rows = [new_statement(Problem(id=f"p-{name}"), f"theorem X : {text}", round=1) for name, text in texts.items()]
    rows += [rows[0].model_copy(update={"id": "d", "kept": False, "reason": "grade"})]
    job.inputs.references.update({row.problem_id: f"theorem X : {meant}" for row in rows[:3]})
    job.store.commit("r001-s0000-statements", {"statements": rows}, {})
    monkeypatch.setattr(Run, "services", lambda _: SimpleNamespace(verify=checked_by(backend)))
    asyncio.run(reference_equivalents(job, 1))
    monkeypatch.setattr(Run, "services", lambda _: pytest.fail("asked again"))
    asyncio.run(reference_equivalents(make_again(job), 1))
    figures = round_counts(job, 1)
    assert figures["faithful"] == 33.3
    assert ("faithful_equivalent" in figures) == equivalence
    if equivalence:
        assert figures["faithful_equivalent"] == 66.7 and figures["faithful_equivalent_interval"][0] < 66.7
        assert job.store.read_json("rounds/001/equivalent.json") == dict(
            zip((row.id for row in rows), ("form", "tactics", "unproved"), strict=False)
        )


def make_again(job: Run) -> Run:
    """The same run, as a later command opens it."""
    return Run(job.config, job.store, job.inputs, job.prompts, job.progress, job.tracker, roles=job.roles)


def test_a_bad_calibration_is_said_before_the_run(tmp_path: Path) -> None:
    config = RunConfig.model_validate(
        {"filters": {"calibration": str(tmp_path / "none.json")}, "problems": {"count": 2}, "heldout": {"count": 2}}
    )
    with pytest.raises(UserError, match=r"filters\.calibration: .*none\.json is no file of `synth judge-error`"):
        load_inputs(config)


def test_prompts_that_the_filters_ask() -> None:
    assert statement_prompts(RunConfig()) == ("formalize", "grade")
    several = RunConfig.model_validate({"formalize": {"also": ["conjecturer"]}, "filters": {"grade": False}})
    assert answering(statement_prompts(several)) == ("formalizer", "conjecturer")
    settings = {"formalize": {"refine": 2}, "filters": {"grade": False, "back": {"translations": 1}, "contradiction_attempts": 1}}
    assert statement_prompts(RunConfig.model_validate(settings)) == ("formalize", "refine", "informalize", "compare", "prove")
