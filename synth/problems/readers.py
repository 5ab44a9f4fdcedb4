"""Problems from files: JSONL, Parquet, CSV and Hugging Face `datasets`, on any fsspec filesystem, or from the generator.

A row gives plain language, a formal statement, or both; which column is which is guessed from the usual names
(miniF2F's among them) or said by `problems.fields`.  A bad row stops the run or, with `on_error: skip`, is recorded
with its place and remedy while the others go on.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, Literal

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.compression import compr
from fsspec.utils import infer_compression
from pydantic import BaseModel, ConfigDict, Field

from synth.records import Problem, content_id
from verify_workers.errors import UserError

GUESSES: dict[str, tuple[str, ...]] = {
    "text": ("text", "informal_statement", "nl_statement", "natural_language_statement", "informal_stmt", "problem", "question"),
    "statement": ("statement", "formal_statement", "lean4_statement", "lean_statement", "lean4_code", "theorem"),
    "header": ("header", "lean_header", "lean4_header", "srcHeader"),
    "name": ("name", "id", "problem_id", "theorem_name", "full_name", "uuid"),
}
_ENDINGS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet", ".csv": "csv"}
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_SAVED = {"state.json", "dataset_dict.json"}  # what `save_to_disk` leaves in a folder
_META_LENGTH = 200  # characters; longer columns (informal proofs and the like) are not carried along
Format = Literal["auto", "jsonl", "parquet", "csv", "datasets"]


class ProblemsConfig(BaseModel):
    """Where the problems come from."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field("", description="file, pattern, folder, or `datasets` name; '' = the built-in generator")
    format: Format = Field("auto", description="auto: by the ending of `path`")
    fields: dict[str, str] = Field({}, description="column of each of text, statement, header, name; guessed where not given")
    where: dict[str, str | bool | int] = Field({}, description="use only the rows whose columns have these values")
    on_error: Literal["stop", "skip"] = Field("stop", description="what a bad row does; skip: it is recorded and left out")
    limit: int = Field(0, ge=0, description="problems to read at most; 0 = all")
    split: str = Field("train", description="split of a `datasets` data set")
    subset: str = Field("", description="configuration of a hub data set")
    seed: int = Field(0, description="seed of the generator")
    count: int = Field(300, ge=1, description="problems to generate")


class Rejection(BaseModel):
    """A row that did not become a problem."""

    model_config = ConfigDict(frozen=True)

    source: str = Field(description="file and row (counted from 1; for text files the line)")
    field: str = ""
    reason: str
    remedy: str = ""

    def line(self) -> str:
        place = f"{self.source}: field `{self.field}`" if self.field else self.source
        return f"{place}: {self.reason}" + (f"; {self.remedy}" if self.remedy else "")


class _BadRow(Exception):
    def __init__(self, reason: str, remedy: str = "", field: str = "") -> None:
        super().__init__(reason)
        self.reason, self.remedy, self.field = reason, remedy, field


_Row = tuple[str, dict[str, Any] | _BadRow]  # where it stands, and what it holds or what is wrong with it


def read_problems(config: ProblemsConfig) -> tuple[list[Problem], list[Rejection]]:
    """All problems and all rejected rows.  UserError when nothing is left, and for the first bad row if `on_error` is stop."""
    problems: list[Problem] = []
    rejected: list[Rejection] = []
    for item in iterate(config):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            rejected.append(item)
    if not problems:
        if rejected:
            raise UserError(f"{config.path}: none of {len(rejected)} rows is usable; the first: {rejected[0].line()}")
        kept = f" with {', '.join(f'{k} = {v}' for k, v in config.where.items())}" if config.where else ""
        raise UserError(f"{config.path}: no rows{kept}; give a file that holds problems")
    return problems, rejected


