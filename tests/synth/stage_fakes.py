"""A scripted model and a real checker for tests of single stages.

The model is scripted because a stage's logic must not depend on what a model happens to say; proofs are always
checked by real Lean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from synth.llm.config import ROLES, ModelRole
from synth.llm.types import Completion, Sampling, Weights
from synth.prompts import Prompt, PromptSet, load_prompts
from synth.services import RoleModel, Sample, Tools, Verify
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Outcome, Verdict
from verify_workers.text.statement import negate

WEIGHTS = Weights("somewhere", 1, "model")
BY_ROLE: dict[ModelRole, Weights] = dict.fromkeys(ROLES, WEIGHTS)


def scripted(answer: Callable[[str, int], list[str] | str]) -> tuple[Sample, list[str]]:
    """A `sample` that gives `answer(text of a prompt, n)`, and the list of prompts' texts it was asked."""
    asked: list[str] = []

    async def sample(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        asked.extend(prompt.text for prompt in prompts)
        replies = [answer(prompt.text, sampling.n) for prompt in prompts]
        return [r if isinstance(r, str) else [Completion(text, len(text.split()), True, WEIGHTS) for text in r] for r in replies]

    return sample, asked


def tools(sample: Sample | None = None, verify: Verify | None = None, round: int = 0, seed: int = 0) -> Tools:
    """Tools in which `sample` answers in every role, with the embedded prompts."""

    async def nothing(*_: object) -> list[Any]:
        raise AssertionError("this stage must not ask for that")

    prompts = load_prompts("embedded")
    return Tools({role: RoleModel(prompts, sample or nothing) for role in ROLES}, verify or nothing, round, seed)


def checked_by(backend: Backend) -> Verify:
    async def verify(checks: list[Check]) -> list[Verdict]:
        return [backend.check(check) for check in checks]

    return verify


class FakeServices:
    """What a shard asks of the rest of the system, given by a test; `weights` are those that were asked for last."""

    def __init__(self, sample: Sample, verify: Verify) -> None:
        self.sample, self.verify, self.weights = sample, verify, dict[ModelRole, Weights]()

    def tools(self, prompts: Mapping[ModelRole, PromptSet], weights: Mapping[ModelRole, Weights], round: int, seed: int) -> Tools:
        self.weights = dict(weights)
        return Tools({role: RoleModel(prompts[role], self.sample) for role in ROLES}, self.verify, round, seed)


def by_table(proofs: dict[str, str]) -> Verify:
    """A checker that accepts, for each goal, the one proof text of `proofs`; statements elaborate, whatever they say.

    For what is about the order and number of checks, not about their answers.
    """

    def outcome(check: Check) -> Outcome:
        goal = negate(check.statement) if check.negated else check.statement
        return Outcome.ACCEPTED if proofs.get(goal) == (check.proof or check.code) else Outcome.REJECTED

    async def verify(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=check.id, outcome=outcome(check)) for check in checks]

    return verify
