"""A pool of Lean workers in this process: threads that each own one worker and pull checks.

What it promises: exactly one verdict for every check that was accepted into the pool, whatever happens to
the workers, and never an acceptance that its backend did not give for exactly that question.
`schedule.Schedule` decides what runs next, `runner.Runner` asks a backend, `recall.Recall` knows earlier verdicts and `watchdog.Watchdog`
ends what hangs; this module brings them together, shares the work on identical questions, and replaces workers that fail or grow.
"""

from __future__ import annotations

import atexit
import logging
import math
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from verify_workers.backends.leanchecker import Compiled
from verify_workers.config import PoolConfig, usable_cores
from verify_workers.errors import UserError
from verify_workers.pool.audits import Audits
from verify_workers.pool.recall import Recall
from verify_workers.pool.runner import (
    BETWEEN_SECONDS,
    Factory,
    Identity,
    Runner,
    configured,
    configured_auditor,
    infra,
    unaudited,
    wrong,
)
from verify_workers.pool.schedule import Item, ItemStage, Schedule, Sink, passes
from verify_workers.pool.slot import Slot
from verify_workers.pool.tally import Tally
from verify_workers.pool.watchdog import Pulse, Watchdog, interrupt
from verify_workers.processes import processor_seconds
from verify_workers.records import Check, Outcome, Verdict

log = logging.getLogger("verify_workers.pool")

START_FAILURES = 5  # in a row: no worker can be started here
BACKOFF_SECONDS = (0.05, 10.0)  # first and longest pause of a worker whose backend keeps failing
LOCK_SECONDS = 5.0  # that the pool's lock may be held, by whatever is always quick


NOBODY = "nobody waited for the answer any more"
Observer = Callable[[Verdict, float], None]  # a verdict and the seconds its check waited in the pool


