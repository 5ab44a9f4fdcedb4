"""Which column of a row is what: guessed from the names in use, or said; and the problem that a row holds.

The names are those of miniF2F, ProofNet, PutnamBench, Lean Workbook, NuminaMath-LEAN, FineLeanCorpus, FormalMATH, Herald and the
files that prover models publish, in any spelling (`Formal Statement`, `formalStatement`, `formal_statement`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from synth.problems.whole_file import clean, split_doc, split_file, uncommented
from synth.records import Problem, content_id
from verify_workers.text.statement import StatementError

# In this order: names that say which language they hold come first, `statement` and `theorem` may hold either.
GUESSES: dict[str, tuple[str, ...]] = {
    "statement": (
        "formal_statement", "lean4_statement", "lean_statement", "formal_theorem", "formal_problem", "lean4_code", "lean_code",
        "lean4_formalization", "lean_formalization", "autoformalization", "formalization", "lean4", "lean", "statement", "theorem",
    ),
    "text": (
        "text", "informal_statement", "nl_statement", "natural_language_statement", "informal_stmt", "informal_problem", "nl_problem",
        "informal_theorem", "natural_language", "refined_statement", "informal_prefix", "problem", "problem_statement", "question",
        "informal", "statement", "theorem",
    ),
    "header": ("header", "lean_header", "lean4_header", "src_header", "formal_header", "preamble"),
    "name": ("name", "id", "problem_id", "problem_name", "theorem_name", "theorem_names", "full_name", "uuid"),
}  # fmt: skip
_MISSING = frozenset({"", "nan", "none", "null", "<na>", "n/a"})  # as pandas and others write a cell without a value
_META_LENGTH = 200  # characters; longer columns (informal proofs and the like) are not carried along
_SHOWN = 12  # columns named in a message


class BadRow(Exception):
    """What is wrong with a row; it becomes a `Rejection` or ends the reading."""

    def __init__(self, reason: str, remedy: str = "", field: str = "") -> None:
        super().__init__(reason)
        self.reason, self.remedy, self.field = reason, remedy, field


@dataclass(frozen=True)
class Repeated:
    """The value of a column whose name the file gives to several."""

    count: int


def named(cells: list[tuple[str, Any]]) -> dict[str, Any]:
    """A row from its cells: columns without a name are left out, of those with one name none can be taken."""
    row: dict[str, Any] = {}
    for name, value in cells:
        if name:
            row[name] = Repeated(2) if name in row else value
    return row


def problem_of(row: Mapping[str, Any], fields: Mapping[str, str], place: str) -> tuple[Problem, dict[str, str]]:
    """The problem of a row, and the column of each of its fields.  Raises BadRow."""
    columns = columns_of(row, fields, GUESSES)
    values = {field: _text(row, field, column) for field, column in columns.items()}
    header, doc = split_doc(values["header"])
    if values["statement"]:
        try:
            file = split_file(values["statement"])
        except StatementError as error:
            column = columns["statement"]
            said = f"leave the proof out (`:= by sorry`), mend the row, or say what the columns hold ({_mapping(column)})"
            raise BadRow(f"holds no Lean theorem that can be stated ({error})", said, column) from None
        values["statement"], header, doc = file.theorem, _joined(header, file.header), file.doc or doc
        if file.preamble:
            values["preamble"] = file.preamble
    values["header"] = header
    if not values["text"] and doc:
        values["text"] = doc
    if not values["text"] and not values["statement"]:
        raise BadRow(
            "neither plain language nor a formal statement",
            f"the row's columns are {', '.join(_paths(row)) or 'none'}: "
            "name the right one with problems.fields.text or problems.fields.statement",
        )
    problem = Problem(
        id=content_id("problem", *(values[field] for field in ("text", "statement", "header", "preamble") if field in values)),
        source=place,
        meta=_meta(row, {column.partition(".")[0] for column in columns.values()}),
        **values,
    )
    return problem, {field: column for field, column in columns.items() if column}


def recognized(row: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    """Whether one of the row's columns is a text or a statement by its name."""
    wanted = {fields.get(field, "").partition(".")[0] for field in ("text", "statement")}
    return any(name in wanted or _spelled(name) in _FORMAL_OR_INFORMAL for name in row)


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """The value of a column; `a.b` is the part `b` of the column `a` where no column has that very name.  KeyError."""
    if path in row:
        return row[path]
    outer, dot, inner = path.partition(".")
    if dot and isinstance(row.get(outer), Mapping):
        return value_at(row[outer], inner)
    raise KeyError(path)


