"""Adapters beside a model that stays in the real vLLM engine: what they compute, which answers are whose, and what is left of old ones."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import ray
import torch

from synth.llm.adapters import Adapters, adapter_arguments, at_first
from synth.llm.config import SamplerConfig
from synth.llm.sampler import sampler_actor
from synth.llm.swap import SwapFailed
from synth.llm.types import Sampling, Weights
from synth.prompts import Prompt
from train.config import LoraConfig, ModelConfig
from train.export import merged_checkpoint
from train.lora import adapter_of, add_adapters, save_adapter
from train.model import create_checkpoint
from train.probe import compute_probe, mean_gap, write_probe
from train.tokenizer import train_tokenizer

PROMPT = "<|prove|>: ∀ n : Nat, n + 0 = n<|answer|>"
LORA = LoraConfig(rank=4, alpha=6, serve=True)


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> list[Weights]:
    """A model, and three adapters of it."""
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("adapters")
    config = ModelConfig(vocab_size=300, d_model=64, layers=2, heads=2, ffn=64, max_length=128)
    create_checkpoint(folder / "base", config, train_tokenizer([PROMPT + "intro n; rfl"] * 4, 300, 128), 1)
    write_probe(folder / "base", "float32")
    found = [Weights(str(folder / "base"), 0, "base")]
    for number in (1, 2, 3):
        torch.manual_seed(number)
        model = AutoModelForCausalLM.from_pretrained(folder / "base")
        add_adapters(model, LORA, str(folder / "base"))
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.3)
        adapter = folder / str(number) / "adapter"
        save_adapter(model, adapter_of(model.state_dict()), adapter)
        write_probe(adapter, "float32", str(folder / "base"))
        found.append(Weights(str(adapter), number, f"adapter-{number}", str(folder / "base")))
    return found


@pytest.fixture(scope="module", params=[None, pytest.param(True, marks=pytest.mark.slow)], ids=["here", "apart"])
def sampler(ray_local: None, versions: list[Weights], request: pytest.FixtureRequest) -> Iterator[Any]:
    """Started as one that Ray starts anew in the third round: with the weights of then."""
    config = SamplerConfig(max_model_len=128, max_num_seqs=32, process=request.param, checksums=True)
    actor = sampler_actor(versions[1], config, 0, LORA)
    yield actor
    ray.kill(actor)


def asked(sampler: Any, weights: Weights, n: int = 1, tokens: int = 3, prompts: int = 1) -> Any:
    return sampler.sample.remote([Prompt("prove", PROMPT)] * prompts, Sampling(n=n, temperature=2.0, max_tokens=tokens), weights)


def adapters(sampler: Any) -> set[int]:
    """The numbers of those that vLLM has; where it is in a process of its own, of those that we have not taken out of it."""

    def listed(actor: Any) -> set[int]:
        engine = actor.engine
        return set(engine.adapters._numbers.values()) if engine.config.apart else set(engine.llm.llm_engine.list_loras())

    found: set[int] = ray.get(sampler.__ray_call__.remote(listed))
    return found


def test_adapters_take_their_turns_while_answers_are_under_way(sampler: Any, versions: list[Weights], tmp_path: Path) -> None:
    _, first, second, third = versions
    ((answer,),) = ray.get(asked(sampler, first))
    assert answer.weights == first, "loaded, and looked at, before anything was answered"

    # What is served is what the merged model computes.
    training = tmp_path / "training"
    shutil.copytree(Path(first.path), training / "adapter")
    merged = compute_probe(merged_checkpoint(first.base, str(training), "float32"), "float32")
    assert mean_gap(ray.get(sampler.logprobs.remote(merged.tokens)), merged.logprobs) < 1e-5
    assert mean_gap(compute_probe(first.base, "float32").logprobs, merged.logprobs) > 0.05

    long = [asked(sampler, first, n=30, tokens=90, prompts=2) for _ in range(2)]
    while ray.get(sampler.stats.remote())["outstanding"] < 4:
        time.sleep(0.02)
    report = ray.get(sampler.load.remote(second))
    assert report["before"] > 0.05 and report["after"] < 1e-3
    assert ray.get(sampler.stats.remote())["outstanding"], "nothing waited for them to end"
    ((new,),) = ray.get(asked(sampler, second))
    assert new.weights == second
    assert adapters(sampler) == {1, 2}
    old = ray.get(long)
    assert {one.weights for answers in old for texts in answers for one in texts} == {first}, "they end with what they began with"
    assert all(len(texts) == 30 for answers in old for texts in answers)
    assert adapters(sampler) == {2}, "what nothing asks any more is gone"

    ((late,),) = ray.get(asked(sampler, first))
    assert late.weights == second, "a late call brings no older ones back"
    ((answer,),) = ray.get(asked(sampler, third))
    assert answer.weights == third and adapters(sampler) == {3}
    assert len(ray.get(sampler.load.remote(third))["digest"]) == 20


def test_an_adapter_that_does_not_take_is_an_error(sampler: Any, versions: list[Weights], tmp_path: Path) -> None:
    ray.get(sampler.load.remote(replace(versions[3], version=4)))
    shutil.copytree(versions[1].path, tmp_path / "wrong")
    shutil.copy(Path(versions[2].path) / "probe.json", tmp_path / "wrong")  # what it does not compute
    wrong = replace(versions[1], path=str(tmp_path / "wrong"), version=5)
    for ask in (sampler.load.remote, lambda weights: asked(sampler, weights), lambda _: asked(sampler, versions[1])):
        with pytest.raises(SwapFailed, match="would be rounding"):
            ray.get(ask(wrong))
    (tmp_path / "wrong" / "adapter_model.safetensors").write_bytes(b"torn")
    with pytest.raises(Exception, match=r"(?i)header|safetensors|adapter"):
        ray.get(sampler.load.remote(replace(wrong, version=6)))
    with pytest.raises(Exception, match=r"belongs to another model"):
        ray.get(sampler.load.remote(Weights(str(tmp_path), 7, "other"), compute_probe(versions[0].path, "float32")))
    good = replace(versions[2], version=8)
    assert ray.get(sampler.load.remote(good))["after"] < 1e-3, "and the engine takes a good one after that"
    ((answer,),) = ray.get(asked(sampler, good))
    assert answer.weights == good


def test_numbers_grow_and_what_is_under_way_stays(versions: list[Weights]) -> None:
    base, first, second, _ = versions
    beside = Adapters(base.path)
    assert beside.request(base) is None
    assert [beside.request(weights).lora_int_id for weights in (first, second, first)] == [1, 2, 1]
    assert beside.request(second).lora_name == "adapter-2-2" and beside.request(second).lora_path == second.path
    beside.begin(first)
    assert beside.unused(second) == []
    beside.end(first)
    assert beside.unused(second) == [1] and beside.unused(second) == []
    assert beside.request(first).lora_int_id == 3, "one that comes again is another one to vLLM"
    with pytest.raises(ValueError, match="another model"):
        beside.request(Weights("elsewhere", 1, ""))
    assert at_first(first) == Weights(base.path, -1, "") and at_first(base) == base


def test_vllm_takes_what_an_adapter_says(versions: list[Weights]) -> None:
    from vllm.config.lora import LoRAConfig

    arguments = adapter_arguments(LoraConfig(rank=33, targets=("q_proj", "down_proj")), versions[0].path)
    assert arguments.pop("enable_lora") and arguments.pop("lora_target_modules") == ["down_proj", "q_proj"]
    assert arguments["max_lora_rank"] == 64 and arguments.pop("scheduling_policy") == "priority"
    LoRAConfig(**arguments)
