"""New weights for a running engine, checked.

With tied embeddings on CPU an engine silently keeps part of the old weights, and nothing says so: after a swap the
engine must compute what the checkpoint computes (`train.probe`).
"""

from __future__ import annotations

from typing import Any

from synth.llm.config import SamplerConfig
from train.probe import Probe, rounding


def token_logprobs(llm: Any, texts: list[list[int]]) -> list[list[float]]:
    """The engine's log-probabilities of each text's tokens but the first, nats."""
    from vllm import SamplingParams

    prompts = [{"prompt_token_ids": tokens} for tokens in texts]
    outputs = llm.generate(prompts, SamplingParams(max_tokens=1, temperature=0, prompt_logprobs=0), use_tqdm=False)
    return [
        [entry[token].logprob for token, entry in zip(tokens[1:], output.prompt_logprobs[1:], strict=True)]
        for tokens, output in zip(texts, outputs, strict=True)
    ]


def swap_weights(llm: Any, path: str) -> None:
    """Load the safetensors of `path` into the running engine and forget cached prefixes."""
    llm.collective_rpc("reload_weights", kwargs={"weights_path": path})
    llm.reset_prefix_cache()


class SwapFailed(Exception):
    """The engine does not compute what the new checkpoint computes."""


def tolerance(probe: Probe, config: SamplerConfig) -> float:
    """The largest mean gap after a good swap, nats a token: a share of the spread of the logits, as rounding errors are."""
    share = rounding(probe.dtype, config.dtype) if config.swap_tolerance is None else config.swap_tolerance
    return share * max(probe.spread, 0.1)
