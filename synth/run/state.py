"""What the steps of a run share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.config import RunConfig
from synth.llm.types import Weights
from synth.prompts import PromptSet
from synth.run.inputs import Inputs
from synth.services import Services
from synth.show.progress import Progress
from synth.store.rundir import RunDir
from train.group import WorkerGroup
from train.model import checkpoint_hash
from train.tracking import Tracker


@dataclass
class Run:
    """What the steps of a run share; `clock` holds the seconds of each stage of the current round."""

    config: RunConfig
    store: RunDir
    inputs: Inputs
    prompts: PromptSet
    progress: Progress
    tracker: Tracker
    pools: list[Any] = field(default_factory=list)
    samplers: list[Any] = field(default_factory=list)
    shards: list[Any] = field(default_factory=list)
    trainers: WorkerGroup | None = None  # under `train.keep_workers`
    clock: dict[str, float] = field(default_factory=dict)
    answering: Weights = Weights()  # what answers now

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.clock[stage] = self.clock.get(stage, 0.0) + time.monotonic() - started

    @property
    def checkpoints(self) -> Path:
        """A folder that every node can see, for all rounds' weights."""
        return Path(self.config.checkpoints).absolute() if self.config.checkpoints else self.store.local_path("rounds")

    def training(self, round: int) -> Path:
        """Where round `round` trains."""
        return self.checkpoints / f"{round:03d}" / "training"

    def weights(self, round: int) -> Weights:
        """The weights after round `round`; a round that found no pair keeps those of an earlier one (`weights.json`)."""
        trained = int(self.store.read_json(f"rounds/{round:03d}/weights.json")["round"])
        given = trained == 0 and self.config.model.path
        path = Path(self.config.model.path).absolute() if given else self.training(trained) / "model"
        return Weights(str(path), trained, checkpoint_hash(path))

    def trained(self, round: int) -> bool:
        return self.store.exists(f"rounds/{round:03d}/weights.json")

    def services(self) -> Services:
        return Services(self.samplers, self.pools)
