"""Records by their ids, many times over: where each stands is found once, then only what stands near it is read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Generic

import numpy as np
import pyarrow as pa

from synth.keys import NOWHERE, Hashes, hashes, places
from synth.store.arrow import GROUP, R
from synth.store.units import PROVISIONAL, Span, Units, provisional


class Lookup(Generic[R]):
    """The records of a kind in a run that no longer changes (or in a snapshot of one), 16 bytes each in memory.

    Of several records of one id it is the one that `Units.read` gives.  Ids are known by their hashes (`synth.keys`).
    """

    def __init__(self, run: Units, kind: str, model: type[R]) -> None:
        self._run, self._kind, self._model = run, kind, model
        self._spans = list(run.spans(kind))
        self._keys, self._span, self._row = self._placed()

    def _placed(self) -> tuple[Hashes, np.ndarray, np.ndarray]:
        """The hashes of all ids, sorted, and of each the number of its span and its row there."""
        field = PROVISIONAL.get(self._kind, ("", ()))[0]
        keys, later = [np.zeros(0, np.uint64)], [np.zeros(0, np.bool_)]
        for span in self._spans:
            for table in self._run.span_tables(self._kind, ["id", *([field] if field else [])], span):
                keys.append(hashes(table["id"].to_pylist()))
                unknown = provisional(self._kind, table).to_numpy(zero_copy_only=False) if field else np.zeros(table.num_rows, np.bool_)
                later.append(unknown)
        every, last = np.concatenate(keys), np.concatenate(later)
        rows = [span.rows for span in self._spans]
        number = np.repeat(np.arange(len(rows), dtype=np.uint32), rows)
        row = np.arange(len(every), dtype=np.uint32) - np.repeat(np.cumsum([0, *rows[:-1]]), rows).astype(np.uint32) if rows else number
        order = np.lexsort((last, every))  # stable: of equal ones the first that is answered comes first
        known, first = np.unique(every[order], return_index=True)
        return known, number[order[first]], row[order[first]]

    def find(self, ids: Collection[str]) -> dict[str, R]:
        """The records of `ids` that are there, by id."""
        at = np.unique(places(self._keys, hashes(ids)))
        at = at[at != NOWHERE]
        found: dict[str, R] = {}
        order = np.lexsort((self._row[at], self._span[at]))
        numbers, rows = self._span[at][order], self._row[at][order].astype(np.int64)
        far = (np.diff(numbers) != 0) | (np.diff(rows) > GROUP // 4)
        for piece in np.split(np.arange(len(rows)), np.flatnonzero(far) + 1) if len(rows) else ():
            span, first, last = self._spans[numbers[piece[0]]], int(rows[piece[0]]), int(rows[piece[-1]])
            near = Span(span.path, span.first + first, [(span.units[0][0], last + 1 - first)], span.number)
            start = first
            for table in self._run.span_tables(self._kind, None, near):
                inside = rows[piece][(rows[piece] >= start) & (rows[piece] < start + table.num_rows)] - start
                for record in self._run.records(table.take(pa.array(inside)), self._model):
                    found[getattr(record, "id")] = record  # noqa: B009
                start += table.num_rows
        return found
