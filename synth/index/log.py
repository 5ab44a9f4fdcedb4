"""What a shard of the index keeps on disk: units that are only added, numbered one after the other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence

from synth.keys import hashes
from synth.records import Record
from synth.store.rundir import RunDir
from synth.store.units import Span

DIGITS = 6  # of a unit's number


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
        self._units = Counter[str]()  # how many we know of, by the beginning of their keys

    def written(self, kind: str) -> Iterator[Span]:
        """What all shards have written, from the beginning: what comes after it in our name is not ours."""
        self._units.clear()
        for span in self.store.spans(kind):
            self._units.update(key[:-DIGITS] for key, _ in span.units if f"-x{self.number:02d}-" in key)
            yield span

    def commit(self, first: str, kind: str, records: Sequence[Record]) -> bool:
        """Write the next unit of those whose keys begin with `first`.

        False where there is one: of us and one that Ray took for dead both go on, and what the other has written must be read first.
        """
        first = f"{first}-x{self.number:02d}-"
        done = self.store.commit(f"{first}{self._units[first]:0{DIGITS}d}", {kind: records})
        self._units[first] += 1
        return done
