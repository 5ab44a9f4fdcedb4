"""LoRA (Hu et al. 2021, arXiv 2106.09685) by PEFT: adapters into a model's linear layers, and out of them again.

A layer W x becomes W x + alpha / rank · B A x with thin A and B; only those are trained.  What a round leaves is the model
with B A added to W, an ordinary checkpoint for samplers and the next round, which begins with adapters of its own; or, where
adapters are served, A and B alone, which the next round goes on with.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.config import LoraConfig
from verify_workers.errors import UserError

if TYPE_CHECKING:
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


def layer_names(checkpoint: str | Path, config: LoraConfig) -> list[str]:
    """The names (`q_proj`) of the layers of a model that get an adapter; no weights are read. UserError where a target is none."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(checkpoint))
    return sorted({name.rpartition(".")[2] for name in adapted_layers(model, config)})


def add_adapters(model: Any, config: LoraConfig, init: str, adapter: str = "") -> None:
    """Freeze `model`, the checkpoint at `init`, and put adapters into its layers: those in the folder `adapter`, or fresh ones.

    Fresh ones compute zero.  UserError where those in `adapter` are of other layers, or of another rank or scale.
    """
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
    if adapter:
        load_adapter(model, Path(adapter))
    # Else nothing before the first adapter has a gradient, and neither gradient checkpointing's nor ZeRO-3's hooks there would run.
    model.enable_input_require_grads()


def load_adapter(model: Any, folder: Path) -> None:
    """Put the adapter that `save_adapter` wrote to `folder` into the layers of `model`, which has one of the same form.  UserError."""
    import torch
    from safetensors.torch import load_file

    kept = json.loads((folder / "adapter_config.json").read_text())
    settings = model.peft_config[ADAPTER]
    there = {name: parameter for name, parameter in model.named_parameters() if ".lora_" in name}
    given = load_file(folder / "adapter_model.safetensors")
    shapes = {_peft_name(name): tuple(parameter.shape) for name, parameter in there.items()}
    if shapes != {name: tuple(weight.shape) for name, weight in given.items()} or kept["lora_alpha"] != settings.lora_alpha:
        raise UserError(f"{folder}: an adapter of other layers, or of another rank or alpha than train.lora says; it is not trained on")
    with torch.no_grad():
        for name, parameter in there.items():
            parameter.copy_(given[_peft_name(name)])


def _peft_name(name: str) -> str:
    return f"base_model.model.{name.replace(f'.{ADAPTER}.', '.')}"


def adapter_of(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The adapters among the weights of a model, in PEFT's names; they are taken out of `state`."""
    return {_peft_name(name): state.pop(name).contiguous() for name in list(state) if ".lora_" in name}


def adapter_hash(base: str, folder: str | Path) -> str:
    """20 hex digits over the hash of the checkpoint `base` and what the adapter at `folder` adds to it.

    UserError if there is no adapter.
    """
    weights, settings = Path(folder) / "adapter_model.safetensors", Path(folder) / "adapter_config.json"
    if not weights.exists() or not settings.exists():
        raise UserError(f"{folder}: not an adapter in PEFT's format (it needs adapter_config.json and adapter_model.safetensors)")
    about = json.loads(settings.read_text())  # the rest of it is where the base is, and how it was trained
    with weights.open("rb") as file:
        parts = [base, hashlib.file_digest(file, "sha256").hexdigest(), about["r"], about["lora_alpha"]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]


def merge(model: Any, state: dict[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The weights of the model without adapters, with their products added, and the adapters in PEFT's names.

    `state` are the whole weights of `model`; it is emptied on the way, so that there is one copy of them.  The sums are
    computed in float32 and rounded once.
    """
    from peft.tuners.lora import LoraLayer

    adapter = adapter_of(state)
    whole: dict[str, torch.Tensor] = {}
    for name, layer in model.named_modules():
        if isinstance(layer, LoraLayer):
            thin, wide = (adapter[_peft_name(f"{name}.lora_{part}.weight")].float() for part in "AB")
            product = wide @ thin * layer.scaling[ADAPTER]
            weight = state.pop(f"{name}.base_layer.weight")
            transposed = getattr(layer, "fan_in_fan_out", False)
            whole[f"{name}.weight"] = (weight.float() + (product.T if transposed else product)).to(weight.dtype)
    whole |= {name.replace(".base_layer.", "."): state.pop(name) for name in list(state)}
    return whole, adapter


def save_adapter(model: Any, adapter: dict[str, torch.Tensor], folder: Path) -> None:
    """Write `adapter` (as `merge` gives it) to `folder` as PEFT reads it."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    save_file(adapter, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    model.peft_config[ADAPTER].save_pretrained(str(folder))
