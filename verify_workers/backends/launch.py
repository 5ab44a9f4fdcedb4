"""How every Lean process of a backend is started, and what its end means."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from verify_workers.records import Outcome, Reason

CONFINED = Path(__file__).with_name("confined.py")

# A misspelt or unknown name must not become a variable: `(x : ℝ)` without reals would be accepted for every type ℝ.
OPTIONS = ("-DautoImplicit=false", "-DrelaxedAutoImplicit=false")
# The candidate's doing, as far as anyone can tell: a checker's own failure does not look like this.
FAULTS = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP, signal.SIGFPE})


def confined(limits: dict[str, int | str]) -> list[str]:
    """The argv prefix that confines the program after it (see `confined.py`)."""
    return [sys.executable, "-I", "-S", str(CONFINED), json.dumps(limits)]


def died(status: int, errors: bytes) -> tuple[Outcome, str, str] | None:
    """(outcome, reason, detail) of a Lean that ended by a signal of the candidate's making, None for any other end.

    `status` as subprocess gives it, `errors` what it wrote to standard error.
    """
    if status == -signal.SIGXCPU:
        return Outcome.TIMEOUT, "processor time", ""
    if -status not in FAULTS:
        return None
    words = errors.decode("utf-8", "replace").lower()
    if any(sign in words for sign in ("out of memory", "bad_alloc", "cannot allocate")):
        return Outcome.RESOURCE, "memory", ""
    detail = "Lean's stack overflowed" if "stack overflow" in words else f"Lean crashed (signal {-status})"
    return Outcome.REJECTED, Reason.ELABORATION, f"{detail}; often a very deep recursion"
