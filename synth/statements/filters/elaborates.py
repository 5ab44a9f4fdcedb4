"""Filter: what Lean does not accept as a statement, and what a trivial tactic closes."""

from __future__ import annotations

from synth.config import FilterConfig
from synth.records import Statement
from synth.services import Verify
from synth.statements.filters.base import _first_error, any_of, drop
from verify_workers.records import Check, Outcome, Reason, Verdict


async def elaborates(statements: list[Statement], config: FilterConfig, verify: Verify) -> list[Statement]:
    """Drop what Lean does not accept as a statement, and what a trivial tactic closes.

    One check answers both: its verdict tells a statement that does not elaborate from a proof that fails.
    """
    proof = any_of(config.trivial_tactics)
    checks = [Check(id=s.id, statement=s.text, header=s.header, proof=proof, timeout=config.timeout) for s in statements]

    def judge(statement: Statement, verdict: Verdict) -> Statement:
        if verdict.outcome is Outcome.ACCEPTED and statement.origin != "given" and config.trivial == "drop":
            return drop(statement, "trivial", "closed by one of: " + ", ".join(config.trivial_tactics))
        if verdict.outcome is Outcome.REJECTED and verdict.reason == Reason.STATEMENT:
            return drop(statement, "unsupported" if statement.origin == "given" else "elaboration", _first_error(verdict))
        if verdict.outcome in (Outcome.POLICY, Outcome.INFRA):
            return drop(statement, str(verdict.outcome.value), verdict.reason)
        return statement

    return [judge(s, v) for s, v in zip(statements, await verify(checks), strict=True)]
