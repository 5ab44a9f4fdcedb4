"""Places by hashes: what is found is what was put there, however it was put there."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from synth.keys import Postings


def test_numbers_are_found_under_their_keys_each_as_often_as_it_is_there() -> None:
    draw, postings = np.random.default_rng(0), Postings()
    there: dict[int, Counter[int]] = defaultdict(Counter)
    assert not len(postings.find(np.array([1], np.uint32)))
    for _ in range(200):
        keys = draw.integers(0, 50, draw.integers(0, 9)).astype(np.uint32) * np.uint32(2**32 // 50)
        numbers = draw.integers(0, 2**32, len(keys)).astype(np.uint32)
        postings.add(keys, numbers)
        for key, number in zip(keys.tolist(), numbers.tolist(), strict=True):
            there[key][number] += 1
        asked = np.unique(draw.integers(0, 60, 7)).astype(np.uint32) * np.uint32(2**32 // 60)
        assert Counter(postings.find(asked).tolist()) == sum((there[key] for key in asked.tolist() if key in there), Counter())
    every = np.array(list(there), np.uint32)
    assert Counter(postings.find(every).tolist()) == sum(there.values(), Counter()) and len(postings) == sum(
        map(Counter.total, there.values())
    )
