"""Examples → batches, for fifty examples or eight million with the same code.

Micro-batches are cut from a seeded shuffle of all examples, those of like length together, so that little is padded.  An
optimizer step takes the next few of them, whoever computes them: the steps of a round are the same for any number of
workers.  Right padding needs no attention mask under a causal model: no token sees what comes after it.  With packing
(`train.packing`) nothing is padded.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from train.packing import Segments, pack, segments
from train.tokens import SCHEMA, Tokens
from verify_workers.errors import UserError

if TYPE_CHECKING:
    import torch

_ROWS = 4096  # rows per row group while writing
_WINDOW = 16  # batches among which examples are sorted by length


class Example(BaseModel):
    """`completion` is what the model should say after `prompt`; `weight` scales the loss of its tokens.

    `prompt` is raw text, or the JSON of a chat (`synth.prompts.Prompt.for_training`), which the tokenizer's template lays out.
    """

    model_config = ConfigDict(frozen=True)

    prompt: str | dict[str, Any]
    completion: str
    weight: float = Field(1.0, gt=0)


def write_examples(examples: Iterable[Example], path: Path) -> int:
    """Write Parquet at `path` (whole or not at all), in bounded memory; returns the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    count, rows = 0, list[Example]()
    with pq.ParquetWriter(partial, SCHEMA) as writer:
        for example in examples:
            rows.append(example)
            if len(rows) == _ROWS:
                writer.write_table(_table(rows))
                count, rows = count + len(rows), []
        writer.write_table(_table(rows))
    partial.replace(path)
    return count + len(rows)


def _table(rows: list[Example]) -> pa.Table:
    chats = [not isinstance(r.prompt, str) for r in rows]
    prompts = [json.dumps(r.prompt, ensure_ascii=False) if chat else r.prompt for r, chat in zip(rows, chats, strict=True)]
    columns = [prompts, [r.completion for r in rows], [r.weight for r in rows], chats]
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def example_files(source: Path | Sequence[Path]) -> list[Path]:
    """The Parquet files of `source`: a file, a folder of `*.parquet`, or a list of files. UserError where one is unfit."""
    given = [source] if isinstance(source, Path) else list(source)
    files = [file for path in given for file in (sorted(path.glob("*.parquet")) if path.is_dir() else [path])]
    if not files:
        where = given[0] if given else "examples"
        raise UserError(f"{where}: no Parquet file with training examples; write one with train.data.write_examples")
    for file in files:
        try:
            names = set(pq.read_schema(file).names)
        except FileNotFoundError:
            raise UserError(f"{file}: no such file; give a Parquet file with the columns prompt and completion") from None
        except pa.ArrowInvalid as error:
            raise UserError(f"{file}: not a Parquet file ({str(error).splitlines()[0]})") from None
        missing = {"prompt", "completion"} - names
        if missing:
            named = " and ".join(sorted(missing))
            raise UserError(f"{file}: column {named} missing; training examples have prompt, completion and optionally weight")
    return files


def files_hash(files: Sequence[Path]) -> str:
    """20 hex digits over the bytes of `files`, in order."""
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as handle:
            total.update(hashlib.file_digest(handle, "sha256").digest())
    return total.hexdigest()[:20]


def epoch_batches(lengths: NDArray[np.int64], batch_tokens: int, seed: int, epoch: int, packed: bool = False) -> list[NDArray[np.int64]]:
    """Cut a seeded shuffle of the examples into batches of at most `batch_tokens` tokens, padding included.

    Every example is in exactly one batch.  Examples are sorted by length (or `packed`) within windows of 16 batches,
    and the batches shuffled again.
    """
    if not len(lengths):
        return []
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    window = max(1, int(_WINDOW * batch_tokens / max(1.0, float(lengths.mean()))))
    batches = pack(lengths, order, window, batch_tokens) if packed else list[NDArray[np.int64]]()
    for start in range(0, 0 if packed else len(order), window):
        part = order[start : start + window]
        part = part[np.argsort(lengths[part], kind="stable")]
        sizes = lengths[part]
        first = 0
        for i in range(1, len(part) + 1):  # ascending lengths: the longest of a batch is its last
            if i == len(part) or (i + 1 - first) * int(sizes[i]) > batch_tokens:
                batches.append(part[first:i])
                first = i
    return [batches[i] for i in random.permutation(len(batches))]


