"""TrainConfig → the JSON that DeepSpeed reads."""

from __future__ import annotations

from typing import Any

from train.config import MUON_MOMENTUM, TrainConfig

WHOLE = 10**13  # parameters with fewer elements than this are kept whole; as many as DeepSpeed's field takes, and more than any has


def deepspeed_config(config: TrainConfig) -> dict[str, Any]:
    """DeepSpeed's settings for `config`; `config.deepspeed` is merged over them, key by key.

    With `optimizer: adamw` (or `muon` at stage 0) no optimizer is named: the worker hands PyTorch's (or ours) to DeepSpeed, which must then
    be allowed to use one that it does not know (`zero_allow_untested_optimizer`).  Under ZeRO Muon is DeepSpeed's, which puts the
    matrices that workers share together for it.  The learning rate is set by the
    worker at each step, so there is no scheduler here.
    """
    zero: dict[str, Any] = {"stage": config.zero_stage}
    if config.zero_stage >= 1:
        zero |= {"contiguous_gradients": True, "overlap_comm": config.gpu, "reduce_scatter": config.gpu}
    if config.zero_stage == 3:
        zero |= {"stage3_gather_16bit_weights_on_model_save": True}
        if config.workers == 1 and not config.offload:
            # Nobody has another part: whole weights stay whole, and autograd may hold them. To take them apart and together again,
            # layer by layer, cost a quarter of the time on one GPU (docs/benchmarks.md), all of it Python between the kernels.
            zero |= {"stage3_param_persistence_threshold": WHOLE, "memory_efficient_linear": False}
    if config.offload:
        zero |= {"offload_optimizer": {"device": "cpu", "pin_memory": True}}
        if config.zero_stage == 3:
            zero |= {"offload_param": {"device": "cpu", "pin_memory": True}}
    rendered: dict[str, Any] = {
        # Nominal: batches are cut by tokens, and the worker scales the loss by the true weights of all workers.
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": config.accumulation,
        # An optimizer that DeepSpeed does not wrap gets a gradient that the worker has clipped, and knows the norm of.
        "gradient_clipping": config.clip if config.zero_stage or config.dtype != "float32" else 0.0,
        "zero_optimization": zero,
        "bf16": {"enabled": config.dtype == "bfloat16"},
        # Dynamic loss scaling (Micikevicius et al. 2018, arXiv 1710.03740): halved where a gradient overflows, doubled after 1,000 steps.
        "fp16": {"enabled": config.dtype == "float16", "loss_scale": 0, "initial_scale_power": 16, "min_loss_scale": 1},
        "steps_per_print": 10**9,
        "wall_clock_breakdown": False,
    }
    if config.optimizer == "muon" and config.zero_stage:
        rates = {"lr": config.lr, "muon_lr": config.matrix_lr, "adam_lr": config.lr, "momentum": MUON_MOMENTUM, "ns_method": "standard"}
        params = rates | {"betas": list(config.betas), "weight_decay": config.weight_decay, "torch_adam": True, "adam_w_mode": True}
        rendered["optimizer"] = {"type": "Muon", "params": params}
    elif config.optimizer in ("adamw", "muon"):
        rendered |= {"zero_allow_untested_optimizer": True, "zero_force_ds_cpu_optimizer": False}
    else:
        params = {"lr": config.lr, "betas": list(config.betas), "weight_decay": config.weight_decay, "adam_w_mode": True}
        rendered["optimizer"] = {"type": "Adam", "params": params | {"torch_adam": False}}
    return _merge(rendered, config.deepspeed)


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        merged[key] = _merge(merged[key], value) if isinstance(value, dict) and isinstance(merged.get(key), dict) else value
    return merged
