"""From records to training examples: shares, repeats, and the forms of a target."""

from __future__ import annotations

from synth.examples import mixed, pair_examples, proof_examples, rehearsed, repeated
from synth.llm.config import ModelRole
from synth.prompts import Proof, load_prompts, read_proof
from synth.records import Pair
from synth.spool import Spool
from train.data import Example
from train.replay import Chosen

PROMPTS = load_prompts("embedded")


def examples(name: str, count: int) -> list[Example]:
    return [Example(prompt=name, completion=f"{name}{n}") for n in range(count)]


def test_rehearsed_mixes_in_the_share_asked_for() -> None:
    others = examples("o", 100)
    drawn = rehearsed(70, others, 0.3, 1)
    assert len(drawn) == 30 == len({e.completion for e in drawn}) and {e.prompt for e in drawn} == {"o"}
    assert rehearsed(70, others, 0.3, 1) == drawn != rehearsed(70, others, 0.3, 2)
    assert len(rehearsed(70, examples("o", 7), 0.3, 1)) == 30, "too few others are repeated"
    assert rehearsed(70, [], 0.3, 1) == []


def test_a_mixture_has_the_shares_asked_for() -> None:
    taught: dict[ModelRole, list[Example]] = {"prover": examples("p", 60), "formalizer": examples("f", 100), "judge": examples("j", 9)}
    shares: dict[ModelRole, float] = {"prover": 3, "formalizer": 1, "corrector": 1, "judge": 0}
    drawn = mixed(taught, shares, 160, 1)
    assert {role: len(part) for role, part in drawn.items()} == {"prover": 120, "formalizer": 40}, (
        "a role without examples leaves its share"
    )
    assert sorted(e.completion for e in drawn["prover"]) == sorted(e.completion for e in taught["prover"] * 2)
    assert len({e.completion for e in drawn["formalizer"]}) == 40
    assert mixed(taught, shares, 160, 1) == drawn != mixed(taught, shares, 160, 2)


def test_repeated_goes_round_up_to_a_count() -> None:
    few = examples("p", 3)
    assert repeated(few, 7) == few + few + few[:1] and repeated(few, 2) == few and repeated([], 5) == []


def test_a_target_is_what_the_prompt_leaves_open() -> None:
    prompt = PROMPTS.prove("theorem X : 1 = 1")
    (example,) = proof_examples([("theorem X : 1 = 1", "by rfl")], PROMPTS)
    assert example.completion.strip() == "rfl" and example.prompt == prompt.for_training() == prompt.text


def test_a_whole_file_is_an_answer_where_the_preset_has_a_place_for_one() -> None:
    fields = {"attempt_id": "a", "statement_id": "s", "problem_id": "p", "statement": "theorem X : 1 = 1"}
    whole = Pair(id="1", proof="theorem a : 1 = 1 := rfl\n\ntheorem X : 1 = 1 := a\n", form="code", **fields)
    ((example,), left_out) = pair_examples([Chosen(whole, 0.5)], load_prompts("deepseek-prover-v2"))
    assert example.weight == 0.5 and whole.proof.strip() in example.completion and left_out == 0
    assert read_proof(load_prompts("deepseek-prover-v2").prove(whole.statement), example.completion, True) == Proof("code", whole.proof)
    assert pair_examples([Chosen(whole, 0.5)], load_prompts("deepseek-prover-v1.5")) == ([], 1), "no continuation of a theorem"


def test_what_is_drawn_from_a_file_is_what_is_drawn_from_a_list() -> None:
    taught: dict[ModelRole, list[Example]] = {"prover": examples("p", 30), "corrector": examples("c", 7)}
    spooled: dict[ModelRole, Spool[Example]] = {role: Spool(Example, part) for role, part in taught.items()}
    for count in (10, 50, 200):
        listed, found = (mixed(some, {"prover": 0.75, "corrector": 0.25}, count, 3) for some in (taught, spooled))
        assert {role: list(part) for role, part in found.items()} == listed
    assert list(repeated(spooled["corrector"], 10)) == repeated(taught["corrector"], 10)
