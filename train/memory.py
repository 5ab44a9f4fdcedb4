"""How much memory a round needs on each GPU (or in each worker), from the model's configuration alone.

Weights, gradients and optimizer as ZeRO counts them (Rajbhandari et al. 2020, arXiv 1910.02054, §3: 2 + 2 + 12 bytes a parameter
in 16 bits with Adam) and divides them over workers; activations as Korthikanti et al. count them (2022, arXiv 2205.05198, §4),
for blocks as transformers writes them: RMS norms that compute in float32, a gated feed-forward layer, flash attention.
The tests hold it against what GPUs measured.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from train.config import ModelConfig, TrainConfig
from train.engine import decoder_layers
from train.lora import adapted_layers
from train.model import build_model
from verify_workers.errors import UserError

BUCKET = 500_000_000  # elements of DeepSpeed's reduce_bucket_size
SUB_GROUP = 1_000_000_000  # elements that ZeRO-3 steps at once
CONTEXT = 2**30  # bytes: CUDA's and NCCL's own


@dataclass(frozen=True)
class Shape:
    """What of a model decides about memory."""

    parameters: int
    """All of them, adapters too."""
    trained: int
    """Parameters that are trained: all, or those of the adapters."""
    layers: int
    layer: int
    """Parameters of the largest decoder layer."""
    hidden: int
    ffn: int
    """Width of the feed-forward layer; of mixtures of experts, of those that a token visits together."""
    queries: int
    """Width of the queries, all heads together; `keys` is that of the keys, and of the values."""
    keys: int
    heads: int
    vocabulary: int
    adapted: int
    """Inputs of all adapted layers of a model, in units."""


def shape(source: Path | ModelConfig, config: TrainConfig) -> Shape:
    """The shape of the checkpoint at `source`, or of the small model; no weights are read. UserError where there is no telling."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("meta"):
        if isinstance(source, ModelConfig):
            model: Any = build_model(source, source.vocab_size, 0, 1, seed=0)
        else:
            try:
                model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(source))
            except (OSError, ValueError, KeyError) as error:
                raise UserError(f"{source}: no model that transformers can make ({' '.join(str(error).split())[:200]})") from None
    text = model.config.get_text_config()
    if missing := [name for name in ("num_attention_heads", "hidden_size", "num_hidden_layers", "vocab_size") if not hasattr(text, name)]:
        raise UserError(f"{source}: {type(model).__name__} has no {missing[0]}, so its memory is not estimated")
    adapted = adapted_layers(model, config.lora) if config.lora else {}
    sizes = [tuple(layer.weight.shape) for layer in adapted.values()]
    total = sum(parameter.numel() for parameter in model.parameters())
    adapters = config.lora.rank * sum(map(sum, sizes)) if config.lora else 0
    heads, hidden = int(text.num_attention_heads), int(text.hidden_size)
    head = int(getattr(text, "head_dim", None) or hidden // heads)
    ffn = int(getattr(text, "intermediate_size", None) or 4 * hidden)
    if visited := getattr(text, "num_experts_per_tok", None):
        ffn = int(visited) * int(getattr(text, "moe_intermediate_size", None) or ffn)
    return Shape(
        parameters=total + adapters,
        trained=adapters or total,
        layers=int(text.num_hidden_layers),
        layer=max((sum(parameter.numel() for parameter in layer.parameters()) for layer in decoder_layers(model)), default=total),
        hidden=hidden,
        ffn=ffn,
        queries=heads * head,
        keys=int(getattr(text, "num_key_value_heads", None) or heads) * head,
        heads=heads,
        vocabulary=int(text.vocab_size),
        adapted=sum(columns for _, columns in sizes),
    )


@dataclass(frozen=True)
class Memory:
    """Bytes on each GPU, or in each worker on a CPU, by what they hold."""

    weights: int
    optimizer: int
    """Adam's moments, and the float32 copy of the weights that DeepSpeed keeps where it shards, or where weights have 16 bits."""
    gradients: int
    activations: int
    """What the backward pass of one micro-batch needs of its forward pass."""
    logits: int
    buffers: int
    """DeepSpeed's buckets, CUDA's and NCCL's own."""
    step: int
    """Copies of the gradient that an optimizer step makes, when the activations are gone."""

    @property
    def lasting(self) -> int:
        """What no smaller micro-batch saves."""
        return self.weights + self.optimizer

    @property
    def peak(self) -> int:
        """The most that is allocated at one time."""
        return self.lasting + self.gradients + self.buffers + max(self.activations + self.logits, self.step)

    @property
    def total(self) -> int:
        """About what the GPU shows in use: PyTorch seldom finds room for a step's large copies where small activations were."""
        return sum(getattr(self, field.name) for field in fields(self))

    def __str__(self) -> str:
        parts = ("weights", "optimizer", "gradients", "activations", "logits", "buffers", "step")
        listed = ", ".join(f"{name} {_gib(getattr(self, name))}" for name in parts if getattr(self, name) >= 2**26)
        return f"about {_gib(self.total)} GiB" + (f" ({listed})" if listed else "")


def _gib(size: float) -> str:
    return f"{size / 2**30:.3g}"


def estimate(model: Shape, config: TrainConfig) -> Memory:
    """The memory of a round of `config` on each of its workers."""
    width, stage, workers = 4 if config.dtype == "float32" else 2, config.zero_stage, config.workers
    trained, share = model.trained, -(-model.trained // workers)
    moments = 4 if config.optimizer == "muon" else 8
    master = 4 if stage or width == 2 else 0
    gradients = width * (share if stage >= 2 else trained)
    optimizer = (master + moments) * (share if stage else trained)
    flat = (4 if width == 4 else 4 + 2) * share  # ZeRO-1 and 2: one flat gradient in float32, made from one in the weights' format
    step = {0: 4 * trained if width == 2 else 0, 3: 4 * min(share, SUB_GROUP)}.get(stage, flat)
    weights = width * model.parameters
    if stage == 3:  # the shards, and the layer that computes with the one that is fetched meanwhile
        shards = 0 if config.offload else -(-weights // workers)
        alone = workers == 1 and not config.offload  # then the whole weights stay beside the one shard (`deepspeed_config`)
        weights = 2 * weights if alone else min(weights, shards + 2 * width * model.layer)
    if config.offload:
        optimizer = gradients = step = 0
    buckets = (2 if config.gpu and stage < 3 else 1) * width * (BUCKET if config.gpu else min(BUCKET, trained)) if stage else 0
    activations, logits = _activations(model, config, width)
    return Memory(weights, optimizer, gradients, activations, logits, buckets + (CONTEXT if config.gpu else 0), step)


def _activations(model: Shape, config: TrainConfig, width: int) -> tuple[int, int]:
    """Bytes of a micro-batch's activations, and of its logits, at `width` bytes a number."""
    # Of a micro-batch, or of a worker's part of it.
    tokens = (config.micro_batch_tokens or config.batch_tokens) // max(1, config.workers // config.step_micro_batches)
    # Of a norm: its input in float32, the normed input, and the output. In float32 the input is that of the layer and counts once.
    norms = 2 * model.hidden * (4 + 2 * width)
    attention = width * (2 * model.queries + 2 * model.keys)  # queries, keys, values, and what the output layer reads
    scores = (4 + 2 * width) * model.heads * config.max_length if config.attention == "eager" else 0
    feed_forward = width * 4 * model.ffn  # gate, its SiLU, up, and their product
    dropped = (width + 1) * model.adapted // model.layers if config.lora and config.lora.dropout else 0
    layer = tokens * (norms + attention + scores + feed_forward + dropped)
    kept = layer + model.layers * tokens * width * model.hidden if config.gradient_checkpointing else model.layers * layer
    # The logits, in float32 too, and their log-softmax; backwards the gradients of both in place of the first two.
    return kept, tokens * model.vocabulary * (width + 8)


def check_memory(needed: Memory, there: float, what: str) -> str:
    """A warning where `needed` is probably more than the `there` bytes of `what`; '' where not. UserError where it certainly is."""
    if needed.lasting > there:
        raise UserError(
            f"{what} has {_gib(there)} GiB, and weights and optimizer state alone take {_gib(needed.lasting)} GiB; raise train.zero_stage "
            "or train.workers, set train.offload or train.lora, or take a larger GPU"
        )
    if needed.total > there:
        return (
            f"training may need {needed}, and {what} has {_gib(there)} GiB; lower train.micro_batch_tokens, or set "
            "train.gradient_checkpointing"
        )
    return ""