def iterate(config: ProblemsConfig) -> Iterator[Problem | Rejection]:
    """Problems and rejections in the order of the rows; a problem that came before is rejected as a duplicate."""
    unknown = sorted(set(config.fields) - set(GUESSES))
    if unknown:
        raise UserError(f"problems.fields.{unknown[0]}: unknown field; the fields are {', '.join(GUESSES)}")
    if not config.path:
        from synth.problems.generate import generate

        yield from (generated.problem() for generated in generate(config.seed, config.count))
        return
    seen: dict[str, str] = {}
    for place, row in _rows(config):
        try:
            if isinstance(row, _BadRow):
                raise row
            if not _selected(row, config.where):
                continue
            problem = _problem(row, config.fields, place)
        except _BadRow as bad:
            rejection = Rejection(source=place, field=bad.field, reason=bad.reason, remedy=bad.remedy)
            if config.on_error == "stop":
                raise UserError(f"{rejection.line()}, or set problems.on_error=skip") from None
            yield rejection
            continue
        if problem.id in seen:
            yield Rejection(source=place, reason=f"duplicate of {seen[problem.id]}")
            continue
        seen[problem.id] = place
        yield problem
        if config.limit and len(seen) >= config.limit:
            return


def _selected(row: dict[str, Any], where: dict[str, str | bool | int]) -> bool:
    return all(key in row and str(row[key]).lower() == str(value).lower() for key, value in where.items())


def _problem(row: dict[str, Any], fields: dict[str, str], place: str) -> Problem:
    """The problem of a row.  Raises _BadRow."""
    columns = {name: fields.get(name) or next((c for c in guesses if row.get(c) is not None), "") for name, guesses in GUESSES.items()}
    values: dict[str, str] = {}
    for name, column in columns.items():
        if name in fields and column not in row:
            known = ", ".join(list(row)[:12])
            raise _BadRow(f"no column `{column}`", f"the columns are {known}: set problems.fields.{name} to one of them", column)
        value = row.get(column)
        if value is None:
            value = ""
        elif name == "name" and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise _BadRow(f"is {type(value).__name__}, not text", f"mend the row or set problems.fields.{name} to a text column", column)
        values[name] = value.strip("\n") if name == "header" else value.strip()
    if not values["text"] and not values["statement"]:
        known = ", ".join(list(row)[:12]) or "none"
        raise _BadRow(
            "neither plain language nor a formal statement",
            f"the row's columns are {known}: name the right one with problems.fields.text or problems.fields.statement",
        )
    used = set(columns.values())
    meta = {
        str(key): str(value)
        for key, value in row.items()
        if key not in used and isinstance(value, str | int | float | bool) and len(str(value)) <= _META_LENGTH
    }
    return Problem(id=content_id("problem", values["text"], values["statement"], values["header"]), source=place, meta=meta, **values)


# --- rows of each format ----------------------------------------------------------------------------------------------


def _rows(config: ProblemsConfig) -> Iterator[_Row]:
    if config.format == "datasets":
        yield from _dataset_rows(config)
        return
    try:
        fs, path = fsspec.url_to_fs(config.path)
    except (ImportError, ValueError) as error:
        raise UserError(f"{config.path}: cannot be opened ({error}); install the fsspec driver for it, or copy the file here") from None
    if fs.isdir(path):
        names = {str(name).rsplit("/", 1)[-1] for name in fs.ls(path, detail=False)}
        if config.format == "auto" and names & _SAVED:
            yield from _dataset_rows(config)
            return
        files = sorted(name for name in fs.find(path) if _format(name, config.format, strict=False))
        if not files:
            raise UserError(
                f"{config.path}: no .jsonl, .parquet or .csv file in this folder; give the folder or file that holds the problems"
            )
    elif any(sign in path for sign in "*?["):
        files = sorted(str(name) for name in fs.glob(path))
        if not files:
            raise UserError(f"{config.path}: no file matches; check the path")
    elif fs.exists(path):
        files = [path]
    elif config.format == "auto" and _hub_name(config.path):
        yield from _dataset_rows(config)
        return
    else:
        raise UserError(f"{config.path}: no such file; check the path")
    for name in files:
        label = config.path if name == path else name
        if fs.size(name) == 0:
            raise UserError(f"{label}: the file is empty; give a file that holds problems")
        kind = _format(name, config.format)
        try:
            with fs.open(name, "rb") as raw:
                if kind == "parquet":
                    yield from _parquet_rows(label, raw)
                else:
                    with compr[infer_compression(name)](raw, mode="rb") as file:
                        yield from (_jsonl_rows if kind == "jsonl" else _csv_rows)(label, file)
        except (PermissionError, IsADirectoryError) as error:
            raise UserError(f"{label}: cannot be read ({error.strerror}); check its permissions") from None
        except (EOFError, zlib.error, OSError, pa.ArrowException) as error:
            raise UserError(
                f"{label}: damaged or not a {kind} file ({str(error).splitlines()[0]}); get it again, or set problems.format"
            ) from None


