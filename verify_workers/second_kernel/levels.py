"""The order of universe levels, by their meaning: natural numbers for every choice of the parameters.

A level that holds `imax` is split by which of its parameters are zero; then it is a maximum of numbers and of
parameters plus numbers, and those compare term by term.
"""

from __future__ import annotations

import functools
from itertools import product

from verify_workers.second_kernel.terms import IMAX, MAX, PARAM, SUCC, ZERO, Level

_Terms = dict[str | None, int]  # parameter (None: none) -> what is added to it
MAX_SPLIT = 10


class TooManyUniverses(Exception):
    """More parameters than can be split by cases."""


@functools.cache
def leq(a: Level, b: Level) -> bool:
    """Whether a ≤ b for every choice of the parameters."""
    if a is b or a.kind == ZERO:
        return True
    split = sorted(_parameters(a) | _parameters(b)) if _has_imax(a) or _has_imax(b) else []
    if len(split) > MAX_SPLIT:
        raise TooManyUniverses
    for choice in product((0, 1), repeat=len(split)):
        least = dict(zip(split, choice, strict=True))
        if not _leq(_terms(a, least), _terms(b, least), least):
            return False
    return True


def equal(a: Level, b: Level) -> bool:
    return a is b or (leq(a, b) and leq(b, a))


@functools.cache
def is_zero(a: Level) -> bool:
    """Whether it is zero for every choice of the parameters."""
    if a.kind == ZERO:
        return True
    return a.kind in (MAX, IMAX) and is_zero(a.b) and (a.kind == IMAX or is_zero(a.a))


@functools.cache
def is_never_zero(a: Level) -> bool:
    """Whether it is above zero for every choice of the parameters."""
    if a.kind == SUCC:
        return True
    return a.kind in (MAX, IMAX) and (is_never_zero(a.b) or (a.kind == MAX and is_never_zero(a.a)))


def _has_imax(a: Level) -> bool:
    return a.kind == IMAX or (a.kind in (SUCC, MAX) and _has_imax(a.a)) or (a.kind == MAX and _has_imax(a.b))


def _parameters(a: Level) -> frozenset[str]:
    if a.kind == PARAM:
        return frozenset((a.a,))
    if a.kind == SUCC:
        return _parameters(a.a)
    return _parameters(a.a) | _parameters(a.b) if a.kind in (MAX, IMAX) else frozenset()


def _terms(a: Level, least: dict[str, int]) -> _Terms:
    """`a` as a maximum; a parameter that `least` gives as 0 is zero, as 1 is above it."""
    if a.kind == ZERO:
        return {None: 0}
    if a.kind == PARAM:
        return {None: 0} if least.get(a.a) == 0 else {None: 0, a.a: 0}
    if a.kind == SUCC:
        return {name: n + 1 for name, n in _terms(a.a, least).items()}
    right = _terms(a.b, least)
    if a.kind == IMAX and right == {None: 0}:
        return right
    out = dict(right)
    for name, n in _terms(a.a, least).items():
        out[name] = max(n, out.get(name, 0))
    return out


def _leq(a: _Terms, b: _Terms, least: dict[str, int]) -> bool:
    known = max(n + (least.get(name, 0) if name is not None else 0) for name, n in b.items())
    return all(n <= known if name is None else name in b and n <= b[name] for name, n in a.items())
