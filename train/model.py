"""The small model: a Llama of about 1 M parameters in Hugging Face format, and the content hash of a checkpoint.

Embeddings are untied on purpose: with tied ones vLLM on CPU keeps the old output layer after a weight swap.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from train.config import ModelConfig
from verify_workers.errors import UserError
from verify_workers.working_directory import enter_again

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

_HASHED = (".safetensors", ".json", ".model", ".txt", ".jinja")


def build_model(config: ModelConfig, vocab_size: int, pad: int, eos: int, seed: int) -> LlamaForCausalLM:
    """A freshly initialised model; equal arguments give equal weights and leave torch's global generator alone."""
    enter_again()  # before PyTorch is loaded
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=config.d_model,
        intermediate_size=config.ffn,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.heads,
        max_position_embeddings=config.max_length,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        initializer_range=config.init_std,
        tie_word_embeddings=False,
        pad_token_id=pad,
        bos_token_id=None,
        eos_token_id=eos,
        dtype="float32",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(shape)


def create_checkpoint(directory: Path, config: ModelConfig, tokenizer: PreTrainedTokenizerFast, seed: int) -> str:
    """Write a fresh model with `tokenizer` to `directory` (it appears whole or not at all); returns its hash."""
    pad, eos = tokenizer.pad_token_id, tokenizer.eos_token_id
    if not isinstance(pad, int) or not isinstance(eos, int):
        raise UserError(f"{directory}: the tokenizer has no pad or eos token; use train.tokenizer.train_tokenizer")
    from transformers.utils import logging as hf_logging

    model = build_model(config, len(tokenizer), pad, eos, seed)
    partial = directory.with_name(f".{directory.name}.{os.getpid()}.tmp")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    hf_logging.disable_progress_bar()  # of writing the shards, of which there is one: the progress of a run has a display of its own
    model.save_pretrained(partial)
    tokenizer.save_pretrained(str(partial))
    replace_directory(partial, directory)
    return checkpoint_hash(directory)


def replace_directory(partial: Path, target: Path) -> None:
    """Move `partial` to `target`; an older `target` is moved away first and then removed."""
    if target.exists():
        old = target.with_name(f".{target.name}.{os.getpid()}.old")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        partial.rename(target)
        shutil.rmtree(old)
    else:
        partial.rename(target)


def checkpoint_hash(directory: str | os.PathLike[str]) -> str:
    """20 hex digits over the names and bytes of a checkpoint's weights, configuration and tokenizer.

    UserError if `directory` holds no `config.json` or no `.safetensors`.
    """
    root = Path(directory)
    files = sorted(path for path in root.iterdir() if path.suffix in _HASHED and path.name != "probe.json") if root.is_dir() else []
    if not any(path.name == "config.json" for path in files) or not any(path.suffix == ".safetensors" for path in files):
        raise UserError(f"{root}: not a model checkpoint (it needs config.json and *.safetensors)")
    return _hash(files)


def tokenizer_hash(directory: str | os.PathLike[str]) -> str:
    """20 hex digits over the names and bytes of what a checkpoint holds beside its weights, the tokenizer among it."""
    return _hash(sorted(path for path in Path(directory).iterdir() if path.suffix in _HASHED and path.suffix != ".safetensors"))


def _hash(files: Sequence[Path]) -> str:
    total = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.name}\0{digest}\n".encode())
    return total.hexdigest()[:20]
