"""The compiled modules of a lake project, and what a header loads of them: so that a verdict is not recalled after a rebuild.

Imports are read from the compiled files, because these are what Lean loads, whatever their sources say by now.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from verify_workers.lean.olean import Unreadable, imports_of
from verify_workers.text.header import unquoted

PAUSE = 1.0  # seconds for which a header's state is taken as known
SHARE = 0.05  # of the time that may go into looking, on a large library
MAX_HEADERS = 1024
UNKNOWN = "?"  # no name of a module
DAMAGED = "often a compiled file that is damaged or half built: run `lake build`"  # where Lean crashes as it imports
PARTS = (".olean", ".olean.server", ".olean.private", ".ir")  # files of one module: what is private may change by itself

Stamp = tuple[int, int, int]
"""Bytes, time of the last change in ns, inode."""


@dataclass(frozen=True)
class Module:
    """A compiled module as it was found.  `mark` stands for its contents: a hash of a module of one's own, else sizes and times."""

    stamps: tuple[Stamp | None, ...]  # of its files
    imports: tuple[str, ...] | None  # None: a form of file that we do not know
    mark: str


@dataclass(frozen=True)
class State:
    """What a header loads: the hash, the project's own files in it, and until when (clock, seconds) that is taken as known."""

    hash: str
    own: tuple[Path, ...]
    until: float


def package_folder(path: Iterable[Path], root: str) -> Path | None:
    """The first folder of a search path that holds the package `root`, which is where Lean looks for all its modules."""
    return next((folder for folder in path if os.path.isdir(folder / root) or os.path.isfile(folder / f"{root}.olean")), None)


@functools.cache
def search_path(path: tuple[Path, ...], project: Path, toolchain: Path) -> Modules:
    """One for each search path in a process, so that all its workers look once."""
    return Modules(path, project, toolchain)


class Modules:
    """Modules on `path`; those in the folder `project`, its packages apart, are the user's own; `toolchain` is fixed.  Thread-safe."""

    def __init__(self, path: tuple[Path, ...], project: Path, toolchain: Path) -> None:
        self._path, self._project, self._toolchain = path, project, toolchain
        self._lock = threading.Lock()
        self._modules: dict[Path, Module] = {}
        self._states: dict[tuple[str, ...], State] = {}

    def state(self, imports: tuple[str, ...]) -> str:
        """A hash of all that a file with these imports loads, at most about a second old."""
        with self._lock:
            known = self._states.get(imports)
            if known is None or time.monotonic() >= known.until:
                if len(self._states) >= MAX_HEADERS:
                    self._states.clear()
                known = self._states[imports] = self._look(imports)
            return known.hash

    def still(self, imports: tuple[str, ...], state: str) -> bool:
        """Whether `state` is what `state` says, and the project's own files in it are this very moment as they were."""
        with self._lock:
            known = self._states.get(imports)
            return known is not None and known.hash == state and all(_stamps(file) == self._modules[file].stamps for file in known.own)

    def everything(self) -> str:
        """A hash of what is compiled on the path, whatever loads it."""
        return self._everything().hex()[:16]

    def _look(self, imports: tuple[str, ...]) -> State:
        begun = time.monotonic()
        digest, own = hashlib.sha256(), list[Path]()
        roots: dict[str, Path | None] = {}
        waiting, seen = ["Init", *imports], set[str]()
        while waiting:
            name = unquoted(waiting.pop())
            if name in seen:
                continue
            seen.add(name)
            root = name.partition(".")[0]
            folder = roots[root] if root in roots else roots.setdefault(root, self._folder(root))
            if folder == self._toolchain:
                continue  # `revision` covers it
            file = folder / f"{name.replace('.', '/')}.olean" if folder else None
            module = self._module(file) if file else None
            digest.update(f"{name}\0{module.mark if module else 'missing'}\0".encode())
            if module is not None and file is not None:
                waiting += reversed(module.imports or ())
                if self._is_own(file):
                    own.append(file)
                if module.imports is None and UNKNOWN not in seen:
                    seen.add(UNKNOWN)
                    digest.update(self._everything())
        now = time.monotonic()
        return State(digest.hexdigest()[:16], tuple(own), now + max(PAUSE, (now - begun) / SHARE))

    def _folder(self, root: str) -> Path | None:
        """The first folder of the search path that holds a package, which is where Lean looks for all its modules."""
        return package_folder((*self._path, self._toolchain), root)

    def _module(self, file: Path) -> Module | None:
        """The module in a file, read only when the file has changed; None if it is not there."""
        stamps = _stamps(file)
        known = self._modules.get(file)
        if stamps[0] is None:
            return None
        if known is None or known.stamps != stamps:
            imports: tuple[str, ...] | None = None
            with contextlib.suppress(OSError, Unreadable):
                imports = imports_of(file)
            mark = _contents(file) if self._is_own(file) else " ".join(f"{at[0]} {at[1]}" if at else "-" for at in stamps)
            known = self._modules[file] = Module(stamps, imports, mark)
        return known

    def _everything(self) -> bytes:
        """A hash of names, sizes and times of all compiled files on the path: where imports cannot be read, any of them may be loaded."""
        digest = hashlib.sha256()
        for entry in self._path:
            for folder, folders, files in os.walk(entry):
                folders.sort()
                for name in sorted(file for file in files if file.endswith(PARTS)):
                    digest.update(f"{folder}/{name}\0{_stamp(Path(folder, name))}\0".encode())
        return digest.digest()

    def _is_own(self, file: Path) -> bool:
        return file.is_relative_to(self._project) and not file.is_relative_to(self._project / ".lake" / "packages")


def _stamps(file: Path) -> tuple[Stamp | None, ...]:
    """Of the files of the module whose first is `file`."""
    stem = str(file).removesuffix(PARTS[0])
    return tuple(_stamp(f"{stem}{part}") for part in PARTS)


def _stamp(file: str | Path) -> Stamp | None:
    """Of a file; None if it is not there, or no file could have that name."""
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _contents(file: Path) -> str:
    """A hash of a module's files."""
    digest = hashlib.sha256()
    stem = str(file).removesuffix(PARTS[0])
    for part in PARTS:
        try:
            with open(f"{stem}{part}", "rb") as data:
                digest.update(f"{part}\0".encode() + hashlib.file_digest(data, "sha256").digest())
        except OSError as error:  # not there, a folder, not ours to read
            digest.update(f"{part}\0{error.errno}".encode())
    return digest.hexdigest()
