"""report.html: one self-contained page about a run, for a browser without a network.

Curves are SVG written here (a plotting library's script alone would be several megabytes); the page is a Jinja
template with autoescape, so whatever a model wrote is shown and never interpreted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup, escape

from synth.show.progress import columns, measured_ks, percent_text, round_cells, stage_seconds
from synth.show.samples import shown_pairs
from synth.store.rundir import RunDir
from synth.store.timeline import KINDS

COLORS = ("#2563eb", "#059669", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f")  # of pass@k, by rising k
BEYOND_COLOR = "#d97706"


@dataclass(frozen=True)
class Bar:
    """One bar: its value, and its length as a share of the longest."""

    name: str
    value: int
    share: float


def write_report(run: RunDir | str | Path) -> str:
    """Write report.html into the run directory and return its address; works at any time after the run began."""
    store = run if isinstance(run, RunDir) else RunDir.existing(run)
    store.write_text("report.html", render_report(store))
    return store.address("report.html")


def render_report(store: RunDir) -> str:
    """The page as text."""
    rounds = store.rounds()
    pairs = shown_pairs(store)
    environment = jinja2.Environment(loader=jinja2.PackageLoader("synth.show", ""), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    config = store.read_bytes("config.yaml").decode() if store.exists("config.yaml") else ""
    last = rounds[-1] if rounds else {}
    shown, ks = columns(rounds), measured_ks(rounds)
    return environment.get_template("report.html").render(
        title=_name(config) or store.path.rstrip("/").rsplit("/", 1)[-1],
        path=store.path,
        rounds=rounds,
        last=last,
        tiles=tiles(rounds),
        most=ks[-1] if ks else 0,
        headings=[column.heading for column in shown] + ["seconds per stage"],
        rows=[[*round_cells(metrics, shown), stage_seconds(metrics)] for metrics in rounds],
        curves=curves(rounds),
        funnel=bars(funnel(rounds), ordered=True),
        proved_by=bars(_summed(rounds, "proved_by")),
        model_compared=sum(int(metrics.get("model_compared") or 0) for metrics in rounds),
        model_only=sum(int(metrics.get("model_only") or 0) for metrics in rounds),
        statement_rejects=bars(_summed(rounds, "statements_rejected")),
        verdicts=bars(_summed(rounds, "verdicts")),
        families=_families(rounds),
        kinds=KINDS,
        idle=_idle(rounds),
        contamination=store.read_json("contamination.json", {}),
        pairs=pairs,
        counts={kind: store.count(kind) for kind in ("problems", "statements", "attempts", "verdicts", "pairs")},
        raw=json.dumps(rounds, indent=1, ensure_ascii=False),
        config=config,
    )


def _name(config: str) -> str:
    try:
        data = yaml.safe_load(config)
    except yaml.YAMLError:
        return ""
    return str(data.get("name", "")) if isinstance(data, dict) else ""


def _summed(rounds: Iterable[Mapping[str, Any]], key: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for metrics in rounds:
        total.update(metrics.get(key) or {})
    return total


def tiles(rounds: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(figure, what it is): pass@k from the first round to the last, for the smallest and the largest k."""
    ks = measured_ks(rounds)
    shown = [(f"pass@{k}", f"pass@{k}, held out") for k in dict.fromkeys((ks[0], ks[-1]) if ks else ())]
    shown += [(f"beyond_pass@{k}", f"pass@{k} beyond the cheap tactics") for k in ks[-1:]]
    first, last = (rounds[0], rounds[-1]) if rounds else ({}, {})
    ends = [(name, _number(first.get(key)), _number(last.get(key))) for key, name in shown]
    return [(f"{old:.1f} → {new:.1f} %", name) for name, old, new in ends if old is not None and new is not None]


