"""The manifest of a run directory: an entry for each finished unit of work; many of them are put together into *segments*.

    manifest/HASH.json                an entry as it was committed
    manifest/segments/NAME.parquet    a segment: entries by their keys

A segment never changes, and what it says of a key counts, whatever else there is: an entry of the same key beside it is a leftover, or
comes from a worker that was late.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synth.keys import Hashes, hashes
from synth.records import SCHEMA_VERSION
from synth.store.place import Place
from verify_workers.errors import UserError

FILE = "manifest.json"
_GROUP = 2048  # entries of a segment that are read together
Entry = dict[str, Any]


def entry_name(key: str) -> str:
    """The file of an entry by itself, without its ending."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


class Manifest:
    """What is finished in the run directory at `place`."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._loose: dict[str, Entry] = {}
        self._segments: dict[str, Segment] = {}
        self._loaded = False
        self._lock = threading.RLock()

    def has(self, key: str) -> bool:
        """Whether the unit `key` is finished.  The entry itself is looked for first: it is removed once it is in a segment."""
        if self.place.exists(f"manifest/{entry_name(key)}.json"):
            return True
        return any(segment.has(key) for segment in self.segments())

    def put(self, key: str, parts: Sequence[Mapping[str, Any]], info: Mapping[str, Any]) -> None:
        """The commit of a unit."""
        entry = {"key": key, "schema_version": SCHEMA_VERSION, "parts": list(parts), "info": dict(info)}
        self.place.write_json(f"manifest/{entry_name(key)}.json", entry)

    def get(self, key: str) -> Entry | None:
        """The entry of a unit; None where it is not finished."""
        for _ in range(2):  # it may be put into a segment between the two looks
            for segment in self.segments():
                if segment.has(key) and (found := segment.get(key)) is not None:
                    return found
            if (entry := self._loose.get(name := entry_name(key)) or self._read(self.place.file(f"manifest/{name}.json"))) is not None:
                return entry
        return None

    def each(self, prefix: str = "") -> Iterator[Entry]:
        """The entries whose keys begin with `prefix`, by key: the same order whichever worker finished first."""
        with self._lock:
            loose = sorted((entry for entry in self.loose() if entry["key"].startswith(prefix)), key=_key)
            segments = list(self._segments.values())
        yield from heapq.merge(loose, *(segment.each(prefix) for segment in segments), key=_key)

    def loose(self) -> list[Entry]:
        """The entries that are in no segment."""
        with self._lock:
            self._load()
            listed = {_name(path): path for path in self.place.list_files("manifest") if path.endswith(".json")}
            self.segments()  # after the entries: one that is removed is in a segment by then
            for name in self._loose.keys() - listed.keys():
                del self._loose[name]
            for name in sorted(listed.keys() - self._loose.keys()):
                if (entry := self._read(listed[name])) is not None:
                    self._loose[name] = entry
            if self._segments:
                names = list(self._loose)
                for name, there in zip(names, self.within([self._loose[name]["key"] for name in names]), strict=True):
                    if there:
                        del self._loose[name]
            return list(self._loose.values())

    def clear(self) -> None:
        """Remove the files of entries that are in a segment."""
        with self._lock:
            single = {entry_name(entry["key"]) for entry in self.loose()}
            for path in self.place.list_files("manifest") if self._segments else ():
                if path.endswith(".json") and _name(path) not in single:
                    with contextlib.suppress(FileNotFoundError):
                        self.place.fs.rm_file(path)

    def within(self, keys: Sequence[str]) -> list[bool]:
        """Which of `keys` are in a segment."""
        wanted = hashes(keys)
        found = np.zeros(len(keys), np.bool_)
        for segment in self._segments.values():
            found |= segment.holds(wanted)
        return [bool(one) for one in found]

    def rows(self) -> Counter[str]:
        """The rows of each kind, as listed."""
        with self._lock:
            rows = _rows(self.loose())
            for segment in self._segments.values():
                rows.update(segment.rows)
        return rows

    def save(self, kinds: Sequence[str]) -> None:
        """Write manifest.json: the entries that are in no segment, the segments, and the rows of each kind."""
        entries, rows = sorted(self.loose(), key=_key), self.rows()
        about: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "rows": {kind: rows[kind] for kind in kinds}, "entries": entries}
        if self._segments:
            about["segments"] = sorted(map(_name, self._segments))
        self.place.write_json(FILE, about)

    def segments(self) -> list[Segment]:
        """Those that there are; one that came since is known from now on."""
        with self._lock:
            for path in self.place.list_files("manifest/segments"):
                if path.endswith(".parquet") and path not in self._segments:
                    self._segments[path] = Segment(self.place, path)
            return list(self._segments.values())

    def _load(self) -> None:
        """Take what manifest.json holds, to spare reading the entries one by one; it is only a copy, so damage costs nothing."""
        if self._loaded:
            return
        self._loaded = True
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            for entry in json.loads(self.place.read_bytes(FILE))["entries"]:
                self._loose[entry_name(entry["key"])] = entry

    def _read(self, path: str) -> Entry | None:
        """An entry; None where it is in a segment by now."""
        try:
            with self.place.reading():
                entry: Entry = json.loads(self.place.fs.cat_file(path))
            if all(name in entry for name in ("key", "parts", "info")):
                return entry
        except FileNotFoundError:
            self.segments()
            return None
        except (ValueError, TypeError):
            pass
        raise UserError(f"{path}: damaged entry of the manifest; restore it, or remove it to do its work again")


def _key(entry: Entry) -> str:
    return str(entry["key"])


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1].partition(".")[0]


def _rows(entries: Iterable[Entry]) -> Counter[str]:
    """The rows of each kind in the parts of `entries`."""
    rows: Counter[str] = Counter()
    for entry in entries:
        for part in entry["parts"]:
            rows[part["kind"]] += part["rows"]
    return rows


class Segment:
    """Entries in one file, by their keys."""

    def __init__(self, place: Place, path: str) -> None:
        self.place, self.path = place, path
        self._hashes: Hashes | None = None
        self._bounds: list[tuple[str, str]] | None = None
        self._kept: tuple[int, dict[str, str]] | None = None
        try:
            with place.fs.open(path, "rb") as file:
                about = pq.read_schema(file).metadata
            self.rows: dict[str, int] = json.loads(about[b"rows"])
            self.first, self.last = about[b"first"].decode(), about[b"last"].decode()
        except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}: damaged part of the manifest ({error}); restore it from a copy of the run directory") from None

    @staticmethod
    def write(place: Place, name: str, entries: Sequence[Entry]) -> None:
        """Keep `entries`, which are sorted by key, as manifest/segments/`name`.parquet."""
        about = {"rows": json.dumps(_rows(entries)), "first": entries[0]["key"], "last": entries[-1]["key"]}
        texts = [json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries]
        table = pa.table({"key": [entry["key"] for entry in entries], "entry": texts}).replace_schema_metadata(about)
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", row_group_size=_GROUP)
        place.write_bytes(f"manifest/segments/{name}.parquet", sink.getvalue().to_pybytes())

    def has(self, key: str) -> bool:
        return self.first <= key <= self.last and bool(self.holds(hashes([key]))[0])

    def holds(self, keys: Hashes) -> np.ndarray:
        """Which of `keys` are here."""
        if self._hashes is None:
            with self.place.fs.open(self.path, "rb") as file:
                self._hashes = np.sort(hashes(pq.read_table(file, columns=["key"])["key"].to_pylist()))
        at = np.minimum(np.searchsorted(self._hashes, keys), len(self._hashes) - 1)
        found: np.ndarray = self._hashes[at] == keys
        return found

    def get(self, key: str) -> Entry | None:
        for number in self._groups(key):
            texts = self._group(number)
            if key in texts:
                entry: Entry = json.loads(texts[key])
                return entry
        return None

    def each(self, prefix: str) -> Iterator[Entry]:
        """The entries whose keys begin with `prefix`, by key."""
        for number in self._groups(prefix):
            for key, text in self._group(number).items():
                if key.startswith(prefix):
                    yield json.loads(text)

    def _groups(self, prefix: str) -> list[int]:
        """The groups that may hold keys that begin with `prefix`."""
        if self.last < prefix or self.first[: len(prefix)] > prefix:
            return []
        if self._bounds is None:
            with self.place.fs.open(self.path, "rb") as file:
                about = pq.ParquetFile(file).metadata
                columns = [about.row_group(number).column(0).statistics for number in range(about.num_row_groups)]
            self._bounds = [(column.min, column.max) for column in columns]
        return [number for number, (low, high) in enumerate(self._bounds) if high >= prefix and low[: len(prefix)] <= prefix]

    def _group(self, number: int) -> dict[str, str]:
        """The texts of a group's entries, by key; the last one that was asked for is kept."""
        kept = self._kept
        if kept is None or kept[0] != number:
            with self.place.fs.open(self.path, "rb") as file:
                group = pq.ParquetFile(file).read_row_group(number)
            kept = self._kept = (number, dict(zip(group["key"].to_pylist(), group["entry"].to_pylist(), strict=True)))
        return kept[1]
