"""Settings of training: what a round trains with, the small model's shape, the replay buffer, evaluation, W&B.

Every field says what it is and in which unit; an unknown key is an error.  The defaults are those of the small
model on a CPU; `cluster/configs` holds those of a 7B model on GPUs.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MUON_MOMENTUM = 0.95  # of ours and of DeepSpeed's


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ModelConfig(Config):
    """The shape of our own small Llama model (about 1 M parameters)."""

    vocab_size: int = Field(640, ge=300, le=65536)
    """Size of the BPE vocabulary, in tokens, special tokens included (256 bytes and 7 special tokens are the least)."""
    d_model: int = Field(128, ge=8)
    """Width of the residual stream, in units."""
    layers: int = Field(4, ge=1)
    """Number of transformer blocks."""
    heads: int = Field(4, ge=1)
    """Number of attention heads (query and key/value alike); vLLM on CPU wants `d_model / heads` to be at least 32."""
    ffn: int = Field(384, ge=8)
    """Width of the gated feed-forward layer, in units."""
    max_length: int = Field(512, ge=16)
    """Longest sequence the model is made for, in tokens."""
    rope_theta: float = Field(10000.0, gt=0)
    """Base of the rotary position embedding."""
    init_std: float = Field(0.04, gt=0)
    """Standard deviation of the initial weights."""

    @model_validator(mode="after")
    def _heads_divide(self) -> ModelConfig:
        if self.d_model % self.heads or (self.d_model // self.heads) % 2:
            raise ValueError(f"model.d_model ({self.d_model}) must be an even multiple of model.heads ({self.heads})")
        return self


SERVED_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks that vLLM makes room for; adapters of others are served in that of the next larger one."""


class LoraConfig(Config):
    """Low-rank adaptation (LoRA, arXiv 2106.09685): two thin matrices beside each linear layer are trained, the model itself is not."""

    rank: int = Field(16, ge=1)
    """Width of the thin matrices, in units."""
    alpha: float = Field(32.0, gt=0)
    """Scale: the product of the two matrices counts `alpha / rank`."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of an adapter's inputs that is dropped in training."""
    targets: tuple[str, ...] = ()
    """Names of the linear layers that get an adapter, such as `q_proj`; [] = all but the output layer."""
    serve: bool = False
    """In a run: the model that it begins with stays as it is, its rounds train one adapter on and on, and engines serve the newest one
    beside the model. New weights are then a few MB, which an engine takes while others' answers are under way. false = each round's
    adapter is merged into the weights, and the next round has one of its own."""

    @model_validator(mode="after")
    def _servable(self) -> LoraConfig:
        if self.serve and self.rank > SERVED_RANKS[-1]:
            raise ValueError(f"train.lora.rank ({self.rank}): engines serve adapters of rank {SERVED_RANKS[-1]} at most; or serve=false")
        return self


