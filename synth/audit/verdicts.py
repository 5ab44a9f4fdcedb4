"""What Lean is asked about a row, and how its answers are read."""

from __future__ import annotations

from synth.audit import texts
from synth.audit.labels import Finding, Label
from synth.audit.rows import Candidate, candidate
from synth.config import FilterConfig
from synth.records import Statement
from synth.statements.filters.answer import anything
from synth.statements.filters.base import any_of
from synth.statements.filters.consistent import refutation
from synth.statements.telescope import telescope
from verify_workers.records import Check, Outcome, Reason, Verdict
from verify_workers.text.commands import chunks
from verify_workers.text.lexer import tokens
from verify_workers.text.statement import StatementError, parse_theorem

CONTRADICTION_SECONDS = 5.0
_ABSURD = ":false"  # the end of the id of the second check
COMPUTED = "though equal by computation"  # what child B says of a proof of the statement that states another one
LACKING = ("needs Mathlib", "the embedded library lacks")  # how messages begin that speak of this Lean and not of the proof


def checks(one: Candidate, timeout: float, vacuous: bool) -> list[Check]:
    """The row itself, and whether its hypotheses prove False where that would say something."""
    asked = [one.check(timeout)]
    if vacuous and (text := _refutation(one)):
        tactics = any_of(FilterConfig().contradiction_tactics)
        limit = min(timeout, CONTRADICTION_SECONDS)
        asked.append(
            Check(id=f"{one.row}{_ABSURD}", statement=text, header=one.header, preamble=one.preamble, proof=tactics, timeout=limit)
        )
    return asked


def is_of(verdict: Verdict) -> int:
    """The row that a verdict is about."""
    return int(verdict.id.removesuffix(_ABSURD))


def is_second(verdict: Verdict) -> bool:
    return verdict.id.endswith(_ABSURD)


def _refutation(one: Candidate) -> str:
    """The theorem that the hypotheses are contradictory; '' where that is the point: a proof by contradiction, or that anything follows."""
    if one.negated:
        return ""
    try:
        parts = telescope(one.statement)
    except StatementError:
        return ""
    conclusion = parts.conclusion.strip()
    variables = {name for part in parts.all_parts for name in part.names}
    if conclusion == "False" or conclusion in variables:
        return ""
    if given(one):  # `variable`s are hypotheses that the statement does not show
        theorem = parse_theorem(one.statement)
        return refutation(one.statement) or f"{theorem.head} {theorem.binders} : False"
    if not any(part.hypothesis for part in parts.all_parts):
        return ""
    return refutation(one.statement)


def given(one: Candidate) -> str:
    """The `variable`s before a statement, and which of them it takes whether it speaks of them or not; '' where there are none."""
    above = f"{one.header}\n{one.preamble}"
    if "variable" not in above:
        return ""
    found = [chunk for chunk in chunks(above, tokens(above)) if chunk[0].text in ("variable", "include", "omit")]
    return "\n".join(above[chunk[0].start : chunk[-1].end] for chunk in found)


def restated(verdict: Verdict, one: Candidate, timeout: float) -> Check | None:
    """What decides whether a file only states its row's statement in other notation: the file as it stands by itself.

    Asked where Lean's kernel took the file's theorem for a proof of the statement, and only the words differ; None elsewhere.
    """
    if verdict.reason != Reason.WRONG_STATEMENT or not verdict.form or one.code is None or one.negated:
        return None
    if not any(COMPUTED in message.text for message in verdict.messages):
        return None
    own = candidate(one.row, one.place, {"code": one.code, "header": one.header}, {"code": "code", "header": "header"})
    # Of several theorems it has to be the same one: the first check did not come to the axioms of its own.
    return None if own.problem or parse_theorem(own.asked).name != parse_theorem(one.asked).name else own.check(timeout)


def same_but_for_notation(verdict: Verdict, own: Verdict | None) -> bool:
    """Whether the file's own theorem, which Lean accepts, and the statement that it was a proof of by computation have one normal form."""
    return own is not None and own.accepted and bool(own.form) and own.form == verdict.form


def empty(one: Candidate, verdict: Verdict) -> str:
    """Why a statement says nothing, by its text or by its term (`Verdict.remarks`), which shows what no text does; '' for others.

    That there is something above, below or unlike a term is a theorem like another, but no answer to words that ask for one thing.
    """
    if one.negated:
        return ""
    if why := texts.says_nothing(one.statement):
        return why
    words = one.text or one.doc
    remarks = [remark for remark in verdict.remarks or () if words or not remark.startswith("loose")]
    return anything(Statement(id="", problem_id="", text=one.statement, remarks=remarks), words)


def read(verdict: Verdict, one: Candidate, absurd: Verdict | None = None, own: Verdict | None = None) -> list[Finding]:
    """What the verdict on a row (that on its hypotheses, and that on its file by itself) says; nothing where the row is accepted."""
    found = list[Finding]()
    if why := empty(one, verdict):
        found.append(Finding(Label.VACUOUS, "empty", why))
    if absurd is not None and absurd.accepted:
        found.append(Finding(Label.VACUOUS, "contradictory", "the hypotheses prove False"))
    said = " ".join((verdict.first_error or next((m.text for m in verdict.messages), "")).split())
    if verdict.outcome is Outcome.ACCEPTED:
        return found
    if verdict.outcome is Outcome.POLICY:
        found.append(Finding(Label.POLICY, verdict.reason, said))
    elif verdict.outcome is not Outcome.REJECTED:
        found.append(Finding(Label.UNCHECKED, verdict.outcome.value, verdict.reason or said))
    elif verdict.reason == Reason.STATEMENT or said.startswith(LACKING):
        found.append(Finding(Label.UNSUPPORTED, verdict.reason, said))
    elif one.dropped and verdict.reason in (Reason.ELABORATION, Reason.UNSOLVED):
        found.append(Finding(Label.UNSUPPORTED, "header", f"without its header: {said}"))
    elif same_but_for_notation(verdict, own):
        found.append(Finding(Label.ACCEPTED, "notation", "the file states it in other notation, of the same normal form"))
    elif verdict.reason == Reason.WRONG_STATEMENT:
        found.append(Finding(Label.ALTERED, "file" if one.code else "proof", said))
    elif verdict.reason == Reason.AXIOM:
        found.append(Finding(Label.AXIOM, "used", ", ".join(verdict.axioms) or said))
    else:
        found.append(Finding(Label.REJECTED, verdict.reason, said))
    return found
