"""A pool's counts as Ray metrics, which Ray exports to Prometheus (`ray_verify_…`)."""

from __future__ import annotations

from typing import Any

from ray.util.metrics import Counter, Gauge, Histogram

from verify_workers.pool.tally import EVENTS
from verify_workers.records import Verdict

SECONDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0]


class PoolMetrics:
    """`observe` takes every verdict, `publish` the pool's totals once in a while."""

    def __init__(self, node: str) -> None:
        tags, keys = {"node": node}, ("node",)
        self._checks = Counter("verify_checks", "checks answered, by outcome", tag_keys=("node", "outcome"))
        self._lean = Histogram("verify_lean_seconds", "seconds of Lean per answered check", boundaries=SECONDS, tag_keys=keys)
        self._total = Histogram("verify_latency_seconds", "seconds from arrival to verdict", boundaries=SECONDS, tag_keys=keys)
        self._events = {event: Counter(f"verify_{event}", f"pool events: {event}", tag_keys=keys) for event in EVENTS}
        self._gauges = {
            "busy_share": Gauge("verify_busy_share", "busy worker-seconds per worker-second while work waits, 0..1", tag_keys=keys),
            "outstanding": Gauge("verify_outstanding", "checks accepted and not yet answered", tag_keys=keys),
            "checks_per_second": Gauge("verify_checks_per_second", "checks answered per second while work waits", tag_keys=keys),
            "audit_batches": Gauge("verify_audit_batches", "replays of leanchecker, each of many audits (`audits`)", tag_keys=keys),
            "audit_seconds_mean": Gauge(
                "verify_audit_seconds_mean", "mean seconds of leanchecker per audit, its share of a replay", tag_keys=keys
            ),
            "queue_seconds_mean": Gauge("verify_queue_seconds_mean", "mean seconds from arrival to the first run", tag_keys=keys),
        }
        for metric in (self._checks, self._lean, self._total, *self._events.values(), *self._gauges.values()):
            metric.set_default_tags(tags)
        self._seen = dict.fromkeys(EVENTS, 0)

    def observe(self, verdict: Verdict, seconds: float) -> None:
        """Count one verdict that came `seconds` after its check had arrived."""
        self._checks.inc(1.0, tags={"outcome": verdict.outcome.value})
        self._lean.observe(verdict.seconds)
        self._total.observe(seconds)

    def publish(self, stats: dict[str, Any]) -> None:
        """Take over the totals of `LocalPool.stats()`."""
        for event, counter in self._events.items():
            if stats[event] > self._seen[event]:
                counter.inc(float(stats[event] - self._seen[event]))
                self._seen[event] = stats[event]
        for name, gauge in self._gauges.items():
            gauge.set(float(stats[name]))
