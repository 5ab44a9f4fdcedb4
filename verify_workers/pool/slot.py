"""One worker thread of a pool, and what it is doing."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from verify_workers.pool.runner import Runner
from verify_workers.pool.schedule import Item


@dataclass(slots=True, eq=False)
class Slot:
    """One worker thread and what it is doing."""

    runner: Runner
    thread: threading.Thread | None = None
    item: Item | None = None
    loads: str = ""  # what the item's header loads
    started: float = 0.0  # clock, seconds: when the current run began
    interrupted: bool = False  # the watchdog has closed the backend once
    abandoned: bool = False  # the watchdog has given the work to someone else
    failures: int = 0  # of this worker in a row

    @property
    def number(self) -> int:
        return self.runner.number
