"""Honest proofs and whole files: what provers write, in shapes of theirs and words of ours.  Every one proves its statement.

The `.lean` collections hold whole files; `odd` what no text file shows well, `inputs` the forms of rows, `twins` honest
twins of the attacks, `variations` other numbers, names and surroundings for a few shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.verify_workers.adversarial.case import Case
from tests.verify_workers.adversarial.honest import inputs, odd, twins, variations

_FOLDER = Path(__file__).parent
_NAME = re.compile(r"--- ([\w-]+)\Z")
_SECTION = re.compile(r"--- \[(header|preamble|statement|negated|code)\]\Z")
_STATEMENT = re.compile(r"⟪(.*?)⟫", re.DOTALL)


def read(path: Path) -> Iterator[Case]:
    """The files of one collection, which a line of words opens.

    `--- NAME` starts a file.  Its statement stands between ⟪ and ⟫ where the file states it, or in a section of its own:
    `--- [statement]`, as `--- [header]`, `--- [preamble]`, `--- [negated]` (a statement whose negation is proved) and
    `--- [code]` before the file itself.
    """
    name, section, parts = "", "code", dict[str, list[str]]()
    for line in [*path.read_text("utf-8").split("\n"), "--- end"]:
        if start := _NAME.match(line):
            if name:
                yield _case(f"{path.stem}/{name}", {part: "\n".join(lines) for part, lines in parts.items()})
            name, section, parts = start[1], "code", {}
        elif start := _SECTION.match(line):
            section = start[1]
        elif name:
            parts.setdefault(section, []).append(line)


def _case(name: str, parts: dict[str, str]) -> Case:
    code = parts["code"]
    marked = _STATEMENT.search(code)
    statement = parts.get("negated") or parts.get("statement") or (marked[1] if marked else "")
    assert statement, f"{name}: no statement is marked"
    return Case(
        name,
        statement.strip(),
        code=_STATEMENT.sub(r"\1", code).rstrip("\n") + "\n",
        header=parts.get("header", "").strip(),
        preamble=parts.get("preamble", "").strip(),
        negated="negated" in parts,
    )


COLLECTIONS = [case for path in sorted(_FOLDER.glob("*.lean")) for case in read(path)]
HONEST = [*COLLECTIONS, *odd.TABLE.cases, *inputs.TABLE.cases, *twins.TABLE.cases, *variations.CASES]
FILES = [case for case in HONEST if case.code is not None]
