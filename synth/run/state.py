"""What the steps of a run share."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.config import RunConfig
from synth.index.client import Index
from synth.llm.config import ROLES, ModelRole
from synth.llm.types import Weights
from synth.prompts import PromptSet
from synth.run.clock import Clock
from synth.run.inputs import Inputs
from synth.run.ledger import Ledger
from synth.run.live import Kind, Live
from synth.run.replayed import Replayed
from synth.run.roles import given_weights
from synth.run.timeline import Timeline
from synth.services import Group, Services, Verify
from synth.show.progress import Progress
from synth.statements.benchmarks import Benchmarks
from synth.statements.screen import Passed
from synth.store.rundir import RunDir
from synth.store.service import keep_service, served
from train.config import LoraConfig
from train.group import WorkerGroup
from train.lora import adapter_hash
from train.model import checkpoint_hash
from train.tracking import Tracker
from verify_workers.records import Check, Verdict


def checkpoints(config: RunConfig, store: RunDir) -> Path:
    """The folder of a run's weights, round by round: its own in `checkpoints`, or in the run directory."""
    given = config.checkpoints
    return Path(given).absolute() / f"{config.name}-{store.id}" if given else store.local_path("rounds")


def served_lora(config: RunConfig) -> LoraConfig | None:
    """The adapters that a run's engines serve beside the model that it begins with; None where rounds leave whole models."""
    lora = config.train.lora
    return lora if lora is not None and lora.serve and config.models.train else None


@dataclass
class Shared:
    """What is kept from one round to the next so that it need not be read again."""

    ledger: Ledger | None = None
    replayed: Replayed | None = None
    problems: str = ""  # hash of their ids


@dataclass
class Run:
    """What the steps of a run share; `clock` keeps the account of the current round."""

    config: RunConfig
    store: RunDir
    inputs: Inputs
    prompts: dict[ModelRole, PromptSet]
    progress: Progress
    tracker: Tracker
    pools: dict[str, Any] = field(default_factory=dict)
    roles: tuple[ModelRole, ...] = ROLES  # that are asked
    groups: list[Group] = field(default_factory=list)
    shards: list[Any] = field(default_factory=list)
    measuring: list[Any] = field(default_factory=list)  # shard actors that evaluate beside a search, in `mode: async`
    held: Any = None  # reference to what shards must not work on
    index: Index | None = None  # of what the run has; started with the first shards
    held_words: Any = None  # reference to the benchmarks' texts, for its actors
    trainers: WorkerGroup | None = None  # under `train.keep_workers`
    clock: Clock | None = None
    live: Live = field(default_factory=Live)  # what is going on, in all rounds that are under way
    timeline: Timeline | None = None
    told: set[str] = field(default_factory=set)  # failures that the user has read of
    answering: Weights = Weights()  # the run's own model now
    frozen: dict[ModelRole, Weights] = field(default_factory=dict)  # hashed once
    benchmarks: Benchmarks | None = None  # that nothing may be worked on; None until that is settled
    passed: dict[str, Passed] | None = None  # problems that an earlier version passed over before the first round, by id
    shared: Shared = field(default_factory=Shared)
    in_use: Counter[int] = field(default_factory=Counter)  # shards under way, by the version of the weights that they were given

    def members(self, pools: dict[str, Any]) -> None:
        """Nodes have joined or left: those who ask Lean are told which pools there are."""
        for actor in (*self.shards, *self.measuring):
            actor.members.remote(pools)

    def engines(self) -> None:
        """Engines have come or gone: those who ask them are told which there are."""
        groups = {group.roles: list(group.actors) for group in self.groups}
        for actor in (*self.shards, *self.measuring):
            actor.engines.remote(groups)

    @property
    def joined_gpus(self) -> float:
        """GPUs that engines hold which are not of those that the run begins with."""
        held = ((len(group.joined) + len(group.starting), self.config.models.of(group.roles[0]).sampler) for group in self.groups)
        return sum(count * sampler.gpus for count, sampler in held)

    @property
    def account(self) -> Clock:
        """The account of the round under way."""
        if self.clock is None:
            self.clock = Clock(self.store, 0)
        return self.clock

    def timed(self, stage: str) -> AbstractContextManager[None]:
        self.live.account(self.account)
        return self.account.timed(stage)

    def failed(self, what: str, count: int = 1) -> None:
        """Something failed that others stand in for: told once, and kept in the round's figures."""
        self.account.failures[what] += count
        if what not in self.told:
            self.told.add(what)
            self.progress.note(what)

    @property
    def checkpoints(self) -> Path:
        """A folder that every node can see, for all rounds' weights; in `checkpoints` each run has one of its own."""
        return checkpoints(self.config, self.store)

    def training(self, round: int) -> Path:
        """Where round `round` trains."""
        return self.checkpoints / f"{round:03d}" / "training"

    def weights(self, round: int) -> Weights:
        """The weights after round `round`; a round that found no pair keeps those of an earlier one (`weights.json`)."""
        trained = int(self.store.read_json(f"rounds/{round:03d}/weights.json")["round"])
        if trained == 0 and not self.config.models.bootstrapped:
            return self._given("prover")
        if trained and served_lora(self.config):
            base, adapter = self.weights(0), self.training(trained) / "adapter"
            return Weights(str(adapter), trained, adapter_hash(base.hash, adapter), base.path)
        path = self.training(trained) / "model"
        return Weights(str(path), trained, checkpoint_hash(path))

    def role_weights(self, untrained: Weights | None = None) -> dict[ModelRole, Weights]:
        """What answers in each role now: the run's own model where it is trained, else what was there in the beginning.

        `untrained`: the run's own model before its bootstrap.
        """
        if untrained is not None:
            return {role: self._given(role) if self.config.models.of(role).own else untrained for role in self.roles}
        return {role: self.answering if self.config.models.follows(role) else self._frozen(role) for role in self.roles}

    def _frozen(self, role: ModelRole) -> Weights:
        if not self.config.models.bootstrapped or self.config.models.of(role).own:
            return self._given(role)
        if role not in self.frozen:
            self.frozen[role] = self.weights(0)
        return self.frozen[role]

    def _given(self, role: ModelRole) -> Weights:
        if role not in self.frozen:
            self.frozen[role] = given_weights(self.config, role)
        return self.frozen[role]

    @property
    def samplers(self) -> list[Any]:
        """All sampler actors, whatever they serve."""
        return [actor for group in self.groups for actor in group.actors]

    def actors(self, kind: Kind) -> list[Any]:
        """The actors that answer now."""
        if kind == "samplers":
            return [actor for group in self.groups if group.up for actor in group.actors]
        if kind == "index":
            return self.index.actors if self.index else []
        return [*self.shards, *self.measuring] if kind == "shards" else list(self.pools.values())

    def trained(self, round: int) -> bool:
        return self.store.exists(f"rounds/{round:03d}/weights.json")

    def services(self) -> Services:
        return Services(self.groups, self.pools)

    def asking(self, stage: str, number: int) -> Verify:
        """Verdicts for a stage of round `number`, of which the run keeps how long Lean took."""
        verify = self.services().verify

        async def asked(checks: list[Check]) -> list[Verdict]:
            verdicts = await verify(checks)
            await asyncio.to_thread(keep_service, self.store, number, stage, served(checks, verdicts))
            return verdicts

        return asked
