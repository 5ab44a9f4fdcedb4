"""The pass-rate band: what of a round's conjectures is worth training on, and with which weight."""

from __future__ import annotations

import math

from synth.config import ConjectureConfig
from synth.conjectures.band import Fate, Rate, judged, rates
from synth.records import Attempt, Pair, Statement, VerdictRow

CONFIG = ConjectureConfig(lemma_cap=1.0, shortest=0.0)


def attempt(id: str, statement: str = "s", **fields: object) -> Attempt:
    return Attempt.model_validate({"id": id, "statement_id": statement, "proof": "rfl", "strategy": "whole_proof", **fields})


def verdict(id: str, outcome: str, reason: str = "") -> VerdictRow:
    return VerdictRow(id=id, statement_id="s", outcome=outcome, reason=reason)


def test_a_rate_is_of_the_provers_own_samples_of_the_theorem_that_were_judged() -> None:
    attempts = [
        attempt("a", count=2),
        attempt("b", count=3),
        attempt("unread", unread="empty"),
        attempt("slow"),
        attempt("infra", count=9),
        attempt("off", count=9),
        attempt("silent", unread="no_answer"),
        attempt("negation", negated=True, count=9),
        attempt("repaired", strategy="repair", parent="b", count=9),
        attempt("cheap", strategy="portfolio", count=9),
        attempt("other", "t", count=9),
    ]
    ended = {"a": "accepted", "b": "rejected", "unread": "unread", "slow": "timeout", "infra": "infra", "off": "unchecked"}
    verdicts = [verdict(id, outcome) for id, outcome in ended.items()] + [verdict("silent", "unread", "no_answer")]
    verdicts += [verdict(id, "accepted") for id in ("negation", "repaired", "cheap", "other")]
    assert rates(attempts, verdicts, ["s", "without"]) == {"s": Rate(accepted=2, samples=7)}


def statement(id: str, lemma: str = "", length: int = 20) -> Statement:
    return Statement(id=id, problem_id=f"q-{id}", text=f"theorem {id:{length}}", origin="conjectured", lemma=lemma)


def pair(of: str, proof: str = "by simp", negated: bool = False, id: str = "") -> Pair:
    name = id or f"pair-{of}"
    return Pair(id=name, attempt_id=f"a-{name}", statement_id=of, problem_id="p", statement="t", proof=proof, negated=negated)


def fates(known: dict[str, Rate], statements: list[Statement], pairs: list[Pair], config: ConjectureConfig = CONFIG) -> dict[str, str]:
    return {one.id: one.fate.value for one in judged(statements, known, pairs, {}, config)}


def test_each_ends_in_one_way() -> None:
    listed = [statement(id, "Nat.x_y" if id == "unused" else "") for id in ("in", "edge", "over", "none", "no", "new", "unused", "cheap")]
    known = {id: Rate(accepted=a, samples=8) for id, a in {"in": 1, "edge": 2, "over": 3, "none": 0, "no": 0, "unused": 1}.items()}
    pairs = [*(pair(id) for id in ("in", "edge", "over", "unused", "cheap")), pair("no", negated=True)]
    assert fates(known, listed, pairs) == {
        "in": "in_band",
        "edge": "in_band",
        "over": "easy",
        "none": "unproved",
        "no": "refuted",
        "new": "unsampled",
        "unused": "lemma_unused",
        "cheap": "unsampled",
    }
    assert {fate.value for fate in Fate} == {*fates(known, listed, pairs).values(), "short", "lemma_cap"}


def test_a_lemma_has_its_share_and_the_shortest_proofs_for_their_length_are_left_out() -> None:
    listed = [statement(f"s{n}", "Nat.x_y" if n < 8 else "") for n in range(10)]
    known = {s.id: Rate(accepted=1, samples=8) for s in listed}
    pairs = [pair(s.id, "by simp [Nat.x_y]" + " " * n) for n, s in enumerate(listed)]
    assert fates(known, listed, pairs, CONFIG.model_copy(update={"lemma_cap": 0.5})) == {
        s.id: "lemma_cap" if s.id in ("s5", "s6", "s7") else "in_band" for s in listed
    }
    short = fates(known, listed, pairs, CONFIG.model_copy(update={"shortest": 0.25}))
    assert [id for id, fate in short.items() if fate == "short"] == ["s0", "s1"], "a quarter of eight; of two without a lemma none"
    few = fates(known, listed[:2], pairs[:2], CONFIG.model_copy(update={"lemma_cap": 0.01}))
    assert list(few.values()) == ["in_band", "lemma_cap"], "one stays, however small its share is"


def test_weights_fall_with_length_and_time_and_too_easy_ones_teach_no_prover() -> None:
    listed = [statement("in"), statement("easy"), statement("gift")]
    known = {"in": Rate(accepted=2, samples=8), "easy": Rate(accepted=4, samples=8), "gift": Rate(accepted=5, samples=8)}
    pairs = [pair("in", "x" * 100, id="long"), pair("in", "x" * 50, id="short"), pair("easy", "x"), pair("gift", "x")]
    found = {one.id: one for one in judged(listed, known, pairs, {"a-short": 2.0}, CONFIG)}
    assert math.isclose(found["in"].weight, math.exp(-0.05 - 0.02)), "of its shortest proof"
    assert math.isclose(found["in"].pairs["long"], math.exp(-0.1) / 2) and math.isclose(found["in"].pairs["short"], math.exp(-0.07) / 2)
    assert found["easy"].weight == 0.0 < found["easy"].pairs["pair-easy"] and found["gift"].pairs == {"pair-gift": 0.0}
