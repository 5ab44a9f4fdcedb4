"""What a kernel says, and what a kernel is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

START_SECONDS = 300.0  # that a kernel may take to read the library, before its first answer
Opinion = Literal["accepted", "rejected", "declined", "failed"]


@dataclass(frozen=True)
class Answer:
    """`declined`: it does not know (unsupported, too many steps); `failed`: it crashed, hung, or could not be asked."""

    kernel: str
    opinion: Opinion
    why: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.kernel}: {self.opinion}{f' ({self.why})' if self.why else ''}"


class Kernel(Protocol):
    """Judges what builds on one library."""

    @property
    def name(self) -> str:
        """With its version, as in a verdict's `kernels`."""
        ...

    def judge(self, own: Path, closure: Path, seconds: float) -> Answer:
        """On a proof's own declarations, and its whole closure in one file; never raises."""
        ...

    def close(self) -> None:
        """End what it has started (idempotent)."""
        ...
