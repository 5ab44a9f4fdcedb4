"""How many kept statements say what their problem says, measured against the generator's own formal statements.

Only a measurement: the pipeline never sees the references.  Equality is of normal forms (`verify_workers/kernel/normal.py`),
or, where there is none, of normalized text after renaming bound variables in order.  Either way the figure is a lower bound: a
statement that means the same by more than spelling and order (`n + 3` for `3 + n`) counts as unfaithful here (see `against`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from synth.records import Statement
from synth.statements.text import normalized

BINDER = re.compile(r"(?:[∀∃λ]|fun)\s*!?\s*((?:[^\W\d]\w*'*\s+)*[^\W\d]\w*'*)|[({⦃]\s*((?:[^\W\d]\w*'*\s+)+):")
NO_FORMS: Mapping[str, str] = {}


def canonical(statement: str) -> str:
    """Normalized text with bound variables renamed in order of their binders (shadowing is not told apart)."""
    text = normalized(statement)
    names: dict[str, str] = {}
    for match in BINDER.finditer(text):
        for name in (match.group(1) or match.group(2) or "").split():
            names.setdefault(name, f"v{len(names)}")
    return re.sub(r"[^\W\d]\w*'*", lambda m: names.get(m.group(), m.group()), text)


def faithful(statements: Iterable[Statement], references: Mapping[str, str], forms: Mapping[str, str] = NO_FORMS) -> tuple[int, int]:
    """(faithful, measured) among the autoformalized `statements` whose problem has a reference; `forms` are those of references."""
    same = measured = 0
    for statement in statements:
        if statement.origin in ("autoformalized", "refined") and statement.problem_id in references:
            measured += 1
            same += says_the_same(statement, references[statement.problem_id], forms)
    return same, measured


def says_the_same(statement: Statement, reference: str, forms: Mapping[str, str] = NO_FORMS) -> bool:
    """Whether `statement` is its problem's `reference`; `forms` are the normal forms of references, by problem."""
    form = forms.get(statement.problem_id, "")
    return (bool(form) and statement.form == form) or canonical(statement.text) == canonical(reference)
