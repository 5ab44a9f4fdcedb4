"""Ids as 64-bit hashes in sorted arrays: 12 bytes an id, where a set of texts takes a hundred; and places by hashes, 8 bytes each.

Of ten million ids two have one hash with a probability of 3e-6; they would be taken for the same id.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
NOWHERE = -1
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


def hashes(texts: Iterable[str]) -> Hashes:
    """The hash of each text; the same in every process."""
    digests = b"".join(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, np.uint64)


def grown(column: NDArray[Any], size: int) -> NDArray[Any]:
    """`column` with room for `size` values at least, the new ones 0."""
    if len(column) >= size:
        return column
    larger = np.zeros(max(size, len(column) * 5 // 4, 1024), column.dtype)
    larger[: len(column)] = column
    return larger


def places(known: Hashes, keys: Hashes) -> NDArray[np.int64]:
    """Where each of `keys` is in `known`, which is sorted; `NOWHERE` for one that is not there."""
    if not len(known):
        return np.full(len(keys), NOWHERE, np.int64)
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[at] == keys, at, NOWHERE)


class Keys:
    """A set of hashes that numbers them in the order in which they came.

    Sorted runs, of which each is less than half as long as the one before: two that are not are merged.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[Hashes, NDArray[np.uint32]]] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def find(self, keys: Hashes) -> NDArray[np.int64]:
        """The number of each key; `NOWHERE` for one that is not here."""
        found = np.full(len(keys), NOWHERE, np.int64)
        for known, numbers in self._runs:
            at = places(known, keys)
            here = at != NOWHERE
            found[here] = numbers[at[here]]
        return found

    def add(self, keys: Hashes) -> NDArray[np.int64]:
        """The number of each key, those that are new taken in."""
        found = self.find(keys)
        unknown = np.flatnonzero(found == NOWHERE)
        if len(unknown):
            new, first, inverse = np.unique(keys[unknown], return_index=True, return_inverse=True)
            rank = np.empty(len(new), np.int64)
            rank[np.argsort(first)] = np.arange(self._size, self._size + len(new))
            found[unknown] = rank[inverse]
            self._push(new, rank.astype(np.uint32))
            self._size += len(new)
        return found

    def fresh(self, keys: Hashes) -> NDArray[np.bool_]:
        """Which keys were not here, the first of equal ones; all of them are from now on."""
        return self.numbered(keys)[1]

    def numbered(self, keys: Hashes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """`add` and `fresh` at once."""
        before = self._size
        found = self.add(keys)
        fresh = np.zeros(len(keys), np.bool_)
        new, first = np.unique(found, return_index=True)
        fresh[first[new >= before]] = True
        return found, fresh

    def __contains__(self, text: str) -> bool:
        return bool(self.find(hashes([text]))[0] != NOWHERE)

    def _push(self, keys: Hashes, numbers: NDArray[np.uint32]) -> None:
        self._runs.append((keys, numbers))
        while len(self._runs) > 1 and 2 * len(self._runs[-1][0]) >= len(self._runs[-2][0]):
            self._merge(*self._runs.pop())

    def _merge(self, short: Hashes, numbers: NDArray[np.uint32]) -> None:
        """Put a run that shares no key with the last one into it: keys, then numbers, so that only one of the two is there twice."""
        long, counted = self._runs.pop()
        places = np.searchsorted(long, short) + np.arange(len(short))
        others = np.ones(len(long) + len(short), np.bool_)
        others[places] = False
        keys = np.empty(len(others), np.uint64)
        keys[places], keys[others] = short, long
        del long, short
        merged = np.empty(len(others), np.uint32)
        merged[places], merged[others] = numbers, counted
        self._runs.append((keys, merged))


class Postings:
    """Numbers by 32-bit keys, any number of them under each: what `find` gives is to be looked at, since different things share keys."""

    def __init__(self) -> None:
        self._runs: list[Hashes] = []  # sorted: key << 32 | number

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def add(self, keys: NDArray[np.uint32], numbers: NDArray[np.uint32]) -> None:
        """One more number under each of `keys`."""
        if not len(keys):
            return
        self._runs.append(np.sort(keys.astype(np.uint64) << _HALF | numbers))
        while len(self._runs) > 1 and 4 * len(self._runs[-1]) >= len(self._runs[-2]):
            self._runs.append(np.sort(np.concatenate([self._runs.pop(), self._runs.pop()]), kind="stable"))

    def find(self, keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """The numbers under `keys`, each as often as it is there."""
        first = keys.astype(np.uint64) << _HALF
        found = [np.zeros(0, np.uint32)]
        for run in self._runs:
            starts, counts = (low := np.searchsorted(run, first)), np.searchsorted(run, first | _LOW, side="right") - low
            places = np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
            found.append((run[places] & _LOW).astype(np.uint32))
        return np.concatenate(found)
