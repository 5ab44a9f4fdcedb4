"""The rows of files: JSON Lines, JSON, CSV, Parquet, Arrow and saved `datasets`.

Compression and encoding are read from the file itself (gzip, bzip2, xz, Zstandard, LZ4, a zip of one file; UTF-8 with or without a
byte-order mark, UTF-16), its format from its name.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import Any, cast

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from synth.problems.columns import BadRow, named
from synth.problems.files import EVERY_SPLIT, SPLITS, Files, Format, by_name, is_saved, split_named
from verify_workers.errors import UserError

Row = tuple[str, dict[str, Any] | BadRow]  # where it stands, and what it holds or what is wrong with it
Recognized = Callable[[dict[str, Any]], bool]  # whether an object is a row, by the names of its columns

_MAGIC = (
    (b"\x1f\x8b", "gzip"), (b"BZh", "bz2"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xfd7zXZ\x00", "xz"), (b"PK\x03\x04", "zip"),
)  # fmt: skip


def rows(files: Files, format: Format, split: str, recognized: Recognized) -> Iterator[Row]:
    """The rows of the chosen files.  UserError for a file that cannot be read as what it is."""
    for name in files.chosen:
        label = files.path if files.is_file else name
        kind = by_name(name, format)
        if not kind:
            raise UserError(f"{label}: cannot tell the format from the name; set problems.format to jsonl, json, csv, parquet or arrow")
        try:
            if files.fs.size(name) == 0:
                raise UserError(f"{label}: the file is empty; give a file that holds problems")
            with closing(files.fs.open(name, "rb")) as raw, io.BufferedReader(raw) as file:
                yield from _rows(label, file, kind, format, split, recognized)
        except (PermissionError, IsADirectoryError) as error:
            raise UserError(f"{label}: cannot be read ({error.strerror}); check its permissions") from None
        except (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException) as error:
            what = (str(error).splitlines() or [type(error).__name__])[0]
            raise UserError(f"{label}: damaged or not a {kind} file ({what}); get it again, or set problems.format") from None


def _rows(label: str, file: io.BufferedReader, kind: str, format: Format, split: str, recognized: Recognized) -> Iterator[Row]:
    plain, inner = _unpacked(label, file)
    if kind == "zip":
        kind = by_name(inner, format) if inner else ""
        if not kind or kind == "zip":
            raise UserError(f"{label}: {inner or 'it'} is no file of rows by its name; unpack it")
    head = plain.peek(8)[:8]
    if format == "auto" and head.startswith((b"PAR1", b"ARROW1")):
        kind = "parquet" if head.startswith(b"PAR1") else "arrow"
    if kind == "parquet":
        yield from _parquet_rows(label, plain if plain is file else io.BytesIO(plain.read()))
    elif kind == "arrow":
        yield from _arrow_rows(label, plain)
    elif kind == "csv":
        yield from _csv_rows(label, _utf8(label, plain))
    else:
        yield from _json_rows(label, _utf8(label, plain), kind, split, recognized)


def _unpacked(label: str, file: io.BufferedReader) -> tuple[io.BufferedReader, str]:
    """The content of a file, unpacked where its first bytes say that it is packed, and the name of what a zip holds."""
    head = file.peek(8)[:8]
    kind = next((name for magic, name in _MAGIC if head.startswith(magic)), "")
    if not kind:
        return file, ""
    if kind == "xz":
        return io.BufferedReader(cast(Any, lzma.LZMAFile(file))), ""
    if kind != "zip":
        return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(file, mode="r"), kind)), ""
    archive = zipfile.ZipFile(file)
    inside = [name for name in archive.namelist() if not name.endswith("/") and not re.search(r"(?:^|/)[._]", name)]
    if len(inside) != 1:
        raise UserError(f"{label}: a zip of {len(inside)} files; unpack it and give the folder")
    return io.BufferedReader(cast(Any, archive.open(inside[0]))), inside[0]


def _utf8(label: str, file: io.BufferedReader) -> io.BufferedReader:
    """The text of a file as UTF-8 without a byte-order mark."""
    head = file.peek(4)[:4]
    if head.startswith(b"\xef\xbb\xbf"):
        file.read(3)
    elif head.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = file.read().decode("utf-16")
        except UnicodeDecodeError as error:
            raise UserError(f"{label}: not UTF-16 at byte {error.start}, though it begins as such; save the file as UTF-8") from None
        return io.BufferedReader(io.BytesIO(text.encode("utf-8", "surrogatepass")))  # type: ignore[arg-type]
    return file


# --- JSON -----------------------------------------------------------------------------------------------------------------


def _json_rows(label: str, file: io.BufferedReader, kind: str, split: str, recognized: Recognized) -> Iterator[Row]:
    """The rows of JSON Lines, or of one JSON value over one or several lines, whatever the file is called."""
    seen: list[bytes] = []  # as far as it takes to tell which of the two it is
    for line in file:
        seen.append(line)
        if sum(bool(line.strip()) for line in seen) == 2:
            break
    if not _one_value([line.strip() for line in seen if line.strip()], recognized):
        yield from _lines(label, chain(seen, file))
        return
    content = b"".join(seen) + file.read()
    try:
        values = list(_values(content.decode()))
    except UnicodeDecodeError as error:
        raise UserError(f"{label}: not UTF-8 at byte {error.start + 1}; save the file as UTF-8") from None
    except RecursionError:
        raise UserError(f"{label}: JSON nested too deep; give an array of objects, or one object per line") from None
    except json.JSONDecodeError as error:
        if kind == "jsonl" and not content.lstrip().startswith(b"["):
            yield from _lines(label, content.splitlines(keepends=True))
            return
        where = f"{label}:{error.lineno}"
        raise UserError(f"{where}: not valid JSON ({_what(error)}); give an array of objects, or one object per line") from None
    if len(values) == 1:
        yield from _entries(label, values[0], split, recognized)
    else:
        yield from _numbered(label, values)


def _one_value(lines: list[bytes], recognized: Recognized) -> bool:
    """Whether a file that begins with these (at most two) lines with text is no JSON Lines."""
    if not lines or not lines[0].startswith(b"{"):
        return bool(lines) and lines[0].startswith(b"[")
    try:
        first = json.loads(lines[0])
    except (ValueError, RecursionError):  # it goes on, unless the next line is an object of its own
        return lines[0].endswith((b"[", b"{", b",", b":")) or (len(lines) == 2 and not lines[1].startswith(b"{"))
    return len(lines) == 1 and not _is_row(first, recognized)


def _is_row(value: dict[str, Any], recognized: Recognized) -> bool:
    return any(isinstance(part, str) and recognized({name: part}) for name, part in value.items())


def _values(text: str) -> Iterator[Any]:
    """JSON values one after the other, as `jq` writes them."""
    decoder, at = json.JSONDecoder(object_pairs_hook=named), 0
    while at < len(text) and (at := len(text) - len(text[at:].lstrip())) < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value


def _entries(label: str, value: Any, split: str, recognized: Recognized) -> Iterator[Row]:
    """The rows in one JSON value: an array, an object that holds one, an object of objects or of columns, or one row."""
    if isinstance(value, list):
        yield from _numbered(label, value)
        return
    arrays = {name: part for name, part in value.items() if isinstance(part, list) and part and all(isinstance(row, dict) for row in part)}
    if _is_row(value, recognized):
        yield f"{label}:1", value
    elif recognized(value) and _is_table(value):
        columns = [part.values() if isinstance(part, dict) else part for part in value.values()]
        yield from _numbered(label, [dict(zip(value, cells, strict=True)) for cells in zip(*columns, strict=True)])
    elif arrays:
        named_so = {split_named(name): name for name in arrays}
        only = next(iter(arrays)) if len(arrays) == 1 and not named_so.keys() & SPLITS.keys() else ""
        wanted = list(arrays) if split == EVERY_SPLIT else [named_so.get(split_named(split), only)]
        if not wanted[0]:
            raise UserError(f"{label}: no list named `{split}`; set problems.split to one of {', '.join(arrays)}, or {EVERY_SPLIT}")
        for name in wanted:
            yield from _numbered(f"{label}[{name}]", arrays[name])
    elif value and all(isinstance(row, dict) for row in value.values()):
        for name, row in value.items():
            yield f"{label}[{name}]", {"name": name} | row
    else:
        yield f"{label}:1", value


def _is_table(value: dict[str, Any]) -> bool:
    """Whether an object holds columns of one length (pandas' `to_json` and `to_dict`)."""
    return all(isinstance(column, list | dict) for column in value.values()) and len({len(column) for column in value.values()}) == 1


def _numbered(label: str, values: Iterable[Any]) -> Iterator[Row]:
    for number, value in enumerate(values, 1):
        yield _object(f"{label}: entry {number}", value)


def _object(place: str, value: Any) -> Row:
    if isinstance(value, dict):
        return place, value
    return place, BadRow(f"a row must be a JSON object, this is a {type(value).__name__}", "write one object per row")


def _lines(label: str, lines: Iterable[bytes]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{label}:{number}"
        try:
            value = json.loads(line.rstrip(b"\r\n").decode(), object_pairs_hook=named)
        except UnicodeDecodeError as error:
            yield place, BadRow(f"not UTF-8 at byte {error.start + 1}", "save the file as UTF-8")
        except json.JSONDecodeError as error:
            yield place, BadRow(f"not valid JSON ({_what(error)})", "mend or remove the line (one JSON object per line)")
        except ValueError as error:  # a number of thousands of digits
            yield place, BadRow(f"not valid JSON ({error})", "mend or remove the line (one JSON object per line)")
        except RecursionError:
            yield place, BadRow("JSON nested too deep", "mend or remove the line")
        else:
            yield _object(place, value)


def _what(error: json.JSONDecodeError) -> str:
    return f"{error.msg.removesuffix(' at')} at column {error.colno}"


# --- CSV, Parquet, Arrow --------------------------------------------------------------------------------------------------


def _csv_rows(label: str, file: io.BufferedReader) -> Iterator[Row]:
    csv.field_size_limit(2**27)
    heading = re.sub(r'"[^"]*"', "", file.peek(2**16).decode(errors="replace").lstrip().partition("\n")[0])
    delimiter = max(",;\t", key=heading.count)
    with io.TextIOWrapper(file, encoding="utf-8", errors="strict", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        names: list[str] = []
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield f"{label}:{reader.line_num}", BadRow(f"not valid CSV ({error})", "mend the line")
                return  # what follows a broken quotation cannot be trusted
            except UnicodeDecodeError:
                yield f"{label}:{reader.line_num + 1}", BadRow("not UTF-8", "save the file as UTF-8")
                return
            if not cells:
                continue
            if not names:
                names = [cell.strip() for cell in cells]
            elif len(cells) != len(names):
                yield f"{label}:{reader.line_num}", BadRow("has another number of cells than the heading", "mend the line")
            else:
                yield f"{label}:{reader.line_num}", named(list(zip(names, cells, strict=True)))


def _parquet_rows(label: str, file: Any) -> Iterator[Row]:
    yield from _table_rows(label, pq.ParquetFile(file, buffer_size=2**20).iter_batches(batch_size=1024))


def _arrow_rows(label: str, file: io.BufferedReader) -> Iterator[Row]:
    data = pa.BufferReader(file.read())
    try:
        reader = pa.ipc.open_file(data)
        batches: Iterable[Any] = (reader.get_batch(i) for i in range(reader.num_record_batches))
    except pa.ArrowInvalid:  # `datasets` writes streams
        data.seek(0)
        batches = pa.ipc.open_stream(data)
    yield from _table_rows(label, batches)


def _table_rows(label: str, batches: Iterable[Any]) -> Iterator[Row]:
    number = 0
    for batch in batches:
        columns = [batch.column(i).to_pylist() for i in range(batch.num_columns)]
        for cells in zip(*columns, strict=True):
            number += 1
            yield f"{label}:{number}", named(list(zip(batch.schema.names, cells, strict=True)))


# --- datasets -------------------------------------------------------------------------------------------------------------


def dataset_rows(path: str, subset: str, split: str) -> Iterator[Row]:
    """The rows of one split of a folder that `save_to_disk` wrote, or of a data set that `load_dataset` finds."""
    import datasets

    fs, place = fsspec.url_to_fs(path)
    try:
        if fs.isdir(place) and is_saved(fs, place):
            data = datasets.load_from_disk(path)
        else:
            data = datasets.load_dataset(path, subset or None, split=split if split != EVERY_SPLIT else None)
    except (
        Exception
    ) as error:  # the hub client raises from several families; whatever it is, the user can only mend the name or the network
        what = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise UserError(
            f"{path}: not a file here, and not a data set that can be loaded ({what}); check the path and problems.split"
        ) from None
    parts = {split: data}
    if isinstance(data, datasets.DatasetDict | datasets.IterableDatasetDict):
        named_so = {split_named(name): name for name in data}
        if split != EVERY_SPLIT and split_named(split) not in named_so:
            raise UserError(f"{path}: no split `{split}`; set problems.split to one of {', '.join(data)}, or {EVERY_SPLIT}")
        parts = dict(data) if split == EVERY_SPLIT else {split: data[named_so[split_named(split)]]}
    for name, part in parts.items():
        for number, row in enumerate(part, 1):
            yield f"{path}[{name}]:{number}", dict(row)
