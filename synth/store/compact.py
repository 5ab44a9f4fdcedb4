"""Many finished units put together: their entries into one segment of the manifest, their small parts into larger ones.

A run of millions of proofs has a hundred thousand units, each with an entry and five parts; every look at what there is would list and
open all of them.  For the driver, beside its work: units that are being committed are left alone, and readers that still have an old
part's name find the new one in the manifest.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synth.records import SCHEMA_VERSION
from synth.store.arrow import GROUP, arrow_schema
from synth.store.manifest import Entry, Segment, entry_name
from synth.store.rundir import RunDir
from synth.store.units import KINDS
from verify_workers.errors import UserError

LEAST, MOST = 2048, 8192  # entries of a segment
SMALL, LARGE = 4 << 20, 64 << 20  # bytes of a part that is put together with others, and of what comes of that
EVERY = 20.0  # seconds between two looks at whether there is enough


def compact(store: RunDir, least: int = LEAST) -> int:
    """Put units together where at least `least` stand by themselves; returns how many.  For the run's driver alone."""
    done = 0
    while len(entries := _of_rounds(store)) >= max(1, least):
        some, name = entries[:MOST], uuid.uuid4().hex[:16]
        replaced = list(_together(store, some, name))
        Segment.write(store, name, replaced)  # from here on it is what counts
        old = {part["path"] for entry in some for part in entry["parts"]}
        old -= {part["path"] for entry in replaced for part in entry["parts"]}
        for path in (*(f"manifest/{entry_name(entry['key'])}.json" for entry in some), *old):
            with contextlib.suppress(FileNotFoundError):
                store.fs.rm_file(store.file(path))
        done += len(some)
    return done


async def keep_compact(store: RunDir) -> None:
    """Compact every few seconds, until cancelled.  What stands in the way is told by what writes results there."""
    while True:
        await asyncio.sleep(EVERY)
        with contextlib.suppress(UserError, OSError):
            await asyncio.to_thread(compact, store)


def _of_rounds(store: RunDir) -> list[Entry]:
    """The single entries of rounds, by key; what all rounds share (the problems) is in large parts anyway."""
    return sorted((entry for entry in store.manifest.loose() if re.match(r"r\d+-", entry["key"])), key=lambda entry: str(entry["key"]))


def _together(store: RunDir, entries: list[Entry], name: str) -> Iterator[Entry]:
    """The entries, with their small parts in larger ones."""
    moved: dict[str, dict[str, Any]] = {}  # new parts, by the path of the old one
    for kind in KINDS:
        small = [part for entry in entries for part in entry["parts"] if part["kind"] == kind and part["bytes"] < SMALL]
        if len(small) > 1:
            moved |= _Merged(store, kind, name).all(small)
    for entry in entries:
        yield {**entry, "parts": [moved.get(part["path"], part) for part in entry["parts"]]}


class _Merged:
    """New parts of a kind, in which the rows of old ones stand one after the other."""

    def __init__(self, store: RunDir, kind: str, name: str) -> None:
        self.store, self.kind, self.name = store, kind, name
        self.schema = arrow_schema(KINDS[kind])
        self._moved: dict[str, dict[str, Any]] = {}
        self._files = 0
        self._begin()

    def _begin(self) -> None:
        self._path = f"{self.kind}/{self.name}-{self._files:05d}.parquet"
        self._sink = pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(self._sink, self.schema, compression="zstd")
        self._rows, self._waiting, self._held = 0, list[pa.Table](), 0

    def all(self, parts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for part in parts:
            with self.store.fs.open(self.store.file(part["path"]), "rb") as file:
                table = pq.read_table(file)
            version = (table.schema.metadata or {}).get(b"schema_version")
            if version != str(SCHEMA_VERSION).encode() or not table.schema.equals(self.schema) or table.num_rows != part["rows"]:
                continue  # of an older version: it stays as it is
            self._moved[part["path"]] = {**part, "path": self._path, "first": self._rows}
            self._waiting.append(table)
            self._rows, self._held = self._rows + table.num_rows, self._held + table.num_rows
            if self._held >= GROUP:
                self._flush()
                if self._sink.tell() >= LARGE:
                    self._end()
                    self._begin()
        self._end()
        return self._moved

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables([table.cast(self.schema) for table in self._waiting]))
            self._waiting, self._held = [], 0

    def _end(self) -> None:
        self._flush()
        self._writer.close()
        if self._rows:
            self.store.write_bytes(self._path, self._sink.getvalue().to_pybytes())
            self._files += 1
