"""Families that ask for something: real Lean agrees with every answer, and a program finds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

import pytest

from synth.answers.enumerate import cases
from synth.answers.hole import find_hole
from synth.answers.legal import agreement, legal
from synth.answers.terms import Answer
from synth.problems.asking import only_asks, wants_any
from synth.problems.families import ASKING, Family
from synth.problems.families.answers import FAMILIES
from synth.problems.generate import EVERYTHING, Choice, generate, reference, word
from synth.problems.seed_roles.answers import guesses, printed, programs
from synth.problems.seeds import seed_set
from synth.records import Statement
from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.records import Check

NAMES = Choice(tuple(family.name for family in FAMILIES))


@pytest.fixture(scope="module")
def lean() -> Iterator[Backend]:
    backend = make_backend("auto")
    yield backend
    backend.close()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_answers_programs_and_proofs(lean: Backend, family: Family) -> None:
    for level in (1, 2, 3):
        draft = family.draw(Random(f"{family.name} {level}"), level)
        assert draft.asks
        hole = find_hole(Statement(id="s", problem_id="p", text=draft.asks.theorem()))
        assert hole
        answer = legal(hole, draft.asks.answer)
        assert isinstance(answer, Answer), answer
        assert hole.filled(answer) == reference(draft.goal)
        found = cases(printed(draft.asks.program), hole.parameters, hole.result.startswith("List"))
        assert agreement(answer, found, hole) == 1
        verdicts = [lean.check(Check(id="x", statement=reference(draft.goal), proof=f"by {p}", timeout=20)) for p in draft.proofs]
        assert all(verdict.accepted for verdict in verdicts), (draft, verdicts)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_wordings(family: Family) -> None:
    """At least six of each, which fix the numbers and do not say the answer in place of them."""
    for name, wordings in family.wordings.items():
        assert len(set(wordings)) >= 6
        rng = Random(name)
        for _ in range(12):
            draft = family.draw(rng, rng.choice((1, 2, 3)))
            text = word(rng, family, draft)
            numbers = {str(value) for key, value in draft.slots.items() if isinstance(value, int) and key != "k"}
            assert numbers <= {*re.findall(r"\d+", text)}, (text, draft.slots)


def test_they_are_drawn_only_where_they_are_named() -> None:
    assert not {family.name for family in ASKING} & {family.name for family in EVERYTHING.drawn()}
    items = generate(3, 60, choice=NAMES)
    assert all(item.answer for item in items) and len({item.family for item in items}) == len(FAMILIES)
    assert not any(item.answer for item in generate(3, 60))
    assert all(item.answer not in item.problem().model_dump_json() or len(item.answer) < 4 for item in items if "=>" in item.answer)


def test_seed_rows_are_about_no_held_out_statement() -> None:
    held = {item.reference for item in generate(7, 100, choice=NAMES)}
    seeds = seed_set(1, 300, held, 50, NAMES, 10, {"enumerate": 100, "guess": 100})
    assert all("(answer : " in statement for _, statement in seeds.formalizations) and not seeds.grades
    assert len(seeds.others["enumerate"]) == len(seeds.others["guess"]) == 100
    texts = {item.text for item in generate(7, 100, choice=NAMES)}
    assert not texts & {shown["problem"] for rows in seeds.others.values() for shown, _ in rows}
    assert programs(Random(3), 5, held, NAMES) == programs(Random(3), 5, held, NAMES) != guesses(Random(3), 5, held, NAMES)


def test_what_words_want() -> None:
    any_will_do = ("Show that some n is larger.", "Given n, find m with m > 3 * n.", "Find x, at least 3.", r"Name a $k$ with $k \\geq 7$.")
    one_is_asked_for = (
        "Find the least n with n ≥ 3.",
        "How many n are greater than 3?",
        "What is 7 * 8?",
        "Determine the largest n below 50.",
    )
    assert [wants_any(text) for text in (*any_will_do, *one_is_asked_for)] == [True] * 4 + [False] * 4
    assert only_asks("What is 7 * 8?") and not only_asks("Find n and show that it is 3.") and not only_asks("n is 3.")
