"""Keep Lean's code in anonymous huge pages, so that a forked child has it mapped from the start.

After `fork` Linux leaves the pages of mapped files to be faulted in by every child anew: some 350 faults and 3 ms of a check
whose elaboration takes 5.  Anonymous memory is inherited with its page table, and in huge pages that costs next to nothing.
The price is one private copy of the library's code per zygote (150 MB).  Where the kernel does not allow it, nothing
changes but the speed.
"""

from __future__ import annotations

import ctypes
import mmap
import os

HUGE = 2 << 20
_READ, _WRITE, _EXECUTE = 1, 2, 4
_PRIVATE_ANONYMOUS = 0x22
_MAYMOVE_FIXED = 3
_MADV_HUGEPAGE = 14
_FAILED = ctypes.c_void_p(-1).value


def make_resident(library: str) -> int:
    """Replace the read-only mappings of `library` in this (single-threaded) process by copies; returns their bytes."""
    if not _huge_pages():
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
    moved = 0
    for start, size, protection in _mappings(library):
        slack = size + 2 * HUGE
        area = libc.mmap(None, ctypes.c_size_t(slack), _READ | _WRITE, _PRIVATE_ANONYMOUS, -1, ctypes.c_long(0))
        if area == _FAILED:
            break
        copy = area + (start - area) % HUGE  # as far into a huge page as the original, so that moving it splits none
        end = copy + size
        libc.madvise(ctypes.c_void_p(copy), ctypes.c_size_t(size), _MADV_HUGEPAGE)
        ctypes.memmove(copy, start, size)
        ready = libc.mprotect(ctypes.c_void_p(copy), ctypes.c_size_t(size), protection) == 0
        if ready:
            to, length = ctypes.c_void_p(start), ctypes.c_size_t(size)
            ready = libc.mremap(ctypes.c_void_p(copy), length, length, _MAYMOVE_FIXED, to) == start
        if not ready:  # executable copies may be forbidden here
            libc.munmap(ctypes.c_void_p(area), ctypes.c_size_t(slack))
            break
        libc.munmap(ctypes.c_void_p(area), ctypes.c_size_t(copy - area))
        libc.munmap(ctypes.c_void_p(end), ctypes.c_size_t(area + slack - end))
        moved += size
    return moved


def _huge_pages() -> bool:
    """Whether the kernel gives huge pages to who asks for them."""
    try:
        with open("/sys/kernel/mm/transparent_hugepage/enabled", encoding="ascii") as file:
            return "[never]" not in file.read()
    except OSError:
        return False


def _mappings(library: str) -> list[tuple[int, int, int]]:
    """(start, size, protection) of the mappings of a file that nobody writes to."""
    found = []
    library = os.path.realpath(library)  # as the kernel names what is mapped
    with open("/proc/self/maps", encoding="utf-8") as lines:
        for line in lines:
            place, rights, _, _, _, *path = line.split(maxsplit=5)
            if path and path[0].strip() == library and rights in ("r--p", "r-xp"):
                start, end = (int(part, 16) for part in place.split("-"))
                if end - start >= HUGE and not start % mmap.PAGESIZE:
                    found.append((start, end - start, _READ | (_EXECUTE if "x" in rights else 0)))
    return found
