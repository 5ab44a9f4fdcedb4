"""What a child may do: compute, and write to the one descriptor that it was given.

Elaboration can run code, so children A and S are taken for hostile and B is treated alike.  The system-call filter is
an allow-list for x86-64; whatever it does not name answers EPERM: no open, socket, exec, kill, ptrace, fork.
Threads are needed (Lean's task pool), so `clone` passes with CLONE_THREAD only, and `clone3`, whose flags a filter
cannot see, answers ENOSYS: the C library then falls back to `clone`.
"""

from __future__ import annotations

import ctypes as C
import os
import platform
import resource
import signal
import struct
from collections.abc import Sequence

_ALLOWED = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12,
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24, "mremap": 25, "madvise": 28,
    "nanosleep": 35, "getpid": 39, "exit": 60, "gettimeofday": 96, "getrusage": 98, "sysinfo": 99, "sigaltstack": 131,
    "gettid": 186, "futex": 202, "sched_getaffinity": 204, "clock_gettime": 228, "clock_getres": 229,
    "clock_nanosleep": 230, "exit_group": 231, "set_robust_list": 273, "getrandom": 318, "rseq": 334,
}  # fmt: skip
_CLONE, _CLONE3, _CLONE_THREAD = 56, 435, 0x10000
_AUDIT_ARCH_X86_64 = 0xC000003E
_LOAD, _EQUAL, _BITS, _RETURN = 0x20, 0x15, 0x45, 0x06  # BPF: ld word, jump if equal, jump if any bit, return
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_EPERM, _ENOSYS = 1, 38
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 38, 22


def supported() -> bool:
    return platform.system() == "Linux" and platform.machine() == "x86_64"


def _program() -> bytes:
    """struct sock_filter[]: (code, jump if true, jump if false, operand)."""
    head = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, _AUDIT_ARCH_X86_64), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    clone = [
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),
        (_EQUAL, 0, 4, _CLONE),
        (_LOAD, 0, 0, 16),  # low half of the first argument: the flags
        (_BITS, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
    ]
    calls = list(_ALLOWED.values())
    tests = [(_EQUAL, len(calls) - i, 0, n) for i, n in enumerate(calls)]
    tail = [(_RETURN, 0, 0, _ERRNO | _EPERM), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("<HBBI", *row) for row in head + clone + tests + tail)


_FILTER = (C.c_char * len(_program())).from_buffer_copy(_program())
_libc = C.CDLL(None, use_errno=True)
_libc.prctl.argtypes = [C.c_int] + [C.c_ulong] * 4


def _prctl(option: int, a: int = 0, b: int = 0) -> None:
    if _libc.prctl(option, a, b, 0, 0):
        raise OSError(C.get_errno(), f"prctl {option}")


def die_with(parent: int) -> None:
    """End this process when its parent does; OSError if the parent is already gone."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise OSError("the parent is gone")


def enter(keep: Sequence[int], cpu_seconds: float) -> None:
    """Close every descriptor from 3 on but `keep`, set the limits, and install the filter; there is no way back."""
    low = 3
    for fd in (*sorted(keep), 1 << 20):
        os.closerange(low, fd)
        low = fd + 1
    cpu = max(1, int(cpu_seconds + 0.999))
    for what, limit in (
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, max(keep) + 1), (resource.RLIMIT_CPU, cpu)
    ):  # fmt: skip
        resource.setrlimit(what, (limit, limit))
    header = C.create_string_buffer(struct.pack("<HxxxxxxQ", len(_FILTER) // 8, C.addressof(_FILTER)))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_SECCOMP, 2, C.addressof(header))
