"""`synth decontaminate`: the rows of a file that repeat no benchmark, and a report of every row that does.

Pairs and statements are written as the records that they are, problems as the rows of their file, with all columns.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from synth.export.read import read_pairs
from synth.problems.columns import Repeated
from synth.problems.files import EVERY_SPLIT
from synth.problems.readers import ProblemsConfig, ReadAs, Reading, rows_in
from synth.records import Drop, Pair, Problem, Record, Statement
from synth.run.interrupt import interruptible
from synth.run.remembered import memory_of_checks, remembered_checks
from synth.services import Verify, asking
from synth.show.progress import Progress
from synth.spool import Spool
from synth.statements.benchmarks import Benchmarks, forms_of, read_benchmarks
from synth.statements.text import given
from synth.store.files import check_target, of_this_sort, read_records, write_records, write_rows, write_text
from verify_workers.config import PoolConfig
from verify_workers.pool.local import LocalPool

AT_ONCE = 500  # rows whose statements Lean is asked about together


class Row(Record):
    """A row of a problem file, as JSON text."""

    text: str


class DecontaminateConfig(BaseModel):
    """What `synth decontaminate --set` can change: how problem files are read, in IN and as benchmarks."""

    model_config = ConfigDict(extra="forbid")

    problems: ProblemsConfig = ProblemsConfig(split=EVERY_SPLIT)
    against: ReadAs = ReadAs()
    """Of each file of `--against`."""


@dataclass
class Cleaned:
    """What came of a file: rows of `model` without the repeated ones, and a line for each of those."""

    rows: Spool[Any]
    model: type[Record]
    """`Row` where they are problems."""
    read: int = 0
    matches: list[dict[str, str]] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        return Counter(match["how"] for match in self.matches)


def decontaminate_file(
    source: str,
    against: Sequence[str],
    out: str,
    pool: PoolConfig | None,
    similarity: float,
    progress: Progress,
    config: DecontaminateConfig | None = None,
) -> Cleaned:
    """Write the rows of `source` (pairs, statements or problems) that repeat none of `against`; what repeats goes to a JSON file beside it.

    The rows are a stream.  Without a `pool` Lean is not asked: statements then are compared by their text.  What Lean has answered
    an interrupted call waits in a journal beside `out`.
    """
    check_target(out)
    reading = Reading(source)
    rows, model = rows_of(source, config, reading)
    barred = read_benchmarks(against, (config or DecontaminateConfig()).against)
    kept = None
    if pool is None:
        cleaned = interruptible(_cleaned(rows, model, barred, similarity, None, progress))
    else:
        kept = memory_of_checks(out, pool, progress.note)
        with LocalPool(pool) as lean:
            cleaned = interruptible(_cleaned(rows, model, barred, similarity, remembered_checks(asking(lean), kept), progress))
    if model is Row:
        write_rows(out, (row.text for row in cleaned.rows))
        for note in reading.notes():
            progress.note(note)
    else:
        write_records(out, cleaned.rows, model)
    report = {"source": source, "against": list(against), "rows": cleaned.read, "kept": len(cleaned.rows), "counts": cleaned.counts}
    lists = {"matches": cleaned.matches, "rejected": [rejection.line() for rejection in reading.rejected]}
    text = json.dumps(report | lists, indent=1, ensure_ascii=False)
    write_text(report_path(out), text + "\n")
    if kept is not None:
        kept.finish()
    return cleaned


def report_path(out: str) -> Path:
    """Where the report stands for rows that are written to `out`."""
    return Path(out).with_suffix(".contamination.json")


async def _cleaned(
    rows: Iterator[tuple[Any, Problem]],
    model: type[Record],
    barred: Sequence[Problem],
    similarity: float,
    verify: Verify | None,
    progress: Progress,
) -> Cleaned:
    progress.stage("benchmarks", len(barred))
    benchmarks, cleaned = Benchmarks(), Cleaned(Spool(model), model)
    benchmarks.add(barred, Drop.CONTAMINATED, await forms_of(barred, verify) if verify else {})
    words = benchmarks.index(similarity)
    progress.advance("benchmarks", len(barred))
    progress.stage("decontaminate", 0)
    while batch := await asyncio.to_thread(list, islice(rows, AT_ONCE)):
        forms = await forms_of([problem for _, problem in batch], verify) if verify else {}
        cleaned.read += len(batch)
        for row, problem in batch:
            like = next((found for index in words.values() if (found := index.find(problem.text))), None)
            same = benchmarks.statement(_statement(problem, forms)) if problem.statement else None
            if same is None and like is None:
                cleaned.rows.append(row)
                continue
            how = "statement" if same else "words"
            where = same.what if same else str(like)
            cleaned.matches.append({"row": problem.source or problem.name, "how": how, "benchmark": where})
        progress.advance("decontaminate", len(batch))
    return cleaned


def _statement(problem: Problem, forms: dict[str, tuple[str, str]]) -> Statement:
    form, negated = forms.get(problem.id, ("", ""))
    return given(problem, 0).model_copy(update={"form": form, "negated_form": negated})


def rows_of(
    source: str, config: DecontaminateConfig | None = None, reading: Reading | None = None
) -> tuple[Iterator[tuple[Any, Problem]], type[Record]]:
    """The records of a file, of the first sort that its rows are, each with a problem that says what to compare; and their sort."""
    config, reading = config or DecontaminateConfig(), reading or Reading(source)
    for model, read, adapt in ((Pair, read_pairs, _of_pair), (Statement, lambda path: read_records(path, Statement), _of_statement)):
        records: Any = of_this_sort(read(source))
        if records is not None and (first := next(records, None)) is not None:
            return ((record, adapt(record)) for record in chain([first], records)), model
    problems = rows_in(config.problems.model_copy(update={"path": source}), reading)
    return ((Row(text=_as_json(row)), problem) for problem, row in problems), Row


def _as_json(row: dict[str, Any]) -> str:
    """A row as JSON text; what JSON has no word for is written as text, and columns of one name are none."""
    return json.dumps({name: value for name, value in row.items() if not isinstance(value, Repeated)}, ensure_ascii=False, default=str)


def _of_pair(pair: Pair) -> Problem:
    return Problem(
        id=pair.id, name=f"pair {pair.id}", text=pair.problem, statement=pair.statement, header=pair.header, preamble=pair.preamble
    )


def _of_statement(statement: Statement) -> Problem:
    return Problem(
        id=statement.id,
        name=f"statement {statement.id}",
        statement=statement.text,
        header=statement.header,
        preamble=statement.preamble,
    )
