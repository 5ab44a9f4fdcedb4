"""Strict checks a second with a growing number of workers, what each check costs, and what is left idle: `verification.py scaling`.

For each number of workers a roof is measured first: that many processes that only count, against one that does.  What the machine
loses there (clock rates, shared caches, other guests) no checker can keep.  Then a pool of so many workers is given checks without
end; after a second of warming up, all is read at the beginning and the end of a window of `seconds`:

    checks/s       verdicts of the window
    of linear      against as many times the first row's rate; "of the roof": that divided by the roof
    front          ms of processor time a check in this process (policy, schedule, threads)
    session        in the workers' own processes, which fork and collect the children
    children       in those that elaborate and audit
    idle           of the cores that the workers could fill, the share that neither of these used
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from verify_workers.config import PoolConfig
from verify_workers.pool.local import LocalPool
from verify_workers.processes import children
from verify_workers.records import Check

WARM_SECONDS, ROOF_SECONDS = 1.0, 2.0
ROWS = 16_384  # checks that are made beforehand: no part of the front's work
TICK = os.sysconf("SC_CLK_TCK")
Make = Callable[[int], list[Check]]


@dataclass(frozen=True)
class Used:
    """Processor seconds until now."""

    front: float
    session: float
    children: float

    def since(self, before: Used) -> Used:
        return Used(self.front - before.front, self.session - before.session, self.children - before.children)


def used() -> Used:
    """What this process, the sessions of its zygotes, and their children have used."""
    session = below = 0.0
    for zygote in children(os.getpid()):
        for pid in children(zygote):
            own, reaped = _times(pid)
            session += own
            below += reaped + sum(sum(_times(child)) for child in children(pid))
    return Used(time.process_time(), session, below)


def _times(pid: int) -> tuple[float, float]:
    """Processor seconds of a process, and of its children that it has reaped."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    return (int(fields[11]) + int(fields[12])) / TICK, (int(fields[13]) + int(fields[14])) / TICK


def _count(seconds: float, total: Synchronized[int], gate: Any) -> None:
    gate.wait()
    end, done = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        for _ in range(1000):
            done += 1
    with total.get_lock():
        total.value += done


def counted(processes: int) -> float:
    """Rounds a second of that many processes that only count."""
    context = multiprocessing.get_context("fork")
    total, gate = context.Value("q", 0), context.Barrier(processes)
    running = [context.Process(target=_count, args=(ROOF_SECONDS, total, gate)) for _ in range(processes)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    return float(total.value) / ROOF_SECONDS


def endless(make: Make) -> Iterator[Check]:
    """Checks without end, each with a text of its own."""
    rows = make(ROWS)
    yield from rows
    for turn in count(1):
        for row in rows:
            yield row.model_copy(update={"id": f"{turn}.{row.id}", "proof": f"{row.proof} {turn}"})


def window(make: Make, workers: int, seconds: float) -> tuple[int, float, Used, Counter[str]]:
    """Verdicts, seconds, processor seconds and outcomes of a window in which a pool of that many workers has enough to do."""
    config = PoolConfig.model_validate(
        {"workers": workers, "timeout_first": 10.0, "retry_timeouts": "never", "backend": "fork", "audit": "strict", "queue": 8 * workers}
    )
    outcomes, begun = Counter[str](), None
    with LocalPool(config) as pool:
        verdicts = pool.as_completed(endless(make))
        for _ in range(4 * workers):  # every worker has started
            next(verdicts)
        ready = time.monotonic()
        for verdict in verdicts:
            now = time.monotonic()
            if begun is None:
                if now - ready >= WARM_SECONDS:
                    begun, before = now, used()
                continue
            outcomes[verdict.outcome.value] += 1
            if now - begun >= seconds:
                spent = used().since(before)
                pool.close(0.5)
                return sum(outcomes.values()), now - begun, spent, outcomes
    raise AssertionError("unreachable")


def scaling(sets: dict[str, Make], workers: list[int], seconds: float) -> None:
    """Print a table for each of `sets`."""
    cores = len(os.sched_getaffinity(0))
    one = counted(1)
    roofs = {number: min(1.0, counted(number) / one / number) for number in workers}
    print(f"{cores} cores; " + ", ".join(f"{number} counting: {roof:.1%} of linear" for number, roof in roofs.items()), flush=True)
    for name, make in sets.items():
        print(f"{name}\n  workers checks/s of linear of the roof | ms of CPU a check: front session children | idle")
        base = 0.0
        for number in workers:
            done, wall, spent, outcomes = window(make, number, seconds)
            base = base or done / wall / number
            linear = done / wall / number / base
            each = [1000 * part / done for part in (spent.front, spent.session, spent.children)]
            idle = 1 - (spent.front + spent.session + spent.children) / (wall * min(number, cores))
            said = ", ".join(f"{n} {outcome}" for outcome, n in sorted(outcomes.items()))
            costs = f"{each[0]:24.2f} {each[1]:7.2f} {each[2]:8.2f}"
            rates = f"{number:7} {done / wall:8.1f} {linear:9.1%} {linear / roofs[number]:11.1%}"
            print(f"  {rates} | {costs} | {idle:.1%}   ({said})", flush=True)
