"""The panels on which a run is watched: a W&B workspace and a Grafana dashboard, from one list.

A `*` in a name stands for a reason or a stage, `#` for a number.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from synth.show.recorded import recorded_config
from synth.show.series import LABELLED, WAITING, prometheus
from synth.store.rundir import RunDir
from train.tracking import tracked_id
from verify_workers.errors import UserError

MISSING = "the W&B workspace needs wandb-workspaces: pip install wandb-workspaces"


@dataclass(frozen=True)
class Panel:
    title: str
    names: tuple[str, ...]
    unit: str = "short"  # Grafana's name for it: short, percentunit, percent


@dataclass(frozen=True)
class Section:
    name: str
    panels: tuple[Panel, ...]


SECTIONS = (
    Section(
        "Yield",
        (
            Panel("verified pairs a minute", ("rate/pairs_per_minute",)),
            Panel(
                "funnel since the beginning", tuple(f"funnel/{n}" for n in ("problems", "statements", "statements_kept", "proved", "pairs"))
            ),
            Panel("dropped and refused, by reason", ("dropped/*",)),
            Panel("tokens for a pair", ("cost/tokens_per_pair",)),
        ),
    ),
    Section(
        "Evaluation",
        (
            Panel("pass@k, percent, with its interval", ("eval/pass@#", "eval/pass@#_low", "eval/pass@#_high"), "percent"),
            Panel("pass@k beyond the cheap tactics, percent", ("eval/beyond_pass@#",), "percent"),
        ),
    ),
    Section(
        "At work",
        (
            Panel("idle shares", ("idle/samplers", "idle/pools", "idle/trainer"), "percentunit"),
            Panel("stages", ("stage/*",), "percentunit"),
            Panel("tokens a second", ("rate/tokens_per_second",)),
            Panel("checks a second", ("rate/checks_per_second",)),
            Panel("waiting", tuple(f"waiting/{what}" for what in WAITING)),
            Panel("held by the index", ("index/statements", "index/problems")),
            Panel("staleness of new pairs, versions", ("staleness/versions",)),
            Panel("actors", ("actors/samplers", "actors/pools", "actors/trainer")),
        ),
    ),
    Section(
        "Training",
        (
            Panel("loss", ("train/loss",)),
            Panel("learning rate", ("train/lr",)),
            Panel("norm of the gradient", ("train/grad_norm",)),
            Panel("trained tokens a second", ("train/tokens_per_second",)),
        ),
    ),
    Section("Samples", (Panel("statements", ("samples/statements",), "table"), Panel("proofs", ("samples/proofs",), "table"))),
)


def wandb_workspace(store: RunDir) -> Any:
    """The workspace of the run in `store`, not saved yet.  UserError where the package, or the run's configuration, is not there."""
    try:
        import wandb_workspaces.reports.v2 as wr
        import wandb_workspaces.workspaces as ws
    except ImportError:
        raise UserError(MISSING) from None
    config = recorded_config(store)
    if config is None:
        raise UserError(f"{store.path}: no config.yaml that this version understands: which W&B project it is in is not known")

    def panel(panel: Panel) -> Any:
        if panel.unit == "table":
            return wr.WeavePanelSummaryTable(table_name=panel.names[0])
        shown = {"metric_regex": regex(panel.names)} if any(c in "".join(panel.names) for c in "*#") else {"y": list(panel.names)}
        return wr.LinePlot(title=panel.title, x="time", title_x="seconds at work", range_y=(0, None), **shown)

    sections = [ws.Section(name=s.name, panels=[panel(p) for p in s.panels], is_open=True) for s in SECTIONS]
    return ws.Workspace(
        entity=config.tracking.entity or _entity(),
        project=config.tracking.project,
        name=(run := tracked_id(config.name, store.id)),
        sections=sections,
        settings=ws.WorkspaceSettings(x_axis="time"),
        runset_settings=ws.RunsetSettings(filters=f"Metric('Name') == '{run}'"),
    )


def save_workspace(store: RunDir) -> str:
    """Save the workspace of the run in `store` at W&B, and return its address.  UserError where W&B does not take it."""
    workspace = wandb_workspace(store)
    try:
        workspace.save()
    except Exception as error:  # whatever W&B raises: no login, no network, no such project
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"W&B did not take the workspace ({reason}); log in with `wandb login`, and send the run with `wandb sync`"
        ) from None
    return str(workspace.url)


def _entity() -> str:
    """The user's own, as W&B knows it."""
    import wandb

    try:
        return str(wandb.Api().default_entity or "")
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(f"W&B does not say who you are ({reason}); log in with `wandb login`, or set tracking.entity") from None


def regex(names: tuple[str, ...]) -> str:
    """A regular expression for these names, for W&B."""
    found = (re.escape(name).replace(r"\*", ".+").replace(r"\#", r"\d+") for name in names)
    return f"^({'|'.join(found)})$"


def query(name: str) -> tuple[str, str]:
    """A name's PromQL expression, and its legend."""
    metric, labels = prometheus(name.replace("#", "NUMBER"))
    metric = f"ray_{metric}"
    run = 'run=~"$run"'
    if labels:
        return f"{metric}{{{run}}}", f"{{{{{LABELLED[name.partition('/')[0]]}}}}}"
    if "NUMBER" in metric:
        return f'{{__name__=~"{metric.replace("NUMBER", "[0-9]+")}", {run}}}', "{{__name__}}"
    return f"{metric}{{{run}}}", name.partition("/")[2]


def grafana() -> dict[str, Any]:
    """The Grafana dashboard (schema 39), for a Prometheus that scrapes Ray."""
    panels: list[dict[str, Any]] = []
    y = 0
    for section in SECTIONS:
        drawn = [panel for panel in section.panels if panel.unit != "table"]
        if not drawn:
            continue
        panels.append(
            {"id": len(panels) + 1, "type": "row", "title": section.name, "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}, "panels": []}
        )
        y += 1
        for place, panel in enumerate(drawn):
            position = {"h": 8, "w": 12, "x": 12 * (place % 2), "y": y + 8 * (place // 2)}
            queries = [query(name) for name in panel.names]
            targets = [
                {"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
                for i, (expression, legend) in enumerate(queries)
            ]
            field = {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []}
            shown = {"title": panel.title, "datasource": SOURCE, "gridPos": position, "targets": targets, "fieldConfig": field}
            panels.append({"id": len(panels) + 1, "type": "timeseries", **shown})
        y += 8 * -(-len(drawn) // 2)
    run = {
        "name": "run",
        "type": "query",
        "datasource": SOURCE,
        "query": "label_values(ray_synth_time, run)",
        "refresh": 2,
        "includeAll": True,
    }
    source = {"name": "datasource", "type": "datasource", "query": "prometheus"}
    return {
        "uid": "proof-synth",
        "title": "proof-synth",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source, run]},
        "panels": panels,
    }


SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def grafana_page() -> str:
    """The file that ships, `cluster/dashboards/proof-synth.json`."""
    return json.dumps(grafana(), indent=2) + "\n"
