"""What takes time, against what queueing theory says: exact where it is exact, within the error of the draw where it is not."""

from __future__ import annotations

import asyncio
import heapq
import random
from typing import Any

import pytest

from synth.simulate.actors import SimulatedPool
from synth.simulate.clock import SimulatedLoop, simulate
from synth.simulate.cores import ACTOR, LEAN, PLENTY, Cores, work
from synth.simulate.engine import Batch, Curve
from synth.simulate.measured import Draw
from verify_workers.config import PoolConfig
from verify_workers.records import Check


class _Drawing:
    """Checks that take the seconds which their proof says."""

    grain, lean = 1, 1.0

    class measured:  # an attribute of the real one
        pool_seconds = 0.0

    def attempts(self, check: Check) -> int:
        return 1

    def judged(self, check: Check) -> Draw:
        return Draw(0, float(check.proof or 0), "rejected")


def _pool(workers: int) -> SimulatedPool:
    drawing: Any = _Drawing()
    return SimulatedPool(PoolConfig(workers=workers, timeout_first=900, timeout_last=900), workers, Cores(PLENTY), drawing, 0.0)


def _check(number: int, seconds: float) -> Check:
    return Check(id=str(number), statement=f"theorem t{number} : True", proof=repr(seconds), timeout=900)


def test_equal_checks_on_two_workers_take_exactly_their_turns() -> None:
    async def run(loop: SimulatedLoop) -> tuple[float, dict[str, Any]]:
        pool = _pool(2)
        verdicts = await pool.verify([_check(n, 2.0) for n in range(9)], "ticket")
        assert [v.id for v in verdicts] == [str(n) for n in range(9)]
        return loop.time(), await pool.stats()

    seconds, stats = simulate(run)
    assert seconds == 10.0  # five turns of two
    assert stats["busy_seconds"] == 18.0
    assert stats["queue_seconds_mean"] == pytest.approx((0 + 0 + 2 + 2 + 4 + 4 + 6 + 6 + 8) / 9)


def test_a_pool_waits_as_a_queue_of_several_servers_does() -> None:
    """M/M/4 at a load of 80 %: the same waiting as by Kiefer and Wolfowitz' recursion on the same draws."""
    source = random.Random(1)
    draws = [(source.expovariate(3.2), source.expovariate(1.0)) for _ in range(5000)]

    async def run(loop: SimulatedLoop) -> float:
        pool, asked = _pool(4), []
        for number, (gap, seconds) in enumerate(draws):
            await asyncio.sleep(gap)
            asked.append(asyncio.ensure_future(pool.verify([_check(number, seconds)], str(number))))
        await asyncio.gather(*asked)
        return float((await pool.stats())["queue_seconds_mean"])

    now, waited, free = 0.0, 0.0, [0.0] * 4
    for gap, seconds in draws:
        now += gap
        begun = max(now, heapq.heappop(free))
        waited += begun - now
        heapq.heappush(free, begun + seconds)
    assert waited > 0.3 * len(draws)
    assert simulate(run) == pytest.approx(waited / len(draws), rel=1e-9)


def test_withdrawn_checks_leave_at_once_and_those_that_run_when_they_end() -> None:
    async def run(loop: SimulatedLoop) -> tuple[float, list[str]]:
        pool = _pool(1)
        asked = asyncio.ensure_future(pool.verify([_check(n, 3.0) for n in range(5)], "ticket"))
        await asyncio.sleep(1.0)
        await pool.withdraw("ticket")
        return loop.time(), [str(v.outcome) for v in await asked] + [str(loop.time())]

    assert simulate(run) == (1.0, ["infra"] * 5 + ["3.0"])


def test_shared_cores_are_divided_by_weight() -> None:
    async def run(loop: SimulatedLoop) -> list[float]:
        cores, ends = Cores(1.0), list[float]()

        async def one(seconds: float, weight: float) -> None:
            await work(cores, seconds, weight)
            ends.append(loop.time())

        await asyncio.gather(one(36.0, ACTOR), one(36.0, LEAN))
        return ends

    first, second = simulate(run)
    assert first == pytest.approx(36.0 * (ACTOR + LEAN) / ACTOR)  # 51: by then Lean had 15
    assert second == pytest.approx(72.0)


def test_an_engine_divides_its_tokens_among_the_sequences_under_way() -> None:
    async def run(loop: SimulatedLoop) -> list[float]:
        batch, ends = Batch(Curve(100.0, 1.0), 2, Cores(PLENTY), 1.0), list[float]()

        async def one(tokens: float) -> None:
            await batch.generate(tokens)
            ends.append(loop.time())

        await asyncio.gather(one(100), one(200), one(50))  # the third waits for a place
        return [*ends, batch.seconds()]

    # Two: 100 * 2/3 tokens a second, half for each; the first ends at 3 s, the second has 100 left beside the third's 50.
    assert simulate(run) == pytest.approx([3.0, 4.5, 4.5 + 50 / 50, 5.5])


def test_weights_are_swapped_in_an_empty_batch() -> None:
    async def run(loop: SimulatedLoop) -> list[float]:
        batch = Batch(Curve(10.0, 0.0), 8, Cores(PLENTY), 1.0)
        first = asyncio.ensure_future(batch.generate(20))
        await asyncio.sleep(0.5)
        drained = asyncio.ensure_future(batch.drain())
        await asyncio.sleep(0)
        late = asyncio.ensure_future(batch.generate(10))
        await drained
        times = [loop.time()]
        await asyncio.sleep(1.0)
        batch.reopen()
        await asyncio.gather(first, late)
        return [*times, loop.time()]

    assert simulate(run) == pytest.approx([2.0, 4.0])


def test_a_batch_that_is_held_goes_on_where_it_was() -> None:
    """`sampler.swap: keep`: nobody waits for the longest answer, and none is lost."""

    async def run(loop: SimulatedLoop) -> tuple[list[float], float]:
        batch = Batch(Curve(10.0, 0.0), 8, Cores(PLENTY), 1.0)
        ends: list[float] = []

        async def one(tokens: float) -> None:
            await batch.generate(tokens)
            ends.append(loop.time())

        tasks = [asyncio.create_task(one(tokens)) for tokens in (10.0, 50.0)]
        await asyncio.sleep(1.0)
        batch.hold()
        await asyncio.sleep(3.0)
        late = asyncio.create_task(one(5.0))
        await asyncio.sleep(1.0)
        batch.reopen()
        await asyncio.gather(*tasks, late)
        return ends, batch.seconds()

    ends, busy = simulate(run)
    # Up to 1 s five tokens of each; from 5 s on three at 10/3 tokens a second each: two end after 1.5 s, the rest alone.
    assert ends == [pytest.approx(6.5), pytest.approx(6.5), pytest.approx(6.5 + 4.0)]
    assert busy == pytest.approx(10.5)
