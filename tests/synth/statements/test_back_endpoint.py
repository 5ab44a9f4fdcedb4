"""All roles of statements at one OpenAI-compatible endpoint, with the chat preset and real Lean: from a problem to a faithful statement."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import SecretStr

from synth.config import BackConfig, FilterConfig, FormalizeConfig
from synth.llm.config import ROLES, RoleConfig
from synth.llm.endpoint import Endpoint
from synth.llm.types import Completion, Sampling
from synth.prompts import Prompt, load_prompts
from synth.records import Problem, Statement
from synth.services import RoleModel, Tools
from synth.statements.filters.base import Context
from synth.statements.formalize import formalize
from synth.statements.refine import settled
from tests.synth.llm.fake_openai import FakeOpenAI
from tests.synth.stage_fakes import checked_by
from verify_workers.backends.base import Backend

PROBLEM = Problem(id="p", text="Show that no square is 2 modulo 4.")
FORMAL = {
    "unknown": "theorem X (n : Nat) : n * m % 4 ≠ 2",
    "wrong": "theorem X (n : Nat) : n * n % 4 ≠ 3",
    "right": "theorem X (n : Nat) : n * n % 4 ≠ 2",
}


def fence(name: str) -> str:
    return f"<think>First the variables.</think>\n```lean4\n{FORMAL[name]} := by sorry\n```"


def run(answer: Any, backend: Backend, turns: int) -> tuple[list[Statement], list[dict[str, Any]]]:
    async def work(server: FakeOpenAI) -> list[Statement]:
        endpoint = Endpoint(RoleConfig.model_validate({"endpoint": server.url, "name": "fake"}), SecretStr(""))

        async def sample(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
            return await endpoint.sample(prompts, sampling)

        model = RoleModel(load_prompts("chat"), sample)
        tools = Tools(dict.fromkeys(ROLES, model), checked_by(backend))
        filters = FilterConfig(grade=False, back=BackConfig(translations=1, votes=3, rule="at_least", at_least=2))
        config = FormalizeConfig(samples=2, refine=turns)
        context = Context(tools, filters, problems={"p": PROBLEM})
        try:
            return await settled(await formalize(PROBLEM, config, tools), config, context)
        finally:
            await endpoint.client.close()

    with FakeOpenAI(answer) as server:
        return asyncio.run(work(server)), server.requests


def test_from_an_error_by_way_of_a_wrong_number_to_the_right_statement(backend: Backend) -> None:
    def answer(body: dict[str, Any]) -> list[str]:
        text, n = body["messages"][-1]["content"], body.get("n", 1)
        if text.startswith("Say in plain English"):
            return [f"**Problem:** No square is {3 if '≠ 3' in text else 2} modulo 4."]
        if text.startswith("Two problems follow."):
            other = "is 3 modulo" in text
            said = (
                ["The number differs: 3 for 2.\nverdict: different", "verdict: different", ""]
                if other
                else ["verdict: same", "Same.", "¿?"]
            )
            return said[:n]
        if text.startswith("A Lean 4 translation"):
            return [fence("right" if "3 for 2" in text else "wrong")] * n
        return [fence("unknown")] * n

    rows, requests = run(answer, backend, turns=2)
    assert [(s.origin, s.reason, s.same, s.judged) for s in rows] == [
        ("autoformalized", "elaboration", 0, 0),
        ("refined", "unfaithful", 0, 3),
        ("refined", "", 2, 3),
    ]
    assert [s.parent for s in rows] == ["", rows[0].id, rows[1].id] and rows[2].back == "No square is 2 modulo 4."
    assert "3 for 2" in rows[1].detail and rows[2].text == FORMAL["right"]
    refining = [text for body in requests if (text := body["messages"][-1]["content"]).startswith("A Lean 4 translation")]
    assert FORMAL["unknown"] in refining[0] and "`m`" in refining[0].split("how that differs):")[1]
    assert "No square is 3 modulo 4.\nThe number differs: 3 for 2." in refining[1]


def test_off_topic_and_empty_answers_pass_nothing(backend: Backend) -> None:
    for informal, verdict, reason in (("", "verdict: same", "unjudged"), ("A fine day.", "I like Lisbon.", "unjudged")):

        def answer(body: dict[str, Any], informal: str = informal, verdict: str = verdict) -> list[str]:
            text, n = body["messages"][-1]["content"], body.get("n", 1)
            if text.startswith("Say in plain English"):
                return [informal]
            return [verdict] * n if text.startswith("Two problems follow.") else [fence("right")] * n

        rows, _ = run(answer, backend, turns=1)
        assert [s.reason for s in rows] == [reason]
