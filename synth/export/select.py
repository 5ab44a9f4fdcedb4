"""The pairs of runs as a corpus has them: filtered, each once, with what their statements' records say; in tables, never all at once.

Two pairs are one where statement and proof are: the statement by its normal form, which neither its name nor its spelling changes
(where there is none, by its text without the name), the proof by its text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synth.export.filters import Filters
from synth.export.schema import PAIR_COLUMNS, corpus_schema
from synth.export.snapshot import Snapshot
from synth.export.splits import SPLITS, Groups, Shares
from synth.keys import NOWHERE, Hashes, Keys, hashes, places
from synth.records import GRADES

ORIGINS = ("", "given", "autoformalized", "refined", "conjectured", "variant", "subgoal", "lemma", "answered")
_GRADES = ("", *GRADES)
_NEGATED = np.uint64(0x9E3779B97F4A7C15)  # makes another key of a statement's for its negation
_FORM = 32  # characters of a normal form
TALLIED = ("kind", "origin", "grade", "negated", "form", "round", "strategy", "model", "audit", "lean", "library", "split")

LISTS = ("axioms", "kernels")


class Selection:
    """What of `runs` goes into a corpus.  `counts` has, once `tables` was read to its end, `pairs`, `duplicates` and what was left out."""

    def __init__(self, runs: Sequence[Snapshot], filters: Filters, shares: Shares, preset: str = "chat") -> None:
        self.runs, self.filters, self.shares, self.preset = runs, filters, shares, preset
        self.counts: Counter[str] = Counter({"pairs": 0, "duplicates": 0})
        self.tallies: dict[str, Counter[str]] = {name: Counter() for name in (*TALLIED, *LISTS)}
        self._sides = _Sides(runs)
        self.groups = self._sides.groups()
        self._repeated = hashes(sorted({name for run in runs for name in run.repeated()}))

    def tables(self) -> Iterator[pa.Table]:
        """The rows in the order of the runs and of their units' keys: the same whichever worker finished first."""
        seen = Keys()
        for run in self.runs:
            for table in _as_they_stand(run, "pairs", PAIR_COLUMNS):  # what stands there twice is found below
                rows = table
                if len(self._repeated):
                    rows = self._rid(rows, ~np.isin(hashes(rows["statement_id"].to_pylist()), self._repeated))
                rows = self._sides.joined(rows)
                rows = self.filters.apply(rows, self.counts)
                rows = self._rid(rows, seen.fresh(hashes(_sameness(rows))))
                if rows.num_rows:
                    rows = self._finished(rows)
                    self.counts["pairs"] += rows.num_rows
                    self._tally(rows)
                    yield rows

    def _rid(self, table: pa.Table, stays: NDArray[np.bool_]) -> pa.Table:
        """The table without what is there already."""
        self.counts["duplicates"] += int(len(stays) - stays.sum())
        return table if stays.all() else table.filter(pa.array(stays))

    def _finished(self, table: pa.Table) -> pa.Table:
        texts = pc.binary_join_element_wise(*(table[name] for name in ("header", "preamble", "statement", "form", "proof")), "\0")
        digests = [sha256(text.encode()).hexdigest() for text in texts.to_pylist()]
        table = table.append_column("content_hash", pa.array(digests, pa.string()))
        codes = self.groups.split(hashes(table["problem_id"].to_pylist()), self.shares)
        table = table.append_column("split", pa.array(SPLITS).take(pa.array(codes)))
        schema = corpus_schema()
        return table.select(schema.names).cast(schema)

    def split(self, problems: Iterable[str]) -> list[str]:
        return [SPLITS[code] for code in self.groups.split(hashes(problems), self.shares)]

    def _tally(self, table: pa.Table) -> None:
        for name in TALLIED:
            _count(self.tallies[name], table[name])
        for name in LISTS:
            _count(self.tallies[name], pc.list_flatten(table[name]))


def _count(counts: Counter[str], column: pa.ChunkedArray) -> None:
    found = pc.value_counts(column)
    for value, count in zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True):
        counts[str(value).lower() if isinstance(value, bool) else str(value)] += count


_NAME = r"[^\s:(\[{⦃.]+"
_NAMED = rf"^\s*(theorem|lemma)\s+{_NAME}(\.{_NAME})*"


