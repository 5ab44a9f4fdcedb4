"""What a shard of the index keeps on disk: units that are only added, numbered one after the other."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from synth.keys import hashes
from synth.records import Record
from synth.store.rundir import RunDir


def share(key: int, of: int) -> int:
    """The number of the shard to which a key falls."""
    return key % of


def share_of(problem: str, of: int) -> int:
    """The number of the shard to which a problem falls, by its id."""
    return int(hashes([problem])[0]) % of


class Log:
    """Units of one kind in the run directory `store`, written by shard `number` of `of`; one thread at a time holds `lock`."""

    def __init__(self, store: RunDir, number: int, of: int) -> None:
        self.store, self.number, self.of = store, number, of
        self.lock = threading.RLock()
        self._units: dict[str, int] = {}  # how many there are, by the beginning of their keys

    def commit(self, first: str, kind: str, records: Sequence[Record]) -> bool:
        """Write the next unit of those whose keys begin with `first`.

        False where there is one: a process that Ray took for dead goes on in our name, and what it has written must be read.
        """
        first = f"{first}-x{self.number:02d}-"
        if first not in self._units:
            self._units[first] = sum(1 for _ in self.store.entries(first))
        key = f"{first}{self._units[first]:06d}"
        self._units[first] += 1
        return self.store.commit(key, {kind: records})
