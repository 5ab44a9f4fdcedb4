"""Audits in batches: what a pool's workers have compiled is gathered, and one `leanchecker` replays many.

A worker compiles what its backend has accepted and goes on with other checks; a thread of this module replays what has come together as
soon as there is a batch, the first has waited long enough, or nothing is under way that could still join.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from verify_workers.backends.base import Backend
from verify_workers.backends.leanchecker import Compiled, LeanCheckerBackend
from verify_workers.records import Check, Outcome, Verdict

log = logging.getLogger("verify_workers.pool")

Answered = Callable[[Verdict], None]
POLL = 0.1  # seconds between looks at whether anything may still join
MARGIN = 300.0  # seconds of a batch for what is no replay: files are read, joined, removed
TURNS = 9  # times that the kernel may see a file at most: with all of a batch, with ever fewer, by itself


class Waiting(NamedTuple):
    """A compiled candidate, since when it waits (clock, seconds), and who is told."""

    compiled: Compiled
    since: float
    answered: Answered


class SharedAuditor:
    """What a worker has of the auditor that all workers of a pool share; closing it closes nothing."""

    processes: list[int] = []

    def __init__(self, backend: LeanCheckerBackend) -> None:
        self._backend = backend
        self.name, self.lean, self.library = backend.name, backend.lean, backend.library

    def check(self, check: Check) -> Verdict:
        return self._backend.check(check)

    def compile(self, check: Check) -> Verdict | Compiled:
        return self._backend.compile(check)

    def close(self) -> None:
        pass


class Audits:
    """The second judge of a pool's strict tier.

    `make` gives an auditor; of one that audits in batches there is one for the whole pool, any other is a worker's own.  `size` and
    `seconds` bound a batch, and `idle` says that nothing is under way that could join it.
    """

    def __init__(self, make: Callable[[], Backend], size: int, seconds: float, idle: Callable[[], bool]) -> None:
        self._make, self._size, self._seconds, self._idle = make, size, seconds, idle
        self._lock = threading.Lock()
        self._come = threading.Condition(self._lock)
        self._shared: LeanCheckerBackend | None = None
        self._thread: threading.Thread | None = None
        self._waiting: list[Waiting] = []
        self._running: list[Waiting] = []
        self._until = 0.0  # clock, seconds: when those that run must have ended
        self._ended = False
        self.batches = self.audits = 0
        self.seconds = 0.0  # of second judges, compiling included

    def auditor(self) -> Backend:
        """For one worker; raises whatever keeps it from starting."""
        with self._lock:
            if self._shared is not None:
                return SharedAuditor(self._shared)
        made = self._make()
        if self._size < 2 or not isinstance(made, LeanCheckerBackend):
            return made
        with self._lock:
            first = self._shared is None and not self._ended
            self._shared = made if first else self._shared
            shared = self._shared
        if not first:
            made.close()
        return SharedAuditor(shared or made)

    def put(self, compiled: Compiled, answered: Answered) -> None:
        """Audit `compiled` with others; `answered` is called once, from another thread."""
        with self._lock:
            ended = self._ended
            if not ended:
                self._waiting.append(Waiting(compiled, time.monotonic(), answered))
                if self._thread is None:
                    self._thread = threading.Thread(target=self._loop, name="verify-audits", daemon=True)
                    self._thread.start()
                self._come.notify()
        if ended:
            compiled.drop()
            answered(_closed(compiled))

    def late(self, now: float) -> float:
        """Seconds that what is replayed is beyond its time, which each process below has and ends at; 0 where all is well."""
        return max(0.0, now - self._until) if self._running else 0.0

    def close(self, seconds: float = 5.0) -> None:
        """Answer what waits with `infra`, and give a replay that runs `seconds` to end."""
        with self._lock:
            self._ended = True
            waiting, self._waiting = self._waiting, []
            self._come.notify()
        for one in waiting:
            one.compiled.drop()
            one.answered(_closed(one.compiled))
        if self._thread is not None:
            self._thread.join(seconds)
        if self._shared is not None:
            self._shared.close()  # ends the Lean below it
        if self._thread is not None:
            self._thread.join(5.0)
        for one in list(self._running):  # a second answer to the same is not heard
            one.answered(_closed(one.compiled))

    def _loop(self) -> None:
        while batch := self._next():
            started = time.monotonic()
            self._until = started + MARGIN + TURNS * sum(one.compiled.check.timeout for one in batch)
            self._running = batch
            try:
                assert self._shared is not None
                verdicts = self._shared.audit([one.compiled for one in batch])
            except Exception as error:  # a fault of ours must not lose the checks
                log.exception("a batch of audits failed")
                problem = {"outcome": Outcome.INFRA, "reason": f"{type(error).__name__}: {error}", "axioms": [], "audit": "none"}
                verdicts = [one.compiled.verdict.model_copy(update=problem) for one in batch]
            log.debug("%d audits in %.1f s", len(batch), time.monotonic() - started)
            with self._lock:
                self.batches += 1
                self.audits += len(batch)
                self.seconds += sum(verdict.audit_seconds for verdict in verdicts)
            for one, verdict in zip(batch, verdicts, strict=True):
                try:
                    one.answered(verdict)
                except Exception:  # of whoever is told: the others still have theirs to come
                    log.exception("the audit of check %r could not be told", one.compiled.check.id)
            self._running = []

    def _next(self) -> list[Waiting]:
        """What is audited next; nothing when this ends."""
        while True:
            with self._lock:
                while not self._waiting and not self._ended:
                    self._come.wait()
                if self._ended:
                    return []
                full = len(self._waiting) >= self._size or time.monotonic() - self._waiting[0].since >= self._seconds
            if full or self._idle():
                with self._lock:
                    batch, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
                    return batch
            with self._lock:
                if len(self._waiting) < self._size:
                    self._come.wait(POLL)


def _closed(compiled: Compiled) -> Verdict:
    plain = {"outcome": Outcome.INFRA, "reason": "the pool was closed before the audit", "axioms": [], "audit": "none"}
    return compiled.verdict.model_copy(update=plain)
