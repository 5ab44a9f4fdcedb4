"""Places of a run, said so that every process of a cluster means the same one.

An actor's working directory is not the driver's, and that of a job that Ray was given with `--working-dir` is a copy in
Ray's package cache, which Ray deletes.  So paths are made absolute once, here, and nothing is kept in Ray's own folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synth.config import RunConfig
from synth.llm.config import ROLES
from synth.prompts import BUILT_IN
from synth.store.rundir import RunDir
from verify_workers.errors import UserError
from verify_workers.kernels.panel import require_kernels
from verify_workers.kernels.programs import absolute
from verify_workers.lean.project import discover


def check_places(config: RunConfig, run_dir: str) -> None:
    """UserError where the run directory or `checkpoints` cannot be kept: said before anything is read, made or started."""
    store = RunDir(run_dir)
    if not store.local and not config.checkpoints:
        raise UserError(f"{run_dir}: weights need a file system; set checkpoints=FOLDER, one that every node sees (--set checkpoints=…)")
    kept = {"--run-dir": Path(store.root)} if store.local else {}
    kept |= {"checkpoints": Path(config.checkpoints).absolute()} if config.checkpoints else {}
    for what, place in kept.items():
        if (file := in_the_way(place)) is not None:
            raise UserError(f"{what}: {file} is a file; give a folder, which is made where there is none")
        if in_ray_session(place):
            raise UserError(
                f"{what}: {place} is inside Ray's own folder for this job, which Ray deletes; give an absolute path that every node "
                f"sees, such as {what}{' ' if what.startswith('-') else '='}/shared/runs/first"
                + (", or an s3:// URL" if what == "--run-dir" else "")
            )


def in_the_way(place: Path) -> Path | None:
    """The file that `place`, or what should be a folder above it, is."""
    return next((above for above in (place, *place.parents) if os.path.exists(above) and not os.path.isdir(above)), None)


def check_project(config: RunConfig) -> None:
    """UserError where the lake project cannot be used: said before hours of work, where Lean's workers are on this machine."""
    verify = config.verify
    if verify.project is not None and "RAY_ADDRESS" not in os.environ:  # else it is where the cluster's nodes have it
        with _of_project(verify.project):
            discover(verify.project, verify.repl, need_repl=verify.backend == "repl")


def check_kernels(config: RunConfig) -> None:
    """UserError where a kernel of `verify.kernels` is not there: said before hours of work, where Lean's workers are on this machine."""
    if "RAY_ADDRESS" not in os.environ:  # else they are where the cluster's nodes have them
        with _of_project(config.verify.project):
            require_kernels(config.verify.kernels, config.verify.kernels_quorum, config.verify.project)


@contextmanager
def _of_project(project: Path | None) -> Iterator[None]:
    """What is wrong with the lake project itself is told with the key that names it."""
    try:
        yield
    except UserError as error:
        if project is None or not str(error).startswith(f"{project}: "):
            raise
        raise UserError(f"verify.project: {error}") from None


def in_ray_session(place: Path) -> bool:
    """Whether `place` is inside a session of Ray: its package cache (`--working-dir`), logs and sockets."""
    return any(
        parent.name.startswith("session_") and any((parent / name).is_dir() for name in ("runtime_resources", "sockets"))
        for folder in (place, place.resolve())
        for parent in folder.parents
    )


def everywhere(config: RunConfig) -> RunConfig:
    """`config` for use in any process: what actors open by path is absolute.  (What is written down stays as the user wrote it.)"""
    verify, models = config.verify, config.models.model_copy(deep=True)
    cache = verify.cache.model_copy(update={"path": verify.cache.path and verify.cache.path.absolute()})
    own: dict[str, Any] = {
        "project": verify.project and verify.project.absolute(),
        "repl": verify.repl and verify.repl.absolute(),
        "cache": cache,
    }
    own |= {
        "kernels_keep": verify.kernels_keep and verify.kernels_keep.absolute(),
        "closures": verify.closures and verify.closures.absolute(),
    }
    own["kernels"] = list(map(absolute, verify.kernels))
    for source in map(models.source, ROLES):
        if source.path and Path(source.path).exists():
            source.path = str(Path(source.path).absolute())
        if source.preset not in ("", *BUILT_IN):
            source.preset = str(Path(source.preset).absolute())
    return config.model_copy(
        update={
            "checkpoints": str(Path(config.checkpoints).absolute()) if config.checkpoints else "",
            "verify": verify.model_copy(update=own),
            "models": models,
        }
    )
