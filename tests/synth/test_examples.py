"""From records to training examples: shares, repeats, and the forms of a target."""

from __future__ import annotations

import pytest

from synth.examples import mixed, pair_examples, proof_examples, rehearsed, repeated, sketch_examples, worded_example
from synth.llm.config import ModelRole
from synth.prompts import Earlier, Proof, Skeleton, ask_skeleton, load_prompts, read_proof, read_skeleton
from synth.prompts.back import informalize
from synth.prompts.formalizer import Formalization, read_statement
from synth.prompts.prover import compact
from synth.records import Attempt, Pair
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


@pytest.mark.parametrize("preset", ["embedded", "chat"])
def test_a_filled_skeleton_is_taught_as_it_was_asked_for(preset: str) -> None:
    prompts = load_prompts(preset)
    text = "by\n  have h : 1 + 1 = 2 := by sorry\n  exact h"
    earlier = Earlier(Skeleton("by sorry"), "too hard: 1 + 1 = 2", "- `1 + 1 = 2`: too hard")
    filled = []
    for id, before in (("first", None), ("second", earlier)):
        asked = ask_skeleton(prompts, "sketch", "theorem X : 1 + 1 = 2", problem="Add.", earlier=before)
        skeleton = Attempt(id=id, statement_id="s", proof=text, unread="filled", strategy="sketch", shown=asked.shown)
        fields = {"attempt_id": "a", "statement_id": "s", "problem_id": "p", "statement": "theorem X : 1 + 1 = 2", "strategy": "sketch"}
        filled.append((Pair(id=id, proof="by\n  have h : 1 + 1 = 2 := by rfl\n  exact h", **fields), skeleton))
        (made,) = sketch_examples(filled[-1:], prompts)
        assert made.prompt == asked.for_training()
        read = read_skeleton(asked, made.completion)
        assert isinstance(read, Skeleton) and compact(read.text) == compact(text)
    assert len(sketch_examples([*filled, *filled], prompts)) == 2, "each once"


def test_formalizer_and_informalizer_learn_from_a_proved_theorem_and_its_problem() -> None:
    fields = {"attempt_id": "a", "statement_id": "s", "problem_id": "p", "proof": "rfl"}
    pair = Pair(id="1", statement="theorem mine : 1 = 1", problem="One is one.", header="open Nat", **fields)
    chat = load_prompts("chat")
    formal = worded_example(pair, chat, "formalizer")
    assert formal is not None
    asked = chat.formalize("One is one.", "open Nat")
    assert formal.prompt == asked.for_training()
    assert read_statement(asked, formal.completion) == Formalization("theorem X : 1 = 1"), "as the preset names it"
    words = worded_example(pair, chat, "informalizer")
    assert words is not None and words.completion == "One is one."
    assert words.prompt == informalize(chat, pair.statement, "open Nat").for_training()
    for other in ({"negated": True}, {"kind": "subgoal"}, {"problem": " "}):
        assert worded_example(pair.model_copy(update=other), chat, "formalizer") is None
