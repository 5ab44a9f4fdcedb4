"""How many kept statements say what their problem says, measured against the generator's own formal statements.

Only a measurement: the pipeline never sees the references.  Equality is of normalized text after renaming bound
variables in order, so the figure is a lower bound: a differently written but equivalent statement counts as unfaithful.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from synth.records import Statement
from synth.statements.text import normalized

BINDER = re.compile(r"(?:[∀∃λ]|fun)\s*!?\s*((?:[^\W\d]\w*'*\s+)*[^\W\d]\w*'*)|[({⦃]\s*((?:[^\W\d]\w*'*\s+)+):")


def canonical(statement: str) -> str:
    """Normalized text with bound variables renamed in order of their binders (shadowing is not told apart)."""
    text = normalized(statement)
    names: dict[str, str] = {}
    for match in BINDER.finditer(text):
        for name in (match.group(1) or match.group(2) or "").split():
            names.setdefault(name, f"v{len(names)}")
    return re.sub(r"[^\W\d]\w*'*", lambda m: names.get(m.group(), m.group()), text)


def faithful(statements: Iterable[Statement], references: dict[str, str]) -> tuple[int, int]:
    """(faithful, measured) among the autoformalized `statements` whose problem has a reference."""
    same = measured = 0
    canon = {problem: canonical(reference) for problem, reference in references.items()}
    for statement in statements:
        if statement.origin in ("autoformalized", "refined") and statement.problem_id in canon:
            measured += 1
            same += canonical(statement.text) == canon[statement.problem_id]
    return same, measured
