"""What every exported row says: where a proof comes from, and the text that stands before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synth.records import Attempt, Pair, Statement, VerdictRow, above

LINEAGE = (
    "attempt_id", "statement_id", "problem_id", "round", "negated", "strategy", "model", "prompt", "seed", "temperature", "axioms", "audit",
    "lean", "library",
)  # fmt: skip


def lineage(row: Mapping[str, Any]) -> dict[str, Any]:
    """The `lineage` of a pair's row: where it comes from."""
    return {"lineage": {name: row[name] for name in LINEAGE}}


def failed_lineage(attempt: Attempt, verdict: VerdictRow, statement: Statement) -> dict[str, Any]:
    """The same of a failed attempt."""
    data = verdict.model_dump(mode="json") | attempt.model_dump(mode="json")
    data |= {"attempt_id": attempt.id, "problem_id": statement.problem_id}
    return lineage(data)


def opening(pair: Pair) -> str:
    """The text up to the proof: header and preamble, the problem as a comment, the statement and `:=`."""
    return opening_of(pair.statement, pair.header, pair.preamble, pair.problem)


def opening_of(statement: str, header: str, preamble: str, problem: str) -> str:
    front = f"{text}\n\n" if (text := above(header, preamble)) else ""
    return f"{front}{as_comment(problem)}{statement.strip()} :="


def as_comment(problem: str) -> str:
    """The problem as a doc comment on a line of its own; '' where there is none."""
    # A comment cannot hold its own delimiters.
    words = problem.replace("-/", "- /").replace("/-", "/ -").strip()
    return f"/-- {words} -/\n" if words else ""
