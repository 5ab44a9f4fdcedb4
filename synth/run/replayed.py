"""The verified pairs of a run as a training sees them: in arrays, each round read once, and only those that are chosen read again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.keys import Keys, hashes
from synth.records import Pair
from synth.spool import Sorter
from synth.store.rundir import RunDir
from train.config import ReplayConfig
from train.replay import Buffer, Chosen, Column, Places

COLUMNS = ("statement_id", "round", "header", "statement", "proof", "model", "version")


class Replayed:
    """Pairs of the rounds that were taken in, in the order in which they came, each once: 45 bytes a pair in memory."""

    def __init__(self, store: RunDir) -> None:
        self.store = store
        self.sources = list[tuple[int, frozenset[str] | None]]()
        """What was taken in: a round's units, or (`stream.fresh_pairs`) those that the round has taken."""
        self.buffer = Buffer()
        self._seen = Keys()
        self._statements = Column("u8")  # hashes of their ids
        self._versions = Column("i4")  # of the weights that sampled it; -1 = no model

    def __len__(self) -> int:
        return len(self.buffer)

    def take(self, round: int, keys: Collection[str] | None = None) -> None:
        """Take in what the searches of `round` found; with `keys` the pairs of these units, as that round's."""
        source = (round, None if keys is None else frozenset(keys))
        self.sources.append(source)
        for table in self._tables(source, COLUMNS):
            ids = table["id"].to_pylist()
            fresh = np.flatnonzero(self._seen.fresh(hashes(ids)))
            columns = table.take(fresh).to_pydict()
            rounds = columns["round"] if keys is None else [round] * len(fresh)
            self.buffer.add(columns["id"], rounds, list(zip(columns["header"], columns["statement"], columns["proof"], strict=True)))
            self._statements.append(hashes(columns["statement_id"]))
            versions = zip(columns["model"], columns["version"], strict=True)
            self._versions.append(np.array([version if model else -1 for model, version in versions], np.int64))

    def choose(self, config: ReplayConfig, seed: int, without: Collection[str]) -> tuple[Places, NDArray[np.float64]]:
        """Places and weights of those to train on; none of the statements `without`."""
        among = np.ones(len(self), np.bool_)
        if without:
            among = ~np.isin(self._statements.all(), hashes(without))
        return self.buffer.choose(config, seed, among)

    def about(self, places: Places) -> Iterator[tuple[str, int, int]]:
        """Id, round and version (-1: no model sampled it) of each."""
        ids, rounds, versions = self.buffer.column("id"), self.buffer.column("round"), self._versions.all()
        for place in places:
            yield ids[place].decode(), int(rounds[place]), int(versions[place])

    def ages(self, places: Places, number: int, versions: Iterable[int]) -> tuple[int, NDArray[np.int64], NDArray[np.bool_]]:
        """How many of `places` are new in round `number`, and of how many `versions` the weights are behind that sampled each.

        The last: of which of them that is known.
        """
        rounds, own = self.buffer.column("round")[places], self._versions.all()[places].astype(np.int64)
        listed = np.array(sorted(versions), np.int64)
        behind = len(listed) - np.searchsorted(listed, own, side="right")
        return int((rounds == number).sum()), behind, (rounds == number) & (own >= 0)

    def pairs(self, places: Places, weights: NDArray[np.float64], factors: Mapping[str, float]) -> Iterator[Chosen]:
        """The pairs at `places` as they are read from disk, with their weights times their `factors`; not those of weight 0."""
        weight = np.zeros(len(self))
        weight[places] = weights
        seen, at = Keys(), 0
        for source in self.sources:
            for table in self._tables(source, None):
                fresh = np.flatnonzero(seen.fresh(hashes(table["id"].to_pylist())))
                mine = weight[at : at + len(fresh)]
                for pair, own in zip(self.store.records(table.take(fresh[mine > 0]), Pair), mine[mine > 0], strict=True):
                    pair = pair if source[1] is None else pair.model_copy(update={"round": source[0]})
                    if total := float(own) * factors.get(pair.id, 1.0):
                        yield Chosen(pair, total)
                at += len(fresh)

    def _tables(self, source: tuple[int, frozenset[str] | None], columns: Collection[str] | None) -> Iterator[Any]:
        round, keys = source
        prefix = "" if keys is not None else f"r{round:03d}-"
        yield from self.store.tables("pairs", None if columns is None else list(columns), prefix, keys)


def by_id(rows: Iterable[tuple[str, bytes]], ids: NDArray[np.bytes_]) -> Sorter:
    """Lines in the order of the ids that they are of, which are among `ids`."""
    order, sorter = np.sort(ids), Sorter()
    for id, line in rows:
        sorter.append(int(np.searchsorted(order, id.encode())), line)
    return sorter
