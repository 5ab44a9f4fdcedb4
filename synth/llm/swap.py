"""New weights for a running engine, checked.

With tied embeddings on CPU an engine silently keeps part of the old weights, and nothing says so: after a swap the
engine must compute what the checkpoint computes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def token_logprobs(llm: Any, tokens: list[int]) -> list[float]:
    """The engine's log-probabilities of `tokens[1:]`, nats."""
    from vllm import SamplingParams

    output = llm.generate({"prompt_token_ids": tokens}, SamplingParams(max_tokens=1, temperature=0, prompt_logprobs=0), use_tqdm=False)[0]
    return [entry[token].logprob for token, entry in zip(tokens[1:], output.prompt_logprobs[1:], strict=True)]


def swap_weights(llm: Any, path: str) -> None:
    """Load the safetensors of `path` into the running engine and forget cached prefixes."""
    llm.collective_rpc("reload_weights", kwargs={"weights_path": path})
    llm.reset_prefix_cache()


class SwapFailed(Exception):
    """The engine does not compute what the new checkpoint computes."""


def mean_gap(a: list[float], b: list[float]) -> float:
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / max(1, len(b))


@dataclass(frozen=True)
class Probe:
    """Token ids, and the log-probabilities (nats) that a checkpoint gives `tokens[1:]`."""

    tokens: list[int]
    logprobs: list[float]


PROBE_TEXT = "<|prove|>: ∀ n : Nat, n + 0 = n<|answer|>intro n; rfl"


def checkpoint_probe(checkpoint: str) -> Probe:
    """What the checkpoint itself computes on a fixed text: `probe.json` beside its weights, else by transformers."""
    file = Path(checkpoint) / "probe.json"
    if file.exists():
        return Probe(**json.loads(file.read_text()))
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(checkpoint).encode(PROBE_TEXT)
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    with torch.no_grad():
        logprobs = torch.log_softmax(model(torch.tensor([tokens])).logits[0, :-1].float(), -1)
    return Probe(tokens, logprobs[torch.arange(len(tokens) - 1), torch.tensor(tokens[1:])].tolist())
