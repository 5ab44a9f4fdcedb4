"""Files of an export: Parquet or JSONL in shards of bounded size, each with its SHA-256; the folder appears complete or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from verify_workers.errors import UserError

GROUP_ROWS, GROUP_BYTES = 16_384, 16 << 20  # of a row group, before it is packed: what a reader that streams holds at a time
SHARD = 500 << 20  # bytes of a file: what `datasets` writes
UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def size_of(text: str) -> int:
    """Bytes of a size such as `500MB`."""
    number = text.strip().rstrip("KMGIBkmgib")
    unit = text.strip()[len(number) :].upper()
    try:
        size = int(float(number) * UNITS[unit])
        if size < 1:
            raise ValueError
    except (ValueError, KeyError, OverflowError):
        raise UserError(f"--shard-size {text}: give a size such as 500MB or 2GiB") from None
    return size


@dataclass(frozen=True)
class Written:
    """A finished file; `name` is its path in the folder."""

    name: str
    rows: int
    bytes: int
    sha256: str


class Out:
    """The folder being written.  A series `train` is train-00000.parquet, train-00001.parquet and so on."""

    def __init__(self, folder: Path, shard: int) -> None:
        self.folder, self.shard = folder, shard
        self.files: list[Written] = []
        self._series: dict[str, _Parquet | _Jsonl] = {}

    def table(self, series: str, table: pa.Table) -> None:
        found = self._series.setdefault(series, _Parquet(self, series))
        assert isinstance(found, _Parquet)
        found.add(table)

    def rows(self, series: str, rows: Iterable[Mapping[str, Any]]) -> None:
        found = self._series.setdefault(series, _Jsonl(self, series))
        assert isinstance(found, _Jsonl)
        found.add(rows)

    def close(self) -> None:
        for series in self._series.values():
            series.end()
        self.files.sort(key=lambda file: file.name)

    def text(self, name: str, text: str) -> None:
        """A file beside those of the rows."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def named(self) -> dict[str, list[Written]]:
        """The files of each series."""
        found: dict[str, list[Written]] = {}
        for file in self.files:
            found.setdefault(file.name.rpartition("-")[0], []).append(file)
        return found


class _Hashed:
    """A file that hashes what is written to it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._digest, self._size = path.open("wb"), hashlib.sha256(), 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self._size += len(data)
        return self._file.write(data)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()
        self.closed = True

    def written(self, name: str, rows: int) -> Written:
        return Written(name, rows, self._size, self._digest.hexdigest())


class _Series:
    def __init__(self, out: Out, name: str, ending: str) -> None:
        self.out, self.name, self.ending = out, name, ending
        self.number = self.rows = 0
        self.file: _Hashed | None = None

    def path(self) -> str:
        return f"{self.name}-{self.number:05d}{self.ending}"

    def opened(self) -> _Hashed:
        if self.file is None:
            self.file = _Hashed(self.out.folder / self.path())
        return self.file

    def closed(self) -> None:
        if self.file is not None:
            self.file.close()
            self.out.files.append(self.file.written(self.path(), self.rows))
            self.file, self.rows, self.number = None, 0, self.number + 1


class _Parquet(_Series):
    """Zstandard, row groups of at most GROUP_ROWS rows and, but for single long rows, GROUP_BYTES."""

    def __init__(self, out: Out, name: str) -> None:
        super().__init__(out, name, ".parquet")
        self._writer: Any = None
        self._waiting: list[pa.Table] = []
        self._held = self._bytes = 0

    def add(self, table: pa.Table) -> None:
        for first in range(0, table.num_rows, GROUP_ROWS // 4):
            piece = table.slice(first, GROUP_ROWS // 4)
            self._waiting.append(piece)
            self._held, self._bytes = self._held + piece.num_rows, self._bytes + piece.nbytes
            if self._held > GROUP_ROWS * 3 // 4 or self._bytes >= GROUP_BYTES:
                self._group()

    def _group(self) -> None:
        if not self._waiting:
            return
        group = pa.concat_tables(self._waiting)
        self._waiting, self._held, self._bytes = [], 0, 0
        file = self.opened()
        if self._writer is None:
            # The boundaries of pages follow from what they hold: a hub that stores pieces by content keeps those of a corpus that grew.
            self._writer = pq.ParquetWriter(pa.PythonFile(file, "w"), group.schema, compression="zstd", use_content_defined_chunking=True)
        self._writer.write_table(group, row_group_size=GROUP_ROWS)
        self.rows += group.num_rows
        if file.tell() >= self.out.shard:
            self._finish()

    def _finish(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            self.closed()

    def end(self) -> None:
        self._group()
        self._finish()


_LINE = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class _Jsonl(_Series):
    def __init__(self, out: Out, name: str) -> None:
        super().__init__(out, name, ".jsonl")

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        lines = [f"{_LINE(row)}\n" for row in rows]
        if lines:
            self.opened().write("".join(lines).encode("utf-8", "replace"))
            self.rows += len(lines)
            if self.opened().tell() >= self.out.shard:
                self.closed()

    def end(self) -> None:
        self.closed()


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to write in that becomes `target` when all went well; UserError where that cannot be, or holds something."""
    with _written(target):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise UserError(f"{target}: already there; give a new or empty folder to --to")
    work = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}"
    try:
        with _written(target):
            work.mkdir(parents=True)
        yield work
        with _written(target):
            if target.exists():
                target.rmdir()
            os.replace(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def _written(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_write(target, error) from error


def cannot_write(target: Path, error: OSError) -> UserError:
    return UserError(f"{target}: cannot be written ({os.strerror(error.errno or 0).lower()}); free space or choose another --to")
