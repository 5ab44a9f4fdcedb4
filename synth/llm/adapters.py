"""LoRA adapters beside a model that stays in an engine: new weights are one more adapter, and each request names its own.

A request ends with the adapter that it began with, whatever comes meanwhile, so nothing waits for a swap and no answer is of two
versions.  vLLM keys cached prefixes by an adapter's name and folder, and computes up to `AT_ONCE` adapters in one batch; requests of
a further one wait until one of those is no longer asked.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from synth.llm.types import Weights
from train.config import SERVED_RANKS, LoraConfig
from train.lora import layer_names

AT_ONCE = 2  # adapters in a batch: the newest, and the one before it that answers are still under way with
FIRST = -1  # priority of the requests that a swap is looked at with: they do not wait for what is queued, and no place is kept for them
KEPT = 4  # adapters in host memory; others are read from their folders again


def adapter_arguments(config: LoraConfig, base: str) -> dict[str, Any]:
    """vLLM's arguments for adapters of `config` beside the checkpoint `base`.  UserError where it has no such layers.

    The layers are named, since else vLLM makes room for one of the output layer too, beside which its CPU build reads no prompt's
    log-probabilities.
    """
    return {
        "scheduling_policy": "priority",
        "enable_lora": True,
        "max_loras": AT_ONCE,
        "max_cpu_loras": KEPT,
        "max_lora_rank": next(rank for rank in SERVED_RANKS if rank >= config.rank),
        "lora_target_modules": layer_names(base, config),
    }


class Adapters:
    """What an engine of the checkpoint `base` has beside it, by vLLM's numbers for it, and how many requests are under way with each."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._numbers: dict[Weights, int] = {}
        self._given = 0
        self._used: Counter[Weights] = Counter()

    def request(self, weights: Weights) -> Any:
        """vLLM's name for an adapter, the same for the same weights; None for the base itself.  ValueError where it is another model's."""
        from vllm.lora.request import LoRARequest

        if (weights.base or weights.path) != self.base:
            raise ValueError(f"{weights.path} belongs to another model than the one that stays in the engine, {self.base}")
        if not weights.base:
            return None
        if weights not in self._numbers:
            self._given += 1
            self._numbers[weights] = self._given
        number = self._numbers[weights]
        return LoRARequest(f"{weights.hash}-{number}", number, weights.path)

    def begin(self, weights: Weights) -> None:
        """A request with these weights is under way."""
        self._used[weights] += 1

    def end(self, weights: Weights) -> None:
        """It is no longer."""
        self._used[weights] -= 1

    def unused(self, answering: Weights) -> list[int]:
        """The numbers of adapters that nothing is under way with, but for the one that answers; they are forgotten."""
        idle = [weights for weights in self._numbers if not self._used[weights] and weights != answering]
        for weights in idle:
            del self._used[weights]
        return [self._numbers.pop(weights) for weights in idle]


def at_first(weights: Weights) -> Weights:
    """What an engine that is to serve the adapter `weights` answers with before that has been loaded, and looked at: its base.

    Of a version below all others, so that the first request that asks for any loads it.
    """
    return Weights(weights.base, -1, "") if weights.base else weights
