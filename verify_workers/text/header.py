"""The header of a Lean file: its imports, and the `open`s and options that stand before the statement.

Checks are plain files.  What makes a file a module or leaves out `Init` (`module`, `prelude`, `public import`, …) changes
what its names mean; it is found here and refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SPACE = re.compile(r"(?:\s+|--[^\n]*)+")
_KEYWORD = re.compile(r"(?:module|prelude)(?![\w.'!?«])")
_IMPORT = re.compile(r"(?P<before>(?:public\s+)?(?:meta\s+)?)import\s+(?P<all>all\s+)?(?P<name>[\w.«»']+)")

# What the root modules of well-known libraries hold, whose sources are not at hand.
_CORE = ("Init", "Std", "Lean")
_ROOTS = {
    "Init": ("Init",),
    "Std": ("Init", "Std"),
    "Lean": _CORE,
    "Batteries": (*_CORE, "Batteries"),
    "Aesop": (*_CORE, "Batteries", "Aesop"),
    "Mathlib.Tactic": (*_CORE, "Batteries", "Aesop", "Qq", "Mathlib.Tactic"),
    "Mathlib": (*_CORE, "Batteries", "Aesop", "Qq", "ProofWidgets", "ImportGraph", "LeanSearchClient", "Plausible", "Mathlib"),
}


@dataclass(frozen=True)
class Header:
    """`rest` is the text with its imports blanked out, so that every line keeps its number.

    `special` is the first word that makes this no plain header: `module`, `prelude`, `public`, `meta` or `all`; '' if none does.
    """

    imports: tuple[str, ...]
    rest: str
    special: str = ""


def known_to_hold(imports: Iterable[str], module: str) -> bool:
    """Whether a plain file with these imports has `module`, as far as that is known without looking into the library."""
    return module == "Init" or module in imports or below(("Init", *imports), module)  # every plain file imports Init


def below(modules: Iterable[str], module: str) -> bool:
    """Whether one of `modules` is the root of a well-known library that brings `module`: `Mathlib` brings `Aesop` and `Mathlib.*`."""
    return any(module == root or module.startswith(f"{root}.") for name in modules for root in _ROOTS.get(name, ()))


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
