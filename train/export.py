"""What a round leaves: the model as an ordinary checkpoint with its probe, the adapter beside it, and the manifest, last of all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.config import LoraConfig
from train.inbox import Job, write_json
from train.lora import adapter_hash, adapter_of, add_adapters, merge, save_adapter
from train.model import checkpoint_hash, replace_directory
from train.probe import write_probe

if TYPE_CHECKING:
    import torch

    State = dict[str, torch.Tensor]


def finished(model: Any, state: State, lora: bool, merged: bool = True) -> tuple[State, State]:
    """The weights to save (none where the adapter is not `merged`), and the adapter (none without LoRA).

    FloatingPointError names what is not finite.
    """
    import torch

    whole, adapter = (merge(model, state) if merged else ({}, adapter_of(state))) if lora else (state, {})
    for name, weight in (whole or adapter).items():
        if weight.is_floating_point() and not bool(torch.isfinite(weight).all()):
            raise FloatingPointError(name)
    return whole, adapter


def write(model: Any, tokenizer: Any, whole: State, adapter: State, job: Job, dtype: str, figures: dict[str, Any]) -> None:
    """Write `model/` (unless the adapter is to be served), `adapter/` where there is one, and `manifest.json` with `figures`."""
    out = Path(job.out)

    def thin(partial: Path) -> None:
        save_adapter(model, adapter, partial)
        if not whole:
            write_probe(partial, dtype, job.init)

    if adapter:
        _replace(out / "adapter", thin)
    if whole:
        _replace(out / "model", lambda partial: _save(model, tokenizer, whole, dtype, partial))
    log = (out / "metrics.jsonl").read_text().splitlines()
    manifest = {
        "key": job.key,
        "model": "model" if whole else "",
        "hash": checkpoint_hash(out / "model") if whole else adapter_hash(job.init_hash or checkpoint_hash(job.init), out / "adapter"),
        "adapter": "adapter" if adapter else "",
        "init": job.init,
        "examples_files": list(job.examples),
        "seed": job.seed,
        "config": job.config,
        **figures,
        "history": [json.loads(line) for line in log],
        "versions": _versions(),
    }
    write_json(out / "manifest.json", manifest)


def merged_checkpoint(base: str, training: str, dtype: str) -> str:
    """The adapter that a round left in the folder `training`, merged into the checkpoint `base`: `training/model`, made if it is not there.

    Returns its folder.  `dtype` is the number format in which it will be served ('' = its own), for its probe.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging as hf_logging

    target = Path(training) / "model"
    if (target / "config.json").exists():
        return str(target)
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
    about = json.loads((Path(training) / "adapter" / "adapter_config.json").read_text())
    config = LoraConfig(rank=about["r"], alpha=about["lora_alpha"], targets=tuple(about["target_modules"]))
    add_adapters(model, config, base, str(Path(training) / "adapter"))
    with torch.no_grad():
        whole, _ = merge(model, model.state_dict())
    _replace(target, lambda partial: _save(model, AutoTokenizer.from_pretrained(base), whole, dtype or str(model.dtype)[6:], partial))
    return str(target)


def _save(model: Any, tokenizer: Any, whole: State, dtype: str, partial: Path) -> None:
    partial.mkdir()
    model.save_pretrained(partial, state_dict=whole)
    tokenizer.save_pretrained(str(partial))
    write_probe(partial, dtype)


def _replace(target: Path, save: Callable[[Path], None]) -> None:
    """Have `save` write a new folder, which then takes the place of `target`."""
    partial = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(partial, ignore_errors=True)
    save(partial)
    replace_directory(partial, target)


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "deepspeed", "transformers", "peft", "ray")}
