"""What the stages ask of the rest of the system: text from a model in one of its roles, and verdicts.

Stages take one `Tools`, so that each can be run, tested and replaced alone.  `Services` gives the real ones, over the
Ray actors of a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from synth.llm.replicas import Replicas
from synth.llm.types import Completion, Sampling, Weights
from synth.prompts import Prompt, PromptSet
from verify_workers.pool.client import PoolClient
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

    def __init__(self, samplers: list[Any], pools: dict[str, Any]) -> None:
        self._told: Counter[str] = Counter()
        self.samplers, self.pools = Replicas("sampler", samplers, self._told), pools
        self._client: PoolClient | None = None

    def tools(self, prompts: PromptSet, weights: Weights, round: int, seed: int) -> Tools:
        """Tools with which `weights` answer in every role; each call counts its own tokens."""

        async def sample(asked: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
            return await self.sample(asked, sampling, weights)

        formalizer, judge, prover = (RoleModel(prompts, sample) for _ in range(3))
        return Tools(formalizer, judge, prover, self.verify, round, seed)

    async def sample(self, prompts: list[Prompt], sampling: Sampling, weights: Weights) -> list[list[Completion] | str]:
        """Completions from the sampler with the fewest requests of ours in flight; another one's where it fails."""
        answer: list[list[Completion] | str] = await self.samplers.ask("sample", prompts, sampling, weights, load=len(prompts))
        return answer

    async def verify(self, checks: list[Check]) -> list[Verdict]:
        """Ask the nodes' pools; the others do the work of one that dies."""
        if not checks:
            return []
        if self._client is None:
            self._client = PoolClient(self.pools)
        return await self._client.verify(checks)

    @property
    def failures(self) -> Counter[str]:
        """What went wrong with samplers and pools so far, in lines for the user, and how often."""
        return self._told + Counter(self._client.failures if self._client else [])
