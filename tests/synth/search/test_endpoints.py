"""Strategies and roles on an endpoint that answers as endpoints do: right, wrong, malformed, not at all, and about something else.

Sketches: `test_sketch.py`; back-translation and refinement: `tests/synth/statements/test_back_endpoint.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from synth.answers.construct import Construction, construct
from synth.answers.enumerate import jail_holds
from synth.config import AnswersConfig, FormalizeConfig, SearchConfig
from synth.llm.config import ROLES, RoleConfig
from synth.llm.endpoint import Endpoint
from synth.prompts import load_prompts
from synth.records import Problem
from synth.search.lemmas import Shelf
from synth.search.loop import search, strategies
from synth.search.outcome import Found
from synth.services import RoleModel, Tools
from synth.statements.text import given
from tests.synth.answers.test_construct import POSED, PROBLEM, PROGRAM
from tests.synth.llm.fake_openai import FakeOpenAI, content
from tests.synth.search.test_repair import GOAL as SQUARES_GOAL
from tests.synth.search.test_repair import RIGHT
from tests.synth.search.test_retrieval import GOAL, NAME, SQUARES
from tests.synth.stage_fakes import checked_by
from verify_workers.backends.base import Backend

Answer = Callable[[dict[str, Any]], list[str]]
BAD = [
    "I would rather talk about the weather, which is fine today.",  # off the topic
    "",
    "```lean4\n-- to be written\n```",
    "```lean4\ntheorem X (n : Nat : n = n := by rfl\n```",  # malformed
]


def asked(server: FakeOpenAI, backend: Backend, work: Callable[[Tools], Any]) -> Any:
    async def whole() -> Any:
        endpoint = Endpoint(RoleConfig.model_validate({"endpoint": server.url, "name": "fake"}), SecretStr(""))
        try:
            return await work(Tools({role: RoleModel(load_prompts("chat"), endpoint.sample) for role in ROLES}, checked_by(backend), 1))
        finally:
            await endpoint.client.close()

    return asyncio.run(whole())


def searched(statement: str, answer: Answer, config: SearchConfig, backend: Backend, shelf: Shelf | None = None) -> tuple[Found, list[str]]:
    async def work(tools: Tools) -> Found:
        subject, own = given(Problem(id="p", statement=statement), 1), replace(tools, shelf=shelf)
        return await search(subject, None, strategies(subject, None, config, own), config, own)

    with FakeOpenAI(answer) as server:
        return asked(server, backend, work), [content(body) for body in server.requests]


def theorem(statement: str, proof: str) -> str:
    return f"So be it.\n```lean4\n{statement} := by\n  {proof}\n```"


def endings(found: Found) -> list[str]:
    return sorted({row.reason or row.outcome for row in found.verdicts})


def test_repair(backend: Backend) -> None:
    """Fresh proofs of every bad kind and a near miss; the correction of the near miss is right."""
    near, statement = RIGHT.replace("revert h; ", ""), f"theorem X : {SQUARES_GOAL}"

    def answer(body: dict[str, Any]) -> list[str]:
        if "does not compile" in content(body):
            return [theorem(statement, RIGHT) if "Decidable" in content(body) else BAD[0]] * int(body.get("n", 1))
        return [*BAD, theorem(statement, near), theorem(statement, "exact nonsense")]

    config = SearchConfig(attempts=6, wave=6, negation=False, strategies=("whole_proof", "repair"), timeout=10)
    found, prompts = searched(statement, answer, config, backend)
    assert [pair.strategy for pair in found.pairs] == ["repair"] and found.pairs[0].model
    assert {"prose", "empty", "no_code", "elaboration", "accepted"} <= set(endings(found))
    assert all("weather" not in prompt for prompt in prompts), "what could not be read is not corrected"


def test_retrieval(backend: Backend) -> None:
    """Lemmas are shown, and a proof that names one carries it; what else comes proves nothing."""
    left = [*BAD, theorem(GOAL, "exact 7"), theorem(GOAL, f"subst h; exact {NAME} b")]

    def answer(body: dict[str, Any]) -> list[str]:
        assert NAME in content(body)
        return [left.pop(0) for _ in range(int(body.get("n", 1)))]

    config = SearchConfig(attempts=6, wave=6, negation=False, strategies=("retrieval",), timeout=10)
    found, _ = searched(GOAL, answer, config, backend, Shelf([SQUARES]))
    assert [pair.strategy for pair in found.pairs] == ["retrieval"] and NAME in found.pairs[0].proof
    assert {"prose", "empty", "no_code", "accepted"} <= set(endings(found)) and len(found.attempts) == 6


@pytest.mark.skipif(not jail_holds(), reason="this machine lacks Landlock or the filter of system calls")
def test_answer_construction(backend: Backend) -> None:
    """Statements with a place, programs and answers of every kind: the right ones come through, the others have a reason."""
    posed = ["Sorry, I cannot.", "", f"```lean4\ntheorem X {POSED} := by sorry\n```"]
    programs = ["The weather is fine.", "", "```python\nprint('fine'\n```", "```python\nprint('fine')\n```", f"```python\n{PROGRAM}\n```"]
    guesses = [
        *("I do not know.", "", "```lean4\nabbrev answer : Nat → Nat := fun n => s n\n```"),
        *(f"```lean4\nabbrev answer : Nat → Nat := fun n => {text}\n```" for text in ("n * n", "n * (n + 1)")),
    ]

    def answer(body: dict[str, Any]) -> list[str]:
        text, n = content(body), int(body.get("n", 1))
        some = programs if "Python 3 program" in text else guesses if "Give a term" in text else posed
        assert n == len(some)
        return some

    config = AnswersConfig(enabled=True, programs=len(programs), guesses=len(guesses), keep=2, seconds=10)

    async def work(tools: Tools) -> list[Construction]:
        return await construct(PROBLEM, config, FormalizeConfig(samples=len(posed)), tools)

    with FakeOpenAI(answer) as server:
        (one,) = asked(server, backend, work)
    assert len(one.cases) == 5 and sum(str(ran.ended) == "failed" for ran in one.ran) >= 3, "what is no program, and why"
    ends = {s.text: str(s.reason) for s in one.statements}
    assert [s.text.rpartition("s n = ")[2] for s in one.statements if s.kept] == ["(n * (n + 1))", "(n * n)"], "the best one first"
    assert list(ends.values()).count("illegal_answer") == 3 and "open" in ends.values()