def funnel(rounds: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many problems came how far, over all rounds."""
    steps = (
        ("problems", "problems"),
        ("statements formalized", "statements"),
        ("statements kept", "statements_kept"),
        ("proved", "proved"),
    )
    return {name: sum(int(metrics.get(key) or 0) for metrics in rounds) for name, key in steps if any(key in m for m in rounds)}


def bars(values: Mapping[str, int], ordered: bool = False) -> list[Bar]:
    """Bars for counts, longest first unless `ordered`; empty reasons and zeros are left out."""
    items = [(name, value) for name, value in values.items() if name and value]
    if not ordered:
        items.sort(key=lambda item: (-item[1], item[0]))
    longest = max((value for _, value in items), default=1)
    return [Bar(name, value, value / longest) for name, value in items]


def _families(rounds: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """pass@k of each family of held-out problems, with the largest k, in every round that measured it."""
    measured = [metrics.get("families") or {} for metrics in rounds]
    key = f"pass@{max(measured_ks(rounds), default=0)}"
    names = sorted({name for families in measured for name in families})
    rows = []
    for name in names:
        values = [families.get(name, {}).get(key) for families in measured]
        rows.append((name, ["–" if value is None else f"{value:.0f}" for value in values]))
    return rows


def _idle(rounds: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Idle shares of each round that has them, and of the whole run."""
    rows = [(str(metrics.get("round", "")), metrics["idle"]) for metrics in rounds if metrics.get("idle")]
    whole = [("whole run", metrics["idle_of_run"]) for metrics in rounds[-1:] if metrics.get("idle_of_run")]
    return [(name, [percent_text(shares.get(kind)) for kind in KINDS]) for name, shares in (*rows, *whole)]


# --- the chart --------------------------------------------------------------------------------------------------------


def curves(rounds: Sequence[Mapping[str, Any]]) -> Markup:
    """pass@k by round as SVG, with the cheap tactics as a dashed line; '' with no round."""
    if not rounds:
        return Markup("")
    numbers = [int(metrics.get("round", index)) for index, metrics in enumerate(rounds)]
    baseline = next((m["baseline"] for m in rounds if isinstance(m.get("baseline"), int | float)), None)
    ks = measured_ks(rounds)
    wanted = [(f"pass@{k}", f"pass@{k}", COLORS[place % len(COLORS)]) for place, k in enumerate(ks)]
    wanted += [(f"beyond_pass@{k}", f"pass@{k} beyond the cheap tactics", BEYOND_COLOR) for k in ks[-1:]]
    series = [(label, color, [_number(metrics.get(key)) for metrics in rounds]) for key, label, color in wanted]
    series = [item for item in series if any(value is not None for value in item[2])]
    highest = max(
        [value for _, _, values in series for value in values if value is not None] + ([baseline] if baseline is not None else [0])
    )
    top = next((limit for limit in (10, 20, 40, 60, 80) if highest <= limit), 100)
    width, height, left, right, over, under = 720, 300, 46, 16, 14, 34

    def x(index: int) -> float:
        return left + (width - left - right) * (index / (len(numbers) - 1) if len(numbers) > 1 else 0.5)

    def y(value: float) -> float:
        return over + (height - over - under) * (1 - value / top)

    parts = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="pass rates by round">']
    for tick in range(5):
        value = top * tick / 4
        parts.append(f'<line class="grid" x1="{left}" x2="{width - right}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g} %</text>')
    for index, number in enumerate(numbers):
        parts.append(f'<text x="{x(index):.1f}" y="{height - 12}" text-anchor="middle">round {number}</text>')
    if baseline is not None:
        parts.append(f'<line class="baseline" x1="{left}" x2="{width - right}" y1="{y(baseline):.1f}" y2="{y(baseline):.1f}"/>')
    for label, color, values in series:
        points = [(x(index), y(value), value) for index, value in enumerate(values) if value is not None]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py, _ in points)
        parts.append(f'<polyline fill="none" stroke="{color}" stroke-width="2.5" points="{path}"/>')
        for px, py, value in points:
            parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="{color}"><title>{escape(label)}: {value:.1f} %</title></circle>')
            parts.append(f'<text x="{px:.1f}" y="{py - 8:.1f}" text-anchor="middle" fill="{color}">{value:.1f}</text>')
    parts.append("</svg>")
    legend = [f'<span><i style="background:{color}"></i>{escape(label)}</span>' for label, color, _ in series]
    if baseline is not None:
        legend.append(f'<span><i class="dash"></i>cheap tactics: {baseline:.1f} %</span>')
    # Every piece above is a number, a constant of this file, or escaped.
    return Markup("".join(parts) + '<p class="legend">' + "".join(legend) + "</p>")


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
