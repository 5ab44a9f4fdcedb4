"""Statements beside the ones that their problems are known to mean: which say the same, by normal form or by what Lean proves (BEq).

Only a measurement, as `faithfulness`: no stage sees the references.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synth.records import Problem, Statement
from synth.services import Verify
from synth.statements.equivalent import How, compared
from synth.statements.faithfulness import canonical
from synth.statements.text import UNPROVED, new_statement


async def faithful_by(
    statements: Sequence[Statement], references: Mapping[str, str], verify: Verify, timeout: float, beq: bool
) -> dict[str, How]:
    """How each of `statements` (by id) compares with its problem's reference, of those that Lean can state.

    Without `beq` only spelling and normal forms are looked at, and the others are `unproved`.
    """
    known = [s for s in statements if s.problem_id in references]
    meant = {s.id: _reference(s, references[s.problem_id]) for s in known}
    found = {s.id: How.FORM for s in known if canonical(s.text) == canonical(meant[s.id].text)}
    formed = await _with_forms([one for s in known if s.id not in found for one in (s, meant[s.id])], verify, timeout)
    pairs = [(formed[s.id], formed[meant[s.id].id]) for s in known if s.id in formed and meant[s.id].id in formed]
    if beq:
        answers = await compared(pairs, verify, timeout)
        return found | {one.id: answer for (one, _), answer in zip(pairs, answers, strict=True)}
    return found | {one.id: How.FORM if one.form and one.form == other.form else How.UNPROVED for one, other in pairs}


def _reference(statement: Statement, text: str) -> Statement:
    """What the problem means, in the setting of `statement`."""
    setting = Problem(id=f"meant {statement.id}", header=statement.header, preamble=statement.preamble)
    return new_statement(setting, text)


async def _with_forms(statements: Sequence[Statement], verify: Verify, timeout: float) -> dict[str, Statement]:
    """Those that Lean can state, by id, with their normal forms."""
    if not statements:
        return {}
    verdicts = await verify([s.check(s.id, timeout, proof=UNPROVED) for s in statements])
    return {
        s.id: s.model_copy(update={"form": verdict.form or s.form})
        for s, verdict in zip(statements, verdicts, strict=True)
        if verdict.reason != "statement"
    }
