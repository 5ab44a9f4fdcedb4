"""From Lean's answers to the rows of the result: findings, repeats, the one label."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from synth.audit import texts, verdicts
from synth.audit.labels import SILENT, Audited, Finding, Label, ordered
from synth.audit.repeats import Repeats, same
from synth.audit.rows import Candidate
from synth.audit.seen import Seen
from synth.records import Problem, Statement
from synth.statements.text import identity, new_statement
from verify_workers.pool.local import LocalPool
from verify_workers.records import Outcome, Verdict
from verify_workers.text.statement import StatementError

NEGATED = "-- what is proved is that this is false:"


def finish(
    piece: Sequence[Candidate], answers: Sequence[Verdict], seen: Seen, repeats: Repeats, lean: LocalPool, timeout: float
) -> list[Audited]:
    """The rows of a piece in order, each with its label; on those whose check was `infra` Lean is asked once more."""
    first = {verdicts.is_of(verdict): verdict for verdict in answers if not verdicts.is_second(verdict)}
    second = {verdicts.is_of(verdict): verdict for verdict in answers if verdicts.is_second(verdict)}
    again = [one.check(timeout) for one in piece if one.row in first and first[one.row].outcome is Outcome.INFRA]
    first |= {verdicts.is_of(verdict): verdict for verdict in (lean.verify(again) if again else [])}
    alike = [check for one in piece if one.row in first and (check := verdicts.restated(first[one.row], one, timeout))]
    own = {verdicts.is_of(verdict): verdict for verdict in (lean.verify(alike) if alike else [])}
    made = [_row(one, first.get(one.row), second.get(one.row), own.get(one.row), seen) for one in piece]
    return _with_repeats(made, repeats)


def _row(one: Candidate, verdict: Verdict | None, absurd: Verdict | None, own: Verdict | None, seen: Seen) -> tuple[Audited, list[Finding]]:
    """A row and its findings, all but whether it repeats another."""
    if verdict is None:
        return Audited(row=one.row, place=one.place, id=one.id, label="", statement=one.statement), [
            Finding(Label.UNREADABLE, "", one.problem)
        ]
    found = [*texts.read(one), *verdicts.read(verdict, one, absurd, own)]
    stated = _statement(one, verdict)
    benchmark = seen.has(stated, one.text or one.doc)
    if benchmark:
        found.append(Finding(Label.CONTAMINATED, benchmark.how, benchmark.what))
    row = Audited(
        row=one.row,
        place=one.place,
        id=one.id,
        label="",
        axioms=own.axioms if own and verdicts.same_but_for_notation(verdict, own) else verdict.axioms,
        benchmark=benchmark.what if benchmark else "",
        statement=_shown(one),
        form=verdict.negated_form if one.negated else verdict.form,
        key=_hash(f"{one.negated}\n{_identity(stated)}"),
        proof_key=_hash(one.proof or one.code or ""),
        audit=verdict.audit,
        seconds=round(verdict.seconds + (absurd.seconds if absurd else 0.0), 4),
    )
    return row, found


def _with_repeats(made: Sequence[tuple[Audited, list[Finding]]], repeats: Repeats) -> list[Audited]:
    """The rows of a piece, finished; those that may be the first of equal ones are known from then on."""
    before = repeats.look_up([row for row, _ in made])
    here: dict[str, int] = {}
    proofs, firsts, done = set[str](), list[Audited](), list[Audited]()
    for (row, found), known in zip(made, before, strict=True):
        earlier = known if known is not None else here.get(row.form or " ", here.get(row.key or " "))
        if earlier is not None:
            copied = repeats.has_proof(row) or same(row) in proofs
            found.append(Finding(Label.DUPLICATE, "same proof" if copied else "another proof", f"of row {earlier}"))
        first, *others = ordered(found) or [Finding(Label.ACCEPTED)]
        update = {"label": first.label.value, "reason": first.reason, "detail": first.detail[:1000], "duplicate_of": earlier}
        row = row.model_copy(update={**update, "findings": [str(one)[:1000] for one in (first, *others)]})
        done.append(row)
        if first_of_its_kind(row):
            firsts.append(row)
            proofs.add(same(row))
            for key in (row.form, row.key):
                if key:
                    here.setdefault(key, row.row)
    repeats.take(firsts)
    return done


def first_of_its_kind(row: Audited) -> bool:
    """Whether later rows with its statement repeat this one: not where its proof is none, nor where it repeats one itself."""
    return row.duplicate_of is None and row.label in (*SILENT, Label.CONTAMINATED, Label.VACUOUS) and bool(row.key)


def _statement(one: Candidate, verdict: Verdict) -> Statement:
    problem = Problem(id=str(one.row), header=one.header, preamble=one.preamble)
    return new_statement(problem, one.statement, form=verdict.form, negated_form=verdict.negated_form)


def _shown(one: Candidate) -> str:
    """The statement for people, with what its own text does not say."""
    return "\n".join(filter(None, (NEGATED if one.negated else "", verdicts.given(one), one.statement)))


def _identity(statement: Statement) -> str:
    try:
        return identity(statement.model_copy(update={"form": ""}))
    except StatementError:
        return statement.text


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
