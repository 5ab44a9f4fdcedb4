"""Which columns of somebody's row are statement, proof, whole file and the rest; and the check that the row stands for.

Names are those of published corpora of Lean proofs in any spelling.  A `proof` may be a whole file, a `statement` may be a file with
or without its proof; what a text is, is told by its tokens, not by its column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from synth.problems.columns import GUESSES, BadRow, Repeated, columns_of, missing, value_at
from synth.problems.whole_file import clean, uncommented
from synth.prompts.declarations import THEOREMS, Declaration, declarations
from verify_workers.records import Check
from verify_workers.text import commands, lexer
from verify_workers.text.context import split_context
from verify_workers.text.lexer import Kind, tokens
from verify_workers.text.statement import StatementError, Theorem, parse_theorem, renamed, source

FIELDS: dict[str, tuple[str, ...]] = {
    "statement": (
        "formal_statement", "lean4_statement", "lean_statement", "formal_theorem", "formal_problem", "theorem_statement",
        "autoformalization", "formalization", "statement", "theorem", "lean4", "lean",
    ),
    "proof": (
        "formal_proof", "lean4_proof", "lean_proof", "tactic_proof", "generated_proof", "formal_solution", "lean4_solution",
        "lean_solution", "proof", "target", "completion",
    ),
    "code": (
        "code", "full_proof", "lean4_code", "lean_code", "full_code", "formal_ground_truth", "proved_theorem", "verified_proof",
        "whole_proof", "full_theorem",
    ),
    "header": tuple(name for name in GUESSES["header"] if name != "preamble"),
    "preamble": ("preamble", "context", "formal_context"),
    "text": tuple(name for name in GUESSES["text"] if name not in ("statement", "theorem")),
    "id": GUESSES["name"],
}  # fmt: skip
LIMITS = frozenset({"maxHeartbeats", "maxRecDepth", "synthInstance.maxHeartbeats"})  # options that change no meaning
_FENCED = re.compile(r"```[\w ]*\n(.*?)```", re.S)


@dataclass(frozen=True)
class Candidate:
    """A row as a check; `problem` says why it is none."""

    row: int
    place: str
    id: str = ""
    text: str = ""
    """The problem in plain language."""
    doc: str = ""
    """The comment before the file's theorem, which often says it."""
    header: str = ""
    preamble: str = ""
    asked: str = ""
    """The statement as Lean is asked about it; it may end in `:= by`."""
    statement: str = ""
    """The same without an end."""
    proof: str | None = None
    code: str | None = None
    negated: bool = False
    problem: str = ""
    dropped: bool = False
    """Its header is left out: that Lean does not take the proof then says nothing against it."""

    def check(self, timeout: float) -> Check:
        return Check(
            id=str(self.row), statement=self.asked, negated=self.negated, header=self.header, preamble=self.preamble,
            proof=self.proof, code=self.code, timeout=timeout,
        )  # fmt: skip


def without_header(one: Candidate) -> Candidate:
    """The same check without imports, `open`s and options at the top: under whatever Lean imports by itself."""
    code, end = one.code, 0
    if code is not None:
        marks = tokens(code)
        end = commands.header_end(marks)
        code = code[marks[end].start :] if end < len(marks) else code
    return replace(one, header="", code=code, dropped=bool(one.header.strip() or end))


