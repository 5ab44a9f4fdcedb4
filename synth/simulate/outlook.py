"""What a simulated (or a real) run came to: rates, idle shares, queues, cost, and what it waits for most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from synth.simulate.setting import Setting
from synth.store.rundir import RunDir
from synth.store.timeline import Row, idle, read_timeline

BUSY = 0.15  # idle share below which something is what all the others wait for


@dataclass(frozen=True)
class Outlook:
    """Of all rounds but the first model's; seconds, shares 0..1."""

    seconds: float
    search_seconds: float
    """Of the rounds' searches, added up."""
    stages: dict[str, float]
    pairs: int
    proved: int
    attempts: int
    checks: float
    tokens: float
    idle: dict[str, float]
    waiting: dict[str, tuple[float, float]]
    """Statements, requests and checks that wait or are worked on: on average, and at most."""

    @property
    def pairs_per_hour(self) -> float:
        return 3600 * self.pairs / self.seconds

    @property
    def bottleneck(self) -> str:
        """What the others wait for: of engines, Lean workers and trainer the one that hardly idles, else the stages that hold all up."""
        busiest = min(self.idle, key=lambda kind: self.idle[kind], default="")
        if busiest and self.idle[busiest] <= BUSY:
            return busiest
        longest = max(self.stages, key=lambda stage: self.stages[stage], default="")
        return f"nothing is busy: the longest stage is {longest}"

    def figures(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "seconds": round(self.seconds, 1),
            "search_seconds": round(self.search_seconds, 1),
            "stages": {name: round(seconds, 1) for name, seconds in self.stages.items()},
            "attempts": self.attempts,
            "proved": self.proved,
            "pairs": self.pairs,
            "pairs_per_hour": round(self.pairs_per_hour, 1),
            "proved_per_hour": round(3600 * self.proved / self.seconds, 1),
            "checks_per_second": round(self.checks / self.seconds, 2),
            "tokens_per_second": round(self.tokens / self.seconds, 1),
            "idle": self.idle,
            "waiting": {name: {"mean": round(mean, 1), "most": round(most)} for name, (mean, most) in self.waiting.items()},
            "bottleneck": self.bottleneck,
        }


def outlook(store: RunDir, grain: int = 1) -> Outlook:
    """What the complete run in `store` came to; `grain`: attempts that were simulated as one."""
    rounds = [figures for figures in store.rounds() if figures["round"]]
    rows = [row for row in read_timeline(store) if any(row.rounds) and not _only_first(row)]
    stages: dict[str, float] = {}
    for figures in rounds:
        for name, seconds in figures["stages"].items():
            stages[name] = stages.get(name, 0.0) + seconds
    return Outlook(
        seconds=sum(figures["seconds"] for figures in rounds),
        search_seconds=stages.get("search", 0.0),
        stages=stages,
        pairs=sum(figures["pairs"] for figures in rounds),
        proved=sum(figures["proved"] for figures in rounds),
        attempts=grain * sum(figures["attempts"] for figures in rounds),
        checks=grain * sum(row.made.get("checks", 0.0) for row in rows),
        tokens=sum(row.made.get("tokens", 0.0) for row in rows),
        idle=idle(rows),
        waiting={name: _over_time(rows, name, grain) for name in ("statements", "requests", "checks")},
    )


def _only_first(row: Row) -> bool:
    return row.rounds == [0]


def _over_time(rows: Iterable[Row], name: str, grain: int) -> tuple[float, float]:
    rows, factor = list(rows), grain if name == "checks" else 1
    seconds = sum(row.span for row in rows)
    values = [factor * row.waiting.get(name, 0) for row in rows]
    mean = sum(value * row.span for value, row in zip(values, rows, strict=True)) / max(1e-9, seconds)
    return mean, max(values, default=0)


def cost(found: Outlook, setting: Setting, gpus: float) -> float:
    """Of the rounds, in the currency of the prices: what is held is paid for, whether it works or not."""
    cores = setting.machine_cores if setting.one_machine else setting.pools.nodes * setting.pools.cores
    return found.seconds / 3600 * (gpus * setting.prices.gpu_hour + cores * setting.prices.core_hour)


def compared(predicted: Outlook, real: Outlook) -> dict[str, dict[str, float]]:
    """Each figure as predicted and as it was, with the relative error in percent."""
    pairs: Mapping[str, tuple[float, float]] = {
        "search seconds": (predicted.search_seconds, real.search_seconds),
        "seconds": (predicted.seconds, real.seconds),
        "pairs/h": (predicted.pairs_per_hour, real.pairs_per_hour),
        "checks/s": (predicted.checks / predicted.seconds, real.checks / real.seconds),
        "tokens/s": (predicted.tokens / predicted.seconds, real.tokens / real.seconds),
    }
    return {
        name: {"predicted": round(a, 2), "real": round(b, 2), "error_percent": round(100 * (a / b - 1), 1)}
        for name, (a, b) in pairs.items()
        if b
    }
