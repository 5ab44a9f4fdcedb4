"""What a pool of this process has done since it was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from verify_workers.pool.slot import Slot

EVENTS = ("starts", "restarts", "recycles", "infra_runs", "deferred", "retries", "shared", "cache_hits", "abandoned", "audits")


@dataclass
class Tally:
    """Running totals."""

    outcomes: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)  # by `EVENTS`
    runs: int = 0
    busy: float = 0.0  # worker-seconds with a check
    active: float = 0.0  # seconds with at least one check in the pool
    queued: float = 0.0  # seconds that checks waited for their first run, summed
    started: int = 0  # checks that had a first run

    def stats(self, slots: Iterable[Slot], workers: int, active: float, now: float) -> dict[str, Any]:
        """Rates per second, shares 0..1, seconds and counts up to `now`; `active`: the seconds of the stretch that is not over."""
        active += self.active
        busy = self.busy + sum(now - slot.started for slot in slots if slot.item is not None)
        checks = sum(self.outcomes.values())
        return {
            "checks": checks,
            "runs": self.runs,
            "checks_per_second": checks / active if active else 0.0,
            "active_seconds": active,
            "busy_seconds": busy,
            "busy_share": min(1.0, busy / (active * workers)) if active else 0.0,
            "queue_seconds_mean": self.queued / self.started if self.started else 0.0,
            "outcomes": dict(self.outcomes),
            **{event: self.events[event] for event in EVENTS},
        }
