"""The estimate of memory, against ZeRO's own figures and against what GPUs measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from train.config import ModelConfig, TrainConfig
from train.inbox import NOTICE, Job
from train.loop import _weigh
from train.memory import Shape, check_memory, estimate, shape
from train.rounds import _tell
from verify_workers.errors import UserError

GIB = 2**30
ONE_B = ModelConfig(vocab_size=32000, d_model=2048, layers=24, heads=16, ffn=5632, max_length=2048)


def config(**settings: Any) -> TrainConfig:
    base = {"gpu": True, "dtype": "bfloat16", "max_length": 2048, "micro_batch_tokens": 8192, "batch_tokens": 4 * 8192}
    return TrainConfig.model_validate(base | settings)


@pytest.fixture(scope="module")
def one_b() -> Shape:
    return shape(ONE_B, config())


def test_an_h200_measured_as_much(one_b: Shape) -> None:
    """1.36 B parameters in bfloat16, 4 × 2,048 tokens, no checkpointing (docs/benchmarks.md; the peaks on an H100)."""
    assert one_b.parameters == pytest.approx(1.36e9, rel=0.005)
    needed = estimate(one_b, config(zero_stage=2))
    assert needed.total / GIB == pytest.approx(52.4, rel=0.06)
    assert needed.peak / GIB == pytest.approx(40.5, rel=0.06)
    # A bare loop keeps weights, gradients and both moments in bfloat16, and no buckets.
    bare = 8 * one_b.parameters + needed.activations + needed.logits + GIB
    assert bare / GIB == pytest.approx(30.8, rel=0.06)


@pytest.mark.parametrize(
    ("stage", "bytes_each"),  # ZeRO's table for N workers: 16 Ψ, 4 Ψ + 12 Ψ / N, 2 Ψ + 14 Ψ / N, 16 Ψ / N
    [(0, 16), (1, 4 + 12 / 64), (2, 2 + 14 / 64), (3, 16 / 64)],
)
def test_state_is_sharded_as_zero_says(one_b: Shape, stage: int, bytes_each: float) -> None:
    needed = estimate(one_b, config(zero_stage=stage, workers=64, batch_tokens=64 * 8192))
    live = 2 * 2 * one_b.layer if stage == 3 else 0
    assert needed.lasting + needed.gradients - live == pytest.approx(bytes_each * one_b.parameters, rel=1e-4)


def test_what_saves_memory_is_seen_to(one_b: Shape) -> None:
    plain = estimate(one_b, config(zero_stage=2))
    recomputed = estimate(one_b, config(zero_stage=2, gradient_checkpointing=True))
    assert recomputed.activations < plain.activations / 5
    offloaded = estimate(one_b, config(zero_stage=2, offload=True, optimizer="cpu_adam"))
    assert offloaded.optimizer == 0 and offloaded.weights == plain.weights
    adapters = config(zero_stage=2, lora={"rank": 16})
    thin = estimate(shape(ONE_B, adapters), adapters)
    assert plain.weights < thin.weights < 1.02 * plain.weights and thin.optimizer < plain.optimizer / 50
    assert estimate(one_b, config(micro_batch_tokens=4096)).logits == plain.logits / 2
    assert estimate(one_b, config(attention="eager")).activations > 2 * plain.activations
    small = estimate(one_b, TrainConfig())  # on a CPU, in float32, without DeepSpeed's copies
    assert (small.weights, small.gradients, small.optimizer) == tuple(n * one_b.parameters for n in (4, 4, 8)) and small.buffers == 0


def test_parameters_are_counted_without_weights(tiny: Path, tmp_path: Path) -> None:
    found = shape(tiny, TrainConfig())
    model = AutoModelForCausalLM.from_pretrained(tiny)
    assert found.parameters == found.trained == sum(p.numel() for p in model.parameters())
    assert found.layer == sum(p.numel() for p in model.model.layers[0].parameters()) and found.vocabulary == model.config.vocab_size
    before = torch.random.get_rng_state()
    shape(ONE_B, TrainConfig())
    assert torch.equal(torch.random.get_rng_state(), before)
    (tmp_path / "config.json").write_text('{"model_type": "nothing"}')
    with pytest.raises(UserError, match="no model that transformers can make"):
        shape(tmp_path, TrainConfig())


def test_too_small_a_card_is_refused_and_a_tight_one_told(one_b: Shape) -> None:
    needed = estimate(one_b, config(zero_stage=2))
    assert check_memory(needed, 80 * GIB, "H100") == ""
    assert "H100 has 40 GiB; lower train.micro_batch_tokens" in check_memory(needed, 40 * GIB, "H100")
    with pytest.raises(UserError, match=r"L4 has 16 GiB, and weights and optimizer state alone take 17\.\d GiB; raise train\.zero_stage"):
        check_memory(needed, 16 * GIB, "L4")
    assert str(needed).startswith("about 5") and "activations 17" in str(needed)


def test_a_worker_refuses_before_it_loads_the_model_and_the_driver_tells_what_is_tight(
    tiny: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    work = Job(str(tiny), (), str(tmp_path), {}, 0, "key", "one")
    settings = TrainConfig(zero_stage=2, max_length=64, batch_tokens=512)
    with pytest.raises(UserError, match=r"small card has .* GiB, and weights"):
        _weigh(work, settings, 2**18, "small card", rank=0)
    _weigh(work, settings, 2**40, "large card", rank=0)
    assert not (tmp_path / NOTICE).exists()
    lasting = estimate(shape(tiny, settings), settings).lasting
    _weigh(work, settings, lasting + 1, "card", rank=1)
    assert not (tmp_path / NOTICE).exists(), "one worker tells it"
    _weigh(work, settings, lasting + 1, "card", rank=0)
    with caplog.at_level("WARNING", "train.rounds"):
        _tell(tmp_path / NOTICE)
        _tell(tmp_path / NOTICE)
    assert len(caplog.messages) == 1 and "training may need about" in caplog.messages[0]
