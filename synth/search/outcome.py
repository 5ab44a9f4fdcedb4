"""From proposal and verdict to the records that are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from synth.records import Attempt, Pair, Problem, Statement, VerdictRow, content_id
from synth.search.base import Side
from verify_workers.records import Check, Outcome, Verdict


@dataclass
class Found:
    """What the search of one statement gave."""

    attempts: list[Attempt] = field(default_factory=list)
    verdicts: list[VerdictRow] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    samples: int = 0
    tokens: int = 0


def attempt_check(attempt: Attempt, text: str, header: str, timeout: float) -> Check:
    """The check that decides `attempt` as a proof of `text`."""
    return Check(id=attempt.id, statement=text, header=header, timeout=timeout, **{attempt.form: attempt.proof})


def verdict_row(attempt: Attempt, verdict: Verdict) -> VerdictRow:
    first = next((m.text for m in verdict.messages if m.severity == "error"), "")
    return VerdictRow(
        id=attempt.id,
        statement_id=attempt.statement_id,
        outcome=verdict.outcome.value,
        reason=verdict.reason,
        message=first[:500],
        axioms=verdict.axioms,
        audit=verdict.audit,
        seconds=verdict.seconds,
        lean=verdict.lean,
        library=verdict.library,
        backend=verdict.backend,
    )


def pair(attempt: Attempt, side: Side, statement: Statement, problem: Problem | None, verdict: Verdict) -> Pair:
    if verdict.outcome is not Outcome.ACCEPTED:
        raise ValueError("only accepted attempts make pairs")
    return Pair(
        id=content_id("pair", side.text, statement.header, attempt.proof),
        attempt_id=attempt.id,
        statement_id=statement.id,
        problem_id=statement.problem_id,
        statement=side.text,
        form=attempt.form,
        proof=attempt.proof,
        header=statement.header,
        negated=side.negated,
        problem=problem.text if problem else "",
        round=attempt.round,
        strategy=attempt.strategy,
        model=attempt.model,
        prompt=attempt.prompt,
        seed=attempt.seed,
        temperature=attempt.temperature,
        axioms=verdict.axioms,
        audit=verdict.audit,
        lean=verdict.lean,
        library=verdict.library,
    )
