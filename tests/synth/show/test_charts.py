"""The charts of report.html hold the run's figures."""

from __future__ import annotations

from typing import Any

import pytest

from synth.show import charts
from synth.store.timeline import Row


def test_pass_rates_with_intervals_and_the_cheap_tactics() -> None:
    rounds: list[dict[str, Any]] = [
        {"round": 0, "pass@1": 10.0, "pass@1_interval": [6.0, 15.0], "baseline": 30.0, "beyond_pass@1": 2.0},
        {"round": 1, "pass@1": None},
        {"round": 2, "pass@1": 40.0, "pass@1_interval": [33.0, 44.0]},
    ]
    figure = charts.pass_rates(rounds)
    assert figure is not None
    first, beyond, tactics = figure.data
    assert (first.name, list(first.customdata), list(first.y)) == ("pass@1", [0, 2], [10.0, 40.0])
    assert first.x[0] < 0 < beyond.x[0], "beside each other, or their intervals could not be told apart"
    assert list(first.error_y.array) == [5.0, 4.0] and list(first.error_y.arrayminus) == [4.0, 7.0]
    assert beyond.name == "pass@1 beyond the cheap tactics" and list(beyond.error_y.array) == [0]
    assert tactics.name == "cheap tactics: 30.0 %" and list(tactics.y) == [30.0] * 3
    assert charts.pass_rates([]) is None and charts.pass_rates([{"round": 0}]) is None


def test_bars_and_stacks() -> None:
    figure = charts.bars({"a": 1, "b": 4, "": 9, "c": 0})
    assert figure is not None
    assert list(figure.data[0].y) == ["a", "b"] and list(figure.data[0].x) == [1, 4], "upwards, so the longest is on top"
    assert charts.bars({}) is None
    stack = charts.by_round([{"round": 1, "proved_by": {"x": 2}}, {"round": 2, "proved_by": {"y": 3}}], "proved_by")
    assert stack is not None and [(bar.name, list(bar.y)) for bar in stack.data] == [("x", [2, 0]), ("y", [0, 3])]


def test_the_timeline() -> None:
    rows = [
        Row(time=60.0 * n, span=60, made={"pairs": n}, busy={"pools": 30}, actors={"pools": 1}, waiting={"checks": n})
        for n in range(1, 2001)
    ]
    rates, busy, waiting = charts.rates(rows), charts.busy(rows), charts.waiting(rows)
    assert rates is not None and busy is not None and waiting is not None
    assert rates.layout.xaxis3.title.text == "hours at work" and len(rates.data[0].x) <= 2 * charts.ROWS_SHOWN
    assert max(rates.data[0].y) > 1900 and set(busy.data[1].y) == {50.0} and set(busy.data[0].y) == {None}
    assert charts.rates(rows[:1]) is None and charts.busy([]) is None


@pytest.mark.parametrize(
    ("proof", "tactic"),
    [
        ("by omega", "omega"),
        (":= by\n  intro x", "intro"),
        ("by\n  · simp", "simp"),
        ("fun x => x", "term"),
        ("by exact?", "exact?"),
        ("by", "term"),
    ],
)
def test_what_a_proof_begins_with(proof: str, tactic: str) -> None:
    assert charts.first_tactic(proof) == tactic


def test_lengths_and_staleness() -> None:
    figure = charts.lengths(["x" * n for n in (1, 8, 9, 16, 17, 100)])
    assert figure is not None
    shown = dict(zip(figure.data[0].y, figure.data[0].x, strict=True))
    assert list(shown.items()) == [("≤ 128", 1), ("≤ 32", 1), ("≤ 16", 2), ("≤ 8", 2)], "upwards: the shortest on top"
    assert charts.lengths([]) is None
    assert charts.staleness([(1, 0), (2, 1)]) is None, "as new as can be: nothing to show"
    stale = charts.staleness([(3, 2), (3, 0), (3, 3)])
    assert stale is not None and list(stale.data[0].y) == ["2 behind", "0 behind"] and list(stale.data[0].x) == [1, 2]
