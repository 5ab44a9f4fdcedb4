"""The order of universe levels against its meaning, by trying numbers."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from verify_workers.second_kernel import levels, terms
from verify_workers.second_kernel.terms import IMAX, MAX, PARAM, SUCC, ZERO, Level

PARAMS = ("u", "v")


def level() -> st.SearchStrategy[Level]:
    leaves = st.sampled_from([terms.zero, *map(terms.param, PARAMS)])

    def more(parts: st.SearchStrategy[Level]) -> st.SearchStrategy[Level]:
        pairs = st.tuples(parts, parts)
        return parts.map(terms.succ) | pairs.map(lambda p: terms.max_(*p)) | pairs.map(lambda p: terms.imax(*p))

    return st.recursive(leaves, more, max_leaves=6)


def value(a: Level, at: dict[str, int]) -> int:
    if a.kind == ZERO:
        return 0
    if a.kind == PARAM:
        return at[a.a]
    if a.kind == SUCC:
        return value(a.a, at) + 1
    right = value(a.b, at)
    assert a.kind in (MAX, IMAX)
    return 0 if a.kind == IMAX and not right else max(value(a.a, at), right)


@settings(deadline=None, max_examples=300)
@given(level(), level())
def test_order_is_that_of_numbers(a: Level, b: Level) -> None:
    # A counterexample, if there is one, is there among numbers up to the number of successors.
    values = [(value(a, at), value(b, at)) for at in (dict(zip(PARAMS, n, strict=True)) for n in product(range(9), repeat=2))]
    assert levels.leq(a, b) == all(x <= y for x, y in values)
    assert levels.equal(a, b) == all(x == y for x, y in values)
    assert levels.is_never_zero(a) <= all(x for x, _ in values)
    assert levels.is_zero(a) <= all(not x for x, _ in values)
