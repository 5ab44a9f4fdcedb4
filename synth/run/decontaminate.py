"""`synth decontaminate`: the rows of a file that repeat no benchmark, and a report of every row that does."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.problems.readers import ProblemsConfig, read_problems
from synth.records import Drop, Pair, Problem, Record, Statement
from synth.services import Verify, asking
from synth.show.progress import Progress
from synth.statements.benchmarks import Benchmarks, forms_of, read_benchmarks
from synth.statements.text import given
from synth.store.corpus import read_pairs
from synth.store.files import check_target, of_this_sort, read_records, write_records
from verify_workers.config import PoolConfig
from verify_workers.pool.local import LocalPool

AT_ONCE = 500  # rows whose statements Lean is asked about together


@dataclass
class Cleaned:
    """What came of a file: rows of `model` without the repeated ones, and a line for each of those."""

    rows: list[Record]
    model: type[Record]
    matches: list[dict[str, str]] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        return Counter(match["how"] for match in self.matches)


def decontaminate_file(
    source: str, against: Sequence[str], out: str, pool: PoolConfig | None, similarity: float, progress: Progress
) -> Cleaned:
    """Write the rows of `source` (pairs, statements or problems) that repeat none of `against`; what repeats goes to a JSON file beside it.

    Without a `pool` Lean is not asked: statements then are compared by their text.
    """
    check_target(out)
    rows, problems, model = rows_of(source)
    barred = read_benchmarks(against)
    if pool is None:
        cleaned = asyncio.run(_cleaned(rows, problems, model, barred, similarity, None, progress))
    else:
        with LocalPool(pool) as lean:
            cleaned = asyncio.run(_cleaned(rows, problems, model, barred, similarity, asking(lean), progress))
    write_records(out, cleaned.rows, model)
    report = {"source": source, "against": list(against), "rows": len(rows), "kept": len(cleaned.rows), "counts": cleaned.counts}
    text = json.dumps(report | {"matches": cleaned.matches}, indent=1, ensure_ascii=False)
    report_path(out).write_text(text + "\n", encoding="utf-8")
    return cleaned


def report_path(out: str) -> Path:
    """Where the report stands for rows that are written to `out`."""
    return Path(out).with_suffix(".contamination.json")


async def _cleaned(
    rows: Sequence[Record],
    problems: Sequence[Problem],
    model: type[Record],
    barred: Sequence[Problem],
    similarity: float,
    verify: Verify | None,
    progress: Progress,
) -> Cleaned:
    progress.stage("benchmarks", len(barred))
    benchmarks, cleaned = Benchmarks(), Cleaned([], model)
    benchmarks.add(barred, Drop.CONTAMINATED, await forms_of(barred, verify) if verify else {})
    words = benchmarks.index(similarity)
    progress.advance("benchmarks", len(barred))
    progress.stage("decontaminate", len(rows))
    for start in range(0, len(rows), AT_ONCE):
        batch = problems[start : start + AT_ONCE]
        forms = await forms_of(batch, verify) if verify else {}
        for row, problem in zip(rows[start : start + AT_ONCE], batch, strict=True):
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


def rows_of(source: str) -> tuple[Sequence[Record], list[Problem], type[Record]]:
    """The records of a file, of the first sort that its rows are, and a problem for each that says what to compare."""
    for model, read, adapt in ((Pair, read_pairs, _of_pair), (Statement, lambda path: read_records(path, Statement), _of_statement)):
        records: Any = of_this_sort(read(source))
        if found := list(records or ()):
            return found, [adapt(record) for record in found], model
    problems = read_problems(ProblemsConfig(path=source, split="all")).problems
    return problems, problems, Problem


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
