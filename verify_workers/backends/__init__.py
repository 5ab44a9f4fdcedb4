"""Choosing a backend by name; `auto` takes the fastest one whose self-test passes here, and says which."""

from __future__ import annotations

import functools
import logging
from pathlib import Path
from typing import Literal

from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall, embedded

__all__ = ["BACKENDS", "Backend", "make_backend"]

BACKENDS = ("auto", "fork", "process", "repl")

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
) -> Backend:
    """A backend on the embedded Lean (or on `install`), or on the lake project in the folder `project`; the caller closes it.

    name            one of BACKENDS; a project is served by `repl` and `process`, the embedded Lean by `fork` and `process`
    audit           reaches the fork backend, which can audit kernel objects; the others read text and say so in every verdict
    memory_mb       MB (2^20 bytes) that a check may use beyond the imported library
    repl            where the community REPL of the project is, if not in or beside it
    header_seconds  that the REPL may take to import a header

    Raises UserError for an unknown name and when the one asked for by name does not work here.
    """
    if name not in BACKENDS:
        raise UserError(f"unknown backend {name!r}: use one of {', '.join(BACKENDS)}")
    if project is not None:
        backend = _on_project(name, project, repl, memory_mb, header_seconds)
    elif name == "repl":
        raise UserError("the repl backend checks in a lake project: name its folder (--project, or verify.project)")
    else:
        backend = _on_embedded(name, audit, install or _embedded(), memory_mb)
    log.info("backend: %s (Lean %s)", backend.name, backend.lean)
    return backend


def _on_embedded(name: str, audit: Literal["fast", "strict"], install: LeanInstall, memory_mb: int) -> Backend:
    from verify_workers.backends.fork import ForkBackend
    from verify_workers.backends.process import ProcessBackend

    if name != "process":
        try:
            return ForkBackend(install, audit, memory_mb)  # its constructor runs its self-test
        except Exception as error:  # whatever is wrong with it here, `auto` has another one
            if name == "fork":
                raise UserError(f"the fork backend does not work here ({_line(error)}): use the process backend") from error
            log.warning("backend: process (the fork backend does not work here: %s)", _line(error))
    return ProcessBackend(install, memory_mb << 20)


def _on_project(name: str, folder: Path, repl: Path | None, memory_mb: int, header_seconds: float) -> Backend:
    from verify_workers.backends.process import ProcessBackend
    from verify_workers.backends.repl import ReplBackend
    from verify_workers.lean.project import discover

    if name == "fork":
        raise UserError("the fork backend runs on the embedded Lean only; in a lake project use the repl or the process backend")
    found = discover(folder, repl, need_repl=name == "repl")
    if name != "process":
        try:
            return ReplBackend.tested(found, memory_mb, header_seconds)
        except Exception as error:
            if name == "repl":
                raise UserError(f"the repl backend does not work in {folder} ({_line(error)}): see `synth doctor --project`") from error
            log.warning("backend: process (the repl backend does not work in %s: %s)", folder, _line(error))
    return ProcessBackend(found, memory_mb << 20)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
