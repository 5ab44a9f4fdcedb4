"""What a child may do: compute, and write to the one descriptor that it was given.

Elaboration can run code, so children A and S are taken for hostile and B is treated alike.  The system-call filter is
an allow-list for x86-64; whatever it does not name answers EPERM: no open, socket, exec, kill, ptrace, fork, io_uring.
Behind it stands Landlock with no rule at all, where the kernel has it.  Threads are needed (Lean's task pool), so `clone`
passes with CLONE_THREAD only, and `clone3`, whose flags a filter cannot see, answers ENOSYS: the C library then falls back to
`clone`.  Memory that is shared with others would be a way around all that: `inherited` tells of it, before there is any child.
"""

from __future__ import annotations

import ctypes as C
import functools
import os
import resource
import signal
from collections.abc import Sequence

from verify_workers.jail import escapes, landlock, seccomp

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_FILTER = seccomp.allowing()
_libc = C.CDLL(None, use_errno=True)
supported = seccomp.supported


def _prctl(option: int, a: int = 0) -> None:
    if _libc.prctl(option, C.c_ulong(a), C.c_ulong(0), C.c_ulong(0), C.c_ulong(0)):
        raise OSError(C.get_errno(), f"prctl {option}")


def die_with(parent: int) -> None:
    """End this process when its parent does; OSError if the parent is already gone."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise OSError("the parent is gone")


def inherited() -> list[str]:
    """Memory of this process that its children would share with others or with the kernel; there must be none."""
    return escapes.shared_mappings("self")


@functools.cache
def rules() -> int:
    """A descriptor of Landlock rules that permit nothing, for `enter` in children; -1 where the kernel has none."""
    return landlock.ruleset(_libc)


def whole_seconds(seconds: float) -> int:
    """As a limit on processor time: at least as many, and one at least."""
    return max(1, int(seconds + 0.999))


def enter(keep: Sequence[int], cpu_seconds: float | None, forbidden: int = -1) -> None:
    """Close every descriptor from 3 on but `keep`, set the limits, and apply `forbidden` (`rules`) and the filter; there is no way back.

    `cpu_seconds` None leaves that limit to the parent.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    landlock.enter(_libc, forbidden)
    low = 3
    for fd in (*sorted(keep), 1 << 20):
        os.closerange(low, fd)
        low = fd + 1
    limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, max(keep) + 1)]
    if cpu_seconds is not None:
        limits.append((resource.RLIMIT_CPU, whole_seconds(cpu_seconds)))
    for what, limit in limits:
        resource.setrlimit(what, (limit, limit))
    seccomp.install(_libc, _FILTER)
