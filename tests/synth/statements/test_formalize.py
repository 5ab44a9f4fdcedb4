"""Candidates, votes and rejections of the formalizer."""

from __future__ import annotations

import asyncio

from synth.config import FormalizeConfig
from synth.prompts import load_prompts
from synth.records import Lineage, Problem
from synth.statements.formalize import formalize
from synth.statements.text import normalized
from tests.synth.stage_fakes import scripted

LINEAGE = Lineage(round=1, model="m", seed=0)
PROMPTS = load_prompts("embedded")


def test_equal_formalizations_are_one_candidate_with_votes() -> None:
    sample, asked = scripted(lambda prompt, n: [": ∀ n : Nat, n = n", ":  ∀ n : ℕ , n=n", ": 1 = 1", "nonsense"])
    problem = Problem(id="p", text="every number is itself")
    statements, tokens = asyncio.run(formalize(problem, FormalizeConfig(samples=4), PROMPTS, sample, LINEAGE))
    assert [(s.text, s.votes) for s in statements] == [("theorem X : ∀ n : Nat, n = n", 2), ("theorem X : 1 = 1", 1)]
    assert statements[0].negation == "theorem X : ¬ (∀ n : Nat, n = n)"
    assert statements[0].problem_id == "p" and statements[0].prompt == PROMPTS.hash("formalize") and tokens > 0
    assert len(asked) == 1


def test_a_given_statement_is_not_sampled_for() -> None:
    sample, asked = scripted(lambda prompt, n: ["x"])
    problem = Problem(id="p", statement="theorem foo (n : Nat) : n = n := by sorry", header="open Nat")
    ((statement,), tokens) = asyncio.run(formalize(problem, FormalizeConfig(), PROMPTS, sample, LINEAGE))
    assert (statement.text, statement.origin, statement.header, tokens) == ("theorem foo (n : Nat) : n = n", "given", "open Nat", 0)
    assert asked == []


def test_what_cannot_be_parsed_or_asked_is_recorded() -> None:
    for answer, reason in ((["no theorem here"], "unparsed"), ("the prompt has 900 tokens", "prompt_too_long")):
        sample, _ = scripted(lambda prompt, n, answer=answer: answer)  # type: ignore[misc]
        ((statement,), _) = asyncio.run(formalize(Problem(id="p", text="t"), FormalizeConfig(), PROMPTS, sample, LINEAGE))
        assert not statement.kept and statement.reason == reason
    ((statement,), _) = asyncio.run(formalize(Problem(id="p", statement="def x := 1"), FormalizeConfig(), PROMPTS, sample, LINEAGE))
    assert not statement.kept and statement.reason == "unparsed" and statement.detail


def test_normalized_ignores_name_spacing_and_notation_of_types() -> None:
    assert normalized("theorem a (n:ℕ) : n*1 = n") == normalized("lemma b (n : Nat) : n * 1 = n")
    assert normalized("theorem a : 1 = 1") != normalized("theorem a : 1 = 2")
