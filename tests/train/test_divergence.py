"""A round that diverges stops with its last good checkpoint kept and named, and leaves no model."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tests.train.conftest import make_examples
from train import loop
from train.checkpoints import Checkpoints
from train.config import TrainConfig
from train.data import write_examples
from train.inbox import Job
from train.loop import TrainingLoop, run

SETTINGS: dict[str, Any] = {
    "epochs": 8, "batch_tokens": 512, "max_length": 64, "max_steps": 16, "lr": 1e-3, "threads": 1, "checkpoint_steps": 5, "log_steps": 4,
}  # fmt: skip


@pytest.fixture
def job(tiny: Path, tmp_path: Path) -> Callable[..., Job]:
    def make(**settings: Any) -> Job:
        write_examples(make_examples(120), tmp_path / "examples.parquet")
        config = TrainConfig.model_validate(SETTINGS | settings).model_dump(mode="json")
        return Job(str(tiny), (str(tmp_path / "examples.parquet"),), str(tmp_path), config, 0, "key", "one")

    return make


def spoil(monkeypatch: pytest.MonkeyPatch, after: int, change: Callable[[TrainingLoop], object]) -> None:
    """Have `change` done to the loop after its step `after`."""
    plain = TrainingLoop._step

    def step(self: TrainingLoop, *given: Any) -> Any:
        result = plain(self, *given)
        if self.step + 1 == after:
            change(self)
        return result

    monkeypatch.setattr(TrainingLoop, "_step", step)


def scaled(by: float) -> Callable[[TrainingLoop], object]:
    return lambda trainer: [parameter.data.mul_(by) for parameter in trainer.trained]


def broken_gradient(trainer: TrainingLoop) -> object:
    return trainer.trained[0].register_hook(lambda gradient: gradient * math.nan)


def told(out: Path) -> str:
    assert not (out / "model").exists() and not (out / "manifest.json").exists() and not (out / "adapter").exists()
    return str(json.loads((out / "error.json").read_text())["error"])


def kept(out: Path) -> int | None:
    """The step of the only checkpoint that is there, None where there is none."""
    newest = Checkpoints(out / "checkpoints").newest()
    folders = [path.name for path in out.glob("checkpoints/*") if path.is_dir()]
    assert folders == ([newest["tag"]] if newest else [])
    return newest and int(newest["step"])


@pytest.mark.parametrize(
    ("after", "change", "what", "good"),
    [
        (12, scaled(math.nan), "the loss became nan by step 15", 10),
        (10, scaled(math.inf), "weights became infinite or no numbers by step 10", 5),  # not written at all
        (10, scaled(1e20), "the loss became", 5),  # written, and not good
        (2, scaled(math.nan), "the loss became nan by step 4", None),
        (7, broken_gradient, "the gradient became nan, with a loss of", 5),
        (16, scaled(math.nan), "weights became infinite or no numbers", 15),  # no loss was computed from these
    ],
)
def test_the_last_good_checkpoint_is_kept_and_named(
    alone: None, job: Callable[..., Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    after: int, change: Any, what: str, good: int | None,
) -> None:  # fmt: skip
    work = job()
    with monkeypatch.context() as patch:
        spoil(patch, after, change)
        run(work)
    error = told(tmp_path)
    assert what in error and "lower train.lr (now 0.001)" in error
    assert (
        f"the last good checkpoint, of step {good}, is in checkpoints/step-0000{good or 0:04d}" if good else "no checkpoint was good"
    ) in error
    assert kept(tmp_path) == good
    (tmp_path / "error.json").unlink()
    run(work)  # what went wrong was not in the checkpoint
    history = json.loads((tmp_path / "manifest.json").read_text())["history"]
    assert [row["step"] for row in history] == [4, 8, 12, 16] and all(row["grad_norm"] > 0 for row in history)


@pytest.mark.parametrize(
    "settings",
    [
        {"zero_stage": 2},
        *(
            pytest.param(other, marks=pytest.mark.slow)
            for other in ({"zero_stage": 3}, {"zero_stage": 1, "dtype": "bfloat16"}, {"dtype": "bfloat16"})
        ),
    ],
)
def test_a_gradient_that_deepspeed_would_skip_in_silence_ends_the_round(
    alone: None, job: Callable[..., Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    spoil(monkeypatch, 6, broken_gradient)
    run(job(**settings))
    assert "the gradient became inf, with a loss of" in told(tmp_path) and kept(tmp_path) == 5


@pytest.mark.parametrize("stage", [0, 2])
def test_float16_skips_a_step_and_scales_the_loss_by_less(
    alone: None, job: Callable[..., Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: int
) -> None:
    """On a CPU, where it is refused because it is slow: what DeepSpeed does with it is the same."""
    from deepspeed.accelerator import get_accelerator

    work = job(zero_stage=stage, max_steps=8)
    config = TrainConfig.model_validate(work.config).model_copy(update={"dtype": "float16"})
    monkeypatch.setattr(loop, "TrainConfig", SimpleNamespace(model_validate=lambda _: config))
    monkeypatch.setattr(get_accelerator(), "is_fp16_supported", lambda: True)
    hooks: list[Any] = []
    spoil(monkeypatch, 5, lambda trainer: hooks.append(broken_gradient(trainer)))
    trainer, _ = loop.prepare(work)
    plain, scales = trainer.engine.step, list[float]()

    def step() -> None:
        plain()
        scales.append(float(trainer.engine.optimizer.loss_scale))
        if hooks:
            hooks.pop().remove()

    monkeypatch.setattr(trainer.engine, "step", step)
    trainer.train()
    skipped = trainer.engine.skipped_steps
    loop.destroy(trainer.engine)
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert rows[-1]["loss"] < rows[0]["loss"] and all(math.isfinite(row["grad_norm"]) for row in rows)
    assert skipped >= 1 and min(scales) <= scales[0]


def test_the_norm_of_the_gradient_is_the_same_at_every_stage(alone: None, job: Callable[..., Job], tmp_path: Path) -> None:
    norms = []
    for stage in range(4):
        trainer, _ = loop.prepare(job(zero_stage=stage, micro_batch_tokens=128, max_steps=4, clip=0.01, log_steps=1))
        trainer.train()
        loop.destroy(trainer.engine)
        norms.append([json.loads(line)["grad_norm"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()])
        (tmp_path / "metrics.jsonl").unlink()
    assert all(norm == pytest.approx(norms[0], rel=1e-4) for norm in norms[1:]) and min(norms[0]) > 0.01


def test_a_checkpoint_is_good_once_training_went_on_from_it(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    assert kept.newest() is None

    def add(tag: str, step: int) -> None:
        (tmp_path / tag).mkdir()
        kept.add(tag, step)

    def there() -> set[str]:
        return {path.name for path in tmp_path.iterdir() if path.is_dir()}

    add("a", 1)
    kept.confirm(1)  # the same step says nothing about what follows
    assert kept.newest() == {"tag": "a", "step": 1, "good": False, "before": None}
    kept.confirm(2)
    add("b", 2)
    assert there() == {"a", "b"} and (kept.newest() or {})["tag"] == "b"
    kept.fall_back()
    assert there() == {"a"} and kept.newest() == {"tag": "a", "step": 1, "good": True, "before": None}
    kept.fall_back()  # a good one stays
    assert there() == {"a"}
    add("c", 3)
    kept.confirm(4)
    assert there() == {"c"}


def test_shards_of_zero_3_are_looked_at_without_their_padding() -> None:
    from train.engine import shard

    parameter = torch.nn.Parameter(torch.zeros(5))
    assert shard(parameter, 0).numel() == 5
    parameter.ds_tensor, parameter.ds_numel = torch.tensor([1.0, 2.0, math.nan]), 5  # type: ignore[attr-defined]
    assert shard(parameter, 1).tolist() == [1.0, 2.0]
