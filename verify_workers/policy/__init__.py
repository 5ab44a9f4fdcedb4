"""The policy: refuses, on text alone and before Lean sees it, what can escape the proof.

There are two tiers.  Where only text can be read, the policy carries part of the weight: it allows proofs, and in a model's
whole file plain helper lemmas, definitions, structures and inductives.  Where kernel objects decide, verdicts do not rest on
it, and it refuses only what runs code at elaboration (docs/verification.md, "Three tiers").
`violations` finds, `refusal` turns the first finding into a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Literal

from verify_workers.policy import rules, words
from verify_workers.policy.rules import Violation
from verify_workers.records import Message, Outcome, Reason, Verdict
from verify_workers.text.commands import without_modifiers
from verify_workers.text.context import KEPT
from verify_workers.text.lexer import Token
from verify_workers.text.parsed import ParsedCheck, Source, trusted
from verify_workers.text.statement import StatementError

__all__ = ["Tier", "Violation", "refusal", "violations"]

Tier = Literal["text", "kernel"]

STATEMENT = "statement"  # prefix of reasons that concern the trusted statement
HEADER = "header"
PREAMBLE = "preamble"
IMPORT = "import:"  # prefix of the reason that names a module
PLAIN_WORDS = {
    "fence": "a markdown fence stands in the text: give the code between the fences",
    "empty": "the text is empty",
}


def violations(check: ParsedCheck, tier: Tier = "text") -> list[Violation]:
    """All violations of a check, worst first: of the header, the preamble, the statement, then of the candidate's text in order.

    Reasons are short and stable, e.g. `command:axiom`, `option:debug.skipKernelTC`, `word:native_decide`,
    `attribute:extern`, `kernel_name:Nat.land`, `import:Nowhere`, `character:U+202E`, `bracket`, `sorry`; those of
    header, preamble and statement start with `header:`, `preamble:` and `statement:`.
    """
    return _header(check, tier) or _preamble(check, tier) or _statement(check, tier) or _candidate(check, tier)


def refusal(check: ParsedCheck, tier: Tier = "text") -> Verdict | None:
    """The verdict on a check that the policy refuses, else None.

    `policy` with the reason; but `resource` for a text beyond the limit, `rejected (sorry)` for an honest `sorry`, `rejected
    (statement)` for a text that is no statement, and `rejected (elaboration)` for markdown and for nothing: these are no attacks.
    """
    large = _too_large(check)
    if large:
        return _verdict(check, Outcome.RESOURCE, "too_long", large)
    found = violations(check, tier)
    if not found:
        return None
    first = next((violation for violation in found if violation.reason != "sorry"), found[0])
    outcome, reason = Outcome.POLICY, first.reason
    if reason == "sorry":
        outcome, reason = Outcome.REJECTED, Reason.SORRY.value
    elif reason in PLAIN_WORDS:
        outcome, reason = Outcome.REJECTED, Reason.ELABORATION.value
    elif reason.startswith(f"{STATEMENT}:"):
        outcome, reason = Outcome.REJECTED, Reason.STATEMENT.value
    return _verdict(check, outcome, reason, _text(check, first.reason, reason, tier), first.line, first.column)


def _verdict(check: ParsedCheck, outcome: Outcome, reason: str, text: str, line: int = 1, column: int = 0) -> Verdict:
    messages = [Message(severity="error", line=line, column=column, text=text)]
    return Verdict(id=check.check.id, outcome=outcome, reason=reason, messages=messages)


def _text(check: ParsedCheck, violation: str, reason: str, tier: Tier) -> str:
    """What the user is told of a violation."""
    if violation in PLAIN_WORDS:
        return PLAIN_WORDS[violation]
    if reason == Reason.STATEMENT and " " in violation:  # words, not a rule's name
        return violation.removeprefix(f"{STATEMENT}:")
    if violation.startswith(IMPORT):
        theirs = ", ".join(check.header.imports) or "nothing"
        return f"the file imports {violation.removeprefix(IMPORT)}, which its header (it imports {theirs}) does not hold"
    if tier == "text" and not violations(check, "kernel"):
        return f"not allowed here: {violation} (a rule of the text tier: where kernel objects decide, as with `fork`, it is allowed)"
    what = f"not allowed here: {violation}"
    return f"{what} (a command that runs code, and no part of a proof: leave it out)" if violation == "command:#eval" else what


def _too_large(check: ParsedCheck) -> str:
    asked = check.check
    texts = {"header": asked.header, "preamble": asked.preamble, "statement": asked.statement, "text": asked.code or asked.proof or ""}
    return next((f"the {name} has {large}" for name, text in texts.items() if (large := rules.too_large(text))), "")


def _header(check: ParsedCheck, tier: Tier) -> list[Violation]:
    if not check.top.text.strip():
        return []
    if check.header.special:  # checks are plain files
        return [Violation(f"{HEADER}:{check.header.special}", 1, 0)]
    if check.header.problem:
        return [Violation(f"{STATEMENT}:the header: {check.header.problem}", 1, 0)]
    return _found(check.top, HEADER, tier)


def _preamble(check: ParsedCheck, tier: Tier) -> list[Violation]:
    source = check.preamble
    if not source.text.strip():
        return []
    found = _found(source, PREAMBLE, tier)
    if tier == "text" and check.check.negated:  # variables would stand outside the negation that the pin states
        found += [Violation(f"{PREAMBLE}:command:variable", 1, 0) for mark in source.marks if mark.text == "variable"]
    if without_modifiers(source.marks, len(source.marks)) < len(source.marks):  # they would be the statement's
        return [Violation(f"{STATEMENT}:the definitions before it end in the middle of one", 1, 0)]
    if not found and check.left_open:
        return [Violation(f"{STATEMENT}:the definitions before it leave the namespace {check.left_open} open; close it", 1, 0)]
    return found


def _statement(check: ParsedCheck, tier: Tier) -> list[Violation]:
    try:
        goal = check.goal
    except StatementError as error:
        return [Violation(f"{STATEMENT}:{error}", 1, 0)]
    if "\n" in check.name.text or len(check.name.parts) > rules.MAX_PARTS:
        return [Violation(f"{STATEMENT}:its name has a line break or more than {rules.MAX_PARTS} parts", 1, 0)]
    special = rules.kernel_name(check.name.parts)
    if special:
        return [Violation(f"{STATEMENT}:kernel_name:{special}", 1, 0)]
    return _found(goal, STATEMENT, tier)


def _candidate(check: ParsedCheck, tier: Tier) -> list[Violation]:
    text, marks = check.without_comments, check.marks
    fence = rules.fence(text)
    if fence is not None:
        return rules.violations(text, iter([(fence, "fence")]))
    if not marks:
        return [Violation("empty", 1, 0)]
    foreign = ((mark.start, f"{IMPORT}{mark.text[:60]}") for mark in check.foreign)
    form = rules.declarations(marks, words.PLAIN_COMMANDS) if check.whole_file else rules.proof(marks)
    plain = chain(foreign, rules.plain(marks))
    if tier == "kernel":
        return rules.violations(text, chain(rules.characters(text, marks), plain, rules.running(marks)))
    return rules.violations(text, chain(rules.characters(text, marks), rules.everywhere(marks), plain, form))


def _found(source: Source, prefix: str, tier: Tier) -> list[Violation]:
    """The violations of a trusted text, each with `prefix`, which says what it is a text of."""
    return list(_kept(source.text, prefix, tier)) if len(source.text) <= KEPT else _judged(source, prefix, tier)


@lru_cache(maxsize=1024)
def _kept(text: str, prefix: str, tier: Tier) -> tuple[Violation, ...]:
    """What `_judged` says of a text; many checks bring the same one."""
    return tuple(_judged(trusted(text), prefix, tier))


def _judged(source: Source, prefix: str, tier: Tier) -> list[Violation]:
    text, marks = source.plain, source.marks
    tiers = chain(rules.everywhere(marks), _FORMS[prefix](marks)) if tier == "text" else rules.running(marks)
    found = chain(rules.characters(text, marks), tiers)
    return rules.violations(text, ((offset, f"{prefix}:{reason}") for offset, reason in found))


_FORMS: dict[str, Callable[[Sequence[Token]], Iterator[tuple[int, str]]]] = {  # what the text tier wants of their form
    HEADER: rules.header,
    PREAMBLE: lambda marks: rules.declarations(marks, words.PREAMBLE_COMMANDS),
    STATEMENT: rules.proof,
}
