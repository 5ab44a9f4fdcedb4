"""What processes use of the machine, as Linux tells it.

Standard library only: the zygote, which runs without installed packages, measures its children by this too.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable

_PAGE = resource.getpagesize()


def private_bytes(pid: int) -> int:
    """Bytes of private (anonymous resident) memory of one process; 0 once it is gone."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            _, resident, shared, *_ = file.read().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * _PAGE


def private_mb(processes: Iterable[int]) -> float:
    """MB (2^20 bytes) of private memory of `processes` (ids) and their descendants.  0 where the kernel does not say."""
    waiting, total = list(processes), 0
    while waiting:
        pid = waiting.pop()
        waiting += children(pid)
        total += private_bytes(pid)
    return total / 2**20


def children(pid: int) -> list[int]:
    """The processes that `pid` has started, as far as they live."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as numbers:
                found += (int(child) for child in numbers.read().split())
    except OSError:
        pass  # it ended meanwhile
    return found
