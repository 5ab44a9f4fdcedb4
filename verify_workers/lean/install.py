"""Where a Lean is and how to start it: the only thing the backends need to know."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

LAUNCHER = Path(__file__).with_name("launcher.py")


class Lean(Protocol):
    """What the `process` backend needs of a Lean: the embedded one, or a lake project's."""

    @property
    def version(self) -> str:
        """E.g. "4.35.0"."""
        ...

    @property
    def revision(self) -> str:
        """Changes when a verdict could."""
        ...

    @property
    def start_up(self) -> float:
        """Seconds that starting it and importing a header may take on top of a check's own time."""
        ...

    @property
    def mapped(self) -> int:
        """Bytes of address space for its library, .olean files and thread stacks."""
        ...

    @property
    def sources(self) -> tuple[Path, ...]:
        """Folders where its modules' source files are, as far as they are there."""
        ...

    def loaded(self, imports: tuple[str, ...]) -> str:
        """What `revision` leaves open of what a header with these imports loads: changes when a verdict could, too."""
        ...

    def program(self) -> list[str]:
        """The argv prefix that runs Lean once the process is confined: a binary, or a script for this interpreter."""
        ...

    def command(self) -> list[str]:
        """The argv prefix that runs Lean unconfined."""
        ...

    def environment(self) -> dict[str, str]:
        """The whole environment of its process."""
        ...


@dataclass(frozen=True)
class LeanInstall:
    """A Lean that can be run.

    library   libleanshared.so
    path      folder of .olean files (LEAN_PATH)
    version   e.g. "4.35.0"
    githash   commit of the Lean that the library was built from
    revision  hash of the core sources, their build recipe and the library: changes when a verdict could
    """

    library: Path
    path: Path
    version: str
    githash: str
    revision: str
    start_up: float = 1.0
    mapped: int = 16 << 30

    @property
    def sources(self) -> tuple[Path, ...]:
        """Where its modules' source files are: beside what was made of them."""
        return (self.path,)

    def loaded(self, imports: tuple[str, ...]) -> str:
        """Nothing: its whole library is in `revision`."""
        return ""

    def program(self) -> list[str]:
        """The argv prefix that runs Lean in an interpreter that is confined already."""
        return [str(LAUNCHER)]

    def command(self) -> list[str]:
        """The argv prefix that runs Lean: this interpreter, without its site packages, on the launcher."""
        return [sys.executable, "-I", "-S", str(LAUNCHER)]

    def environment(self) -> dict[str, str]:
        """The whole environment of a Lean process; nothing of ours leaks into it but the loader's search path."""
        keep = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        return keep | {
            "LEANSHARED": str(self.library),
            "LEAN_PATH": str(self.path),
            "LEAN_BACKTRACE": "0",
            "LEAN_ABORT_ON_PANIC": "1",  # whatever its value: Lean would go on with a made-up result
        }
