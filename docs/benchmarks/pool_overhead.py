"""What the pool itself costs, and what its policy saves.

    python docs/benchmarks/pool_overhead.py [--checks 20000] [--workers 64]

1. Overhead: a backend that answers at once; what is left is the pool.
2. Policy, simulated: 64 workers, 0.05-3 s checks and 1.7 % that run into a limit of 60 s.  The clock is simulated,
   the scheduling code is the pool's own (`verify_workers.pool.schedule`).  Callers submit chunks and wait for them, as
   shards of a search do.  Compared at equal verdicts: one pass and two passes, each with time-outs run once
   more (a time-out on a busy machine is not trusted) or believed at once.
3. The same load through the real pool and its 64 threads, with all times scaled down.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from verify_workers.config import PoolConfig
from verify_workers.pool.local import LocalPool
from verify_workers.pool.schedule import Item, Schedule, passes
from verify_workers.records import Check, Outcome, Verdict

LIMIT, FIRST = 60.0, 3.0  # seconds
TAIL = 0.017  # share of checks that never end


class Null:
    """Answers at once."""

    name, lean, library = "null", "4.0.0", "bench"
    processes: list[int] = []

    def check(self, check: Check) -> Verdict:
        return Verdict(id=check.id, outcome=Outcome.REJECTED, backend="null")

    def close(self) -> None:
        return None


class Sleeper(Null):
    """Takes the seconds that the proof says, or its limit."""

    def check(self, check: Check) -> Verdict:
        needs = float(check.proof or 0)
        time.sleep(min(needs, check.timeout))
        outcome = Outcome.TIMEOUT if needs > check.timeout else Outcome.REJECTED
        return Verdict(id=check.id, outcome=outcome, backend="null")


def overhead(count: int) -> None:
    """Checks per second through the pool with nothing behind it."""
    checks = [Check(id=str(number), statement=f"theorem t{number // 16} : True", proof=f"by p{number}") for number in range(count)]
    with LocalPool(PoolConfig(workers=2, recycle_after=10**9), Null) as pool:
        pool.verify(checks[:100])
        begun, cpu = time.perf_counter(), time.process_time()
        pool.verify(checks)
        wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(f"overhead: {count} checks, {count / wall:,.0f} checks/s, each {1000 * wall / count:.3f} ms wall, {1000 * cpu / count:.3f} CPU")


def service_times(count: int, seed: int) -> list[float]:
    """Seconds that `count` checks need: log-normal around 0.4 s, and a tail that needs more than any limit."""
    source = random.Random(seed)
    return [10 * LIMIT if source.random() < TAIL else min(2.9, source.lognormvariate(-0.9, 0.8)) for _ in range(count)]


@dataclass
class Result:
    wall: float
    busy: float  # share of worker-seconds in use over the whole run
    steady: float  # the same until nothing waited any more
    timeouts: int


def simulate(needs: list[float], workers: int, first: float, retry: str, callers: int, chunk: int) -> Result:
    """Run `needs` through the pool's own schedule on a simulated clock.

    `callers` shards each submit chunks of `chunk` checks and wait for the whole chunk; 0 callers: all is queued at once.
    """
    schedule = Schedule(workers, workers, 60.0, "always" if retry == "retried" else "never")
    source: Iterator[tuple[int, float]] = enumerate(needs)
    need_of: dict[Item, float] = {}
    owner: dict[Item, int] = {}
    open_: dict[int, int] = {}
    now = busy = waited_until = busy_then = 0.0
    timeouts = 0

    def submit(caller: int, count: int) -> None:
        for number, seconds in itertools.islice(source, count):
            item = Item(Check(id=str(number), statement=f"t{number // 16}", proof="p"), *passes(first, LIMIT))
            need_of[item], owner[item] = seconds, caller
            open_[caller] = open_.get(caller, 0) + 1
            schedule.add(item, now)

    for caller in range(max(1, callers)):
        submit(caller, chunk if callers else len(needs))
    idle = list(range(workers))
    running: list[tuple[float, int, int, Item]] = []
    order = itertools.count()
    while True:
        while idle and (item := schedule.take(idle[-1], now)) is not None:
            worker = idle.pop()
            seconds = min(need_of[item], item.limit)
            busy += seconds
            heapq.heappush(running, (now + seconds, next(order), worker, item))
        if schedule.waiting:
            waited_until = now
            busy_then = busy - sum(max(0.0, end - now) for end, *_ in running)
        if not running:
            break
        now, _, worker, item = heapq.heappop(running)
        idle.append(worker)
        if need_of[item] > item.limit:
            if not schedule.timed_out(item, now, contended=True):
                continue
            timeouts += 1
        else:
            schedule.release(item)
        caller = owner[item]
        open_[caller] -= 1
        if callers and not open_[caller]:
            submit(caller, chunk)
    steady = busy_then / (workers * waited_until) if waited_until else 0.0
    return Result(now, busy / (workers * now), steady, timeouts)


def policy(workers: int, count: int) -> None:
    """One pass against two, simulated."""
    needs = service_times(count, seed=0)
    print(f"policy, simulated: {workers} workers, {count} checks, {sum(n > LIMIT for n in needs)} of them never end (limit {LIMIT:g} s)")
    for title, callers, chunk in (("all queued at once", 0, 0), (f"{2 * workers} callers with chunks of 32", 2 * workers, 32)):
        for retry in ("believed", "retried"):
            one, two = (simulate(needs, workers, first, retry, callers, chunk) for first in (LIMIT, FIRST))
            assert one.timeouts == two.timeouts
            print(
                f"  {title}, time-outs {retry}: one pass {one.wall:,.0f} s, busy {one.busy:.1%} ({one.steady:.1%} while work waits);"
                f" two passes {two.wall:,.0f} s, busy {two.busy:.1%} ({two.steady:.1%}); saved {1 - two.wall / one.wall:.1%}"
            )
        # One pass must run a time-out again before it is believed; in two passes the long one is the second opinion.
        one = simulate(needs, workers, LIMIT, "retried", callers, chunk)
        two = simulate(needs, workers, FIRST, "believed", callers, chunk)
        print(f"  {title}, two runs per time-out either way: {one.wall:,.0f} s and {two.wall:,.0f} s; saved {1 - two.wall / one.wall:.1%}")


def real(workers: int, count: int, scale: float) -> None:
    """The same load through the real threads, `scale` seconds for each second."""
    needs = service_times(count, seed=1)
    checks = [
        # The number after the seconds makes every proof another text, so that none is shared.
        Check(id=str(n), statement=f"theorem t{n // 16} : True", proof=f"{seconds * scale:.6f}{n:06d}", timeout=LIMIT * scale)
        for n, seconds in enumerate(needs)
    ]
    for title, first, retry in (("one pass, retried", LIMIT, "always"), ("two passes", FIRST, "never")):
        config = PoolConfig(
            workers=workers, timeout_first=first * scale, timeout_last=LIMIT * scale, retry_timeouts=retry, recycle_after=10**9
        )
        with LocalPool(config, Sleeper, cores=workers) as pool:
            begun = time.perf_counter()
            verdicts = pool.verify(checks)
            wall, stats = time.perf_counter() - begun, pool.stats()
        timeouts = sum(verdict.outcome is Outcome.TIMEOUT for verdict in verdicts)
        ideal = sum(min(seconds, LIMIT) for seconds in needs) * scale / workers
        print(
            f"real pool, {title}: {count} checks, 1 s = {scale * 1000:g} ms, {workers} threads: {wall:.1f} s,"
            f" busy {stats['busy_share']:.1%}, {timeouts} time-outs (one run of each and perfect packing: {ideal:.1f} s)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=64)
    options = parser.parse_args()
    overhead(options.checks)
    policy(options.workers, options.checks)
    real(options.workers, options.checks, 0.03)


if __name__ == "__main__":
    main()
