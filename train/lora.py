"""LoRA (Hu et al. 2021, arXiv 2106.09685) by PEFT: adapters into a model's linear layers, and out of them again.

A layer W x becomes W x + alpha / rank · B A x with thin A and B; only those are trained.  What a round leaves is the model
with B A added to W, an ordinary checkpoint for samplers and the next round, which begins with adapters of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from train.config import LoraConfig
from verify_workers.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    import torch

ADAPTER = "default"  # PEFT's name for a model's only adapter


def linear_layers(model: Any) -> dict[str, Any]:
    """The linear layers of `model` by their full names, without the output layer, which is often the embedding too."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    output = model.get_output_embeddings()
    return {name: layer for name, layer in model.named_modules() if isinstance(layer, (Linear, Conv1D)) and layer is not output}


def adapted_layers(model: Any, config: LoraConfig) -> dict[str, Any]:
    """Those of them that get an adapter. UserError where a target is none of theirs."""
    layers = linear_layers(model)
    kinds = sorted({name.rpartition(".")[2] for name in layers})
    unknown = [target for target in config.targets if target not in kinds]
    if unknown:
        raise UserError(f"train.lora.targets: {type(model).__name__} has no linear layers {unknown[0]!r}; it has {', '.join(kinds)}")
    return {name: layer for name, layer in layers.items() if not config.targets or name.rpartition(".")[2] in config.targets}


def add_adapters(model: Any, config: LoraConfig, init: str) -> None:
    """Freeze `model`, the checkpoint at `init`, and put adapters into its layers; fresh ones compute zero."""
    from peft import LoraConfig as PeftConfig
    from peft import inject_adapter_in_model

    targets = {name.rpartition(".")[2] for name in adapted_layers(model, config)}
    settings = PeftConfig(
        base_model_name_or_path=init,
        task_type="CAUSAL_LM",
        target_modules=sorted(targets),
        r=config.rank,
        lora_alpha=config.alpha,  # type: ignore[arg-type,unused-ignore]  # it may be a fraction
        lora_dropout=config.dropout,
        bias="none",
    )
    inject_adapter_in_model(settings, model, ADAPTER)
    # Else nothing before the first adapter has a gradient, and neither gradient checkpointing's nor ZeRO-3's hooks there would run.
    model.enable_input_require_grads()


def merge(model: Any, state: dict[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The weights of the model without adapters, with their products added, and the adapters in PEFT's names.

    `state` are the whole weights of `model`; it is emptied on the way, so that there is one copy of them.  The sums are
    computed in float32 and rounded once.
    """
    from peft.tuners.lora import LoraLayer

    adapter = {name: state.pop(name).contiguous() for name in list(state) if ".lora_" in name}
    whole: dict[str, torch.Tensor] = {}
    for name, layer in model.named_modules():
        if isinstance(layer, LoraLayer):
            thin, wide = (adapter[f"{name}.lora_{part}.{ADAPTER}.weight"].float() for part in "AB")
            product = wide @ thin * layer.scaling[ADAPTER]
            weight = state.pop(f"{name}.base_layer.weight")
            transposed = getattr(layer, "fan_in_fan_out", False)
            whole[f"{name}.weight"] = (weight.float() + (product.T if transposed else product)).to(weight.dtype)
    whole |= {name.replace(".base_layer.", "."): state.pop(name) for name in list(state)}
    return whole, {f"base_model.model.{name.replace(f'.{ADAPTER}.', '.')}": weight for name, weight in adapter.items()}


def save_adapter(model: Any, adapter: dict[str, torch.Tensor], folder: Path) -> None:
    """Write `adapter` (as `merge` gives it) to `folder` as PEFT reads it."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    save_file(adapter, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    model.peft_config[ADAPTER].save_pretrained(str(folder))
