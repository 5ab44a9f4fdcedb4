"""Variants of a statement by rule: a literal generalised to a variable, a variable specialised to a literal, the negation, copies.

Rules work on the text, so what they make is only meant to stand to its parent as they say; each variant brings the claim that it
does (`Link`), which Lean is asked (`synth/conjectures/filters.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from synth.prompts.declarations import renamed
from synth.records import content_id
from synth.search.binders import Binder, leading
from synth.statements.telescope import Part, relation, telescope, used
from verify_workers.text.commands import closing, first_outside
from verify_workers.text.lexer import Kind, Token, tokens
from verify_workers.text.statement import StatementError, negate, parse_theorem, source

NUMBERS = {"Nat": "Nat", "ℕ": "Nat", "Int": "Int", "ℤ": "Int", "ℚ": "ℚ", "ℝ": "ℝ"}
"""Types of numbers, by their spelling."""
VALUES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12)
"""What variables are specialised to."""
LETTERS = "mkabcdpqrstuvwxyz"
_FLIPPED = {"=": "=", "≠": "≠", "<": ">", ">": "<", "≤": "≥", "≥": "≤"}
_QUANTIFIED = re.compile(r"(?:[∀∃λ]|fun)\s*!?\s*\(?\s*((?:[^\W\d]\w*'*\s+)*[^\W\d]\w*'*)\s*[:,∈<>≤≥=)]")


@dataclass(frozen=True)
class Link:
    """What ties a variant to its parent: `claim`, given the two propositions, is proved by `proof`.

    The claim is `down` (the parent follows from the variant), `up` (the variant follows from the parent), `not` (the variant
    is that the parent is false), or `same`; `h` is what it follows from.
    """

    claim: Literal["down", "up", "not", "same"]
    proof: str


@dataclass(frozen=True)
class Variant:
    """A statement, and what was changed, by name, for the record."""

    text: str
    link: Link
    changed: dict[str, str] = field(default_factory=dict)


def variants(statement: str, rule: str, most: int) -> list[Variant]:
    """At most `most` variants of a statement by a rule of `RULES`; none where it has no place for it."""
    try:
        parse_theorem(statement)
        found: dict[str, Variant] = {}
        for variant in RULES[rule](statement):
            if variant.text != statement:
                found.setdefault(variant.text, variant)
        return list(found.values())[:most]
    except StatementError:
        return []


def generalised(statement: str) -> Iterator[Variant]:
    """A number, wherever it stands, any number; those that stand most often come first, larger ones first among equals."""
    theorem = parse_theorem(statement)
    says = theorem.proposition
    marks = [mark for mark in tokens(says) if mark.kind is Kind.NUMBER and mark.text.isdecimal() and int(mark.text) > 1]
    name = _fresh(statement)
    counted = Counter(mark.text for mark in marks)
    types = dict.fromkeys([*_number_types(statement), "Nat"])
    for kind in types:
        for number in sorted(counted, key=lambda text: (-counted[text], -int(text))):
            general = _replaced(says, [mark for mark in marks if mark.text == number], name)
            text = f"{theorem.head} : ∀ {name} : {kind}, {general}"
            yield Variant(text, Link("down", f"h {number}"), {"number": number, "variable": f"{name} : {kind}"})


def specialised(statement: str) -> Iterator[Variant]:
    """A number that is any is a small one."""
    for place, binder in enumerate(leading(statement)):
        kind = NUMBERS.get(binder.type)
        if kind is None or binder.hypothesis:
            continue
        number = VALUES[int(content_id("specialise", statement, binder.name), 16) % len(VALUES)]
        value = str(number) if kind == "Nat" else f"({number} : {kind})"
        if text := _without(statement, binder, value):
            given = [f"x_{i}" for i in range(place)]
            proof = " ".join(["h", *given, value])
            yield Variant(
                text, Link("up", f"fun {' '.join(given)} => {proof}" if given else proof), {"variable": binder.name, "number": value}
            )


def negated(statement: str) -> Iterator[Variant]:
    """That it is false."""
    yield Variant(negate(statement), Link("not", "Iff.rfl"))


def mutated(statement: str) -> Iterator[Variant]:
    """The same statement written otherwise, for tests of contamination: by what is changed, and all of it at once."""
    steps = {"names": _renamed, "order": _reordered, "sides": _swapped}
    for name, step in steps.items():
        if (text := step(statement)) != statement:
            yield Variant(text, Link("same", SAME_PROOF), {"changed": name})
    text, changed = statement, list[str]()
    for name, step in steps.items():
        if (other := step(text)) != text:
            text, changed = other, [*changed, name]
    if len(changed) > 1:
        yield Variant(text, Link("same", SAME_PROOF), {"changed": ", ".join(changed)})


_SHUFFLED = "(apply h <;> assumption) | (apply Eq.symm; apply h <;> assumption) | (apply Ne.symm; apply h <;> assumption)"
SAME_PROOF = f"by constructor <;> (intro h; intros; first | exact h | {_SHUFFLED})"

RULES: dict[str, Callable[[str], Iterator[Variant]]] = {
    "generalise": generalised,
    "specialise": specialised,
    "negate": negated,
    "mutate": mutated,
}
"""By the names that users give them.  What makes `subgoal`s is in failures.py: it needs what Lean said of failed proofs."""


# ---- text ------------------------------------------------------------------------------------------------------------


def _fresh(statement: str) -> str:
    """A name that the statement does not use."""
    taken = used(statement)
    return next((letter for letter in LETTERS if letter not in taken), "m_1")


def _number_types(statement: str) -> list[str]:
    """The types of its numbers, those of more variables first."""
    types = [kind for binder in leading(statement) if (kind := NUMBERS.get(binder.type))]
    return [kind for kind, _ in Counter(types).most_common()]


def _replaced(text: str, marks: list[Token], by: str) -> str:
    pieces, at = [], 0
    for mark in marks:
        pieces += [text[at : mark.start], by]
        at = mark.end
    return "".join(pieces) + text[at:]


def _without(statement: str, binder: Binder, value: str) -> str:
    """The statement without a leading variable, and `value` in its place; '' where that is not plain."""
    theorem = parse_theorem(statement)
    goal = theorem.goal
    marks = tokens(goal)
    place = next((i for i, mark in enumerate(marks) if mark.text == binder.name and mark.kind is Kind.IDENT), None)
    later = marks[place + 1 :] if place is not None else []
    if place is None or any(mark.text.startswith(f"{binder.name}.") for mark in later):
        return ""
    start, end = _binding(marks, place)
    if start < 0:
        return ""
    taken = [mark for mark in later if mark.text == binder.name and mark.kind is Kind.IDENT]
    rest = _replaced(goal[end:], [mark._replace(start=mark.start - end, end=mark.end - end) for mark in taken if mark.start >= end], value)
    before = goal[:start].rstrip()
    return source(parse_theorem(f"{theorem.head} {before}{'' if before.endswith('(') else ' '}{rest.lstrip()}"))


def _binding(marks: list[Token], place: int) -> tuple[int, int]:
    """From where to where text goes with the variable that is bound at `marks[place]`: its name, or all that binds it alone."""
    before, after = marks[place - 1] if place else None, marks[place + 1]
    if before is None or before.kind is Kind.IDENT or after.kind is Kind.IDENT:
        return marks[place].start, marks[place].end
    first = place - 1
    if before.text == "∀":
        comma = first_outside(marks[place:], ",")
        return (before.start, marks[place + comma].end) if comma is not None else (-1, -1)
    last = closing(marks, first) if before.text == "(" else None
    if last is None:
        return -1, -1
    if first and marks[first - 1].text == "∀" and last + 1 < len(marks) and marks[last + 1].text == ",":
        return marks[first - 1].start, marks[last + 1].end
    return before.start, marks[last].end


def _renamed(statement: str) -> str:
    """Every variable under another name, at once."""
    parts = telescope(statement)
    bound = [name for part in parts.all_parts for name in part.names]
    bound += [name for found in _QUANTIFIED.finditer(statement) for name in found[1].split()]
    names, taken = list(dict.fromkeys(bound)), used(statement)
    if any(word.startswith(f"{name}.") for word in taken for name in names):
        return statement
    fresh = iter([letter for letter in LETTERS if letter not in taken] + [f"v_{i}" for i in range(len(names))])
    return renamed(statement, {name: next(fresh) for name in names})


def _reordered(statement: str) -> str:
    """Hypotheses that follow each other, in reverse order where none is about another one's name."""
    parts = telescope(statement)
    binders, after = _reversed(parts.binders), _reversed(parts.parts)
    return " ".join([parts.head, *(part.text for part in binders), ":", *(part.text for part in after), parts.conclusion])


def _reversed(parts: tuple[Part, ...]) -> list[Part]:
    result: list[Part] = []
    run: list[Part] = []
    for part in [*parts, None]:
        if part is not None and part.hypothesis and not part.text.startswith("∀") and not any(used(part.text) & {*r.names} for r in run):
            run.append(part)
            continue
        result, run = [*result, *reversed(run)], []
        result += [part] if part is not None else []
    return result


def _swapped(statement: str) -> str:
    """The relation of the conclusion the other way round."""
    parts = telescope(statement)
    sides = relation(parts.conclusion)
    if sides is None or sides[1] not in _FLIPPED:
        return statement
    left, sign, right = sides
    return parts.statement(f"{right} {_FLIPPED[sign]} {left}")
