"""What the stages ask of the rest of the system: text from a model in one of its roles, and verdicts.

Stages take one `Tools`, so that each can be run, tested and replaced alone.  `Services` gives the real ones, over the
Ray actors of a run.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from synth.budget import Meter
from synth.llm.config import ROLES, ModelRole
from synth.llm.replicas import Replicas
from synth.llm.types import Completion, Sampling, Weights
from synth.prompts import Prompt, PromptSet, Role
from synth.records import Pair, Statement, content_id
from verify_workers.pool.asking import Call
from verify_workers.pool.client import PoolClient
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Verdict

Sample = Callable[[list[Prompt], Sampling], Awaitable[list[list[Completion] | str]]]
"""Completions for each prompt, in order; a string in place of a list says why that prompt was refused."""
Verify = Callable[[list[Check]], Awaitable[list[Verdict]]]
"""One verdict for each check, in order."""


WITHOUT_NODES = 300.0  # seconds that all nodes with Lean workers may be gone (preempted) before a run ends

Barred = Callable[[Statement], str]
"""Why no proof of a statement may be trained on (it is in a benchmark); '' where nothing speaks against it."""


def _nothing(statement: Statement) -> str:
    return ""


def asking(pool: LocalPool) -> Verify:
    """Verdicts of a pool in this process."""

    async def verify(checks: list[Check]) -> list[Verdict]:
        call = Call(pool, checks)
        try:
            verdicts = await call.answered()
        except asyncio.CancelledError:
            call.withdraw()
            raise
        pool.raise_fatal()
        return verdicts

    return verify


@dataclass(frozen=True)
class RoleModel:
    """A model in one role: how it is asked, and what answers.  `spent` counts generated tokens, and answers that were none (`faults`)."""

    prompts: PromptSet
    sample: Sample
    spent: Counter[str] = field(default_factory=Counter)
    role: ModelRole = "prover"
    meter: Meter = field(default_factory=Meter)

    def sampling(
        self, role: Role, n: int, seed: int, temperature: float | None = None, top_p: float | None = None, max_tokens: int | None = None
    ) -> Sampling:
        """How a prompt of `role` is sampled: as given, else as the preset says."""
        preset = self.prompts.settings(role)
        return Sampling(
            n=n,
            temperature=preset.temperature if temperature is None else temperature,
            top_p=preset.top_p if top_p is None else top_p,
            max_tokens=preset.budget if max_tokens is None else max_tokens,
            seed=seed,
        )

    async def ask(self, prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        """What the model answers.  Raises BudgetSpent where no more may be asked."""
        self.meter.require()
        answers = await self.sample(prompts, sampling)
        completions = [completion for answer in answers if not isinstance(answer, str) for completion in answer]
        tokens = sum(completion.tokens for completion in completions)
        self.meter.add({f"tokens_{self.role}": tokens})
        self.spent["tokens"] += tokens
        self.spent["faults"] += sum(bool(completion.fault) for completion in completions)
        return answers


class Shelf(Protocol):
    """Lemmas that the run has proved (`synth/search/lemmas.py`)."""

    def near(self, statement: str, statement_id: str, front: tuple[str, str], count: int) -> list[Pair]: ...


class Names(Protocol):
    """Names that the library declares (`verify_workers/lean/names.py`)."""

    def near(self, unknown: str, count: int = 5) -> list[str]: ...


@dataclass(frozen=True)
class Tools:
    """What a stage works with, in one round of one run; `seed` is the run's."""

    models: Mapping[ModelRole, RoleModel]
    verify: Verify
    round: int = 0
    seed: int = 0
    barred: Barred = _nothing
    shelf: Shelf | None = None
    """What earlier rounds have proved; None = nothing yet."""
    names: Names | None = None
    """What there is in place of a name that Lean does not know; None = nobody has looked."""
    meter: Meter = field(default_factory=Meter)
    bare: Tools | None = None
    """These tools as they were before anything counted."""

    def metered(self, meter: Meter) -> Tools:
        """The same tools; `meter` (and what is above it, but nothing else) counts what is done with these, and ends it."""
        bare = self.bare or self

        async def verify(checks: list[Check]) -> list[Verdict]:
            verdicts = await bare.verify(checks)
            meter.add({"checks": len(checks), "lean_ms": round(1000 * sum(verdict.seconds for verdict in verdicts))})
            return verdicts

        models = {role: replace(model, role=role, meter=meter) for role, model in bare.models.items()}
        return replace(self, models=models, verify=verify, meter=meter, bare=bare)

    @property
    def formalizer(self) -> RoleModel:
        return self.models["formalizer"]

    @property
    def judge(self) -> RoleModel:
        return self.models["judge"]

    @property
    def prover(self) -> RoleModel:
        return self.models["prover"]

    def request_seed(self, *apart: Any) -> int:
        """The seed of a request: another one for each run and round, and whatever else (`apart`, JSON-able) tells requests apart."""
        return int(content_id("seed", self.seed, self.round, *apart)[:7], 16)

    @property
    def tokens(self) -> int:
        """Tokens generated so far with these tools."""
        return sum(self.spent[f"tokens_{role}"] for role in ROLES)

    @property
    def spent(self) -> dict[str, int]:
        """What each role has spent so far: `tokens_prover`, `faults_judge` and so on."""
        return {f"{what}_{role}": model.spent[what] for role, model in self.models.items() for what in ("tokens", "faults")}


