"""What a user may have meant whose check was rejected for its form: one line beside Lean's own words, which changes no outcome.

Lean's error is looked at first, so that a proof that is plainly wrong costs no second reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from verify_workers.records import Check, Message, Reason, Verdict
from verify_workers.text import commands
from verify_workers.text.lexer import Kind, Token, tokens, words
from verify_workers.text.parsed import ParsedCheck
from verify_workers.text.statement import StatementError

HINT = "hint: "
TACTICS = words("""
    aesop all_goals any_goals apply assumption by_cases by_contra calc cases change clear congr constructor contradiction contrapose conv
    decide exact exact_mod_cast exfalso existsi ext field_simp fin_cases first focus generalize gcongr grind induction interval_cases intro
    intros left linarith native_decide nlinarith norm_cast norm_num nth_rewrite obtain omega positivity push_cast push_neg rcases refine
    replace revert right ring ring_nf rintro rw rwa simp simp_all simpa specialize split subst symm tauto trans unfold use
""")
_UNKNOWN = re.compile(r"Unknown (?:identifier|constant) `([^`]+)`")
_UNIVERSE = re.compile(r"unknown universe level `([^`]+)`")
_PROPOSITION = re.compile(r"Type mismatch\n.*\nhas type\n  Prop\n.*expected to have type\n", re.S)
_SCOPE = re.compile(r"\b(?:namespace|section|end)\b")
_FIRST = re.compile(r"\s*(·|[A-Za-z_][\w'!?]*)")  # the word that a proof begins with
_DECLARING = words("theorem lemma def abbrev structure inductive class instance opaque axiom")


def hint(verdict: Verdict, check: Check) -> str:
    """What may help with a rejection; '' where nothing is to be said."""
    errors = [message for message in verdict.messages if message.severity == "error"]
    if not errors:
        return ""
    parsed = ParsedCheck(check)
    try:
        return next(_hints(verdict.reason, errors, parsed), "")
    except StatementError:
        return ""


def _hints(reason: str, errors: Sequence[Message], parsed: ParsedCheck) -> Iterator[str]:
    said = errors[0].text
    if found := _UNIVERSE.search(said):
        level, name = found[1], parsed.theorem.name
        where = (
            f"`theorem {name}.{{{level}}}`, or `universe {level}` in the header" if reason == Reason.STATEMENT else f"`universe {level}`"
        )
        yield f"the universe {level} is not declared: write {where}"
    if reason == Reason.STATEMENT:
        yield from _scopes(parsed)
    if found := _UNKNOWN.search(said):
        name = found[1].removeprefix("_root_.")
        hidden = next((full for full in _declared(parsed.preamble.marks) if full != name and full.endswith(f".{name}")), "")
        if hidden:
            space = hidden.removesuffix(f".{name}")
            yield f"{name} is {hidden} in the preamble: write that, or end the preamble with `open {space}`"
    if reason == Reason.ELABORATION and not parsed.whole_file:
        yield from _of_a_proof(said, errors[0], parsed)


def _of_a_proof(said: str, error: Message, parsed: ParsedCheck) -> Iterator[str]:
    """On what stands where a term is expected."""
    found = _FIRST.match(parsed.candidate.text)
    first = found[1] if found else ""
    if (first in ("decide", "·") or (first in TACTICS and f"`{first}`" in said)) and not parsed.theorem.by:
        yield f"`{first}` begins a tactic proof, which needs `by`: `by {first} …`"
    if first != "by" and error.line == 1 and _PROPOSITION.match(said) and not parsed.theorem.by:
        yield "the proof is itself a proposition: what follows `:=` must prove the statement, as a term does, or `by` and tactics"


def _scopes(parsed: ParsedCheck) -> Iterator[str]:
    """On a statement that is cut from the middle of a file."""
    if not _SCOPE.search(parsed.check.statement):
        return
    whole = tokens(parsed.check.statement)
    scopes = [mark for mark in whole if mark.kind is Kind.IDENT and mark.text in ("namespace", "section", "end")]
    last = max((place for place, mark in enumerate(whole) if mark.text in ("theorem", "lemma")), default=-1)
    behind = [mark for mark in scopes if last >= 0 and mark.start > whole[last].start]
    if behind or commands.left_open(whole):
        word = (behind or scopes)[0]
        yield (
            f"`{word.text}` stands in the statement, which is one theorem: leave its scopes out and write its whole name "
            "(`theorem Namespace.name`); definitions that need a namespace belong to the preamble, with its `end`"
        )


def _declared(marks: Sequence[Token]) -> Iterator[str]:
    """The full names that a preamble declares inside a namespace."""
    scopes: list[str] = []
    for place, mark in enumerate(marks[:-1]):
        commands.scoped(scopes, marks, place)
        if mark.kind is Kind.IDENT and mark.text in _DECLARING and marks[place + 1].kind is Kind.IDENT:
            space = [scope for scope in scopes if scope]
            if space:
                yield ".".join([*space, marks[place + 1].text])
