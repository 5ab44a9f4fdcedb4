"""Filters that ask Lean: conclusions that repeat a hypothesis, and conclusions that are true of anything."""

from __future__ import annotations

from dataclasses import replace

from synth.records import Drop, Statement
from synth.statements.filters.base import Context, any_of, drop, remarked
from synth.statements.one_point import of_its_value
from synth.statements.telescope import relation, telescope
from verify_workers.text.statement import StatementError

REPEATS = (
    "intros; assumption",
    "intros; apply Eq.symm; assumption",
    "intros; apply And.left; assumption",
    "intros; apply And.right; assumption",
)


WHATEVER = (
    *("intros; exact ⟨_, rfl⟩", "intros; exact ⟨_, rfl, trivial⟩", "intros; exact ⟨_, trivial, rfl⟩", "intros; exact ⟨_, fun _ => rfl⟩"),
    *("intros; exact ⟨_, _, rfl, rfl⟩", "intros; exact ⟨_, rfl, fun _ h => h⟩", "intros; exact ⟨_, rfl, fun _ h => h.symm⟩"),
)
"""What proves that there is something equal to a term, whatever the term is."""


async def repeated(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements whose conclusion is one of their hypotheses (turned round or one half of one, too)."""
    if "repeated" not in context.config.cheats:
        return statements
    asked = [(s, s.text) for s in statements if s.origin != "given" and _hypothetical(s.text)]
    found = await _proved(asked, any_of(REPEATS), "repeated", context)
    return [drop(s, Drop.REPEATED, "the conclusion is one of the hypotheses") if s.id in found else s for s in statements]


async def true_of_anything(statements: list[Statement], context: Context) -> list[Statement]:
    """Drop autoformalized statements that cheap tactics prove without their hypotheses, or with a fresh variable for their subject.

    And those that ask for a thing that is equal to a term, whatever that is."""
    if "true_of_anything" not in context.config.cheats:
        return statements
    asked = [(s, text) for s in statements if s.origin != "given" for text in weaker(s.text)]
    found = await _proved(asked, any_of(context.config.cheat_tactics), "anything", context)
    open_ = [s for s in statements if s.origin != "given" and s.id not in found]
    # Where kernel objects are to be had, the term has been looked at, and Lean need not be asked.
    whatever = [(s, s.text) for s in open_ if s.remarks is None and _existential(s.text)]
    same = {s.id for s in open_ if remarked(s, "equal") and not remarked(s, "loose")}
    same |= (await _proved(whatever, any_of(WHATEVER), "whatever", context)).keys()
    statements = [drop(s, Drop.TRUE_OF_ANYTHING, "there is one, whatever it is equal to") if s.id in same else s for s in statements]
    return [drop(s, Drop.TRUE_OF_ANYTHING, f"so is {found[s.id]}") if s.id in found else s for s in statements]


async def _proved(asked: list[tuple[Statement, str]], proof: str, what: str, context: Context) -> dict[str, str]:
    """Of the statements with a changed text, those whose changed text Lean proves, and that text."""
    checks = [
        s.model_copy(update={"text": text}).check(f"{s.id}:{what}:{i}", context.config.timeout, proof=proof)
        for i, (s, text) in enumerate(asked)
    ]
    verdicts = await context.tools.verify(checks)
    return {s.id: text for (s, text), verdict in zip(asked, verdicts, strict=True) if verdict.accepted}


def _hypothetical(statement: str) -> bool:
    try:
        return any(part.hypothesis for part in telescope(statement).all_parts)
    except StatementError:
        return False


def _existential(statement: str) -> bool:
    """Whether it says that there is something that is equal to something, be it by way of a `let`."""
    try:
        conclusion = telescope(statement).conclusion
    except StatementError:
        return False
    return conclusion.lstrip("( ").startswith(("∃", "let", "have")) and "∃" in conclusion and "=" in conclusion


def weaker(statement: str) -> list[str]:
    """What a statement with content does not survive: its hypotheses dropped, and each side of its relation any value of the type.

    What `∃ x, x = t ∧ p` says, it says of t.
    """
    try:
        parts = telescope(statement)
    except StatementError:
        return []
    parts = replace(parts, conclusion=of_its_value(parts.conclusion))
    hypotheses = frozenset(i for i, part in enumerate(parts.all_parts) if part.hypothesis and not _binds_variable(part.text))
    changed = [parts.statement(without=hypotheses)] if hypotheses else []
    sides = relation(parts.conclusion)
    if sides:
        left, sign, right = sides
        # `∨ True`: nothing is assumed of the new variable, but that it has the type of what it stands for.
        changed += [
            parts.statement(f"∀ subject_, (subject_ = ({side}) ∨ True) → {told}")
            for side, told in ((left, f"subject_ {sign} ({right})"), (right, f"({left}) {sign} subject_"))
            if any(char.isalpha() for char in side)
        ]
    return changed


def _binds_variable(text: str) -> bool:
    """`∀ n > 3,` and `∀ n ∈ s,`: what follows needs the variable."""
    return text.startswith("∀")
