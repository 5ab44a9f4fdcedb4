"""The replay buffer: which verified pairs a round trains on, and the weight of each.

Pure and deterministic: the same pairs in any order, configuration and seed give the same selection.
"""

from __future__ import annotations

import io
import math
import random
import re
import tempfile
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.keys import Hashes, Keys, hashes
from synth.records import Pair
from train.config import ReplayConfig

_NAME = re.compile(r"^\s*(?:theorem|lemma)\s+\S+\s*")
_WORD = re.compile(r"[^\W\d_][\w']*|\d+|[^\w\s]")


Places = NDArray[np.int64]


@dataclass(frozen=True)
class Chosen:
    """A pair to train on; weights average 1 over a selection."""

    pair: Pair
    weight: float


def select(pairs: Iterable[Pair], config: ReplayConfig, seed: int) -> list[Chosen]:
    """Dedup, cap per statement, fill `capacity` from new and old, weigh; ordered by the pair's id.

    The newest round among `pairs` counts as fresh.
    """
    listed, buffer = list(pairs), Buffer()
    texts = [(pair.header, pair.statement, pair.proof) for pair in listed]
    buffer.add([pair.id for pair in listed], [pair.round for pair in listed], texts)
    chosen, weights = buffer.choose(config, seed)
    return [Chosen(listed[i], float(weight)) for i, weight in zip(chosen, weights, strict=True)]


class Buffer:
    """What is to be known of each pair to choose among them: arrays in temporary files, each read when it is wanted.

    In memory are 30 bytes a pair, and up to 60 more while some are chosen.
    """

    def __init__(self) -> None:
        self._columns = {
            "id": Column("S20"),
            "round": Column("i4"),
            "statement": Column("u4"),
            "content": Column("u8"),
            "shape": Column("u8"),
            "length": Column("i4"),
        }
        self._statements = Keys()
        self._keys = _Texts()  # of statements, by their numbers
        self._words = _Texts()  # of pairs: hashes of the different words of their proofs

    def __len__(self) -> int:
        return len(self._columns["id"])

    def add(self, ids: Sequence[str], rounds: Sequence[int], texts: Sequence[tuple[str, str, str]]) -> None:
        """Take in pairs; `texts` are header, statement and proof of each."""
        if not len(ids):
            return
        keys, proofs = [statement_key(header, statement) for header, statement, _ in texts], [proof for _, _, proof in texts]
        numbers, new = self._statements.numbered(hashes(keys))
        for key, fresh in zip(keys, new, strict=True):
            if fresh:
                self._keys.append(key.encode("utf-8", "surrogatepass"))
        for proof in proofs:
            self._words.append(np.array([hash(word) for word in frozenset(_WORD.findall(proof))], np.int64).tobytes())
        contents = (f"{key}\0{_text(proof)}" for key, proof in zip(keys, proofs, strict=True))
        values = {
            "id": np.array([id.encode() for id in ids], np.bytes_),
            "round": np.array(rounds),
            "statement": numbers,
            "content": hashes(contents),
            "shape": hashes(map(shape, proofs)),
            "length": np.array([len(proof) for proof in proofs]),
        }
        for name, column in self._columns.items():
            column.append(values[name])

    def column(self, name: str) -> Any:
        """All values of a column (`id`, `round`, …), in the order in which the pairs came."""
        return self._columns[name].all()

    def choose(self, config: ReplayConfig, seed: int, among: NDArray[np.bool_] | None = None) -> tuple[Places, NDArray[np.float64]]:
        """Places of the chosen pairs, by their ids, and the weight of each; `among`: those that can be chosen."""
        ranks = np.empty(len(self), np.uint32)
        ranks[np.argsort(self.column("id"), kind="stable")] = np.arange(len(self), dtype=np.uint32)
        places = np.arange(len(self)) if among is None else np.flatnonzero(among)
        kept = self._cap(self._distinct(places, ranks), ranks, config.per_statement, seed)
        del places
        if not len(kept):
            return kept, np.zeros(0)
        kept = kept[np.argsort(ranks[kept])]
        rounds = self.column("round")[kept]
        newest = int(rounds.max())
        mixed = mix(kept, rounds == newest, config.capacity, config.fresh_share, seed)
        mixed = mixed[np.argsort(ranks[mixed])]
        del kept, rounds, ranks
        weights = length_weights(self.column("length")[mixed], config.length_power)
        weights *= novelty_weights(self.column("shape")[mixed], config.novelty_power)
        _, group, sizes = np.unique(self.column("statement")[mixed], return_inverse=True, return_counts=True)
        weights /= np.sqrt(sizes)[group]
        weights[self.column("round")[mixed] != newest] *= config.old_weight
        return mixed, weights / (math.fsum(weights) / len(weights))

    def _distinct(self, places: Places, ranks: NDArray[np.uint32]) -> Places:
        """One pair per statement and proof (spaces at line ends aside): the earliest round's, then the smallest id."""
        ordered: Places = places[np.lexsort((ranks[places], self.column("round")[places]))]
        _, first = np.unique(self.column("content")[ordered], return_index=True)
        return ordered[first]

    def _cap(self, places: Places, ranks: NDArray[np.uint32], limit: int, seed: int) -> Places:
        """At most `limit` proofs per statement: first a shortest one, then again and again the one least like those taken.

        Likeness is the Jaccard index of the proofs' words; ties go to the newer round, then by a seeded draw.
        """
        places = places[np.lexsort((ranks[places], self.column("statement")[places]))]
        statements = self.column("statement")[places].astype(np.int64)
        starts = np.flatnonzero(np.diff(statements, prepend=-1)) if len(places) else np.zeros(0, np.int64)
        all_lengths, all_rounds = self.column("length"), self.column("round")
        sizes = np.diff(starts, append=len(places))
        stays = np.repeat(sizes <= limit, sizes)
        for start, size in zip(starts[sizes > limit], sizes[sizes > limit], strict=True):
            group = places[start : start + size]
            draw = random.Random(f"{seed} {self._keys[int(statements[start])].decode('utf-8', 'surrogatepass')}")
            words = [frozenset(np.frombuffer(self._words[int(place)], np.int64).tolist()) for place in group]
            lengths, rounds = all_lengths[group].tolist(), all_rounds[group].tolist()
            stays[start + np.array(_diverse(lengths, rounds, words, limit, draw))] = True
        return places[stays]


