"""Choosing a backend by name; `auto` takes the fastest one whose self-test passes here, and says which."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from verify_workers.backends.base import Backend
from verify_workers.backends.fork import ForkBackend
from verify_workers.backends.process import ProcessBackend
from verify_workers.backends.repl import ReplBackend
from verify_workers.backends.session import SessionBackend
from verify_workers.backends.worker import WorkerBackend
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall, embedded
from verify_workers.lean.build import snapshot_folder
from verify_workers.lean.project import discover

BACKENDS = ("auto", "fork", "repl", "worker", "process")

log = logging.getLogger(__name__)
_embedded = functools.cache(embedded)  # looked for (and built, if need be) once per process


def make_backend(
    name: str = "auto",
    audit: Literal["fast", "strict"] = "fast",
    install: LeanInstall | None = None,
    memory_mb: int = 4096,
    project: Path | None = None,
    repl: Path | None = None,
    header_seconds: float = 300.0,
    snapshots: bool = False,
) -> Backend:
    """A backend on the embedded Lean (or on `install`), or on the lake project in the folder `project`; the caller closes it.

    name            one of BACKENDS; `repl` needs a project, `fork` the embedded Lean
    audit           reaches the fork backend, which can audit kernel objects; the others read text and say so in every verdict
    memory_mb       MB (2^20 bytes) that a check may use beyond the imported library
    repl            where the community REPL of the project is, if not in or beside it
    header_seconds  that importing a header may take (repl, worker)
    snapshots       process: import each header once and load it from the cache afterwards (Lean 4.32 or newer)

    Raises UserError for an unknown name and when the one asked for by name does not work here.
    """
    if name not in BACKENDS:
        raise UserError(f"unknown backend {name!r}: use one of {', '.join(BACKENDS)}")
    folder = snapshot_folder() if snapshots else None
    if project is not None:
        makers = _on_project(project, repl, memory_mb, header_seconds, folder)
        elsewhere = "the fork backend runs on the embedded Lean only: use repl, worker or process in a lake project"
    else:
        makers = _on_embedded(install or _embedded(), audit, memory_mb, header_seconds, folder)
        elsewhere = "the repl backend checks in a lake project: name its folder (--project, or verify.project)"
    if name == "auto":
        return _first(makers)
    if name not in makers:
        raise UserError(elsewhere)
    try:
        return makers[name]()
    except Exception as error:
        raise UserError(f"the {name} backend does not work here ({_line(error)}): use another one, such as process") from error


def _first(makers: dict[str, Callable[[], Backend]]) -> Backend:
    """The first that can be made, its self-test included; the last is the reference and has none to fail."""
    *fast, last = makers
    for name in fast:
        try:
            backend = makers[name]()
        except Exception as error:  # whatever is wrong with it here, there is another one
            log.warning("backend: not %s, which does not work here: %s", name, _line(error))
        else:
            log.info("backend: %s (Lean %s)", backend.name, backend.lean)
            return backend
    return makers[last]()


def _on_embedded(
    install: LeanInstall, audit: Literal["fast", "strict"], memory_mb: int, header_seconds: float, snapshots: Path | None
) -> dict[str, Callable[[], Backend]]:
    """What can check on the embedded Lean, fastest first."""
    return {
        "fork": lambda: ForkBackend(install, audit, memory_mb),  # its constructor runs its self-test
        "worker": lambda: _tested(WorkerBackend(install, memory_mb, header_seconds)),
        "process": lambda: ProcessBackend(install, memory_mb << 20, snapshots),
    }


def _on_project(
    folder: Path, repl: Path | None, memory_mb: int, header_seconds: float, snapshots: Path | None
) -> dict[str, Callable[[], Backend]]:
    """What can check in a lake project, fastest first."""
    project = discover(folder, repl, need_repl=False)
    return {
        "repl": lambda: _tested(ReplBackend(discover(folder, repl), memory_mb, header_seconds)),
        "worker": lambda: _tested(WorkerBackend(project, memory_mb, header_seconds)),
        "process": lambda: ProcessBackend(project, memory_mb << 20, snapshots),
    }


def _tested(backend: SessionBackend) -> Backend:
    try:
        backend.self_test()
    except BaseException:
        backend.close()
        raise
    return backend


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
