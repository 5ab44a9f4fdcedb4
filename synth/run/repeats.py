"""Statements that shards of one round have in common: settled once all of them are done.

Shards work side by side, so none can know what another one is just finding.  Each drops what it repeats itself and what earlier
rounds kept (`filters.choose.distinct`); what is left is dropped here, after the search, so that the corpus holds it once: of equal
statements a given one stays, then a problem's rather than a conjecture or a piece of another, then a proved one, then that with the
smallest id.  All of it follows from what is on disk, so that a round done again settles the same.
"""

from __future__ import annotations

from synth.records import Drop, Pair, Statement
from synth.search.outcome import KINDS, MADE
from synth.statements.filters.base import drop
from synth.statements.text import identity
from synth.store.rundir import RunDir


def settle_repeats(store: RunDir, number: int) -> list[Statement]:
    """The statements of round `number` that repeat another one of it, dropped; they count in this form from now on."""
    key, prefix = f"r{number:03d}-repeats", f"r{number:03d}-s"  # the key sorts before the shards', and of one id the first record counts
    if store.done("statements", key):
        return list(store.read("statements", Statement, key))
    proved = {pair.statement_id for pair in store.read("pairs", Pair, prefix)}
    stays: dict[str, Statement] = {}
    kept = [s for s in store.read("statements", Statement, prefix) if s.kept]
    kept.sort(key=lambda s: (s.origin != "given", s.origin in KINDS, s.origin in MADE, s.id not in proved, s.id))
    dropped = []
    for statement in kept:
        first = stays.setdefault(identity(statement), statement)
        if first is not statement and statement.origin != "given":
            dropped.append(drop(statement, Drop.DUPLICATE, f"says what statement {first.id} says, of the same round"))
    store.commit(key, {"statements": dropped}, {"repeated": [s.id for s in dropped]})
    return dropped
