"""Choosing a backend by name; `auto` takes the fastest one whose self-test passes here, and says which."""

from __future__ import annotations

import logging
from typing import Literal

from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall, embedded

__all__ = ["BACKENDS", "Backend", "make_backend"]

BACKENDS = ("auto", "fork", "process")

log = logging.getLogger(__name__)


def make_backend(name: str = "auto", audit: Literal["fast", "strict"] = "fast", install: LeanInstall | None = None) -> Backend:
    """A backend on the embedded Lean (or on `install`); the caller closes it.

    `audit` reaches the fork backend, which can audit kernel objects; the process backend reads text and says so in
    every verdict.  Raises `UserError` for an unknown name and when the one asked for by name does not work here.
    """
    if name not in BACKENDS:
        raise UserError(f"unknown backend {name!r}: use one of {', '.join(BACKENDS)}")
    install = install or embedded()
    if name in ("auto", "fork"):
        try:
            backend = _fork(install, audit)
        except Exception as error:  # whatever is wrong with it here, `auto` has another one
            if name == "fork":
                raise UserError(f"the fork backend does not work here ({error}): use `--backend process`") from error
            log.warning("backend: process (the fork backend does not work here: %s)", error)
        else:
            log.info("backend: fork, audit %s", audit)
            return backend
    from verify_workers.backends.process import ProcessBackend

    if name == "process":
        log.info("backend: process")
    return ProcessBackend(install)


def _fork(install: LeanInstall, audit: Literal["fast", "strict"]) -> Backend:
    """The fork backend; its constructor runs its self-test and raises when that fails."""
    from verify_workers.backends.fork import ForkBackend

    return ForkBackend(install, audit=audit)