@dataclass
class Group:
    """Actors that give the same answers (engines on the same weights, or an endpoint), and the roles that they serve."""

    roles: tuple[ModelRole, ...]
    actors: list[Any]
    trained: bool = False
    """Whether each round swaps new weights in; a frozen group answers with those of round 0 for ever."""
    local: bool = True
    """Engines of our own, which `release_while_training` ends."""
    up: bool = False
    joined: list[Any] = field(default_factory=list)
    """Of `actors`, those that nodes have brought which joined a running cluster: they are lost with their node."""
    starting: list[Any] = field(default_factory=list)
    """Those that will be, and do not answer yet."""
    digest: tuple[str, str] = ("", "")
    """The hash of the weights that were swapped in last, and what engines say of all they hold then, where they do."""

    def drop(self, gone: Sequence[Any]) -> None:
        """These are there no longer."""
        self.actors = [actor for actor in self.actors if actor not in gone]
        self.joined = [actor for actor in self.joined if actor not in gone]

    @property
    def name(self) -> str:
        return f"{' and '.join(self.roles)} sampler"


class Services:
    """The samplers and pools of a run."""

    def __init__(self, groups: Sequence[Group], pools: dict[str, Any]) -> None:
        self._told: Counter[str] = Counter()
        self.pools = pools
        self._samplers: dict[ModelRole, Replicas] = {}
        for group in groups:
            self._samplers |= dict.fromkeys(group.roles, Replicas(group.name, group.actors, self._told))
        self._client: PoolClient | None = None
        self.through: Callable[[Tools], Tools] = lambda tools: tools
        """What all tools go through."""

    def tools(self, prompts: Mapping[ModelRole, PromptSet], weights: Mapping[ModelRole, Weights], round: int, seed: int) -> Tools:
        """Tools with which `weights` answer, by role; each call counts its own tokens."""
        models = {role: RoleModel(prompts[role], self._sample(role, weights)) for role in ROLES}
        return self.through(Tools(models, self.verify, round, seed))

    def _sample(self, role: ModelRole, weights: Mapping[ModelRole, Weights]) -> Sample:
        async def sample(asked: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
            """From the sampler with the fewest requests of ours in flight; from another one where it fails."""
            if role not in self._samplers:
                raise RuntimeError(f"the {role} is asked, but nothing was started for it")
            answer: list[list[Completion] | str] = await self._samplers[role].ask("sample", asked, sampling, weights[role], load=len(asked))
            return answer

        return sample

    async def verify(self, checks: list[Check]) -> list[Verdict]:
        """Ask the nodes' pools; the others do the work of one that dies."""
        if not checks:
            return []
        if self._client is None:
            self._client = PoolClient(self.pools, patience=WITHOUT_NODES)
        return await self._client.verify(checks)

    def members(self, pools: dict[str, Any]) -> None:
        """These are the nodes' pools from now on."""
        self.pools = pools
        if self._client is not None:
            self._client.members(pools)

    def engines(self, groups: Mapping[tuple[ModelRole, ...], list[Any]]) -> None:
        """These are the engines from now on, of the groups by their roles; groups that this one does not know are others'."""
        for roles, actors in groups.items():
            if roles[0] in self._samplers:
                self._samplers[roles[0]].members(actors)

    @property
    def failures(self) -> Counter[str]:
        """What went wrong with samplers and pools so far, in lines for the user, and how often."""
        return self._told + Counter(self._client.failures if self._client else [])
