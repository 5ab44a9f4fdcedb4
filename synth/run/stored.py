"""The problems of a run, read from its directory as they are wanted: the driver holds none of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, islice
from typing import overload

import numpy as np
from numpy.typing import NDArray

from synth.keys import Keys, hashes
from synth.records import Problem
from synth.store.rundir import RunDir
from synth.store.units import Span

KEY = "problems:all"
CHUNK = 1024  # problems that are read at once where all are


class Stored(Sequence[Problem]):
    """Each problem once, in the order in which the run got them."""

    def __init__(self, store: RunDir) -> None:
        self.store = store
        self._parts = list(store.spans("problems", keys={KEY}))
        self._ends = list(accumulate(part.rows for part in self._parts))
        self._rows: NDArray[np.uint32] | None = None
        """Where each problem stands among all rows, where some are there more than once (runs of earlier versions)."""
        self._keys: Keys | None = None
        entry = store.manifest.get(KEY)
        info = entry["info"] if entry else {}
        self.unstated = bool(info.get("unstated", True))
        """Whether some have no statement; taken to be so of runs of earlier versions."""
        if not info.get("distinct"):
            seen = Keys()
            fresh = [seen.fresh(hashes(ids)) for ids in self._ids()]
            if not all(some.all() for some in fresh):
                self._rows = np.flatnonzero(np.concatenate(fresh)).astype(np.uint32)

    def __len__(self) -> int:
        return len(self._rows) if self._rows is not None else self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, place: int) -> Problem: ...

    @overload
    def __getitem__(self, place: slice) -> list[Problem]: ...

    def __getitem__(self, place: int | slice) -> Problem | list[Problem]:
        if isinstance(place, slice):
            return self.take(range(len(self))[place])
        return self.take([range(len(self))[place]])[0]

    def __iter__(self) -> Iterator[Problem]:
        for start in range(0, len(self), CHUNK):
            yield from self[start : start + CHUNK]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(other) == len(self) and all(a == b for a, b in zip(self, other, strict=True))

    def take(self, places: Sequence[int]) -> list[Problem]:
        """The problems at `places`, in that order."""
        rows = [int(self._rows[place]) if self._rows is not None else int(place) for place in places]
        found: dict[int, Problem] = {}
        for part, wanted in groupby(sorted(set(rows)), lambda row: bisect_right(self._ends, row)):
            span, listed = self._parts[part], list(wanted)
            begin = self._ends[part] - span.rows
            for first, last in _runs(listed):
                near = Span(span.path, span.first + first - begin, [(KEY, last - first)], span.number)
                found.update(zip(range(first, last), self.store.rows_at("problems", Problem, near), strict=True))
        return [found[row] for row in rows]

    def ids(self) -> Iterator[list[str]]:
        """The ids of all, in their order, some at a time."""
        if self._rows is None:
            yield from self._ids()
            return
        start = 0
        for ids in self._ids():
            kept = self._rows[np.searchsorted(self._rows, start) : np.searchsorted(self._rows, start + len(ids))]
            yield [ids[row - start] for row in kept]
            start += len(ids)

    def find(self, ids: Iterable[str]) -> dict[str, Problem]:
        """The problems of these ids, by id; only theirs are read."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        if self._keys is None:
            keys = Keys()
            for some in self.ids():
                keys.add(hashes(some))
            self._keys = keys
        places = [int(place) for place in self._keys.find(hashes(wanted)) if place >= 0]
        return {problem.id: problem for problem in self.take(places)}

    def _ids(self) -> Iterator[list[str]]:
        for part in self._parts:
            for table in self.store.span_tables("problems", ["id"], part):
                yield table["id"].to_pylist()


class Listed(Stored):
    """The same of problems that are in memory."""

    def __init__(self, problems: Sequence[Problem], unstated: bool | None = None) -> None:
        self._problems = problems
        self.unstated = any(not problem.statement for problem in problems) if unstated is None else unstated

    def __len__(self) -> int:
        return len(self._problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)

    def take(self, places: Sequence[int]) -> list[Problem]:
        return [self._problems[place] for place in places]

    def ids(self) -> Iterator[list[str]]:
        every = iter(self)
        while some := [problem.id for problem in islice(every, CHUNK)]:
            yield some

    def find(self, ids: Iterable[str]) -> dict[str, Problem]:
        known = {problem.id: problem for problem in self}
        return {id: known[id] for id in dict.fromkeys(ids) if id in known}


def stored(problems: Sequence[Problem]) -> Stored:
    """`problems` as what can be asked for some of them."""
    return problems if isinstance(problems, Stored) else Listed(problems)


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Stretches (first, end) that hold all of `rows`, which are sorted; small gaps are read along."""
    first = last = rows[0]
    for row in rows[1:]:
        if row - last > CHUNK:
            yield first, last + 1
            first = row
        last = row
    yield first, last + 1
