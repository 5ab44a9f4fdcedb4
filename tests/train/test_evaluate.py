from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from train.config import EvalConfig
from train.evaluate import Tally, by_group, estimate, pass_at_k, resampled

CONFIG = EvalConfig()


@pytest.mark.parametrize("n", range(1, 8))
def test_pass_at_k_equals_brute_force(n: int) -> None:
    for c, k in itertools.product(range(n + 1), range(1, n + 1)):
        draws = list(itertools.combinations(range(n), k))
        assert pass_at_k(n, c, k) == pytest.approx(sum(min(draw) < c for draw in draws) / len(draws), abs=1e-12)


@pytest.mark.parametrize(("n", "c", "k"), [(4, 5, 1), (4, -1, 1), (4, 2, 5), (4, 2, 0)])
def test_pass_at_k_refuses_nonsense(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="undefined"):
        pass_at_k(n, c, k)


def test_aggregates() -> None:
    tallies = [Tally("a", 8, 8, "x", True), Tally("b", 8, 2, "x"), Tally("c", 8, 0, "y"), Tally("d", 8, 4, "y")]
    assert estimate(tallies, 1, CONFIG, 0).value == pytest.approx(100 * (1 + 0.25 + 0 + 0.5) / 4)
    assert estimate(tallies, 8, CONFIG, 0).value == 75.0
    beyond = estimate([t for t in tallies if not t.baseline], 1, CONFIG, 0)
    assert beyond.value == pytest.approx(25.0) and beyond.statements == 3
    groups = by_group(tallies, 1, CONFIG, 0)
    assert groups["x"].value == 62.5 and groups["y"].value == 25.0
    assert math.isnan(estimate([], 1, CONFIG, 0).value)


def test_interval_holds_the_mean_narrows_with_data_and_is_seeded() -> None:
    few = [Tally(str(i), 8, i % 3) for i in range(12)]
    many = few * 25
    narrow, wide = estimate(many, 1, CONFIG, 1), estimate(few, 1, CONFIG, 1)
    assert narrow.low < narrow.value < narrow.high
    assert narrow.high - narrow.low < (wide.high - wide.low) / 3
    assert narrow == estimate(many, 1, CONFIG, 1)
    assert estimate([Tally("a", 8, 8)] * 5, 8, CONFIG, 0).low == 100.0


def test_k_must_fit_the_samples() -> None:
    with pytest.raises(ValueError, match=r"eval\.ks"):
        EvalConfig(ks=(1, 16), samples=8)


def test_several_trainings_are_resampled_too() -> None:
    one = np.array([[0.0, 100.0] * 10])
    assert resampled(one, CONFIG, 3) == estimate([Tally(str(i), 1, i % 2) for i in range(20)], 1, CONFIG, 3)
    same, apart = np.full((2, 20), 50.0), np.array([[0.0] * 20, [100.0] * 20])
    assert (resampled(same, CONFIG, 0).low, resampled(same, CONFIG, 0).high) == (50.0, 50.0)
    assert (resampled(apart, CONFIG, 0).low, resampled(apart, CONFIG, 0).value, resampled(apart, CONFIG, 0).high) == (0.0, 50.0, 100.0)
    assert math.isnan(resampled(np.zeros((2, 0)), CONFIG, 0).value)
