"""What a text in plain language says, and when two say the same.

Two problems of one mould differ in a number, a letter or one word, and are two problems; two wordings of one problem differ in
words that say nothing (`PLAIN`).  So a likeness counts only where what the texts *say* agrees (`agree`): numbers, symbols and
logical words exactly, variables up to their names, and all other words but for a twentieth; and where those come in another
order, more likeness is asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

LONG, SHORT = 13, 8  # words of an n-gram: of texts with at least `2 * LONG` words, and of shorter ones
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


@lru_cache(maxsize=1024)  # 25 KB each
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


def length(words: Sequence[str]) -> int:
    """Of a text's n-grams."""
    return LONG if len(words) >= 2 * LONG else SHORT


def agree(told: Said, other: Said) -> bool:
    """Whether two texts say the same; of a passage in a longer text: whether all of it is there."""
    if len(told.words) > len(other.words) + SHORT and len(other.words) > SHORT:
        return not other.exact - told.exact and (other.plain - told.plain).total() <= TOLERATED * other.plain.total()
    differing = (told.plain - other.plain).total() + (other.plain - told.plain).total()
    few = int(TOLERATED * min(told.plain.total(), other.plain.total()))
    return told.exact == other.exact and told.letters == other.letters and differing <= 2 * few  # one changed is one more and one less
