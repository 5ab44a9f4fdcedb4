"""Releases of Lean whose kernel is known to be unsound: a proof of a false statement that it accepts has been published.

From the release notes and the repaired issues of github.com/leanprover/lean4 up to November 2026.  A version that is not here has no
known fault, which is all that can be said of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Fault:
    """`fixed`: the first release without it."""

    fixed: Version
    what: str


FAULTS = (
    Fault((4, 32, 1), "variables left in proofs by code of the same process (lean4#14484, #14498)"),
    Fault((4, 32, 2), "nested inductive types with phantom parameters prove False (lean4#14576, #14577)"),
    Fault((4, 33, 1), "equality cache, `is_prop`, reference counts, checks of inductive types (lean4#14582, #14806 to #14808, #14838)"),
    Fault((4, 34, 1), "reference counts (lean4#15241, #15288, #15289)"),
)  # fmt: skip
SOUND = "4.34.1"  # the first release without any of them
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-\S*)?")


def advisory(version: str) -> str:
    """What is known against the kernel of this Lean ("4.15.0", "4.34.0-rc1"), in one line with the remedy; '' where nothing is."""
    found = _VERSION.fullmatch(version.strip())
    if found is None:
        return ""
    release = (int(found[1]), int(found[2]), int(found[3]))
    # What precedes a release may lack all that came with it.
    known = [fault.what for fault in FAULTS if release < fault.fixed or (release == fault.fixed and found[4])]
    return f"the kernel of Lean {version} is known to be unsound ({'; '.join(known)}): use {SOUND} or newer" if known else ""
