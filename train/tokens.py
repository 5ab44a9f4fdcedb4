"""Examples as tokens: each is tokenized once a round, into files that every worker maps into memory.

The rows of the Parquet files are cut into chunks (whole row groups, so that nothing is decoded in vain) which the workers of a
round share.  A chunk's files appear whole or not at all and depend neither on who wrote them nor on how many workers there
are: workers that start again, or another number of them, map what is there and write what is missing.  A worker holds 16
bytes per example, and of the tokens what it reads.
"""

from __future__ import annotations

import errno
import json
import uuid
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synth.prompts.format import Asked, completions_ids, prompts_ids
from verify_workers.errors import UserError

SCHEMA = pa.schema([("prompt", pa.string()), ("completion", pa.string()), ("weight", pa.float32()), ("chat", pa.bool_())])
FORMAT = 1  # of the files, and of how prompts and completions become tokens: a change makes old files unused
_CHUNK_ROWS = 16384  # at least, but for a file's last chunk
_ROWS = 4096  # rows per record batch while reading


@dataclass(frozen=True)
class Chunk:
    """Row groups of a Parquet file, one after another."""

    file: Path
    groups: tuple[int, ...]
    first: int
    """Rows of the file before them."""


def chunks(files: Sequence[Path]) -> list[Chunk]:
    """All rows of `files`, in order."""
    found = list[Chunk]()
    for file in files:
        layout = pq.read_metadata(file)
        groups, rows, first = list[int](), 0, 0
        for group in range(layout.num_row_groups):
            groups.append(group)
            rows += layout.row_group(group).num_rows
            if rows >= _CHUNK_ROWS or group + 1 == layout.num_row_groups:
                found.append(Chunk(file, tuple(groups), first))
                groups, rows, first = [], 0, first + rows
    return found


def read_rows(chunk: Chunk) -> Iterator[tuple[list[Asked], list[str], list[float]]]:
    """Prompts, completions and weights in batches. UserError names a bad row."""
    reader = pq.ParquetFile(chunk.file)
    names = [name for name in SCHEMA.names if name in reader.schema_arrow.names]
    number = chunk.first
    for batch in reader.iter_batches(_ROWS, row_groups=list(chunk.groups), columns=names):
        columns = {name: batch.column(name).to_pylist() for name in names}
        prompts, completions = columns["prompt"], columns["completion"]
        weights, chats = columns.get("weight", [1.0] * len(prompts)), columns.get("chat", [False] * len(prompts))
        for row, (prompt, completion, weight) in enumerate(zip(prompts, completions, weights, strict=True), number + 1):
            if not isinstance(prompt, str) or not isinstance(completion, str) or weight is None or not 0 < weight < float("inf"):
                raise UserError(f"{chunk.file}: row {row}: prompt and completion must be texts and weight a positive number")
        number += batch.num_rows
        yield [json.loads(prompt) if chat else prompt for prompt, chat in zip(prompts, chats, strict=True)], completions, weights


class Joined:
    """Arrays end to end, left where they are: `joined[a:b]` must lie within one of them."""

    def __init__(self, parts: Sequence[NDArray[np.int32]]) -> None:
        self.parts = [part for part in parts if len(part)]
        self.starts = np.cumsum([0, *map(len, self.parts)]).tolist()

    def __getitem__(self, where: slice) -> NDArray[np.int32]:
        start = where.start or 0
        part = bisect_right(self.starts, start) - 1
        return self.parts[part][start - self.starts[part] : where.stop - self.starts[part]]


@dataclass(frozen=True)
class Tokens:
    """Tokenized examples: example i is `ids[starts[i]:starts[i + 1]]`, of which the first `prompts[i]` are the prompt."""

    ids: NDArray[np.int32] | Joined
    starts: NDArray[np.int64]
    prompts: NDArray[np.int32]
    weights: NDArray[np.float32]
    skipped: int
    """Examples longer than the limit, left out."""

    def __len__(self) -> int:
        return len(self.prompts)

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.starts)


