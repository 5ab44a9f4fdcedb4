"""The engine: what a job used is free when it has ended, at every ZeRO stage."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch

from train import loop
from train.config import TrainConfig
from train.data import Example, write_examples
from train.inbox import Job

CONFIG = TrainConfig(batch_tokens=512, max_length=64, max_steps=3, threads=1, checkpoint_steps=2, log_steps=1)


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_nothing_of_a_job_outlives_it(
    alone: None, tiny: Path, examples: list[Example], tmp_path: Path, stage: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept workers train round after round: model, optimizer or engine of an old one would fill the memory."""
    alive: list[tuple[str, weakref.ref[Any]]] = []
    start = loop.make_engine

    def watched(*given: Any) -> tuple[Any, Any]:
        engine, model = start(*given)
        parts = {"engine": engine, "model": model, "loss": engine.module, "optimizer": engine.optimizer}
        parts |= {f"parameter {name}": parameter for name, parameter in model.named_parameters()}
        alive.extend((name, weakref.ref(part)) for name, part in parts.items())
        return engine, model

    monkeypatch.setattr(loop, "make_engine", watched)
    config = CONFIG.model_copy(update={"zero_stage": stage, "gradient_checkpointing": stage == 3})
    for number in range(2):
        out = tmp_path / str(number)
        write_examples(examples, out / "examples.parquet")
        loop.run(Job(str(tiny), (str(out / "examples.parquet"),), str(out), config.model_dump(mode="json"), 0, "key", "one"))
        assert (out / "manifest.json").exists()
    gc.collect()
    assert len(alive) > 20
    assert [name for name, part in alive if part() is not None] == []
    left = [t for t in gc.get_objects() if isinstance(t, torch.Tensor) and t.numel() >= 32 * 64]
    assert sum(t.numel() for t in left) < 32 * 64 * 4, "large tensors are left"
