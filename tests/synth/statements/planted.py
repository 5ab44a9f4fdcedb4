"""Planted copies of generated problems: what a model or a crawl would bring of a benchmark, by the kind of change."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from synth.problems.families import FAMILIES
from synth.problems.generate import Generated
from verify_workers.text.statement import negate

LETTERS = "bcdhjklmnpqrstuvwxyz"  # neither an article nor a pronoun
_FLIPPED = {"≥": "≤", "≤": "≥", ">": "<", "<": ">", "=": "=", "≠": "≠"}
_HYPOTHESES = re.compile(r"(theorem X : ∀ [^,]*, )([^()∀∃]*)")


def renamed(text: str, rng: Random) -> str:
    """Every variable of one letter is another one, at once."""
    used = sorted(set(re.findall(r"(?<![a-zA-Z'])[b-hj-z](?![\w'])", text)))
    fresh = rng.sample([letter for letter in LETTERS if letter not in used], len(used))
    names = dict(zip(used, fresh, strict=True))
    return re.sub(r"(?<![a-zA-Z'])[b-hj-z](?![\w'])", lambda found: names.get(found[0], found[0]), text)


def reordered(statement: str) -> str:
    """The hypotheses in reverse order; '' where there are not two."""
    found = _HYPOTHESES.fullmatch(statement)
    parts = found[2].split(" → ") if found else []
    return f"{found[1]}{' → '.join([*reversed(parts[:-1]), parts[-1]])}" if found and len(parts) > 2 else ""


def swapped(statement: str) -> str:
    """The conclusion's relation the other way round; '' where it is no plain relation."""
    head, arrow, last = statement.rpartition(" → ")
    if not arrow:
        head, arrow, last = statement.rpartition(", ")
    sides = re.fullmatch(r"([^()∀∃∧∨¬↔]*) ([≥≤<>=≠]) ([^()∀∃∧∨¬↔]*)", last)
    return f"{head}{arrow}{sides[3]} {_FLIPPED[sides[2]]} {sides[1]}" if sides and arrow else ""


def grouped(statement: str) -> str:
    """Outermost variables before the colon."""
    found = re.fullmatch(r"theorem X : ∀ ([\w ]+ : [^,()]+), (.*)", statement)
    return f"theorem Y ({found[1]}) : {found[2]}" if found else ""


def spelled(statement: str) -> str:
    """`¬ a = b` for `a ≠ b`, and ℕ by its name."""
    text = re.sub(r"([\w* +%^]+) ≠ ([\w* +%^]+)", r"¬ (\1 = \2)", statement)
    return text if text != statement else ""


LEAN: dict[str, Callable[[Generated, Random], str]] = {
    "renamed": lambda item, rng: renamed(item.reference, rng),
    "hypotheses reordered": lambda item, rng: reordered(item.reference),
    "sides swapped": lambda item, rng: swapped(item.reference),
    "variables before the colon": lambda item, rng: grouped(item.reference),
    "¬ = for ≠": lambda item, rng: spelled(item.reference),
    "negated": lambda item, rng: negate(item.reference),
    "all at once": lambda item, rng: grouped(swapped(renamed(item.reference, rng)) or item.reference),
}


def _opened(text: str) -> str:
    for old, new in (
        ("Prove that", "Show that"),
        ("Show that", "Verify that"),
        ("prove that", "show that"),
        ("For all", "For every"),
        ("If ", "Suppose "),
    ):
        if old in text:
            return text.replace(old, new, 1)
    return ""


def _latex(text: str) -> str:
    new = text.replace(" * ", r" \cdot ").replace("≥", r"\geq").replace("≤", r"\leq")
    return re.sub(r"(?<![\w'])([b-hj-z])(?![\w'])", r"$\1$", new) if new != text else ""


def _clauses(text: str) -> str:
    found = re.fullmatch(r"(If|Whenever|Let) (.*?)[,.] ([Pp]rove|[Ss]how) that ([^.]*)\.", text)
    return f"Show that {found[4]} {'if' if found[1] == 'If' else 'where'} {found[2]}." if found else ""


def _pattern(template: str) -> str:
    """A pattern for what is worded by `template`; a slot that comes again holds the same."""
    seen: list[str] = []
    parts = []
    for text, slot in re.findall(r"([^{]*)(?:\{(\w+)\})?", template):
        parts.append(re.escape(text))
        if slot:
            parts.append(f"(?P={slot})" if slot in seen else f"(?P<{slot}>.+?)")
            seen.append(slot)
    return "".join(parts)


def _reworded(item: Generated, rng: Random) -> str:
    """Another wording of the same family with the same content; '' where that needs more than the wording says."""
    family = next(family for family in FAMILIES if family.name == item.family)
    for wordings in family.wordings.values():
        for template in wordings:
            if found := re.fullmatch(_pattern(template), item.text, re.IGNORECASE):
                other = rng.choice([one for one in wordings if one != template])
                slots = found.groupdict()
                return other.format(**slots) if set(re.findall(r"\{(\w+)\}", other)) <= slots.keys() else ""
    return ""


SHEET = (
    "This is the third question of our sheet for Friday, and please write down every step. {} Hand it in on paper, with your name on it."
)


ENGLISH: dict[str, Callable[[Generated, Random], str]] = {
    "renamed": lambda item, rng: renamed(item.text, rng),
    "another opening": lambda item, rng: _opened(item.text),
    "LaTeX": lambda item, rng: _latex(item.text),
    "clauses reordered": lambda item, rng: _clauses(item.text),
    "inside a longer text": lambda item, rng: SHEET.format(item.text),
    "another wording": _reworded,
}
