"""How a run begins: all that it looks at before anything is started; and the same as a rehearsal, for `synth run --dry-run`.

Both take the same steps, so that nothing that a run stops at is new to who has rehearsed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from synth.config import RunConfig
from synth.run.inputs import Inputs, inputs_in, inputs_of_run_in
from synth.run.places import check_kernels, check_places, check_project, in_the_way
from synth.run.roles import resolved
from synth.run.steps import Steps
from synth.store.rundir import RunDir


@dataclass(frozen=True)
class Beginning:
    """What a run starts from."""

    config: RunConfig  # in which each role names its preset
    inputs: Inputs


def begin(config: RunConfig, run_dir: str) -> Beginning:
    """What the run in `run_dir` starts from.  Raises UserError for what the user can mend; nothing is written."""
    begun = _begun(Steps(), config, run_dir)
    assert begun is not None
    return begun


def rehearsed(config: RunConfig, run_dir: str) -> tuple[list[str], list[str]]:
    """How the files were read, and all that `begin` would stop at one after the other."""
    steps = Steps(rehearsal=True)
    begun = _begun(steps, config, run_dir)
    return begun.inputs.notes if begun else steps.notes, steps.wrong


def _begun(steps: Steps, config: RunConfig, run_dir: str) -> Beginning | None:
    steps.take(partial(check_places, config, run_dir))
    steps.take(partial(check_project, config))
    steps.take(partial(check_kernels, config))
    config, store = steps.take(partial(resolved, config)) or config, RunDir(run_dir)
    if store.local and in_the_way(Path(store.root)):  # told, in a rehearsal; nothing is there of an earlier run
        inputs = inputs_in(steps, config)
    else:
        steps.take(partial(store.agree, config))
        inputs = inputs_of_run_in(steps, config, store)
    return Beginning(config, inputs) if inputs else None
