"""The real vLLM engine behind its Ray actor: sampling, refusals, and weight swaps that are checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray

from synth.llm.config import SamplerConfig
from synth.llm.sampler import sampler_actor
from synth.llm.swap import Probe, SwapFailed, checkpoint_probe, mean_gap
from synth.llm.types import Sampling, Weights
from synth.prompts import Prompt
from train.config import ModelConfig
from train.model import create_checkpoint
from train.tokenizer import train_tokenizer

PROMPT = "<|prove|>: ∀ n : Nat, n + 0 = n<|answer|>"


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two models of one shape and different weights."""
    folder = tmp_path_factory.mktemp("models")
    config = ModelConfig(vocab_size=300, d_model=64, layers=2, heads=2, ffn=64, max_length=128)
    tokenizer = train_tokenizer([PROMPT + "intro n; rfl"] * 4, config.vocab_size, config.max_length)
    for seed in (1, 2):
        create_checkpoint(folder / str(seed), config, tokenizer, seed)
    return folder / "1", folder / "2"


@pytest.fixture(scope="module")
def sampler(ray_local: None, checkpoints: tuple[Path, Path]) -> Iterator[Any]:
    actor = sampler_actor(Weights(str(checkpoints[0]), 0, "first"), SamplerConfig(max_model_len=96, max_num_seqs=32))
    yield actor
    ray.kill(actor)


def test_samples_many_prompts_at_once_and_refuses_what_does_not_fit(sampler: Any) -> None:
    prompts = [Prompt("prove", text) for text in (PROMPT, "x" * 500, PROMPT.replace("0", "1"))]
    first, refused, last = ray.get(sampler.sample.remote(prompts, Sampling(n=5, max_tokens=7), Weights()))
    assert len(first) == len(last) == 5
    assert all(1 <= c.tokens <= 7 for c in [*first, *last])
    assert {c.weights.hash for c in first} == {"first"}
    assert len({c.text for c in first}) > 1  # sampled, not repeated
    assert isinstance(refused, str) and "96" in refused


def test_a_swap_changes_the_engine_to_what_the_checkpoint_computes(sampler: Any, checkpoints: tuple[Path, Path]) -> None:
    old, new = (checkpoint_probe(str(path)) for path in checkpoints)
    assert mean_gap(ray.get(sampler.logprobs.remote(old.tokens)), old.logprobs) < 1e-3
    second = Weights(str(checkpoints[1]), 1, "second")
    report = ray.get(sampler.load.remote(second))
    assert report["before"] > 0.05 and report["after"] < 1e-3
    assert mean_gap(ray.get(sampler.logprobs.remote(new.tokens)), new.logprobs) < 1e-3


def test_a_request_brings_newer_weights_and_never_older_ones_back(sampler: Any, checkpoints: tuple[Path, Path]) -> None:
    third = Weights(str(checkpoints[0]), 3, "third")
    ((answer,),) = ray.get(sampler.sample.remote([Prompt("prove", PROMPT)], Sampling(max_tokens=2), third))
    assert answer.weights == third
    ((late,),) = ray.get(
        sampler.sample.remote([Prompt("prove", PROMPT)], Sampling(max_tokens=2), Weights(str(checkpoints[1]), 1, "second"))
    )
    assert late.weights == third
    probe = checkpoint_probe(str(checkpoints[0]))
    assert mean_gap(ray.get(sampler.logprobs.remote(probe.tokens)), probe.logprobs) < 1e-3


def test_a_swap_that_did_not_take_is_an_error(sampler: Any, checkpoints: tuple[Path, Path], tmp_path: Path) -> None:
    wrong = checkpoint_probe(str(checkpoints[1]))
    for file in checkpoints[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "probe.json").write_text(json.dumps(Probe(wrong.tokens, wrong.logprobs).__dict__))  # what these weights do not compute
    with pytest.raises(SwapFailed):
        ray.get(sampler.load.remote(Weights(str(tmp_path), 4, "wrong")))
