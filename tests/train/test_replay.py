from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.records import Pair, content_id
from train.config import ReplayConfig
from train.replay import cap, dedup, length_weights, mix, novelty_weights, select, shape, statement_key


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


def test_dedup_ignores_names_and_line_ends_and_keeps_the_earliest() -> None:
    kept = dedup([pair(1, "by a\n  b  ", 2, "x"), pair(1, "by a  \n  b", 1, "y"), pair(1, "by c", 1)])
    assert sorted((p.proof.split()[1], p.round) for p in kept) == [("a", 1), ("c", 1)]
    assert statement_key(pair(1, "", salt="x")) == statement_key(pair(1, "", salt="y")) != statement_key(pair(2, ""))


def test_cap_keeps_a_shortest_and_then_the_unlike() -> None:
    proofs = ["by omega", "by omega; done", "by omega; done; done", "induction n with simp"]
    assert {p.proof for p in cap([pair(1, proof) for proof in proofs], 2, 0)} == {"by omega", "induction n with simp"}


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 40), st.floats(0, 1))
def test_mix_fills_the_capacity_with_the_promised_share(fresh: int, old: int, capacity: int, share: float) -> None:
    pairs = [pair(i, "by a", 5) for i in range(fresh)] + [pair(i, "by a", 1) for i in range(old)]
    mixed = mix(pairs, 5, capacity, share, 0)
    got = sum(p.round == 5 for p in mixed)
    assert len(mixed) == min(capacity, fresh + old) and len({p.id for p in mixed}) == len(mixed)
    if fresh + old > capacity:
        assert got >= min(fresh, round(capacity * share)) and len(mixed) - got >= min(old, capacity - round(capacity * share))


def test_weights_prefer_short_new_and_fresh() -> None:
    assert length_weights([10, 20, 40], 0.5) == pytest.approx([2**0.5, 1, 0.5**0.5])
    assert length_weights([1, 1000, 1000], 1.0) == [2.0, 1.0, 1.0]
    assert novelty_weights(["x", "x", "x", "x", "y"], 0.5) == [0.5] * 4 + [1.0]
    assert shape("exact ⟨12, by omega⟩") == shape("exact  ⟨7, by omega⟩") != shape("exact ⟨12, by simp⟩")
    chosen = select([pair(1, "by a", 1), pair(2, "by b", 2)], ReplayConfig(old_weight=0.5), 0)
    weight = {c.pair.round: c.weight for c in chosen}
    assert weight[1] == pytest.approx(weight[2] / 2)


def test_nothing_from_nothing() -> None:
    assert select([], ReplayConfig(), 0) == []
