"""Filter: what Lean does not accept as a statement, and what a trivial tactic closes."""

from __future__ import annotations

from synth.records import Drop, Statement
from synth.statements.filters.base import Context, any_of, drop
from synth.statements.text import UNPROVED
from verify_workers.records import Outcome, Reason, Verdict

UNDECIDED = (Outcome.INFRA, Outcome.TIMEOUT, Outcome.RESOURCE)
PATIENCE = 4  # times the usual limit for the question whether a statement elaborates at all


async def elaborates(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop what Lean does not accept as a statement, and what a trivial tactic closes.

    One check answers both: its verdict tells a statement that does not elaborate from a proof that fails.  Where it ends in
    neither (time, memory, a failure of the checker), the statement is asked about alone, with no proof and more time;
    what is not known even then is `undecided`: not searched now, not dropped for good.
    """
    config = context.config
    proof = any_of(config.trivial_tactics)
    verdicts = await _asked(statements, proof, config.timeout, context)
    unknown = [s for s in statements if verdicts[s.id].outcome in UNDECIDED]
    verdicts |= await _asked(unknown, UNPROVED, PATIENCE * config.timeout, context)
    return [_judge(_formed(statement, verdicts[statement.id]), verdicts[statement.id], context) for statement in statements]


async def _asked(statements: list[Statement], proof: str, timeout: float, context: Context) -> dict[str, Verdict]:
    checks = [s.check(s.id, timeout, proof=proof) for s in statements]
    return {verdict.id: verdict for verdict in await context.tools.verify(checks)}


def _formed(statement: Statement, verdict: Verdict) -> Statement:
    """With the normal forms that the verdict brings, and what it remarks on the term."""
    told = {"form": verdict.form, "negated_form": verdict.negated_form, "remarks": verdict.remarks}
    return statement.model_copy(update=told) if verdict.form else statement


def _judge(statement: Statement, verdict: Verdict, context: Context) -> Statement:
    given = statement.origin == "given"
    if verdict.outcome is Outcome.ACCEPTED and not given and context.config.trivial == "drop":
        return drop(statement, Drop.TRIVIAL, "closed by one of: " + ", ".join(context.config.trivial_tactics))
    if verdict.outcome is Outcome.REJECTED and verdict.reason == Reason.STATEMENT:
        return drop(statement, Drop.UNSUPPORTED if given else Drop.ELABORATION, verdict.first_error or verdict.reason)
    if verdict.outcome is Outcome.POLICY:
        return drop(statement, Drop.POLICY, verdict.reason)
    if verdict.outcome in UNDECIDED:
        return drop(statement, Drop.UNDECIDED, f"{verdict.outcome.value}: {verdict.first_error or verdict.reason}")
    return statement
