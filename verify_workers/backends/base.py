"""The interface that every checker of proofs offers; callers know nothing else about a backend."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from verify_workers.errors import UserError
from verify_workers.lean.install import LeanInstall
from verify_workers.lean.project import LakeProject
from verify_workers.records import Check, Verdict


class Elsewhere(UserError):
    """This kind of backend does not check on this kind of Lean: `auto` passes it over in silence."""


@dataclass(frozen=True)
class Place:
    """What a backend is made for: a Lean, and settings of which it takes what concerns it.

    lean            the embedded Lean, or a lake project
    audit           reaches the fork backend, which can audit kernel objects; the others read text and say so in every verdict
    memory_mb       MB (2^20 bytes) that a check may use beyond the imported library
    repl            where the community REPL of the project is, if not in or beside it
    header_seconds  that importing a header may take (repl, worker)
    snapshots       folder of imported headers (process), if they are to be kept: needs Lean 4.32 or newer
    """

    lean: LeanInstall | LakeProject
    audit: Literal["fast", "strict"] = "fast"
    memory_mb: int = 4096
    repl: Path | None = None
    header_seconds: float = 300.0
    snapshots: Path | None = None


class Backend(Protocol):
    """Answers checks, one at a time per instance and from one thread.

    A bad proof never raises: it gets a verdict.  A failure of the checker itself is a verdict too (`infra`).
    """

    @property
    def name(self) -> str:
        """Which backend this is: `fork`, `process`, …"""
        ...

    @property
    def lean(self) -> str:
        """Lean's version, as in the verdict's `lean`."""
        ...

    @property
    def library(self) -> str:
        """Revision of the library that proofs are checked against, as in the verdict's `library`."""
        ...

    @property
    def processes(self) -> list[int]:
        """Ids of the processes that stay between checks; their memory and their descendants' is this backend's."""
        ...

    def check(self, check: Check) -> Verdict:
        """The verdict on one check; takes at most `check.timeout` seconds of Lean plus start-up."""
        ...

    def close(self) -> None:
        """Ends every process and removes every file of this backend; harmless when repeated."""
        ...
