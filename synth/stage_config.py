"""The configuration of one stage alone: `synth formalize`, `prove` and the others, and `synth.api`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from synth.config import RunConfig, load_config
from synth.llm.config import ModelRole, RoleConfig
from synth.run.given_run import source_of_run
from synth.run.places import check_kernels, check_project
from synth.run.roles import is_run
from verify_workers.errors import UserError

ANSWERS = {"path", "endpoint", "name", "api_key_env", "preset"}  # what says who answers, and how it is asked; not on what machines
FOR_ANY_PROBLEMS = ("filters.numbers=any",)  # over the demo's configuration, whose problems name all their numbers


def stage_config(
    config: Path | None, model: Path | None, overrides: Sequence[str], *roles: ModelRole, generated: bool = False
) -> RunConfig:
    """`config` (None = the embedded one) with `overrides`.

    `model` answers in the first of `roles`, and in those of the others that have no source of their own: a checkpoint, or a run
    directory, for what answers in each of these after its last round.  `generated`: the stage works on the generator's problems.
    Raises UserError.
    """
    if config is not None:
        loaded = load_config(config, list(overrides))
    else:
        with as_file(files("cluster") / "configs" / "embedded.yaml") as path:
            loaded = load_config(path, [*(() if generated else FOR_ANY_PROBLEMS), *overrides])
    check_project(loaded)
    check_kernels(loaded)
    if model is not None:
        if loaded.models.source(roles[0]).endpoint:
            raise UserError(f"--model and models.{roles[0]}.endpoint: give one of them")
        for role in roles:
            source = loaded.models.source(role)
            if role == roles[0] or not source.own:
                found = source_of_run(model, role) if is_run(model) else RoleConfig(path=str(model))
                for name in found.model_fields_set & ANSWERS:
                    setattr(source, name, getattr(found, name))
    return loaded
