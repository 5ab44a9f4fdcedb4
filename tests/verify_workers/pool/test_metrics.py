"""The pool's counts as Ray metrics: recorded under their names, and only what is new since the last time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verify_workers.fake_backends import NullBackend, checks
from verify_workers.config import PoolConfig
from verify_workers.pool import metrics
from verify_workers.pool.local import LocalPool


class Recorder:
    """Takes the place of one Ray metric and keeps what it is told."""

    told: list[tuple[str, float, dict[str, str]]] = []

    def __init__(self, name: str, description: str, tag_keys: tuple[str, ...], **_: Any) -> None:
        assert description
        self.name, self.keys = name, set(tag_keys)

    def set_default_tags(self, tags: dict[str, str]) -> None:
        assert set(tags) <= self.keys

    def inc(self, value: float, tags: dict[str, str] | None = None) -> None:
        assert set(tags or {}) <= self.keys
        Recorder.told.append((self.name, value, tags or {}))

    observe = set = inc


def test_what_the_pool_counts_is_published_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("Counter", "Gauge", "Histogram"):
        monkeypatch.setattr(metrics, kind, Recorder)
    Recorder.told.clear()
    published = metrics.PoolMetrics("node")
    with LocalPool(PoolConfig(workers=1, recycle_after=10), NullBackend, observer=published.observe) as pool:
        pool.verify(checks(30))
        published.publish(pool.stats())
        published.publish(pool.stats())
    total: dict[str, float] = {}
    for name, value, _ in Recorder.told:
        total[name] = total.get(name, 0) + value
    assert total["verify_checks"] == 30
    assert total["verify_recycles"] == 3 and "verify_restarts" not in total
    assert sum(name == "verify_latency_seconds" for name, *_ in Recorder.told) == 30
    assert {tags["outcome"] for name, _, tags in Recorder.told if name == "verify_checks"} == {"accepted", "rejected"}
    assert sum(name == "verify_busy_share" for name, *_ in Recorder.told) == 2


def test_real_ray_metrics_take_it(ray_local: None) -> None:
    published = metrics.PoolMetrics("node")
    with LocalPool(PoolConfig(workers=1), NullBackend, observer=published.observe) as pool:
        pool.verify(checks(5))
        published.publish(pool.stats())
