"""report.html: one self-contained page about a run, for a browser without a network.

Charts are Plotly's (`charts`), whose script of 5 MB stands in the page once; the page is a Jinja template with autoescape, so
whatever a model wrote is shown and never interpreted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import yaml

from synth.show import charts, page
from synth.show.progress import columns, measured_ks, percent_text, round_cells, stage_seconds
from synth.show.samples import dropped_statements, marked_unfaithful, refused_proofs, shown_pairs
from synth.store.rundir import RunDir
from synth.store.timeline import KINDS, read_timeline


def write_report(run: RunDir | str | Path) -> str:
    """Write report.html into the run directory and return its address; works at any time after the run began."""
    store = run if isinstance(run, RunDir) else RunDir.existing(run)
    store.write_text("report.html", render_report(store))
    return store.address("report.html")


def render_report(store: RunDir) -> str:
    """The page as text."""
    rounds = store.rounds()
    pairs = shown_pairs(store)
    newest = max((int(metrics.get("round") or 0) for metrics in rounds), default=0)
    config = store.read_bytes("config.yaml").decode() if store.exists("config.yaml") else ""
    last = rounds[-1] if rounds else {}
    shown = columns(rounds)
    return page.render(
        "show/report.html",
        drawn(store, rounds, newest),
        title=_name(config) or store.path.rstrip("/").rsplit("/", 1)[-1],
        path=store.path,
        rounds=rounds,
        last=last,
        tiles=tiles(rounds),
        headings=[column.heading for column in shown] + ["seconds per stage"],
        rows=[[*round_cells(metrics, shown), stage_seconds(metrics)] for metrics in rounds],
        model_compared=sum(int(metrics.get("model_compared") or 0) for metrics in rounds),
        model_only=sum(int(metrics.get("model_only") or 0) for metrics in rounds),
        kinds=KINDS,
        idle=_idle(rounds),
        contamination=store.read_json("contamination.json", {}),
        newest=newest,
        pairs=pairs,
        unfaithful=marked_unfaithful(store, pairs),
        dropped=dropped_statements(store, newest),
        refused=refused_proofs(store, newest),
        counts={kind: store.count(kind) for kind in ("problems", "statements", "attempts", "verdicts", "pairs")},
        raw=json.dumps(rounds, indent=1, ensure_ascii=False),
        config=config,
    )


def drawn(store: RunDir, rounds: Sequence[Mapping[str, Any]], newest: int) -> dict[str, go.Figure | None]:
    """The charts by name; those of pairs are of round `newest`."""
    tables = list(store.tables("pairs", ("id", "form", "proof", "round", "model", "version"), prefix=f"r{newest:03d}-"))
    pairs = [row for table in tables for row in table.to_pylist()]
    proofs = [row["proof"] for row in pairs if row["form"] == "proof"]
    rows = read_timeline(store)
    return {
        "pass_rates": charts.pass_rates(rounds),
        "families": charts.families(rounds),
        "funnel": charts.bars(funnel(rounds), ordered=True),
        "proved_by": charts.by_round(rounds, "proved_by"),
        "statements_rejected": charts.bars(_summed(rounds, "statements_rejected")),
        "verdicts": charts.bars(_summed(rounds, "verdicts")),
        "costs": charts.costs(rounds),
        "rates": charts.rates(rows),
        "busy": charts.busy(rows),
        "waiting": charts.waiting(rows),
        "losses": charts.losses({number: _training(store, number) for number in range(newest + 1)}),
        "lengths": charts.lengths(proofs),
        "tactics": charts.first_tactics(proofs),
        "staleness": charts.staleness((row["round"], row["version"]) for row in pairs if row["model"]),
    }


def _training(store: RunDir, number: int) -> list[dict[str, Any]]:
    """What the training of a round logged, where it lies in the run directory."""
    name = f"rounds/{number:03d}/training/metrics.jsonl"
    return [json.loads(line) for line in store.read_bytes(name).splitlines()] if store.exists(name) else []


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


def _idle(rounds: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Idle shares of each round that has them, and of the whole run."""
    rows = [(str(metrics.get("round", "")), metrics["idle"]) for metrics in rounds if metrics.get("idle")]
    whole = [("whole run", metrics["idle_of_run"]) for metrics in rounds[-1:] if metrics.get("idle_of_run")]
    return [(name, [percent_text(shares.get(kind)) for kind in KINDS]) for name, shares in (*rows, *whole)]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