def _sameness(table: pa.Table) -> list[str]:
    """A text of each row that is the same where statement and proof are."""
    if not pc.any(unnamed := pc.equal(table["normal_form"], "")).as_py():
        return _joined(table["normal_form"], table)
    nameless = pc.replace_substring_regex(table["statement"], _NAMED, "")
    plain = pc.binary_join_element_wise(table["header"], table["preamble"], pc.replace_substring_regex(nameless, r"\s+", " "), "\0")
    return _joined(pc.if_else(unnamed, plain, table["normal_form"]), table)


def _joined(said: pa.ChunkedArray, table: pa.Table) -> list[str]:
    texts: list[str] = pc.binary_join_element_wise(said, table["form"], pc.utf8_trim_whitespace(table["proof"]), "\0").to_pylist()
    return texts


def _place(column: pa.ChunkedArray, among: tuple[str, ...]) -> NDArray[np.uint8]:
    """Where each value is in `among`; the first of these for one that is not there."""
    places: NDArray[np.uint8] = pc.fill_null(pc.index_in(column, pa.array(among)), 0).to_numpy().astype(np.uint8)
    return places


def _as_they_stand(run: Snapshot, kind: str, columns: list[str]) -> Iterator[pa.Table]:
    """The records of a kind, some of them several times."""
    for span in run.spans(kind):
        yield from run.span_tables(kind, columns, span)


class _Sides:
    """What the pairs of runs prove: statements and negations, with grade, origin and normal form; 42 bytes each in memory."""

    def __init__(self, runs: Sequence[Snapshot]) -> None:
        sides, problems = [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]
        for run in runs:
            for table in _as_they_stand(run, "pairs", ["statement_id", "problem_id", "negated"]):
                sides.append(self._keys(table))
                problems.append(hashes(table["problem_id"].to_pylist()))
        self._known, self._side = _numbered(sides)
        self._problems, self._problem = _numbered(problems)
        size = len(self._known)
        self._grade, self._origin = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        self._form = np.zeros(size, f"S{_FORM}")
        for run in runs:
            for table in _as_they_stand(run, "statements", ["id", "grade", "origin", "form", "negated_form"]):
                self._take(table)

    def _keys(self, table: pa.Table) -> Hashes:
        negated = table["negated"].to_numpy(zero_copy_only=False)
        keys: Hashes = hashes(table["statement_id"].to_pylist()) ^ np.where(negated, _NEGATED, np.uint64(0))
        return keys

    def _take(self, table: pa.Table) -> None:
        own = hashes(table["id"].to_pylist())
        for keys, form in ((own, "form"), (own ^ _NEGATED, "negated_form")):
            numbers = places(self._known, keys)
            rows = np.flatnonzero(numbers != NOWHERE)
            rows = rows[self._form[numbers[rows]] == b""]  # of several records of one statement the first that says what it is
            if len(rows):
                some, at = table.take(pa.array(rows)), numbers[rows]
                self._form[at] = some[form].to_numpy().astype(f"S{_FORM}")
                self._grade[at] = _place(some["grade"], _GRADES)
                self._origin[at] = _place(some["origin"], ORIGINS)

    def joined(self, table: pa.Table) -> pa.Table:
        """The pairs of a table, with their statements' columns."""
        at = places(self._known, self._keys(table))
        table = table.append_column("grade", pa.array(_GRADES).take(pa.array(self._grade[at])))
        table = table.append_column("origin", pa.array(ORIGINS).take(pa.array(self._origin[at])))
        return table.append_column("normal_form", pa.array(self._form[at]).cast(pa.string()))

    def groups(self) -> Groups:
        """Problems by what their pairs prove."""
        forms = _hashed(self._form)
        unnamed = self._form == b""
        forms[unnamed] = self._known[unnamed]  # a side without a normal form is like no other
        numbers = _numbered([forms])[1]
        side, self._side = self._side, np.zeros(0, np.uint32)
        return Groups(self._problems, self._problem, numbers[side])


def _numbered(lots: list[Hashes]) -> tuple[Hashes, NDArray[np.uint32]]:
    """All of them sorted, each once, and where there each one stands."""
    known, numbers = np.unique(np.concatenate(lots), return_inverse=True)
    return known, numbers.astype(np.uint32)


def _hashed(forms: NDArray[np.bytes_]) -> Hashes:
    """A hash of each normal form, which is one already."""
    words = forms.view(np.uint64).reshape(len(forms), _FORM // 8)
    found: Hashes = words[:, 0].copy()
    with np.errstate(over="ignore"):
        for place in range(1, words.shape[1]):
            found = found * np.uint64(0x100000001B3) ^ words[:, place]
    return found
