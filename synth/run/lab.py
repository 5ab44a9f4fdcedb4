"""Where an ablation's arms are made and measured: engines and Lean, training workers, one after the other on the same machines."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from synth.config import RunConfig, SearchConfig
from synth.llm.types import Weights
from synth.prompts import Role
from synth.records import Statement
from synth.run.arms import Source
from synth.run.baseline import Baseline, baseline
from synth.run.cluster import released
from synth.run.heldout import Measured
from synth.run.interrupt import in_thread
from synth.run.learn import SAVING
from synth.run.places import everywhere
from synth.run.roles import answering, given_weights, role_prompts, search_prompts
from synth.run.shard import Shard
from synth.run.stages import searched, stage_services
from synth.search.outcome import Found
from synth.services import Services, Tools
from synth.show.progress import Progress
from synth.statements.filters.base import Context
from synth.statements.filters.consistent import consistent
from synth.statements.filters.grade import grade
from synth.store.rundir import RunDir
from train.config import TrainConfig
from train.data import Example
from train.group import WorkerGroup
from train.rounds import TrainResult, train_round

LOOK = 1.0  # seconds between two looks at how far an evaluation is
BASE = 0  # version of the first model's weights: engines start with them


def lab_config(config: RunConfig, base: Weights) -> RunConfig:
    """A run's configuration with its first model in every role that the run's own model played; nothing follows any training."""
    config = everywhere(config)
    models = config.models.model_copy(deep=True)
    models.prover.path, models.train = base.path, ()
    return config.model_copy(update={"models": models, "mode": "sync"})


class Lab:
    """Engines and pools are started when they are first asked, and ended while something trains where they share its GPUs."""

    def __init__(self, source: Source, out: Path, judging: bool, progress: Progress) -> None:
        self.source, self.out, self.progress = source, out, progress
        self.base = source.weights(0)
        self.config = lab_config(source.config, self.base)
        self.asked: tuple[Role, ...] = tuple(dict.fromkeys(("prove", *search_prompts(self.config), *(["grade"] if judging else []))))
        self.version = BASE
        self._open = AsyncExitStack()
        self._services: Services | None = None
        self._answering = Weights()
        self._trainers: WorkerGroup | None = None

    async def services(self) -> Services:
        if self._services is None:
            self._services = await self._open.enter_async_context(stage_services(self.config, *self.asked))
            self._answering = given_weights(self.config, "prover")
        return self._services

    async def close(self) -> None:
        """End engines and pools; they can be started again."""
        self._services = None
        await self._open.aclose()

    async def end(self) -> None:
        await self.close()
        if self._trainers is not None:
            self._trainers.close()

    async def evaluate(self, weights: Weights, seed: int, statements: Sequence[Statement], name: str) -> list[Measured]:
        """What came of proofs by `weights` (`name`: for people) of each held-out statement.

        Engines take weights of a higher version only: each other model gets the next one.
        """
        services, config, words = await self.services(), self.config, self.source.inputs.benchmark.words
        if (weights.path, weights.hash) != (self._answering.path, self._answering.hash):
            self.version += 1
            self._answering = replace(weights, version=self.version)
        shard = Shard(config, RunDir("."), services, frozenset())
        self.progress.stage(f"evaluate {name}", len(statements))
        telling = asyncio.create_task(self._tell(f"evaluate {name}", shard))
        try:
            return await shard.evaluate(list(statements), config.eval.samples, config.heldout.temperature, seed, self._answering, words)
        finally:
            telling.cancel()
            self.progress.finish(f"evaluate {name}")

    async def _tell(self, stage: str, shard: Shard) -> None:
        while True:
            await asyncio.sleep(LOOK)
            self.progress.set(stage, shard.counts.done["evaluated"])

    async def baseline(self, statements: list[Statement]) -> Baseline:
        return await baseline(statements, self.config, (await self.services()).verify)

    async def graded(self, statements: list[Statement]) -> list[Statement]:
        """The statements whose hypotheses can hold together, each with the judge's grade."""
        tools = await self._first_model()
        by_id = {problem.id: problem for problem in self.source.inputs.problems}
        context = Context(tools, self.config.filters.model_copy(update={"grade": True}), problems=by_id)
        new = [s for s in statements if not s.grade and s.problem_id in by_id]
        judged = {s.id: s.grade for s in await grade(new, context)}
        graded = [s if s.grade else s.model_copy(update={"grade": judged.get(s.id, "")}) for s in statements]
        return [s for s in await consistent(graded, context) if s.kept]

    async def search(self, statements: Sequence[Statement], changes: dict[str, object], stage: str) -> list[Found]:
        """The first model's searches of statements, with the run's settings but for `changes`."""
        config = self.config.model_copy(update={"search": SearchConfig.model_validate({**self.config.search.model_dump(), **changes})})
        problems = {problem.id: problem for problem in self.source.inputs.problems}
        tools = await self._first_model()
        return await searched(statements, problems, config, lambda _: tools, self.progress, stage)

    async def _first_model(self) -> Tools:
        services = await self.services()
        if self._answering.version != BASE:  # engines answer with what they have loaded last
            raise RuntimeError("the first model's searches come before any other model is loaded")
        weights = {role: given_weights(self.config, role) for role in answering(self.asked)}
        return services.tools(role_prompts(self.config), weights, 0, self.config.seed)

    async def train(self, name: str, examples: list[Example], config: TrainConfig, seed: int, folder: Path) -> TrainResult:
        """A training that starts from the first model; an interruption leaves a checkpoint that the same call goes on from."""
        if released(self.config, answering(self.asked)):
            await self.close()
        if config.keep_workers and self._trainers is None:
            self._trainers = WorkerGroup(config, self.out)
        stop, base = threading.Event(), Path(self.base.path)

        def report(row: dict[str, float]) -> None:
            self.progress.update(f"train {name}", int(row["step"]), int(row["steps"]), loss=row["loss"])

        dtype = self.config.models.of("prover").sampler.dtype
        self.progress.stage(f"train {name}")
        work = in_thread(lambda: train_round(base, examples, folder, config, seed, report, stop.is_set, self._trainers, dtype))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait([work], timeout=SAVING)
            raise
