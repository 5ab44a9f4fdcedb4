"""The types of a model's definitions, as their Lean text has them."""

from __future__ import annotations

from synth.programs.expressions import Signature
from synth.programs.types import lean_type
from synth.prompts.declarations import Declaration, declarations
from synth.search.binders import leading
from verify_workers.text.commands import first_outside
from verify_workers.text.lexer import tokens


def signatures(definitions: str) -> dict[str, Signature]:
    """The functions among definitions whose types the small language has."""
    found = {}
    for one in declarations(definitions):
        given, result = signature(definitions, one)
        kinds = [lean_type(text) for text in given]
        gives = lean_type(result)
        if one.keyword in ("def", "abbrev") and given and gives and all(kinds):
            found[one.name] = Signature(tuple(kind for kind in kinds if kind), gives)
    return found


def signature(preamble: str, function: Declaration) -> tuple[list[str], str]:
    """The types of a function's parameters, and of what it gives; no parameters where some are implicit."""
    text = preamble[slice(*function.goal)]
    marks = tokens(text)
    colon = first_outside(marks, ":")
    if colon is None:
        return [], ""
    front, result = text[: marks[colon].start].strip(), text[marks[colon].end :].strip()
    given = leading(f"theorem X {front} : True") if front else ()
    if front.startswith(("{", "[")) or any(one.hypothesis for one in given):
        return [], ""
    parts = [part.strip() for part in result.split("→")] if "(" not in result else [result]
    return [*(one.type for one in given), *parts[:-1]], parts[-1]
