"""What processes use of the machine, as Linux tells it.

Standard library only: the zygote, which runs without installed packages, measures its children by this too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import time
from collections.abc import Iterable, Iterator

_PAGE = resource.getpagesize()
_TICKS = os.sysconf("SC_CLK_TCK")  # a second
PR_SET_CHILD_SUBREAPER = 36


def private_bytes(pid: int) -> int:
    """Bytes of private (anonymous resident) memory of one process; 0 once it is gone."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            _, resident, shared, *_ = file.read().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * _PAGE


def private_mb(processes: Iterable[int]) -> float:
    """MB (2^20 bytes) of private memory of `processes` (ids) and their descendants.  0 where the kernel does not say.

    What a forked process still shares with its parent counts for each; `unshared_mb` does not count it, and takes longer.
    """
    return sum(map(private_bytes, _families(processes))) / 2**20


def unshared_mb(processes: Iterable[int]) -> float:
    """MB (2^20 bytes) that only `processes` (ids) and their descendants hold, what is mapped of files apart."""
    return sum(map(_unshared_bytes, _families(processes))) / 2**20


def _unshared_bytes(pid: int) -> int:
    total, of_file = 0, False
    try:
        with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                name, *values = line.split()
                if not name.endswith(":"):  # the head of a mapping: place, rights, offset, device, inode
                    of_file = values[3] != "0"
                elif name == "Anonymous:" if of_file else name in ("Private_Clean:", "Private_Dirty:"):
                    total += int(values[0]) << 10
    except (OSError, ValueError, IndexError):
        return private_bytes(pid)
    return total


def _families(processes: Iterable[int]) -> Iterator[int]:
    waiting = list(processes)
    while waiting:
        pid = waiting.pop()
        waiting += children(pid)
        yield pid


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


def processor_seconds(process: int) -> float:
    """Seconds of processor time of a process and all that it has started, those that have ended (and were waited for) included."""
    total = 0
    for pid in _families([process]):
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))  # user and system, its own and of children that it has waited for
    return total / _TICKS


def machine_seconds() -> float:
    """Seconds in which cores of this machine were at work since it was started, all cores added up; 0 where Linux does not say."""
    try:
        with open("/proc/stat", "rb") as file:
            user, nice, system, _, _, irq, softirq, *_ = map(int, file.readline().split()[1:])
    except (OSError, ValueError):
        return 0.0
    return (user + nice + system + irq + softirq) / _TICKS


def end_descendants(seconds: float = 0.5) -> None:
    """Kill all processes below this one, for at most `seconds`; for a process that ends itself right behind it.

    What loses its parent meanwhile comes to us, so that nothing of it gets away.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    end = time.monotonic() + seconds
    while (waiting := children(os.getpid())) and time.monotonic() < end:
        while waiting:
            pid = waiting.pop()
            waiting += children(pid)
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)
