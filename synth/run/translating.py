"""Which items a model is asked to translate or to state, by what prompts, and what that adds to their decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from synth.config import RunConfig
from synth.programs.compared import contradicted
from synth.programs.decide import Answer, Decided, Decision
from synth.programs.formalized import Formalized
from synth.programs.items import Item, for_a_model
from synth.prompts import Role
from synth.run.roles import role_prompts, statement_prompts, who
from verify_workers.errors import UserError

STATING: tuple[Role, ...] = ("formalize", "refine", "grade", "informalize", "compare")
"""The prompts that lead from words to a kept statement, where the configuration has them on."""
TRANSLATING: tuple[Role, ...] = ("translate",)
NO_MODEL = "or let a model do it: --model CHECKPOINT, or an endpoint (docs/programs.md)"


@dataclass(frozen=True)
class Asking:
    """The items, with what no model makes refused for good; the prompts that the others need; and what the formalizer is called."""

    items: list[Item]
    prompts: tuple[Role, ...] = ()
    by: str = ""


def asking(items: Sequence[Item], config: RunConfig) -> Asking:
    """What is asked of a model about `items`: nothing where there is none, or its preset lacks the template."""
    if not config.models.of("formalizer").own:
        return Asking([_refused(item, NO_MODEL) for item in items])
    stating = tuple(role for role in statement_prompts(config) if role.partition(":")[0] in STATING)
    source, there = config.models.of("formalizer"), for_a_model(items)
    wanted = {True: TRANSLATING, False: stating}
    kinds = {bool(item.wanted[0].program) for item in there if item.wanted}
    missing = {kind: _missing(wanted[kind], config) for kind in kinds}
    able = [_refused(item, missing[bool(item.wanted[0].program)]) if item.wanted else item for item in there]
    asked = dict.fromkeys(role for kind in sorted(kinds) if not missing[kind] for role in wanted[kind])
    return Asking(able, tuple(asked), source.name or source.path)


def _refused(item: Item, why: str) -> Item:
    return replace(item, refused=f"{item.refused}; {why}", wanted=()) if item.wanted and why else item


def _missing(roles: Sequence[Role], config: RunConfig) -> str:
    """Why one of the prompts cannot be asked; '' where all can."""
    prompts = role_prompts(config)
    for role in roles:
        name = role.partition(":")[0]
        if not config.models.of(who(role)).own:
            return f"there is no model for the {who(role)}, who is asked `{name}`: give models.{who(role)}.path or .endpoint"
        try:
            prompts[who(role)].require(name)
        except UserError as error:
            return str(error)
    return ""


async def confirmed(decided: Decided, made: Formalized, config: RunConfig) -> Decided:
    """The decision, which is none where the program that a model translated does not do what was decided of the translation."""
    one, item = decided.decision, made.item
    refuted = one.answer is Answer.REFUTED
    if not (item.wanted and item.wanted[0].program and item.statement) or not (
        one.counterexample if refuted else one.answer is Answer.PROVED
    ):
        return decided
    why = await contradicted(item.statement, item.wanted[0], one.counterexample if refuted else {}, config.answers)
    if not why:
        return decided
    told = {"answer": Answer.UNDECIDED, "reason": f"{item.source}: {item.translated_by} translated it wrongly: {why}", "proof": ""}
    return replace(decided, decision=one.model_copy(update={**told, "counterexample": {}, "strategy": "", "says_nothing": ""}))


def with_cost(decided: Decided, made: Formalized) -> Decided:
    """The decision on an item that a model made, or did not make, with what that cost."""
    spent, old = made.meter.spent, decided.decision
    told: dict[str, object] = {
        "compared": made.compared,
        "tokens": old.tokens + sum(count for name, count in spent.items() if name.startswith("tokens_")),
        "checks": old.checks + spent["checks"],
        "core_seconds": round(old.core_seconds + spent["lean_ms"] / 1000, 3),
    }
    if made.again:
        told |= {"answer": Answer.UNDECIDED, "reason": f"{old.reason}: try again"}
    return replace(decided, decision=old.model_copy(update=told), infra=decided.infra or made.again)


def told_who(one: Decision) -> str:
    """What a user is to know of a statement that a model made; '' for all others."""
    made = {who for who in (one.translated_by, one.stated_by) if who not in ("", "synth")}
    how = f", compared on {one.compared} inputs" if one.translated_by in made else ""
    return f" [{', '.join(sorted(made))} made of it{how}: {' '.join(one.statement.split())}]" if made and one.statement else ""
