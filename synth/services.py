"""What the stages ask of the rest of the system: text from a model in one of its roles, and verdicts.

Stages take one `Tools`, so that each can be run, tested and replaced alone.  `Services` gives the real ones, over the
Ray actors of a run.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from synth.llm.types import Completion, Sampling, Weights
from synth.prompts import Prompt, PromptSet
from verify_workers.records import Check, Verdict

Sample = Callable[[list[Prompt], Sampling], Awaitable[list[list[Completion] | str]]]
"""Completions for each prompt, in order; a string in place of a list says why that prompt was refused."""
Verify = Callable[[list[Check]], Awaitable[list[Verdict]]]
"""One verdict for each check, in order."""


@dataclass(frozen=True)
class RoleModel:
    """A model in one role: how it is asked, and what answers.  `spent` counts generated tokens."""

    prompts: PromptSet
    sample: Sample
    spent: Counter[str] = field(default_factory=Counter)

    async def ask(self, prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        answers = await self.sample(prompts, sampling)
        self.spent["tokens"] += sum(completion.tokens for answer in answers if not isinstance(answer, str) for completion in answer)
        return answers


@dataclass(frozen=True)
class Tools:
    """What a stage works with, in one round of one run; `seed` is the run's."""

    formalizer: RoleModel
    judge: RoleModel
    prover: RoleModel
    verify: Verify
    round: int = 0
    seed: int = 0

    @property
    def tokens(self) -> int:
        """Tokens generated so far with these tools."""
        return sum(model.spent["tokens"] for model in (self.formalizer, self.judge, self.prover))


class Services:
    """The samplers and pools of a run."""

    def __init__(self, samplers: list[Any], pools: list[Any]) -> None:
        self.samplers, self.pools = samplers, pools
        self._turn = itertools.count()
        self._waiting = [0] * len(samplers)

    def tools(self, prompts: PromptSet, weights: Weights, round: int, seed: int) -> Tools:
        """Tools with which `weights` answer in every role; each call counts its own tokens."""

        async def sample(asked: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
            return await self.sample(asked, sampling, weights)

        formalizer, judge, prover = (RoleModel(prompts, sample) for _ in range(3))
        return Tools(formalizer, judge, prover, self.verify, round, seed)

    async def sample(self, prompts: list[Prompt], sampling: Sampling, weights: Weights) -> list[list[Completion] | str]:
        """Ask the sampler with the fewest requests of ours in flight."""
        index = min(range(len(self.samplers)), key=self._waiting.__getitem__)
        self._waiting[index] += len(prompts)
        try:
            answer: list[list[Completion] | str] = await self.samplers[index].sample.remote(prompts, sampling, weights)
            return answer
        finally:
            self._waiting[index] -= len(prompts)

    async def verify(self, checks: list[Check]) -> list[Verdict]:
        """Ask the nodes' pools in turn."""
        if not checks:
            return []
        verdicts: list[Verdict] = await self.pools[next(self._turn) % len(self.pools)].verify.remote(checks)
        return verdicts
