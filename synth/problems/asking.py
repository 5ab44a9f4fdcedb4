"""What the words of a problem want: whether they ask for something, or claim something that is to be proved."""

from __future__ import annotations

import re

_ASKS = re.compile(
    r"\b(?:find|determine|compute|calculate|evaluate|solve|what|which|how (?:many|much|large|long|often|far)|give|name|list)\b|\?", re.I
)
_CLAIMS = re.compile(r"\b(?:prove|show|verify|deduce|demonstrate|establish)\b", re.I)


def only_asks(text: str) -> bool:
    """Whether a problem asks for something and claims nothing."""
    return bool(_ASKS.search(text)) and not _CLAIMS.search(text)


_COMPARES = re.compile(
    r"[<>≤≥≠∣]|\\(?:leq?|geq?|neq?|mid|[lg]t)\b|\b(?:greater|larger|bigger|more|exceeds?|above|beats?|at least|"
    r"less|smaller|fewer|below|at most|different|other|multiples?|divisors?|factors?|divisible|divides?)\b",
    re.I,
)
_EXTREME = re.compile(
    r"\b(?:least|smallest|lowest|minim\w+|most|largest|greatest|biggest|highest|maxim\w+|best|how)\b(?<!at least)(?<!at most)", re.I
)


def wants_any(text: str) -> bool:
    """Whether a problem claims that there is something above, below or unlike something, or asks for any such thing.

    "Given v, find a w with w > 3v" does; "find the least w with w > 3v" asks for one thing.
    """
    return not only_asks(text) or (bool(_COMPARES.search(text)) and not _EXTREME.search(text))
