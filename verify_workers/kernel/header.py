"""The header of a Lean file: its imports, and the `open`s and options that stand before the statement."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPACE = re.compile(r"(?:\s+|--[^\n]*)+")
_IMPORT = re.compile(r"(?:public\s+)?(?:meta\s+)?import\s+(?:all\s+)?([\w.«»']+)")


@dataclass(frozen=True)
class Header:
    """`rest` is the text with its imports blanked out, so that every line keeps its number."""

    imports: tuple[str, ...]
    rest: str


def split(text: str) -> Header:
    """Imports at the top of `text` (after comments), and the rest.  Lean itself rejects an import that stands elsewhere."""
    imports: list[str] = []
    pieces: list[str] = []
    i = 0
    while True:
        start = i
        i = _skip(text, i)
        found = _IMPORT.match(text, i)
        pieces.append(text[start:i])
        if found is None:
            return Header(tuple(imports), "".join(pieces) + text[i:])
        imports.append(found.group(1))
        pieces.append(re.sub(r"[^\n]", " ", found.group(0)))
        i = found.end()


def _skip(text: str, i: int) -> int:
    """End of the white space and (nested) comments at `i`."""
    while True:
        space = _SPACE.match(text, i)
        if space is not None:
            i = space.end()
        elif text.startswith("/-", i) and not text.startswith(("/--", "/-!"), i):
            depth, i = 1, i + 2
            while i < len(text) and depth:
                if text.startswith("/-", i):
                    depth, i = depth + 1, i + 2
                elif text.startswith("-/", i):
                    depth, i = depth - 1, i + 2
                else:
                    i += 1
        else:
            return i
