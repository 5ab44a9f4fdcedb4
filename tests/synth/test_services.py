"""What stages work with: models and Lean."""

from __future__ import annotations

import asyncio
import time

import pytest

from synth.services import asking
from tests.verify_workers.fake_backends import NullBackend, SlowBackend, checks, expected
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.pool.local import LocalPool


def test_a_pool_of_this_process_answers_in_order() -> None:
    with LocalPool(PoolConfig(workers=2, retry_timeouts="never"), NullBackend) as pool:
        verdicts = asyncio.run(asking(pool)(checks(100)))
        assert [(v.id, v.outcome) for v in verdicts] == [(check.id, expected(check)) for check in checks(100)]
        assert asyncio.run(asking(pool)([])) == []


def test_whoever_is_interrupted_takes_its_checks_back() -> None:
    """It was a thread that went on until all were checked, and that the end of the event loop waited for."""

    async def leave(pool: LocalPool) -> None:
        asked = asyncio.create_task(asking(pool)(checks(50, "needs 0.5 {0}")))
        while not pool.stats()["outstanding"]:
            await asyncio.sleep(0.01)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    with LocalPool(PoolConfig(workers=1, retry_timeouts="never"), SlowBackend) as pool:
        asyncio.run(leave(pool))
        end = time.monotonic() + 60
        while pool.stats()["outstanding"] and time.monotonic() < end:
            time.sleep(0.01)
        assert pool.stats()["abandoned"] >= 49 and pool.stats()["runs"] <= 1


def test_what_keeps_all_workers_from_starting_is_told() -> None:
    def broken() -> NullBackend:
        raise UserError("no Lean here; run make setup")

    with LocalPool(PoolConfig(workers=1), broken) as pool, pytest.raises(UserError, match="run make setup"):
        asyncio.run(asking(pool)(checks(10)))
