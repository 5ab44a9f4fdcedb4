"""The header of a Lean file: its imports, and the `open`s and options that stand before the statement.

Checks are plain files.  What makes a file a module or leaves out `Init` (`module`, `prelude`, `public import`, …) changes
what its names mean; it is found here and refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPACE = re.compile(r"(?:\s+|--[^\n]*)+")
_KEYWORD = re.compile(r"(?:module|prelude)(?![\w.'!?«])")
_IMPORT = re.compile(r"(?P<before>(?:public\s+)?(?:meta\s+)?)import\s+(?P<all>all\s+)?(?P<name>[\w.«»']+)")


@dataclass(frozen=True)
class Header:
    """`rest` is the text with its imports blanked out, so that every line keeps its number.

    `special` is the first word that makes this no plain header: `module`, `prelude`, `public`, `meta` or `all`; '' if none does.
    """

    imports: tuple[str, ...]
    rest: str
    special: str = ""


def split(text: str) -> Header:
    """Imports at the top of `text` (after comments), and the rest.  Lean itself rejects an import that stands elsewhere."""
    imports: list[str] = []
    pieces: list[str] = []
    special = ""
    i = 0
    while True:
        start = i
        i = _skip(text, i)
        found = _IMPORT.match(text, i) or (None if imports else _KEYWORD.match(text, i))
        pieces.append(text[start:i])
        if found is None:
            return Header(tuple(imports), "".join(pieces) + text[i:], special)
        if found.re is _IMPORT:
            imports.append(found["name"])
            marks = (*found["before"].split(), *(found["all"] or "").split())
        else:
            marks = (found[0],)
        special = special or next(iter(marks), "")
        pieces.append(re.sub(r"[^\n]", " ", found[0]))
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
