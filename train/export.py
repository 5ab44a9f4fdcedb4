"""What a round leaves: the model as an ordinary checkpoint with its probe, the adapter beside it, and the manifest, last of all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.inbox import Job, write_json
from train.lora import merge, save_adapter
from train.model import checkpoint_hash, replace_directory
from train.probe import write_probe

if TYPE_CHECKING:
    import torch

    State = dict[str, torch.Tensor]


def finished(model: Any, state: State, lora: bool) -> tuple[State, State]:
    """The weights to save, and the adapter (none without LoRA). FloatingPointError names what is not finite."""
    import torch

    whole, adapter = merge(model, state) if lora else (state, {})
    for name, weight in whole.items():
        if weight.is_floating_point() and not bool(torch.isfinite(weight).all()):
            raise FloatingPointError(name)
    return whole, adapter


def write(model: Any, tokenizer: Any, whole: State, adapter: State, job: Job, dtype: str, figures: dict[str, Any]) -> None:
    """Write `model/`, `adapter/` where there is one, and `manifest.json` with `figures`, into the round's folder."""
    out = Path(job.out)
    if adapter:
        _replace(out / "adapter", lambda partial: save_adapter(model, adapter, partial))

    def save(partial: Path) -> None:
        partial.mkdir()
        model.save_pretrained(partial, state_dict=whole)
        tokenizer.save_pretrained(str(partial))
        write_probe(partial, dtype)

    _replace(out / "model", save)
    log = (out / "metrics.jsonl").read_text().splitlines()
    manifest = {
        "key": job.key,
        "model": "model",
        "hash": checkpoint_hash(out / "model"),
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


def _replace(target: Path, save: Callable[[Path], None]) -> None:
    """Have `save` write a new folder, which then takes the place of `target`."""
    partial = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(partial, ignore_errors=True)
    save(partial)
    replace_directory(partial, target)


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "deepspeed", "transformers", "peft", "ray")}
