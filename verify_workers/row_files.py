"""The rows of files for `synth verify`: JSON Lines, JSON arrays and CSV (packed by gzip or not), Parquet, Arrow.

What stands in a row is `check_rows`' business; known here are the names of the columns that are read, and what looks like a slip of
the pen for one of them.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from verify_workers.errors import UserError

JSONL_ENDINGS = (".jsonl", ".ndjson")
PARQUET_ENDINGS = (".parquet", ".pq")
ARROW_ENDINGS = (".arrow",)  # what `datasets` saves, in folders
PACKED = ".gz"
# What is read by its ending; all but Parquet and Arrow may be packed.
FORMATS = {**dict.fromkeys(JSONL_ENDINGS, "jsonl"), ".json": "json", ".csv": "csv", **dict.fromkeys(PARQUET_ENDINGS, "parquet")}
IN_FOLDERS = (*JSONL_ENDINGS, *(f"{ending}{PACKED}" for ending in JSONL_ENDINGS), *PARQUET_ENDINGS, *ARROW_ENDINGS)
ROW_BYTES = 64 * 2**20  # longest line of JSONL, largest cell of CSV
ARRAY_BYTES = 2**30  # largest JSON array, which is read whole
READ_ROWS = 256  # rows of Parquet decoded at a time
TEXT_FIELDS = ("id", "statement", "header", "preamble", "proof", "code")
EXPORTED = {"statement": "formal_statement", "proof": "formal_proof"}  # the names in published prover corpora
PAIR = "attempt_id"  # that `synth export` gives a pair
COLUMNS = (*TEXT_FIELDS, "form", "negated", PAIR, *EXPORTED.values())
# Names that a column's may be a slip of the pen for; the short ones (`id`, `form`) are near too much that people have.
MISSPELT = ("statement", "header", "preamble", "negated", "proof", "code")
NEAR = 0.82  # difflib's ratio: `premable`, `poof` and `Proof` are near; `negative`, `mode` and `informal_statement` are not
TRUTHS = {"true": True, "false": False, "1": True, "0": False, "": None}  # `negated` in CSV

UNNAMED = "; --number-rows calls rows by their numbers"
Row = tuple[str, object]  # where it stands, and what it holds: a `BadRow` where that is no row


class BadRow(Exception):
    """What is wrong with a row, without its place."""


def files(path: Path) -> list[Path]:
    """The file, or the files of rows in a folder; names that start with `.` or `_` are none.  UserError where there is none."""
    if not path.is_dir():
        _format(path)
        if not path.exists():
            raise UserError(f"{path}: no such file")
        if not path.is_file():
            raise UserError(f"{path}: not a file")
        return [path]
    found = sorted(file for file in path.iterdir() if file.name.lower().endswith(IN_FOLDERS) and not file.name.startswith((".", "_")))
    if not found:
        raise UserError(f"{path}: no {', '.join(IN_FOLDERS)} file in this folder")
    return found


def _format(path: Path) -> str:
    """The format of a file by its name."""
    name = path.name.lower()
    packed = name.endswith(PACKED)
    ending = Path(name.removesuffix(PACKED)).suffix
    found = "arrow" if ending in ARROW_ENDINGS else FORMATS.get(ending, "")
    if not found or (packed and found in ("parquet", "arrow")):
        known = (*JSONL_ENDINGS, ".json", ".csv", f"any of these with {PACKED}", *PARQUET_ENDINGS)
        raise UserError(f"{path}: unknown ending {ending + PACKED * packed!r}; use {', '.join(known)}")
    return found


def rows_of(path: Path, slips: dict[str, str], need_id: bool = True) -> Iterator[Row]:
    """The rows of a file; UserError where it cannot be read, or is a table without a column that is needed."""
    kind = _format(path)
    if kind in ("parquet", "arrow"):
        yield from (_parquet_rows if kind == "parquet" else _arrow_rows)(path, slips, need_id)
        return
    readers: dict[str, Callable[[Path, BinaryIO], Iterator[Row]]]
    readers = {"jsonl": _jsonl_rows, "json": _json_rows, "csv": partial(_csv_rows, need_id=need_id)}
    try:
        with gzip.open(path) if path.name.lower().endswith(PACKED) else path.open("rb") as file:
            yield from readers[kind](path, cast(BinaryIO, file))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path}: not a readable gzip file ({error})") from None


def _jsonl_rows(path: Path, file: BinaryIO) -> Iterator[Row]:
    for number, raw in enumerate(iter(lambda: file.readline(ROW_BYTES + 1), b""), 1):
        place = f"{path}: row {number}"
        if len(raw) > ROW_BYTES:
            raise UserError(f"{place}: longer than {ROW_BYTES // 2**20} MiB; each line must be one JSON object")
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if raw.strip():
            yield place, _json(raw, "of the line ", "each line must be one JSON object")


def _json_rows(path: Path, file: BinaryIO) -> Iterator[Row]:
    """The rows of an array, or one object over many lines; JSON Lines are often called `.json` too."""
    first = next((line for line in iter(lambda: file.readline(ROW_BYTES), b"") if line.strip(b"\xef\xbb\xbf \t\r\n")), b"")
    file.seek(0)
    if isinstance(_json(first.removeprefix(b"\xef\xbb\xbf"), "", ""), dict):
        yield from _jsonl_rows(path, file)
        return
    raw = file.read(ARRAY_BYTES + 1)
    if len(raw) > ARRAY_BYTES:
        raise UserError(f"{path}: an array of more than {ARRAY_BYTES // 2**20} MiB; give one object per line (.jsonl)")
    value = _json(raw.removeprefix(b"\xef\xbb\xbf"), "", "give an array of objects, or one object per line (.jsonl)")
    if isinstance(value, BadRow) and raw.strip():
        raise UserError(f"{path}: {value}")
    for number, row in enumerate(value if isinstance(value, list) else [value] * bool(raw.strip()), 1):
        yield f"{path}: row {number}", row


def _json(raw: bytes, of: str, remedy: str) -> object:
    """The value that `raw` holds, or what is wrong with it."""
    try:
        return json.loads(raw.decode(), object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        return BadRow(f"not UTF-8 (byte {error.start + 1} {of}is 0x{raw[error.start]:02x})")
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        return BadRow(f"not JSON ({error.msg} at {line}column {error.colno}); {remedy}")
    except RecursionError:
        return BadRow("not a check (nested too deeply)")
    except ValueError as error:  # a number of thousands of digits
        return BadRow(f"not JSON ({error})")


def _unique(pairs: list[tuple[str, object]]) -> object:
    row = dict(pairs)
    if len(row) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        return BadRow(f"not JSON (field {short(twice)} occurs twice)")
    return row


def _csv_rows(path: Path, file: BinaryIO, need_id: bool) -> Iterator[Row]:
    """The rows of CSV with a heading; an empty cell is nothing."""
    csv.field_size_limit(ROW_BYTES)
    reader = csv.reader(_lines(path, file), strict=True)
    names: list[str] = []
    while True:
        place = f"{path}: row {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UserError(f"{place}: not CSV ({error}); what follows cannot be read") from None
        if not any(cells):
            continue
        if not names:
            names = _columns(path, [cell.strip() for cell in cells], need_id, everything=True)
        elif len(cells) != len(names):
            yield place, BadRow(f"{len(cells)} cells where the heading has {len(names)}")
        else:
            row: dict[str, object] = {name: cell or None for name, cell in zip(names, cells, strict=True)}
            if isinstance(said := row.get("negated"), str):
                row["negated"] = TRUTHS.get(said.strip().lower(), said)
            yield place, row


def _lines(path: Path, file: BinaryIO) -> Iterator[str]:
    for number, raw in enumerate(file, 1):
        try:
            yield (raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw).decode()
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: row {number}: not UTF-8 (byte {error.start + 1} of the line is 0x{raw[error.start]:02x})") from None


def _parquet_rows(path: Path, slips: dict[str, str], need_id: bool) -> Iterator[Row]:
    try:
        with pq.ParquetFile(path) as file:
            names = _columns(path, file.schema_arrow.names, need_id, slips)
            yield from _table_rows(path, file.iter_batches(batch_size=READ_ROWS, columns=names))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a readable Parquet file ({' '.join(str(error).split())})") from error


def _arrow_rows(path: Path, slips: dict[str, str], need_id: bool) -> Iterator[Row]:
    try:
        with pa.memory_map(str(path)) as data:
            reader = pa.ipc.open_stream(data)
            names = _columns(path, reader.schema.names, need_id, slips)
            yield from _table_rows(path, (batch.select(names) for batch in reader))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a readable Arrow file of `datasets` ({' '.join(str(error).split())})") from error


def _columns(path: Path, given: list[str], need_id: bool, slips: dict[str, str] | None = None, everything: bool = False) -> list[str]:
    """The columns of a table that make checks (or `everything`); UserError where one is missing or there twice."""
    names = [name for name in given if name in COLUMNS]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UserError(f"{path}: field `{twice[0]}`: the file has two such columns")
    for name in ("id", "statement") if need_id else ("statement",):
        if name not in names and EXPORTED.get(name) not in names:
            hint = instead(dict.fromkeys(given), name) + (UNNAMED if name == "id" else "")
            raise UserError(f"{path}: row 1: field `{name}` is missing (the file has no such column{hint})")
    if not {"proof", "code", EXPORTED["proof"]} & set(names):
        hint = instead(dict.fromkeys(given), "proof", "code")
        raise UserError(f"{path}: row 1: field `proof` or `code` is missing (the file has no such column{hint})")
    if slips is not None:
        look_for_slips("a column", dict.fromkeys(given, True), slips)
    return given if everything else names


def _table_rows(path: Path, batches: Iterable[Any]) -> Iterator[Row]:
    number = 0
    for batch in batches:
        for row in batch.to_pylist():
            number += 1
            yield f"{path}: row {number}", row


# ---- names


def look_for_slips(number: str, row: dict[str, Any], slips: dict[str, str]) -> None:
    """Note the columns whose names look like one of ours that the row lacks, and where they were first seen."""
    for name in row.keys() - slips.keys() - set(COLUMNS):
        near = _near(name)
        if near and row[name] is not None and row.get(near) is None and row.get(EXPORTED.get(near, "")) is None:
            slips[name] = f"key {short(name)} ({number}, near `{near}`)"


def instead(row: dict[str, Any], *wanted: str) -> str:
    """What the row has that looks like a `wanted` field, as the end of a sentence."""
    found = [name for name in row if name not in COLUMNS and _near(name) in wanted]
    return f"; {short(found[0])} looks like it" if found else ""


@lru_cache(4096)
def _near(name: str) -> str:
    """The field of ours that a column's name looks like; '' if none."""
    return next(iter(difflib.get_close_matches(name.strip().lower(), MISSPELT, 1, NEAR)), "")


def short(value: object) -> str:
    text = ascii(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
