"""The one-point rule on text: `∃ x, x = t ∧ p` says p of t, and `∃ x, x = t` says nothing."""

from __future__ import annotations

from synth.statements.scopes import free, put
from synth.statements.spelling import signs
from synth.statements.telescope import bound, relation
from verify_workers.text.commands import closing, first_outside, nesting
from verify_workers.text.lexer import Token, tokens


def of_its_value(conclusion: str) -> str:
    """What is left of `∃ x y : T, x = t ∧ y = s ∧ p` when all of its variables are set; the conclusion itself where not all are.

    Casts are left to Lean: what is no statement with `(t : T)` in the place of `x`, it refuses.
    """
    text = plain(conclusion)
    comma = first_outside(marks, ",") if (marks := tokens(text)) and marks[0].text == "∃" else None
    if comma is None or marks[1].text == "!":
        return conclusion
    types = dict[str, str]()
    names, says = bound(text[1 : marks[comma].start].strip(), types)
    parts = conjuncts(text[marks[comma].end :])
    for name in reversed(names):
        found = next(((part, one[1]) for part in parts if (one := set_to(part, (name,)))), None)
        if says or found is None or len(parts) < 2:
            return conclusion
        value = f"({found[1]} : {types[name]})" if types.get(name) else f"({found[1]})"
        changed = [put(part, name, value) for part in parts if part != found[0]]
        if not all(changed):
            return conclusion
        parts = changed
    return " ∧ ".join(f"({part})" if len(parts) > 1 else part for part in parts)


def plain(text: str) -> str:
    """`text` without brackets around all of it."""
    text = text.strip()
    while (marks := tokens(text)) and marks[0].text == "(" and closing(marks, 0) == len(marks) - 1:
        text = text[1:-1].strip()
    return text


def conjuncts(text: str) -> list[str]:
    """What a text says at once, as far as `∧` alone joins it."""
    marks, depth, cuts = signs(plain(text)), 0, list[Token]()
    for mark in marks:
        depth += nesting(mark)
        if depth == 0 and mark.text in ("∨", "→", "↔", "∀", "∃", "fun", "λ", "let", "if", "¬"):
            return [plain(text)]
        cuts += [mark] if depth == 0 and mark.text == "∧" else []
    starts, ends = [0, *(mark.end for mark in cuts)], [*(mark.start for mark in cuts), len(plain(text))]
    return [plain(plain(text)[start:end]) for start, end in zip(starts, ends, strict=True)]


def set_to(part: str, names: tuple[str, ...]) -> tuple[str, str] | None:
    """`x = t`, one of `names` and a term in which none of them stands; None for anything else."""
    parts = relation(plain(part))
    for this, that in ((parts[0], parts[2]), (parts[2], parts[0])) if parts and parts[1] == "=" else ():
        if this in names and not set(names) & free(that):
            return this, that
    return None
