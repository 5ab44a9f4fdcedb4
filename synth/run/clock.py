"""What a round has cost so far: kept while it goes on, so that an interruption takes nothing from the account."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from synth.store.rundir import RunDir
from verify_workers.errors import UserError

SAVE = 5.0  # seconds between two savings: what a kill can hide


class Clock:
    """Seconds of a round and of its stages, tokens spent, failures; continued from what an interrupted run had saved.

    Only time at work counts, not the time between two commands.  Tokens are those of all requests that were answered,
    also of work that a kill threw away.
    """

    def __init__(self, store: RunDir, number: int | None) -> None:
        """`number`: the round; None = the whole run, where rounds are under way at the same time."""
        self.store, self.number = store, number
        self.name = "clock.json" if number is None else f"rounds/{number:03d}/clock.json"
        saved = store.read_json(self.name) or {}
        self.stages: Counter[str] = Counter(saved.get("stages", {}))
        self.failures: Counter[str] = Counter(saved.get("failures", {}))
        self.tokens = int(saved.get("tokens", 0))
        self.spent: Counter[str] = Counter(saved.get("spent", {}))  # as `synth.budget` counts
        self._before = float(saved.get("seconds", 0.0))
        self._started = time.monotonic()
        self._running: dict[str, tuple[float, int]] = {}  # since when, and how many at a time

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._started

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """What is under way twice at the same time counts once."""
        since, count = self._running.get(stage, (time.monotonic(), 0))
        self._running[stage] = since, count + 1
        try:
            yield
        finally:
            since, count = self._running.pop(stage)
            if count > 1:
                self._running[stage] = since, count - 1
            else:
                self.stages[stage] += time.monotonic() - since  # type: ignore[assignment]  # Counter adds floats as well

    def stage_seconds(self) -> dict[str, float]:
        """Seconds of each stage up to now, those under way included."""
        now, stages = time.monotonic(), dict[str, float](self.stages)
        for stage, (since, _) in self._running.items():
            stages[stage] = stages.get(stage, 0.0) + now - since
        return stages

    def figures(self) -> dict[str, Any]:
        """The account up to now, stages under way included."""
        return {
            "seconds": round(self.seconds, 1),
            "stages": {stage: round(seconds, 1) for stage, seconds in self.stage_seconds().items()},
            "tokens_spent": self.tokens,
            "spent": dict(self.spent),
            "failures": dict(self.failures),
        }

    def save(self) -> None:
        figures = self.figures()
        self.store.write_json(self.name, {**figures, "tokens": figures.pop("tokens_spent")})

    async def keep_saving(self) -> None:
        """Save every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(SAVE)
            with suppress(UserError):  # a place that cannot be reached is told by what writes results there
                await asyncio.to_thread(self.save)
