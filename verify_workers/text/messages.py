"""Which of Lean's messages are told first: where there are too many for one answer, the last of this order are left out."""

from __future__ import annotations

MORE = "messages left out: "
"""How the note begins that stands last where messages were left out; their number follows."""


def is_sorry(severity: str, text: str) -> bool:
    """Whether a message says that a declaration is not proved: without it, no error would look like a proof."""
    return severity == "warning" and text.startswith("declaration uses") and "sorry" in text


def rank(severity: str, text: str) -> int:
    """Errors first, then each `sorry`, then all else."""
    return 0 if severity == "error" else 1 if is_sorry(severity, text) else 2
