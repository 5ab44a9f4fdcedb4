"""Leans that `synth doctor --qualify` has found fit for the kernel audit, in the user's configuration directory.

An entry holds for one commit, the very files of its shared library, and this package's kernel code: after a change of any of
them it counts no longer.  Whoever can write the file can say that a Lean is fit (as they could change this package).
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from verify_workers.lean.build import user_folder
from verify_workers.lean.shared import SharedLean

log = logging.getLogger(__name__)
FILE = "qualified.json"
CODE = Path(__file__).parents[1] / "kernel"


def config_folder() -> Path:
    """$PROOF_SYNTH_CONFIG, else $XDG_CONFIG_HOME/proof-synth, else ~/.config/proof-synth; not made here."""
    return user_folder("PROOF_SYNTH_CONFIG", "XDG_CONFIG_HOME", ".config")


def is_qualified(lean: SharedLean) -> bool:
    """Whether this Lean has an entry that still holds."""
    entry = _entries().get(lean.githash)
    if not lean.githash or not isinstance(entry, dict):
        return False
    try:
        return {name: entry.get(name) for name in ("code", "files")} == fingerprint(lean)
    except OSError:  # its files are being replaced, or are gone
        return False


def fingerprint(lean: SharedLean) -> dict[str, Any]:
    """What an examination holds for, as it is on disk now: the Lean's files, and our code that reads its memory.  OSError."""
    return {"files": files(lean), "code": code()}


def record(lean: SharedLean, version: str, examined: dict[str, Any], **more: Any) -> Path:
    """Write an entry for this Lean, of which `examined` was the fingerprint; returns the file.  OSError if that cannot be written."""
    path = config_folder() / FILE
    entry = {"version": version, **examined, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **more}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as new:
        json.dump(_entries() | {lean.githash: entry}, new, indent=1, sort_keys=True)
    os.replace(new.name, path)
    return path


def files(lean: SharedLean) -> dict[str, str]:
    """Hashes of its libraries by name."""
    return {library.name: _hash(library, _stamp(library)) for library in lean.libraries}


def _stamp(path: Path) -> tuple[int, ...]:
    """Another one after each change, also where size and time of the contents were put back."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_dev, found.st_ino


@functools.lru_cache(maxsize=32)
def _hash(path: Path, stamp: tuple[int, ...]) -> str:
    """Read once per process, as long as the file is as it was."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code() -> str:
    """A hash of the code that reads Lean's memory and judges, as it is on disk: each zygote loads it from there."""
    digest = hashlib.sha256()
    for path in sorted(CODE.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _entries() -> dict[str, Any]:
    path = config_folder() / FILE
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read (%s): no Lean counts as qualified", path, error)
        return {}
    return entries if isinstance(entries, dict) else {}
