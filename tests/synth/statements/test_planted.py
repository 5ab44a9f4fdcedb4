"""How much of planted contamination is found, and how little else: on the generator's problems, with real Lean.

The figures of docs/benchmarks.md are those of the slow test: `pytest tests/synth/statements/test_planted.py -m slow -s`.
"""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from synth.problems.generate import Generated, generate
from synth.records import Drop, Problem, Statement
from synth.statements.benchmarks import Benchmarks, forms_of
from synth.statements.likeness import Words
from synth.statements.text import given
from tests.synth.stage_fakes import checked_by
from tests.synth.statements.planted import ENGLISH, LEAN
from verify_workers.backends.base import Backend

HELD, SEED = 200, 7


def as_problem(name: str, statement: str) -> Problem:
    return Problem(id=name, statement=statement, source=name)


def formed(items: dict[str, str], backend: Backend) -> dict[str, tuple[str, str]]:
    return asyncio.run(forms_of([as_problem(name, text) for name, text in items.items()], checked_by(backend)))


def indexed(held: list[Generated], backend: Backend) -> Benchmarks:
    problems = [as_problem(f"held {i}", item.reference) for i, item in enumerate(held)]
    benchmarks = Benchmarks()
    benchmarks.add(problems, Drop.HELDOUT, asyncio.run(forms_of(problems, checked_by(backend))))
    return benchmarks


def statement(text: str, forms: tuple[str, str]) -> Statement:
    return given(as_problem("x", text), 0).model_copy(update={"form": forms[0], "negated_form": forms[1]})


def found_in_lean(held: list[Generated], benchmarks: Benchmarks, backend: Backend) -> dict[str, tuple[int, int]]:
    """Of each kind of change: copies found, and planted."""
    rng, counts = Random(1), {}
    for kind, change in LEAN.items():
        texts = {f"{kind} {i}": text for i, item in enumerate(held) if (text := change(item, rng))}
        forms = formed(texts, backend)
        assert forms.keys() == texts.keys(), (
            f"planted statements must elaborate: {[texts[name] for name in texts if name not in forms][:3]}"
        )
        counts[kind] = (sum(benchmarks.statement(statement(text, forms[name])) is not None for name, text in texts.items()), len(texts))
    return counts


def found_in_words(held: list[Generated]) -> dict[str, tuple[int, int]]:
    rng, counts, index = Random(1), {}, Words(0.7)
    for i, item in enumerate(held):
        index.add(str(i), item.text)
    for kind, change in ENGLISH.items():
        texts = [text for item in held if (text := change(item, rng)) and text != item.text]
        counts[kind] = (sum(index.find(text) is not None for text in texts), len(texts))
    return counts


def unrelated(count: int, held: list[Generated], benchmarks: Benchmarks, backend: Backend) -> tuple[int, int, list[str]]:
    """Of `count` generated problems that are none of the benchmark's: dropped for their statement, and for their words; which ones."""
    known = set(benchmarks.forms)
    items = generate(99, count + count // 8 + 20, exclude={item.reference for item in held})
    forms = formed({str(i): item.reference for i, item in enumerate(items)}, backend)
    others = [item for i, item in enumerate(items) if not known & set(forms[str(i)])][:count]
    assert len(others) == count
    index, wrong = Words(0.7), list[str]()
    for item in held:
        index.add(item.text, item.text)
    for item in others:
        if like := index.find(item.text):
            wrong.append(f"{item.text} / {like}")
    text_only = sum(benchmarks.statement(statement(item.reference, ("", ""))) is not None for item in others)
    return text_only, len(wrong), wrong


def test_planted_copies_are_found_and_others_kept(backend: Backend) -> None:
    held = generate(SEED, 40)
    benchmarks = indexed(held, backend)
    counts = found_in_lean(held, benchmarks, backend)
    assert sum(planted for _, planted in counts.values()) > 150 and len(counts) == len(LEAN)
    assert sum(found for found, _ in counts.values()) >= 0.99 * sum(planted for _, planted in counts.values()), counts
    assert unrelated(80, held, benchmarks, backend) == (0, 0, [])


def test_planted_texts_are_found_but_for_free_rewording() -> None:
    counts = found_in_words(generate(SEED, HELD))
    for kind in ("renamed", "another opening", "LaTeX", "inside a longer text"):
        found, planted = counts[kind]
        assert planted >= 50 and found >= 0.97 * planted, counts
    assert counts["clauses reordered"][0] >= 0.3 * counts["clauses reordered"][1], counts


@pytest.mark.slow
def test_a_thousand_unrelated_problems_and_every_planted_copy(backend: Backend) -> None:
    held = generate(SEED, HELD)
    benchmarks = indexed(held, backend)
    counts = found_in_lean(held, benchmarks, backend)
    dropped = unrelated(1000, held, benchmarks, backend)
    print("lean", counts, "words", found_in_words(held), "unrelated", dropped)
    assert sum(found for found, _ in counts.values()) >= 0.99 * sum(planted for _, planted in counts.values()), counts
    assert dropped == (0, 0, [])
