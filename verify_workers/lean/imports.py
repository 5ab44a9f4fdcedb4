"""Which modules a header holds: those that it imports and, as their sources say, whatever these import.

A model's file begins with the imports that its training data had.  They are never imported (a file's imports are its
header's), so all that matters is whether the header brings what they would.
"""

from __future__ import annotations

import functools
import threading
from pathlib import Path

from verify_workers.text.header import below, split, unquoted

_reading = threading.Lock()


def holds(sources: tuple[Path, ...], imports: tuple[str, ...], module: str) -> bool:
    """Whether a plain file with these imports has `module`; `sources` are the folders of the library's source files.

    Modules without a source there count for what is known of them.
    """
    module, imports = unquoted(module), tuple(map(unquoted, imports))
    if module == "Init" or module in imports:
        return True  # no need to look
    with _reading:  # the workers of a pool begin at once: one reads, the others find it done
        found, unread = _closure(sources, imports)
    return module in found or below(unread, module)


@functools.lru_cache(maxsize=256)
def _closure(sources: tuple[Path, ...], imports: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """All modules that come with `imports`, and those among them whose sources were not found.  Seconds for all of Mathlib."""
    waiting, found, unread = ["Init", *imports], set[str](), list[str]()
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        text = _source(sources, module)
        if text is None:
            unread.append(module)
        else:
            waiting += map(unquoted, split(text).imports)
    return frozenset(found), tuple(unread)


def _source(sources: tuple[Path, ...], module: str) -> str | None:
    name = module.replace(".", "/") + ".lean"
    for folder in sources:
        try:
            return (folder / name).read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError):  # not there, or no name of a file
            continue
    return None
