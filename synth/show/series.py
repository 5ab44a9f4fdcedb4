"""The figures of a run under the names that W&B, Ray's metrics (Prometheus) and the dashboards have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from synth.store.timeline import KINDS, Row

TRAINING = ("step", "loss", "lr", "grad_norm", "tokens_per_second")
EVALUATED = re.compile(r"(beyond_)?pass@|heldout|baseline|faithful|families")
WAITING = ("statements", "requests", "checks", "claims")  # to be searched; asked of engines, of Lean, and of the index
LABELLED = {"dropped": "reason", "stage": "stage"}  # one metric with a label each in Prometheus, where other names are metrics


def series(row: Row) -> dict[str, float]:
    """A row of the timeline; `busy`, `idle` and `stage` are shares of its seconds."""
    figures: dict[str, float] = {"time": row.time, "round": float(max(row.rounds, default=0))}
    figures |= {f"funnel/{name}": count for name, count in row.counts.items()}
    figures |= {f"dropped/{reason or 'none'}": count for reason, count in row.dropped.items()}
    figures["rate/pairs_per_minute"] = 60 * row.made.get("pairs", 0.0) / row.span
    figures |= {f"rate/{what}_per_second": row.made.get(what, 0.0) / row.span for what in ("tokens", "checks")}
    for kind in KINDS:
        if count := row.actors.get(kind, 0.0):
            busy = min(1.0, row.busy.get(kind, 0.0) / (row.span * count))
            figures |= {f"busy/{kind}": busy, f"idle/{kind}": 1 - busy, f"actors/{kind}": count}
    if (tokens := row.counts.get("tokens", 0)) and (pairs := row.counts.get("pairs", 0)):
        figures["cost/tokens_per_pair"] = tokens / pairs
    figures |= {f"waiting/{what}": row.waiting.get(what, 0) for what in WAITING}
    figures |= {f"stage/{stage}": min(1.0, seconds / row.span) for stage, seconds in row.stages.items()}
    figures |= {f"train/{name}": row.training[name] for name in TRAINING if name in row.training} | row.other
    return {name: round(value, 6) for name, value in figures.items()}


def round_series(metrics: Mapping[str, Any]) -> dict[str, float]:
    """A finished round's figures: `eval/…` (with both ends of intervals), `idle_of_round/…`, `idle_of_run/…`, and others as `round/…`."""
    figures: dict[str, float] = {}
    for key, value in metrics.items():
        place = "eval" if EVALUATED.match(key) else "round"
        if isinstance(value, int | float):
            figures[f"{place}/{key}"] = float(value)
        elif key.endswith("_interval") and value:
            name = f"{place}/{key.removesuffix('_interval')}"
            figures |= {f"{name}_low": float(value[0]), f"{name}_high": float(value[1])}
    for key, prefix in (("proved_by", "round/proved_by"), ("idle", "idle_of_round"), ("idle_of_run", "idle_of_run")):
        figures |= {f"{prefix}/{name}": float(value) for name, value in (metrics.get(key) or {}).items()}
    return figures


def prometheus(name: str) -> tuple[str, dict[str, str]]:
    """A figure's name and labels as Ray's metrics have it; Ray puts `ray_` before it when it exports it."""
    place, _, rest = name.partition("/")
    if place in LABELLED:
        return f"synth_{place}", {LABELLED[place]: rest}
    return "synth_" + re.sub(r"[^a-zA-Z0-9]+", "_", name.replace("@", "_at_")), {}
