"""The policy: refuses, on text alone and before Lean sees it, whatever can change the environment or escape the proof.

It allows proofs, and in a model's whole file plain helper lemmas, definitions, structures and inductives.  Verdicts
do not rest on it where kernel objects are audited; where only text can be read it carries part of the weight
(docs/verification.md, "Three tiers").  `violations` finds, `refusal` turns the first finding into a verdict.
"""

from __future__ import annotations

from itertools import chain

from verify_workers.policy import rules
from verify_workers.policy.rules import Violation
from verify_workers.records import Check, Message, Outcome, Reason, Verdict
from verify_workers.text import header as headers
from verify_workers.text.statement import StatementError, parse_theorem

__all__ = ["Violation", "refusal", "violations"]

STATEMENT = "statement"  # prefix of reasons that concern the trusted statement
HEADER = "header"


def violations(check: Check) -> list[Violation]:
    """All violations of a check, worst first: of the header, of the statement, then of the candidate's text in order.

    Reasons are short and stable, e.g. `command:axiom`, `option:debug.skipKernelTC`, `word:native_decide`,
    `attribute:extern`, `kernel_name:Nat.land`, `character:U+202E`, `bracket`, `sorry`, `too_long`; those of the
    header and the statement start with `header:` and `statement:`.
    """
    return _header(check.header) or _statement(check.statement) or _candidate(check)


def refusal(check: Check) -> Verdict | None:
    """The verdict on a check that the policy refuses, else None.

    `policy` with the reason; but `rejected (sorry)` for an honest `sorry` and `rejected (statement)` for a text that
    is no statement: these are no attacks.
    """
    found = violations(check)
    if not found:
        return None
    first = next((violation for violation in found if violation.reason != "sorry"), found[0])
    outcome, reason = Outcome.POLICY, first.reason
    if reason == "sorry":
        outcome, reason = Outcome.REJECTED, Reason.SORRY.value
    elif reason.startswith(f"{STATEMENT}:"):
        outcome, reason = Outcome.REJECTED, Reason.STATEMENT.value
    text = first.reason.removeprefix(f"{STATEMENT}:") if reason == Reason.STATEMENT else f"not allowed here: {first.reason}"
    message = Message(severity="error", line=first.line, column=first.column, text=text)
    return Verdict(id=check.id, outcome=outcome, reason=reason, messages=[message])


def _header(text: str) -> list[Violation]:
    if not text.strip():
        return []
    large = rules.too_large(text)
    if large:
        return [Violation(f"{HEADER}:{large}", 1, 0)]
    special = headers.split(text).special
    if special:  # checks are plain files
        return [Violation(f"{HEADER}:{special}", 1, 0)]
    marks, _ = rules.read(text)
    found = chain(rules.characters(text, marks), rules.everywhere(marks), rules.header(marks))
    return rules.violations(text, ((offset, f"{HEADER}:{reason}") for offset, reason in found))


def _statement(text: str) -> list[Violation]:
    large = rules.too_large(text)
    if large:
        return [Violation(f"{STATEMENT}:{large}", 1, 0)]
    try:
        parsed = parse_theorem(text)
    except StatementError as error:
        return [Violation(f"{STATEMENT}:{error}", 1, 0)]
    special = rules.kernel_name(rules.read(parsed.name)[0][0].parts)
    if special:
        return [Violation(f"{STATEMENT}:kernel_name:{special}", 1, 0)]
    marks, docs = rules.read(parsed.goal)
    found = chain(rules.characters(parsed.goal, marks), rules.everywhere(marks), rules.proof(marks, docs))
    return rules.violations(parsed.goal, ((offset, f"{STATEMENT}:{reason}") for offset, reason in found))


def _candidate(check: Check) -> list[Violation]:
    text = check.proof if check.proof is not None else check.code or ""
    large = rules.too_large(text)
    if large:
        return [Violation(large, 1, 0)]
    marks, docs = rules.read(text)
    if not marks:
        return [Violation("empty", 1, 0)]
    if check.proof is not None:
        form = rules.proof(marks, docs)
    else:
        form = rules.whole_file(marks, rules.imports(rules.read(check.header)[0]))
    return rules.violations(text, chain(rules.characters(text, marks), rules.everywhere(marks), form))
