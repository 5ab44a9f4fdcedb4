"""Statements that shards of one round have in common: settled once all of them are done.

Shards work side by side, so none can know what another one is just finding.  Each drops what it repeats itself and what earlier
rounds kept (`filters.choose.distinct`); what is left is dropped here, after the search, so that the corpus holds it once: of equal
statements a given one stays, then a problem's rather than a conjecture or a piece of another, then a proved one, then that with the
smallest id.  All of it follows from what is on disk, so that a round done again settles the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synth.keys import hashes
from synth.records import Drop, Statement
from synth.search.outcome import KINDS, MADE
from synth.statements.filters.base import drop
from synth.statements.text import identity
from synth.store.rundir import RunDir


def settle_repeats(store: RunDir, number: int) -> list[Statement]:
    """The statements of round `number` that repeat another one of it, dropped; they count in this form from now on."""
    key, prefix = f"r{number:03d}-repeats", f"r{number:03d}-s"  # the key sorts before the shards', and of one id the first record counts
    if store.done("statements", key):
        return list(store.read("statements", Statement, key))
    kept = list(_repeating(store, prefix))
    ids = {s.id for s in kept}
    proved = {id for table in store.tables("pairs", ["statement_id"], prefix) for id in table["statement_id"].to_pylist() if id in ids}
    stays: dict[str, Statement] = {}
    kept.sort(key=lambda s: (s.origin != "given", s.origin in KINDS, s.origin in MADE, s.id not in proved, s.id))
    dropped = []
    for statement in kept:
        first = stays.setdefault(identity(statement), statement)
        if first is not statement and statement.origin != "given":
            dropped.append(drop(statement, Drop.DUPLICATE, f"says what statement {first.id} says, of the same round"))
    store.commit(key, {"statements": dropped}, {"repeated": [s.id for s in dropped]})
    return dropped


def _repeating(store: RunDir, prefix: str) -> Iterator[Statement]:
    """The kept statements of a round that say what another one of it says: 8 bytes for each of the others."""
    columns = ["kept", "form", "text", "header", "preamble"]
    kept = (table.filter(table["kept"]).select(columns[1:]) for table in store.tables("statements", columns, prefix))
    every = np.concatenate([np.zeros(0, np.uint64), *(hashes(map(_identity, table.to_pylist())) for table in kept)])
    different, counts = np.unique(every, return_counts=True)
    several = np.isin(every, different[counts > 1])
    start = 0
    for table in store.tables("statements", None, prefix) if several.any() else ():
        mine = np.flatnonzero(table["kept"].to_numpy())
        here = mine[several[start : start + len(mine)]]
        start += len(mine)
        yield from store.records(table.take(here), Statement)


def _identity(row: dict[str, str]) -> str:
    return row["form"] or identity(Statement(id="", problem_id="", **row))
