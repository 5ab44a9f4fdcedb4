"""`--model`: a checkpoint, or a run directory for what answers in each role after its last round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.config import RunConfig
from synth.stage_config import stage_config
from synth.store.rundir import RunDir
from verify_workers.errors import UserError


def made(folder: Path, rounds: dict[int, int], weights: tuple[int, ...], **models: Any) -> Path:
    """A run directory; `rounds`: whose weights were the newest after each."""
    with RunDir.open(folder, RunConfig.model_validate({"models": models})) as store:
        for number, newest in rounds.items():
            store.write_json(f"rounds/{number:03d}/metrics.json", {"round": number})
            store.write_json(f"rounds/{number:03d}/weights.json", {"round": newest})
        for number in weights:
            store.write_json(f"rounds/{number:03d}/training/model/config.json", {})
    return folder


def test_a_run_gives_each_role_what_answers_there(tmp_path: Path) -> None:
    run = made(tmp_path, {0: 0, 1: 1, 2: 1}, (0, 1))
    models = stage_config(None, run, [], "formalizer", "judge", "prover").models
    assert models.formalizer.path == models.judge.path == f"{run}/rounds/000/training/model", "frozen since the bootstrap"
    assert models.prover.path == f"{run}/rounds/001/training/model", "round 2 learned nothing"
    both = stage_config(None, run, ["models.judge.endpoint=http://x/v1", "models.judge.name=j"], "formalizer", "judge").models
    assert both.judge.endpoint == "http://x/v1" and not both.judge.path


def test_what_the_run_was_given_answers_on(tmp_path: Path) -> None:
    own = {"endpoint": "http://host/v1", "name": "big", "preset": "chat"}
    run = made(tmp_path / "a", {0: 0, 1: 1}, (1,), formalizer=own, prover={"path": str(tmp_path), "preset": "base"})
    models = stage_config(None, run, [], "formalizer", "prover").models
    assert (models.formalizer.endpoint, models.formalizer.name, models.formalizer.preset) == ("http://host/v1", "big", "chat")
    assert (models.prover.path, models.prover.preset) == (f"{run}/rounds/001/training/model", "base")
    untrained = made(tmp_path / "b", {0: 0}, (), prover={"path": str(tmp_path)})
    assert stage_config(None, untrained, [], "prover").models.prover.path == str(tmp_path)


def test_a_checkpoint_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert stage_config(None, tmp_path, [], "prover").models.prover.path == str(tmp_path)


@pytest.mark.parametrize(
    ("rounds", "weights", "told"),
    [({}, (), "no round of this run is finished"), ({0: 0}, (), "the weights of round 0 are no longer there")],
)
def test_a_run_without_a_model_is_told(tmp_path: Path, rounds: dict[int, int], weights: tuple[int, ...], told: str) -> None:
    with pytest.raises(UserError, match=told):
        stage_config(None, made(tmp_path, rounds, weights), [], "prover")
