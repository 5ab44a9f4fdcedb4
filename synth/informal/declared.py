"""The declarations of one source file: full names, docstrings, texts and proofs, read by their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synth.prompts.declarations import THEOREMS, Declaration, declarations, one_line
from verify_workers.text.commands import scoped
from verify_workers.text.lexer import Kind, Token, tokens

_DEFINITIONS = frozenset({"def", "abbrev", "instance", "structure", "inductive", "class", "opaque", "axiom"})


@dataclass(frozen=True)
class Declared:
    """A named declaration as it stands in its file: `text` without its docstring, `proof` what follows `:=` (or the alternatives)."""

    name: str
    theorem: bool
    private: bool
    text: str
    head: str
    """Its name and what follows up to the proof, on one line."""
    proof: str
    doc: str


def declared(code: str) -> list[Declared]:
    """The named declarations of `code`, in order; `example`s and instances without a name are none."""
    marks = tokens(code, comments=True)
    spaces = _namespaces([mark for mark in marks if mark.kind not in (Kind.COMMENT, Kind.DOC)])
    docs = {mark.end: mark.text for mark in marks if mark.kind is Kind.DOC and mark.text.startswith("/--")}
    found = []
    for one in declarations(code):
        if not one.name or one.keyword not in THEOREMS | _DEFINITIONS:
            continue
        modifiers = code[one.start : one.goal[0]].split()
        name = one.name.removeprefix("_root_.") if one.name.startswith("_root_.") else ".".join((*_space(spaces, one.start), one.name))
        text = code[one.start : one.end].strip()
        theorem = one.keyword in THEOREMS
        proof = code[one.body if one.body >= 0 else one.goal[1] : one.end].strip() if theorem else ""
        head = f"{one.keyword} {one_line(code[_name_start(code, one) : one.goal[1]])}"
        found.append(Declared(name, theorem, "private" in modifiers, text, head, proof, _doc(code, docs, one.start)))
    return found


def _namespaces(marks: Sequence[Token]) -> list[tuple[int, tuple[str, ...]]]:
    """Where the namespace changes (offsets, ascending), and what it is from there on."""
    scopes: list[str] = []
    changes: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    for i, mark in enumerate(marks):
        if scoped(scopes, marks, i):
            changes.append((mark.end, tuple(scope for scope in scopes if scope)))
    return changes


def _space(changes: Sequence[tuple[int, tuple[str, ...]]], place: int) -> tuple[str, ...]:
    return next(scopes for start, scopes in reversed(changes) if start <= place)


def _name_start(code: str, one: Declaration) -> int:
    """Where the declaration's name stands, before its goal."""
    return code.rindex(one.name, one.start, one.goal[0] if one.goal[0] > one.start else one.end)


def _doc(code: str, docs: dict[int, str], start: int) -> str:
    """The docstring that ends right before `start`, without its marks."""
    end = len(code[:start].rstrip())
    return docs[end].removeprefix("/--").removesuffix("-/").strip() if end in docs else ""