def _format(name: str, format: Format, strict: bool = True) -> str:
    if format != "auto":
        return format
    path = PurePosixPath(name)
    if path.suffix in _COMPRESSED:
        path = path.with_suffix("")
    kind = _ENDINGS.get(path.suffix, "")
    if strict and not kind:
        raise UserError(f"{name}: cannot tell the format from the name; set problems.format to jsonl, parquet, csv or datasets")
    return kind


def _jsonl_rows(name: str, file: Iterable[bytes]) -> Iterator[_Row]:
    for number, line in enumerate(file, 1):
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            value = json.loads(line.rstrip(b"\r\n"))
        except UnicodeDecodeError as error:
            yield place, _BadRow(f"not UTF-8 at byte {error.start}", "save the file as UTF-8")
        except ValueError as error:
            what = str(error).split(": line ")[0].removesuffix(" at")
            column = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            yield place, _BadRow(f"not valid JSON ({what}{column})", "mend or remove the line (one JSON object per line)")
        except RecursionError:
            yield place, _BadRow("JSON nested too deep", "mend or remove the line")
        else:
            if isinstance(value, dict):
                yield place, value
            else:
                yield place, _BadRow(f"a row must be a JSON object, this is a {type(value).__name__}", "write one object per line")


def _csv_rows(name: str, file: Any) -> Iterator[_Row]:
    csv.field_size_limit(2**27)
    with io.TextIOWrapper(file, encoding="utf-8-sig", errors="strict", newline="") as text:
        reader = csv.DictReader(text, strict=True)
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield f"{name}:{reader.line_num}", _BadRow(f"not valid CSV ({error})", "mend the line")
                return  # what follows a broken quotation cannot be trusted
            except UnicodeDecodeError:
                yield f"{name}:{reader.line_num + 1}", _BadRow("not UTF-8", "save the file as UTF-8")
                return
            place = f"{name}:{reader.line_num}"
            if None in row or None in row.values():
                yield place, _BadRow("has another number of cells than the heading", "mend the line")
            else:
                yield place, {key: value or None for key, value in row.items()}


def _parquet_rows(name: str, file: Any) -> Iterator[_Row]:
    number = 0
    for batch in pq.ParquetFile(file).iter_batches(batch_size=1024):
        for row in batch.to_pylist():
            number += 1
            yield f"{name}:{number}", row


def _hub_name(path: str) -> bool:
    """Whether a path that does not exist here may name a data set on the hub: `owner/name`, and not a file's name."""
    return bool(re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", path)) and PurePosixPath(path).suffix not in {
        *_ENDINGS,
        *_COMPRESSED,
    }


def _dataset_rows(config: ProblemsConfig) -> Iterator[_Row]:
    import datasets

    fs, path = fsspec.url_to_fs(config.path)
    try:
        if fs.isdir(path) and _SAVED & {str(name).rsplit("/", 1)[-1] for name in fs.ls(path, detail=False)}:
            data = datasets.load_from_disk(config.path)
        else:
            data = datasets.load_dataset(config.path, config.subset or None, split=config.split)
    except (
        Exception
    ) as error:  # the hub client raises from several families; whatever it is, the user can only mend the name or the network
        what = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise UserError(
            f"{config.path}: not a file here, and not a data set that can be loaded ({what}); check the path and problems.split"
        ) from None
    if isinstance(data, datasets.DatasetDict | datasets.IterableDatasetDict):
        if config.split not in data:
            raise UserError(f"{config.path}: no split `{config.split}`; set problems.split to one of {', '.join(data)}")
        data = data[config.split]
    for number, row in enumerate(data, 1):
        yield f"{config.path}[{config.split}]:{number}", dict(row)
