"""Candidates, votes and rejections of the formalizer."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from synth.config import FormalizeConfig
from synth.llm.config import ModelRole
from synth.prompts import load_prompts
from synth.records import Problem
from synth.services import RoleModel
from synth.statements.formalize import formalize
from synth.statements.text import normalized
from tests.synth.stage_fakes import scripted, tools

PROMPTS = load_prompts("embedded")


def test_equal_formalizations_are_one_candidate_with_votes() -> None:
    sample, asked = scripted(lambda prompt, n: [": ∀ n : Nat, n = n", ":  ∀ n : ℕ , n=n", ": 1 = 1", "nonsense"])
    problem = Problem(id="p", text="every number is itself")
    asked_of = tools(sample, round=1)
    statements = asyncio.run(formalize(problem, FormalizeConfig(samples=4), asked_of))
    assert [(s.text, s.votes) for s in statements] == [("theorem X : ∀ n : Nat, n = n", 2), ("theorem X : 1 = 1", 1)]
    assert statements[0].negation == "theorem X : ¬ (∀ n : Nat, n = n)"
    assert statements[0].problem_id == "p" and statements[0].prompt == PROMPTS.hash("formalize") and asked_of.tokens > 0
    assert (statements[0].model, statements[0].version, statements[0].round, statements[0].temperature) == ("model", 1, 1, 0.7)
    assert len(asked) == 1


def test_a_given_statement_is_not_sampled_for() -> None:
    sample, asked = scripted(lambda prompt, n: ["x"])
    problem = Problem(id="p", statement="theorem foo (n : Nat) : n = n := by sorry", header="open Nat")
    (statement,) = asyncio.run(formalize(problem, FormalizeConfig(), tools(sample)))
    assert (statement.text, statement.origin, statement.header) == ("theorem foo (n : Nat) : n = n", "given", "open Nat")
    assert asked == []


def test_what_cannot_be_parsed_or_asked_is_recorded() -> None:
    for answer, reason in ((["no theorem here"], "unparsed"), ("the prompt has 900 tokens", "prompt_too_long")):
        sample, _ = scripted(lambda prompt, n, answer=answer: answer)  # type: ignore[misc]
        (statement,) = asyncio.run(formalize(Problem(id="p", text="t"), FormalizeConfig(), tools(sample)))
        assert not statement.kept and statement.reason == reason
    (statement,) = asyncio.run(formalize(Problem(id="p", statement="def x := 1"), FormalizeConfig(), tools(sample)))
    assert not statement.kept and statement.reason == "unparsed" and statement.detail


def test_normalized_ignores_name_spacing_and_notation_of_types() -> None:
    assert normalized("theorem a (n:ℕ) : n*1 = n") == normalized("lemma b (n : Nat) : n * 1 = n")
    assert normalized("theorem a : 1 = 1") != normalized("theorem a : 1 = 2")


def test_several_formalizers_vote_together() -> None:
    """Two of three models' samples agree on one statement; what one of them did not understand is kept beside it, with the reason."""
    answers: dict[ModelRole, list[str]] = {
        "formalizer": [": ∀ n : Nat, n * n % 4 ≠ 2", ": ∀ n : Nat, n * n % 4 ≠ 3"],
        "sketcher": [": ∀ n : Nat,  n * n % 4 ≠ 2"] * 2,
        "conjecturer": ["no idea.", "¬"],
    }
    base = tools()

    def saying(answer: list[str]) -> RoleModel:
        return RoleModel(base.judge.prompts, scripted(lambda prompt, n: answer)[0])

    own = {role: saying(said) for role, said in answers.items()}
    both = replace(base, models={**base.models, **own})
    problem = Problem(id="p", text="No square is 2 modulo 4.")
    rows = asyncio.run(formalize(problem, FormalizeConfig(samples=2, also=("sketcher", "conjecturer")), both))
    assert [(s.text, s.votes, s.samples, s.kept) for s in rows[:2]] == [
        ("theorem X : ∀ n : Nat, n * n % 4 ≠ 2", 3, 6, True),
        ("theorem X : ∀ n : Nat, n * n % 4 ≠ 3", 1, 6, True),
    ]
    assert [(s.reason, s.samples) for s in rows[2:]] == [("unparsed", 6)]
    assert [s.votes for s in asyncio.run(formalize(problem, FormalizeConfig(samples=2), both))] == [1, 1]
