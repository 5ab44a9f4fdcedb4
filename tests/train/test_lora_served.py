"""Adapters that are served beside the model: what a round leaves, and what the next one begins with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from pydantic import ValidationError
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tests.train.test_lora import SETTINGS, job, logits
from train.config import LoraConfig, TrainConfig
from train.data import Example
from train.engine import destroy
from train.export import merged_checkpoint
from train.inbox import Job
from train.loop import prepare, run
from train.lora import adapter_hash, layer_names
from train.model import checkpoint_hash
from train.probe import compute_probe, mean_gap, read_probe
from train.rounds import _key, train_round
from verify_workers.errors import UserError

LORA = {"rank": 4, "alpha": 8, "serve": True}


def round_of(tiny: Path, examples: list[Example], out: Path, adapter: str = "", **settings: Any) -> Job:
    return replace(job(tiny, examples, out, **{"lora": LORA, "lr": 1e-2, **settings}), adapter=adapter, merged=False)


@pytest.mark.parametrize("stage", [0, pytest.param(3, marks=pytest.mark.slow)])
def test_rounds_train_one_adapter_on_and_on(alone: None, tiny: Path, examples: list[Example], tmp_path: Path, stage: int) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    run(round_of(tiny, examples, one, zero_stage=stage))
    assert not (one / "model").exists() and not (one / "error.json").exists()
    first = json.loads((one / "manifest.json").read_text())
    assert first["model"] == "" and first["hash"] == adapter_hash(checkpoint_hash(tiny), one / "adapter")

    work = round_of(tiny, examples, two, str(one / "adapter"), zero_stage=stage, average_last=2, average_steps=2)
    loop, _ = prepare(work)
    loop.resume()
    ids = torch.arange(5, 25)[None]
    served = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny), str(one / "adapter"))
    if stage == 0:
        assert torch.allclose(logits(loop.model, ids), logits(served, ids), atol=1e-5), "the second round begins where the first ended"
    destroy(loop.engine)
    run(work)
    second = json.loads((two / "manifest.json").read_text())
    assert second["hash"] != first["hash"] and second["history"][0]["loss"] < first["history"][0]["loss"] - 0.05
    assert second["averaged"] == 2

    # What an engine is to compute with the adapter, what PEFT does, and the merged model are the same.
    merged = merged_checkpoint(str(tiny), str(two), "float32")
    assert merged == str(two / "model") and merged_checkpoint(str(tiny), str(two), "") == merged
    whole = AutoModelForCausalLM.from_pretrained(merged)
    served = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny), str(two / "adapter"))
    assert torch.allclose(logits(whole, ids), logits(served, ids), atol=1e-4)
    of_adapter, of_model, of_base = read_probe(two / "adapter"), read_probe(merged), compute_probe(tiny, "float32")
    assert of_adapter and of_model and mean_gap(of_adapter.logprobs, of_model.logprobs) < 1e-5
    assert mean_gap(of_adapter.logprobs, of_base.logprobs) > 0.1
    names = set(load_file(tiny / "model.safetensors"))
    assert set(load_file(two / "model" / "model.safetensors")) == names


def test_an_adapter_of_another_form_is_refused_in_one_line(alone: None, tiny: Path, examples: list[Example], tmp_path: Path) -> None:
    run(round_of(tiny, examples, tmp_path / "one", max_steps=1))
    adapter = str(tmp_path / "one" / "adapter")
    for number, lora in enumerate(({"rank": 2}, {"alpha": 9}, {"targets": ["q_proj"]})):
        run(round_of(tiny, examples, tmp_path / str(number), adapter, lora=LORA | lora))
        assert "of other layers, or of another rank or alpha" in json.loads((tmp_path / str(number) / "error.json").read_text())["error"]
    with pytest.raises(UserError, match="not an adapter in PEFT's format"):
        adapter_hash("", tiny)
    with pytest.raises(ValidationError, match=r"train\.lora\.rank \(513\): engines serve adapters of rank 512"):
        LoraConfig(rank=513, serve=True)
    with pytest.raises(ValueError, match="adapters are LoRA's"):
        train_round(tiny, examples, tmp_path / "whole", TrainConfig(), 0, merged=False)
    assert layer_names(tiny, LoraConfig(targets=("up_proj", "q_proj"))) == ["q_proj", "up_proj"]


def test_the_key_of_a_round_is_that_of_versions_that_served_no_adapters() -> None:
    served, merged = (TrainConfig.model_validate(SETTINGS | {"lora": lora}) for lora in (LORA, {"rank": 4, "alpha": 8}))
    assert _key("model", "data", served, 0) == _key("model", "data", merged, 0)
    text = json.dumps(merged.model_dump(mode="json", exclude={"lora": {"serve"}})["lora"])
    assert text == '{"rank": 4, "alpha": 8.0, "dropout": 0.0, "targets": []}'
