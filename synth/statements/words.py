"""Texts in plain language that say the same: shared passages (word n-grams) and near duplicates (MinHash, Broder 1997).

Two problems of one mould differ in a number, a letter or one word, and are two problems; two wordings of one problem differ in
words that say nothing (`PLAIN`).  So a likeness counts only where what the texts *say* agrees (`agree`): numbers, symbols and
logical words exactly, variables up to their names, and all other words but for a twentieth; and where those come in another
order, more likeness is asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.keys import NOWHERE, Hashes, Keys, hashes

LONG, SHORT = 13, 8  # words of an n-gram: of texts with at least `2 * LONG` words, and of shorter ones
SHARED = 0.5  # of a text's n-grams, in another one that holds it as a passage
PERMUTATIONS = 128
REORDERED = 0.85  # least likeness where numbers, symbols or variables come in another order
_NAMES = 4096  # that are kept together
TOLERATED = 0.05  # of the words that say something, in another text that says the same

LATEX = {
    r"\leq": "≤", r"\le": "≤", r"\geq": "≥", r"\ge": "≥", r"\neq": "≠", r"\ne": "≠", r"\cdot": "*", r"\times": "*", r"\mid": "∣",
    r"\land": "∧", r"\lor": "∨", r"\to": "→", r"\iff": "↔", r"\mathbb": "", r"\left": "", r"\right": "", r"\text": "", r"\quad": " ",
    "<=": "≤", ">=": "≥", "!=": "≠", "·": "*", "×": "*", "−": "-", "ℕ": "N", "ℤ": "Z",
}  # fmt: skip
_LATEX = re.compile("|".join(rf"{re.escape(key)}(?![a-zA-Z])" if key.isascii() and key[0] == "\\" else re.escape(key) for key in LATEX))
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[-+*/^=<>≤≥≠∣|∧∨→↔¬%!]")
LOGICAL = frozenset({"and", "or", "not", "no", "nor", "neither", "never", "none"})
PLAIN = frozenset(
    re.findall(
        r"\w+",
        """a an the that this these those it its is are be been was were has have had do does of for to in on by with as at from into then
        if when whenever where so thus hence therefore given let suppose assume assuming consider any every all each some there which who
        prove proven show shown demonstrate verify establish determine find deduce conclude check must we one can may also always holds
        hold true follows follow i you us our such statement claim following whatever however""",
    )
)


def tokens(text: str) -> tuple[str, ...]:
    """The words, numbers and symbols of a text; LaTeX's as the characters that they stand for."""
    text = _LATEX.sub(lambda found: LATEX[found[0]], unicodedata.normalize("NFKC", text))
    return tuple(_TOKEN.findall(text.lower()))


@dataclass(frozen=True)
class Said:
    """What a text says."""

    words: tuple[str, ...]  # all
    plain: Counter[str]  # words that say something, how often
    exact: Counter[str]  # numbers, symbols and logical words
    letters: tuple[int, ...]  # how often each variable occurs, without their names
    order: tuple[str, ...]  # numbers, symbols, logical words and variables as they come, with numbers for the variables' names
    features: tuple[frozenset[str], frozenset[str]]  # runs of up to three words: with the variables' names, and with numbers for them


@lru_cache(maxsize=4096)
def said(text: str) -> Said:
    words = tokens(text)
    content = [word for i, word in enumerate(words) if word not in PLAIN or _is_variable(words, i)]
    letters = Counter(word for word in content if len(word) == 1 and word.isalpha())
    places = {letter: f"v{place}" for place, letter in enumerate(dict.fromkeys(word for word in content if word in letters))}
    return Said(
        words,
        Counter(word for word in content if word not in letters and word.isalpha() and word not in LOGICAL),
        Counter(word for word in content if not word.isalpha() or word in LOGICAL),
        tuple(sorted(letters.values())),
        tuple(places.get(word, word) for word in content if word in places or not word.isalpha() or word in LOGICAL),
        (_runs(content), _runs([places.get(word, word) for word in content])),
    )


def _is_variable(words: Sequence[str], i: int) -> bool:
    """Whether the letter `a` or `i` at a place is a variable: beside a symbol or a number, or before what follows no article."""
    before, after = words[i - 1] if i else "", words[i + 1] if i + 1 < len(words) else ""
    beside = any(word and not word.isalpha() for word in (before, after))
    return len(words[i]) == 1 and (beside or after in {"is", "are", "be", "and", "or", "divides", "equals"})


def _runs(words: Sequence[str]) -> frozenset[str]:
    return frozenset(" ".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1))


def grams(words: Sequence[str], n: int) -> set[tuple[str, ...]]:
    """The n-grams of a text; the text itself where it is shorter."""
    return {tuple(words[i : i + n]) for i in range(max(1, len(words) - n + 1))}


