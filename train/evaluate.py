"""pass@k: the unbiased estimator, its aggregates, and a bootstrap interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.config import EvalConfig


@dataclass(frozen=True)
class Tally:
    """One held-out statement: `correct` of `attempts` proofs verified; attempts on which the checker failed are none."""

    id: str
    attempts: int
    correct: int
    group: str = ""
    """Family, level, …: whatever the figures are to be split by."""
    baseline: bool = False
    """True if the fixed list of one-line tactics proves it."""


@dataclass(frozen=True)
class Estimate:
    """A mean over statements, in percent, with its bootstrap interval."""

    value: float
    low: float
    high: float
    statements: int


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that at least one of `k` attempts is correct, when `c` of `n` were: 1 - C(n-c, k) / C(n, k).

    Chen et al. 2021 (arXiv 2107.03374, eq. 1).  ValueError unless 0 <= c <= n and 1 <= k <= n.
    """
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(f"pass@{k} is undefined for {c} correct of {n} attempts")
    misses = math.comb(n - c, k)  # whole numbers: exact, and 0 when fewer than k attempts were wrong
    return (math.comb(n, k) - misses) / math.comb(n, k)


def estimate(tallies: Sequence[Tally], k: int, config: EvalConfig, seed: int) -> Estimate:
    """Mean pass@k over statements, in percent; the percentile bootstrap resamples statements. NaN for no statement.

    Where fewer than `k` attempts of a statement were judged, all of them count: a lower bound of its share.
    """
    if not tallies:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    values = np.array([100.0 * pass_at_k(t.attempts, t.correct, min(k, t.attempts)) for t in tallies])
    return resampled(values[None], config, seed)


def resampled(values: NDArray[Any], config: EvalConfig, seed: int) -> Estimate:
    """The mean of `values` (trainings × statements) with its percentile bootstrap interval; NaN for no value.

    Statements are resampled, and the trainings where there are several, so that the interval also says how far trainings differ
    (of few too little: with n of them by a factor of √(1 - 1/n)).
    """
    trainings, statements = values.shape
    if not values.size:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    random = np.random.default_rng(seed)

    def drawn() -> float:
        rows = values[random.integers(trainings, size=trainings)] if trainings > 1 else values
        return float(rows[:, random.integers(statements, size=statements)].mean())

    tail = (1 - config.confidence) / 2
    low, high = np.quantile([drawn() for _ in range(config.resamples)], [tail, 1 - tail])
    return Estimate(float(values.mean()), float(low), float(high), statements)


def by_group(tallies: Sequence[Tally], k: int, config: EvalConfig, seed: int) -> dict[str, Estimate]:
    """`estimate` of each group, groups in alphabetical order."""
    return {name: estimate([t for t in tallies if t.group == name], k, config, seed) for name in sorted({t.group for t in tallies})}
