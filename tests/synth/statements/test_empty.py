"""Statements without content: each filter finds its kind, says why, and leaves the honest ones alone; on real Lean where Lean decides."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from synth.config import CHEATS, FilterConfig
from synth.problems.generate import generate
from synth.records import Problem, Statement, content_id
from synth.statements.filters.answer import answered, empty_question, leaked
from synth.statements.filters.base import Context, Filter
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.empty import repeated, true_of_anything
from synth.statements.filters.hidden import hidden, saying_nothing
from synth.statements.filters.run import filtered
from synth.statements.filters.unused import idle, unused
from synth.statements.one_point import of_its_value
from synth.statements.telescope import relation, telescope
from tests.synth.stage_fakes import checked_by, tools
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Verdict

HONEST = (
    "theorem X : ∀ n : Nat, n * n % 4 ≠ 2",
    "theorem X : ∀ n : Nat, n % 6 = 2 → ∃ y : Nat, n = 2 * y",
    "theorem X : ∃ x : Nat, 3 * x + 2 = 11 ∧ ∀ y : Nat, 3 * y + 2 = 11 → y = x",
    "theorem X : ∀ u : Nat → Nat, u 0 = 20 → (∀ n, u (n + 1) = u n + 16) → ∀ n, u n = 20 + 16 * n",
    "theorem X : ∀ p q r : Prop, (p ∧ (q ∨ r)) → (p ∧ q) ∨ (p ∧ r)",
    "theorem X : ∀ z : Nat, ∃ m : Nat, m > 16 * z + 9",
    "theorem X (a b : Nat) (h₀ : a = 3) (h₁ : b = a + 1) : a * b = 12",
    "theorem X (f : Nat → Nat) (hf : ∀ x, f x = 2 * x + 1) : f 3 = 7",
    "theorem X {n : Nat} (hn : 2 < n) : n * n > 4",
    "theorem X (α : Type) (f : α → α) (h : ∀ x, f (f x) = x) : ∀ x y, f x = f y → x = y",
    "theorem X : ¬ ∃ x y : Nat, 3 * x + 12 * y = 14",
    "theorem X : ∀ m > 3, m * m > 9",
)


def statement(text: str, problem: str = "p", **fields: object) -> Statement:
    return Statement.model_validate({"id": content_id("s", problem, text), "problem_id": problem, "text": text} | fields)


LOOSE = (
    "theorem X : ∃ x : Nat, x ≥ 7 * 8",
    "theorem X (n : Nat) (h : n > 3) : ∃ m > n, m ≠ 2 * n",
    "theorem X : ∃ x : Int, x ≤ -3",
    "theorem X : ∃ x : Nat, 12 ∣ x",
)
EQUAL = (
    "theorem X : ∃ x : Nat, x = 2 ^ 10 % 7 ∧ ∀ y, y = 2 ^ 10 % 7 → y = x",
    "theorem X : ∃ f : Nat → Nat, ∀ n, f n = n ^ 2 + 1",
    "theorem X (n : Nat) : ∃ k : Int, k = n",
    "theorem X : let p := ∃ x : Nat, x = 2 ^ 10 % 7; p",
)
DISGUISED = (
    "theorem X : ∃ x : Nat, x = 3 * 7 ∧ x ≥ 0",
    "theorem X (n : Nat) (h : n % 3 = 1) : ∃ x y : Nat, x = n * n ∧ y = x + 2 ∧ y > x",
)
"""Nothing is said of what the variable is set to."""


def run(step: Filter, texts: Sequence[str], backend: Backend | None = None, words: str = "", **fields: str) -> list[Statement]:
    verify = checked_by(backend) if backend else None
    context = Context(tools(verify=verify), problems={"p": Problem(id="p", text=words)})
    return asyncio.run(filtered([statement(text).model_copy(update=fields) for text in texts], context, (step,)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("theorem X : ∀ n m : Nat, n * n % 4 ≠ 2", "m is bound and does not occur"),
        ("theorem X (n m : Nat) (h : 0 < n) : n ≠ 0", "m is bound and does not occur"),
        ("theorem X : ∃ k : Nat, ∀ k : Nat, 4 * k + 4 < k", "∃ k is bound and does not occur"),
        ("theorem X : ∀ n : Nat, ∀ n : Nat, n * n % 4 ≠ 2", "n is bound and does not occur"),
        ("theorem X : (∃ y : Nat, 3 = 3) ∧ 1 = 2", "∃ y is bound and does not occur"),
        ("theorem X : ∀ f : Nat → Nat, (∀ n, f 0 = 1) → f 0 = 1", "∀ n is bound and does not occur"),
        ("theorem X : ∀ n m : Nat, m > 3 → n * n % 4 ≠ 2", "m > 3 has nothing to do with the conclusion"),
        ("theorem X {n : Nat} (hn : 0 < n) (h : 2 + 2 = 4) : n ≠ 0", "(h : 2 + 2 = 4) has nothing to do with the conclusion"),
        ("theorem X : ∀ a b c : Nat, a < b → c < 5 → a + 1 ≤ b", "c < 5 has nothing to do with the conclusion"),
    ],
)
def test_what_nothing_rests_on_is_named(text: str, why: str) -> None:
    assert idle(text) == why
    (result,) = run(unused, [text])
    assert (result.reason, result.detail) == ("unused", why)
    assert run(unused, [text], origin="given")[0].kept


def test_shadowed_and_joined_variables_are_used() -> None:
    assert not any(idle(text) for text in HONEST)
    assert idle("theorem X : ∀ a b c : Nat, a < b → b < c → c < 5 → a < 3") == ""
    assert idle("theorem X : ∀ n : Nat, n > 3 → n < 2 → False") == "", "a contradiction is about its hypotheses"
    assert idle("theorem X : ∀ n : Nat, Nat.gcd 4 24 = n → Nat.gcd 4 24 = 4") == "", "both are about one thing, whatever n is"
    assert idle("theorem X : (∃ k : Nat, k * k = 49) → ∃ m : Nat, m * m = 196") == "", "a closed premise, not an idle one"
    assert idle("theorem X (n : Nat) (h : n.succ = 3) : n.pred = 1") == ""
    assert idle("not a theorem") == ""


def test_a_conclusion_that_is_a_hypothesis(backend: Backend) -> None:
    cheats = [
        "theorem X (n : Nat) (h : n * n = 49) : n * n = 49",
        "theorem X : ∀ n : Nat, 49 = n * n → n * n = 49",
        "theorem X : ∀ n : Nat, n > 3 ∧ n < 9 → n < 9",
        "theorem X : ∀ f : Nat → Nat, (∀ x, f x = 2 * x) → ∀ y, f y = 2 * y",
    ]
    result = run(repeated, [*cheats[:3], *HONEST], backend)
    assert [s.reason for s in result] == ["repeated"] * 3 + [""] * len(HONEST)


def test_what_is_true_of_anything(backend: Backend) -> None:
    cheats = [
        "theorem X : ∀ n : Nat, n % 5 = 3 → n + 1 > n",  # the hypothesis does not matter
        "theorem X (n : Nat) (h : n * n = 49) : n ≥ 0",
        "theorem X : ∀ n : Nat, n > 2 → n ^ 7 % 13 + 5 ≥ 0",  # the subject does not matter
        "theorem X : ∀ n : Nat, (n * n + 3 * n) ^ 5 ≥ 0",
        "theorem X : ∀ a b : Nat, a * b = 12 → a + b = 7 ∨ a + b ≠ 7",
    ]
    result = run(true_of_anything, [*cheats, *HONEST], backend)
    assert [s.reason for s in result] == ["true_of_anything"] * len(cheats) + [""] * len(HONEST)
    assert "n + 1 > n" in result[0].detail and "n % 5" not in result[0].detail
    assert run(true_of_anything, cheats[:1], backend, origin="given")[0].kept


@pytest.mark.parametrize(
    ("text", "words", "why"),
    [
        ("theorem X : ∃ x : Nat, x = 3 + 4", "Find 3 + 4.", "x is whatever 3 + 4 is"),
        ("theorem X : ∃! x : Nat, 5 * 8 = x", "Find it.", "x is whatever 5 * 8 is"),
        ("theorem X (n : Nat) (h : n > 3) : ∃ s, s = n * n", "Find s.", "s is whatever n * n is"),
        ("theorem X : ∃ x y : Nat, True", "Find x, y.", "anything is x y"),
        ("theorem X (x : Nat) (h : x = 5) : 2 * x + 1 = 11", "Solve 2x + 1 = 11.",
         "x = 5 is given, a number that the problem does not name"),
        ("theorem X : ∀ x : Int, x = -7 → x + 1 = -6", "Solve x + 1 = -6.",
         "x = -7 is given, a number that the problem does not name"),
        ("theorem X : ∃ x : Nat, x + 3 = 10", "Find x with x + 3 = 10.", ""),
        ("theorem X : ∃ x : Nat, x = x * x", "Find x.", ""),
        ("theorem X (x : Nat) (h : x = 5) : 2 * x + 1 = 11", "If x is five, what is 2x + 1?", ""),
        ("theorem X (x : Nat) (h : x = 1200) : x % 7 = 3", "A hall has 1,200 seats. …", ""),
        ("theorem X (x : Nat) (h : 2 * x = 10) : x = 5", "Solve 2x = 10.", ""),
    ],
)  # fmt: skip
def test_answers_given_away_or_never_asked_for(text: str, words: str, why: str) -> None:
    assert (empty_question(text) or leaked(text, words)) == why
    (result,) = run(answered, [text], words=words)
    assert (result.reason, result.detail) == (("answer", why) if why else ("", ""))


@pytest.mark.parametrize(
    ("preamble", "why"),
    [
        ("def Nice (n : Nat) : Prop := True", "def Nice is True, whatever it is about"),
        ("abbrev P : Nat → Prop := fun _ => True", "abbrev P is fun _ => True, whatever it is about"),
        ("def isPrime (n : Nat) : Bool := (true)", "def isPrime is true, whatever it is about"),
        ("def digits (n : Nat) : Nat := 5", "def digits does not depend on n"),
        ("axiom answer : 1 = 2", "axiom answer is not defined"),
        ("opaque size : Nat → Nat", "opaque size is not defined"),
        ("def twice (n : Nat) : Nat := 2 * n\n\ndef Odd (n : Nat) : Prop :=\n  True", "def Odd is True, whatever it is about"),
        ("def twice (n : Nat) : Nat := 2 * n", ""),
        ("def top : Nat := 5", ""),
        ("def Even (n : Nat) : Prop := ∃ k, n = 2 * k", ""),
        ("def fib : Nat → Nat\n  | 0 => 0\n  | 1 => 1\n  | n + 2 => fib n + fib (n + 1)", ""),
        ("", ""),
    ],
)
def test_definitions_that_say_nothing(preamble: str, why: str) -> None:
    assert saying_nothing(preamble) == why
    (result,) = run(hidden, ["theorem X : ∀ n : Nat, n = n"], preamble=preamble)
    assert (result.reason, result.detail) == (("hidden", why) if why else ("", ""))


def test_what_a_problem_brings_along_is_trusted() -> None:
    preamble = "def Any (n : Nat) : Prop := True"
    context = Context(tools(), problems={"p": Problem(id="p", text="t", preamble=preamble)})
    own = statement("theorem X : Any 3", preamble=preamble)
    more = statement("theorem X : Any 4", preamble=f"{preamble}\n\ndef None' (n : Nat) : Prop := False")
    assert [s.kept for s in asyncio.run(hidden([own, more], context))] == [True, False]


def test_what_the_term_shows_needs_no_more_checks(backend: Backend) -> None:
    """`∃ x, x = t` and `∃ x, x ≥ t` by their terms: the second only where nobody claims that there is such a thing."""
    asked = list[Check]()

    async def verify(checks: list[Check]) -> list[Verdict]:
        asked.extend(checks)
        return [backend.check(check) for check in checks]

    def said(texts: Sequence[str], words: str, *, stated: bool = True, steps: tuple[Filter, ...] = (answered,)) -> list[str]:
        context = Context(tools(verify=verify), FilterConfig(trivial="keep"), problems={"p": Problem(id="p", text=words)})
        rows = asyncio.run(filtered([statement(text) for text in texts], context, (elaborates, *steps) if stated else steps))
        return [row.reason for row in rows]

    assert said(LOOSE, "Find the least x.") == said(LOOSE, "") == ["answer"] * len(LOOSE)
    assert said(LOOSE, "Show that there is a larger one.") == [""] * len(LOOSE), "that is what is to be shown"
    assert said(LOOSE[:1], "Find a number that is at least 7 * 8.") == [""], "any of them is asked for"
    assert said(EQUAL, "Show that there is one.") == ["answer"] * len(EQUAL)
    honest = [*HONEST, "theorem X : ∃ x : Nat, x = 5 * 3 ∧ x % 2 = 1", "theorem X (z : Int) (h : z * z = 4 ∧ z > 0) : ∃ n : Nat, z = n"]
    assert said(honest, "Show it for 3 and 20.", steps=(unused, answered, true_of_anything)) == [""] * len(honest)
    for stated in (True, False):
        asked.clear()
        assert said(EQUAL, "", stated=stated, steps=(true_of_anything,)) == ["true_of_anything"] * len(EQUAL)
        assert sum("whatever" in check.id for check in asked) == (0 if stated else len(EQUAL)), "Lean is asked where no term was seen"


def test_a_let_in_disguise_is_judged_by_what_it_says(backend: Backend) -> None:
    assert of_its_value("∃ x y : Nat, x = n * n ∧ y = x + 2 ∧ y > x") == "((n * n : Nat) + 2 : Nat) > (n * n : Nat)"
    assert [s.reason for s in run(true_of_anything, DISGUISED, backend)] == ["true_of_anything"] * len(DISGUISED)
    assert run(true_of_anything, ["theorem X : ∃ x : Nat, x = 5 * 3 ∧ x % 2 = 1"], backend)[0].kept
    for text in (
        "∃ x : Nat, x = x + 1 ∧ x > 2",
        "∃ x : Nat, x = 3",
        "∃ x y : Nat, x = 3 ∧ y > x",
        "∃ x : Nat, x = k ∧ ∃ k, k > x",
        "x = 3",
    ):
        assert of_its_value(text) == text


@pytest.mark.parametrize("step", [unused, repeated, true_of_anything, answered, hidden])
def test_each_can_be_turned_off(step: Filter) -> None:
    name = {"answered": "answer"}.get(step.__name__, step.__name__)
    assert name in CHEATS
    context = Context(tools(), FilterConfig(cheats=tuple(cheat for cheat in CHEATS if cheat != name)), problems={"p": Problem(id="p")})
    rows = [statement("theorem X : ∀ n m : Nat, n > 3 → ∃ x, x = 3", preamble="def A : Prop := True")]
    assert asyncio.run(filtered(rows, context, (step,))) == rows


def test_the_generators_problems_pass(backend: Backend) -> None:
    """At most 3 of 100 honest statements are dropped by any one of these filters (docs/benchmarks.md has more of them)."""
    rows = [g for g in generate(5, 150) if g.truth == "true"]
    context = Context(tools(verify=checked_by(backend)), problems={str(i): Problem(id=str(i), text=g.text) for i, g in enumerate(rows)})
    statements = [statement(g.reference, str(i)) for i, g in enumerate(rows)]
    for step in (unused, answered, repeated, true_of_anything, hidden):
        dropped = [s for s in asyncio.run(filtered(statements, context, (step,))) if not s.kept]
        assert len(dropped) <= 0.03 * len(rows), [(s.text, s.reason, s.detail) for s in dropped]


def test_a_statement_in_parts() -> None:
    parts = telescope("theorem X (a b : Nat) {h : a < b} : ∀ c > b, (a = 1 → b = 2) → ∃ d, d = c")
    assert [(part.names, part.hypothesis) for part in parts.all_parts] == [(("a", "b"), False), (("h",), True), (("c",), True), ((), True)]
    assert parts.conclusion == "∃ d, d = c"
    assert parts.statement("False", frozenset({1, 3})) == "theorem X (a b : Nat) : ∀ c > b, False"
    assert relation("a + (b = c) = d") == ("a + (b = c)", "=", "d") and relation("a = b ∧ c = d") is None and relation("∃ x, x = 1") is None
