"""A table of answers in the shapes in which models answer, all of our own making, and the right reading of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth.prompts import (
    Formalization,
    Prompt,
    Proof,
    Unread,
    compare,
    informalize,
    load_prompts,
    read_comparison,
    read_grade,
    read_proof,
    read_statement,
    read_text,
    refine,
)

FILES = sorted((Path(__file__).parent / "answers").glob("*.yaml"))
STATEMENT = "theorem foo (n : Nat) : n = n"


def rows() -> list[Any]:
    found = []
    for file in FILES:
        table = yaml.safe_load(file.read_text(encoding="utf-8"))
        found += [pytest.param(table["defaults"] | row, id=f"{file.stem}: {row['id']}") for row in table["rows"]]
    return found


ROWS = rows()
READERS: dict[str, Callable[[Prompt, str, bool], object]] = {
    "formalize": read_statement,
    "refine": read_statement,
    "grade": read_grade,
    "prove": read_proof,
    "informalize": read_text,
    "compare": read_comparison,
}


def asked(row: dict[str, Any]) -> Prompt:
    prompts = load_prompts(row["preset"])
    if row["role"] == "formalize":
        return prompts.formalize("Show it.", row.get("header", ""))
    if row["role"] == "grade":
        return prompts.grade("Show it.", STATEMENT)
    if row["role"] == "informalize":
        return informalize(prompts, STATEMENT)
    if row["role"] == "compare":
        return compare(prompts, "Show it.", "Show that.", STATEMENT)
    if row["role"] == "refine":
        return refine(prompts, "Show it.", STATEMENT, "wrong", row.get("header", ""))
    return prompts.prove(row["statement"], row.get("header", ""), row.get("preamble", ""))


@pytest.mark.parametrize("row", ROWS)
def test_answers_are_read_for_what_they_say(row: dict[str, Any]) -> None:
    prompt, text, finished = asked(row), row["text"], row.get("finished", True)
    read: object = READERS[row["role"]](prompt, text, finished)
    if "unread" in row:
        assert isinstance(read, Unread) and read.reason == row["unread"], read
    elif row["role"] in ("formalize", "refine"):
        assert read == Formalization(row["statement_read"], row.get("opens", ""))
    elif row["role"] == "grade":
        assert read == row["grade"]
    elif row["role"] in ("informalize", "compare"):
        assert read == row["says"]
    else:
        assert read == (Proof("proof", row["proof"]) if "proof" in row else Proof("code", row["code"]))


def test_the_table_is_as_large_as_it_says() -> None:
    assert len(ROWS) >= 200 and len({row.id for row in ROWS}) == len(ROWS)
