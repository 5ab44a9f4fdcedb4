"""Muon under ZeRO is DeepSpeed's: the same steps at each stage and on one worker or two, also after a kill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.train.ranks import history, off, on_ranks, task
from tests.train.test_workers import SETTINGS, rows
from train.config import TrainConfig
from train.deepspeed_config import deepspeed_config

MUON: dict[str, Any] = SETTINGS | {"optimizer": "muon", "clip": 0.0, "matrix_lr": 0.02}
TOLERANCE = 1e-2
"""Of a loss, relative: DeepSpeed makes matrices orthogonal in bfloat16."""


def test_the_learning_rates_are_those_of_the_configuration() -> None:
    config = TrainConfig.model_validate(MUON | {"zero_stage": 2})
    assert deepspeed_config(config)["optimizer"]["type"] == "Muon"
    params = deepspeed_config(config)["optimizer"]["params"]
    assert params["muon_lr"] == 0.02 and params["adam_lr"] == SETTINGS["lr"] and params["betas"] == [0.9, 0.98]
    assert "optimizer" not in deepspeed_config(TrainConfig.model_validate(MUON))


def test_under_zero_it_is_not_clipped() -> None:
    with pytest.raises(ValidationError, match=r"set train\.clip=0"):
        TrainConfig(optimizer="muon", zero_stage=2)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_all_stages_on_one_worker_and_on_two_take_the_same_steps(tiny: Path, tmp_path: Path) -> None:
    examples = rows(tmp_path)

    def of(name: str, stage: int, workers: int, dies: int | None = None) -> dict[str, Any]:
        return task(tiny, examples, tmp_path / name, MUON | {"zero_stage": stage, "workers": workers}, dies)

    on_ranks(tmp_path / "first", 1, [of(f"{stage} on 1", stage, 1) for stage in range(4)])
    ends = [of(f"{stage} killed", stage, 2, dies) for stage in (2, 3) for dies in (7, None)] + [of("2 moved", 2, 2, 7)]
    on_ranks(tmp_path / "second", 2, [*(of(f"{stage} on 2", stage, 2) for stage in range(1, 4)), *ends])
    plain = tmp_path / "1 on 1"
    losses = [row["loss"] for row in history(plain)]
    assert len(losses) == 12 and losses[-1] < 0.9 * losses[0]
    found = {out.name: off(out, plain) for out in tmp_path.iterdir() if (out / "manifest.json").exists()}
    assert found.pop("0 on 1") < 10 * TOLERANCE, "ours, with four iterations in place of five"
    assert found.keys() == {"1 on 1", "2 on 1", "3 on 1", "1 on 2", "2 on 2", "3 on 2", "2 killed", "3 killed"}
    assert max(found.values()) < TOLERANCE, found
    for stage in (2, 3):
        assert off(tmp_path / f"{stage} killed", tmp_path / f"{stage} on 2") < 1e-4
        assert (tmp_path / f"{stage} killed" / "began").read_text().split() == ["0", "5"]
    with pytest.raises(AssertionError, match=r"written by 2 workers, and with Muon under ZeRO.* set train\.workers=2"):
        on_ranks(tmp_path / "third", 1, [of("2 moved", 2, 1)])
