"""Tables of the filters' error, for `synth judge-error`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.table import Table

from synth.statements.corrected import Counts
from synth.statements.planted import Told


def filter_errors(counts: Mapping[str, Counts]) -> Table:
    """A row for each filter: what it passes and drops of faithful and of unfaithful statements, in percent."""
    table = Table("filter", "faithful", "pass, %", "unfaithful", "are dropped, %", "faithful of what passes, %", box=None)
    for name, one in counts.items():
        shares = (one.recall, one.specificity, one.precision)
        recall, specificity, precision = ("–" if share != share else f"{100 * share:.1f}" for share in shares)
        table.add_row(name, f"{one.faithful:,}", recall, f"{one.unfaithful:,}", specificity, precision)
    return table


def told_table(told: Iterable[Told]) -> Table:
    """A row for each kind of statement: how many were dropped, and whether they should be."""
    table = Table("statements", "number", "dropped", "%", "should be", box=None)
    for row in told:
        share = f"{100 * row.dropped / row.statements:.1f}" if row.statements else "–"
        table.add_row(row.kind, f"{row.statements:,}", f"{row.dropped:,}", share, "dropped" if row.wanted else "kept")
    return table
