"""What a model is asked for where a program, or its requirement, is not in a language that is translated here."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from synth.programs.functions import REQUIREMENT

PYTHON = "python"
_DEFINED = re.compile(r"^[ \t]*(?:def|fun|function|let(?:[ \t]+rec)?)[ \t]+([A-Za-z_]\w*)", re.M)


@dataclass(frozen=True)
class Wanted:
    """A question: the requirement that `words` state of the definitions `preamble`; or of `program`, its translation too.

    `name`: the function of the program that is the requirement ('' = the words are it); `goal`: the requirement, given in Lean.
    """

    words: str = ""
    header: str = ""
    preamble: str = ""
    program: str = ""
    language: str = PYTHON
    name: str = ""
    goal: str = ""

    @property
    def said(self) -> str:
        """What the statement is made of, for people and for whoever judges it."""
        return "\n\n".join(part.strip() for part in (self.program, self.words) if part.strip())

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions of the program, but for its requirements."""
        return tuple(name for name in defined(self.program, self.language) if not name.startswith(REQUIREMENT))


def language_of(name: str) -> str:
    """The language that a row names; '' and Python's other names are Python."""
    name = name.strip().lower()
    return PYTHON if name in ("", "py", "python3") else name


def wanted_of(program: str, language: str, goal: str, words: str) -> tuple[Wanted, ...]:
    """A question for each requirement of a program that is not translated here; () where it has none, or is no program."""
    tree = _parsed(program) if language == PYTHON else None
    if language == PYTHON and tree is None:
        return ()
    own = [name for name in defined(program, language) if name.startswith(REQUIREMENT)]
    asked = [Wanted(words, program=program, language=language, name=name) for name in dict.fromkeys(own)]
    if goal:
        asked.append(Wanted(words, program=program, language=language, goal=goal))
    said = words or docstrings(program)
    if not asked and said.strip():
        asked.append(Wanted(said, program=program, language=language))
    return tuple(asked)


def defined(program: str, language: str) -> tuple[str, ...]:
    """The names of a program's functions; of Python those at its margin, of other languages what looks like a definition."""
    if language != PYTHON:
        return tuple(dict.fromkeys(_DEFINED.findall(program)))
    tree = _parsed(program)
    return tuple(node.name for node in tree.body if isinstance(node, ast.FunctionDef)) if tree else ()


def docstrings(program: str) -> str:
    """What a Python program says of itself: its docstring, and those of its functions; '' for any other text."""
    tree = _parsed(program)
    if tree is None:
        return ""
    found = [(node.name, ast.get_docstring(node)) for node in tree.body if isinstance(node, ast.FunctionDef)]
    own = ast.get_docstring(tree)
    return "\n".join(([own] if own else []) + [f"{name}: {said}" for name, said in found if said])


def _parsed(program: str) -> ast.Module | None:
    try:
        return ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
