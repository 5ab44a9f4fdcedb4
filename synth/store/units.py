"""Units of work in a run directory: committed whole, and read as records or as Arrow tables."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from synth.keys import Keys, hashes
from synth.records import SCHEMA_VERSION, Attempt, Claim, Marked, Pair, Problem, Record, SearchRow, Statement, VerdictRow
from synth.store.arrow import GROUP, R, arrow_schema, from_table, part_bytes
from synth.store.manifest import Entry, Manifest, entry_name
from synth.store.place import Place
from verify_workers.errors import UserError

KINDS: dict[str, type[Record]] = {
    "problems": Problem,
    "statements": Statement,
    "attempts": Attempt,
    "verdicts": VerdictRow,
    "pairs": Pair,
    "searches": SearchRow,
    "claims": Claim,
    "texts": Marked,
}
INDEX = ("claims", "texts")
"""The kinds that the index keeps (`synth/index`), which say nothing that the others do not."""

PROVISIONAL = {"statements": ("reason", ("undecided",)), "verdicts": ("outcome", ("infra", "unchecked"))}
"""Field and values that say of a record: asked, but not answered."""
PART = 16_384  # rows
TOGETHER = 4096  # units whose rows are read as one


@dataclass
class Span:
    """Rows of a part that stand together: those of `units` (key and number of rows), one after the other, from row `first`."""

    path: str
    first: int
    units: list[tuple[str, int]]
    number: int = 0
    """Of the part, among those of its kind that the first unit has."""

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.units)


class Units(Place):
    """A run directory as the place of finished units of work."""

    def __init__(self, url: str | Path) -> None:
        super().__init__(url)
        self.manifest = Manifest(self)

    def commit(self, key: str, parts: Mapping[str, Iterable[BaseModel]], info: Mapping[str, Any] | None = None) -> bool:
        """Keep all records that the unit of work `key` made, of every kind in `parts`, or (when killed) none of them.

        `info` is small plain data about the unit (counts, seconds).  Returns False, and keeps nothing new, where the unit
        was finished before.  A kind with no records gets no part, one with many gets several.
        """
        if self.manifest.has(key):
            return False
        name = f"{entry_name(key)}-{uuid.uuid4().hex[:8]}"
        listed = []
        for kind, records in parts.items():
            for number, some in enumerate(_cut(records)):
                data, rows = part_bytes(some, KINDS[kind], key)
                path = f"{kind}/{name}-{number:05d}.parquet" if number else f"{kind}/{name}.parquet"
                self.write_bytes(path, data)
                listed.append({"kind": kind, "path": path, "rows": rows, "bytes": len(data)})
        if self.manifest.has(key):  # another worker was given the same unit and was faster
            for part in listed:
                self.fs.rm_file(self.file(str(part["path"])))
            return False
        self.manifest.put(key, listed, info or {})
        return True

    def write(self, kind: str, records: Iterable[BaseModel], key: str) -> bool:
        """`commit` for a unit that makes records of one kind; the same key written twice gives one part."""
        return self.commit(f"{kind}:{key}", {kind: records})

    def done(self, kind: str, key: str) -> bool:
        """Whether the unit `key` is finished as far as `kind` goes: by `write` of that kind, or by `commit`."""
        return self.manifest.has(f"{kind}:{key}") or self.manifest.has(key)

    # what there is

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """The manifest's entries, by key: the same order whichever worker finished first."""
        return self.manifest.each(prefix)

    def keys(self, prefix: str = "") -> list[str]:
        """The keys of finished units."""
        return [entry["key"] for entry in self.entries(prefix)]

    def repeated(self) -> set[str]:
        """Ids of statements that turned out to repeat another one of their round: their pairs count no more."""
        return {str(name) for entry in self.entries() for name in entry["info"].get("repeated", ())}

    def save_manifest(self) -> None:
        """Write manifest.json: the entries that stand by themselves, and the rows of each kind."""
        self.manifest.save(list(KINDS))

    def parts(self, kind: str, prefix: str = "", keys: Collection[str] | None = None) -> list[str]:
        """Paths of the finished parts of a kind, in the order of the keys of their units: with `prefix`, in `keys`."""
        return list(dict.fromkeys(self.file(span.path) for span in self.spans(kind, prefix, keys)))

    def _parts(self, kind: str, prefix: str, keys: Collection[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each finished part of a kind with the key of its unit."""
        prefixes = sorted((f"{kind}:{prefix}", prefix)) if prefix else [""]  # as `write` and as `commit` have it
        for one in prefixes:
            for entry in self.entries(one):
                key = str(entry["key"])
                if keys is None or key in keys:
                    yield from ((key, part) for part in entry["parts"] if part["kind"] == kind)

    def units(self, kind: str, prefix: str = "") -> dict[str, int]:
        """The keys of the finished units that made anything of a kind, in their order, with its rows as listed."""
        rows: dict[str, int] = {}
        for key, part in self._parts(kind, prefix):
            rows[key] = rows.get(key, 0) + int(part["rows"])
        return rows

    def count(self, kind: str, prefix: str = "") -> int:
        """Rows of a kind as listed, before `read` drops repeated ids."""
        return sum(part["rows"] for _, part in self._parts(kind, prefix)) if prefix else self.manifest.rows()[kind]

    def spans(self, kind: str, prefix: str = "", keys: Collection[str] | None = None) -> Iterator[Span]:
        """Where the rows of a kind are, in the order of the keys of their units: units that stand together in one part as one."""
        return spans_of(self._parts(kind, prefix, keys))

    # reading

    def read(self, kind: str, model: type[R], prefix: str = "", keys: Collection[str] | None = None) -> Iterator[R]:
        """The records of a kind (see `parts`), each id once, in the order of the keys.  UserError for a damaged part.

        Of several records of one id the first counts, but one that says "not known" (see `PROVISIONAL`) only until another
        says what it is.
        """
        for path, table in self._distinct(kind, None, prefix, keys):
            yield from self._records(path, table, model)

    def tables(self, kind: str, columns: Sequence[str] | None, prefix: str = "", keys: Collection[str] | None = None) -> Iterator[pa.Table]:
        """Some columns (None: all) of what `read` gives, `id` among them, a bounded number of rows at a time.

        Mappings are JSON text, as on disk.
        """
        for _, table in self._distinct(kind, columns, prefix, keys):
            yield table

    def records(self, table: pa.Table, model: type[R]) -> Iterator[R]:
        """The records of (some rows of) a table with all columns."""
        return self._records(self.path, table, model)

    def find(self, kind: str, model: type[R], ids: Collection[str], prefix: str = "") -> dict[str, R]:
        """The records of `ids`, by id, as `read` would give them; only what stands near them is read."""
        field, unknown = PROVISIONAL.get(kind, ("", ()))
        found: dict[str, R] = {}
        wanted = pa.array(list(ids), pa.string())
        for span in self.spans(kind, prefix) if ids else ():
            start = 0
            for table in self.span_tables(kind, ["id"], span):
                here = np.flatnonzero(pc.is_in(table["id"], wanted).to_numpy(zero_copy_only=False))
                if len(here):
                    first, last = int(here[0]), int(here[-1])
                    near = Span(span.path, span.first + start + first, [(span.units[0][0], last + 1 - first)], span.number)
                    for path, rows in self._span(kind, None, near):
                        for record in self._records(path, rows.filter(pc.is_in(rows["id"], wanted)), model):
                            before = found.get(getattr(record, "id"))  # noqa: B009
                            if before is None or (field and getattr(before, field) in unknown):
                                found[getattr(record, "id")] = record  # noqa: B009
                start += table.num_rows
        return found

    def span_tables(self, kind: str, columns: Sequence[str] | None, span: Span) -> Iterator[pa.Table]:
        """Some columns (None: all) of a span, as they stand there."""
        for _, table in self._span(kind, columns, span):
            yield table

    def rows_at(self, kind: str, model: type[R], span: Span) -> list[R]:
        """The records of a span, as they stand there."""
        return [record for path, table in self._span(kind, None, span) for record in self._records(path, table, model)]

    def at(self, kind: str, model: type[R], places: Sequence[tuple[str, int]]) -> list[R]:
        """The records at `places` (key of the unit, row in it), in that order; what stands together is read together."""
        where: dict[tuple[str, int], tuple[str, int]] = {}  # of each place: part, and row in it
        parts: dict[str, list[tuple[int, str, int]]] = defaultdict(list)  # rows, key and number, by part
        for key, wanted in groupby(sorted(set(places)), lambda place: place[0]):
            entry, rows, start = self.manifest.get(key), [row for _, row in wanted], 0
            own = [part for part in entry["parts"] if part["kind"] == kind] if entry else []
            for number, part in enumerate(own):
                for row in rows:
                    if start <= row < start + part["rows"]:
                        at = int(part.get("first", 0)) + row - start
                        where[key, row] = part["path"], at
                        parts[part["path"]].append((at, key, number))
                start += part["rows"]
        found: dict[tuple[str, int], R] = {}
        for path, listed in parts.items():
            for near in _stretches(sorted(listed)):
                (first, key, number), last = near[0], near[-1][0]
                rows = pa.array([at - first for at, *_ in near])
                table = pa.concat_tables([some for _, some in self._span(kind, None, Span(path, first, [(key, last + 1 - first)], number))])
                found.update(zip(((path, at) for at, *_ in near), self._records(path, table.take(rows), model), strict=True))
        return [found[where[place]] for place in places]

    def _distinct(
        self, kind: str, columns: Sequence[str] | None, prefix: str, keys: Collection[str] | None
    ) -> Iterator[tuple[str, pa.Table]]:
        """The tables of a kind, each id once."""
        seen, field = Keys(), PROVISIONAL.get(kind, ("", ()))[0]
        settled: Keys | None = None
        wanted = None if columns is None else list(dict.fromkeys(["id", *columns, *([field] if field else [])]))
        for path, table in self._tables(kind, wanted, prefix, keys):
            ids = hashes(table["id"].to_pylist())
            if field and pc.any(unknown := provisional(kind, table)).as_py():
                settled = self._settled(kind, prefix) if settled is None else settled
                stays = ~(unknown.to_numpy(zero_copy_only=False) & (settled.find(ids) >= 0))
                table, ids = table.filter(pa.array(stays)), ids[stays]
            fresh = seen.fresh(ids)
            yield path, table if fresh.all() else table.filter(pa.array(fresh))

    def _settled(self, kind: str, prefix: str) -> Keys:
        """Ids of which some record of `kind` says what they are."""
        found = Keys()
        for _, table in self._tables(kind, ["id", PROVISIONAL[kind][0]], prefix, None):
            found.add(hashes(table.filter(pc.invert(provisional(kind, table)))["id"].to_pylist()))
        return found

    def _tables(
        self, kind: str, columns: Sequence[str] | None, prefix: str, keys: Collection[str] | None
    ) -> Iterator[tuple[str, pa.Table]]:
        """What stands in the parts of a kind, with the file that it is from."""
        for span in self.spans(kind, prefix, keys):
            yield from self._span(kind, columns, span)

    def _span(self, kind: str, columns: Sequence[str] | None, span: Span) -> Iterator[tuple[str, pa.Table]]:
        try:
            yield from self._batches(kind, columns, span)
        except FileNotFoundError as error:
            now = self.manifest.get(span.units[0][0])  # the part may have been put together with others
            moved = [part for part in now["parts"] if part["kind"] == kind] if now else []
            if len(moved) <= span.number or moved[span.number]["path"] == span.path:
                raise _unreadable(self.file(span.path), error) from error
            part = moved[span.number]
            there = Span(part["path"], int(part.get("first", 0)) + span.first, span.units, span.number)
            yield from self._batches(kind, columns, there)

    def _batches(self, kind: str, columns: Sequence[str] | None, span: Span) -> Iterator[tuple[str, pa.Table]]:
        path = self.file(span.path)
        try:
            with self.reading(), self.fs.open(path, "rb") as file:
                part = pq.ParquetFile(file)
                version = int((part.schema_arrow.metadata or {}).get(b"schema_version", b"0"))
                if version > SCHEMA_VERSION:
                    raise UserError(f"{path}: written by a newer proof-synth (records {version}, known here {SCHEMA_VERSION}); upgrade it")
                there = None if columns is None else [name for name in columns if name in part.schema_arrow.names]
                stop = span.first + span.rows
                groups, start, end = [], 0, 0
                for number in range(part.num_row_groups):
                    rows = part.metadata.row_group(number).num_rows
                    if end + rows <= span.first:
                        start = end + rows
                    elif end < stop:
                        groups.append(number)
                    end += rows
                if end < stop:
                    raise pa.ArrowInvalid(f"{end} rows, where the manifest says {stop}")
                at = start
                for batch in part.iter_batches(GROUP, row_groups=groups, columns=there):
                    first, last = max(span.first - at, 0), min(stop - at, batch.num_rows)
                    at += batch.num_rows
                    if first < last:
                        yield path, _filled(pa.Table.from_batches([batch.slice(first, last - first)]), kind, columns)
        except pa.ArrowInvalid as error:
            raise _unreadable(path, error) from error

    def _records(self, path: str, table: pa.Table, model: type[R]) -> Iterator[R]:
        try:
            yield from from_table(table, model)
        except ValidationError as error:
            raise _unreadable(path, error) from error


def spans_of(parts: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Span]:
    """Where the rows of these parts, each with the key of its unit, are: those that stand together as one."""
    last: Span | None = None
    end = 0
    for key, part in parts:
        first, rows = int(part.get("first", 0)), int(part["rows"])
        if last is not None and last.path == part["path"] and end == first and len(last.units) < TOGETHER:
            last.units.append((key, rows))
        else:
            number = last.number + 1 if last is not None and last.units[-1][0] == key else 0
            if last is not None:
                yield last
            last = Span(str(part["path"]), first, [(key, rows)], number)
        end = first + rows
    if last is not None:
        yield last


def _stretches(places: Sequence[tuple[int, str, int]]) -> Iterator[list[tuple[int, str, int]]]:
    """Places of one part, sorted by their rows, in pieces that are near each other."""
    piece: list[tuple[int, str, int]] = []
    for place in places:
        if piece and (place[0] - piece[-1][0] > GROUP // 4 or place[0] - piece[0][0] > 4 * GROUP):
            yield piece
            piece = []
        piece.append(place)
    if piece:
        yield piece


def provisional(kind: str, table: pa.Table) -> pa.ChunkedArray:
    """Which rows of `table` say "asked, but not answered"."""
    field, unknown = PROVISIONAL[kind]
    return pc.is_in(table[field], pa.array(unknown))


def _unreadable(path: str, error: Exception) -> UserError:
    first = str(error).splitlines()[0]
    return UserError(f"{path}: unreadable part ({first}); the file was damaged after it was written: restore or start anew")


def _cut(records: Iterable[BaseModel]) -> Iterator[list[BaseModel]]:
    """The records, `PART` at a time."""
    left = iter(records)
    while some := list(islice(left, PART)):
        yield some


def _filled(table: pa.Table, kind: str, columns: Sequence[str] | None) -> pa.Table:
    """`table` with the columns that an older writer did not have: their defaults."""
    model = KINDS[kind]
    for name in columns or ():
        if name not in table.column_names:
            default = model.model_fields[name].get_default()
            table = table.append_column(name, pa.array([default] * table.num_rows, arrow_schema(model).field(name).type))
    return table
