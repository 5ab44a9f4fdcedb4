"""Records on their way from a reader to a run directory: in memory while they are few, then in an unnamed temporary file."""

from __future__ import annotations

import heapq
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, TypeVar, overload

import pyarrow as pa
from pydantic import BaseModel

R = TypeVar("R", bound=BaseModel)
MOST = 20_000  # records in memory
_BLOCK = 512  # lines that are packed together


class Spool(Sequence[R]):
    """A list that only grows, and is read from its beginning.

    The file is packed, and is in the system's folder for such files (`TMPDIR`); 10 M problems take about 1 GB.
    """

    def __init__(self, model: type[R], records: Iterable[R] = ()) -> None:
        self.model, self._held, self._written = model, list[R](), 0
        self._file: IO[bytes] | None = None
        for record in records:
            self.append(record)

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    def append(self, record: R) -> None:
        self._held.append(record)
        if len(self._held) >= MOST:
            self._spill()

    def __len__(self) -> int:
        return self._written + len(self._held)

    @overload
    def __getitem__(self, place: int) -> R: ...

    @overload
    def __getitem__(self, place: slice) -> list[R]: ...

    def __getitem__(self, place: int | slice) -> R | list[R]:
        """Found by reading up to there."""
        if isinstance(place, slice):
            return list(islice(self, *place.indices(len(self))))
        return next(islice(self, range(len(self))[place], None))

    def __iter__(self) -> Iterator[R]:
        if self._file is not None:
            for line in _lines(self._file):
                yield self.model.model_validate_json(line)
        yield from self._held

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # until `__del__`
        self._file.seek(0, io.SEEK_END)
        _write(self._file, [record.model_dump_json().encode("utf-8", "replace") for record in self._held])
        self._written += len(self._held)
        self._held = []


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    at = 0
    while True:
        file.seek(at)
        if not (head := file.read(16)):
            return
        size, whole = int.from_bytes(head[:8], "big"), int.from_bytes(head[8:], "big")
        packed = file.read(size)
        at += 16 + size
        yield from pa.decompress(packed, whole, codec="zstd", asbytes=True).split(b"\n")[:-1]


class Sorter:
    """Lines by their numbers: sorted in pieces as they come, and put together from temporary files when they are read."""

    def __init__(self, piece: int = 50_000) -> None:
        self._piece, self._held, self._files = piece, list[tuple[int, bytes]](), list[IO[bytes]]()

    def __del__(self) -> None:
        for file in self._files:
            file.close()

    def append(self, number: int, line: bytes) -> None:
        """`line` has no line end."""
        self._held.append((number, line))
        if len(self._held) >= self._piece:
            file = tempfile.TemporaryFile()  # noqa: SIM115  # until `__del__`
            lines = [b"%d %s" % one for one in sorted(self._held)]
            for start in range(0, len(lines), _BLOCK):
                _write(file, lines[start : start + _BLOCK])
            self._files.append(file)
            self._held = []

    def __iter__(self) -> Iterator[bytes]:
        """The lines, in the order of their numbers."""
        pieces = [map(_parsed, _lines(file)) for file in self._files]
        for _, line in heapq.merge(*pieces, sorted(self._held)):
            yield line


def _parsed(line: bytes) -> tuple[int, bytes]:
    number, _, text = line.partition(b" ")
    return int(number), text


def _write(file: IO[bytes], lines: list[bytes]) -> None:
    text = b"".join(line + b"\n" for line in lines)
    packed = pa.compress(text, codec="zstd", asbytes=True)
    file.write(len(packed).to_bytes(8, "big") + len(text).to_bytes(8, "big") + packed)
