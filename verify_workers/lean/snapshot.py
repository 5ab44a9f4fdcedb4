"""Headers saved as Lean has them in memory after the import (`--incr-header-save`, Lean 4.32 or newer).

A fresh Lean that loads such a snapshot starts where the import ended.  It is started without a library path: had it to import
after all, because the snapshot does not fit, it would fail, and loudly, instead of being slow in silence.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from verify_workers.errors import UserError
from verify_workers.lean.install import Lean
from verify_workers.lean.modules import DAMAGED

SAVE_SECONDS = 600.0
NOWHERE = "/proof-synth/the-snapshot-was-not-used"  # the library path of a Lean that loads one; shows in its error if it imports


class HeaderFailed(Exception):
    """The header itself is in error; the words are Lean's."""


def header_line(imports: Sequence[str]) -> str:
    """The one line that both the saved and the loading file start with."""
    return " ".join(f"import {module}" for module in imports)


def header_snapshot(lean: Lean, imports: Sequence[str], options: Sequence[str], folder: Path) -> Path:
    """The snapshot of a header, made on first use and kept in `folder` by what it depends on: Lean, the compiled files, imports, options.

    Raises HeaderFailed when the imports fail, UserError, one line, when this Lean cannot make a snapshot.
    """
    parts = [
        lean.version,
        lean.revision,
        lean.loaded(tuple(imports)),
        *lean.program(),
        *sorted(f"{k}={v}" for k, v in lean.environment().items()),
        *options,
        *imports,
    ]
    path = folder / f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:24]}.snapshot"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _save(lean, imports, options, path)
    return path


def _save(lean: Lean, imports: Sequence[str], options: Sequence[str], path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        made = Path(work) / "snapshot"
        command = [*lean.command(), *options, f"--incr-header-save={made}", "--stdin", "--json"]
        text = f"{header_line(imports)}\n".encode()
        try:
            done = subprocess.run(
                command, input=text, env=lean.environment(), cwd=work, capture_output=True, timeout=SAVE_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UserError(f"cannot save a snapshot of the header ({error}): turn verify.snapshots off") from error
        for line in done.stdout.splitlines():
            if line.startswith(b"{") and (message := json.loads(line))["severity"] == "error":
                raise HeaderFailed(message["data"])
        if done.returncode < 0:
            raise UserError(f"importing the header: Lean crashed (signal {-done.returncode}); {DAMAGED}")
        if done.returncode or not made.exists():
            words = (done.stdout + done.stderr).decode("utf-8", "replace").strip().splitlines()
            problem = words[0][:300] if words else f"Lean {lean.version} ended with status {done.returncode}"
            raise UserError(f"cannot save a snapshot of the header ({problem}): turn verify.snapshots off, or use Lean 4.32 or newer")
        # The list of what it maps goes first: without the snapshot itself it is never looked at.
        os.replace(f"{made}.deps", f"{path}.deps")
        os.replace(made, path)
