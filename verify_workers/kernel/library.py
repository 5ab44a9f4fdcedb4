"""The library that a header imports as one export file, made once and kept beside the builds; of a project an empty one."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from verify_workers.errors import UserError
from verify_workers.kernel.ndjson import meta
from verify_workers.lean.build import cache_folder
from verify_workers.lean.install import LeanInstall
from verify_workers.lean.project import LakeProject

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 900.0
KEPT = 12  # files; the one used longest ago goes first: headers come from callers
_ENTRY = "import sys; sys.path.insert(0, sys.argv[1]); from verify_workers.kernel.library import main; main()"


def folder() -> Path:
    """Where the files are kept; not made here."""
    return cache_folder().parent / "kernels"


def library_file(install: LeanInstall | LakeProject, imports: tuple[str, ...]) -> Path:
    """All that these imports bring and a proof may rest on, as an export file; UserError if it cannot be made.

    Its name changes with whatever could change its contents.  In a project it holds nothing: a library there is too
    large to be written down, and child B exports what a proof rests on with the proof.
    """
    if isinstance(install, LakeProject):
        return _empty(install)
    recipe = b"".join((ROOT / "verify_workers" / "kernel" / name).read_bytes() for name in ("ndjson.py", "export.py", "abi.py"))
    name = hashlib.sha256(repr((install.revision, sorted(set(imports)))).encode() + recipe).hexdigest()[:16]
    path = folder() / f"library-{name}.ndjson"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.is_file():
                os.utime(path)
            else:
                _make(install, imports, path)
                _prune(path.parent)
    except (OSError, subprocess.SubprocessError) as error:
        raise UserError(f"the library could not be exported to {path} ({error})") from error
    return path


def _empty(project: LakeProject) -> Path:
    line = json.dumps(meta(project.githash, project.version), separators=(",", ":")) + "\n"
    path = folder() / f"library-none-{hashlib.sha256(line.encode()).hexdigest()[:16]}.ndjson"
    try:
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
            part.write_text(line, encoding="utf-8")
            part.replace(path)
        os.utime(path)
    except OSError as error:
        raise UserError(f"{path} could not be written ({error})") from error
    return path


def _make(install: LeanInstall, imports: tuple[str, ...], path: Path) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    text = "".join(f"import {m}\n" for m in imports)
    command = [sys.executable, "-I", "-S", "-c", _ENTRY, str(ROOT), str(install.library), text, str(part)]
    environment = {"LEAN_PATH": str(install.path), "LC_ALL": "C.UTF-8"}
    environment |= {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode:
            raise UserError(f"the library could not be exported: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _prune(place: Path) -> None:
    """Remove files beyond the newest."""
    files = sorted(place.glob("library-*.ndjson"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in files[KEPT:]:
        for path in (old, old.with_suffix(".checked.json"), old.with_suffix(".lock")):
            path.unlink(missing_ok=True)


def main() -> None:
    from verify_workers.kernel import elaborate, ndjson

    _, _, library, imports, out = sys.argv
    with open(out, "wb") as file:
        file.write(ndjson.library(elaborate.boot([library], imports)))
        file.flush()
        os.fsync(file.fileno())
