"""Each `sorry` of a file with its goal, alike on every backend."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from tests.verify_workers.fake_lake import FakeLake
from tests.verify_workers.serve.test_app import GOALS, SORRIES
from verify_workers.backends.base import Backend
from verify_workers.records import Outcome, Snippet, Verdict
from verify_workers.serve.sorries import Answer, answers


@pytest.fixture(scope="module", params=["fork", "worker", "process", "repl"])
def backend(request: pytest.FixtureRequest, lake: FakeLake) -> Iterator[Backend]:
    made = lake.backend(request.param)
    yield made
    made.close()


def answered(backend: Backend, code: str) -> tuple[Answer, int]:
    """The answer, and how often Lean was asked for it."""
    asked = 0

    async def ask(snippets: Sequence[Snippet]) -> list[Verdict]:
        nonlocal asked
        asked += len(snippets)
        return [backend.check(snippet) for snippet in snippets]

    (answer,) = asyncio.run(answers(ask, [Snippet(id="x", code=code, timeout=20)]))
    return answer, asked


def test_places_and_goals(backend: Backend) -> None:
    answer, asked = answered(backend, SORRIES)
    assert answer.verdict.outcome is Outcome.ELABORATED and asked == 1
    assert [(goal.line, goal.column, goal.text) for goal in answer.sorries] == GOALS
    assert [(message.line, message.column) for message in answer.verdict.messages] == [(3, 8), (7, 8)]


def test_a_refused_file_is_told_as_it_is(backend: Backend) -> None:
    code = f"{SORRIES}def f : Nat := sorry\ntheorem z : 1 = 2 := rfl\n"
    answer, asked = answered(backend, code)
    assert asked == 2 and [(goal.line, goal.column, goal.text) for goal in answer.sorries[:-1]] == GOALS
    plain = backend.check(Snippet(id="x", code=code, timeout=20))
    assert answer.verdict.model_copy(update={"seconds": 0.0}) == plain.model_copy(update={"seconds": 0.0})


@pytest.mark.parametrize(
    "code", ["theorem x : 1 = 1 := rfl -- sorry", 'def sorry_free := "sorry"', "module\ntheorem x : 1 = 2 := sorry", ""]
)
def test_a_file_without_one_is_asked_about_once(backend: Backend, code: str) -> None:
    answer, asked = answered(backend, code)
    assert asked == 1 and answer.sorries == ()
