"""Choosing a backend by name; `auto` takes the fastest one whose self-test passes here, and says which."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Literal

from verify_workers.backends import BACKENDS
from verify_workers.backends.base import Backend, Elsewhere, Place
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall, embedded
from verify_workers.lean.advisories import advisory
from verify_workers.lean.build import snapshot_folder
from verify_workers.lean.project import discover

log = logging.getLogger(__name__)
_embedded = functools.cache(embedded)  # looked for (and built, if need be) once per process


def require_backend(name: str) -> str:
    """`name`, if it is `auto` or a backend's; UserError otherwise."""
    if name != "auto" and name not in BACKENDS:
        raise UserError(f"unknown backend {name!r}: use one of {', '.join(('auto', *BACKENDS))}")
    return name


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

    `name` is `auto` or one of BACKENDS; the other settings are explained at `base.Place`.
    Raises UserError for an unknown name and when the one asked for by name does not work here.
    """
    require_backend(name)
    lean = discover(project, repl, need_repl=False) if project is not None else install or _embedded()
    if known := advisory(lean.version, lean.githash):
        _warn(known)
    place = Place(lean, audit, memory_mb, repl, header_seconds, snapshot_folder() if snapshots else None)
    if name == "auto":
        return _first(place)
    try:
        return _maker(name)(place)
    except Elsewhere:
        raise
    except Exception as error:
        raise UserError(f"the {name} backend does not work here ({_line(error)}): use another one, such as process") from error


_told: set[str] = set()
_telling = threading.Lock()  # a pool makes its workers in several threads


def _warn(words: str) -> None:
    """Said once per process, whatever the number of workers."""
    with _telling:
        if words not in _told:
            _told.add(words)
            log.warning("%s", words)


def _maker(name: str) -> Callable[[Place], Backend]:
    make: Callable[[Place], Backend] = import_module(BACKENDS[name]).make
    return make


def _first(place: Place) -> Backend:
    """The first that can be made, its self-test included; the last is the reference and has none to fail."""
    *fast, last = BACKENDS
    for name in fast:
        try:
            backend = _maker(name)(place)
        except Elsewhere:
            continue
        except Exception as error:  # whatever is wrong with it here, there is another one
            log.warning("backend: not %s, which does not work here: %s", name, _line(error))
        else:
            log.info("backend: %s (Lean %s)", backend.name, backend.lean)
            return backend
    return _maker(last)(place)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