@dataclass(frozen=True)
class Likeness:
    """Which text of an index another one repeats, and how: by `passage` (share of its n-grams) or `words` (Jaccard similarity)."""

    name: str
    how: str
    similarity: float

    def __str__(self) -> str:
        return f"{self.name} ({self.how} {self.similarity:.2f})"


class Words:
    """An index of texts; `similarity` is the least Jaccard similarity of their features at which two are alike."""

    def __init__(self, similarity: float) -> None:
        from datasketch import MinHashLSH  # scipy comes with it

        self.similarity = similarity
        self._texts: list[tuple[str, Said]] = []
        self._near = MinHashLSH(threshold=similarity, num_perm=PERMUTATIONS)
        self._passages: dict[int, dict[int, list[int]]] = {LONG: defaultdict(list), SHORT: defaultdict(list)}

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, name: str, text: str) -> None:
        """One more text, under the name by which `find` tells it."""
        told, at = said(text), len(self._texts)
        self._texts.append((name, told))
        if told.words:
            for which, features in enumerate(told.features):
                self._near.insert((at, which), _hashed(features), check_duplication=False)
            n = _length(told.words)
            for gram in grams(told.words, n):
                self._passages[n][hash(gram)].append(at)

    def find(self, text: str) -> Likeness | None:
        """The text of the index that `text` repeats most; of several the first."""
        told = said(text)
        if not told.words:
            return None
        found = [*self._alike(told), *self._holding(told)]
        return min(found, key=lambda one: (-one[1].similarity, one[0]))[1] if found else None

    def _alike(self, told: Said) -> Iterator[tuple[int, Likeness]]:
        candidates = {key[0] for features in told.features for key in self._near.query(_hashed(features))}
        for at in candidates:
            name, other = self._texts[at]
            near = max(_jaccard(one, two) for one, two in zip(told.features, other.features, strict=True))
            if near >= _least(told, other, self.similarity) and agree(told, other):
                yield at, Likeness(name, "words", near)

    def _holding(self, told: Said) -> Iterator[tuple[int, Likeness]]:
        """Texts of the index of which `told` holds most."""
        shared: Counter[int] = Counter()
        for n, passages in self._passages.items():
            for gram in grams(told.words, n):
                shared.update(set(passages.get(hash(gram), ())))
        for at, count in shared.items():
            name, other = self._texts[at]
            share = count / len(grams(other.words, _length(other.words)))
            if share >= _least(told, other, SHARED) and agree(told, other):
                yield at, Likeness(name, "passage", min(1.0, share))


class SameWords:
    """An index of texts of which only those are alike that have the same words but for filler and the names of variables.

    About 40 bytes a text.
    """

    def __init__(self) -> None:
        self._keys, self._names = Keys(), list[NDArray[np.bytes_]]()
        self._last: list[bytes] = []

    def add(self, name: str, text: str) -> None:
        """One more text, under the name by which `find` tells it; of equal texts the first stays."""
        told = said(text)
        if not told.words or not self._keys.fresh(_sameness(told))[0]:
            return
        self._last.append(name.encode())
        if len(self._last) == _NAMES:
            self._names.append(np.array(self._last, np.bytes_))
            self._last = []

    def find(self, text: str) -> Likeness | None:
        told = said(text)
        number = int(self._keys.find(_sameness(told))[0]) if told.words else NOWHERE
        if number == NOWHERE:
            return None
        piece, place = divmod(number, _NAMES)
        name = self._names[piece][place] if piece < len(self._names) else self._last[place]
        return Likeness(bytes(name).decode(), "words", 1.0)


def _sameness(told: Said) -> Hashes:
    """What two texts have in common that `agree` and have all features in common."""
    return hashes([repr((sorted(told.plain.items()), sorted(told.exact.items()), told.letters, told.order, sorted(told.features[1])))])


def _length(words: Sequence[str]) -> int:
    return LONG if len(words) >= 2 * LONG else SHORT


def _least(told: Said, other: Said, least: float) -> float:
    """The likeness that is asked of two texts: more where numbers, symbols and variables stand in another order."""
    return least if told.order == other.order else max(least, REORDERED)


def agree(told: Said, other: Said) -> bool:
    """Whether two texts say the same; of a passage in a longer text: whether all of it is there."""
    if len(told.words) > len(other.words) + SHORT and len(other.words) > SHORT:
        return not other.exact - told.exact and (other.plain - told.plain).total() <= TOLERATED * other.plain.total()
    differing = (told.plain - other.plain).total() + (other.plain - told.plain).total()
    few = int(TOLERATED * min(told.plain.total(), other.plain.total()))
    return told.exact == other.exact and told.letters == other.letters and differing <= 2 * few  # one changed is one more and one less


def _jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / max(1, len(one | two))


@lru_cache(maxsize=1)
def _empty() -> Any:
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, seed=1)


def _hashed(features: frozenset[str]) -> Any:
    found = _empty().copy()  # its permutations are drawn once
    found.update_batch([feature.encode() for feature in features])
    return found
