"""How many optimizer steps a round takes, and the learning rate of each."""

from __future__ import annotations

import math

from train.config import TrainConfig


def learning_rate(step: int, total: int, config: TrainConfig) -> float:
    """The learning rate of step `step` (from 0) of `total`: linear warm-up, then `config.schedule` down to the last step."""
    warm = math.ceil(config.warmup * total)
    if step < warm:
        return config.lr * (step + 1) / warm
    if config.schedule == "constant":
        return config.lr
    progress = (step - warm + 1) / max(1, total - warm)
    fall = (1 + math.cos(math.pi * progress)) / 2 if config.schedule == "cosine" else 1 - progress
    return config.lr * (config.min_lr_ratio + (1 - config.min_lr_ratio) * fall)


def planned_micro_batches(epoch_micro: list[int], epochs: float) -> int:
    """Micro-batches of `epochs` passes over the examples; `epoch_micro` is the number of those of each begun epoch."""
    whole = int(epochs)
    return max(1, math.ceil(sum(epoch_micro[:whole]) + (epochs - whole) * (epoch_micro[whole] if whole < len(epoch_micro) else 0)))


def planned_steps(epoch_micro: list[int], epoch_tokens: int, config: TrainConfig) -> int:
    """Optimizer steps of a round: by `epochs` (the last may have less), at most those that fit into `max_tokens`, at most `max_steps`.

    At least 1.  `epoch_tokens` are the tokens of one epoch.
    """
    per_step = config.step_micro_batches
    steps = math.ceil(planned_micro_batches(epoch_micro, config.epochs) / per_step)
    if config.max_tokens is not None:
        steps = min(steps, int(config.max_tokens / (epoch_tokens / max(1, epoch_micro[0]) * per_step)))
    if config.max_steps is not None:
        steps = min(steps, config.max_steps)
    return max(1, steps)