def recognized(row: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    """Whether one of the row's columns is a statement or a proof by its name."""
    return any(columns_of(row, fields, FIELDS)[field] for field in ("statement", "proof", "code"))


def candidate(number: int, place: str, row: Mapping[str, Any] | BadRow, fields: Mapping[str, str]) -> Candidate:
    """The check that a row stands for, or why it is none."""
    made = Candidate(number, place)
    try:
        if isinstance(row, BadRow):
            raise row
        columns = columns_of(row, fields, FIELDS)
        values = {field: _text(row, field, column) for field, column in columns.items()}
        made = replace(made, id=values["id"], text=values["text"], negated=row.get("negated") is True and "attempt_id" not in row)
        return _read(made, values)
    except BadRow as bad:
        return replace(made, problem=f"{f'column `{bad.field}`: ' if bad.field else ''}{bad.reason}")
    except StatementError as error:
        return replace(made, problem=f"no theorem that can be stated ({error})")


def _read(made: Candidate, values: Mapping[str, str]) -> Candidate:
    statement, proof, code = (unfenced(values[field]) for field in ("statement", "proof", "code"))
    if proof and is_file(proof):
        proof, code = "", code or proof
    if statement and not proof and not code and _has_proof(statement):
        statement, code = "", statement
    if not statement and not code:
        raise BadRow("no column holds a statement" if proof else "no column holds a statement or a proof")
    if not proof and not code:
        raise BadRow("no column holds a proof")
    header, preamble = values["header"], values["preamble"]
    if not statement:
        own = stated(code)
        preamble, statement = "\n".join(filter(None, (preamble, own[0]))), own[1]
    elif _has_proof(statement):
        preamble, statement = "\n".join(filter(None, (preamble, stated(statement)[0]))), stated(statement)[1]
    parts = split_context(header, preamble, statement)
    if code and not parts.header.strip():
        # A statement without a header is read under the file's.  The file's definitions are not taken: they could give it any meaning.
        parts = split_context(_opened(code), preamble, statement)
    theorem = parse_theorem(parts.theorem)
    asked, definitions = parts.theorem, parts.preamble
    if code:
        name = _meant(code, theorem)
        if name != theorem.name:
            asked = renamed(theorem, name)  # under another name it is the same statement
        doc = _doc(code)
        return replace(made, doc=doc, header=parts.header, preamble=definitions, asked=asked, statement=source(theorem), code=code)
    return replace(made, header=parts.header, preamble=definitions, asked=asked, statement=source(theorem), proof=proof)


def unfenced(text: str) -> str:
    """The last piece of code between fences in a text, or all of it where there are none."""
    found = _FENCED.findall(text) if "```" in text else []
    return str(found[-1]) if found else text


def is_file(text: str) -> bool:
    """Whether a text is a file with a theorem, rather than what follows `:=`."""
    marks = tokens(text)
    return bool(marks) and (commands.is_command(marks[0]) or marks[0].text == "@[") and bool(_theorems(text))


def _has_proof(text: str) -> bool:
    """Whether the last theorem of a text has a proof other than `sorry`."""
    found = _theorems(text)
    if not found:
        return False
    last = found[-1]
    words = (
        [mark.text for mark in tokens(text[last.body : last.end])]
        if last.body >= 0
        else [m.text for m in tokens(text[last.goal[1] : last.end])]
    )
    return words not in ([], ["by"], ["sorry"], ["by", "sorry"])


def stated(code: str) -> tuple[str, str]:
    """What stands before the last theorem of a file without its other theorems, and that theorem without its proof.

    BadRow where there is none.  A theorem in namespaces gets its whole name, under which Lean looks into them all the same.
    """
    found = _theorems(code)
    if not found:
        raise BadRow("the file states no theorem")
    last = found[-1]
    if not last.name:
        raise BadRow("the file's theorem has no name")
    before = _definitions(code, last.start)
    scopes = commands.open_scopes(tokens(before))
    outermost = next((place for place, scope in enumerate(scopes) if scope), len(scopes))
    space = ".".join(scopes[outermost:] if all(scopes[outermost:]) else scopes[outermost : outermost + 1])
    name = ".".join(filter(None, (space, last.name.removeprefix(ROOT))))
    return f"{before}\nend {space}" if space else before, f"theorem {name} {code[slice(*last.goal)].strip()}"


ROOT = "_root_."  # before a name: it stands in no namespace, whichever are open


def _whole_name(code: str, one: Declaration) -> str:
    """The name of a declaration of a file with its namespaces."""
    if one.name.startswith(ROOT):
        return one.name.removeprefix(ROOT)
    return ".".join(filter(None, [*commands.open_scopes(tokens(code[: one.start])), one.name]))


def _meant(code: str, theorem: Theorem) -> str:
    """Whole name of the file's theorem that `theorem` is: by its name, else by its words, else the last.  BadRow if there is none."""
    there = declarations(code)
    found = [(_whole_name(code, one), one) for one in there if one.name]
    if any(name == theorem.name for name, one in found if one.keyword in THEOREMS):
        return theorem.name
    found = [(name, one) for name, one in found if one.keyword in THEOREMS] or [(n, one) for n, one in found if one.name == theorem.name]
    if not found:
        raise BadRow("the file has no theorem of a name")
    own = theorem.name.rpartition(".")[2]
    found = [(name, one) for name, one in found if name.rpartition(".")[2] == own] or found
    wanted = [mark.text for mark in tokens(theorem.goal)]
    same = [(name, one) for name, one in found if [mark.text for mark in tokens(code[slice(*one.goal)])] == wanted]
    return (same or found)[-1][0]


def _doc(code: str) -> str:
    """The words of the doc comment before the last theorem of a file; '' where there is none."""
    found = _theorems(code)
    before = [mark for mark in lexer.tokens(code, comments=True) if mark.end <= found[-1].start] if found else []
    return uncommented(before[-1].text) if before and before[-1].kind is Kind.DOC else ""


def _theorems(code: str) -> list[Declaration]:
    return [one for one in declarations(code) if one.keyword in THEOREMS]


def _definitions(code: str, end: int) -> str:
    """The text before `end` without theorems and examples, whose proofs nobody is to trust."""
    pieces, at = [], 0
    for one in declarations(code):
        if one.start >= end:
            break
        if one.keyword in THEOREMS or one.keyword == "example":
            pieces.append(code[at : one.start])
            at = one.end
    return _without_empty_blocks("".join([*pieces, code[at:end]])).strip()


def _without_empty_blocks(text: str) -> str:
    """Without `mutual` blocks that held theorems alone, closed or (the last one) not: what each of these says stands by itself."""
    marks, gone = tokens(text), list[tuple[int, int]]()
    for place, mark in enumerate(marks):
        if mark.text == "mutual":
            after = marks[place + 1] if place + 1 < len(marks) else None
            if after is None or after.text == "end":
                gone.append((mark.start, after.end if after else mark.end))
    for start, end in reversed(gone):
        text = text[:start] + text[end:]
    return text


def _opened(code: str) -> str:
    """The imports, plain `open`s and limits at the top of a file; '' where anything there could give a statement another meaning."""
    marks = tokens(code)
    end = commands.header_end(marks)
    options = {after.text for mark, after in pairwise(marks[:end]) if mark.text == "set_option"}
    plain = options <= LIMITS and not any(mark.text in ("renaming", "hiding", "universe", "section") for mark in marks[:end])
    return code[: marks[end].start if end < len(marks) else len(code)] if plain else ""


def _text(row: Mapping[str, Any], field: str, column: str) -> str:
    """The text in a column; '' where there is none.  Raises BadRow."""
    if not column:
        return ""
    try:
        value = value_at(row, column)
    except KeyError:
        raise BadRow(f"the row has no such column; it has {', '.join(list(map(str, row))[:12])}", field=column) from None
    if isinstance(value, Repeated):
        raise BadRow("several columns have this name", field=column)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if missing(value):
        return ""
    if field == "id" and isinstance(value, int | float):
        value = str(int(value)) if float(value).is_integer() else str(value)
    if not isinstance(value, str):
        if field in ("id", "text"):
            return str(value)
        raise BadRow(f"holds {type(value).__name__}, not text", field=column)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRow("no Unicode text (a lone surrogate)", field=column) from None
    return clean(value).strip("\n")


def column_names(rows: Sequence[Mapping[str, Any]], fields: Mapping[str, str]) -> dict[str, str]:
    """Of the first rows, which column was taken for what."""
    found: dict[str, str] = {}
    for row in rows:
        found |= {field: column for field, column in columns_of(row, fields, FIELDS).items() if column and field not in found}
    return found
