"""The attempts of runs that gave no proof, each with its verdict and what it tried to prove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import pyarrow as pa

from synth.export.filters import STRICT, Filters
from synth.export.snapshot import Snapshot
from synth.keys import Keys, hashes
from synth.records import Attempt, Problem, Statement, VerdictRow
from synth.store.arrow import R
from synth.store.lineage import failed_lineage
from synth.store.lookup import Lookup
from synth.store.manifest import Entry
from synth.store.units import spans_of
from verify_workers.records import Outcome, Reason

AT_ONCE = 16_384  # attempts that are looked at together, with their statements and problems
REFUSED = frozenset({Outcome.REJECTED, Outcome.POLICY, Outcome.TIMEOUT, Outcome.RESOURCE})
UNREAD = "unread"
STATE = "state"
"""What a correction's prompt showed of the goal before the first failing line (`synth.prompts.repair`)."""
Tried = tuple[Attempt, VerdictRow, str]


@dataclass(frozen=True)
class Failed:
    """A failed attempt; `statement` is the text that it should have proved, `goal` what a correction had Lean say of where it fails."""

    attempt: Attempt
    verdict: VerdictRow
    goal: str
    kept: Statement
    statement: str
    problem: str

    def checkable(self) -> dict[str, Any]:
        """What a check of the attempt takes; its verdict is that on record."""
        front = {"header": self.kept.header, "preamble": self.kept.preamble}
        text = {"statement": self.statement, "form": self.attempt.form, "proof": self.attempt.proof}
        return {"id": self.attempt.id, **front, **text}

    def lineage(self) -> dict[str, Any]:
        return failed_lineage(self.attempt, self.verdict, self.kept)


def failures(
    runs: Sequence[Snapshot], filters: Filters, counts: Counter[str], outcomes: frozenset[str] = REFUSED, any_reason: bool = False
) -> Iterator[list[Failed]]:
    """The attempts of these outcomes, each once, in the order of their units, many at a time; `counts` says what gave none, and why.

    Attempts that Lean refused for their statement's sake are none, unless with `any_reason`.
    """
    seen = Keys()
    for run in runs:
        repeated, found = run.repeated(), _Found(run)
        for units in _together(run):
            tried = list(_of_units(run, units, counts, outcomes, any_reason))
            fresh = seen.fresh(hashes(attempt.id for attempt, _, _ in tried))
            new = [one for one, fresh_one in zip(tried, fresh, strict=True) if fresh_one and one[0].statement_id not in repeated]
            if new:
                yield _looked_up(found, new, filters, counts)


def _together(run: Snapshot) -> Iterator[list[Entry]]:
    """The units with verdicts, some of them at a time."""
    units, rows = list[Entry](), 0
    for entry in run.entries():
        if own := sum(int(part["rows"]) for part in entry["parts"] if part["kind"] == "verdicts"):
            units.append(entry)
            rows += own
            if rows >= AT_ONCE:
                yield units
                units, rows = [], 0
    if units:
        yield units


def _of_units(run: Snapshot, units: Sequence[Entry], counts: Counter[str], outcomes: frozenset[str], any_reason: bool) -> Iterator[Tried]:
    """The failed attempts of some units of work, each with the verdict that its unit has."""
    verdicts: dict[tuple[str, str], VerdictRow] = {}
    for key, found in _records(run, "verdicts", VerdictRow, units):
        verdicts.setdefault((key, found.id), found)
    attempts = list(_records(run, "attempts", Attempt, units))
    states = {(key, attempt.parent): attempt.shown[STATE] for key, attempt in attempts if attempt.parent and attempt.shown.get(STATE)}
    for key, attempt in attempts:
        verdict = verdicts.pop((key, attempt.id), None)
        if verdict is None or verdict.outcome == Outcome.ACCEPTED:
            continue
        if verdict.outcome not in outcomes or (verdict.reason == Reason.STATEMENT and not any_reason):
            counts[f"without_a_row: {verdict.outcome if verdict.outcome not in outcomes else verdict.reason}"] += 1
        else:
            yield attempt, verdict, states.get((key, attempt.id), "")


def _records(run: Snapshot, kind: str, model: type[R], units: Sequence[Entry]) -> Iterator[tuple[str, R]]:
    """The records of a kind in some units, each with the key of its unit: what stands together is read together."""
    for span in spans_of((entry["key"], part) for entry in units for part in entry["parts"] if part["kind"] == kind):
        keys = chain.from_iterable(repeat(key, rows) for key, rows in span.units)
        yield from zip(keys, run.rows_at(kind, model, span), strict=True)


class _Found:
    """The statements and problems of a run, by their ids."""

    def __init__(self, run: Snapshot) -> None:
        self.statements, self.problems = Lookup(run, "statements", Statement), Lookup(run, "problems", Problem)


def _looked_up(run: _Found, waiting: Sequence[Tried], filters: Filters, counts: Counter[str]) -> list[Failed]:
    """The attempts with their statements and problems, those that the filters leave."""
    statements = run.statements.find({attempt.statement_id for attempt, _, _ in waiting})
    problems = run.problems.find({statement.problem_id for statement in statements.values()})
    found = list[Failed]()
    for attempt, verdict, goal in waiting:
        statement = statements.get(attempt.statement_id)
        text = (statement.negation if attempt.negated else statement.text) if statement else ""
        if statement is None or not text:
            counts["without_a_row: statement"] += 1
            continue
        problem = problems.get(statement.problem_id)
        found.append(Failed(attempt, verdict, goal, statement, text, problem.text if problem else ""))
    if not found or not filters.told():
        return found
    table = pa.Table.from_pylist([_filtered(one) | {"at": at} for at, one in enumerate(found)])
    return [found[at] for at in filters.apply(table, counts)["at"].to_pylist()]


def _filtered(one: Failed) -> dict[str, Any]:
    """The columns by which attempts are filtered; a refusal needs no audit."""
    own = {"negated": one.attempt.negated, "strategy": one.attempt.strategy, "round": one.attempt.round, "audit": STRICT[0]}
    return {**one.checkable(), **own, "grade": one.kept.grade, "origin": one.kept.origin}
