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

from verify_workers.lean.shared import SharedLean

log = logging.getLogger(__name__)
FILE = "qualified.json"
CODE = Path(__file__).parents[1] / "kernel"


def config_folder() -> Path:
    """$PROOF_SYNTH_CONFIG, else $XDG_CONFIG_HOME/proof-synth, else ~/.config/proof-synth; not made here."""
    own = os.environ.get("PROOF_SYNTH_CONFIG")
    if own:
        return Path(own).expanduser().absolute()
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base and os.path.isabs(base) else Path.home() / ".config") / "proof-synth"


def is_qualified(lean: SharedLean) -> bool:
    """Whether this Lean has an entry that still holds."""
    entry = _entries().get(lean.githash)
    return bool(lean.githash) and isinstance(entry, dict) and entry.get("code") == code() and entry.get("files") == files(lean)


def record(lean: SharedLean, version: str, **more: Any) -> Path:
    """Write an entry for this Lean; returns the file.  OSError if that cannot be written."""
    path = config_folder() / FILE
    entry = {"version": version, "files": files(lean), "code": code(), "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **more}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as new:
        json.dump(_entries() | {lean.githash: entry}, new, indent=1, sort_keys=True)
    os.replace(new.name, path)
    return path


def files(lean: SharedLean) -> dict[str, str]:
    """Hashes of its libraries by name."""
    return {library.name: _hash(library, library.stat().st_mtime_ns, library.stat().st_size) for library in lean.libraries}


@functools.lru_cache(maxsize=32)
def _hash(path: Path, changed: int, size: int) -> str:
    """Read once per process, as long as the file is as it was."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def code() -> str:
    """A hash of the code that reads Lean's memory and judges."""
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
