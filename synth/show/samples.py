"""A fair, fixed choice of a run's records to show."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from synth.records import Pair
from synth.store.rundir import RunDir

PAIRS_SHOWN = 24


def shown_pairs(store: RunDir) -> list[Pair]:
    """A sample of the pairs, newest round first; only theirs are read whole."""
    columns = ("id", "round", "negated")
    tables = store.tables("pairs", columns)
    rows = (Row(*row) for table in tables for row in zip(*(table[name].to_pylist() for name in columns), strict=True))
    chosen = [row.id for row in sample_pairs(rows, PAIRS_SHOWN)]
    found = store.find("pairs", Pair, chosen)
    return [found[id] for id in chosen]


class Row(NamedTuple):
    """What a sample of pairs is drawn by."""

    id: str
    round: int
    negated: bool


P = TypeVar("P", Row, Pair)


def sample_pairs(pairs: Iterable[P], size: int) -> list[P]:
    """A fixed sample of `size` pairs in one pass: ids are hashes, so the smallest ids are a fair choice.

    Every round and both sides (theorem, negation) get the same share where they have as many; newest round first.
    """
    groups: dict[tuple[int, bool], list[tuple[int, str, P]]] = {}
    for pair in pairs:
        heap = groups.setdefault((pair.round, pair.negated), [])
        # A max-heap by id (negated), so that the largest of the kept ids is the one to leave.
        item = (-int.from_bytes(pair.id.encode()[:20].ljust(20, b"\0")), pair.id, pair)
        if len(heap) < size:
            heapq.heappush(heap, item)
        elif item[0] > heap[0][0]:
            heapq.heapreplace(heap, item)
    queues = [[pair for _, _, pair in sorted(group, reverse=True)] for _, group in sorted(groups.items(), reverse=True)]
    chosen: list[P] = []
    while len(chosen) < size and any(queues):
        for queue in queues:
            if queue and len(chosen) < size:
                chosen.append(queue.pop(0))
    return sorted(chosen, key=lambda pair: (-pair.round, pair.negated, pair.id))
