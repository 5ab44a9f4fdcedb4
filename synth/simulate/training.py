"""Where training takes its time: a round's steps and what goes beside them, and a checkpoint that is only a name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synth.simulate.cores import ACTOR, Cores, work
from synth.simulate.measured import Measured
from synth.simulate.setting import TrainerSetting
from train.config import TrainConfig

REPORTS = 10  # rows of metrics.jsonl in a round


def checkpoint(folder: Path, name: str) -> Path:
    """A folder that counts as a checkpoint, and holds none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "model.safetensors").write_text(name, encoding="utf-8")
    return folder


class SimulatedWorkers:
    """`train.group.WorkerGroup` without workers."""

    gone = False

    def __init__(self, config: TrainConfig, folder: Path) -> None:
        self.inbox = folder / "workers-simulated"

    def close(self) -> None:
        return None


@dataclass(frozen=True)
class Plan:
    """A round's training, before it has begun."""

    tokens: float
    examples: int
    folder: Path
    report: Callable[[dict[str, float]], None]
    merged: bool
    """Whether a whole model comes of it; else an adapter."""


class SimulatedTrainer:
    """`round` stands for `train.rounds.train_round`, `begun` for the thread that runs it."""

    def __init__(self, setting: TrainerSetting, measured: Measured, cores: Cores) -> None:
        self.cores = cores
        self.each = setting.tokens_per_example or measured.train_tokens
        self.rate = setting.tokens_per_second or measured.train_rate
        self.aside = measured.train_aside if setting.aside_seconds is None else setting.aside_seconds

    def round(
        self, initial: Path, examples: Sequence[Any], out: Path, config: TrainConfig, seed: int, report: Any, *_: object, **more: object
    ) -> Plan:
        tokens = len(examples) * self.each * config.epochs
        return Plan(min(tokens, config.max_tokens or tokens), len(examples), out, report, bool(more.get("merged", True)))

    def begun(self, function: Callable[[], Plan]) -> asyncio.Future[None]:
        return asyncio.ensure_future(self._train(function()))

    async def _train(self, plan: Plan) -> None:
        await asyncio.sleep(self.aside / 2)
        loop = asyncio.get_running_loop()
        started = loop.time()
        for step in range(1, REPORTS + 1):
            await work(self.cores, plan.tokens / self.rate / REPORTS, ACTOR)
            seconds = loop.time() - started
            done = plan.tokens * step / REPORTS
            told = {"tokens": done, "tokens_per_second": done / max(1e-9, seconds), "seconds": seconds}
            plan.report({"step": step, "steps": REPORTS, "loss": 0.0, **told})
        plan.folder.mkdir(parents=True, exist_ok=True)  # what a real training leaves of its speed
        (plan.folder / "metrics.jsonl").write_text(json.dumps(told), encoding="utf-8")
        pq.write_table(pa.table({"example": np.arange(plan.examples)}), plan.folder / "examples.parquet")
        await asyncio.sleep(self.aside / 2)
        if plan.merged:
            checkpoint(plan.folder / "model", str(plan.folder))
        else:
            (adapter := plan.folder / "adapter").mkdir(parents=True, exist_ok=True)
            (adapter / "adapter_config.json").write_text('{"r": 1, "lora_alpha": 1}', encoding="utf-8")
            (adapter / "adapter_model.safetensors").write_text(str(plan.folder), encoding="utf-8")
