"""The policy: refuses, on text alone and before Lean sees it, whatever can change the environment or escape the proof.

It allows proofs, and in a model's whole file plain helper lemmas, definitions, structures and inductives.  Verdicts
do not rest on it where kernel objects are audited; where only text can be read it carries part of the weight
(docs/verification.md, "Three tiers").  `violations` finds, `refusal` turns the first finding into a verdict.
"""

from __future__ import annotations

from itertools import chain

from verify_workers.policy import rules
from verify_workers.policy.rules import Violation
from verify_workers.records import Message, Outcome, Reason, Verdict
from verify_workers.text.parsed import ParsedCheck
from verify_workers.text.statement import StatementError

__all__ = ["Violation", "refusal", "violations"]

STATEMENT = "statement"  # prefix of reasons that concern the trusted statement
HEADER = "header"
IMPORT = "import:"  # prefix of the reason that names a module


def violations(check: ParsedCheck) -> list[Violation]:
    """All violations of a check, worst first: of the header, of the statement, then of the candidate's text in order.

    Reasons are short and stable, e.g. `command:axiom`, `option:debug.skipKernelTC`, `word:native_decide`,
    `attribute:extern`, `kernel_name:Nat.land`, `import:Nowhere`, `character:U+202E`, `bracket`, `sorry`, `too_long`; those of
    the header and the statement start with `header:` and `statement:`.
    """
    return _header(check) or _statement(check) or _candidate(check)


def refusal(check: ParsedCheck) -> Verdict | None:
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
    message = Message(severity="error", line=first.line, column=first.column, text=_text(check, first.reason, reason))
    return Verdict(id=check.check.id, outcome=outcome, reason=reason, messages=[message])


def _text(check: ParsedCheck, violation: str, reason: str) -> str:
    """What the user is told of a violation."""
    if reason == Reason.STATEMENT:
        return violation.removeprefix(f"{STATEMENT}:")
    if violation.startswith(IMPORT):
        theirs = ", ".join(check.header.imports) or "nothing"
        return f"the file imports {violation.removeprefix(IMPORT)}, which its header (it imports {theirs}) does not hold"
    return f"not allowed here: {violation}"


def _header(check: ParsedCheck) -> list[Violation]:
    text = check.top.text
    if not text.strip():
        return []
    large = rules.too_large(text)
    if large:
        return [Violation(f"{HEADER}:{large}", 1, 0)]
    if check.header.special:  # checks are plain files
        return [Violation(f"{HEADER}:{check.header.special}", 1, 0)]
    marks = check.top.marks
    found = chain(rules.characters(text, marks), rules.everywhere(marks), rules.header(marks))
    return rules.violations(text, ((offset, f"{HEADER}:{reason}") for offset, reason in found))


def _statement(check: ParsedCheck) -> list[Violation]:
    large = rules.too_large(check.check.statement)
    if large:
        return [Violation(f"{STATEMENT}:{large}", 1, 0)]
    try:
        goal = check.goal
    except StatementError as error:
        return [Violation(f"{STATEMENT}:{error}", 1, 0)]
    special = rules.kernel_name(check.name.parts)
    if special:
        return [Violation(f"{STATEMENT}:kernel_name:{special}", 1, 0)]
    found = chain(rules.characters(goal.text, goal.marks), rules.everywhere(goal.marks), rules.proof(goal.marks, goal.docs))
    return rules.violations(goal.text, ((offset, f"{STATEMENT}:{reason}") for offset, reason in found))


def _candidate(check: ParsedCheck) -> list[Violation]:
    text = check.candidate.text
    large = rules.too_large(text)
    if large:
        return [Violation(large, 1, 0)]
    marks = check.candidate.marks
    if not marks:
        return [Violation("empty", 1, 0)]
    foreign = ((mark.start, f"{IMPORT}{mark.text[:60]}") for mark in check.foreign)
    form = rules.whole_file(marks, len(check.import_marks)) if check.whole_file else rules.proof(marks, check.candidate.docs)
    return rules.violations(text, chain(rules.characters(text, marks), rules.everywhere(marks), foreign, form))