@dataclass(frozen=True)
class Batch:
    """`ids` is (examples, length), or packed (1, tokens); `weights` has a column less: the loss weight of predicting ids[:, 1:]."""

    ids: torch.Tensor
    weights: torch.Tensor
    places: torch.Tensor
    """Where `weights` (flattened) is above 0: found here, since asking a GPU for it would wait for all it has to do."""
    tokens: int
    """Tokens without padding."""
    segments: Segments | None = None
    """The examples in a packed row."""

    def inputs(self, device: torch.device) -> list[Any]:
        """What the loss is computed from, on `device`."""
        parts = (self.ids, self.weights, self.places, *([self.segments] if self.segments else []))
        return [part.to(device, non_blocking=True) for part in parts]


def deal(parts: Sequence[NDArray[np.int64]], lengths: NDArray[np.int64], rank: int, workers: int, each: int) -> list[NDArray[np.int64]]:
    """The `each` micro-batches that worker `rank` of `workers` computes in a step of the micro-batches `parts`; some may be empty.

    Fewer micro-batches than workers are split, so that each worker has about as many tokens.
    """
    slots = list(parts)
    if len(parts) < workers:
        ways = [workers // len(parts) + (i < workers % len(parts)) for i in range(len(parts))]
        slots = [piece for part, number in zip(parts, ways, strict=True) for piece in _split(part, lengths, number)]
    slots += [np.empty(0, np.int64)] * (workers * each - len(slots))
    return slots[rank::workers]


def _split(index: NDArray[np.int64], lengths: NDArray[np.int64], ways: int) -> list[NDArray[np.int64]]:
    """The examples of `index` in so many parts: each, longest first, goes where there are the fewest tokens."""
    if ways == 1:
        return [index]
    parts, loads = [list[int]() for _ in range(ways)], [0] * ways
    for i in index[np.argsort(-lengths[index], kind="stable")].tolist():
        least = loads.index(min(loads))
        parts[least].append(i)
        loads[least] += int(lengths[i])
    return [np.asarray(part, np.int64) for part in parts]


def collate(tokens: Tokens, index: NDArray[np.int64], pad: int, prompt_loss_weight: float, packed: bool = False) -> Batch:
    """Pad the examples of `index` to the longest of them, or lay them end to end (`packed`). No examples: two tokens of no weight."""
    import torch

    if not len(index):
        nothing = torch.full((1, 2), pad), torch.zeros(1, 1), torch.empty(0, dtype=torch.int64)
        return Batch(*nothing, 0, segments([2]) if packed else None)
    lengths = tokens.starts[index + 1] - tokens.starts[index]
    width = int(lengths.max())
    ids = np.full((len(index), width), pad, np.int64)
    weights = np.zeros((len(index), width), np.float32)
    for row, i in enumerate(index):
        length = int(lengths[row])
        ids[row, :length] = tokens.ids[tokens.starts[i] : tokens.starts[i] + length]
        weights[row, : tokens.prompts[i]] = prompt_loss_weight * tokens.weights[i]
        weights[row, tokens.prompts[i] : length] = tokens.weights[i]
    if packed:
        weights[:, 0] = 0  # nothing predicts the first token of an example
        filled = np.arange(width) < lengths[:, None]
        ids, weights = ids[filled][None], weights[filled][None]
    weights = weights[:, 1:].copy()
    places = torch.from_numpy(np.flatnonzero(weights))
    rows = segments(lengths.tolist()) if packed else None
    return Batch(torch.from_numpy(ids), torch.from_numpy(weights), places, int(lengths.sum()), rows)


def micro_batches(
    lengths: NDArray[np.int64], batch_tokens: int, seed: int, skip: int = 0, packed: bool = False
) -> Iterator[NDArray[np.int64]]:
    """Batches of epoch 0, 1, 2, … without end, after the first `skip`; the same for the same arguments."""
    epoch = 0
    while True:
        batches = epoch_batches(lengths, batch_tokens, seed, epoch, packed)
        if not batches:
            raise ValueError("no examples to make batches of")
        yield from batches[skip:]
        skip = max(0, skip - len(batches))
        epoch += 1
