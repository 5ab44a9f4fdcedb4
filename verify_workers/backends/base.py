"""The interface that every checker of proofs offers; callers know nothing else about a backend."""

from __future__ import annotations

from typing import Protocol

from verify_workers.records import Check, Verdict


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
