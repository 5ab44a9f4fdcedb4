"""Map the modules of a large library as a few pieces, so that a fork does not pay for each of them.

Lean maps every module's file at an address that follows from its name, one in each 4 GB.  A process then has thousands of mappings,
and each fork, and each end of a child, handles them one by one: about 3 µs for both, 7 ms for 2,200 modules.
Here their contents go into one file in memory, at offsets that are their addresses, and it is mapped over all of them: nothing
moves.  What lies between two modules, where nothing was, then reads as zeros, and what a process writes there is its own.
The price is that the library's pages are in memory for each zygote, not shared with other processes that map the same files
(2 GB for 2 GB); so it is done for large libraries only, and where memory is plenty.  Where the kernel refuses, nothing changes
but the speed.
"""

from __future__ import annotations

import ctypes
import os
import resource
from dataclasses import dataclass

from verify_workers.lean.modules import PARTS

MANY = 500  # mappings of modules from which on it pays
SHARE = 0.25  # of the memory that is free, which it may take: there may be more headers than one
_READ, _WRITE, _PRIVATE, _FIXED, _NORESERVE = 1, 2, 0x02, 0x10, 0x4000
_FAILED = ctypes.c_void_p(-1).value


@dataclass(frozen=True)
class Piece:
    """Modules with nothing else mapped between them."""

    parts: list[tuple[int, int]]  # (start, end)

    @property
    def start(self) -> int:
        return self.parts[0][0]

    @property
    def end(self) -> int:
        return self.parts[-1][1]


def gather(free: int, many: int = MANY) -> int:
    """Map the modules of this (single-threaded) process as few pieces, if they are at least so `many`; returns their bytes.

    `free` are the bytes of memory that are free here.
    """
    pieces = _pieces()
    parts = [part for piece in pieces for part in piece.parts]
    size = sum(end - start for start, end in parts)
    unbounded = resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY  # the gaps count as address space
    if len(parts) < many or not unbounded or size > SHARE * free:
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    file, moved = os.memfd_create("modules", os.MFD_CLOEXEC), 0
    try:
        os.ftruncate(file, pieces[-1].end)
        for piece in pieces:
            for start, end in piece.parts:
                _copy(file, start, end)
            to, length, offset = ctypes.c_void_p(piece.start), ctypes.c_size_t(piece.end - piece.start), ctypes.c_long(piece.start)
            if libc.mmap(to, length, _READ | _WRITE, _PRIVATE | _FIXED | _NORESERVE, file, offset) == _FAILED:
                break
            moved += sum(end - start for start, end in piece.parts)
    except OSError:  # no memory, or no file of that size
        return moved
    finally:
        os.close(file)
    return moved


def _copy(file: int, start: int, end: int) -> None:
    view = memoryview((ctypes.c_char * (end - start)).from_address(start))
    while start < end:
        start += os.pwrite(file, view[len(view) - (end - start) :], start)


def _pieces() -> list[Piece]:
    """What is mapped of modules, in the order of addresses: private and writable, as Lean does it, though nobody writes there."""
    pieces: list[Piece] = []
    last_was_module = False
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            place, rights, _, _, _, *path = line.split(maxsplit=5)
            is_module = rights == "rw-p" and bool(path) and path[0].rstrip("\n").endswith(PARTS)
            if is_module:
                start, end = (int(part, 16) for part in place.split("-"))
                if last_was_module:
                    pieces[-1].parts.append((start, end))
                else:
                    pieces.append(Piece([(start, end)]))
            last_was_module = is_module
    return pieces
