"""New weights for a running engine, checked.

With tied embeddings on CPU an engine silently keeps part of the old weights, and nothing says so: after a swap the
engine must compute what the checkpoint computes (`train.probe`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from synth.llm.buckets import Bucket, shared
from synth.llm.config import SamplerConfig
from train.probe import Probe, rounding

BACKEND = "proof-synth"
"""How vLLM knows `synth.llm.transfer`, by which its workers receive buckets."""
RECEIVES = "synth.llm.transfer.Receives"
"""What they are extended by for that."""
DIGESTS = "compute_weight_checksums"
"""What they are asked for the digest of each weight."""


def reading() -> Any:
    """vLLM's parameters of a request that asks what the engine computes for a prompt."""
    from vllm import SamplingParams

    return SamplingParams(max_tokens=1, temperature=0, prompt_logprobs=0)


def logprobs_of(tokens: list[int], output: Any) -> list[float]:
    """The log-probabilities of all `tokens` but the first, nats, from vLLM's answer to them."""
    return [entry[token].logprob for token, entry in zip(tokens[1:], output.prompt_logprobs[1:], strict=True)]


def token_logprobs(llm: Any, texts: list[list[int]]) -> list[list[float]]:
    """The engine's log-probabilities of each text's tokens but the first, nats."""
    outputs = llm.generate([{"prompt_token_ids": tokens} for tokens in texts], reading(), use_tqdm=False)
    return [logprobs_of(tokens, output) for tokens, output in zip(texts, outputs, strict=True)]


def loading(path: str, buckets: Sequence[Bucket]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What an engine's workers are told, one after the other (a method and its arguments), to take the weights of the checkpoint `path`.

    They read it themselves, or, where there are `buckets` of it, get these by vLLM's weight transfer.
    """
    if not buckets:
        yield "reload_weights", {"weights_path": path}
        return
    yield "start_weight_update", {}
    for bucket, place in shared(buckets):
        told = {"number": bucket.number, "last": bucket.last, "tensors": [vars(tensor) for tensor in bucket.tensors], "path": place}
        yield "update_weights", {"update_info": told}
    yield "finish_weight_update", {}


class SwapFailed(Exception):
    """The engine does not compute what the new checkpoint computes."""


def digest(of_workers: list[dict[str, str]]) -> str:
    """One digest of what an engine's workers say of their weights."""
    lines = sorted(f"{name} {value}" for worker in of_workers for name, value in worker.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:20]


def unlike(digests: list[str]) -> list[int]:
    """Which of some engines hold other weights than most of them do (than the first, where as many hold others); '' is not known."""
    known = [value for value in digests if value]
    usual = max(known, key=known.count, default="")
    return [index for index, value in enumerate(digests) if value and value != usual]


def check_swap(path: str, before: float, after: float, probe: Probe, config: SamplerConfig) -> None:
    """SwapFailed where the engine is further off the checkpoint at `path` than rounding explains."""
    if not after <= (limit := tolerance(probe, config)):
        raise SwapFailed(
            f"after loading {path} the engine is {after:.4f} nats a token off the checkpoint "
            f"(before: {before:.4f}; up to {limit:.4f} would be rounding)"
        )


def tolerance(probe: Probe, config: SamplerConfig) -> float:
    """The largest mean gap after a good swap, nats a token: a share of the spread of the logits, as rounding errors are."""
    share = rounding(probe.dtype, config.dtype) if config.swap_tolerance is None else config.swap_tolerance
    return share * max(probe.spread, 0.1)
