"""The pool of this machine, asked from an event loop: order, callers who leave, and a pool that cannot work."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.verify_workers.fake_backends import NullBackend, SlowBackend, checks, expected
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.pool.asking import CHUNK, IN_FLIGHT, NICE, MachinePool
from verify_workers.records import Check

CONFIG = PoolConfig(workers=2, retry_timeouts="never", timeout_first=1.0)


@pytest.fixture
def slow() -> Iterator[MachinePool]:
    with closing(MachinePool(CONFIG, SlowBackend)) as pool:
        yield pool


def needing(seconds: float, count: int, name: str = "") -> list[Check]:
    return [Check(id=f"{name}{n}", statement=f"theorem t{n} : True", proof=f"needs {seconds} {name}", timeout=30) for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, CHUNK, CHUNK * (IN_FLIGHT + 2) + 5])
def test_one_verdict_each_in_the_order_of_the_checks(count: int) -> None:
    with closing(MachinePool(CONFIG, NullBackend)) as pool:
        asked = checks(count)
        verdicts = asyncio.run(pool.verify(asked))
        assert [(verdict.id, verdict.outcome) for verdict in verdicts] == [(check.id, expected(check)) for check in asked]


def test_a_small_request_does_not_wait_for_all_of_a_large_one(slow: MachinePool) -> None:
    async def both() -> tuple[float, float]:
        started = time.monotonic()
        large = asyncio.create_task(slow.verify(needing(0.002, 4 * CHUNK * IN_FLIGHT, "large")))
        await asyncio.sleep(0.05)
        await slow.verify(needing(0.002, 1, "small"))
        small = time.monotonic() - started
        await large
        return small, time.monotonic() - started

    small, large = asyncio.run(both())
    assert small < large


def test_what_nobody_waits_for_leaves_the_pool(slow: MachinePool) -> None:
    async def leave() -> list[dict[str, object]]:
        asking = asyncio.create_task(slow.verify(needing(0.3, 3 * CHUNK)))
        while not (await slow.stats())[0]["outstanding"]:
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        return await slow.stats()

    (stats,) = asyncio.run(leave())
    assert stats["outstanding"] == 0 and stats["abandoned"] >= CHUNK and stats["checks"] < CHUNK


def test_a_pool_that_cannot_work_says_so_in_one_line() -> None:
    def refuses() -> NullBackend:
        raise UserError("no Lean here")

    def fails() -> NullBackend:
        raise RuntimeError("broken\nLean")

    for factory, words in ((refuses, "^no Lean here$"), (fails, "^no Lean worker could be started: .*broken Lean$")):
        with closing(MachinePool(CONFIG, factory)) as pool, pytest.raises(UserError, match=words):
            asyncio.run(pool.warm())


def test_the_workers_give_way_and_the_caller_does_not() -> None:
    found = list[int]()

    class Backend(NullBackend):
        def __init__(self) -> None:
            super().__init__()
            found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    before = os.getpriority(os.PRIO_PROCESS, 0)
    with closing(MachinePool(CONFIG, Backend)) as pool:
        asyncio.run(pool.verify(checks(1)))
    assert found[0] == max(NICE, before) and os.getpriority(os.PRIO_PROCESS, 0) == before
