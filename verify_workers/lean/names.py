"""The names that a library declares, and which of them are near one that Lean does not know.

Read from the compiled modules (a few seconds for Mathlib, once a process), so no Lean is asked.  For people and models to try: that a
name is listed says nothing of what it states.
"""

from __future__ import annotations

import functools
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from pathlib import Path

from verify_workers.errors import UserError
from verify_workers.lean import embedded
from verify_workers.lean.olean import Unreadable, names_of
from verify_workers.lean.project import discover

UNKNOWN = re.compile(
    r"Unknown (?:constant|identifier) `([^`]+)`|unknown (?:constant|identifier) '([^']+)'|The identifier `([^`]+)` is unknown"
)
_MADE = re.compile(  # what Lean makes beside a declaration
    r"(?:^|\.)(?:_|match_\d|proof_\d|eq_\d|eq_def|brecOn|below|rec|recOn|casesOn|noConfusion|noConfusionType)"
    r"|\.(?:sizeOf_spec|injEq|inj|ctorIdx|toCtorIdx)$"
)
NEAR = 0.6  # likeness from which a name is near another
COMPARED = 4000  # names that one is compared with at most


class Names:
    """The public names of a library, by how the last component begins."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for name in names:
            if not _MADE.search(name):
                self._by_start[_start(name)].append(name)

    def near(self, unknown: str, count: int = 5) -> list[str]:
        """The names most like `unknown`, those of its own namespace first among equals."""
        space = unknown.rpartition(".")[0]
        found = self._by_start.get(_start(unknown), [])
        found = sorted(found, key=lambda name: name.rpartition(".")[0] != space)[:COMPARED]
        scored = [(SequenceMatcher(None, unknown, name, autojunk=False).ratio(), name) for name in found if name != unknown]
        return [name for ratio, name in sorted(scored, key=lambda pair: (-pair[0], pair[1])) if ratio >= NEAR][:count]


def unknown_names(messages: Iterable[str]) -> list[str]:
    """The names that Lean's messages say it does not know, each once."""
    found = (next(filter(None, match.groups())) for text in messages for match in UNKNOWN.finditer(text))
    return list(dict.fromkeys(found))


@functools.lru_cache(maxsize=4)
def declared(folders: tuple[Path, ...]) -> Names:
    """The names of all compiled modules in `folders`; a file that cannot be read has none."""
    names: list[str] = []
    for folder in folders:
        for file in sorted(folder.rglob("*.olean")):
            try:
                names += names_of(file)
            except (OSError, Unreadable):
                continue
    return Names(names)


def library_names(project: Path | None) -> Names:
    """The names of a lake project with all that it can import, or of the embedded library; none where it cannot be found."""
    try:
        if project is None:
            return declared((embedded().path,))
        found = discover(project, need_repl=False)
    except UserError:  # told where checks are asked for; names are only hints
        return Names(())
    folders = [found.folder / folder for folder in found.variables.get("LEAN_PATH", "").split(os.pathsep) if folder]
    return declared((*folders, found.lean.parent.parent / "lib" / "lean"))


def _start(name: str) -> str:
    return name.rpartition(".")[2][:3].lower()
