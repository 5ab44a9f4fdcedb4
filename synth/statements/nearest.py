"""Which texts are nearest to another in what they speak of: the same numbers, and then the same rare words, in whatever order.

Of two wordings of one problem the numbers agree and the words may not; of two problems of one mould it is the other way round.  So
numbers count more, each as often as it is named.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal

from synth.statements.words import said

WORDS = 0.2
"""What agreement in words counts, of that in numbers (docs/benchmarks.md, "Duplicates and contamination")."""
Term = tuple[Literal["number", "word"], str, int]


class Nearest:
    """Texts with their names, by what they speak of; tens of thousands of them, as benchmarks have."""

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        self.rows = list(rows)
        found = [_terms(text) for _, text in self.rows]
        seen = Counter(term for terms in found for term in terms)
        self._rarest = math.log1p(len(self.rows))
        self._weight = {term: math.log1p(len(self.rows) / count) for term, count in seen.items()}
        self._whole = [self._of(terms) for terms in found]
        self._holding: defaultdict[Term, list[int]] = defaultdict(list)
        for place, terms in enumerate(found):
            for term in terms:
                self._holding[term].append(place)

    def find(self, text: str, count: int) -> list[tuple[int, str, str]]:
        """The `count` nearest texts, nearest first: place, name, text; of equally near ones the first.  None that shares nothing."""
        terms = sorted(_terms(text))
        shared: defaultdict[int, dict[str, float]] = defaultdict(lambda: {"number": 0.0, "word": 0.0})
        for term in terms:
            for place in self._holding.get(term, ()):
                shared[place][term[0]] += self._weight[term]
        whole = self._of(terms)
        near = {
            place: _dice(part["number"], whole["number"], self._whole[place]["number"])
            + WORDS * _dice(part["word"], whole["word"], self._whole[place]["word"])
            for place, part in shared.items()
        }
        best = heapq.nsmallest(count, near, key=lambda place: (-near[place], place))
        return [(place, *self.rows[place]) for place in best]

    def _of(self, terms: Sequence[Term] | set[Term]) -> dict[str, float]:
        """What numbers and words weigh together; a term that no text has weighs as one that a single text has."""
        return {kind: math.fsum(self._weight.get(term, self._rarest) for term in terms if term[0] == kind) for kind in ("number", "word")}


def _terms(text: str) -> set[Term]:
    """The numbers of a text, the second 3 as another one than the first, and its words and symbols, without the names of variables."""
    told = said(text)
    numbers: set[Term] = {("number", n, time) for n, times in told.exact.items() if n.isdigit() for time in range(times)}
    return numbers | {("word", word, 0) for word in (*told.plain, *told.exact) if not word.isdigit()}


def _dice(shared: float, one: float, other: float) -> float:
    """The overlap of two sets (Dice); of two empty ones 1."""
    return 2 * shared / (one + other) if one + other else 1.0
