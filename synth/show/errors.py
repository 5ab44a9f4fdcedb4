"""Tables of the filters' error, for `synth judge-error`."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from synth.statements.judge_error import Errors
from synth.statements.planted import Told


def filter_errors(errors: Errors) -> Table:
    """A row for each filter: what it passes and drops of faithful and of unfaithful statements, in percent.

    The last columns: of the faithful statements that come to it in a run, and of those of contradictory problems, what it drops.
    """
    table = Table(box=None)
    table.add_column("filter", no_wrap=True)
    for column in ("faithful", "pass, %", "unfaithful", "dropped, %", "faithful of what passes, %", "in place: faithful dropped, %"):
        table.add_column(column)
    if errors.flawed:
        table.add_column("contradictory dropped, %")
    for name, one in errors.alone.items():
        recall, specificity, precision = map(_percent, (one.recall, one.specificity, one.precision))
        row = [name, f"{one.faithful:,}", recall, f"{one.unfaithful:,}", specificity, precision]
        row.append(_percent(1 - errors.in_place[name].recall) if name in errors.in_place else "")
        if errors.flawed:
            row.append(_percent(1 - errors.flawed[name].recall) if name in errors.flawed else "")
        table.add_row(*row)
    return table


def _percent(share: float) -> str:
    return "–" if share != share else f"{100 * share:.1f}"


def told_table(told: Iterable[Told]) -> Table:
    """A row for each kind of statement: how many were dropped, and whether they should be."""
    table = Table("statements", "number", "dropped", "%", "should be", box=None)
    for row in told:
        share = f"{100 * row.dropped / row.statements:.1f}" if row.statements else "–"
        table.add_row(row.kind, f"{row.statements:,}", f"{row.dropped:,}", share, "dropped" if row.wanted else "kept")
    return table
