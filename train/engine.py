"""The DeepSpeed engine around a model and its loss, and the whole weights out of it.

The loss of a step is Σ weight · cross entropy / Σ weight over the tokens of *all* workers and micro-batches, so
it does not depend on how a batch is cut.
"""

from __future__ import annotations

import logging
import math
import os
import re
from typing import TYPE_CHECKING, Any

from train.config import TrainConfig
from train.lora import add_adapters
from train.packing import Segments
from train.sequence import row_group, share_rows

if TYPE_CHECKING:
    import torch


def environment(config: TrainConfig) -> dict[str, str]:
    """What a worker's process must find in its environment when it starts."""
    common = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true", "RAYON_NUM_THREADS": str(config.threads)}
    if config.gpu:
        return common
    # Idle OpenMP threads that spin (the default) stop all progress once something else wants the cores too.
    return common | {"DS_ACCELERATOR": "cpu", "OMP_NUM_THREADS": str(config.threads), "GOMP_SPINCOUNT": "100000"}


def make_engine(init: str, config: TrainConfig, device: torch.device, adapter: str = "") -> tuple[Any, Any]:
    """A DeepSpeed engine around the loss of the model at `init` (under LoRA with the `adapter`, or fresh ones), and the model itself."""
    import deepspeed
    import torch
    from deepspeed.utils import logger
    from torch import distributed
    from transformers import AutoModelForCausalLM

    from train.deepspeed_config import deepspeed_config

    logger.setLevel(logging.ERROR)
    # Without this DeepSpeed compiles a shared-memory all-reduce on first use (a minute, and a compiler); gloo does.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    if config.optimizer in ("fused_adam", "cpu_adam") and "TORCH_CUDA_ARCH_LIST" in os.environ:
        os.environ["TORCH_CUDA_ARCH_LIST"] = plain_architectures(os.environ["TORCH_CUDA_ARCH_LIST"])
    settings = deepspeed_config(config)
    if config.zero_stage == 3:  # from_pretrained then shards while loading; the object must live until it has returned
        from transformers.integrations import HfDeepSpeedConfig

        keep = HfDeepSpeedConfig(settings)
    dtype = getattr(torch, config.dtype)
    model = AutoModelForCausalLM.from_pretrained(init, dtype=dtype, attn_implementation=config.attention)
    if config.zero_stage == 3:
        del keep
    if config.packing:
        group = row_group(distributed.get_rank(), distributed.get_world_size(), config.sequence_parallel)
        share_rows(model, config.max_length, group)
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if config.lora:
        add_adapters(model, config.lora, init, adapter)
    if config.zero_stage == 3 and config.zero_leaf_layers:
        gather_by_layer(model)
    if config.compile:
        for layer in decoder_layers(model):
            layer.compile(dynamic=True)
    trained = [p for p in model.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in trained if _rank_of(p) >= 2], "weight_decay": config.weight_decay},
        {"params": [p for p in trained if _rank_of(p) < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    optimizer = None
    if config.optimizer == "adamw":
        optimizer = torch.optim.AdamW(groups, lr=config.lr, betas=config.betas, fused=True)
    elif config.optimizer == "muon" and not config.zero_stage:
        from train.muon import Muon

        blocks = {p for name, p in model.named_parameters() if p.ndim == 2 and ".layers." in name}
        matrices = {"params": [p for p in model.parameters() if p in blocks], "weight_decay": config.weight_decay}
        rest = [{**group, "params": [p for p in group["params"] if p not in blocks]} for group in groups]
        optimizer = Muon([matrices | {"matrices": True, "lr_ratio": config.matrix_lr / config.lr}, *rest], config.lr, config.betas)
    engine, *_ = deepspeed.initialize(
        model=make_loss(model, config.sequence_parallel > 1),
        optimizer=optimizer,
        model_parameters=groups,
        config=settings,
        dist_init_required=False,
    )
    if config.optimizer == "muon" and config.zero_stage:
        for group in engine.optimizer.param_groups:
            group["lr_ratio"] = config.matrix_lr / config.lr if group["use_muon"] else 1.0
    return engine, model


def reduced(values: list[float], device: torch.device, world: int, how: str = "sum") -> list[float]:
    """`values` summed (or their maximum) over the `world` workers."""
    if world == 1:
        return values
    import torch
    from torch import distributed

    tensor = torch.tensor(values, dtype=torch.float64, device=device)
    distributed.all_reduce(tensor, op=distributed.ReduceOp.SUM if how == "sum" else distributed.ReduceOp.MAX)
    return [float(value) for value in tensor]


def decoder_layers(model: Any) -> list[Any]:
    """The layers of `model`: the modules that transformers says must not be split over devices, as FSDP wraps them."""
    names = getattr(model, "_no_split_modules", None) or ()
    return [module for module in model.modules() if type(module).__name__ in names]


def gather_by_layer(model: Any) -> int:
    """Tell ZeRO-3 to gather each decoder layer as one unit (a "leaf"); returns how many there are."""
    from deepspeed.utils import set_z3_leaf_modules

    kinds = list({type(layer) for layer in decoder_layers(model)})
    return len(set_z3_leaf_modules(model, kinds)) if kinds else 0


def plain_architectures(listed: str) -> str:
    """TORCH_CUDA_ARCH_LIST as DeepSpeed's builder can read it: `9.0a` and `10.0f` without their letters, each once."""
    names = [re.sub(r"^(\d+\.\d+)[a-z]+", r"\1", name) for name in re.split(r"[;\s]+", listed) if name]
    return ";".join(dict.fromkeys(names))


def destroy(engine: Any) -> None:
    """Let go of what the engine holds: ZeRO's hooks would keep model and optimizer state for as long as the process lives."""
    from deepspeed.runtime.zero import parameter_offload
    from deepspeed.runtime.zero.partitioned_param_coordinator import PartitionedParameterCoordinator

    engine.destroy()
    # ZeRO-3 keeps modules in two places more: a stack (the model is never taken off it, nor what gradient checkpointing
    # computes again, which ends by an exception), and a method's cache of all its arguments.
    mine, stack = set(engine.module.modules()), parameter_offload.FWD_MODULE_STACK
    stack[:] = [module for module in stack if module not in mine]
    for method in vars(PartitionedParameterCoordinator).values():
        for cell in getattr(method, "__closure__", None) or ():
            if hasattr(cell.cell_contents, "cache_clear"):
                cell.cell_contents.cache_clear()


def make_loss(model: Any, sliced: bool = False) -> torch.nn.Module:
    """A module (ids, weights, places) → Σ weights · cross entropy of ids[:, 1:]; only `places` go through the output layer.

    `segments` are those of a packed row, for a model that was made ready by `use_packing`.  `sliced`: rows are slices
    (`train.sequence`), whose last token the next worker has.
    """
    import torch
    from torch.nn import functional

    settings = model.config
    plain = not getattr(settings, "final_logit_softcapping", None) and getattr(settings, "logit_scale", None) in (None, 1.0)
    plain = plain and getattr(settings, "logits_scaling", None) in (None, 1.0)  # models that change logits after the output layer

    class WeightedLoss(torch.nn.Module):  # type: ignore[misc,unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor, weights: torch.Tensor, places: torch.Tensor, segments: Segments | None = None) -> torch.Tensor:
            packed = {"position_ids": segments.positions, "segments": segments} if segments else {}
            given, last = (ids[:, :-1], None) if sliced else (ids, -1)  # of a whole row the last token predicts nothing
            if plain:
                hidden = self.model.base_model(input_ids=given, use_cache=False, **packed).last_hidden_state
                logits = self.model.get_output_embeddings()(hidden[:, :last].flatten(0, 1)[places])
            else:
                logits = self.model(input_ids=given, use_cache=False, **packed).logits[:, :last].flatten(0, 1)[places]
            losses = functional.cross_entropy(logits.float(), ids[:, 1:].flatten()[places], reduction="none")
            return (losses * weights.flatten()[places]).sum()

    return WeightedLoss()


def clip(parameters: list[Any], limit: float) -> torch.Tensor:
    """Scale the gradient down to the norm `limit` (0 = leave it as it is), where DeepSpeed does not; returns the norm before."""
    import torch

    return torch.nn.utils.clip_grad_norm_(parameters, limit or math.inf)


def gather(model: Any, stage: int, rank: int, part: str = "") -> dict[str, Any] | None:
    """The whole weights in host memory on rank 0, one parameter at a time where ZeRO-3 sharded them.

    `part`: only those with this in their names.
    """
    if stage < 3:
        return {name: value.detach().cpu() for name, value in model.state_dict().items() if part in name} if rank == 0 else None
    import deepspeed

    state = {}
    for name, parameter in model.named_parameters():
        if part not in name:
            continue
        with deepspeed.zero.GatheredParameters([parameter]):
            if rank == 0:
                state[name] = parameter.detach().cpu().clone()
    return state if rank == 0 else None


def shard(parameter: Any, rank: int) -> torch.Tensor:
    """What this worker holds of `parameter`; ZeRO-3 pads the last shard with whatever was in memory."""
    if not hasattr(parameter, "ds_tensor"):
        return parameter.detach()  # type: ignore[no-any-return,unused-ignore]
    held = parameter.ds_tensor
    return held[: max(0, min(held.numel(), parameter.ds_numel - held.numel() * rank))]  # type: ignore[no-any-return,unused-ignore]


def _rank_of(parameter: Any) -> int:
    """Number of dimensions, also of a parameter that ZeRO-3 has sharded away."""
    return len(getattr(parameter, "ds_shape", parameter.shape))
