from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.keys import hashes
from synth.records import Pair, content_id
from tests.train import replay_by_records
from train.config import ReplayConfig
from train.replay import length_weights, mix, novelty_weights, select, shape, statement_key


def pair(statement: int, proof: str, round_: int = 0, salt: str = "") -> Pair:
    text = f"theorem t{salt} : {statement} = {statement}"
    key = content_id("pair", text, proof, round_)
    return Pair(id=key, attempt_id="a", statement_id="s", problem_id="p", statement=text, proof=proof, round=round_)


PROOFS = st.sampled_from([f"by {t}" for t in "abcdefgh"])
PAIRS = st.lists(st.builds(pair, st.integers(0, 4), PROOFS, st.integers(0, 3)), min_size=1, max_size=60)


@given(PAIRS, st.integers(1, 5), st.integers(0, 3), st.randoms())
def test_selection_is_capped_deduplicated_and_independent_of_order(pairs: list[Pair], limit: int, seed: int, draw: object) -> None:
    config = ReplayConfig(per_statement=limit)
    chosen = select(pairs, config, seed)
    shuffled = list(pairs)
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    assert chosen == select(shuffled, config, seed)
    distinct = {(p.statement, p.proof) for p in pairs}
    assert len({(c.pair.statement, c.pair.proof) for c in chosen}) == len(chosen)
    wanted = {s: min(limit, n) for s, n in Counter(s for s, _ in distinct).items()}
    assert Counter(c.pair.statement for c in chosen) == wanted
    assert math.isclose(sum(c.weight for c in chosen), len(chosen))


def test_n_proofs_of_a_statement_weigh_one_over_root_n_each() -> None:
    pairs = [pair(1, f"by {t}") for t in "abcd"] + [pair(2, "by e")]
    chosen = select(pairs, ReplayConfig(length_power=0, novelty_power=0), 0)
    weight = {c.pair.proof: c.weight for c in chosen}
    assert weight["by a"] / weight["by e"] == pytest.approx(0.5)


MANY = st.lists(st.builds(pair, st.integers(0, 2), st.text("ab;\n ", max_size=9), st.integers(0, 3)), min_size=1, max_size=60)


@given(MANY, st.builds(ReplayConfig, per_statement=st.integers(1, 4), capacity=st.none() | st.integers(1, 20)), st.integers(0, 3))
def test_what_is_chosen_from_arrays_is_what_was_chosen_from_records(pairs: list[Pair], config: ReplayConfig, seed: int) -> None:
    chosen, before = select(pairs, config, seed), replay_by_records.select(pairs, config, seed)
    assert [c.pair for c in chosen] == [c.pair for c in before]
    assert [c.weight for c in chosen] == pytest.approx([c.weight for c in before], rel=1e-12)


def test_dedup_ignores_names_and_line_ends_and_keeps_the_earliest() -> None:
    chosen = select([pair(1, "by a\n  b  ", 2, "x"), pair(1, "by a  \n  b", 1, "y"), pair(1, "by c", 1)], ReplayConfig(), 0)
    assert sorted((c.pair.proof.split()[1], c.pair.round) for c in chosen) == [("a", 1), ("c", 1)]
    keys = [statement_key("", f"theorem t{salt} : {n} = {n}") for salt, n in (("x", 1), ("y", 1), ("y", 2))]
    assert keys[0] == keys[1] != keys[2]


def test_cap_keeps_a_shortest_and_then_the_unlike() -> None:
    proofs = ["by omega", "by omega; done", "by omega; done; done", "induction n with simp"]
    chosen = select([pair(1, proof) for proof in proofs], ReplayConfig(per_statement=2), 0)
    assert {c.pair.proof for c in chosen} == {"by omega", "induction n with simp"}


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 40), st.floats(0, 1))
def test_mix_fills_the_capacity_with_the_promised_share(fresh: int, old: int, capacity: int, share: float) -> None:
    new = np.array([True] * fresh + [False] * old, np.bool_)
    mixed = mix(np.arange(fresh + old), new, capacity, share, 0)
    got = int(new[mixed].sum())
    assert len(mixed) == min(capacity, fresh + old) and len(set(mixed)) == len(mixed)
    if fresh + old > capacity:
        assert got >= min(fresh, round(capacity * share)) and len(mixed) - got >= min(old, capacity - round(capacity * share))


def test_weights_prefer_short_new_and_fresh() -> None:
    assert length_weights(np.array([10, 20, 40]), 0.5) == pytest.approx([2**0.5, 1, 0.5**0.5])
    assert length_weights(np.array([1, 1000, 1000]), 1.0).tolist() == [2.0, 1.0, 1.0]
    assert novelty_weights(hashes("xxxxy"), 0.5).tolist() == [0.5] * 4 + [1.0]
    assert shape("exact ⟨12, by omega⟩") == shape("exact  ⟨7, by omega⟩") != shape("exact ⟨12, by simp⟩")
    chosen = select([pair(1, "by a", 1), pair(2, "by b", 2)], ReplayConfig(old_weight=0.5), 0)
    weight = {c.pair.round: c.weight for c in chosen}
    assert weight[1] == pytest.approx(weight[2] / 2)


def test_nothing_from_nothing() -> None:
    assert select([], ReplayConfig(), 0) == []
