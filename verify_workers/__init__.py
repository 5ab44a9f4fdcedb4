"""Lean proofs, checked soundly: `Checker` from Python, `synth verify` for files, `synth serve` over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify_workers.checker import Checker as Checker
    from verify_workers.records import Check as Check
    from verify_workers.records import Verdict as Verdict

__all__ = ["Check", "Checker", "Verdict"]
_WHERE = {"Checker": "checker", "Check": "records", "Verdict": "records"}


def __getattr__(name: str) -> Any:
    """What is imported from here, loaded when it is asked for: other modules of the package start without a pool."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
