"""The corrected faithful share in a round's figures, and what a calibration file must be for it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from synth.config import RunConfig
from synth.records import Statement
from synth.run.figures import corrected_share
from synth.run.inputs import load_inputs
from synth.run.roles import answering, statement_prompts
from synth.statements.corrected import Counts
from synth.statements.judge_error import ALL, write_calibration
from verify_workers.errors import UserError


def test_a_round_states_its_corrected_share(tmp_path: Path) -> None:
    """75 of 100 passed filters with recall 0.9 and specificity 0.6: 70 of the 100 were faithful, and 84 % of what passed."""
    file = tmp_path / "judge.json"
    write_calibration(str(file), {ALL: Counts(90, 10, 40, 60)}, RunConfig())
    config = RunConfig.model_validate({"filters": {"calibration": str(file)}})
    rows = [
        Statement(id=str(i), problem_id=str(i), text="theorem X : 1 = 1", kept=i < 75, reason="" if i < 75 else "grade") for i in range(100)
    ]
    figures = corrected_share(cast(Any, SimpleNamespace(config=config)), rows)
    assert figures["faithful_corrected"] == pytest.approx(84.0, abs=0.1)
    low, high = figures["faithful_corrected_interval"]
    assert 60 < low < 84 < high <= 100
    assert corrected_share(cast(Any, SimpleNamespace(config=RunConfig())), rows) == {}


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
