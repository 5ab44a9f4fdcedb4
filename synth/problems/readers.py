"""Problems from files of many formats and from Hugging Face `datasets`, on any fsspec filesystem.

A row gives plain language, a formal statement, or both (`columns` says which column is which, `files` which files a path means,
`formats` what their rows are).  A bad row stops the run or, with `on_error: skip`, is recorded with its place and remedy while the
others go on.  What was read, taken for what and left out is counted, so that a dry run can say it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from synth.keys import Keys, hashes
from synth.problems.columns import GUESSES, BadRow, Repeated, missing, problem_of, recognized, value_at
from synth.problems.files import EVERY_SPLIT, Files, Format, locate
from synth.problems.formats import Row, dataset_rows, rows
from synth.records import Problem
from synth.spool import Spool
from verify_workers.errors import UserError

_SHOWN = 5  # files and values named in a note
_BATCH = 4096  # problems that are looked up together


class ProblemsConfig(BaseModel):
    """Where the problems come from."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field("", description="file, pattern, folder, or `datasets` name; '' = the built-in generator")
    format: Format = Field("auto", description="auto: by the ending of `path`")
    fields: dict[str, str] = Field(
        {}, description="column of each of text, statement, header, name (a.b: part b of a; '' = none); guessed where not given"
    )
    where: dict[str, str | bool | int] = Field({}, description="use only the rows whose columns have these values")
    on_error: Literal["stop", "skip"] = Field("stop", description="what a bad row does; skip: it is recorded and left out")
    limit: int = Field(0, ge=0, description="problems to read at most; 0 = all")
    split: str = Field("train", description=f"split of a data set, or of a folder whose files' names say splits; {EVERY_SPLIT} = every one")
    subset: str = Field("", description="configuration of a hub data set")
    seed: int = Field(0, description="seed of the generator")
    count: int = Field(300, ge=1, description="problems to generate")


