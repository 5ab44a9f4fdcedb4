"""Each filter drops what it should, says why, and keeps the rest: on real Lean."""

from __future__ import annotations

import asyncio

import pytest

from synth.config import FilterConfig
from synth.records import Grade, Problem, Statement, content_id
from synth.statements.filters.base import Context, drop
from synth.statements.filters.choose import best, distinct
from synth.statements.filters.consistent import consistent, refutation
from synth.statements.filters.decontaminate import decontaminate
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.grade import grade
from synth.statements.filters.run import filtered
from synth.statements.text import UNPROVED, normalized
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Outcome, Verdict

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
    result = asyncio.run(elaborates(rows, Context(tools(verify=checked_by(backend)))))
    assert [(s.kept, s.reason) for s in result] == [
        (True, ""),
        (False, "elaboration"),
        (False, "trivial"),
        (True, ""),
        (False, "unsupported"),
    ]
    assert "foo" in result[1].detail and "ℝ" in result[4].detail
    kept = asyncio.run(elaborates(rows[2:3], Context(tools(verify=checked_by(backend)), FilterConfig(trivial="keep"))))
    assert kept[0].kept


def test_contradictory_hypotheses_are_found(backend: Backend) -> None:
    rows = [
        statement("∀ n : Nat, n % 2 = 0 → n % 2 = 1 → n > 7"),
        statement("∀ n : Nat, n % 2 = 0 → n > 5 → n > 4"),
        statement("∀ n : Nat, n < n + 1"),
        statement("∀ n : Nat, n < 3 → n > 5 → n = 1", origin="given"),
        statement("α = α", text="theorem t.{u} (α : Type u) (h : (1 : Nat) = 2) : α = α", id="universes"),
    ]
    result = asyncio.run(consistent(rows, Context(tools(verify=checked_by(backend)))))
    assert [s.reason for s in result] == ["contradictory", "", "", "", "contradictory"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("theorem X : ∀ n : Nat, n = 1 → n = 2 → n = 3", "theorem X  : ∀ n : Nat, n = 1 → n = 2 → False"),
        ("theorem X (n : Nat) (h : n = 1) : n = 2", "theorem X (n : Nat) (h : n = 1) : False"),
        ("theorem X : ∀ f : Nat → Nat, f 0 = 1 → ∀ n, f n = 2 → n = 0", "theorem X  : ∀ f : Nat → Nat, f 0 = 1 → ∀ n, f n = 2 → False"),
        ("theorem X : (1 = 2 → 2 = 3) → 1 = 1", "theorem X  : (1 = 2 → 2 = 3) → False"),
        ("theorem t.{u} (α : Type u) (h : (1 : Nat) = 2) : α = α", "theorem t.{u} (α : Type u) (h : (1 : Nat) = 2) : False"),
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
    result = asyncio.run(grade(rows, Context(tools(sample), problems=problems)))
    assert [(s.kept, s.grade, s.reason) for s in result] == [
        (True, "excellent", ""), (False, "fair", "grade"), (False, "", "ungraded"), (True, "above average", ""), (True, "", ""),
    ]  # fmt: skip
    assert len(asked) == 4


def test_benchmark_statements_are_kept_out() -> None:
    heldout = frozenset({normalized("theorem Y : ∀ n : Nat, n = n")})
    context = Context(tools(), heldout=heldout)
    rows = asyncio.run(decontaminate([statement("∀ n : ℕ,  n = n"), statement("∀ n : Nat, n = n + 0")], context))
    assert [s.reason for s in rows] == ["heldout", ""]
    given = [row.model_copy(update={"origin": "given", "kept": True, "reason": ""}) for row in rows]
    told = asyncio.run(decontaminate(given, context))
    assert [(s.kept, bool(s.benchmark)) for s in told] == [(True, True), (True, False)], "given ones stay, and it is known of them"


def test_one_statement_per_problem_and_no_duplicates() -> None:
    grades: list[Grade] = ["good", "excellent"]
    rows = [statement(f"{i} = {i}", "p", grade=g, votes=3 - i) for i, g in enumerate(grades)] + [statement("1 = 1", "q", grade="good")]
    chosen = asyncio.run(filtered(rows, Context(tools()), (best, distinct)))
    assert [s.reason for s in chosen] == ["outvoted", "", "duplicate"]


def test_the_whole_chain_returns_every_candidate_once(backend: Backend) -> None:
    rows = [
        statement("∀ n : Nat, n * n % 4 ≠ 2", "a"),
        statement("∀ n : Nat, n * n % 4 ≠", "b"),
        statement("∀ n : Nat, n % 2 = 0 → n % 2 = 1 → n > 7", "c"),
        statement("∀ n : Nat, n * n % 3 ≠ 2", "d", kept=False, reason="unparsed"),
    ]
    sample, _ = scripted(lambda prompt, n: ["excellent"])
    problems = {name: Problem(id=name, text=name) for name in "abcd"}
    context = Context(tools(sample, checked_by(backend)), problems=problems)
    result = asyncio.run(filtered(rows, context))
    assert [s.id for s in result] == [s.id for s in rows]
    assert [s.reason for s in result] == ["", "elaboration", "contradictory", "unparsed"] and context.tools.tokens == 2


def test_what_the_checker_could_not_answer_is_asked_alone_and_then_left_open() -> None:
    """Time, memory and failures of the checker neither pass a statement nor drop it for good."""

    async def stuck(checks: list[Check]) -> list[Verdict]:
        answers = {"1 = 1": (Outcome.REJECTED, "sorry"), "2 = 2": (Outcome.REJECTED, "statement"), "3 = 3": (Outcome.INFRA, "")}
        alone = [answers[c.statement.removeprefix("theorem X : ")] if c.proof == UNPROVED else (Outcome.TIMEOUT, "") for c in checks]
        return [Verdict(id=c.id, outcome=outcome, reason=reason) for c, (outcome, reason) in zip(checks, alone, strict=True)]

    rows = [statement("1 = 1"), statement("2 = 2"), statement("3 = 3", origin="given")]
    result = asyncio.run(elaborates(rows, Context(tools(verify=stuck))))
    assert [(s.kept, s.reason) for s in result] == [(True, ""), (False, "elaboration"), (False, "undecided")]


def test_a_new_filter_is_one_function_and_may_not_lose_or_silently_drop() -> None:
    async def short(statements: list[Statement], context: Context) -> list[Statement]:
        return [drop(s, "too short") if len(s.text) < 20 else s for s in statements]

    async def losing(statements: list[Statement], context: Context) -> list[Statement]:
        return statements[1:]

    async def silent(statements: list[Statement], context: Context) -> list[Statement]:
        return [s.model_copy(update={"kept": False}) for s in statements]

    rows = [statement("1 = 1"), statement("123456789 = 123456789")]
    assert [s.reason for s in asyncio.run(filtered(rows, Context(tools()), (short,)))] == ["too short", ""]
    for bad in (losing, silent):
        with pytest.raises(ValueError, match=f"filter {bad.__name__}: must give each statement back once"):
            asyncio.run(filtered(rows, Context(tools()), (bad,)))
