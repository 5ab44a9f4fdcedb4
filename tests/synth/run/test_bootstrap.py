"""Our own small model: the engines start once its training is under way, and whatever becomes of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from synth.llm.types import Weights
from synth.run import bootstrap as module
from synth.run import learn
from synth.run.bootstrap import bootstrap
from synth.run.learn import fit
from synth.run.state import Run
from tests.synth.run.fakes import make_run
from train.config import TrainConfig
from verify_workers.errors import UserError


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happened, in order; nothing is trained or started."""
    done = list[str]()

    async def untrained(job: Run) -> tuple[Path, list[Any]]:
        return Path("initial"), []

    async def start(job: Run, **settings: Any) -> None:
        assert settings["one_by_one"]
        done.append("engines")

    monkeypatch.setattr(module, "_untrained", untrained)
    monkeypatch.setattr(module, "checkpoint_hash", lambda path: "hash")
    monkeypatch.setattr(Run, "role_weights", lambda self, own: {})
    monkeypatch.setattr(module, "start_samplers", start)
    return done


def trains(monkeypatch: pytest.MonkeyPatch, seen: list[str], steps: int, fails: bool = False) -> None:
    def train_round(initial: Path, examples: Any, folder: Path, config: TrainConfig, seed: int, report: Any, *_: Any, **__: Any) -> None:
        seen.append("starts")
        for step in range(1, steps + 1):
            report({"step": step, "steps": steps, "loss": 1.0, "tokens_per_second": 1.0, "seconds": 0.1 * step})
        if fails:
            raise UserError("no room")

    monkeypatch.setattr(learn, "train_round", train_round)


def test_engines_start_after_the_first_step(tmp_path: Path, seen: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    job, under_way = make_run(tmp_path, models={}), asyncio.Event()

    async def fitting(job: Run, number: int, initial: Weights, examples: Any, config: Any, began: asyncio.Event) -> None:
        seen.append("starts")
        await asyncio.sleep(0.01)
        seen.append("step")
        began.set()
        await asyncio.sleep(0.01)
        seen.append("trained")

    monkeypatch.setattr(module, "fit", fitting)
    asyncio.run(bootstrap(job, under_way))
    assert seen == ["starts", "step", "engines", "trained"]


@pytest.mark.parametrize("steps", [3, 0])  # 0: all of it was done before an interruption
def test_training_says_when_it_is_under_way(steps: int, tmp_path: Path, seen: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_run(tmp_path, models={})
    trains(monkeypatch, seen, steps)
    asyncio.run(bootstrap(job, asyncio.Event()))
    assert seen == ["starts", "engines"]


def test_a_training_that_fails_before_its_first_step_holds_nobody_up(
    tmp_path: Path, seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_run(tmp_path, models={})
    trains(monkeypatch, seen, 0, fails=True)

    async def both() -> asyncio.Event:
        under_way = asyncio.Event()
        with pytest.raises(UserError, match="no room"):
            await fit(job, 0, Weights("initial"), [], job.config.train, under_way)
        return under_way

    assert asyncio.run(both()).is_set()