class TrainConfig(Config):
    """One round of fine-tuning with DeepSpeed through Ray Train."""

    epochs: float = Field(2.0, gt=0)
    """Passes over the examples; the number of steps follows from it and is known before the first step."""
    max_tokens: int | None = Field(None, ge=1)
    """Most tokens to train on (prompt and completion, without padding); None = only `epochs` limits. The schedule anneals within it."""
    max_steps: int | None = Field(None, ge=1)
    """Most optimizer steps; None = no limit of its own. The schedule anneals within it."""
    max_seconds: float | None = Field(None, gt=0)
    """Safety stop, in seconds of training without start-up; a stop by it depends on the machine and leaves the schedule unfinished."""

    batch_tokens: int = Field(4096, ge=16)
    """Tokens per optimizer step over all workers, padding included."""
    micro_batch_tokens: int | None = Field(None, ge=16)
    """Most tokens per forward pass (gradients accumulate up to `batch_tokens`, over passes and workers); None = `batch_tokens`. A
    micro-batch is split where a step has fewer of them than there are workers."""
    packing: bool = False
    """Lay whole examples end to end in rows of at most `micro_batch_tokens` tokens, without padding and each attending to itself
    alone, in place of batches padded to their longest example."""
    max_length: int = Field(512, ge=8)
    """Longest example, in tokens; longer ones are skipped and counted in the result."""
    prompt_loss_weight: float = Field(0.0, ge=0, le=1)
    """Weight of the loss on prompt tokens, relative to completion tokens (0 = completion only)."""

    optimizer: Literal["adamw", "muon", "cpu_adam", "fused_adam"] = "adamw"
    """`adamw` = PyTorch's; `muon` = for matrices inside the blocks with AdamW for the rest, ours at ZeRO stage 0, DeepSpeed's at 1 to 3
    (with `clip: 0`, and a round that is under way goes on with as many workers);
    `cpu_adam`, `fused_adam` = DeepSpeed's for ZeRO-Offload and for CUDA (they compile on first use)."""
    lr: float = Field(3e-3, gt=0)
    """Peak learning rate."""
    matrix_lr: float = Field(0.02, gt=0)
    """Peak learning rate of the matrices inside the blocks under `optimizer: muon`; `lr` is that of the rest."""
    min_lr_ratio: float = Field(0.05, ge=0, le=1)
    """Learning rate at the last step as a share of `lr`."""
    warmup: float = Field(0.05, ge=0, lt=1)
    """Share of the steps over which the learning rate rises linearly to `lr`."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls from `lr` to `lr * min_lr_ratio` after the warm-up (`constant` does not)."""
    weight_decay: float = Field(0.01, ge=0)
    """Decoupled weight decay, on matrices only."""
    betas: tuple[float, float] = (0.9, 0.98)
    """Adam's decay rates of the first and second moment."""
    clip: float = Field(1.0, ge=0)
    """Largest norm of the gradient; 0 = no clipping."""

    lora: LoraConfig | None = None
    """Train adapters only (LoRA), and merge them into the model at the end of the round, or serve them beside it; null = train all
    weights."""
    average_last: int = Field(1, ge=1)
    """The round's result is the mean of the weights at so many points, the last step and those before it; 1 = the last step's weights."""
    average_steps: int = Field(10, ge=1)
    """Optimizer steps between the points that `average_last` counts."""

    zero_stage: Literal[0, 1, 2, 3] = 0
    """DeepSpeed's ZeRO stage: what is sharded over workers (0 nothing, 1 optimizer, 2 + gradients, 3 + parameters)."""
    zero_leaf_layers: bool = True
    """At ZeRO stage 3 gather the parameters of a decoder layer together, not each module's by itself: far fewer hooks and larger
    messages. The whole layer is then in memory at once; set false where that is too much (mixtures of very many experts)."""
    offload: bool = False
    """Keep optimizer state (and, at stage 3, parameters) in host memory; for GPUs too small otherwise. Wants `cpu_adam`."""
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    """Number format of weights and activations; float32 is the faster one on most CPUs. float16 (GPUs only) is for cards without
    bfloat16: its loss is scaled, and steps whose gradient overflows are skipped and the scale lowered."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, about a third more time."""
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    """Attention implementation of transformers; `packing` brings its own."""
    compile: bool = False
    """Compile each decoder layer with torch.compile (ZeRO stages 0 to 2): faster on GPUs from about 1 B parameters; the first steps take
    a minute."""
    deepspeed: dict[str, Any] = {}
    """Extra DeepSpeed settings, merged over those derived from this model (for what has no field here)."""

    workers: int = Field(1, ge=1)
    """Number of Ray Train workers (one process each; on one GPU each if `gpu`). A round that is under way goes on with others."""
    sequence_parallel: int = Field(1, ge=1)
    """Workers that share each row of tokens, for long contexts: attention's heads are shared out among them (Ulysses, arXiv 2309.14509).
    Divides `workers` and the model's attention heads, and needs `packing`."""
    threads: int = Field(2, ge=1)
    """Threads of each worker on a CPU."""
    cpus_per_worker: float = Field(1.0, ge=0)
    """Logical Ray CPUs that each worker reserves; less than `threads` where training and idle samplers take turns."""
    gpu: bool = False
    """Train on GPUs."""
    gpus_per_worker: float = Field(1.0, gt=0, le=1)
    """GPUs that each worker reserves in Ray if `gpu`; less than 1 leaves room for samplers that stay on the same GPU while it trains."""
    keep_workers: bool = False
    """Start the workers once for all rounds of a run, not for each: they hold their CPUs or GPUs while the samplers work."""
    wait_seconds: float = Field(300.0, gt=0)
    """Longest wait for CPUs or GPUs that are held by something else, in seconds; then the run ends and says what holds them."""
    max_failures: int = Field(2, ge=0)
    """How many times a round starts again from its last checkpoint after a worker dies."""
    checkpoint_steps: int = Field(200, ge=1)
    """Optimizer steps between checkpoints."""
    log_steps: int = Field(10, ge=1)
    """Optimizer steps between reports of loss and speed."""

    @model_validator(mode="after")
    def _consistent(self) -> TrainConfig:
        limit, room = ("micro_batch_tokens", self.micro_batch_tokens) if self.micro_batch_tokens else ("batch_tokens", self.batch_tokens)
        if self.max_length > room:
            raise ValueError(f"train.max_length ({self.max_length}) does not fit into train.{limit} ({room})")
        if self.sequence_parallel > 1 and (not self.packing or self.workers % self.sequence_parallel):
            remedy = "set train.packing=true" if not self.packing else f"let train.workers ({self.workers}) be a multiple"
            raise ValueError(f"train.sequence_parallel ({self.sequence_parallel}) shares packed rows among workers: {remedy}")
        if self.gpu and self.workers > 1 and self.gpus_per_worker <= 0.5:
            raise ValueError("train.gpus_per_worker must be above 0.5 with several workers: two on one GPU cannot talk over NCCL")
        if self.optimizer == "fused_adam" and not self.gpu:
            raise ValueError("train.optimizer=fused_adam needs train.gpu=true; use adamw or cpu_adam")
        if self.optimizer == "muon" and self.zero_stage and self.clip:
            # DeepSpeed takes the norm over what Muon has made orthogonal: a step would be the smaller the larger the model is.
            raise ValueError("train.optimizer=muon under ZeRO cannot be clipped: set train.clip=0 (Muon's steps have one size anyway)")
        if self.optimizer == "muon" and self.lora:
            raise ValueError("train.optimizer=muon is for whole matrices, not for LoRA's thin ones: set train.optimizer=adamw")
        if self.offload and not (self.gpu and self.zero_stage >= 2 and self.optimizer == "cpu_adam"):
            raise ValueError("train.offload needs train.gpu=true, train.zero_stage 2 or 3 and train.optimizer=cpu_adam")
        if self.compile and self.zero_stage == 3:
            raise ValueError("train.compile cannot see through ZeRO-3's hooks: set train.zero_stage to 2 or less, or train.compile=false")
        if self.packing and self.attention != "sdpa":
            raise ValueError("train.packing brings its own attention: leave train.attention at sdpa")
        if self.dtype == "float16" and not self.gpu:
            raise ValueError("train.dtype=float16 needs train.gpu=true; use float32 or bfloat16")
        if self.attention == "flash_attention_2" and not (self.gpu and self.dtype != "float32"):
            raise ValueError("train.attention=flash_attention_2 needs train.gpu=true and train.dtype=bfloat16 (or float16)")
        return self

    @property
    def gpus(self) -> float:
        """GPUs that all workers reserve together."""
        return self.workers * self.gpus_per_worker if self.gpu else 0.0

    @property
    def step_micro_batches(self) -> int:
        """Micro-batches of an optimizer step, of all workers together: the order of the data depends on it, and not on the workers."""
        return max(1, round(self.batch_tokens / (self.micro_batch_tokens or self.batch_tokens)))

    @property
    def accumulation(self) -> int:
        """Forward passes per worker and optimizer step."""
        return -(-self.step_micro_batches // (self.workers // self.sequence_parallel))


DIVISION = frozenset({"workers", "sequence_parallel", "threads", "gpu", "cpus_per_worker", "gpus_per_worker", "keep_workers"}) | {
    *("wait_seconds", "max_failures", "max_seconds", "checkpoint_steps", "log_steps")
}
"""Settings that only divide, place, bound or report the work of a round: one that is under way goes on with others."""


class ReplayConfig(Config):
    """Which verified pairs a round trains on, and how much each weighs."""

    per_statement: int = Field(4, ge=1)
    """Most proofs kept per statement; each of n weighs 1/√n."""
    capacity: int | None = Field(None, ge=1)
    """Most pairs in one round; None = all."""
    fresh_share: float = Field(0.5, ge=0, le=1)
    """Share of `capacity` promised to pairs of the newest round (what they leave free goes to older ones, and the reverse)."""
    old_weight: float = Field(1.0, gt=0)
    """Weight of a pair from an earlier round relative to one from the newest."""
    length_power: float = Field(0.25, ge=0)
    """A proof of L characters weighs (median / L)^length_power, within a factor of 2 either way; 0 = no preference."""
    novelty_power: float = Field(0.25, ge=0)
    """A proof whose shape occurs c times weighs c^-novelty_power before normalising; 0 = no preference."""


class EvalConfig(Config):
    """How pass@k is measured."""

    ks: tuple[int, ...] = (1, 8)
    """The k of pass@k."""
    samples: int = Field(8, ge=1)
    """Proof attempts per held-out statement (n of the estimator); at least the largest k."""
    confidence: float = Field(0.95, gt=0, lt=1)
    """Level of the bootstrap interval."""
    resamples: int = Field(1000, ge=10)
    """Bootstrap resamples."""

    @model_validator(mode="after")
    def _enough(self) -> EvalConfig:
        if not self.ks or min(self.ks) < 1 or max(self.ks) > self.samples:
            raise ValueError(f"eval.ks {list(self.ks)} must lie between 1 and eval.samples ({self.samples})")
        return self


class TrackingConfig(Config):
    """Weights & Biases."""

    mode: Literal["auto", "online", "offline", "disabled"] = "auto"
    """`auto` = WANDB_MODE if set, else online when the user is logged in, else offline."""
    project: str = "proof-synth"
    """W&B project."""
    entity: str | None = None
    """W&B team or user; None = the user's default."""
    every: float = Field(5.0, gt=0)
    """Seconds between two rows of the run's timeline (`timeline/` in the run directory), which W&B gets too."""
    upload_weights: bool = False
    """Whether W&B gets each round's weights; else its artifacts say where they are."""
