"""The faithful share of kept statements, corrected for the filters' own error: Rogan and Gladen 1978, with bootstrap intervals.

A filter is a test whose sensitivity (faithful statements that pass) and specificity (unfaithful ones that are dropped) were measured
on labelled statements.  From the share that passes in a run follows the share that is faithful, before the filter and after it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

RESAMPLES, CONFIDENCE = 2000, 0.95


@dataclass(frozen=True)
class Counts:
    """Labelled statements by what a filter did with them."""

    faithful_passed: int = 0
    faithful_dropped: int = 0
    unfaithful_passed: int = 0
    unfaithful_dropped: int = 0

    @property
    def faithful(self) -> int:
        return self.faithful_passed + self.faithful_dropped

    @property
    def unfaithful(self) -> int:
        return self.unfaithful_passed + self.unfaithful_dropped

    @property
    def recall(self) -> float:
        """Faithful statements that pass (sensitivity); NaN where there are none."""
        return self.faithful_passed / self.faithful if self.faithful else float("nan")

    @property
    def specificity(self) -> float:
        """Unfaithful statements that are dropped; NaN where there are none."""
        return self.unfaithful_dropped / self.unfaithful if self.unfaithful else float("nan")

    @property
    def precision(self) -> float:
        """Faithful ones of what passes; NaN where nothing does."""
        passed = self.faithful_passed + self.unfaithful_passed
        return self.faithful_passed / passed if passed else float("nan")

    def to_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True)
class Share:
    """A share in percent with its interval."""

    value: float
    low: float
    high: float

    @property
    def interval(self) -> list[float]:
        return [round(self.low, 1), round(self.high, 1)]


def corrected(passed: int, total: int, known: Counts, seed: int) -> Share | None:
    """The faithful share of the `passed` statements of a run, of `total` that came to the filters whose error is `known`.

    With sensitivity a, specificity b and p = passed / total, (p + b - 1) / (a + b - 1) of the total are faithful, and a times as many
    of the total are faithful and pass.  The interval is the percentile bootstrap over the labelled statements and the run's.
    None where nothing passed, where a kind of labelled statement is missing, or where the filters tell no better than chance.
    """
    if not passed or not known.faithful or not known.unfaithful or known.recall + known.specificity <= 1:
        return None
    rng = np.random.default_rng(seed)
    a = rng.binomial(known.faithful, known.recall, RESAMPLES) / known.faithful
    b = rng.binomial(known.unfaithful, known.specificity, RESAMPLES) / known.unfaithful
    p = rng.binomial(total, passed / total, RESAMPLES) / total
    usable = (p > 0) & (a + b > 1)
    drawn = _kept_share(p[usable], a[usable], b[usable])
    value = float(_kept_share(np.array([passed / total]), np.array([known.recall]), np.array([known.specificity]))[0])
    return _share(value, drawn)


def counted(right: int, measured: int, seed: int) -> Share | None:
    """The share of `right` among `measured` labelled statements, with its bootstrap interval; None of none."""
    if not measured:
        return None
    rng = np.random.default_rng(seed)
    return _share(right / measured, rng.binomial(measured, right / measured, RESAMPLES) / measured)


def _kept_share(p: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    prevalence = np.clip((p + b - 1) / (a + b - 1), 0, 1)
    share: np.ndarray = np.clip(prevalence * a / p, 0, 1)
    return share


def _share(value: float, drawn: np.ndarray) -> Share:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) if len(drawn) else (0.0, 1.0)
    return Share(round(100 * value, 1), round(float(100 * low), 6), round(float(100 * high), 6))
