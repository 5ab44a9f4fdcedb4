"""Texts in plain language that repeat others: shared passages (word n-grams) and near duplicates (MinHash, Broder 1997)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.keys import Hashes, Postings, grown, hashes
from synth.statements.words import LONG, SHORT, Said, agree, grams, length, said

Short = NDArray[np.uint32]

SHARED = 0.5  # of a text's n-grams, in another one that holds it as a passage
PERMUTATIONS = 128
REORDERED = 0.85  # least likeness where numbers, symbols or variables come in another order
_NONE = np.zeros(0, np.uint32)
_MOST = 65_535
_COLUMNS: dict[str, Any] = {"place": np.uint32, "exact": np.uint32, "words": np.uint16, "grams": np.uint16}


@dataclass(frozen=True)
class Likeness:
    """Which text of an index another one repeats, and how: by `passage` (share of its n-grams) or `words` (Jaccard similarity)."""

    name: str
    how: str
    similarity: float

    def __str__(self) -> str:
        return f"{self.name} ({self.how} {self.similarity:.2f})"


@dataclass(frozen=True)
class Marks:
    """By what texts that are alike are found: 32-bit hashes of bands of their features' signatures (MinHash), and of their n-grams."""

    bands: Short
    grams: Short

    @classmethod
    def of(cls, text: str, similarity: float) -> Marks:
        told = said(text)
        if not told.words:
            return cls(np.zeros(0, np.uint32), np.zeros(0, np.uint32))
        bands = [_bands(features, similarity) for features in told.features]
        return cls(np.unique(np.concatenate(bands)), _hashed(grams(told.words, length(told.words))))


class Words:
    """An index of texts; `similarity` is the least Jaccard similarity of their features at which two are alike.

    A text takes about 0.6 KB, half of it the text itself (docs/benchmarks.md); which texts are looked at does not depend on how they were
    added, so that several indices that share texts between them find what one would.
    """

    def __init__(self, similarity: float) -> None:
        self.similarity = similarity
        self._rows = list[bytes]()  # name, a zero byte, text
        self._near, self._passages = Postings(), Postings()
        self._columns = {name: np.zeros(0, kind) for name, kind in _COLUMNS.items()}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, name: str, text: str) -> None:
        """One more text, under the name by which `find` tells it."""
        self.extend([(len(self), name, text, Marks.of(text, self.similarity))])

    def extend(self, rows: Sequence[tuple[int, str, str, Marks]]) -> None:
        """Texts with their places, names and marks."""
        first = len(self)
        self._rows += [b"\0".join(part.encode("utf-8", "surrogatepass") for part in (name, text)) for _, name, text, _ in rows]
        for column, values in zip(self._columns, zip(*(_about(*row) for row in rows), strict=True), strict=False):
            self._columns[column] = grown(self._columns[column], len(self))
            self._columns[column][first : len(self)] = values
        for postings, part in ((self._near, "bands"), (self._passages, "grams")):
            marks: list[Short] = [getattr(row[3], part) for row in rows]
            numbers = np.repeat(np.arange(first, len(self), dtype=np.uint32), [len(some) for some in marks])
            postings.add(np.concatenate([_NONE, *marks]), numbers)

    def find(self, text: str) -> Likeness | None:
        """The text of the index that `text` repeats most; of several the first."""
        return next((like for _, like in self.best(text, Marks.of(text, self.similarity))), None)

    def best(self, text: str, marks: Marks, before: int | None = None) -> list[tuple[int, Likeness]]:
        """The text that `text` repeats most, with its place; none from the place `before` on.  At most one."""
        found = self.alike(text, marks, before)
        return [min(found, key=lambda one: (-one[1].similarity, one[0]))] if found else []

    def alike(self, text: str, marks: Marks, before: int | None = None) -> list[tuple[int, Likeness]]:
        """All texts that `text` repeats, with their places; none from the place `before` on."""
        told = said(text)
        if not told.words or not len(self):
            return []
        found = []
        for at in self._possible(told, marks, before):
            name, _, other_text = self._rows[at].partition(b"\0")
            other = said(other_text.decode("utf-8", "surrogatepass"))
            how = max(((share, how) for how, share in _shares(told, other, self.similarity)), default=None)
            if how and agree(told, other):
                found.append((int(self._columns["place"][at]), Likeness(name.decode("utf-8", "surrogatepass"), how[1], how[0])))
        return found

    def _possible(self, told: Said, marks: Marks, before: int | None) -> NDArray[np.int64]:
        """Texts that may be alike, by their marks and by what of `agree` can be said without looking at them."""
        near = np.unique(self._near.find(marks.bands))
        holding, counts = np.unique(self._passages.find(_all_grams(told.words)), return_counts=True)
        holding = holding[counts >= SHARED * self._columns["grams"][holding]]
        found = np.union1d(near, holding).astype(np.int64)
        words = self._columns["words"][found].astype(np.int64)
        shorter = (words + SHORT < len(told.words)) & (words > SHORT)
        stays = shorter | (self._columns["exact"][found] == _exact(told))
        if before is not None:
            stays &= self._columns["place"][found] < before
        possible: NDArray[np.int64] = found[stays]
        return possible


