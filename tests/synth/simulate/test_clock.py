"""The simulated clock: waiting takes no time, and everything happens in its order."""

from __future__ import annotations

import asyncio
import time

import pytest

from synth.simulate.clock import SimulatedLoop, Stuck, simulate


def test_an_hour_takes_no_time_and_all_code_reads_the_same_clock() -> None:
    async def work(loop: SimulatedLoop) -> tuple[float, float]:
        before = time.monotonic()
        await asyncio.sleep(3600)
        return loop.time(), time.monotonic() - before

    started = time.perf_counter()
    assert simulate(work) == (3600.0, 3600.0)
    assert time.perf_counter() - started < 1.0
    assert time.monotonic() > 0  # the real one again


def test_timers_ring_in_their_order_and_a_limit_ends_what_is_too_long() -> None:
    rung: list[tuple[float, str]] = []

    async def one(seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        rung.append((time.monotonic(), name))

    async def work(loop: SimulatedLoop) -> None:
        await asyncio.gather(one(3, "c"), one(1, "a"), one(2, "b"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(one(100, "never"), 5)

    simulate(work)
    assert rung == [(1.0, "a"), (2.0, "b"), (3.0, "c")]


def test_threads_are_run_at_once() -> None:
    async def work(loop: SimulatedLoop) -> tuple[int, float]:
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 // 0)
        return await asyncio.to_thread(lambda: 6 * 7), loop.time()

    assert simulate(work) == (42, 0.0)


def test_a_callback_that_fails_ends_the_simulation() -> None:
    async def work(loop: SimulatedLoop) -> None:
        loop.call_later(1.0, lambda: 1 // 0)
        await asyncio.sleep(5.0)

    with pytest.raises(ZeroDivisionError):
        simulate(work)


def test_waiting_for_nothing_is_said_and_not_waited_for() -> None:
    async def work(loop: SimulatedLoop) -> None:
        await loop.create_future()

    with pytest.raises(Stuck, match="nobody will do"):
        simulate(work)


def test_an_interrupted_simulation_is_told_as_that_whatever_it_was_in_the_middle_of() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.Event().wait()

    async def run(loop: SimulatedLoop) -> None:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(1)
        assert not task.done()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(run)
