"""Which conjectures and variants are worth searching: the filters of formalized statements that ask nothing of a problem's words.

Variants are besides asked of Lean whether they stand to their parent as their rule says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from synth.conjectures.variants import Link
from synth.records import Drop, Statement
from synth.statements.filters.answer import answered
from synth.statements.filters.base import Context, Filter, drop
from synth.statements.filters.choose import distinct, merged
from synth.statements.filters.consistent import consistent
from synth.statements.filters.decontaminate import decontaminate
from synth.statements.filters.elaborates import UNDECIDED, elaborates
from synth.statements.filters.empty import repeated, true_of_anything
from synth.statements.filters.hidden import hidden
from synth.statements.filters.run import filtered
from synth.statements.filters.unused import unused
from verify_workers.records import Check
from verify_workers.text.statement import parse_theorem

CONTENT: tuple[Filter, ...] = (decontaminate, hidden, unused, answered, consistent, repeated, true_of_anything, distinct)
"""What is asked of each once Lean takes it as a statement."""

Tie = tuple[Statement, Link]
"""A variant's parent, and what ties it to that."""


async def kept_conjectures(candidates: Sequence[Statement], context: Context) -> list[Statement]:
    """Every conjecture, kept or dropped with its reason."""
    return await filtered(list(candidates), context, (elaborates, merged, *CONTENT))


async def kept_variants(candidates: Sequence[Statement], ties: Mapping[str, Tie], context: Context) -> list[Statement]:
    """Every variant, kept or dropped with its reason; `ties` are by the variants' ids."""
    return await filtered(list(candidates), context, (elaborates, tied(ties), merged, *CONTENT))


async def kept_copies(candidates: Sequence[Statement], ties: Mapping[str, Tie], context: Context) -> list[Statement]:
    """Every mutated copy, kept where it says what its parent does: copies are for tests, so they may be trivial, and in a benchmark."""
    lenient = replace(context, config=context.config.model_copy(update={"trivial": "keep"}))
    return await filtered(list(candidates), lenient, (elaborates, tied(ties)))


def tied(ties: Mapping[str, Tie]) -> Filter:
    """The filter that drops variants that are not to their parents what they should be."""

    async def filter(statements: list[Statement], context: Context) -> list[Statement]:
        told = {s.id: by_form(s, *ties[s.id]) for s in statements if s.id in ties}
        asked = [s for s in statements if s.id in told and told[s.id] is None]
        verdicts = await context.tools.verify([question(s, *ties[s.id], context.config.timeout) for s in asked])
        answers = dict(zip((s.id for s in asked), verdicts, strict=True))
        result = []
        for s in statements:
            if s.id in answers and not answers[s.id].accepted:
                verdict = answers[s.id]
                reason = Drop.UNDECIDED if verdict.outcome in UNDECIDED else Drop.UNRELATED
                s = drop(s, reason, verdict.first_error or verdict.reason or verdict.outcome.value)
            elif told.get(s.id) is False:
                s = drop(s, Drop.UNRELATED, "its normal form is another one")
            result.append(s)
        return result

    return filter


def by_form(variant: Statement, parent: Statement, link: Link) -> bool | None:
    """Whether normal forms say that the variant is (the negation of) its parent; None where they say nothing."""
    wanted = {"same": parent.form, "not": parent.negated_form}.get(link.claim, "")
    return variant.form == wanted if variant.form and wanted else None


def question(variant: Statement, parent: Statement, link: Link, timeout: float) -> Check:
    """The question to Lean whether the claim of `link` holds."""
    stands, own = parse_theorem(parent.text), parse_theorem(variant.text).proposition
    theirs = stands.proposition
    claims = {
        "down": f"(h : {own}) : {theirs}",
        "up": f"(h : {theirs}) : {own}",
        "not": f": ({own}) ↔ ¬ ({theirs})",
        "same": f": ({theirs}) ↔ ({own})",
    }
    text = f"{replace(stands, name='tie').head} {claims[link.claim]}"
    return variant.model_copy(update={"text": text}).check(f"{variant.id}:tie", timeout, proof=link.proof)
