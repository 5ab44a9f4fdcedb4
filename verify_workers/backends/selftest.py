"""Whether the confinement of Lean's processes holds on this machine: every escape is tried, from inside, before candidates can."""

from __future__ import annotations

import logging
import os
import subprocess
import tempfile
from pathlib import Path

from verify_workers.backends.launch import Limits, confined, environment
from verify_workers.jail import escapes
from verify_workers.lean.install import Lean

log = logging.getLogger(__name__)
SECONDS = 20.0
_known: dict[str, list[str]] = {}  # by the library's revision; asked once per process


def escaped(lean: Lean) -> list[str]:
    """What a process of this Lean's could do that it should not, in words; [] where the confinement is whole."""
    with tempfile.TemporaryDirectory(prefix="proof-synth-") as place:
        secret, folder = Path(place, "secret", "file"), Path(place, "folder")
        for path in (secret.parent, folder):
            path.mkdir()
        secret.write_text("secret", encoding="ascii")
        program = [str(Path(escapes.__file__)), str(secret), str(folder), str(os.getpid())]
        command = confined(lean, Limits(int(SECONDS), 1 << 30, 64, readable=(folder,)), program)
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=folder,
            env=environment(lean, str(folder)),
            timeout=SECONDS,
            check=False,
        )
    *found, last = done.stdout.decode("utf-8", "replace").splitlines() or [""]
    if last != "done":
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return [f"not be tested: it ended with status {done.returncode}" + (f", {words[-1]}" if words else "")]
    return found


def warn(lean: Lean) -> None:
    """Say, once, which protections this machine does not give."""
    if lean.revision in _known:
        return
    try:
        _known[lean.revision] = escaped(lean)
    except (OSError, subprocess.TimeoutExpired) as error:
        _known[lean.revision] = [f"not be tested: {error}"]
    if _known[lean.revision]:
        log.warning("confinement: on this machine code in a proof or a snippet could %s", "; ".join(_known[lean.revision]))
