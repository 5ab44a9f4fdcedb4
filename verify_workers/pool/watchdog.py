"""Ends what is past its deadline: the Lean below a worker, and when even that does not bring it back, the worker's turn.

What a pool cannot end by itself (this thread, a lock, the whole process may hang) its `Pulse` tells to those who wait for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from verify_workers.config import PoolConfig
from verify_workers.pool.schedule import Item
from verify_workers.pool.slot import Slot

log = logging.getLogger("verify_workers.pool")


@dataclass(frozen=True)
class Pulse:
    """Whether a pool works its checks off, however many there are."""

    answered: int  # checks, since it was made
    held: int  # checks that wait or run
    late: float  # seconds that what it does is beyond its own time; more than a moment, and the pool itself is at fault


class Watchdog:
    """A thread that looks at a pool's workers until `stop` is set.

    `slots` are those there are, guarded by `lock`; `abandon` gives the check of one that is stuck at it since a deadline to someone else,
    and its place to another worker.
    """

    def __init__(
        self,
        config: PoolConfig,
        slots: Mapping[int, Slot],
        lock: threading.Lock,
        stop: threading.Event,
        abandon: Callable[[Slot, Item | None, float], None],
    ) -> None:
        self._config, self._slots, self._lock, self._stop, self._abandon = config, slots, lock, stop, abandon
        self._thread = threading.Thread(target=self._watch, name="verify-watchdog", daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _watch(self) -> None:
        while not self._stop.wait(min(0.5, self._config.grace / 4)):
            try:
                self._look()
            except Exception:  # nobody watches this thread
                log.exception("the watchdog failed")

    def _look(self) -> None:
        now = time.monotonic()
        with self._lock:
            late = [(s, s.item, at) for s in self._slots.values() if (at := s.runner.deadline) is not None and self._late(s, at, now)]
        for slot, item, deadline in late:
            if slot.interrupted:
                self._abandon(slot, item, deadline)
            else:
                slot.interrupted = True
                slot.runner.deadline = now + min(self._config.grace, 5.0)
                if item is None or not item.abandoned:
                    log.warning("worker %d has not answered in time: ending its Lean", slot.number)
                interrupt(slot)

    def _late(self, slot: Slot, deadline: float, now: float) -> bool:
        """Whether a worker is past its deadline, or has long been at a check that nobody waits for any more."""
        unwanted = slot.item is not None and slot.item.abandoned and slot.runner.asked and not slot.interrupted
        return deadline <= now or (unwanted and now - slot.started > self._config.timeout_first)


def interrupt(slot: Slot) -> None:
    """Close the backends in a thread of their own, because a hung backend may hang in `close` too."""
    threading.Thread(target=slot.runner.close, name=f"verify-interrupt-{slot.number}", daemon=True).start()
