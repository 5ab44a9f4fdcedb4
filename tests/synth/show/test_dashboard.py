"""The panels: each shows something that a run tells, in W&B and in Grafana."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from synth.cli import main
from synth.config import RunConfig
from synth.show.dashboard import SECTIONS, grafana, regex, wandb_workspace
from synth.show.series import prometheus, round_series, series
from synth.store.rundir import RunDir
from synth.store.timeline import KINDS, Row
from verify_workers.errors import UserError

FULL = Row(
    time=10, span=5, rounds=[1], stages={"search": 5}, dropped={"proof: unsolved": 3},
    counts=dict.fromkeys(("problems", "statements", "statements_kept", "searched", "proved", "samples", "pairs", "evaluated", "tokens"), 4),
    made={"pairs": 1, "tokens": 2, "checks": 3}, busy=dict.fromkeys(KINDS, 1), actors=dict.fromkeys(KINDS, 2),
    training={"step": 1, "steps": 9, "loss": 2.0, "lr": 0.1, "grad_norm": 1.0, "tokens_per_second": 7},
    other={"staleness/versions": 1.0, "index/statements": 5, "index/problems": 6},
)  # fmt: skip
METRICS = {"pass@1": 1.0, "pass@1_interval": [0.5, 2.0], "pass@16": 3.0, "beyond_pass@16": 1.0, "pairs": 2}
TOLD = [*series(FULL), *round_series(METRICS), "samples/statements", "samples/proofs"]
PANELS = [panel for section in SECTIONS for panel in section.panels]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_every_panel_shows_what_a_run_tells(panel: Any) -> None:
    for name in panel.names:
        found = [told for told in TOLD if re.fullmatch(regex((name,)), told)]
        assert found if any(c in name for c in "*#") else found == [name], f"no run tells {name}"


def test_grafana_asks_for_the_names_that_ray_exports() -> None:
    exported = {f"ray_{prometheus(name)[0]}": {"run", *prometheus(name)[1]} for name in TOLD}
    board = grafana()
    drawn = [panel for panel in board["panels"] if panel["type"] == "timeseries"]
    assert [panel["title"] for panel in drawn] == [panel.title for panel in PANELS if panel.unit != "table"]
    for target in (target for panel in drawn for target in panel["targets"]):
        metric, labels = re.fullmatch(r"(\w*)\{(.*)\}", target["expr"]).groups()  # type: ignore[union-attr]
        if pattern := re.search(r'__name__=~"([^"]*)"', labels):
            assert any(re.fullmatch(pattern[1], name) for name in exported), target
        else:
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= exported[metric], target
        assert 'run=~"$run"' in labels
    assert "ray_synth_time" in exported and "label_values(ray_synth_time, run)" in json.dumps(board)
    assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) for name in exported), "as Prometheus allows"


def test_panels_do_not_lie_on_each_other() -> None:
    places = [panel["gridPos"] for panel in grafana()["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) == 23
    ids = [panel["id"] for panel in grafana()["panels"]]
    assert ids == sorted(set(ids))


def run_in(folder: Path) -> RunDir:
    with RunDir.open(folder, RunConfig.model_validate({"name": "mine", "tracking": {"entity": "team", "project": "lean"}})) as store:
        return store


def test_without_the_package_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "wandb_workspaces", None)  # an import of it fails
    run_in(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["dashboard", str(tmp_path)])
    assert ended.value.code == 2
    assert capsys.readouterr().err.strip() == "synth: the W&B workspace needs wandb-workspaces: pip install wandb-workspaces"


def test_the_workspace_is_what_the_package_takes(tmp_path: Path) -> None:
    pytest.importorskip("wandb_workspaces", reason="an extra that the locked environment has not")
    store = run_in(tmp_path)
    workspace = wandb_workspace(store)
    text = json.dumps(workspace._to_model().spec.model_dump(by_alias=True, exclude_none=True), default=str)
    assert (workspace.entity, workspace.project, workspace.name) == ("team", "lean", f"mine-{store.id}")
    assert all(name in text for panel in PANELS for name in panel.names if not any(c in name for c in "*#"))
    assert text.count('"xAxis": "time"') >= sum(panel.unit != "table" for panel in PANELS) and f"mine-{store.id}" in text


def test_a_folder_without_a_configuration_has_no_workspace(tmp_path: Path) -> None:
    pytest.importorskip("wandb_workspaces", reason="an extra that the locked environment has not")
    with RunDir.open(tmp_path) as store, pytest.raises(UserError, match=r"no config\.yaml that this version understands"):
        wandb_workspace(store)
