"""The charts of report.html, drawn by Plotly: each from figures that the run has, None where it has none of them.

Colours of text and grid are the page's, which follow the reader's light or dark scheme; nothing here sets them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from synth.show.progress import measured_ks
from synth.show.series import WAITING, series
from synth.store.timeline import KINDS, Row, thinned

COLORS = ("#2563eb", "#059669", "#7c3aed", "#0891b2", "#be185d", "#65a30d")
BEYOND_COLOR = "#d97706"
ROWS_SHOWN = 600  # of the timeline
TACTICS_SHOWN = 15
APART = 0.03  # rounds between points of one round
ROW = 26  # pixels of a horizontal bar
LOSSES = [digit * 10**power for power in range(-4, 2) for digit in (1, 2, 5)]  # where the axis of losses has marks
Metrics = Mapping[str, Any]


def pass_rates(rounds: Sequence[Metrics]) -> go.Figure | None:
    """pass@k by round with its intervals, and what the cheap tactics prove as a dashed line."""
    ks = measured_ks(rounds)
    wanted = [(f"pass@{k}", f"pass@{k}", COLORS[place % len(COLORS)]) for place, k in enumerate(ks)]
    wanted += [(f"beyond_pass@{k}", f"pass@{k} beyond the cheap tactics", BEYOND_COLOR) for k in ks[-1:]]
    figure = go.Figure()
    for place, (key, name, color) in enumerate(wanted):
        points = [(_round(metrics), metrics[key], metrics.get(f"{key}_interval")) for metrics in rounds if _is_number(metrics.get(key))]
        if not points:
            continue
        numbers, values, intervals = zip(*points, strict=True)
        above = [ends[1] - value if ends else 0 for value, ends in zip(values, intervals, strict=True)]
        below = [value - ends[0] if ends else 0 for value, ends in zip(values, intervals, strict=True)]
        bars = {"type": "data", "array": above, "arrayminus": below, "thickness": 1.2, "width": 5}
        beside = [number + APART * (place - (len(wanted) - 1) / 2) for number in numbers]  # else intervals lie on each other
        figure.add_scatter(
            x=beside,
            y=values,
            error_y=bars,
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2.5},
            customdata=numbers,
            hovertemplate="round %{customdata}: %{y:.1f} %",
        )
    baseline = next((metrics["baseline"] for metrics in rounds if _is_number(metrics.get("baseline"))), None)
    if baseline is not None:
        every = [_round(metrics) for metrics in rounds]
        dashed = {"color": "#9ca3af", "dash": "dash", "width": 2}
        figure.add_scatter(x=every, y=[baseline] * len(every), name=f"cheap tactics: {baseline:.1f} %", mode="lines", line=dashed)
    if not figure.data:
        return None
    figure.update_xaxes(title="round", tickmode="linear", dtick=max(1, math.ceil(len(rounds) / 12)))
    figure.update_yaxes(ticksuffix=" %", rangemode="tozero")
    return _laid_out(figure, 360)


def families(rounds: Sequence[Metrics]) -> go.Figure | None:
    """pass@k with the largest k of each family of held-out problems, round by round."""
    key = f"pass@{max(measured_ks(rounds), default=0)}"
    measured = [(_round(metrics), metrics["families"]) for metrics in rounds if metrics.get("families")]
    names = sorted({name for _, found in measured for name in found}, reverse=True)
    if not names:
        return None
    values = [[found.get(name, {}).get(key) for _, found in measured] for name in names]
    figure = go.Figure(
        go.Heatmap(
            x=[str(number) for number, _ in measured],
            y=names,
            z=values,
            zmin=0,
            zmax=100,
            texttemplate="%{z:.0f}",
            colorscale=[[0, "rgba(37,99,235,0.06)"], [1, "rgba(37,99,235,0.75)"]],  # over the page, light or dark
            xgap=2,
            ygap=2,
            showscale=False,
        )
    )
    figure.update_xaxes(title="round", type="category", showgrid=False)
    figure.update_yaxes(showgrid=False)
    return _laid_out(figure, 80 + ROW * len(names))


def bars(counts: Mapping[str, int], ordered: bool = False) -> go.Figure | None:
    """Counts as horizontal bars, longest first unless `ordered`; empty names and zeros are left out."""
    items = [(name, value) for name, value in counts.items() if name and value]
    if not items:
        return None
    if not ordered:
        items.sort(key=lambda item: (-item[1], item[0]))
    names, values = zip(*reversed(items), strict=True)
    figure = go.Figure(go.Bar(y=names, x=values, orientation="h", marker={"color": COLORS[0]}))
    figure.update_traces(texttemplate="%{x:,}", textposition="outside", cliponaxis=False)
    figure.update_xaxes(visible=False, range=[0, 1.18 * max(values)])
    figure.update_yaxes(showgrid=False)
    return _laid_out(figure, 30 + ROW * len(items))


def by_round(rounds: Sequence[Metrics], key: str) -> go.Figure | None:
    """The counts that each round's figures have under `key`, stacked by name."""
    found = [(str(_round(metrics)), metrics[key]) for metrics in rounds if metrics.get(key)]
    names = sorted({name for _, counts in found for name in counts if name})
    if not names:
        return None
    figure = go.Figure()
    for place, name in enumerate(names):
        values = [counts.get(name, 0) for _, counts in found]
        figure.add_bar(x=[number for number, _ in found], y=values, name=name, marker={"color": COLORS[place % len(COLORS)]})
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title="round", type="category", showgrid=False)
    return _laid_out(figure, 300)


