"""Programs with their requirements, from files: `.py` (the small language), `.lean`, or `.jsonl` rows of either.

What is refused here, or required in words alone, says what a model would have to be asked for (`Wanted`, `formalized.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synth.problems.whole_file import split_file
from synth.programs.functions import REQUIREMENT, translate
from synth.programs.types import Untranslatable
from synth.programs.wanted import PYTHON, Wanted, docstrings, language_of, wanted_of
from synth.prompts.declarations import THEOREMS, Declaration, declarations
from synth.records import Problem, Statement, content_id
from synth.statements.text import given
from synth.store.files import text_of
from verify_workers.errors import UserError
from verify_workers.text.lexer import tokens
from verify_workers.text.statement import StatementError

ENDINGS = (".py", ".lean", ".scala", ".jsonl")
NAME = "requirement"  # of the theorem that a row's requirement becomes
OURS = "synth"  # by whom what `functions.py` translates is translated
IN_WORDS = "the requirement is in words: give it as a Lean proposition (`requirement`)"


@dataclass(frozen=True)
class Item:
    """One requirement of a program: the statement to decide, or why there is none (`refused`, one line).

    `wanted`: what a model can be asked for then, a question for each requirement.  `translated_by` and `stated_by`: who made the
    definitions, and the requirement; '' where they were given in Lean.
    """

    name: str
    source: str
    problem: Problem | None = None
    statement: Statement | None = None
    refused: str = ""
    wanted: tuple[Wanted, ...] = ()
    translated_by: str = ""
    stated_by: str = ""


def for_a_model(items: Sequence[Item]) -> list[Item]:
    """The same items, each with at most one question for a model."""
    found = []
    for item in items:
        own = {one.name for one in item.wanted}
        for one in item.wanted:
            name = one.name or item.name
            while name in own and name != one.name:  # the program's own are not lost
                name += "_"
            found.append(replace(item, name=name, wanted=(one,)))
        found += [] if item.wanted else [item]
    return found


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
    elif file.suffix == ".scala":
        yield from of_program(text, str(file), language="scala")
    else:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield from _of_row(line, f"{file}:{number}")


def of_program(source: str, place: str, requirement: str = "", words: str = "", language: str = PYTHON) -> Iterator[Item]:
    """The items of a program in the small language; `requirement`: a Lean proposition beside those that it states itself.

    Of one in another language, or that is refused, one item says why, and what a model is to be asked for.
    """
    try:
        if language != PYTHON:
            raise Untranslatable(f"the language is {language}, and only Python's syntax is read here")
        program = translate(source)
    except Untranslatable as error:
        yield Item(NAME, place, refused=f"{place}: {error}", wanted=wanted_of(source, language, requirement, words))
        return
    name = NAME
    while name in program.requirements:  # the program's own are not lost
        name += "_"
    claims = program.requirements | ({name: requirement} if requirement else {})
    if not claims:
        said = words or docstrings(source)
        wanted = (Wanted(said, preamble=program.definitions),) if said.strip() and program.definitions else ()
        refused = f"{place}: no requirement: add `def {REQUIREMENT}(…) -> bool`, or a Lean proposition"
        yield Item(NAME, place, refused=refused, wanted=wanted, translated_by=OURS)
    for stated, goal in claims.items():
        made = _item(stated, place, f"theorem {stated} : {goal}", program.definitions, "", words or source)
        yield replace(made, translated_by=OURS, stated_by="" if stated == name else OURS)


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
    """A row: `program` (with its `language`) or `definitions` (Lean); `requirement` (Lean); `text` (plain language)."""
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(f"{place}: not valid JSON ({error.msg} at column {error.colno})") from None
    if not isinstance(row, dict) or any(not isinstance(value, str) for value in row.values()):
        raise UserError(f"{place}: a row is an object of texts: program or definitions, requirement, text")
    goal, words = row.get("requirement", ""), row.get("text", "")
    if "program" in row:
        yield from of_program(row["program"], place, goal, words, language_of(row.get("language", "")))
    elif goal and row.get("definitions", "").strip():
        yield from of_lean(
            f"{row.get('definitions', '')}\n\n{goal if goal.startswith('theorem') else f'theorem {NAME} : {goal}'}", place, words
        )
    elif words.strip() and row.get("definitions", "").strip():
        yield _of_words(row["definitions"], place, words)
    else:
        lacks = "`requirement`" if row.get("definitions") else "`definitions`"
        raise UserError(f"{place}: no field `program` and no field {lacks}; give a program, or definitions with a requirement or a text")


def _of_words(definitions: str, place: str, words: str) -> Item:
    """The item of definitions in Lean that are to do what `words` say."""
    try:
        parts = split_file(f"{definitions}\n\ntheorem {NAME} : True")
    except StatementError as error:
        return Item(NAME, place, refused=f"{place}: {error}")
    return Item(NAME, place, refused=f"{place}: {IN_WORDS}", wanted=(Wanted(words, parts.header, parts.preamble),))


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
