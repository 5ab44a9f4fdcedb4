"""Counts over the columns of a run's records, without the records."""

from __future__ import annotations

from collections import Counter
from typing import Any

from synth.store.rundir import RunDir


def tally(store: RunDir, kind: str, prefix: str, *columns: str) -> Counter[tuple[Any, ...]]:
    """How many records of a kind have which values in `columns`."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for table in store.tables(kind, columns, prefix):
        groups = table.select(columns).group_by(list(columns), use_threads=False).aggregate([([], "count_all")])
        values = [groups[name].to_pylist() for name in columns]
        for *found, count in zip(*values, groups["count_all"].to_pylist(), strict=True):
            counts[tuple(found)] += count
    return counts
