"""A round's examples as tokens, in its folder, written by all of its workers together."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.config import TrainConfig
from train.data import files_hash
from train.engine import reduced
from train.inbox import Job, write_json
from train.model import tokenizer_hash
from train.tokens import FORMAT, Tokens, read_tokens, write_tokens
from verify_workers.errors import UserError

if TYPE_CHECKING:
    import torch


def token_folder(job: Job, config: TrainConfig) -> Path:
    """Where the round's examples are as tokens: another folder for other examples, another tokenizer, length or format."""
    of = [job.data or files_hash([Path(file) for file in job.examples]), tokenizer_hash(job.init), str(config.max_length), str(FORMAT)]
    return Path(job.out) / f"tokens-{hashlib.sha256(' '.join(of).encode()).hexdigest()[:16]}"


def shared_tokens(job: Job, config: TrainConfig, tokenizer: Any, device: torch.device, rank: int, world: int) -> Tokens:
    """The examples of `job` as tokens, of which this worker writes its share; all return when the last has. UserError for a bad row."""
    files, tokens, told = [Path(file) for file in job.examples], token_folder(job, config), Path(job.out) / "error.json"
    if rank == 0:
        for old in set(Path(job.out).glob("tokens-*")) - {tokens}:
            shutil.rmtree(old, ignore_errors=True)
    failed = False
    try:
        write_tokens(files, tokenizer, config.max_length, tokens, rank, world)
    except UserError as error:
        write_json(told, {"error": str(error)})
        failed = True
    # What is wrong with one's share ends all of them: the others would wait for it for ever.
    if reduced([float(failed)], device, world, "max")[0]:
        raise UserError(json.loads(told.read_text())["error"])
    return read_tokens(files, tokens)
