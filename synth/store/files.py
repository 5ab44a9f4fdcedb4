"""Records in single files: JSONL, or Parquet by the ending; written whole or not at all."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from synth.overrides import said
from synth.store.arrow import arrow_schema, from_table, to_table
from verify_workers.errors import UserError

R = TypeVar("R", bound=BaseModel)
_ROWS = 16_384  # rows of a table that are read or written together
_ENDINGS = (".parquet", ".arrow", ".jsonl")


def read_records(path: str | Path, model: type[R], adapt: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> Iterator[R]:
    """The records of a file, or of a folder of such files (Parquet parts, a saved data set, an export).

    `adapt` turns a row of JSONL into the record's fields.  UserError names the file and the row.
    """
    place = Path(path)
    if not place.exists():
        raise UserError(f"{place}: no such file; check the path")
    files = [place]
    if place.is_dir():
        files = sorted(file for file in place.iterdir() if file.suffix in _ENDINGS and not file.name.startswith((".", "_")))
        if not files:
            raise UserError(f"{place}: no {', '.join(_ENDINGS)} file in this folder; give the folder or file that holds the rows")
    for file in files:
        if file.suffix in (".parquet", ".arrow"):
            yield from _table_records(file, model)
        else:
            yield from _jsonl_records(file, model, adapt)


def of_this_sort(records: Iterator[R]) -> Iterator[R] | None:
    """The records; None where the first row is none of theirs: what it is, all are."""
    try:
        first = next(records, None)
    except UserError:
        return None
    return chain([] if first is None else [first], records)


def _table_records(file: Path, model: type[R]) -> Iterator[R]:
    try:
        if file.suffix == ".parquet":
            with pq.ParquetFile(file, buffer_size=2**20) as parts:
                for batch in parts.iter_batches(_ROWS):
                    yield from from_table(pa.Table.from_batches([batch]), model)
        else:
            with pa.memory_map(str(file)) as data:
                for batch in pa.ipc.open_stream(data):
                    yield from from_table(pa.Table.from_batches([batch]), model)
    except (pa.ArrowException, OSError) as error:
        raise UserError(
            f"{file}: not a readable {file.suffix[1:].capitalize()} file ({str(error).splitlines()[0]}); get it again"
        ) from None
    except ValidationError as error:
        raise UserError(f"{file}: {_first(error)}; expected {model.__name__} records{_needs(model)}") from None


def _jsonl_records(file: Path, model: type[R], adapt: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[R]:
    expected = f"expected a {model.__name__} record{_needs(model)}"
    try:
        lines = file.open("rb")
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from None
    with lines:
        for number, line in enumerate(lines, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode())
                yield model.model_validate(adapt(row) if isinstance(row, dict) else row)
            except UnicodeDecodeError as error:
                raise UserError(f"{file}:{number}: not UTF-8 at byte {error.start + 1}; save the file as UTF-8") from None
            except json.JSONDecodeError as error:
                raise UserError(f"{file}:{number}: not valid JSON ({error.msg} at column {error.colno}); {expected}") from None
            except RecursionError:
                raise UserError(f"{file}:{number}: JSON nested too deep; {expected}") from None
            except ValidationError as error:
                raise UserError(f"{file}:{number}: {_first(error)}; {expected}") from None
            except UserError as error:
                raise UserError(f"{file}:{number}: {error}") from None


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the row'}: {said(first)}"


_WRITTEN_BY = {"Pair": "`synth prove` or `synth export`", "Statement": "`synth formalize`", "Annotation": "`synth informalize`"}


def _needs(model: type[BaseModel]) -> str:
    """The fields without which there is no record of a kind, in words."""
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    written = f", as {_WRITTEN_BY[model.__name__]} writes them" if model.__name__ in _WRITTEN_BY else ""
    return f" (it has {', '.join(needed)}{written})" if needed else written


def text_of(file: Path) -> str:
    """The text of a file.  UserError where it is none, with the line."""
    try:
        content = file.read_bytes()
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        at = error.start - content.rfind(b"\n", 0, error.start)
        raise UserError(f"{file}:{line}: not UTF-8 at byte {at}; save the file as UTF-8") from None


def check_target(path: str | Path, endings: tuple[str, ...] = (".jsonl", ".parquet")) -> None:
    """UserError where `write_records` could never write: said before the work, not after it."""
    target = Path(path)
    if target.suffix not in endings:
        raise UserError(f"{target}: the ending must be {' or '.join(endings)}")
    if target.is_dir():
        raise UserError(f"{target}: a folder; --out must name a file")
    parent = next(folder for folder in target.absolute().parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise UserError(f"{target}: cannot be written ({parent} is no folder that can be written to)")


def write_rows(path: str | Path, rows: Iterable[str]) -> None:
    """Write rows, objects as JSON text, to `path`, by its ending: with whatever columns they have, as `write_records` does otherwise."""
    target = Path(path)
    with _complete(target) as partial:
        with partial.open("w", encoding="utf-8", errors="replace") as file:
            file.writelines(row + "\n" for row in rows)
        if target.suffix == ".parquet":
            try:
                table = pyarrow.json.read_json(partial) if partial.stat().st_size else pa.table({})
            except pa.ArrowInvalid as error:
                raise UserError(f"{target}: the rows have no common columns ({str(error).splitlines()[0]}); write .jsonl") from None
            pq.write_table(table, partial, compression="zstd")


def write_records(path: str | Path, records: Sequence[R] | Iterable[R], model: type[R]) -> None:
    """Write records to `path`, by its ending; it appears complete or not at all."""
    target = Path(path)
    with _complete(target) as partial:
        if target.suffix == ".parquet":
            _write_parquet(records, partial, model)
        else:
            with partial.open("w", encoding="utf-8", errors="replace") as file:
                file.writelines(record.model_dump_json() + "\n" for record in records)


def write_text(path: str | Path, text: str) -> None:
    """Write a text to `path`; it appears complete or not at all."""
    with _complete(Path(path), ()) as partial:
        partial.write_text(text, encoding="utf-8", errors="replace")


@contextmanager
def _complete(target: Path, endings: tuple[str, ...] = (".jsonl", ".parquet")) -> Iterator[Path]:
    """A file beside `target` that takes its place once it is written."""
    check_target(target, endings or (target.suffix,))
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, target)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({os.strerror(error.errno or 0).lower()})") from error
    finally:
        partial.unlink(missing_ok=True)


def _write_parquet(records: Iterable[R], file: Path, model: type[R]) -> None:
    left = iter(records)
    with pq.ParquetWriter(file, arrow_schema(model), compression="zstd") as writer:
        while some := list(islice(left, _ROWS)):
            writer.write_table(to_table(some, model))
