"""Records in single files: JSONL, or Parquet by the ending; written whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from synth.store.arrow import from_table, to_table
from verify_workers.errors import UserError

R = TypeVar("R", bound=BaseModel)


def read_records(path: str | Path, model: type[R]) -> Iterator[R]:
    """The records of a file or of a folder of Parquet parts.  UserError names the file and the row."""
    place = Path(path)
    if not place.exists():
        raise UserError(f"{place}: no such file")
    for file in sorted(place.glob("*.parquet")) if place.is_dir() else [place]:
        if file.suffix == ".parquet":
            try:
                yield from from_table(pq.read_table(file), model)
            except (pa.ArrowException, OSError) as error:
                raise UserError(f"{file}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
            except ValidationError as error:
                raise UserError(f"{file}: {_first(error)}; expected {model.__name__} records") from None
            continue
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    try:
                        yield model.model_validate_json(line.decode())
                    except UnicodeDecodeError as error:
                        raise UserError(f"{file}:{number}: not UTF-8 at byte {error.start + 1}; save the file as UTF-8") from None
                    except ValidationError as error:
                        raise UserError(f"{file}:{number}: {_first(error)}; expected a {model.__name__} record") from None


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the row'}: {first['msg']}"


def check_target(path: str | Path) -> None:
    """UserError where `write_records` could never write: said before the work, not after it."""
    target = Path(path)
    if target.suffix not in (".jsonl", ".parquet"):
        raise UserError(f"{target}: the ending must be .jsonl or .parquet")
    if target.is_dir():
        raise UserError(f"{target}: a folder; --out must name a file")
    parent = next(folder for folder in target.absolute().parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise UserError(f"{target}: cannot be written ({parent} is no folder that can be written to)")


def write_records(path: str | Path, records: Sequence[R] | Iterable[R], model: type[R]) -> None:
    """Write records to `path`, by its ending; it appears complete or not at all."""
    check_target(path)
    target = Path(path)
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".parquet":
            pq.write_table(to_table(records, model), partial, compression="zstd")
        else:
            with partial.open("w", encoding="utf-8", errors="replace") as file:
                file.writelines(record.model_dump_json() + "\n" for record in records)
        os.replace(partial, target)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({os.strerror(error.errno or 0).lower()})") from error
    finally:
        partial.unlink(missing_ok=True)
