"""Which files a process may read and write (Landlock); and TCP, abstract sockets and signals, as far as the kernel's version goes."""

import ctypes as C
import os
import stat
import struct

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_VERSION = 1  # flag: ask for the kernel's version
_BENEATH = 1  # a rule for a file, or for all below a folder
# Writing, truncating, removing, making, moving and linking files, ioctl on devices (bits 1, 4-15, by version).
_WRITES = {1: 0x1FF2, 2: 0x3FF2, 3: 0x7FF2, 4: 0x7FF2, 5: 0xFFF2}
_READS = 0xD  # running (bit 0) and reading a file (2), listing a folder (3)
_OF_A_FILE = 0x8007 | 0x4000  # what a rule on a file can grant
_TCP = 0x3  # bind and connect, version 4
_SCOPES = 0x3  # abstract sockets and signals of processes outside, version 6


def version(libc: C.CDLL) -> int:
    """Of the kernel's Landlock; 0 where it has none."""
    found: int = libc.syscall(_CREATE_RULESET, None, C.c_size_t(0), _VERSION)
    return max(0, found)


def ruleset(libc: C.CDLL, readable: tuple[str, ...] = (), writable: str = "") -> int:
    """A descriptor of rules: what is in `readable` and `writable` ('' = nothing) with all below it, and nothing else.

    Names that do not exist are passed over.  -1 where the kernel has no Landlock; OSError if it refuses.
    """
    here = version(libc)
    if not here:
        return -1
    writes = _WRITES[min(here, 5)]
    rules = (C.c_uint64 * 3)(_READS | writes, _TCP if here >= 4 else 0, _SCOPES if here >= 6 else 0)
    made: int = libc.syscall(_CREATE_RULESET, rules, C.c_size_t(8 if here < 4 else 16 if here < 6 else 24), 0)
    if made < 0:
        raise OSError(C.get_errno(), "Landlock")
    for path, rights in (*((path, _READS) for path in readable), *([(writable, _READS | writes)] if writable else [])):
        _permit(libc, made, path, rights)
    return made


def enter(libc: C.CDLL, rules: int) -> None:
    """Apply rules to this process, once and for all; it must have given up new privileges.  OSError if the kernel refuses."""
    if rules >= 0 and libc.syscall(_RESTRICT_SELF, rules, 0):
        raise OSError(C.get_errno(), "Landlock")


def _permit(libc: C.CDLL, rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        rights &= _OF_A_FILE
    rule = C.create_string_buffer(struct.pack("=Qi", rights, place), 12)
    failed = libc.syscall(_ADD_RULE, rules, _BENEATH, rule, 0)
    os.close(place)
    if failed:
        raise OSError(C.get_errno(), f"Landlock: {path}")
