"""Programs with their requirements, from files: `.py` (the small language), `.lean`, or `.jsonl` rows of either."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.problems.whole_file import split_file
from synth.programs.functions import REQUIREMENT, translate
from synth.programs.types import Untranslatable
from synth.prompts.declarations import THEOREMS, Declaration, declarations
from synth.records import Problem, Statement, content_id
from synth.statements.text import given
from synth.store.files import text_of
from verify_workers.errors import UserError
from verify_workers.text.lexer import tokens
from verify_workers.text.statement import StatementError

ENDINGS = (".py", ".lean", ".jsonl")
NAME = "requirement"  # of the theorem that a row's requirement becomes


@dataclass(frozen=True)
class Item:
    """One requirement of a program: the statement to decide, or why there is none (`refused`, one line)."""

    name: str
    source: str
    problem: Problem | None = None
    statement: Statement | None = None
    refused: str = ""


def read_items(path: str | Path) -> list[Item]:
    """The items of a file, or of the files of a folder in the order of their names.  Raises UserError where there are none."""
    place = Path(path)
    if not place.exists():
        raise UserError(f"{place}: no such file; give a file or folder of {', '.join(ENDINGS)}")
    files = sorted(file for file in place.iterdir() if file.suffix in ENDINGS) if place.is_dir() else [place]
    items = [item for file in files for item in _of_file(file)]
    if not items:
        raise UserError(f"{place}: no program with a requirement; give a file or folder of {', '.join(ENDINGS)}")
    return items


def _of_file(file: Path) -> Iterator[Item]:
    if file.suffix not in ENDINGS:
        raise UserError(f"{file}: what it holds is not known by its name; use {', '.join(ENDINGS)}")
    text = text_of(file)
    if file.suffix == ".py":
        yield from of_program(text, str(file))
    elif file.suffix == ".lean":
        yield from of_lean(text, str(file))
    else:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield from _of_row(line, f"{file}:{number}")


def of_program(source: str, place: str, requirement: str = "", words: str = "") -> Iterator[Item]:
    """The items of a program in the small language; `requirement`: a Lean proposition beside those that it states itself."""
    try:
        program = translate(source)
    except Untranslatable as error:
        yield Item(NAME, place, refused=f"{place}: {error}")
        return
    name = NAME
    while name in program.requirements:  # the program's own are not lost
        name += "_"
    claims = program.requirements | ({name: requirement} if requirement else {})
    if not claims:
        yield Item(NAME, place, refused=f"{place}: no requirement: add `def {REQUIREMENT}(…) -> bool`, or a Lean proposition")
    for name, goal in claims.items():
        yield _item(name, place, f"theorem {name} : {goal}", program.definitions, "", words or source)


def of_lean(text: str, place: str, words: str = "") -> Iterator[Item]:
    """The items of a Lean file: definitions, then theorems without proofs."""
    found = [d for d in declarations(text) if d.keyword in THEOREMS]
    if not found:
        yield Item(NAME, place, refused=f"{place}: no theorem states a requirement")
    elif between := _between(text, found):
        line = text.count("\n", 0, between) + 1
        refused = f"{place}: line {line}: what stands between the theorems, or after them, does not count: put it before the first"
        found = []
        yield Item(NAME, place, refused=refused)
    for one in found:
        try:
            parts = split_file(f"{text[: found[0].start]}\n{text[one.start : one.end]}")
        except StatementError as error:
            yield Item(one.name, place, refused=f"{place}: {error}")
        else:
            yield _item(one.name, place, parts.theorem, parts.preamble, parts.header, words or parts.doc)


def _between(text: str, found: Sequence[Declaration]) -> int:
    """Where something other than a theorem stands after the first one began; 0 = nowhere."""
    inside = [range(one.start, one.end) for one in found]
    marks = (mark.start for mark in tokens(text) if mark.start > found[0].start)
    return next((at for at in marks if not any(at in part for part in inside)), 0)


def _of_row(line: str, place: str) -> Iterator[Item]:
    """A row: `program` (the small language) or `definitions` (Lean); `requirement` (Lean); `text` (plain language)."""
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(f"{place}: not valid JSON ({error.msg} at column {error.colno})") from None
    if not isinstance(row, dict) or any(not isinstance(value, str) for value in row.values()):
        raise UserError(f"{place}: a row is an object of texts: program or definitions, requirement, text")
    goal, words = row.get("requirement", ""), row.get("text", "")
    if "program" in row:
        yield from of_program(row["program"], place, goal, words)
    elif goal and row.get("definitions", "").strip():
        yield from of_lean(
            f"{row.get('definitions', '')}\n\n{goal if goal.startswith('theorem') else f'theorem {NAME} : {goal}'}", place, words
        )
    else:
        lacks = "`requirement`" if row.get("definitions") else "`definitions`"
        raise UserError(f"{place}: no field `program` and no field {lacks}; give a program, or definitions with a requirement")


def _item(name: str, place: str, theorem: str, preamble: str, header: str, words: str) -> Item:
    problem = Problem(
        id=content_id("program", header, preamble, theorem),
        text=words,
        statement=theorem,
        header=header,
        preamble=preamble,
        source=place,
        name=name,
    )
    statement = given(problem, 0)
    if not statement.kept:
        return Item(name, place, refused=f"{place}: {name}: {statement.detail}")
    return Item(name, place, problem, statement)
