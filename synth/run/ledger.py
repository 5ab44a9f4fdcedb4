"""What the rounds of a run came to, statement by statement, for what later rounds search again: 30 bytes a statement.

A round that is complete never changes, so each is read once; ids are hashes, and a statement is read again from its unit when it is
wanted.  Of several records of a statement the last round's counts, of one round's the first, but one that says "undecided" only until
another says more (as `RunDir.read` has it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synth.config import AdaptiveConfig
from synth.keys import Hashes, Keys, grown, hashes
from synth.records import Drop, Statement
from synth.run.again import drawn
from synth.run.stored import Stored
from synth.search.outcome import KINDS, MADE
from synth.store.rundir import RunDir

Numbers = NDArray[np.int64]
KNOWN, KEPT, UNDECIDED, PROVED, QUARANTINED, PIECE, MADE_OF_PROOFS = (1 << bit for bit in range(7))
_COLUMNS: dict[str, Any] = {
    "state": np.uint8,
    "unit": np.uint32,
    "row": np.uint32,
    "told": np.uint16,  # the round of the record that counts
    "searches": np.uint16,
    "searched": np.uint16,  # the last round that searched it
    "samples": np.uint32,
    "accepted": np.uint32,
}


class Ledger:
    """The rounds of `store` that `upto` was asked for."""

    def __init__(self, store: RunDir) -> None:
        self.store = store
        self.rounds = 0  # that are in
        self.keys = Keys()
        self._columns = {name: np.zeros(0, kind) for name, kind in _COLUMNS.items()}
        self._units: list[str] = []
        self._parents: list[tuple[Numbers, Hashes]] = []  # of pieces
        self._left = Keys()  # problems that a budget left out, once
        self._out = np.zeros(0, np.bool_)  # whether it still does

    def upto(self, round: int) -> None:
        """Take in the rounds up to `round`, which are complete."""
        for number in range(self.rounds + 1, round + 1):
            self._statements(number)
            self._pairs(number)
            self._searches(number)
            self.rounds = number

    # what is searched again

    def unsolved(self, pieces: bool, made: bool) -> Numbers:
        """Kept statements of which neither side was proved, and undecided ones, in the order in which they came.

        `pieces`: also those of statements that are still open; `made`: also conjectures and variants (not the undecided ones, which are
        made again, or not at all).
        """
        state = self._column("state")
        solved = self._any(PROVED | QUARANTINED)
        left = self._any(KEPT | UNDECIDED) & self._any(KNOWN) & ~solved & ((state & KEPT > 0) | ~self._any(MADE_OF_PROOFS))
        if not made:
            left &= ~self._any(MADE_OF_PROOFS)
        of_pieces = self._any(PIECE)
        if pieces:
            for numbers, parents in self._parents:
                above = self.keys.find(parents)
                closed = (above >= 0) & solved[np.maximum(above, 0)]
                left[numbers[closed]] = False
        else:
            left &= ~of_pieces
        return np.flatnonzero(left)

    def solved(self) -> Numbers:
        """Kept statements of which a side was proved."""
        return np.flatnonzero(self._any(KNOWN) & self._any(KEPT) & self._any(PROVED))

    def in_turn(self, unsolved: Numbers, config: AdaptiveConfig, round: int, seed: int) -> tuple[Numbers, Numbers]:
        """What `round` searches again, and what it gives up."""
        searches = self.searches(unsolved)
        hopeless = searches > config.retries if config.retries is not None else np.zeros(len(unsolved), np.bool_)
        left, given_up = unsolved[~hopeless], unsolved[hopeless]
        if config.order == "chance":
            chance = (self._column("accepted")[left] + 1) / (self._column("samples")[left].astype(np.int64) + 2)
            left = left[np.lexsort((self.ids(left), -chance))]
        again = self.solved() if config.resample else np.zeros(0, np.int64)
        if len(again):
            wanted = [drawn(id.decode(), round, seed) < config.resample for id in self.ids(again)]
            again = again[np.array(wanted, np.bool_)]
        return np.concatenate([left, again]), given_up

    def searches(self, numbers: Numbers) -> NDArray[np.uint16]:
        """How often each was searched."""
        found: NDArray[np.uint16] = self._column("searches")[numbers]
        return found

    def was_searched(self, numbers: Numbers) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self._column("searched")[numbers] > 0
        return found

    def left_out(self, problems: Stored) -> NDArray[np.uint32]:
        """Where in `problems` those stand that nobody has asked about, because a round's budget was used up."""
        if not self._out[: len(self._left)].any():
            return np.zeros(0, np.uint32)
        found, start = list[NDArray[np.uint32]](), 0
        for ids in problems.ids():
            numbers = self._left.find(hashes(ids))
            out = (numbers >= 0) & self._out[np.maximum(numbers, 0)]
            found.append((start + np.flatnonzero(out)).astype(np.uint32))
            start += len(ids)
        return np.concatenate(found)

    def statements(self, numbers: Numbers) -> list[Statement]:
        """The statements with these numbers, in that order, each as the record has it that counts."""
        units, rows = self._column("unit")[numbers], self._column("row")[numbers]
        places = [(self._units[unit], int(row)) for unit, row in zip(units, rows, strict=True)]
        return self.store.at("statements", Statement, places)

    def ids(self, numbers: Numbers) -> NDArray[np.bytes_]:
        """The ids of statements, which are read for it: 20 bytes each."""
        wanted = np.full(len(self.keys), -1, np.int64)
        wanted[numbers] = np.arange(len(numbers))
        found = np.zeros(len(numbers), "S20")
        for round in range(1, self.rounds + 1):
            for table in self._tables("statements", ["id"], round):
                ids = table["id"].to_pylist()
                places = wanted[self.keys.find(hashes(ids))]
                here = np.flatnonzero(places >= 0)
                named = np.array([ids[i].encode() for i in here], np.bytes_)
                if named.dtype.itemsize > found.dtype.itemsize:
                    found = found.astype(named.dtype)
                found[places[here]] = named
        return found

    # taking in

    def _statements(self, round: int) -> None:
        columns = ["id", "kept", "reason", "origin", "parent", "problem_id"]
        for units, rows, table in self._placed(columns, round):
            numbers, new = self.keys.numbered(hashes(table["id"].to_pylist()))
            self._grow()
            undecided = _flags(pc.equal(table["reason"], Drop.UNDECIDED.value))
            piece, made = (_flags(pc.is_in(table["origin"], pa.array(list(kinds)))) for kinds in (KINDS, MADE))
            state = KNOWN | _flags(table["kept"]) * KEPT | undecided * UNDECIDED | piece * PIECE | made * MADE_OF_PROOFS
            for some in _waves(numbers):
                at = numbers[some]
                before = self._column("state")[at]
                counts = (self._column("told")[at] != round) | ((before & UNDECIDED > 0) & ~undecided[some])
                at, taken = at[counts], some[counts]
                kept = self._column("state")[at] & (PROVED | QUARANTINED)
                self._columns["state"][at] = state[taken] | kept
                self._columns["told"][at] = round
                self._columns["unit"][at], self._columns["row"][at] = units[taken], rows[taken]
            if (piece & new).any():
                taken = np.flatnonzero(piece & new)
                self._parents.append((numbers[taken], hashes(table["parent"].take(pa.array(taken)).to_pylist())))
            self._budget(table)

    def _budget(self, table: pa.Table) -> None:
        """Note the problems that a budget left out, and those that it does no more."""
        out = _flags(pc.equal(table["reason"], Drop.BUDGET.value))
        if not len(self._left) and not out.any():
            return
        keys = hashes(table["problem_id"].to_pylist())
        self._left.add(keys[out])
        self._out = grown(self._out, len(self._left))
        numbers = self._left.find(keys)
        for number, left in zip(numbers, out, strict=True):
            if number >= 0:
                self._out[number] = left

    def _pairs(self, round: int) -> None:
        for table in self._tables("pairs", ["statement_id"], round):
            self._mark(hashes(table["statement_id"].to_pylist()), PROVED)
        for entry in self.store.entries(_prefix(round)):
            if found := entry["info"].get("quarantined"):
                self._mark(hashes(found), QUARANTINED)

    def _mark(self, keys: Hashes, flag: int) -> None:
        numbers = self.keys.add(keys)
        self._grow()
        self._columns["state"][numbers] |= np.uint8(flag)

    def _searches(self, round: int) -> None:
        for table in self._tables("searches", ["statement_id", "samples", "accepted", "limit"], round):
            numbers = self.keys.add(hashes(table["statement_id"].to_pylist()))
            self._grow()
            samples, accepted = (table[name].to_numpy() for name in ("samples", "accepted"))
            began = (samples > 0) | _flags(pc.equal(table["limit"], ""))
            for some in _waves(numbers):
                some = some[self._column("searched")[numbers[some]] != round]
                at = numbers[some]
                self._columns["searched"][at] = round
                self._columns["searches"][at] += began[some]
                self._columns["samples"][at] += samples[some].astype(np.uint32)
                self._columns["accepted"][at] += accepted[some].astype(np.uint32)

    def _tables(self, kind: str, columns: Sequence[str], round: int) -> Iterator[pa.Table]:
        """What the units of a round hold, as it stands there."""
        for span in self.store.spans(kind, _prefix(round)):
            yield from self.store.span_tables(kind, columns, span)

    def _placed(self, columns: Sequence[str], round: int) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.uint32], pa.Table]]:
        """The statements of a round, with the unit and the row in it of each."""
        before = 0  # rows of the last unit in parts that came before
        for span in self.store.spans("statements", _prefix(round)):
            before = before if self._units and self._units[-1] == span.units[0][0] else 0
            first = len(self._units) - (before > 0)
            self._units += [key for key, _ in span.units[before > 0 :]]
            counts = np.array([rows for _, rows in span.units])
            units = np.repeat(np.arange(first, first + len(counts), dtype=np.uint32), counts)
            starts = np.cumsum(counts) - counts
            starts[0] -= before
            rows = (np.arange(len(units)) - np.repeat(starts, counts)).astype(np.uint32)
            before = int(rows[-1]) + 1
            start = 0
            for table in self.store.span_tables("statements", columns, span):
                stop = start + table.num_rows
                yield units[start:stop], rows[start:stop], table
                start = stop

    def _column(self, name: str) -> Any:
        return self._columns[name][: len(self.keys)]

    def _any(self, flags: int) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self._column("state") & flags > 0
        return found

    def _grow(self) -> None:
        for name, column in self._columns.items():
            self._columns[name] = grown(column, len(self.keys))


def _prefix(round: int) -> str:
    return f"r{round:03d}-"


def _flags(column: Any) -> Any:
    return column.to_numpy().astype(np.bool_)


def _waves(numbers: Numbers) -> Iterator[Numbers]:
    """Places of `numbers` in their order, in stretches in which none is there twice."""
    left = np.arange(len(numbers))
    while len(left):
        _, first = np.unique(numbers[left], return_index=True)
        first.sort()
        yield left[first]
        left = np.delete(left, first)
