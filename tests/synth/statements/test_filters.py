"""Each filter drops what it should, says why, and keeps the rest: on real Lean."""

from __future__ import annotations

import asyncio

import pytest

from synth.config import FilterConfig
from synth.prompts import load_prompts
from synth.records import Grade, Problem, Statement, content_id
from synth.statements.filters.choose import best, distinct
from synth.statements.filters.consistent import consistent, refutation
from synth.statements.filters.decontaminate import decontaminate
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.grade import grade
from synth.statements.filters.run import filtered
from synth.statements.text import normalized
from tests.synth.stage_fakes import checked_by, scripted
from verify_workers.backends.base import Backend

PROMPTS = load_prompts("embedded")
HEADER = ""


def statement(goal: str, problem: str = "p", **fields: object) -> Statement:
    text = f"theorem X : {goal}"
    return Statement.model_validate({"id": content_id("s", problem, text), "problem_id": problem, "text": text, "header": HEADER} | fields)


def test_elaboration_and_triviality(backend: Backend) -> None:
    rows = [
        statement("∀ n : Nat, n * n % 4 ≠ 2"),
        statement("∀ n : Nat, n + foo = n"),
        statement("∀ n : Nat, n + 0 = n"),
        statement("2 + 2 = 4", origin="given"),
        statement("∀ x : ℝ, x = x", origin="given"),
    ]
    result = asyncio.run(elaborates(rows, FilterConfig(), checked_by(backend)))
    assert [(s.kept, s.reason) for s in result] == [
        (True, ""),
        (False, "elaboration"),
        (False, "trivial"),
        (True, ""),
        (False, "unsupported"),
    ]
    assert "foo" in result[1].detail and "ℝ" in result[4].detail
    kept = asyncio.run(elaborates(rows[2:3], FilterConfig(trivial="keep"), checked_by(backend)))
    assert kept[0].kept


def test_contradictory_hypotheses_are_found(backend: Backend) -> None:
    rows = [
        statement("∀ n : Nat, n % 2 = 0 → n % 2 = 1 → n > 7"),
        statement("∀ n : Nat, n % 2 = 0 → n > 5 → n > 4"),
        statement("∀ n : Nat, n < n + 1"),
        statement("∀ n : Nat, n < 3 → n > 5 → n = 1", origin="given"),
    ]
    result = asyncio.run(consistent(rows, FilterConfig(), checked_by(backend)))
    assert [s.reason for s in result] == ["contradictory", "", "", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("theorem X : ∀ n : Nat, n = 1 → n = 2 → n = 3", "theorem X  : ∀ n : Nat, n = 1 → n = 2 → False"),
        ("theorem X (n : Nat) (h : n = 1) : n = 2", "theorem X (n : Nat) (h : n = 1) : False"),
        ("theorem X : ∀ f : Nat → Nat, f 0 = 1 → ∀ n, f n = 2 → n = 0", "theorem X  : ∀ f : Nat → Nat, f 0 = 1 → ∀ n, f n = 2 → False"),
        ("theorem X : (1 = 2 → 2 = 3) → 1 = 1", "theorem X  : (1 = 2 → 2 = 3) → False"),
        ("theorem X : 1 = 1", ""),
        ("theorem X : 1 = 1 ∧ ∀ n : Nat, n = 2 → n = 3", ""),
    ],
)
def test_refutation_replaces_the_conclusion_only(text: str, expected: str) -> None:
    assert refutation(text) == expected


def test_grades_decide(backend: Backend) -> None:
    rows = [statement("1 = 1", f"p{i}") for i in range(4)] + [statement("2 = 2", "p4", origin="given")]
    answers = iter([["excellent"], ["fair"], ["gibberish"], ["above average"]])
    sample, asked = scripted(lambda prompt, n: next(answers))
    problems = {f"p{i}": Problem(id=f"p{i}", text="t") for i in range(5)}
    result, _ = asyncio.run(grade(rows, problems, FilterConfig(), PROMPTS, sample, 0))
    assert [(s.kept, s.grade, s.reason) for s in result] == [
        (True, "excellent", ""), (False, "fair", "grade"), (False, "", "ungraded"), (True, "above average", ""), (True, "", ""),
    ]  # fmt: skip
    assert len(asked) == 4


def test_benchmark_statements_are_kept_out() -> None:
    heldout = frozenset({normalized("theorem Y : ∀ n : Nat, n = n")})
    rows = decontaminate([statement("∀ n : ℕ,  n = n"), statement("∀ n : Nat, n = n + 0")], heldout)
    assert [s.reason for s in rows] == ["heldout", ""]


def test_one_statement_per_problem_and_no_duplicates() -> None:
    grades: list[Grade] = ["good", "excellent"]
    rows = [statement(f"{i} = {i}", "p", grade=g, votes=3 - i) for i, g in enumerate(grades)] + [statement("1 = 1", "q", grade="good")]
    chosen = best(rows, 1)
    assert [s.reason for s in chosen] == ["outvoted", "", ""]
    assert [s.reason for s in distinct(chosen)] == ["outvoted", "", "duplicate"]


def test_the_whole_chain_returns_every_candidate_once(backend: Backend) -> None:
    rows = [
        statement("∀ n : Nat, n * n % 4 ≠ 2", "a"),
        statement("∀ n : Nat, n * n % 4 ≠", "b"),
        statement("∀ n : Nat, n % 2 = 0 → n % 2 = 1 → n > 7", "c"),
        statement("∀ n : Nat, n * n % 3 ≠ 2", "d", kept=False, reason="unparsed"),
    ]
    sample, _ = scripted(lambda prompt, n: ["excellent"])
    problems = {name: Problem(id=name, text=name) for name in "abcd"}
    result, tokens = asyncio.run(filtered(rows, problems, FilterConfig(), 1, PROMPTS, sample, checked_by(backend), frozenset(), 0))
    assert [s.id for s in result] == [s.id for s in rows]
    assert [s.reason for s in result] == ["", "elaboration", "contradictory", "unparsed"] and tokens == 2
