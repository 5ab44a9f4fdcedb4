"""What all filters use."""

from __future__ import annotations

from synth.records import Statement
from verify_workers.records import Verdict


def drop(statement: Statement, reason: str, detail: str = "") -> Statement:
    return statement.model_copy(update={"kept": False, "reason": reason, "detail": detail[:500]})


def any_of(tactics: tuple[str, ...]) -> str:
    """A proof that tries `tactics` in turn; `done` keeps a tactic that leaves goals from counting as one that closes them."""
    return "by first " + " ".join(f"| ({tactic}; done)" for tactic in tactics)


def _first_error(verdict: Verdict) -> str:
    return next((m.text for m in verdict.messages if m.severity == "error"), verdict.reason)
