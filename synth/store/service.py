"""How long Lean took for the checks of each stage of a round: `rounds/NNN/service/STAGE.json`, and in the units of work that filter.

A stage's checks are counted in a histogram with fixed classes, so that it is small, and histograms add up.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from synth.store.rundir import RunDir
from verify_workers.records import Check, Verdict

CLASSES = 8  # for each factor of two
SHORTEST = 1e-4  # seconds


@dataclass
class Service:
    """Lean's seconds of the checks of one kind."""

    checks: int = 0
    seconds: float = 0.0
    """Of all of them, added up."""
    spread: Counter[int] = field(default_factory=Counter)
    """How many checks took about 2^(class / CLASSES) seconds, by class."""

    def add(self, seconds: float) -> None:
        self.checks += 1
        self.seconds += seconds
        self.spread[round(CLASSES * math.log2(max(SHORTEST, seconds)))] += 1

    @property
    def mean(self) -> float:
        """Seconds; 0 where there is none."""
        return self.seconds / self.checks if self.checks else 0.0

    def sample(self) -> list[float]:
        """Seconds of each check by its class, in order, with the mean of what was measured."""
        values = [2.0 ** (at / CLASSES) for at, count in sorted(self.spread.items()) for _ in range(count)]
        total = sum(values)
        return [value * self.seconds / total for value in values] if total else []

    def __add__(self, other: Service) -> Service:
        return Service(self.checks + other.checks, self.seconds + other.seconds, self.spread + other.spread)

    def figures(self) -> dict[str, Any]:
        """As JSON."""
        return {"checks": self.checks, "seconds": round(self.seconds, 4), "spread": {str(at): n for at, n in sorted(self.spread.items())}}


def service(figures: Mapping[str, Any]) -> Service:
    """Of `Service.figures`."""
    return Service(int(figures["checks"]), float(figures["seconds"]), Counter({int(at): n for at, n in figures["spread"].items()}))


def kind_of(check: Check) -> str:
    """`first` for many tactics in one check, else `one`: they take Lean unlike seconds."""
    return "first" if (check.proof or "").startswith("by first") else "one"


def served(checks: Iterable[Check], verdicts: Iterable[Verdict], into: dict[str, Service] | None = None) -> dict[str, Service]:
    """Verdicts by the kind of their checks, added `into` what there is."""
    found = {} if into is None else into
    for check, verdict in zip(checks, verdicts, strict=True):
        found.setdefault(kind_of(check), Service()).add(verdict.seconds)
    return found


def keep_service(store: RunDir, number: int, stage: str, found: Mapping[str, Service]) -> None:
    """Add to what is known of a stage of round `number`, whose checks are asked one call after the other."""
    known = read_service(store, number, stage)
    kinds = sorted({*known, *found})
    store.write_json(_name(number, stage), {k: (known.get(k, Service()) + found.get(k, Service())).figures() for k in kinds})


def read_service(store: RunDir, number: int, stage: str) -> dict[str, Service]:
    """By kind; {} where nothing was asked, or by an earlier version."""
    return {kind: service(figures) for kind, figures in store.read_json(_name(number, stage), {}).items()}


def _name(number: int, stage: str) -> str:
    return f"rounds/{number:03d}/service/{stage}.json"
