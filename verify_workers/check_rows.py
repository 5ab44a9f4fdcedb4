"""The checks in `synth verify`'s input, and each of its faults with its place.

A row is a check (`id`, `statement`, `header`, `preamble`, `proof` or `code`), or one of `synth prove` or of any form of `synth export`:
`form` says whether its `proof` is a whole file; the prover form has `formal_statement` and `formal_proof` in their places.  A folder
is its files of rows.  Other columns are nobody's business here, unless their names look like a misspelt one of ours.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from verify_workers.errors import UserError
from verify_workers.records import Check
from verify_workers.row_files import EXPORTED, PAIR, TEXT_FIELDS, UNNAMED, BadRow, files, instead, look_for_slips, rows_of, short

MOST_ID = 10**100  # no number of a row that is a name is larger
SHOWN = 10  # faults of an input that are told at once
Note = Callable[[str], None]


def read_checks(path: Path, timeout: float, note: Note | None = None, number: bool = False) -> Iterator[Check]:
    """The checks of a file or folder, one row at a time, each with `timeout` seconds; UserError at the first bad row.

    `note` gets a line for each file with a column whose name looks like a misspelt one of ours.  With `number` a row without an id is
    called by its place among all rows: `row-7`.
    """
    for place, found in _checks(path, timeout, note, number):
        if isinstance(found, BadRow):
            raise UserError(f"{place}: {found}")
        yield found


def count_checks(path: Path, timeout: float, note: Note | None = None, number: bool = False) -> int:
    """How many checks `path` holds.  UserError with the first faults of all its rows, where there are any."""
    rows, faults, told = 0, 0, list[str]()
    try:
        for place, found in _checks(path, timeout, note, number):
            rows += 1
            if isinstance(found, BadRow):
                faults += 1
                told += [f"{place}: {found}"] if faults <= SHOWN else []
    except UserError as error:  # nothing behind it can be read
        faults += 1
        told += [str(error)] if faults <= SHOWN else []
    if faults > 1:
        first = "" if faults <= SHOWN else f", the first {SHOWN} of them"
        raise UserError("\n  ".join([f"{path}: {faults:,} faults{first}:", *told]))
    if faults:
        raise UserError(told[0])
    return rows


def _checks(path: Path, timeout: float, note: Note | None, number: bool) -> Iterator[tuple[str, Check | BadRow]]:
    seen: set[bytes] = set()  # digests: a set of long ids would not fit for millions of rows
    rows = 0
    for file in files(path):
        slips: dict[str, str] = {}  # what was taken for a misspelt name, and what is said of it
        for place, row in rows_of(file, slips, need_id=not number):
            rows += 1
            try:
                if isinstance(row, BadRow):
                    raise row
                check = _check(row, timeout, f"row-{rows}" if number else "")
                digest = hashlib.blake2b(check.id.encode(), digest_size=12).digest()
                if digest in seen:
                    raise BadRow(f"field `id`: {short(check.id)} occurs twice; ids must be unique")
            except BadRow as bad:
                yield place, bad
                continue
            seen.add(digest)
            if note is not None:
                look_for_slips(place.rpartition(": ")[2], cast(dict[str, Any], row), slips)
            yield place, check
        if note is not None and slips:
            note(f"{file}: unknown {', '.join(slips.values())}: not read")


# ---- one row


def _is_number(value: object) -> bool:
    """Whether it is a number that may be a name."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_ID


def _check(row: object, timeout: float, name: str) -> Check:
    """The check of a row, called `name` where that is given and the row has no id."""
    if not isinstance(row, dict):
        raise BadRow(f"a row must be an object with `id`, `statement` and `proof` or `code`, not {_kind_of(row)}")
    texts: dict[str, str] = {}
    for field, value in _fields(row).items():
        if value is None:
            continue
        if field == "id" and _is_number(value):
            value = str(value)
        if not isinstance(value, str):
            raise BadRow(f"field `{field}` must be text, not {_kind_of(value)} ({short(value)})")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            at = f"U+{ord(value[error.start]):04X} at character {error.start + 1}"
            raise BadRow(f"field `{field}` holds a lone surrogate ({at}), which is no Unicode text") from None
        texts[field] = value
    if name:
        texts.setdefault("id", name)
    for field in ("id", "statement"):
        if field not in texts:
            raise BadRow(f"field `{field}` is missing{instead(row, field)}{UNNAMED if field == 'id' else ''}")
        if not texts[field].strip():
            raise BadRow(f"field `{field}` is empty")
    if "proof" in texts and "code" in texts:
        raise BadRow("give exactly one of the fields `proof` and `code`, not both (use null for the other)")
    if "proof" not in texts and "code" not in texts:
        raise BadRow(f"field `proof` (what follows `:=`) or `code` (a whole file) is missing{instead(row, 'proof', 'code')}")
    return Check(timeout=timeout, negated=_negated(row), **texts)


def _negated(row: dict[str, Any]) -> bool:
    """Whether the row asks for a proof that its statement is false."""
    value = row.get("negated")
    if value is not None and not isinstance(value, bool):
        raise BadRow(f"field `negated` must be a truth value, not {_kind_of(value)} ({short(value)})")
    return bool(value) and row.get(PAIR) is None  # the statement of an exported pair is the negation already


def _fields(row: dict[str, Any]) -> dict[str, object]:
    """The fields of a check in a row of either kind."""
    if row.keys() >= {"prompt", "completion", "lineage"} and "statement" not in row:
        raise BadRow("a row of the sft form as earlier versions of `synth export` wrote it, without the statement; export the run again")
    fields = {name: row.get(name) if row.get(name) is not None else row.get(EXPORTED.get(name, "")) for name in TEXT_FIELDS}
    if row.get("form") == "code" and fields["code"] is None:
        fields["proof"], fields["code"] = None, fields["proof"]
    return fields


def _kind_of(value: object) -> str:
    names = {bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "an object", str: "text", type(None): "null"}
    return "an object" if isinstance(value, BadRow) else names.get(type(value), f"a {type(value).__name__}")
