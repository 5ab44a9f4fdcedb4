"""What a model's definitions may be: plain ones, under names of their own, that say something, and that the theorem speaks of.

They will stand where trusted definitions stand, so they pass the policy for untrusted text first, and less is allowed than there.
"""

from __future__ import annotations

from synth.programs.types import TAKEN
from synth.prompts.declarations import declarations, tokens
from synth.prompts.translator import Translation
from synth.records import Drop
from synth.statements.filters.hidden import saying_nothing
from synth.statements.scopes import free
from synth.statements.text import UNPROVED
from verify_workers.policy import violations
from verify_workers.records import Check
from verify_workers.text.commands import chunks
from verify_workers.text.parsed import ParsedCheck
from verify_workers.text.statement import parse_theorem

DEFINING = frozenset({"def", "abbrev", "structure", "inductive", "mutual", "end"})
GOING_ON = frozenset({"termination_by", "decreasing_by", "where"})  # of a definition, often at the margin


def refused(made: Translation, functions: tuple[str, ...]) -> tuple[Drop, str] | None:
    """Why a translation is not looked at any further; `functions`: of the program, where these are known."""
    code = "\n\n".join(part for part in (made.opens, made.definitions, f"{made.statement} := {UNPROVED}") if part)
    found = violations(ParsedCheck(Check(id="translation", statement=made.statement, header=made.opens, code=code)), "text")
    if found:
        return Drop.POLICY, f"not allowed in a translation: {found[0].reason}"
    for command in chunks(made.definitions, tokens(made.definitions)):
        if command[0].text not in DEFINING | GOING_ON:
            return Drop.POLICY, f"`{command[0].text}`: a translation has def, abbrev, structure and inductive, and nothing else"
    declared = {one.name for one in declarations(made.definitions) if one.name}
    for name in sorted(declared):
        first, _, rest = name.partition(".")
        if name in TAKEN or (rest and first not in declared):
            return Drop.POLICY, f"`{name}` means something in Lean already"
    if why := saying_nothing(made.definitions):
        return Drop.HIDDEN, why
    own = set(functions) - TAKEN or declared  # a function that has a name of Lean's has another one here
    if not declared & names(made.statement) & own:
        return Drop.NAMELESS, f"the theorem names none of {', '.join(sorted(own))}"
    return None


def names(statement: str) -> frozenset[str]:
    """The names that a theorem speaks of, its own variables aside; of `x.f` the `f` too."""
    theorem = parse_theorem(statement)
    found = free(f"∀ {theorem.binders}, {theorem.conclusion}" if theorem.binders.strip() else theorem.conclusion)
    return found | {name.rpartition(".")[2] for name in found}