def costs(rounds: Sequence[Metrics]) -> go.Figure | None:
    """Core seconds and generated tokens for each verified pair, by round."""
    wanted = (("core_seconds_per_pair", "core seconds"), ("tokens_per_pair", "tokens"))
    found = [(key, name) for key, name in wanted if any(_is_number(metrics.get(key)) for metrics in rounds)]
    if not found:
        return None
    figure = make_subplots(1, len(found), subplot_titles=[f"{name} per pair" for _, name in found])
    for place, (key, name) in enumerate(found, 1):
        points = [(f"{_round(metrics)}", metrics[key]) for metrics in rounds if _is_number(metrics.get(key))]
        numbers, values = zip(*points, strict=True)
        figure.add_bar(x=numbers, y=values, name=name, showlegend=False, marker={"color": COLORS[place]}, row=1, col=place)
    figure.update_xaxes(title="round", type="category", showgrid=False)
    return _laid_out(figure, 280)


def rates(rows: Sequence[Row]) -> go.Figure | None:
    """Pairs, checks and tokens made, over the time of the run at work."""
    if len(rows) < 2:
        return None
    parts = {"pairs a minute": "pairs_per_minute", "checks a second": "checks_per_second", "tokens a second": "tokens_per_second"}
    figure = make_subplots(len(parts), 1, shared_xaxes=True, vertical_spacing=0.1, subplot_titles=list(parts))
    unit, times, shown = _over_time(rows)
    for place, (name, key) in enumerate(parts.items(), 1):
        line = {"color": COLORS[place - 1], "width": 1.6}
        values = [figures.get(f"rate/{key}") for figures in shown]
        figure.add_scatter(x=times, y=values, name=name, mode="lines", line=line, showlegend=False, row=place, col=1)
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(title=unit, row=len(parts), col=1)
    return _laid_out(figure, 480)


def busy(rows: Sequence[Row]) -> go.Figure | None:
    """How busy engines, Lean workers and trainer were, percent."""
    figure = _lines(rows, {f"busy/{kind}": kind for kind in KINDS}, 100)
    return figure and figure.update_yaxes(ticksuffix=" %", range=[0, 104])


def waiting(rows: Sequence[Row]) -> go.Figure | None:
    """Statements that are to be searched, and requests and checks that are not answered."""
    return _lines(rows, {f"waiting/{what}": what for what in WAITING}, 1)


def _lines(rows: Sequence[Row], names: Mapping[str, str], scale: float) -> go.Figure | None:
    if len(rows) < 2:
        return None
    unit, times, shown = _over_time(rows)
    figure = go.Figure()
    for place, (key, name) in enumerate(names.items()):
        values = [scale * figures[key] if key in figures else None for figures in shown]
        figure.add_scatter(x=times, y=values, name=name, mode="lines", line={"color": COLORS[place], "width": 1.6})
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(title=unit)
    return _laid_out(figure, 260)


def _over_time(rows: Sequence[Row]) -> tuple[str, list[float], list[dict[str, float]]]:
    """The unit of time, the times, and the figures of at most about ROWS_SHOWN rows that say the same as `rows`."""
    shown = [series(row) for row in (thinned(rows, ROWS_SHOWN) if len(rows) > ROWS_SHOWN else rows)]
    unit, seconds = ("hours at work", 3600) if shown[-1]["time"] > 3 * 3600 else ("minutes at work", 60)
    return unit, [figures["time"] / seconds for figures in shown], shown


def losses(trainings: Mapping[int, Sequence[Metrics]]) -> go.Figure | None:
    """The loss of each round's training, by its tokens."""
    figure = go.Figure()
    for number, rows in trainings.items():
        points = [(row["tokens"], row["loss"]) for row in rows if _is_number(row.get("loss")) and _is_number(row.get("tokens"))]
        if points:
            tokens, values = zip(*points[:: max(1, len(points) // ROWS_SHOWN)], strict=True)
            line = {"color": COLORS[number % len(COLORS)], "width": 1.6}
            figure.add_scatter(x=tokens, y=values, name=f"round {number}", mode="lines", line=line)
    if not figure.data:
        return None
    figure.update_xaxes(title="tokens trained on")
    figure.update_yaxes(title="loss, nats a token", type="log", tickvals=LOSSES)
    return _laid_out(figure, 340)


def lengths(proofs: Iterable[str]) -> go.Figure | None:
    """How many proofs have so many characters, in classes that double."""
    found = Counter(max(3, (len(proof) - 1).bit_length()) for proof in proofs if proof)
    return bars({f"≤ {1 << power:,}": found[power] for power in sorted(found)}, ordered=True)


def first_tactics(proofs: Iterable[str]) -> go.Figure | None:
    """The word that each proof begins with, `term` where that is no tactic."""
    found = Counter(first_tactic(proof) for proof in proofs if proof)
    return bars(dict(found.most_common(TACTICS_SHOWN)))


def first_tactic(proof: str) -> str:
    """`omega` of `by omega`; `term` of a proof that is no tactic block."""
    match = re.match(r"\s*(?::=\s*)?by\b[\s·({]*([^\W\d][\w!?]*)", proof)
    return match[1] if match else "term"


def staleness(pairs: Iterable[tuple[int, int]]) -> go.Figure | None:
    """How many versions behind the newest the weights were that sampled a pair, from its round and version; None where none was behind."""
    found = Counter(max(0, number - 1 - version) for number, version in pairs)
    return bars({f"{lag} behind": found[lag] for lag in sorted(found)}, ordered=True) if any(found) else None


def _laid_out(figure: go.Figure, height: int) -> go.Figure:
    """Transparent, with room for labels, the legend above, and no gesture that would keep a phone from scrolling."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        template="none",
        dragmode=False,
        hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
    figure.update_xaxes(automargin=True, fixedrange=True)
    figure.update_yaxes(automargin=True, fixedrange=True)
    return figure


def _round(metrics: Metrics) -> int:
    return int(metrics.get("round") or 0)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
