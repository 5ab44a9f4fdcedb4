"""Problems from files of many formats and from Hugging Face `datasets`, on any fsspec filesystem.

A row gives plain language, a formal statement, or both (`columns` says which column is which, `files` which files a path means,
`formats` what their rows are).  A bad row stops the run or, with `on_error: skip`, is recorded with its place and remedy while the
others go on.  What was read, taken for what and left out is counted, so that a dry run can say it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from synth.problems.columns import GUESSES, BadRow, Repeated, missing, problem_of, recognized, value_at
from synth.problems.files import EVERY_SPLIT, Files, Format, locate
from synth.problems.formats import Row, dataset_rows, rows
from synth.records import Problem
from verify_workers.errors import UserError

_SHOWN = 5  # files and values named in a note


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
    problems: list[Problem] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    rows: int = 0
    unselected: int = 0  # rows that `where` left out
    columns: dict[str, Counter[str]] = field(default_factory=dict)  # of each field
    splits: Counter[str] = field(default_factory=Counter)  # values of the column `split`
    skipped: dict[str, str] = field(default_factory=dict)  # files, with the reason

    def notes(self) -> list[str]:
        """What a user should know before a run, a line each."""
        statements = sum(bool(problem.statement) for problem in self.problems)
        taken = "; ".join(
            f"{name} from " + ", ".join(f"`{column}`" + ("" if len(counts) == 1 else f" ({count:,})") for column, count in counts.items())
            for name, counts in self.columns.items()
        )
        lines = [f"{self.path}: {self.rows:,} rows, {len(self.problems):,} problems, {statements:,} with a statement; {taken}"]
        if self.unselected:
            lines.append(f"{self.path}: {self.unselected:,} rows left out by problems.where")
        again = [rejection for rejection in self.rejected if rejection.duplicate]
        for found, what in ((again, "rows left out"), ([r for r in self.rejected if not r.duplicate], "rows rejected")):
            if found:
                lines.append(f"{self.path}: {len(found):,} {what}; the first: {found[0].line()}")
        if len(self.splits) > 1:
            values = ", ".join(f"{name}: {count:,}" for name, count in self.splits.most_common(_SHOWN))
            lines.append(f"{self.path}: the column `split` has several values ({values}), and all of them are read")
        if self.skipped:
            lines.append(f"{self.path}: not read: {self._skipped()}")
        return lines

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
    unknown = sorted(set(config.fields) - set(GUESSES))
    if unknown:
        raise UserError(f"problems.fields.{unknown[0]}: unknown field; the fields are {', '.join(sorted(GUESSES))}")
    if not config.path:
        raise UserError("problems.path: no file is named; give the file or folder that holds the problems")
    reading = Reading(config.path)
    reading.problems.extend(_problems(config, reading))
    if not reading.problems:
        if reading.rejected:
            first = reading.rejected[0].line()
            raise UserError(f"{config.path}: none of {len(reading.rejected)} rows is usable; the first: {first}")
        kept = f" with {', '.join(f'{k} = {v}' for k, v in config.where.items())}" if config.where else ""
        raise UserError(f"{config.path}: no rows{kept}; give a file that holds problems")
    return reading


def _problems(config: ProblemsConfig, reading: Reading) -> Iterator[Problem]:
    """The problems in the order of the rows; what else there is goes to `reading`.  One that came before is rejected as a duplicate."""
    seen: dict[str, str] = {}
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
            reading.rejected.append(rejection)
            continue
        if problem.id in seen:
            reading.rejected.append(Rejection(source=place, reason=f"duplicate of {seen[problem.id]}", duplicate=True))
            continue
        seen[problem.id] = place
        for name, column in columns.items():
            reading.columns.setdefault(name, Counter())[column] += 1
        if "split" not in config.where and isinstance(row.get("split"), str):
            reading.splits[row["split"]] += 1
        yield problem
        if config.limit and len(seen) >= config.limit:
            return


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
