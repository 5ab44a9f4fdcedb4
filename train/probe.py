"""What a checkpoint computes on a few fixed texts: whoever serves it can tell whether it serves *it*.

The trainer leaves `probe.json` beside the weights it exports, computed from the files it wrote and in the number format
that will be served, so that no sampler has to load the checkpoint a second time.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

NAME = "probe.json"
MAX_TOKENS = 24  # of one text: engines may be configured for contexts of 32
TEXTS = (
    "theorem add_zero (n : Nat) : n + 0 = n := by\n  induction n with\n  | zero => rfl\n  | succ n ih => simp [ih]",
    "Show that the sum of two even natural numbers is even, and that every square of an odd number is odd.",
    "<|prove|>: ∀ n : Nat, n + 0 = n<|answer|>intro n; rfl",
    "∃ x y : Int, 3 * x + 5 * y = 17 ∧ 0 < x ∧ x < 10 → obtain ⟨x, y, h⟩ := h; omega 0123456789",
)


@dataclass(frozen=True)
class Probe:
    """The texts' token ids, and the log-probabilities (nats) that a checkpoint gives each text's tokens but the first."""

    dtype: str
    """Number format in which it was computed, as PyTorch names it."""
    tokens: list[list[int]]
    logprobs: list[list[float]]
    spread: float
    """Standard deviation of the logits over the vocabulary, mean over all places: rounding errors grow with it."""


def read_probe(checkpoint: str | Path) -> Probe | None:
    """The probe beside the weights of `checkpoint`; None where there is none of this form."""
    try:
        return Probe(**json.loads((Path(checkpoint) / NAME).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write_probe(checkpoint: Path, dtype: str, base: str = "") -> None:
    """Compute the probe of `checkpoint` (an adapter of `base`, if that is given) in `dtype` and leave it beside the weights."""
    found = compute_probe(base, dtype, checkpoint) if base else compute_probe(checkpoint, dtype)
    (checkpoint / NAME).write_text(json.dumps(asdict(found)))


def compute_probe(checkpoint: str | Path, dtype: str, adapter: str | Path = "") -> Probe:
    """What the files of `checkpoint`, with an `adapter` beside it, compute in `dtype` by transformers, on a GPU where one has room for it.

    `dtype` is a name of PyTorch's or one that vLLM knows (`half`, `float`, `auto`: as the checkpoint says).
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    wanted = "auto" if dtype == "auto" else getattr(torch, dtype)  # torch.half and torch.float are names too
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=wanted)
    number_format = str(model.dtype).removeprefix("torch.")
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter), autocast_adapter_dtype=False).to(model.dtype)
    model.eval()
    device = _device(sum(p.numel() * p.element_size() for p in model.parameters()))
    model.to(device)
    tokens, logprobs, spreads = [], [], []
    with torch.no_grad():
        for text in TEXTS:
            ids = tokenizer(text, add_special_tokens=False)["input_ids"][:MAX_TOKENS]
            if len(ids) < 2:  # a vocabulary that has no such text
                continue
            logits = model(torch.tensor([ids], device=device), use_cache=False).logits[0, :-1].float()
            chosen = torch.tensor(ids[1:], device=device)[:, None]
            tokens.append(ids)
            logprobs.append(logits.log_softmax(-1).gather(1, chosen)[:, 0].tolist())
            spreads.append(logits.std(-1).flatten().tolist())
    return Probe(number_format, tokens, logprobs, _mean(spreads))


def _device(size: int) -> torch.device:
    import torch

    room = torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else 0
    return torch.device("cuda" if room > 1.5 * size + 2**30 else "cpu")


def _mean(values: list[list[float]]) -> float:
    flat = [value for row in values for value in row]
    return sum(flat) / max(1, len(flat))


def mean_gap(a: list[list[float]], b: list[list[float]]) -> float:
    """Mean absolute difference of two sets of log-probabilities, nats a token."""
    return _mean([[abs(x - y) for x, y in zip(one, other, strict=True)] for one, other in zip(a, b, strict=True)])


def rounding(*formats: str) -> float:
    """The largest difference that rounding explains, as a share of the spread, where the coarsest of `formats` is in use.

    Measured for bfloat16 on a GPU against transformers: 0.011 to 0.015 of the spread (0.009 nats at a spread of 0.6, 0.06
    at 5.1); for float32 on CPUs below 0.0001.  float16 has three bits more than bfloat16.
    """
    shares = {"float32": 0.002, "float": 0.002, "float16": 0.01, "half": 0.01, "bfloat16": 0.04}
    return max(shares.get(name, 0.04) for name in formats if name != "auto")