class Column:
    """Values of one type by number, in an unnamed temporary file once they are many; texts get as much room as the longest takes."""

    def __init__(self, dtype: str) -> None:
        self._dtype, self._size = np.dtype(dtype), 0
        self._file = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115  # until `__del__`

    def __del__(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._size

    def append(self, values: NDArray[Any]) -> None:
        if self._dtype.kind == "S" and values.dtype.itemsize > self._dtype.itemsize:
            wider = self.all().astype(values.dtype)
            self._dtype = values.dtype
            self._file.seek(0)
            self._file.write(wider.tobytes())
        self._file.seek(0, io.SEEK_END)
        self._file.write(values.astype(self._dtype).tobytes())
        self._size += len(values)

    def all(self) -> Any:
        self._file.seek(0)
        return np.frombuffer(self._file.read(), self._dtype)


class _Texts:
    """Bytes by number, in an unnamed temporary file once they are many."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=16 << 20)  # noqa: SIM115  # until `__del__`
        self._ends = array("Q", [0])

    def __del__(self) -> None:
        self._file.close()

    def append(self, text: bytes) -> None:
        self._file.write(text)
        self._ends.append(self._ends[-1] + len(text))

    def __getitem__(self, number: int) -> bytes:
        start, end = self._ends[number], self._ends[number + 1]
        self._file.seek(start)
        found = self._file.read(end - start)
        self._file.seek(0, io.SEEK_END)
        return found


def statement_key(header: str, statement: str) -> str:
    """A pair's header and statement without the theorem's name and spacing: equal keys ask the same thing."""
    return " ".join(header.split()) + "\n" + " ".join(_NAME.sub("", statement).split())


def _text(proof: str) -> str:
    """A proof without spaces at its line ends."""
    return "\n".join(line.rstrip() for line in proof.strip().splitlines())


def _diverse(lengths: Sequence[int], rounds: Sequence[int], words: Sequence[frozenset[int]], limit: int, draw: random.Random) -> list[int]:
    """Which of the proofs of a statement are taken."""
    order = [i for *_, i in sorted((length, -rounds[i], draw.random(), i) for i, length in enumerate(lengths))]
    taken, rest = order[:1], order[1:]
    likeness = dict.fromkeys(rest, 0.0)
    while len(taken) < limit:
        last = words[taken[-1]]
        for i in rest:
            both = last | words[i]
            likeness[i] = max(likeness[i], len(last & words[i]) / len(both) if both else 1.0)
        best = min(rest, key=lambda i: (likeness[i], -rounds[i]))  # the first of equals: the shorter
        taken.append(best)
        rest.remove(best)
    return taken


def mix(places: Places, new: NDArray[np.bool_], capacity: int | None, fresh_share: float, seed: int) -> Places:
    """At most `capacity` of `places`, `fresh_share` of them `new` where there are that many on either side."""
    if capacity is None or len(places) <= capacity:
        return places
    fresh, old = places[new], places[~new]
    want = min(len(fresh), max(round(capacity * fresh_share), capacity - len(old)))
    draw = random.Random(seed)
    taken = draw.sample(range(len(fresh)), want), draw.sample(range(len(old)), capacity - want)
    return np.concatenate([fresh[np.array(taken[0], np.int64)], old[np.array(taken[1], np.int64)]])


def length_weights(lengths: NDArray[np.int32], power: float) -> NDArray[np.float64]:
    """(median / length)^power for each length, between 1/2 and 2."""
    if not len(lengths):
        return np.zeros(0)
    middle = max(1.0, float(np.median(lengths)))
    different, place = np.unique(lengths, return_inverse=True)
    return np.array([min(2.0, max(0.5, (middle / max(1, int(length))) ** power)) for length in different])[place]


def novelty_weights(shapes: Hashes, power: float) -> NDArray[np.float64]:
    """count(shape)^-power for each shape, so that a thousand copies of one idea do not drown the rest."""
    _, place, counts = np.unique(shapes, return_inverse=True, return_counts=True)
    return np.array([float(count) ** -power for count in counts])[place] if len(shapes) else np.zeros(0)


def shape(proof: str) -> str:
    """The proof with numbers and one-letter names blotted out and spacing dropped: what it does, not what with."""
    return " ".join("#" if word.isdigit() else "_" if len(word) == 1 and word.isalpha() else word for word in _WORD.findall(proof))
