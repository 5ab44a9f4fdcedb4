"""The configuration that a run wrote down."""

from __future__ import annotations

import yaml

from synth.config import RunConfig
from synth.store.rundir import RunDir


def recorded_config(store: RunDir) -> RunConfig | None:
    """The configuration of the run in `store`; None where there is none, or this version does not understand it."""
    try:
        return RunConfig.model_validate(yaml.safe_load(store.read_bytes("config.yaml")))
    except (FileNotFoundError, ValueError, yaml.YAMLError):
        return None
