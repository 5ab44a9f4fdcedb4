"""Who has a key of the index: the first, or the one with the better right, and whoever asks again the same."""

from __future__ import annotations

import random

from synth.index.claims import PIECE, Claims, claims_of
from synth.records import Claim
from tests.synth.run.fakes import statement


def claim(id: str, key: int = 1, unit: str = "r001-s0000-b0000-statements", rank: int = 1) -> Claim:
    return Claim(id=id, key=key, unit=unit, rank=rank)


def decided(claims: Claims, *asked: Claim) -> list[str]:
    return claims.decide(asked)[0]


def test_the_first_has_a_key_and_who_asks_again_gets_the_same_answer() -> None:
    claims = Claims()
    assert decided(claims, claim("b"), claim("a"), claim("c", key=-2)) == ["b", "b", "c"]
    assert claims.decide([claim("a"), claim("c", key=-2), claim("b")]) == (["b", "c", "b"], []), "and nothing is new of it"
    assert len(claims) == 2 and claims.holder(-2).id == "c"


def test_the_better_right_has_a_key_of_its_round_whoever_was_first() -> None:
    claims = Claims()
    given, of_a_problem, made, piece = (
        claims_of([statement(name, form="one", origin=origin)], f"r001-{name}")[0]
        for name, origin in (("g", "given"), ("p", "autoformalized"), ("m", "variant"), ("k", "subgoal"))
    )
    assert len({one.key for one in (given, of_a_problem, made, piece)}) == 1
    assert [decided(claims, one) for one in (piece, made, of_a_problem, given, piece)] == [["k"], ["m"], ["p"], ["g"], ["g"]]
    assert {one.id: one.holder for one in claims.lost.values()} == {"k": "m", "m": "p", "p": "g"}
    proved = claims_of([statement("q", form="two", origin="lemma")], "r001-q", {"q"})
    unproved = claims_of([statement("u", form="two", origin="lemma")], "r001-u", {"q"})
    assert [decided(claims, *some) for some in (unproved, proved, unproved)] == [["u"], ["q"], ["q"]]
    later = claim("new", key=given.key, unit="r002-s0000-b0000-statements", rank=0)
    assert decided(claims, later) == ["g"], "of equal right the first"


def test_a_better_right_of_a_later_round_takes_the_key_and_leaves_what_was_kept() -> None:
    claims = Claims()
    assert decided(claims, claim("piece", rank=PIECE)) == ["piece"]
    assert claims.decide([claim("other", unit="r002-s0001-c0000", rank=PIECE)]) == (["other"], []), "its pairs count"
    assert decided(claims, claim("whole", unit="r002-s0000-b0000-statements")) == ["whole"]
    assert claims.decide([claim("again", unit="r003-s0001-c0000", rank=PIECE)]) == (["again"], [])
    assert not claims.lost and claims.holder(1).id == "whole"


def test_what_was_kept_gives_the_same_answers_in_any_order() -> None:
    draw = random.Random(0)
    asked = [
        claim(f"{key}-{round}-{n}", key, f"r00{round}-u{n}", draw.randrange(5)) for round in (1, 2) for key in range(40) for n in range(3)
    ]
    claims, kept = Claims(), list[Claim]()
    for one in asked:
        kept += claims.decide([one])[1]
    kept.append(claims.give(claim("0-2-9", 0, "r002-u9", rank=0)))
    draw.shuffle(kept)
    again = Claims()
    for start in range(0, len(kept), 7):
        again.take_in(kept[start : start + 7])
    assert [again.holder(key) for key in range(40)] == [claims.holder(key) for key in range(40)]
    assert claims.decide(asked[120:]) == again.decide(asked[120:]) and not claims.decide(asked[120:])[1]
