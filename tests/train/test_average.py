"""The mean of the weights at a round's last points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from train import loop
from train.average import Average, averaged
from train.config import TrainConfig
from train.data import Example, write_examples
from train.engine import destroy, gather
from train.inbox import Job
from train.loop import TrainingLoop

SETTINGS: dict[str, Any] = {
    "epochs": 8, "batch_tokens": 512, "max_length": 64, "max_steps": 14, "lr": 1e-2, "threads": 1, "checkpoint_steps": 11, "log_steps": 7,
    "average_last": 3, "average_steps": 2,
}  # fmt: skip


def test_known_weights(tmp_path: Path) -> None:
    mean = Average()
    state = {"w": torch.tensor([1.0, 2.0], dtype=torch.bfloat16), "n": torch.tensor([7])}
    assert mean.mean(state) == state
    for value in (1.0, 2.0, 6.0):
        mean.add({"w": torch.tensor([value, -value], dtype=torch.bfloat16), "n": torch.tensor([7])})
    mean.save(tmp_path / "average")
    again = Average()
    again.load(tmp_path / "average")
    again.add({"w": torch.tensor([3.0, 5.0], dtype=torch.bfloat16)})
    found = again.mean(state)
    assert found["w"].tolist() == [3.0, -1.0] and found["w"].dtype == torch.bfloat16 and found["n"].tolist() == [7]
    assert mean.mean(state)["w"].tolist() == [3.0, -3.0]


def test_which_steps_count() -> None:
    config = TrainConfig(average_last=3, average_steps=4)
    assert [step for step in range(1, 21) if averaged(step, 20, config)] == [12, 16, 20]
    assert [step for step in range(1, 7) if averaged(step, 6, config)] == [2, 6]
    assert not [step for step in range(1, 21) if averaged(step, 20, TrainConfig())]


@pytest.mark.parametrize("settings", [{}, {"zero_stage": 3}, {"lora": {"rank": 4}, "zero_stage": 2}])
def test_a_round_leaves_the_mean_of_its_last_points(
    alone: None, tiny: Path, examples: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    part, states = ".lora_" if "lora" in settings else "", dict[int, dict[str, torch.Tensor]]()
    plain = TrainingLoop._step

    def step(self: TrainingLoop, *given: Any) -> Any:
        result = plain(self, *given)
        state = gather(self.model, self.config.zero_stage, 0, part)
        assert state is not None
        states[self.step + 1] = {name: weight.clone() for name, weight in state.items()}
        return result

    monkeypatch.setattr(TrainingLoop, "_step", step)
    write_examples(examples, tmp_path / "examples.parquet")
    config = TrainConfig.model_validate(SETTINGS | settings)
    work = Job(str(tiny), (str(tmp_path / "examples.parquet"),), str(tmp_path), config.model_dump(mode="json"), 0, "key", "one")
    first, _ = loop.prepare(work)
    first.train()
    destroy(first.engine)
    second, tokenizer = loop.prepare(work)
    second.resume()
    assert second.step == 11 and second.average.count == 1
    second.train()
    second.export(tokenizer)
    destroy(second.engine)
    assert json.loads((tmp_path / "manifest.json").read_text())["averaged"] == 3
    saved = load_file(tmp_path / ("adapter/adapter_model.safetensors" if part else "model/model.safetensors"))
    names = {name: f"base_model.model.{name.replace('.default', '')}" if part else name for name in states[14]}
    assert len(saved) == len(names)
    for name, exported in names.items():
        mean = (states[10][name] + states[12][name] + states[14][name]) / 3
        assert torch.allclose(saved[exported], mean, atol=1e-6), name
    last = max(float((states[14][name] - saved[exported]).abs().max()) for name, exported in names.items())
    assert last > 1e-4, "the last weights are no mean"
