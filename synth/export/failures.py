"""The attempts of runs that gave no proof, each with its verdict and what it tried to prove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from synth.export.filters import STRICT, Filters
from synth.export.snapshot import Snapshot
from synth.keys import Keys, hashes
from synth.records import Attempt, Problem, Statement, VerdictRow
from synth.store.lineage import failed_lineage
from verify_workers.records import Outcome, Reason

AT_ONCE = 20_000  # attempts whose statements and problems are looked up together
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
        waiting: list[Tried] = []
        repeated = run.repeated()
        for entry in run.entries():
            if not any(part["kind"] == "verdicts" for part in entry["parts"]):
                continue
            unit = list(_of_unit(run, entry["key"], counts, outcomes, any_reason))
            fresh = seen.fresh(hashes(attempt.id for attempt, _, _ in unit))
            waiting += [tried for tried, new in zip(unit, fresh, strict=True) if new and tried[0].statement_id not in repeated]
            if len(waiting) >= AT_ONCE:
                yield _looked_up(run, waiting, filters, counts)
                waiting = []
        if waiting:
            yield _looked_up(run, waiting, filters, counts)


def _of_unit(run: Snapshot, key: str, counts: Counter[str], outcomes: frozenset[str], any_reason: bool) -> Iterator[Tried]:
    """The failed attempts of one unit of work."""
    verdicts = {verdict.id: verdict for verdict in run.read("verdicts", VerdictRow, key)}
    attempts = list(run.read("attempts", Attempt, key)) if verdicts else []
    states = {attempt.parent: attempt.shown[STATE] for attempt in attempts if attempt.parent and attempt.shown.get(STATE)}
    for attempt in attempts:
        verdict = verdicts.get(attempt.id)
        if verdict is None or verdict.outcome == Outcome.ACCEPTED:
            continue
        if verdict.outcome not in outcomes or (verdict.reason == Reason.STATEMENT and not any_reason):
            counts[f"without_a_row: {verdict.outcome if verdict.outcome not in outcomes else verdict.reason}"] += 1
        else:
            yield attempt, verdict, states.get(attempt.id, "")


def _looked_up(run: Snapshot, waiting: Sequence[Tried], filters: Filters, counts: Counter[str]) -> list[Failed]:
    """The attempts with their statements and problems, those that the filters leave."""
    statements = run.find("statements", Statement, {attempt.statement_id for attempt, _, _ in waiting})
    problems = run.find("problems", Problem, {statement.problem_id for statement in statements.values()})
    found = list[Failed]()
    for attempt, verdict, goal in waiting:
        statement = statements.get(attempt.statement_id)
        text = (statement.negation if attempt.negated else statement.text) if statement else ""
        if statement is None or not text:
            counts["without_a_row: statement"] += 1
            continue
        problem = problems.get(statement.problem_id)
        found.append(Failed(attempt, verdict, goal, statement, text, problem.text if problem else ""))
    if not found:
        return []
    table = pa.Table.from_pylist([_filtered(one) | {"at": at} for at, one in enumerate(found)])
    return [found[at] for at in filters.apply(table, counts)["at"].to_pylist()]


def _filtered(one: Failed) -> dict[str, Any]:
    """The columns by which attempts are filtered; a refusal needs no audit."""
    own = {"negated": one.attempt.negated, "strategy": one.attempt.strategy, "round": one.attempt.round, "audit": STRICT[0]}
    return {**one.checkable(), **own, "grade": one.kept.grade, "origin": one.kept.origin}
