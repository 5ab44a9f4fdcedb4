"""The problems of a shard of the index that repeat none before them, and its rows of the benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from synth.config import FilterConfig
from synth.index.log import Log, share_of
from synth.keys import Keys, hashes
from synth.records import Drop, Marked, Problem
from synth.statements.likeness import Marks
from synth.statements.screen import Alike, Slice, Sought
from synth.store.rundir import RunDir

Texts = Mapping[Drop, Sequence[tuple[str, str]]]


class Problems(Log):
    """The texts that fall to this shard."""

    def __init__(self, store: RunDir, filters: FilterConfig, benchmarks: Texts, number: int, of: int) -> None:
        super().__init__(store, number, of)
        self._filters, self._benchmarks = filters, benchmarks
        self._slice: Slice | None = None
        self._ids = Keys()  # of the problems in the slice

    def __len__(self) -> int:
        """Problems that are kept here."""
        return len(self._ids)

    def sought(self, problems: Sequence[tuple[int, Problem]]) -> list[Sought]:
        """Problems as all shards are asked about them."""
        with self.lock:
            known = self._sliced()
        return known.sought(problems)

    def alike(self, problems: Sequence[Sought]) -> list[Alike]:
        """What of this shard each repeats."""
        with self.lock:
            return self._sliced().alike(problems)

    def keep(self, piece: str, problems: Sequence[Sought]) -> None:
        """Problems that repeat none, asked about with `piece`: those that are not here yet are written down."""
        with self.lock:
            known = self._sliced()
            places = self._ids.find(hashes(one.id for one in problems))
            new = [one for one, place in zip(problems, places, strict=True) if place < 0]
            if not new:
                return
            self._slice = None  # until it is written
            if self.commit(piece, "texts", [_marked(one) for one in new]):
                self._slice = known
                self._take_in(known, new)
            else:
                self.keep(piece, problems)

    def _sliced(self) -> Slice:
        if self._slice is None:
            known, self._ids = Slice(self._filters, self._benchmarks, self.number, self.of), Keys()
            for span in self.written("texts"):
                for table in self.store.span_tables("texts", list(Marked.model_fields), span):
                    rows = [row for row in table.to_pylist() if share_of(row["id"], self.of) == self.number]
                    self._take_in(known, [_sought(row) for row in rows])
            self._slice = known
        return self._slice

    def _take_in(self, known: Slice, problems: Sequence[Sought]) -> None:
        fresh = self._ids.fresh(hashes(one.id for one in problems))
        known.keep([one for one, new in zip(problems, fresh, strict=True) if new])


def _marked(one: Sought) -> Marked:
    return Marked(id=one.id, place=one.place, text=one.text, bands=one.marks.bands.tolist(), grams=one.marks.grams.tolist())


def _sought(row: dict[str, object]) -> Sought:
    marks = Marks(np.array(row["bands"], np.uint32), np.array(row["grams"], np.uint32))
    return Sought(int(str(row["place"])), str(row["id"]), str(row["text"]), False, marks)
