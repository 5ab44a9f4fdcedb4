"""Which check runs next: the pool's policy alone, without threads, clocks or Lean.

First passes come first.  A worker stays with its header (a backend that changes headers imports anew: seconds, with
Mathlib) and, within it, with its statement (so that a backend elaborates the pin once).  A check that needs
longer than the first deadline waits until nothing else does; a time-out on a crowded machine runs once more
when the machine is quiet.  `LocalPool` drives it under its lock, and the simulation in
docs/benchmarks/pool_overhead.py drives the same code with a simulated clock.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from verify_workers.records import Check, Verdict

Sink = Callable[[Verdict], None]
Group = tuple[str, str]  # header, statement

STREAK = 64  # checks one worker takes from one statement before it looks at the oldest statement of its header again
PATIENCE = 20.0  # seconds after which a header on which no worker is takes one away from its own


class ItemStage(Enum):
    """Which run of a check comes next."""

    FIRST = "first"
    LONG = "long"
    QUIET = "quiet"


@dataclass(slots=True, eq=False)
class Item:
    """One question in the pool, with everyone who waits for its answer."""

    check: Check
    first: float  # seconds of the first pass; equal to `last` when there is only one pass
    last: float  # seconds of the long pass
    arrived: float = 0.0  # clock, seconds
    queued: float = 0.0  # clock, seconds: since when it waits for the run it waits for
    key: tuple[str, float] | None = None  # of identical questions; None: never shared
    stage: ItemStage = ItemStage.FIRST
    failures: int = 0  # runs that ended in a failure of the checker
    runs: int = 0
    done: bool = False
    abandoned: bool = False  # it runs, and nobody waits for its verdict any more
    waiters: list[tuple[str, Sink]] = field(default_factory=list)  # the caller's id, where to put the verdict

    @property
    def group(self) -> Group:
        return (self.check.header, self.check.preamble + self.check.statement)

    @property
    def limit(self) -> float:
        """Seconds of Lean for the run that comes next."""
        return self.first if self.stage is ItemStage.FIRST else self.last


def passes(first: float, limit: float) -> tuple[float, float]:
    """Deadlines (first, last) in seconds for a check that may take `limit`: a short first pass only pays if much shorter."""
    return (first, limit) if limit >= 2 * first else (limit, limit)


class Schedule:
    """The waiting checks of one machine.  Not thread-safe: its owner holds a lock."""

    def __init__(self, workers: int, cores: int, defer: float, rerun: Literal["never", "contended", "always"]) -> None:
        self.workers, self.cores, self.defer, self.rerun = workers, cores, defer, rerun
        self.running = 0
        self.waiting = 0
        self._running_long = 0
        self._running_quiet = 0
        self._first: dict[str, dict[Group, deque[Item]]] = {}  # by header, each in order of arrival of the statement
        self._long: deque[Item] = deque()
        self._quiet: deque[Item] = deque()
        self._streaks: dict[int, tuple[Group, int]] = {}

    def add(self, item: Item, now: float) -> None:
        """Queue a new check."""
        item.arrived = item.queued = now
        self.waiting += 1
        self._queue(item).append(item)

    def take(self, worker: int, now: float) -> Item | None:
        """The check that `worker` shall run next, or None when it must wait."""
        if self._running_quiet and self.running >= self.cores:
            return None
        item = self._choose(worker, now)
        if item is not None:
            item.runs += 1
            self.waiting -= 1
            self.running += 1
            self._running_long += item.stage is ItemStage.LONG
            self._running_quiet += item.stage is ItemStage.QUIET
        return item

    def timed_out(self, item: Item, now: float, contended: bool) -> bool:
        """Note that a run of `item` hit its limit; True when that is final, False when another run is queued."""
        self.release(item)
        if item.stage is ItemStage.FIRST and item.first < item.last:
            item.stage, item.queued = ItemStage.LONG, now
            self._long.append(item)
            self.waiting += 1
            return False
        if item.stage is not ItemStage.QUIET and (self.rerun == "always" or (self.rerun == "contended" and contended)):
            item.stage, item.queued = ItemStage.QUIET, now
            self._quiet.append(item)
            self.waiting += 1
            return False
        return True

    def again(self, item: Item, now: float) -> None:
        """Queue the same run of `item` once more, before its peers (the checker failed, not the check)."""
        self.release(item)
        item.queued = now
        self.waiting += 1
        if item.stage is ItemStage.FIRST:
            self._queue(item).appendleft(item)
        else:
            (self._long if item.stage is ItemStage.LONG else self._quiet).appendleft(item)

    def release(self, item: Item) -> None:
        """Note that a run of `item` ended."""
        self.running -= 1
        self._running_long -= item.stage is ItemStage.LONG
        self._running_quiet -= item.stage is ItemStage.QUIET

    def resume(self, item: Item) -> None:
        """Note that a run of `item` that had been released goes on: it ends by one of the methods above."""
        self.running += 1
        self._running_long += item.stage is ItemStage.LONG
        self._running_quiet += item.stage is ItemStage.QUIET

    def discard(self, item: Item) -> bool:
        """Take `item` out unless it runs; whether it was here."""
        groups = self._first.get(item.check.header, {})
        waiting = {ItemStage.FIRST: groups.get(item.group), ItemStage.LONG: self._long, ItemStage.QUIET: self._quiet}[item.stage]
        if not waiting or item not in waiting:
            return False
        waiting.remove(item)
        self.waiting -= 1
        if item.stage is ItemStage.FIRST and not waiting:
            self._forget(item.group)
        return True

    def leave(self, worker: int) -> None:
        """Note that `worker` is gone."""
        self._streaks.pop(worker, None)

    def drain(self) -> Iterator[Item]:
        """Remove and yield everything that waits."""
        for groups in self._first.values():
            for items in groups.values():
                yield from items
        yield from self._long
        yield from self._quiet
        self._first.clear()
        self._long.clear()
        self._quiet.clear()
        self.waiting = 0

    @property
    def crowded(self) -> bool:
        """More checks run than there are cores."""
        return self.running > self.cores

    @property
    def quiet_waits(self) -> bool:
        """A retry waits for the machine to become quiet."""
        return bool(self._quiet)

    def _choose(self, worker: int, now: float) -> Item | None:
        overdue = bool(self._long) and now - self._long[0].queued >= self.defer and self._running_long < max(1, self.workers // 2)
        if self._first and not overdue:
            # A retry that has waited long under a steady stream gets a core of its own as soon as one is free.
            if self._quiet and now - self._quiet[0].queued >= self.defer and self.running < self.cores and not self._running_quiet:
                return self._quiet.popleft()
            return self._next_first(worker, now)
        if self._long:
            return self._long.popleft()
        if self._quiet and self.running < max(1, self.cores // 2):
            return self._quiet.popleft()
        return None

    def _queue(self, item: Item) -> deque[Item]:
        """Where the first pass of `item` waits."""
        return self._first.setdefault(item.check.header, {}).setdefault(item.group, deque())

    def _next_first(self, worker: int, now: float) -> Item:
        group, streak = self._streaks.get(worker, (None, 0))
        header = self._header(None if group is None else group[0], now)
        groups = self._first[header]
        if group not in groups or streak >= STREAK:
            group, streak = next(iter(groups)), 0
        self._streaks[worker] = (group, streak + 1)
        item = groups[group].popleft()
        if not groups[group]:
            self._forget(group)
        return item

    def _forget(self, group: Group) -> None:
        """Remove a statement of which nothing waits for its first pass any more, and a header without statements."""
        del self._first[group[0]][group]
        if not self._first[group[0]]:
            del self._first[group[0]]

    def _header(self, own: str | None, now: float) -> str:
        """The header of the next check of a worker that is on `own`: the same, unless nothing of it waits or another waits too long."""
        if own is not None and len(self._first) == 1 and own in self._first:
            return own
        workers = Counter(group[0] for group, _ in self._streaks.values())
        alone = [header for header in self._first if not workers[header]]
        if own in self._first and not any(now - next(iter(self._first[header].values()))[0].queued >= PATIENCE for header in alone):
            return own
        return min(self._first, key=workers.__getitem__)  # of equals the one that came first
