"""Rewards for others' reinforcement learning, by real Lean."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from synth.environments.grading import Grade, Grader
from synth.environments.nemo_gym import application, reply, rows
from verify_workers import Checker
from verify_workers.records import Outcome, Verdict

TRUE = {"id": "t", "statement": "theorem ours (n : Nat) : n + 0 = n"}
FALSE = {"id": "f", "statement": "theorem ours (n : Nat) : n + 1 = n"}


def fenced(text: str) -> str:
    return f"Let me think.\n```lean4\n{text}\n```"


@pytest.fixture(scope="module")
def lean() -> Iterator[Checker]:
    with Checker(workers=1) as checker:
        yield checker


@pytest.mark.parametrize(
    ("row", "answer", "disprove", "reward", "outcome"),
    [
        (TRUE, fenced("theorem ours (n : Nat) : n + 0 = n := by\n  simp"), False, 1.0, "accepted"),
        (TRUE, fenced("theorem ours (n : Nat) : n + 0 = n := by\n  omega_"), False, 0.0, "rejected"),
        (TRUE, fenced("theorem ours : True := trivial"), True, 0.0, "rejected"),
        (TRUE, "I cannot prove this.", True, 0.0, "unread"),
        (FALSE, fenced("theorem ours : ¬ ∀ (n : Nat), n + 1 = n := by\n  intro h; exact absurd (h 0) (by decide)"), True, 1.0, "accepted"),
        (FALSE, fenced("theorem ours : ¬ ∀ (n : Nat), n + 1 = n := by\n  intro h; exact absurd (h 0) (by decide)"), False, 0.0, "rejected"),
        (FALSE, fenced("axiom cheat : False\ntheorem ours (n : Nat) : n + 1 = n := cheat.elim"), True, 0.0, "policy"),
    ],
)
def test_an_answer_is_worth_what_lean_says(
    lean: Checker, row: dict[str, str], answer: str, disprove: bool, reward: float, outcome: str
) -> None:
    grade = asyncio.run(Grader(lean, disprove=disprove).grade(row, answer))
    assert (grade.reward, grade.outcome, grade.masked) == (reward, outcome, False), grade
    assert grade.negated == (row is FALSE and reward == 1)


def test_a_checker_that_fails_judges_nothing(lean: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(statement: str, **how: Any) -> Verdict:
        return Verdict(id="check", outcome=Outcome.INFRA, reason="started")

    grader = Grader(lean, disprove=True)
    monkeypatch.setattr(lean, "acheck", broken)
    answer = fenced("theorem ours (n : Nat) : n + 0 = n := by simp")
    assert asyncio.run(grader.grade(TRUE, answer)) == Grade(0.0, "infra", "started", masked=True)
    with TestClient(application(grader)) as client:
        said = client.post("/verify", json={**TRUE, "response": {"output": [{"type": "message", "content": [{"text": answer}]}]}}).json()
    assert said["mask_sample"] is True and said["failure_kind"] == "proof_synth:infra" and said["reward"] == 0


def test_the_question_shows_both_sides_where_both_count(lean: Checker) -> None:
    alone, either = Grader(lean).question(FALSE), Grader(lean, disprove=True).question(FALSE)
    assert "theorem ours (n : Nat) : n + 1 = n" in alone and "¬" not in alone
    assert either.startswith(alone) and "theorem ours : ¬" in either


def test_nemo_gyms_protocol(lean: Checker) -> None:
    grader = Grader(lean)
    (row,) = rows([TRUE], grader)
    assert row["responses_create_params"]["input"][0]["content"] == grader.question(TRUE)
    text = fenced("theorem ours (n : Nat) : n + 0 = n := by\n  simp")
    done = {
        "status": "completed",
        "output": [{"type": "reasoning"}, {"type": "message", "content": [{"type": "output_text", "text": text}]}],
    }
    with TestClient(application(grader)) as client:
        assert client.post("/seed_session", json=row).json() == {}
        said = client.post("/verify", json={**row, "response": done}).json()
        cut = client.post("/verify", json={**row, "response": {**done, "status": "incomplete", "output": []}}).json()
    assert (said["reward"], said["mask_sample"], said["outcome"]) == (1.0, False, "accepted") and said["response"] == done
    assert cut["reward"] == 0 and cut["outcome"] == "unread"
    assert reply({"output": [{"type": "message", "content": "plain"}]}) == "plain" and reply({}) == ""


def test_verifiers_own_classes(tmp_path: Path) -> None:
    """Against the package itself, which cannot be in one environment with the pipeline (its `openai` is older)."""
    vf = pytest.importorskip("verifiers.v1", reason="no verifiers here: pip install verifiers, in an environment of its own")
    from synth.environments.verifiers_taskset import ProofConfig, ProofTaskset

    (tmp_path / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in (TRUE, FALSE)))
    config = ProofConfig(statements=tmp_path / "s.jsonl", task={"disprove": True, "workers": 1})
    tasks = list(ProofTaskset(config))
    assert [task.data.id for task in tasks] == ["t", "f"] and all(isinstance(task, vf.Task) for task in tasks)

    class Trace:
        info: dict[str, Any] = {}
        last_reply = fenced("theorem ours : ¬ ∀ (n : Nat), n + 1 = n := by\n  intro h; exact absurd (h 0) (by decide)")

    assert [asyncio.run(task.proved(Trace())) for task in tasks] == [0.0, 1.0]
    assert Trace.info["proof"] == {"outcome": "accepted", "reason": "", "negated": True}
