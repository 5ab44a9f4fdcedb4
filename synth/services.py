"""What the stages ask of the rest of the system: `sample` text from the model and `verify` proofs.

Stages take these two as plain async functions, so that each can be run, tested and replaced alone.  `Services`
gives the real ones, over the Ray actors of a run.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from synth.llm.types import Completion, Sampling
from verify_workers.records import Check, Verdict

Sample = Callable[[list[str], Sampling], Awaitable[list[list[Completion] | str]]]
"""Completions for each prompt, in order; a string in place of a list says why that prompt was refused."""
Verify = Callable[[list[Check]], Awaitable[list[Verdict]]]
"""One verdict for each check, in order."""


class Services:
    """The samplers and pools of a run; `model` is the checkpoint that must answer."""

    def __init__(self, samplers: list[Any], pools: list[Any], model: str) -> None:
        self.samplers, self.pools, self.model = samplers, pools, model
        self._turn = itertools.count()
        self._waiting = [0] * len(samplers)

    async def sample(self, prompts: list[str], sampling: Sampling) -> list[list[Completion] | str]:
        """Ask the sampler with the fewest requests of ours in flight."""
        index = min(range(len(self.samplers)), key=self._waiting.__getitem__)
        self._waiting[index] += len(prompts)
        try:
            answer: list[list[Completion] | str] = await self.samplers[index].sample.remote(prompts, sampling, self.model)
            return answer
        finally:
            self._waiting[index] -= len(prompts)

    async def verify(self, checks: list[Check]) -> list[Verdict]:
        """Ask the nodes' pools in turn."""
        if not checks:
            return []
        verdicts: list[Verdict] = await self.pools[next(self._turn) % len(self.pools)].verify.remote(checks)
        return verdicts