@lru_cache(maxsize=1024)
def _all_grams(words: tuple[str, ...]) -> Short:
    return np.unique(_hashed(grams(words, LONG) | grams(words, SHORT)))


def _about(place: int, name: str, text: str, marks: Marks) -> tuple[int, int, int, int]:
    told = said(text)
    return place, _exact(told), min(len(told.words), _MOST), min(len(marks.grams), _MOST)


def _exact(told: Said) -> int:
    """A hash of what two texts have in common that `agree`, unless one is a passage of the other."""
    return int(_hashed([(repr((sorted(told.exact.items()), told.letters)),)])[0])


def _shares(told: Said, other: Said, similarity: float) -> Iterator[tuple[str, float]]:
    """How `told` repeats `other`, and by how much, where it is enough."""
    near = max(_jaccard(one, two) for one, two in zip(told.features, other.features, strict=True))
    if near >= _least(told, other, similarity):
        yield "words", near
    n = length(other.words)
    whole = grams(other.words, n)
    share = len(whole & grams(told.words, n)) / len(whole)
    if share >= _least(told, other, SHARED):
        yield "passage", share


def _least(told: Said, other: Said, least: float) -> float:
    """The likeness that is asked of two texts: more where numbers, symbols and variables stand in another order."""
    return least if told.order == other.order else max(least, REORDERED)


def _jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / max(1, len(one | two))


def _bands(features: frozenset[str], similarity: float) -> Short:
    """The hashes of the bands of a signature; its permutations are drawn once, with a fixed seed."""
    signature = _empty().copy()
    signature.update_batch([feature.encode() for feature in features])
    bands, rows = _banding(similarity)
    values = signature.hashvalues[: bands * rows].reshape(bands, rows).astype(np.uint64)
    mixed = (values * _factors(rows)).sum(axis=1, dtype=np.uint64) + np.arange(bands, dtype=np.uint64) * _factors(1)
    return np.asarray((mixed * _factors(1)) >> np.uint64(32), np.uint32)


@lru_cache(maxsize=1)
def _empty() -> Any:
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, seed=1)


@lru_cache
def _banding(similarity: float) -> tuple[int, int]:
    """Into how many bands of how many rows a signature is cut, so that few texts are missed, and few looked at for nothing."""
    from datasketch import MinHashLSH  # scipy comes with it

    lsh = MinHashLSH(threshold=similarity, num_perm=PERMUTATIONS)
    return lsh.b, lsh.r


@lru_cache
def _factors(count: int) -> Hashes:
    return hashes(f"factor {i}" for i in range(count)) | np.uint64(1)


def _hashed(texts: Iterable[tuple[str, ...]]) -> Short:
    """32-bit hashes, the same in every process."""
    return np.asarray(hashes(" ".join(words) for words in texts) >> np.uint64(32), np.uint32)