class LocalPool:
    """Lean workers of this process.

    `factory` makes one backend per worker thread, in that thread, when it is first needed; `auditor` makes the
    second, stronger judge that every acceptance without a kernel audit is shown to in the strict tier.  By
    default they are the backends that `config` names, on the embedded Lean.  Safe to call from many threads.
    """

    def __init__(
        self,
        config: PoolConfig,
        factory: Factory | None = None,
        auditor: Factory | None = None,
        observer: Observer | None = None,
        cores: int = 0,
    ) -> None:
        self.config = config
        self.workers = config.worker_count()
        self._factory: Factory = factory or (lambda: configured(config, config.backend, config.audit))
        self._audits = Audits(auditor or (lambda: configured_auditor(config)), config.audit_batch, config.audit_wait, self._nothing_runs)
        self._observer = observer
        self._cores = cores or usable_cores()
        self._schedule = Schedule(self.workers, self._cores, config.defer, config.retry_timeouts)
        self._recall = Recall(config)
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)  # something may have become runnable
        self._room = threading.Condition(self._lock)  # the pool is below its bound
        self._stop = threading.Event()
        self._slots: dict[int, Slot] = {}
        self._next_slot = 0
        self._idle = 0
        self._outstanding = 0
        self._active_since = 0.0
        self._moved = 0.0  # clock, seconds: when a check last came where none waited, began or ended
        self._inflight: dict[tuple[str, float], Item] = {}
        self._tally = Tally()
        self._identity: Identity | None = None
        self._fatal: Exception | None = None
        self._start_failures = 0
        self._start_late = 0.0  # clock, seconds: when a start that was too slow was last counted among these
        self._watchdog = Watchdog(config, self._slots, self._lock, self._stop, self._abandon)
        atexit.register(self.close)

    # ---- for callers

    def verify(self, checks: Sequence[Check]) -> list[Verdict]:
        """One verdict per check, in their order.  Raises `UserError` when no worker can be started."""
        verdicts: dict[int, Verdict] = {}
        all_done = threading.Event()
        lock = threading.Lock()

        def put(index: int, verdict: Verdict) -> None:
            with lock:
                verdicts[index] = verdict
                if len(verdicts) == len(checks):
                    all_done.set()

        for index, check in enumerate(checks):
            self.submit(check, lambda verdict, index=index: put(index, verdict))  # type: ignore[misc]
        if checks:
            all_done.wait()
        self.raise_fatal()
        return [verdicts[index] for index in range(len(checks))]

    def as_completed(self, checks: Iterable[Check]) -> Iterator[Verdict]:
        """Verdicts as they come, one per check; reads `checks` only as far as the pool's bound allows."""
        arrived: queue.SimpleQueue[Verdict] = queue.SimpleQueue()
        source = iter(checks)
        waiting, more = 0, True
        while more or waiting:
            while more and waiting < self.config.queue:
                check = next(source, None)
                if check is None:
                    more = False
                    break
                self.submit(check, arrived.put)
                waiting += 1
                if waiting >= 2 * self.workers and not arrived.empty():
                    break  # a slow source must not hold back verdicts that are there
            if waiting:
                yield arrived.get()
                waiting -= 1
                self.raise_fatal()

    def submit(self, check: Check, sink: Sink, wait: bool = True) -> Item | None:
        """Accept a check; `sink` gets its one verdict, from another thread or at once.

        Waits while the pool is full unless `wait` is false.  `sink` must be quick and must not raise.  What is returned is for `withdraw`.
        """
        last = min(check.timeout, self.config.timeout_last)
        first, last = passes(self.config.timeout_first, last)
        key = None if _has_nul(check) else (check.key("", ""), last)
        item = Item(check=check, first=first, last=last, key=key, waiters=[(check.id, sink)])
        with self._lock:
            while wait and self._outstanding >= self.config.queue and not self._ended:
                self._room.wait()
            if not self._ended:
                return self._admit(item)
        sink(infra(check.id, str(self._fatal) if self._fatal else "the pool is closed"))
        return None

    def withdraw(self, item: Item, sink: Sink) -> None:
        """Nobody waits any more for what `submit` was to give to `sink`: it gets `infra`, at once unless its check runs for nobody else.

        Such a run is ended after `timeout_first`; `sink` hears when it has ended.
        """
        with self._lock:
            mine = [waiter for waiter in item.waiters if waiter[1] is sink]
            if item.done or not mine:
                return
            self._tally.events["abandoned"] += len(mine)
            if len(item.waiters) > len(mine):
                item.waiters = [waiter for waiter in item.waiters if waiter[1] is not sink]
            elif self._schedule.discard(item):
                self._close(item)
            else:
                item.abandoned = True
                return
            self._settle(len(mine))
        for name, _ in mine:
            sink(infra(name, NOBODY))

    def raise_fatal(self) -> None:
        """Raise what made the whole pool fail, if anything did."""
        if self._fatal is not None:
            raise self._fatal

    @property
    def identity(self) -> Identity | None:
        """Which Lean answers here; None until the first worker has started."""
        return self._identity

    def stats(self) -> dict[str, Any]:
        """Totals since the start: rates per second, shares 0..1, seconds, counts, and `outcomes` by name.

        `cpu_seconds`: processor time of this process and all that it has started.
        """
        cpu = processor_seconds(os.getpid())
        with self._lock:
            now = time.monotonic()
            active = now - self._active_since if self._outstanding else 0.0
            return {
                "workers": self.workers,
                "backend": self._identity.backend if self._identity else "",
                "lean": self._identity.lean if self._identity else "",
                "library": self._identity.library if self._identity else "",
                "outstanding": self._outstanding,
                "cpu_seconds": cpu,
                "audit_batches": self._audits.batches,
                "audit_seconds_mean": self._audits.seconds / self._audits.audits if self._audits.audits else 0.0,
                **self._tally.stats(self._slots.values(), self.workers, active, now),
            }

    def pulse(self) -> Pulse | None:
        """Whether checks are worked off; None when the pool is too stuck even to say that."""
        if not self._lock.acquire(timeout=LOCK_SECONDS):
            return None
        try:
            now = time.monotonic()
            late = [now - slot.runner.deadline for slot in self._slots.values() if slot.runner.deadline is not None]
            if self._schedule.waiting and not self._schedule.running:  # with nobody at work
                late.append(now - self._moved - BETWEEN_SECONDS)
            return Pulse(self._tally.outcomes.total(), self._outstanding, max(0.0, self._audits.late(now), *late))
        finally:
            self._lock.release()

    def close(self, seconds: float = 5.0) -> None:
        """Answer what waits with `infra`, give what runs `seconds` to end, then end every worker.  May be called twice.

        In a hurry (less than a second) a worker that only starts is not waited for.
        """
        with self._lock:
            if self._stop.is_set():
                return
            self._stop.set()
            waiting = list(self._schedule.drain())
            self._work.notify_all()
            self._room.notify_all()
        for item in waiting:
            self._answer(item, infra("", "the pool is closed"))
        self._join(seconds)
        for slot in list(self._slots.values()):
            slot.runner.close()  # ends the Lean below it, so that a check that still runs comes back
        self._join(5.0 if seconds >= 1.0 else 1.0)
        for slot in list(self._slots.values()):
            if slot.item is not None:
                self._answer(slot.item, infra("", "the pool was closed while the check ran"))
        self._audits.close(5.0 if seconds >= 1.0 else 1.0)
        self._watchdog.join(5.0)
        self._recall.close()
        atexit.unregister(self.close)

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(5.0 if kind is None else 0.5)

    # ---- in and out

    @property
    def _ended(self) -> bool:
        return self._stop.is_set() or self._fatal is not None

    def _admit(self, item: Item) -> Item:
        """Queue `item`, or let it share the run of an identical one, which is returned then.  The lock is held."""
        if not self._outstanding:
            self._active_since = time.monotonic()
        self._outstanding += 1
        twin = self._inflight.get(item.key) if item.key else None
        if twin is not None:
            twin.waiters = [*twin.waiters, *item.waiters]
            twin.abandoned = False
            self._tally.events["shared"] += 1
            return twin
        if item.key:
            self._inflight[item.key] = item
        now = time.monotonic()
        self._moved = self._moved if self._schedule.waiting else now
        self._schedule.add(item, now)
        self._work.notify()
        if self._schedule.waiting > self._idle:
            self._hire()
        return item

    def _close(self, item: Item) -> None:
        """`item` gets no other verdict than the one that is given now.  The lock is held."""
        item.done = True
        if item.key and self._inflight.get(item.key) is item:
            del self._inflight[item.key]

    def _settle(self, count: int) -> None:
        """So many checks have left the pool.  The lock is held."""
        self._outstanding -= count
        if not self._outstanding:
            self._tally.active += time.monotonic() - self._active_since
        self._room.notify_all()

    def _answer(self, item: Item, verdict: Verdict) -> None:
        """Give everyone who waits for `item` its verdict, once."""
        with self._lock:
            if item.done:
                return
            self._close(item)
            waiters = item.waiters
            now = time.monotonic()
            if not item.abandoned:
                self._tally.outcomes[verdict.outcome.value] += len(waiters)
            self._settle(len(waiters))
        for name, sink in waiters:
            answer = verdict.model_copy(update={"id": name})
            if self._observer is not None and not item.abandoned:
                try:
                    self._observer(answer, now - item.arrived)
                except Exception:  # of whoever looks on: the verdict is due all the same
                    log.exception("a verdict could not be told to who observes")
            sink(answer)

    # ---- the workers

    def _hire(self) -> None:
        """Start one more worker thread if there may be one.  The lock is held."""
        if len(self._slots) >= self.workers:
            return
        slot = Slot(Runner(self._next_slot, self.config, self._factory, self._audits.auditor))
        self._next_slot += 1
        slot.thread = threading.Thread(target=self._loop, args=(slot,), name=f"verify-{slot.number}", daemon=True)
        slot.thread.start()
        self._slots[slot.number] = slot

    def _loop(self, slot: Slot) -> None:
        """Pull and run checks until the pool ends or the watchdog gives this worker up."""
        try:
            while not slot.abandoned:
                item = self._take(slot)
                if item is None:
                    break
                try:
                    self._run(slot, item)
                except BaseException as error:
                    # A fault of the pool or an exit call inside a backend must not lose the check.
                    log.exception("worker %d failed", slot.number)
                    self._failed(slot, item, f"{type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._slots.pop(slot.number, None)
                self._schedule.leave(slot.number)
            slot.runner.close()

    def _take(self, slot: Slot) -> Item | None:
        with self._lock:
            slot.runner.deadline = None
            while not self._ended and not slot.abandoned:
                now = time.monotonic()
                item = self._schedule.take(slot.number, now)
                if item is not None:
                    slot.item, slot.started, slot.interrupted, slot.runner.asked = item, now, False, False
                    slot.runner.between()
                    self._moved = now
                    if item.runs == 1:
                        self._tally.queued += now - item.arrived
                        self._tally.started += 1
                    return item
                self._idle += 1
                self._work.wait(1.0)  # overdue checks become runnable by time alone
                self._idle -= 1
        return None

    def _run(self, slot: Slot, item: Item) -> None:
        """One run of one check, from the cache or on this worker's backend."""
        if self._identity is None and not self._start(slot, item):
            return
        slot.loads = self._recall.loads(item)
        known = self._recall.get(item, self._identity, slot.loads)
        if known is not None:
            self._finish(slot, item, known, cached=True)
            return
        if slot.runner.outdated(item.check, slot.loads):
            slot.runner.close()
        if not self._start(slot, item):
            return
        question = item.check.model_copy(update={"id": f"{id(item):x}.{item.runs}", "timeout": item.limit})
        crowded = self._schedule.crowded
        verdict, problem = slot.runner.run(question, slot.loads)
        if problem:
            self._failed(slot, item, problem)
        elif isinstance(verdict, Compiled):
            self._park(slot, item, verdict)
            self._recycle(slot)
        else:
            timed_out = verdict.outcome is Outcome.TIMEOUT
            contended = timed_out and (crowded or self._schedule.crowded or _machine_crowded(self._cores))
            self._finish(slot, item, verdict, contended)
            self._recycle(slot)

    def _park(self, slot: Slot, item: Item, compiled: Compiled) -> None:
        """What the backend has accepted waits for its audit, and the worker is free."""
        loads, who = slot.loads, self._who(slot)
        with self._lock:
            mine = slot.item is item
            if mine:
                slot.item, slot.failures = None, 0
                self._tally.busy += time.monotonic() - slot.started
                self._tally.runs += 1
                self._schedule.release(item)
                self._wake()
        if not mine:  # the watchdog was faster
            compiled.drop()
            return
        self._audits.put(compiled, lambda verdict: self._audited(item, verdict, compiled.check, who, loads))

    def _audited(self, item: Item, verdict: Verdict, question: Check, who: Identity | None, loads: str) -> None:
        """The audit of a check that was parked has ended: answer, or run it again."""
        problem = wrong(question, verdict) or unaudited(verdict)
        timed_out, final = verdict.outcome is Outcome.TIMEOUT, not problem
        with self._lock:
            if item.done:
                return
            now = time.monotonic()
            self._schedule.resume(item)
            if problem:
                item.failures += 1
                self._tally.events["infra_runs"] += not item.abandoned
                final = self._given_up(item)
            if final and timed_out and not self._ended and not item.abandoned:
                final = self._schedule.timed_out(item, now, self._schedule.crowded or _machine_crowded(self._cores))
            elif final:
                if timed_out:  # with the time of its first pass alone, it may be
                    verdict = _cut_short(item)
                self._schedule.release(item)
            else:
                self._schedule.again(item, now)
            self._tally.events["audits"] += 1
            self._wake()
        if problem and self._fatal is None and not item.abandoned:
            log.warning("check %r: the audit failed (%d of %d): %s", item.check.id, item.failures, self.config.infra_tries, problem)
        if final:
            self._answer(item, infra("", problem) if problem else verdict)
            if who is not None and not problem and not timed_out:
                self._recall.put(item, who, loads, verdict)

    def _given_up(self, item: Item) -> bool:
        """Whether what the checker has failed on is not tried again."""
        return item.failures >= self.config.infra_tries or self._ended or item.abandoned

    def _nothing_runs(self) -> bool:
        """No check is under way or waiting that could still want an audit."""
        with self._lock:
            return not self._schedule.running and not self._schedule.waiting

    def _who(self, slot: Slot) -> Identity | None:
        """Whose verdicts the slot gives; the pool's where its backend has just been ended."""
        backend = slot.runner.backend
        return Identity(backend.lean, backend.library, backend.name) if backend else self._identity

    def _finish(self, slot: Slot, item: Item, verdict: Verdict, contended: bool = False, cached: bool = False) -> None:
        """A run ended with a verdict about the check: answer, or queue its next pass."""
        timed_out = verdict.outcome is Outcome.TIMEOUT and not cached
        with self._lock:
            if slot.item is not item:
                return  # the watchdog was faster
            now = time.monotonic()
            slot.item, slot.failures = None, 0
            self._tally.busy += now - slot.started
            self._tally.runs += not cached
            self._tally.events["cache_hits"] += cached
            if not timed_out:
                self._schedule.release(item)
            elif self._ended or item.abandoned:
                self._schedule.release(item)
                verdict = _cut_short(item)
            elif not self._schedule.timed_out(item, now, contended):
                self._tally.events["deferred" if item.stage is ItemStage.LONG else "retries"] += 1
                self._wake()
                return
            self._wake()
        doubtful = timed_out and contended and item.stage is not ItemStage.QUIET
        self._answer(item, verdict)  # first: a cache whose file hangs keeps nobody waiting
        if (who := self._who(slot)) is not None and not cached and not doubtful:
            self._recall.put(item, who, slot.loads, verdict)

    def _failed(self, slot: Slot, item: Item, problem: str) -> None:
        """A run ended without a verdict: hand the check back and replace the backend, ever more slowly."""
        if not self._give_back(slot, item, problem):
            return
        slot.runner.close()
        first, longest = BACKOFF_SECONDS
        if slot.failures > 1:
            self._stop.wait(min(longest, first * 2 ** min(slot.failures, 16)))

    def _give_back(self, slot: Slot, item: Item, problem: str, counts: bool = False) -> bool:
        """Queue `item` again, or answer `infra` after too many tries; False when this run was no longer the slot's.

        `counts`: a try even if the backend was not asked.
        """
        with self._lock:
            if slot.item is not item:
                return False
            now = time.monotonic()
            slot.item = None
            slot.runner.between()
            slot.failures += not item.abandoned
            # A worker that does not start says nothing about the check, unless it never does.
            item.failures += counts or slot.runner.asked or slot.failures >= START_FAILURES
            self._tally.busy += now - slot.started
            self._tally.events["infra_runs"] += not item.abandoned
            self._tally.events["restarts"] += slot.runner.asked
            final = self._given_up(item)
            if final:
                self._schedule.release(item)
            else:
                self._schedule.again(item, now)
            self._wake()
        if self._fatal is None and not item.abandoned:  # else the caller is told, once, or has gone
            log.warning("check %r: the checker failed (%d of %d): %s", item.check.id, item.failures, self.config.infra_tries, problem)
        if final:
            self._answer(item, infra("", problem))
        return True

    def _wake(self) -> None:
        """Wake a worker for what may have become runnable.  The lock is held."""
        self._moved = time.monotonic()
        if self._schedule.quiet_waits:
            self._work.notify_all()
        else:
            self._work.notify()

    def _start(self, slot: Slot, item: Item) -> bool:
        """Give this worker a backend; False when that failed (the check has then been queued again or answered)."""
        if slot.runner.backend is not None:
            return True
        try:
            identity = slot.runner.start()
        except Exception as error:
            if slot.item is item:  # else the watchdog has counted it
                self._not_started(error)
            self._failed(slot, item, f"the worker did not start: {type(error).__name__}: {error}")
            return False
        if slot.abandoned:
            slot.runner.close()
            return False
        with self._lock:
            self._identity = self._identity or identity
            self._tally.events["starts"] += 1
        return True

    def _not_started(self, error: Exception, since: float = math.inf) -> None:
        """Note that a worker did not start; the pool ends, and answers what waits, where none can.

        Of starts that were too slow `since` is when they began: those at one time count once, as all may wait for one library.
        """
        with self._lock:
            if since > self._start_late:
                self._start_failures += 1
                self._start_late = time.monotonic() if since < math.inf else self._start_late
            # Once a worker has run here, what stops the next one is no mistake of the user's and may pass.
            if self._identity is None and isinstance(error, UserError):
                self._fatal = error
            elif self._identity is None and self._start_failures >= START_FAILURES:
                self._fatal = RuntimeError(f"no Lean worker could be started: {type(error).__name__}: {error}")
            stranded = list(self._schedule.drain()) if self._fatal else []
            if self._fatal:
                self._work.notify_all()
                self._room.notify_all()
        for other in stranded:
            self._answer(other, infra("", str(self._fatal)))

    def _recycle(self, slot: Slot) -> None:
        """Replace a worker's backend that has done its share or grown too large."""
        if not slot.abandoned and slot.runner.worn():
            slot.runner.close()
            with self._lock:
                self._tally.events["recycles"] += 1

    def _abandon(self, slot: Slot, item: Item | None, deadline: float) -> None:
        """Leave a stuck thread behind (it ends if it ever returns) and give its check to someone else."""
        starting = slot.runner.starting
        with self._lock:
            if slot.item is not item or slot.runner.deadline != deadline or self._slots.pop(slot.number, None) is None:
                return
            slot.abandoned = True
            self._schedule.leave(slot.number)
        log.warning("worker %d is stuck and has been replaced", slot.number)
        if starting:
            self._not_started(TimeoutError(f"it did not come up in {self.config.start:g} s"), slot.started)
        if item is not None:  # where none has ever started it is the pool that ends
            self._give_back(slot, item, "the worker was stuck", counts=not starting or self._identity is not None)
        with self._lock:
            if not self._ended and self._schedule.waiting > self._idle:
                self._hire()
        interrupt(slot)

    def _join(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        for slot in list(self._slots.values()):
            if slot.thread is not None and slot.thread is not threading.current_thread():
                slot.thread.join(max(0.0, end - time.monotonic()))


def _cut_short(item: Item) -> Verdict:
    """The answer to a check whose time-out says nothing: it did not have its full time."""
    return infra("", NOBODY if item.abandoned else "the pool was closed before the check had its full time")


def _has_nul(check: Check) -> bool:
    """NUL separates the parts of a content key, so a text that holds one is never shared or cached."""
    return any("\0" in text for text in (check.statement, check.header, check.preamble, check.proof or "", check.code or ""))


def _machine_crowded(cores: int) -> bool:
    """More is runnable on the machine than it has cores (1-minute load average, with room for its own lag)."""
    return os.getloadavg()[0] > 1.25 * cores