# --- which column ---------------------------------------------------------------------------------------------------------


def columns_of(row: Mapping[str, Any], fields: Mapping[str, str], guesses: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The column of each field of `guesses`, '' = none: as `fields` say, else the first by its names that holds something.

    A column that is said to hold one thing is not guessed to hold another.
    """
    spelled: dict[str, str] = {}
    for name, value in row.items():
        if not missing(value):
            spelled.setdefault(_spelled(str(name)), str(name))
    columns = dict(fields)
    for field, names in guesses.items():
        if field not in fields:
            free = (spelled.get(_spelled(guess), "") for guess in names)
            columns[field] = next((column for column in free if column and column not in columns.values()), "")
    return {field: columns[field] for field in guesses}


@lru_cache(4096)
def _spelled(name: str) -> str:
    """A column's name without case, spaces and signs."""
    return re.sub(r"[\W_]", "", name).lower()


_FORMAL_OR_INFORMAL = frozenset(_spelled(guess) for field in ("text", "statement") for guess in GUESSES[field])


def _mapping(column: str) -> str:
    return f"problems.fields.text={column} if `{column}` is plain language, problems.fields.statement=COLUMN for the Lean one"


def _paths(row: Mapping[str, Any]) -> Iterator[str]:
    """The columns as `problems.fields` names them, parts of nested ones included; a dozen at most."""
    found = [f"{name}.{part}" for name in row if isinstance(row[name], Mapping) for part in row[name]]
    plain = [str(name) for name in row if not isinstance(row[name], Mapping)]
    yield from [*plain, *found][:_SHOWN]


# --- what it holds --------------------------------------------------------------------------------------------------------


def missing(value: Any) -> bool:
    """Whether a cell has no value: null, not a number (pandas' way to say so), or a text that says so."""
    if isinstance(value, str):
        return value.strip().lower() in _MISSING
    return value is None or (isinstance(value, float) and math.isnan(value)) or (isinstance(value, list) and not value)


def _text(row: Mapping[str, Any], field: str, column: str) -> str:
    """The text in `column` for `field`; '' where there is none."""
    if not column:
        return ""
    try:
        value = value_at(row, column)
    except KeyError:
        known = ", ".join(_paths(row))
        raise BadRow(f"no column `{column}`", f"the columns are {known}: set problems.fields.{field} to one of them", column) from None
    if isinstance(value, Repeated):
        raise BadRow("several columns have this name", f"rename one, or set problems.fields.{field} to another", column)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if missing(value):
        return ""
    if field == "name":
        value = _name(value)
    if isinstance(value, bytes):
        value = _decoded(value, column)
    if not isinstance(value, str):
        kind = f"a list of {len(value)}" if isinstance(value, list) else type(value).__name__
        raise BadRow(f"is {kind}, not text", f"mend the row or set problems.fields.{field} to a text column", column)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        at = f"U+{ord(value[error.start]):04X} at character {error.start + 1}"
        raise BadRow(f"no Unicode text (a lone surrogate, {at})", "mend or remove the row", column) from None
    value = clean(value)
    if field == "header":
        return value.strip("\n")
    return uncommented(value) if field == "text" else value.strip()


def _name(value: Any) -> Any:
    """Numbers are names too; an integer column with gaps is one of floats in pandas."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | UUID) and not isinstance(value, bool) else value


def _decoded(value: bytes, column: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise BadRow(f"not UTF-8 at byte {error.start + 1}", "mend or remove the row", column) from None


def _joined(column: str, front: str) -> str:
    """The header of a statement that has text `front` before its theorem: a whole file's imports make its own header complete."""
    if not front or front in column:
        return column
    if not column or re.search(r"^import\s", front, re.M):
        return front
    return f"{column.rstrip()}\n{front}"


def _meta(row: Mapping[str, Any], used: set[str]) -> dict[str, str]:
    return {
        str(key): str(value).encode(errors="replace").decode()
        for key, value in row.items()
        if key not in used and isinstance(value, str | int | float) and not missing(value) and len(str(value)) <= _META_LENGTH
    }
