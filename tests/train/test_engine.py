"""The engine: what a job used is free when it has ended, at every ZeRO stage."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from train import loop
from train.config import TrainConfig
from train.data import Example, write_examples
from train.engine import destroy, plain_architectures
from train.inbox import Job


@pytest.mark.parametrize(
    ("listed", "plain"),
    [("9.0a", "9.0"), ("8.0 9.0a;9.0 10.0f+PTX", "8.0;9.0;10.0+PTX"), ("8.6+PTX", "8.6+PTX"), ("", "")],
)
def test_architectures_that_deepspeed_cannot_read_lose_their_letters(listed: str, plain: str) -> None:
    assert plain_architectures(listed) == plain


CONFIG = TrainConfig(batch_tokens=512, max_length=64, max_steps=3, threads=1, checkpoint_steps=2, log_steps=1)


def large_tensors() -> int:
    """How many tensors of the size of a weight matrix live in this process."""
    gc.collect()
    return sum(issubclass(type(thing), torch.Tensor) and thing.numel() >= 32 * 32 for thing in gc.get_objects())


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_nothing_of_a_job_outlives_it(
    alone: None, tiny: Path, examples: list[Example], tmp_path: Path, stage: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept workers train round after round: model, optimizer or engine of an old one would fill the memory."""
    alive: list[tuple[str, weakref.ref[Any]]] = []
    before = large_tensors()
    start = loop.make_engine

    def watched(*given: Any) -> tuple[Any, Any]:
        engine, model = start(*given)
        parts = {"engine": engine, "model": model, "loss": engine.module, "optimizer": engine.optimizer}
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
    assert [name for name, part in alive if part() is not None] == [] and len(alive) == 8
    assert large_tensors() <= before


def test_layers_gathered_as_one_unit_train_alike(alone: None, tiny: Path, examples: list[Example], tmp_path: Path) -> None:
    """ZeRO-3 with a hook per decoder layer, with one per module, and no ZeRO: the same weights but for the order of sums."""
    settings: dict[str, dict[str, Any]] = {
        "plain": {"zero_stage": 0},
        "modules": {"zero_stage": 3, "zero_leaf_layers": False},
        "layers": {"zero_stage": 3},
        "recomputed": {"zero_stage": 3, "gradient_checkpointing": True},
    }
    results, leaves = dict[str, dict[str, torch.Tensor]](), dict[str, int]()
    for name, changes in settings.items():
        results[name], leaves[name] = trained(tiny, examples, tmp_path / name, changes)
    assert leaves == {"plain": 0, "modules": 0, "layers": 2, "recomputed": 2}
    for name in ("modules", "layers", "recomputed"):
        alike(results[name], results["plain"])


@pytest.mark.slow  # a C++ compiler runs
@pytest.mark.parametrize("packing", [False, True])
def test_compiled_layers_train_alike(packing: bool, alone: None, tiny: Path, examples: list[Example], tmp_path: Path) -> None:
    plain, _ = trained(tiny, examples, tmp_path / "plain", {"packing": packing})
    compiled, _ = trained(tiny, examples, tmp_path / "compiled", {"packing": packing, "compile": True, "zero_stage": 2})
    alike(compiled, plain)


def trained(model: Path, examples: list[Example], out: Path, changes: dict[str, Any]) -> tuple[dict[str, torch.Tensor], int]:
    """The weights after a job with `changes`, and how many modules ZeRO-3 gathers as one unit."""
    write_examples(examples, out / "examples.parquet")
    config = CONFIG.model_copy(update=changes | {"micro_batch_tokens": 128})
    job = Job(str(model), (str(out / "examples.parquet"),), str(out), config.model_dump(mode="json"), 0, "key", "one")
    trainer, tokenizer = loop.prepare(job)
    leaves = sum(getattr(module, "_z3_leaf", False) for module in trainer.model.modules())
    trainer.resume()
    trainer.train()
    trainer.export(tokenizer)
    destroy(trainer.engine)
    return load_file(out / "model" / "model.safetensors"), leaves


def alike(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> None:
    for key, weight in wanted.items():
        assert torch.allclose(found[key], weight, atol=1e-5), key
