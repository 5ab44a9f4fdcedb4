"""Why statements and proofs fell: statements that were dropped, attempts that Lean refused, answers in which there was no proof."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from synth.export.failures import REFUSED, UNREAD, Failed, failures
from synth.export.filters import STRICT
from synth.export.select import Selection
from synth.export.write import Out
from synth.records import Problem, Statement
from synth.store.lookup import Lookup


def write_rejects(selection: Selection, out: Out) -> None:
    """The attempts with a verdict in the folder itself (`synth verify` gives the same ones); in `statements` and `unread` the others."""
    counts = selection.counts
    for name in ("statements", "attempts", "answers"):
        counts.setdefault(name, 0)
    _statements(selection, out)
    for some in failures(selection.runs, selection.filters, counts, REFUSED | {UNREAD}, any_reason=True):
        splits = selection.split(one.kept.problem_id for one in some)
        rows: dict[str, list[dict[str, Any]]] = {}
        for split, one in zip(splits, some, strict=True):
            read = one.verdict.outcome != UNREAD
            counts["attempts" if read else "answers"] += 1
            rows.setdefault(split if read else f"unread/{split}", []).append(_attempt(one) if read else _answer(one))
        for series, own in rows.items():
            out.rows(series, own)


def _attempt(one: Failed) -> dict[str, Any]:
    verdict = one.verdict
    said = {"outcome": verdict.outcome, "reason": verdict.reason, "message": verdict.message}
    return {**one.checkable(), "problem": one.problem, **said, **one.lineage()}


def _answer(one: Failed) -> dict[str, Any]:
    """An answer in which no proof was found; `reason` says why not."""
    front = {name: value for name, value in one.checkable().items() if name not in ("form", "proof")}
    return {**front, "problem": one.problem, "answer": one.attempt.proof, "reason": one.verdict.reason, **one.lineage()}


def _statements(selection: Selection, out: Out) -> None:
    """Dropped statements with the filters' reasons."""
    for run in selection.runs:
        known = Lookup(run, "problems", Problem)
        for table in run.tables("statements", list(Statement.model_fields)):
            dropped = table.filter(pc.invert(table["kept"]))
            plain = pa.array([STRICT[0]] * dropped.num_rows, pa.string())
            no = pa.array([False] * dropped.num_rows, pa.bool_())
            # A statement has no strategy and no proof yet: what is asked of these leaves it.
            columns = {"audit": plain, "negated": no, "proof": pa.array([""] * dropped.num_rows, pa.string()), "statement": dropped["text"]}
            for name, column in columns.items():
                dropped = dropped.append_column(name, column)
            dropped = selection.filters.apply(dropped, selection.counts, without=("strategy",))
            some = list(run.records(dropped.select(list(Statement.model_fields)), Statement))
            problems = known.find({one.problem_id for one in some})
            selection.counts["statements"] += len(some)
            rows: dict[str, list[dict[str, Any]]] = {}
            for split, one in zip(selection.split(one.problem_id for one in some), some, strict=True):
                problem = problems.get(one.problem_id)
                row = one.model_dump(mode="json", exclude={"kept", "text", "shown"})
                rows.setdefault(split, []).append({"statement": one.text, "problem": problem.text if problem else "", **row})
            for split, own in rows.items():
                out.rows(f"statements/{split}", own)
