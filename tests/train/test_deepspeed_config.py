"""The JSON at the edge: what a 7B model on GPUs and the small model on a CPU ask of DeepSpeed."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from train.config import TrainConfig
from train.deepspeed_config import deepspeed_config
from train.schedule import learning_rate, planned_steps


def test_seven_billion_parameters_on_gpus() -> None:
    config = TrainConfig(
        gpu=True, workers=8, zero_stage=3, dtype="bfloat16", optimizer="fused_adam", gradient_checkpointing=True,
        batch_tokens=524288, micro_batch_tokens=8192, max_length=4096, lr=1e-5, attention="flash_attention_2",
        deepspeed={"zero_optimization": {"stage3_prefetch_bucket_size": 5}},
    )  # fmt: skip
    rendered = json.loads(json.dumps(deepspeed_config(config)))
    assert rendered["zero_optimization"]["stage"] == 3 and rendered["zero_optimization"]["overlap_comm"] is True
    assert rendered["zero_optimization"]["stage3_prefetch_bucket_size"] == 5
    assert rendered["bf16"] == {"enabled": True} and not rendered["fp16"]["enabled"] and rendered["gradient_clipping"] == 1.0
    half = deepspeed_config(config.model_copy(update={"dtype": "float16"}))
    assert half["bf16"] == {"enabled": False} and half["fp16"]["enabled"] and half["fp16"]["loss_scale"] == 0
    assert rendered["gradient_accumulation_steps"] == config.accumulation == 8
    assert rendered["optimizer"]["type"] == "Adam" and rendered["optimizer"]["params"]["torch_adam"] is False
    assert "zero_allow_untested_optimizer" not in rendered
    offloaded = deepspeed_config(config.model_copy(update={"optimizer": "cpu_adam", "offload": True}))
    assert offloaded["zero_optimization"]["offload_optimizer"]["device"] == "cpu"
    assert offloaded["zero_optimization"]["offload_param"]["device"] == "cpu"


def test_one_worker_keeps_its_weights_whole() -> None:
    config = TrainConfig(gpu=True, zero_stage=3, dtype="bfloat16", optimizer="adamw")
    alone = deepspeed_config(config)["zero_optimization"]
    assert alone["stage3_param_persistence_threshold"] > 10**12 and alone["memory_efficient_linear"] is False
    for other in ({"workers": 2}, {"offload": True, "optimizer": "cpu_adam"}, {"zero_stage": 2}):
        assert "memory_efficient_linear" not in deepspeed_config(config.model_copy(update=other))["zero_optimization"], other


def test_small_model_on_a_cpu_needs_no_compiled_optimizer() -> None:
    rendered = deepspeed_config(TrainConfig())
    assert "optimizer" not in rendered and rendered["zero_allow_untested_optimizer"] is True
    assert rendered["gradient_clipping"] == 0, "the worker clips, and knows the norm"
    assert rendered["zero_optimization"] == {"stage": 0} and rendered["gradient_accumulation_steps"] == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_length": 5000}, "does not fit"),
        ({"micro_batch_tokens": 256, "max_length": 512}, "does not fit"),
        ({"optimizer": "fused_adam"}, "needs train.gpu"),
        ({"gpu": True, "workers": 8, "gpus_per_worker": 0.5}, "two on one GPU"),
        ({"offload": True}, "train.offload needs"),
        ({"attention": "flash_attention_2"}, "flash_attention_2 needs"),
        ({"dtype": "float16"}, "float16 needs train.gpu=true; use float32 or bfloat16"),
        ({"learning_rate": 1}, "Extra inputs"),
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainConfig.model_validate(wrong)


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("total", [1, 2, 10, 333])
def test_learning_rate_rises_then_falls_to_its_end(schedule: str, total: int) -> None:
    config = TrainConfig.model_validate({"schedule": schedule, "warmup": 0.1, "lr": 1.0, "min_lr_ratio": 0.1})
    rates = [learning_rate(step, total, config) for step in range(total)]
    top = rates.index(max(rates))
    assert all(a < b for a, b in pairwise(rates[: top + 1]))
    assert all(a > b for a, b in pairwise(rates[top:]))
    assert min(rates) > 0 and max(rates) <= 1.0
    if total >= 2:
        assert rates[-1] == pytest.approx(0.1)


def test_steps_follow_from_epochs_tokens_and_steps() -> None:
    plan = lambda **over: planned_steps([10, 12, 10], 1000, TrainConfig(**over))  # noqa: E731
    assert plan(epochs=1) == 10 and plan(epochs=2) == 22 and plan(epochs=1.5) == 16 and plan(epochs=3) == 32
    assert plan(epochs=3, max_tokens=500) == 5 and plan(epochs=3, max_steps=4) == 4 and plan(epochs=1, max_tokens=1) == 1
    assert planned_steps([10], 1000, TrainConfig(epochs=1, batch_tokens=4096, micro_batch_tokens=1024)) == 3
