"""Seed rows of back-translation: a statement in words, whether two texts say the same, and a statement put right.

Texts that differ are hard: one number of a problem is another, two are swapped, or it is another problem of the family.
"""

from __future__ import annotations

from random import Random

from synth.problems.families import Draft, Family
from synth.problems.generate import LEVELS, Choice, draw, reference, word
from synth.problems.seed_roles.base import SeedRow
from synth.prompts import goal
from synth.prompts.back import shown

UNRELATED = 0.15  # share of different texts that are about another family altogether
UNKNOWN = 0.4  # share of statements put right that have a variable which nothing binds


def informal(rng: Random, count: int, held: set[str], choice: Choice) -> list[SeedRow]:
    """Statements and their words."""
    rows: dict[str, SeedRow] = {}
    while len(rows) < count:
        family, draft = _drawn(rng, held, choice)
        text = word(rng, family, draft)
        rows[text] = (shown(reference(draft.goal)), text)
    return list(rows.values())


def comparisons(rng: Random, count: int, held: set[str], choice: Choice) -> list[SeedRow]:
    """Two texts: half of them say the same in other words (or in the same), half do not."""
    rows: list[SeedRow] = []
    while len(rows) < count:
        family, draft = _drawn(rng, held, choice)
        back, same = word(rng, family, draft), len(rows) % 2 == 0
        problem = word(rng, family, draft) if same else _differing(rng, family, draft, held, choice)
        if problem:
            rows.append((shown(reference(draft.goal)) | {"problem": problem, "back": back}, "same" if same else "different"))
    return rows


def refinements(rng: Random, count: int, held: set[str], choice: Choice) -> list[SeedRow]:
    """A problem, a wrong statement of it, what is wrong (Lean's error, or what the statement says in words), and the right one."""
    rows: list[SeedRow] = []
    while len(rows) < count:
        family, draft = _drawn(rng, held, choice)
        right = reference(draft.goal)
        if rng.random() < UNKNOWN:
            wrong, message = _unbound(rng, right)
        else:
            other = _again(rng, family, draft, held, choice)
            wrong, message = (reference(other.goal), word(rng, family, other)) if other else ("", "")
        if wrong and wrong != right:
            rows.append((shown(wrong) | {"problem": word(rng, family, draft), "message": message, "name": "X"}, goal(right)))
    return rows


def _drawn(rng: Random, held: set[str], choice: Choice) -> tuple[Family, Draft]:
    while True:
        family, _, draft = draw(rng, choice)
        if reference(draft.goal) not in held:
            return family, draft


def _differing(rng: Random, family: Family, draft: Draft, held: set[str], choice: Choice) -> str:
    """A text near to the draft's that says something else; '' where none was found."""
    if rng.random() < UNRELATED:
        strange, other = _drawn(rng, held, choice)
        return word(rng, strange, other) if other.goal != draft.goal else ""
    if rng.random() < 0.7 and (changed := _changed(rng, draft)):
        return word(rng, family, changed)
    again = _again(rng, family, draft, held, choice)
    return word(rng, family, again) if again else ""


def _changed(rng: Random, draft: Draft) -> Draft | None:
    """The draft with one number of its words changed, or two swapped (its goal is no longer what the words say)."""
    numbers = [name for name, value in draft.slots.items() if isinstance(value, int)]
    if not numbers:
        return None
    slots, name = dict(draft.slots), rng.choice(numbers)
    if len(numbers) > 1 and rng.random() < 0.3:
        other = rng.choice([n for n in numbers if n != name])
        slots[name], slots[other] = slots[other], slots[name]
    else:
        value = int(str(slots[name]))
        slots[name] = max(0, value + rng.choice((-10, -3, -2, -1, 1, 2, 3, 10)))
    return None if slots == draft.slots else Draft(draft.goal, draft.truth, slots, draft.proofs, draft.wrong, draft.wording)


def _again(rng: Random, family: Family, draft: Draft, held: set[str], choice: Choice) -> Draft | None:
    """Another draft of the same family."""
    for _ in range(5):
        other = family.draw(rng, rng.choice([level for level in LEVELS if level in choice.levels]))
        if other.goal != draft.goal and reference(other.goal) not in held:
            return other
    return None


def _unbound(rng: Random, statement: str) -> tuple[str, str]:
    """The statement in which one variable is a letter that nothing binds, and Lean's error on it."""
    body = statement.partition(", ")[2]
    letters = [c for c in "nmkxyzuvpqr" if f" {c} " in f" {body} "]
    free = [c for c in "abcdestw" if f" {c} " not in f" {statement} "]
    if not letters or not free:
        return "", ""
    letter = rng.choice(free)
    place = body.rfind(f" {rng.choice(letters)} ")
    if place < 0:
        return "", ""
    head = statement[: len(statement) - len(body)]
    return f"{head}{body[: place + 1]}{letter}{body[place + 2 :]}", f"Unknown identifier `{letter}`"
