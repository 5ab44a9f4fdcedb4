"""Filter: quantifiers and hypotheses that nothing rests on: a mistranslation, or padding that hides a statement about nothing."""

from __future__ import annotations

from synth.records import Drop, Statement
from synth.statements.filters.base import Context, drop, remarked
from synth.statements.says import RELATIONS
from synth.statements.scopes import QUANTIFIERS, free, quantified
from synth.statements.telescope import Part, Telescope, bound, telescope, used
from verify_workers.text.lexer import tokens
from verify_workers.text.statement import StatementError

_KEYWORDS = frozenset({"fun", "let", "have", "match", "with", "in", "if", "then", "else"})
TYPES = _KEYWORDS | frozenset(
    {"Nat", "Int", "Rat", "Real", "Complex", "Bool", "Prop", "Type", "Sort", "Fin", "List", "Set", "ℕ", "ℤ", "ℚ", "ℝ", "ℂ"}
)
"""Shared names that join nothing; whatever else a hypothesis and the conclusion both name may be what they have to do with each other."""


async def unused(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements with a variable that does not occur, or a hypothesis about nothing that is concluded."""
    if "unused" not in context.config.cheats:
        return statements
    return [drop(s, Drop.UNUSED, why) if s.origin != "given" and (why := idle(s.text) or _remarked(s)) else s for s in statements]


def _remarked(statement: Statement) -> str:
    """The same of what the text alone does not show, by the statement's term."""
    names = remarked(statement, "unused")
    return f"{names[0]} is bound and does not occur" if names else ""


def idle(statement: str) -> str:
    """What nothing rests on in `statement`, in words; '' if all is used."""
    try:
        parts = telescope(statement)
    except StatementError:
        return ""
    within = [parts.conclusion, *(part.text for part in parts.all_parts if not part.text.startswith("∀"))]
    return _variable(parts) or _hypothesis(parts) or next((why for text in within if (why := _inner(text))), "")


def _variable(parts: Telescope) -> str:
    """A variable of the telescope that occurs in nothing after it (or is bound again at once)."""
    every = parts.all_parts
    for i, part in enumerate(every):
        if part.hypothesis:
            continue
        later = [*every[i + 1 :]]
        for name in part.names:
            if name.startswith("_") or any(name in other.names for other in parts.all_parts[:i]):
                continue
            if not _occurs(name, later, parts.conclusion):
                return f"{name} is bound and does not occur"
    return ""


def _occurs(name: str, later: list[Part], conclusion: str) -> bool:
    for part in later:
        inside = part.words - (frozenset(part.names) if part.text.startswith(("∀", "(", "{", "⦃")) else frozenset())
        if name in inside:
            return True
        if name in part.names:
            return False  # from here on another one
    return name in free(conclusion)


def _hypothesis(parts: Telescope) -> str:
    """A hypothesis that shares no name with the conclusion, also not by way of other hypotheses."""
    reached = free(parts.conclusion) - TYPES
    if parts.conclusion == "False":
        return ""  # what contradicts each other is what it is about
    links = [link - TYPES for part in parts.all_parts for link in _links(part)]
    while more := {name for link in links if link & reached for name in link} - reached:
        reached |= more
    variables = {name for part in parts.all_parts for name in part.names if not part.hypothesis}
    for part in parts.all_parts:
        about_something = free(part.text) - TYPES or not any(mark in part.text for mark in QUANTIFIERS)
        named = not part.words & variables and not any(mark.text in RELATIONS for mark in tokens(part.text))
        if (
            named and part.names and used(part.text) - {*part.names, "True", "False"}
        ):  # `(h : RiemannHypothesis)`: what it speaks of is not known
            continue
        if part.hypothesis and about_something and not part.words & reached and not set(part.names) & reached:
            return f"{part.text.rstrip('→ ').rstrip()} has nothing to do with the conclusion"
    return ""


def _links(part: Part) -> list[frozenset[str]]:
    """Sets of names that one part joins: all that a hypothesis is about; a variable and what its type depends on."""
    if part.hypothesis:
        return [part.words | frozenset(part.names)]
    return [frozenset({name}) | free(part.text.partition(":")[2].rstrip("),} ")) for name in part.names]


def _inner(text: str) -> str:
    """A quantifier within `text` whose variable does not occur below it."""
    for scope in quantified(text):
        names, says = bound(scope.binder)
        if says:
            continue
        for name in names:
            if not name.startswith("_") and name not in free(scope.body) | used(scope.binder.partition(":")[2]):
                return f"{scope.sign} {name} is bound and does not occur"
    return ""
