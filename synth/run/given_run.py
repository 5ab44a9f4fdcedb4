"""What answers in a role after a run's last finished round: `--model RUN`."""

from __future__ import annotations

from pathlib import Path

from synth.config import RunConfig
from synth.llm.config import ModelRole, RoleConfig
from synth.run.merged import model_of_round
from synth.run.state import checkpoints
from synth.show.recorded import recorded_config
from synth.store.rundir import RunDir
from verify_workers.errors import UserError


def source_of_run(folder: Path, role: ModelRole) -> RoleConfig:
    """The checkpoint or endpoint.  UserError where the run has none for `role` yet."""
    store = RunDir.existing(folder)
    config, rounds = recorded_config(store), store.rounds()
    if config is None:
        raise UserError(f"{folder}/config.yaml: written by another version of proof-synth; give the checkpoint itself to --model")
    if not rounds:
        raise UserError(f"{folder}: no round of this run is finished, so it has no model yet; `synth status {folder}` says how far it is")
    given = config.models.of(role)
    trained = 0
    if config.models.follows(role):
        trained = int(store.read_json(f"rounds/{int(rounds[-1]['round']):03d}/weights.json")["round"])
    elif config.models.source(role).own:
        return given
    if trained == 0 and not config.models.bootstrapped:
        return given
    return RoleConfig(path=str(_weights(config, store, trained)), preset=given.preset)


def _weights(config: RunConfig, store: RunDir, trained: int) -> Path:
    path = model_of_round(config, checkpoints(config, store), trained)
    if not (path / "config.json").exists():
        raise UserError(f"{path}: the weights of round {trained} are no longer there; give a checkpoint to --model")
    return path
