"""LoRA: only adapters are trained, and what is exported is what was trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from pydantic import ValidationError
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

from train.config import LoraConfig, TrainConfig
from train.data import Example, write_examples
from train.engine import destroy, gather
from train.inbox import Job
from train.loop import TrainingLoop, prepare, run
from train.lora import add_adapters, linear_layers, merge
from train.memory import shape
from train.model import checkpoint_hash
from train.probe import read_probe
from train.rounds import train_round
from verify_workers.errors import UserError

SETTINGS: dict[str, Any] = {
    "epochs": 8, "batch_tokens": 512, "micro_batch_tokens": 128, "max_length": 64, "max_steps": 12, "lr": 5e-2, "warmup": 0.0,
    "threads": 1, "cpus_per_worker": 0.5, "checkpoint_steps": 5, "log_steps": 4, "lora": {"rank": 4, "alpha": 8},
}  # fmt: skip


def job(init: Path, examples: list[Example], out: Path, **settings: Any) -> Job:
    write_examples(examples, out / "examples.parquet")
    config = TrainConfig.model_validate(SETTINGS | settings).model_dump(mode="json")
    return Job(str(init), (str(out / "examples.parquet"),), str(out), config, 0, "key", "one")


def trained(work: Job) -> tuple[TrainingLoop, Any]:
    loop, tokenizer = prepare(work)
    loop.resume()
    loop.train()
    return loop, tokenizer


def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model.eval()(ids).logits
    return found


@pytest.mark.parametrize(
    "settings",
    [
        {"zero_stage": 0},
        pytest.param({"zero_stage": 1, "lora": {"rank": 4, "alpha": 8, "targets": ["q_proj", "down_proj"]}}, marks=pytest.mark.slow),
        pytest.param({"zero_stage": 2, "packing": True}, marks=pytest.mark.slow),
        pytest.param({"zero_stage": 3, "gradient_checkpointing": True}, marks=pytest.mark.slow),
        {"zero_stage": 3, "gradient_checkpointing": True, "zero_leaf_layers": False, "packing": True},
    ],
)
def test_merged_model_and_adapter_are_what_was_trained(
    alone: None, tiny: Path, examples: list[Example], tmp_path: Path, settings: dict[str, Any]
) -> None:
    loop, tokenizer = trained(job(tiny, examples, tmp_path, **settings))
    ids = torch.tensor([tokenizer(examples[0].prompt)["input_ids"]])
    before, whole = load_file(tiny / "model.safetensors"), gather(loop.model, settings["zero_stage"], 0)
    assert whole is not None
    for name, weight in before.items():  # the model itself stays
        assert torch.equal(whole[name if name in whole else name.replace(".weight", ".base_layer.weight")], weight), name
    loop.export(tokenizer)
    destroy(loop.engine)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["adapter"] == "adapter" and manifest["hash"] == checkpoint_hash(tmp_path / "model")
    assert manifest["history"][-1]["loss"] < manifest["history"][0]["loss"] - 0.3  # random embeddings stay as they are
    merged = load_file(tmp_path / "model" / "model.safetensors")
    assert {name: w.shape for name, w in merged.items()} == {name: w.shape for name, w in before.items()}
    targets = set(settings.get("lora", {}).get("targets", ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]))
    changed = {name.split(".")[-2] for name in merged if not torch.equal(merged[name], before[name])}
    assert changed == targets
    exported = logits(AutoModelForCausalLM.from_pretrained(tmp_path / "model"), ids)
    adapted = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny), str(tmp_path / "adapter"))
    assert torch.allclose(logits(adapted, ids), exported, atol=1e-4)
    assert float((logits(AutoModelForCausalLM.from_pretrained(tiny), ids) - exported).abs().max()) > 0.1
    probe = read_probe(tmp_path / "model")
    assert probe is not None and probe.tokens
    adapter = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert sum(weight.numel() for weight in adapter.values()) == shape(tiny, loop.config).trained


@pytest.mark.parametrize("stage", [0, *(pytest.param(stage, marks=pytest.mark.slow) for stage in (2, 3))])
def test_a_round_goes_on_in_the_middle_with_the_same_dropout(
    alone: None, tiny: Path, examples: list[Example], tmp_path: Path, stage: int
) -> None:
    settings = {"zero_stage": stage, "lora": {"rank": 4, "alpha": 8, "dropout": 0.2}}
    whole, _ = trained(job(tiny, examples, tmp_path / "whole", **settings))
    work = job(tiny, examples, tmp_path / "halves", **settings)
    first, _ = prepare(work)
    first.train()  # leaves the checkpoint of step 10
    folder = next((tmp_path / "halves" / "checkpoints").glob("step-00000010-*"))
    frozen = sum(p.numel() * 4 for p in first.model.parameters() if not p.requires_grad) if stage < 3 else 0
    assert not frozen or sum(file.stat().st_size for file in folder.iterdir()) < frozen, "the frozen model is in the checkpoint"
    second, _ = trained(work)
    states = [gather(loop.model, stage, 0, ".lora_") for loop in (whole, second)]
    for loop in (whole, first, second):
        destroy(loop.engine)
    assert states[0] and states[1] and second.tokens == whole.tokens
    for name, weight in states[0].items():
        assert torch.allclose(weight, states[1][name], atol=1e-6), name


def test_sixteen_bits(alone: None, tiny: Path, examples: list[Example], tmp_path: Path) -> None:
    for stage in (2, 3):
        out = tmp_path / str(stage)
        run(job(tiny, examples, out, zero_stage=stage, dtype="bfloat16"))
        assert not (out / "error.json").exists()
        model = AutoModelForCausalLM.from_pretrained(out / "model")
        assert model.dtype == torch.bfloat16
        history = json.loads((out / "manifest.json").read_text())["history"]
        assert history[-1]["loss"] < history[0]["loss"] - 0.3


@pytest.mark.slow
def test_two_workers_with_sharded_weights(ray_local: None, tiny: Path, examples: list[Example], tmp_path: Path) -> None:
    config = TrainConfig.model_validate(SETTINGS | {"workers": 2, "zero_stage": 3, "gradient_checkpointing": True})
    first = train_round(tiny, examples, tmp_path / "first", config, 0)
    assert first.adapter == tmp_path / "first" / "adapter" and first.history[-1]["loss"] < first.history[0]["loss"] - 0.3
    second = train_round(first.dir, examples, tmp_path / "second", config, 1)  # a fresh adapter on the merged model
    assert second.history[0]["loss"] < first.history[0]["loss"]


def test_conv1d_layers_are_merged_the_other_way_round() -> None:
    """GPT-2's linear layers hold their weights transposed."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=16, n_embd=16, n_layer=1, n_head=2)).eval()
    names = {name.replace(".base_layer", "") for name, _ in model.named_parameters()}
    ids = torch.arange(8)[None]
    add_adapters(model, LoraConfig(rank=2, alpha=4), "base")
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    wanted = logits(model, ids)
    whole, adapter = merge(model, {name: p.detach().clone() for name, p in model.named_parameters()})
    assert set(whole) == names and all(name.startswith("base_model.model.transformer.h.0.") for name in adapter)
    plain = GPT2LMHeadModel(model.config)
    plain.load_state_dict(whole, strict=False)
    assert torch.allclose(logits(plain, ids), wanted, atol=1e-5)


def test_what_cannot_be_adapted_is_refused(alone: None, tiny: Path, examples: list[Example], tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"set train\.optimizer=adamw"):
        TrainConfig.model_validate(SETTINGS | {"optimizer": "muon"})
    run(job(tiny, examples, tmp_path, lora={"targets": ["q_proj", "query"]}))
    error = json.loads((tmp_path / "error.json").read_text())["error"]
    assert "LlamaForCausalLM has no linear layers 'query'; it has down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj" in error
    with pytest.raises(UserError, match="it has down_proj"):
        shape(tiny, TrainConfig.model_validate(SETTINGS | {"lora": {"targets": ["lm_head"]}}))
    assert "lm_head" not in linear_layers(AutoModelForCausalLM.from_pretrained(tiny))
