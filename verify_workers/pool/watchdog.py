"""Ends what is past its deadline: the Lean below a worker, and when even that does not bring it back, the worker's turn."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from verify_workers.config import PoolConfig
from verify_workers.pool.schedule import Item
from verify_workers.pool.slot import Slot

log = logging.getLogger("verify_workers.pool")


class Watchdog:
    """A thread that looks at a pool's workers until `stop` is set.

    `slots` are those there are, guarded by `lock`; `abandon` gives the check of one that is stuck at it since a deadline to someone else.
    """

    def __init__(
        self,
        config: PoolConfig,
        slots: Mapping[int, Slot],
        lock: threading.Lock,
        stop: threading.Event,
        abandon: Callable[[Slot, Item, float], None],
    ) -> None:
        self._config, self._slots, self._lock, self._stop, self._abandon = config, slots, lock, stop, abandon
        self._thread = threading.Thread(target=self._watch, name="verify-watchdog", daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _watch(self) -> None:
        grace = self._config.grace
        while not self._stop.wait(min(0.5, grace / 4)):
            now = time.monotonic()
            with self._lock:
                late = [(s, s.item, at) for s in self._slots.values() if (at := s.runner.deadline) is not None and self._late(s, at, now)]
            for slot, item, deadline in late:
                if item is None:
                    continue
                if slot.interrupted:
                    self._abandon(slot, item, deadline)
                else:
                    slot.interrupted = True
                    slot.runner.deadline = now + min(grace, 5.0)
                    if not item.abandoned:
                        log.warning("worker %d has not answered in time: ending its Lean", slot.number)
                    interrupt(slot)

    def _late(self, slot: Slot, deadline: float, now: float) -> bool:
        """Whether a worker is past its deadline, or has long been at a check that nobody waits for any more."""
        unwanted = slot.item is not None and slot.item.abandoned and slot.runner.asked and not slot.interrupted
        return deadline <= now or (unwanted and now - slot.started > self._config.timeout_first)


def interrupt(slot: Slot) -> None:
    """Close the backends in a thread of their own, because a hung backend may hang in `close` too."""
    threading.Thread(target=slot.runner.close, name=f"verify-interrupt-{slot.number}", daemon=True).start()