def tokenize(files: Sequence[Path], tokenizer: Any, max_length: int) -> Tokens:
    """All examples of `files` as tokens, behind temporary files."""
    with TemporaryDirectory() as folder:
        write_tokens(files, tokenizer, max_length, Path(folder))
        return read_tokens(files, Path(folder))  # what is mapped lives on without its name


def write_tokens(files: Sequence[Path], tokenizer: Any, max_length: int, folder: Path, rank: int = 0, world: int = 1) -> None:
    """Write what `folder` lacks of the chunks of worker `rank` among `world`. Examples over `max_length` tokens are counted.

    Prompts become the tokens that a sampling engine gives the model (`synth.prompts.format`).  `folder` must be for these
    files, this tokenizer and this `max_length` alone.  UserError for a bad row, or a full disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, chunk in enumerate(chunks(files)):
        if number % world == rank and not _whole(folder, number):
            try:
                _write(chunk, tokenizer, max_length, folder, number)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                raise UserError(f"{folder}: no space left for the tokens of {chunk.file}; free some and train again") from None


def _names(folder: Path, number: int) -> tuple[Path, Path]:
    """Where the tokens of a chunk are, and where the rest of it is: the latter is written last."""
    return folder / f"{number:06d}.ids", folder / f"{number:06d}.npz"


def _whole(folder: Path, number: int) -> bool:
    """Whether a chunk is there, all of it: a machine that fails may lose what a file had in it."""
    ids, rest = _names(folder, number)
    return rest.exists() and ids.exists() and ids.stat().st_size == 4 * int(np.load(rest)["lengths"].sum())


def _write(chunk: Chunk, tokenizer: Any, max_length: int, folder: Path, number: int) -> None:
    lengths, prompt_lengths, weights, skipped = list[int](), list[int](), list[float](), 0
    ids, rest = _names(folder, number)
    partial = folder / f".{number:06d}.{uuid.uuid4().hex[:8]}.tmp"
    with partial.open("wb") as file:
        for prompts, completions, batch_weights in read_rows(chunk):
            if not prompts:
                continue
            heads, tails = prompts_ids(tokenizer, prompts), completions_ids(tokenizer, prompts, completions)
            kept = list[int]()
            for head, tail, weight in zip(heads, tails, batch_weights, strict=True):
                length = len(head) + len(tail)
                if length > max_length:
                    skipped += 1
                    continue
                kept += head
                kept += tail
                lengths.append(length)
                prompt_lengths.append(len(head))
                weights.append(weight)
            file.write(np.asarray(kept, np.int32).tobytes())
    partial.replace(ids)
    with partial.open("wb") as file:
        np.savez(
            file,
            lengths=np.asarray(lengths, np.int32),
            prompts=np.asarray(prompt_lengths, np.int32),
            weights=np.asarray(weights, np.float32),
            skipped=np.asarray(skipped),
        )
    partial.replace(rest)


def read_tokens(files: Sequence[Path], folder: Path) -> Tokens:
    """All examples of `files`, of which `folder` holds every chunk."""
    maps, parts = list[NDArray[np.int32]](), list[dict[str, NDArray[Any]]]()
    for number in range(len(chunks(files))):
        ids, rest = _names(folder, number)
        with np.load(rest) as columns:
            parts.append(dict(columns))
        if ids.stat().st_size:
            maps.append(np.memmap(ids, np.int32, "r"))
    lengths, prompts, weights = (
        np.concatenate([np.empty(0, kind), *(part[name] for part in parts)])
        for name, kind in (("lengths", np.int32), ("prompts", np.int32), ("weights", np.float32))
    )
    starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    held = maps[0] if len(maps) == 1 else Joined(maps)
    return Tokens(held, starts, prompts, weights, sum(int(part["skipped"]) for part in parts))