class ReadAs(BaseModel):
    """How a file of problems is read of which every row counts: a benchmark."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Format = Field("auto", description="as `problems.format`")
    fields: dict[str, str] = Field({}, description="as `problems.fields`")
    where: dict[str, str | bool | int] = Field({}, description="as `problems.where`")
    split: str = Field(EVERY_SPLIT, description="as `problems.split`")
    subset: str = Field("", description="as `problems.subset`")


class BenchmarkFile(ReadAs):
    """A file of a benchmark, with how it is read."""

    path: str


class Rejection(BaseModel):
    """A row that did not become a problem."""

    model_config = ConfigDict(frozen=True)

    source: str = Field(description="file and row (counted from 1; for text files the line)")
    field: str = ""
    reason: str
    remedy: str = ""
    duplicate: bool = Field(False, description="nothing is wrong with it, but the same problem came before")

    def line(self) -> str:
        place = f"{self.source}: field `{self.field}`" if self.field else self.source
        return f"{place}: {self.reason}" + (f"; {self.remedy}" if self.remedy else "")


@dataclass
class Reading:
    """What was read: the problems, the rows that are none, and how the file was understood."""

    path: str
    problems: list[Problem] = field(default_factory=list)  # of `read_problems`
    rejected: Spool[Rejection] = field(default_factory=lambda: Spool(Rejection))
    rows: int = 0
    count: int = 0  # of the problems
    stated: int = 0  # of these, those with a statement
    repeated: int = 0  # of the rejected rows, those that are duplicates
    first: dict[bool, Rejection] = field(default_factory=dict)  # of the rejected rows: of duplicates, and of others
    unselected: int = 0  # rows that `where` left out
    columns: dict[str, Counter[str]] = field(default_factory=dict)  # of each field
    splits: Counter[str] = field(default_factory=Counter)  # values of the column `split`
    skipped: dict[str, str] = field(default_factory=dict)  # files, with the reason

    def notes(self) -> list[str]:
        """What a user should know before a run, a line each."""
        taken = "; ".join(
            f"{name} from " + ", ".join(f"`{column}`" + ("" if len(counts) == 1 else f" ({count:,})") for column, count in counts.items())
            for name, counts in self.columns.items()
        )
        lines = [f"{self.path}: {self.rows:,} rows, {self.count:,} problems, {self.stated:,} with a statement; {taken}"]
        if self.unselected:
            lines.append(f"{self.path}: {self.unselected:,} rows left out by problems.where")
        bad = len(self.rejected) - self.repeated
        for count, duplicate, what in ((self.repeated, True, "rows left out"), (bad, False, "rows rejected")):
            if count:
                lines.append(f"{self.path}: {count:,} {what}; the first: {self.first[duplicate].line()}")
        if len(self.splits) > 1:
            values = ", ".join(f"{name}: {count:,}" for name, count in self.splits.most_common(_SHOWN))
            lines.append(f"{self.path}: the column `split` has several values ({values}), and all of them are read")
        if self.skipped:
            lines.append(f"{self.path}: not read: {self._skipped()}")
        return lines

    def reject(self, rejection: Rejection) -> None:
        self.rejected.append(rejection)
        self.repeated += rejection.duplicate
        self.first.setdefault(rejection.duplicate, rejection)

    def _skipped(self) -> str:
        """The files that were left out, by reason."""
        reasons: dict[str, list[str]] = {}
        for name, reason in self.skipped.items():
            reasons.setdefault(reason, []).append(name.rsplit("/", 1)[-1])
        return "; ".join(
            f"{', '.join(names[:_SHOWN])}{f' and {len(names) - _SHOWN:,} more' if len(names) > _SHOWN else ''} ({reason})"
            for reason, names in reasons.items()
        )


def read_problems(config: ProblemsConfig) -> Reading:
    """All problems and all rejected rows.  UserError when nothing is left, and for the first bad row if `on_error` is stop."""
    reading = Reading(config.path)
    reading.problems.extend(problems_in(config, reading))
    return reading


def problems_in(config: ProblemsConfig, reading: Reading) -> Iterator[Problem]:
    """The same one by one, in bounded memory (24 bytes a problem); what else there is goes to `reading`."""
    for problem, _ in rows_in(config, reading, whole=False):
        yield problem


def rows_in(config: ProblemsConfig, reading: Reading, whole: bool = True) -> Iterator[tuple[Problem, dict[str, Any]]]:
    """The same, each with the row that it was read from if that is wanted `whole`."""
    unknown = sorted(set(config.fields) - set(GUESSES))
    if unknown:
        raise UserError(f"problems.fields.{unknown[0]}: unknown field; the fields are {', '.join(sorted(GUESSES))}")
    if not config.path:
        raise UserError("problems.path: no file is named; give the file or folder that holds the problems")
    for one in _distinct(config, reading, whole):
        yield one.problem, one.row
    if not reading.count:
        if len(reading.rejected):
            first = next(iter(reading.rejected)).line()
            raise UserError(f"{config.path}: none of {len(reading.rejected)} rows is usable; the first: {first}")
        kept = f" with {', '.join(f'{k} = {v}' for k, v in config.where.items())}" if config.where else ""
        raise UserError(f"{config.path}: no rows{kept}; give a file that holds problems")


@dataclass(frozen=True)
class _Read:
    """A row that is a problem."""

    problem: Problem
    row: dict[str, Any]
    place: str
    columns: dict[str, str]
    split: str | None


def _distinct(config: ProblemsConfig, reading: Reading, whole: bool) -> Iterator[_Read]:
    """The problems in the order of the rows.  One that came before is rejected as a duplicate."""
    seen, places = Keys(), _Places()
    found = _problems(config, reading, whole)
    while wanted := min(_BATCH, config.limit - reading.count if config.limit else _BATCH):
        batch, problems = list[_Read | Rejection](), 0
        for one in found:
            batch.append(one)
            problems += isinstance(one, _Read)
            if problems == wanted:
                break
        if not batch:
            return
        ids = hashes(one.problem.id for one in batch if isinstance(one, _Read))
        known = iter(zip(*seen.numbered(ids), strict=True))
        for one in batch:
            if isinstance(one, Rejection):
                reading.reject(one)
                continue
            number, fresh = next(known)
            if not fresh:
                reading.reject(Rejection(source=one.place, reason=f"duplicate of {places[int(number)]}", duplicate=True))
                continue
            places.append(one.place)
            reading.count += 1
            reading.stated += bool(one.problem.statement)
            for name, column in one.columns.items():
                reading.columns.setdefault(name, Counter())[column] += 1
            if one.split is not None:
                reading.splits[one.split] += 1
            yield one


def _problems(config: ProblemsConfig, reading: Reading, whole: bool) -> Iterator[_Read | Rejection]:
    """The rows that are problems, and the bad ones; the first of those ends the reading if `on_error` is stop."""
    for place, row in _rows(config, reading):
        reading.rows += 1
        try:
            if isinstance(row, BadRow):
                raise row
            if not _selected(row, config.where):
                reading.unselected += 1
                continue
            problem, columns = problem_of(row, config.fields, place)
        except BadRow as bad:
            rejection = Rejection(source=place, field=bad.field, reason=bad.reason, remedy=bad.remedy)
            if config.on_error == "stop":
                raise UserError(f"{rejection.line()}, or set problems.on_error=skip") from None
            yield rejection
            continue
        split = row.get("split") if "split" not in config.where else None
        yield _Read(problem, row if whole else {}, place, columns, split if isinstance(split, str) else None)


class _Places:
    """Where problems stand, such as `a.jsonl:7`, by their numbers."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._file, self._row = array("H"), array("q")

    def append(self, place: str) -> None:
        file, _, row = place.rpartition(":")
        file, row = (file, row) if row.isdecimal() else (place, "-1")
        self._file.append(min(self._files.setdefault(file, len(self._files)), 2**16 - 1))
        self._row.append(int(row))

    def __getitem__(self, number: int) -> str:
        file, row = list(self._files)[self._file[number]], self._row[number]
        return f"{file}:{row}" if row >= 0 else file


def _rows(config: ProblemsConfig, reading: Reading) -> Iterator[Row]:
    files: Files | None = None
    if config.format != "datasets":
        files = locate(config.path, config.format, config.split)
    if files is None:
        return dataset_rows(config.path, config.subset, config.split)
    reading.skipped = files.skipped
    return rows(files, config.format, config.split, partial(recognized, fields=config.fields))


def _selected(row: dict[str, Any], where: dict[str, str | bool | int]) -> bool:
    """Whether the row has the wanted values.  Raises BadRow for a column that it cannot be told of."""
    for column, wanted in where.items():
        try:
            value = value_at(row, column)
        except KeyError:
            return False
        if isinstance(value, Repeated):
            raise BadRow("several columns have this name", "rename one, or choose by another in problems.where", column)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if missing(value) or str(value).lower() != str(wanted).lower():
            return False
    return True
