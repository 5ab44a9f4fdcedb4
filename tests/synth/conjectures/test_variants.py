"""Variants by rule, on real Lean: each elaborates and stands to its parent as its rule says, or is dropped with a reason."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random
from typing import get_args

import pytest

from synth.config import Rule
from synth.conjectures.filters import by_form, kept_copies, kept_variants, question, tied
from synth.conjectures.make import by_rules, subgoals
from synth.conjectures.variants import RULES, Link, variants
from synth.problems.generate import generate
from synth.records import Problem, Statement, VerdictRow
from synth.run.conjecturing import formed
from synth.services import Tools
from synth.statements.benchmarks import Benchmarks
from synth.statements.filters.base import Context
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.run import filtered
from synth.statements.text import given, new_statement
from tests.synth.stage_fakes import checked_by, tools
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Message

REMAINDER = "theorem X : ∀ n : Nat, n % 7 = 3 → n % 2 = 1 → (n * n + 7) % 7 = 2"
BINDERS = "theorem two (a b : ℤ) (h : a > 3) (g : b > 4) : a * b > 12"
POWER = "theorem bar (n : ℕ) (hn : n ≠ 0) : 2 ^ n ≥ n + 1"


@pytest.mark.parametrize(
    ("rule", "statement", "made"),
    [
        ("generalise", REMAINDER, [
            "theorem X : ∀ m : Nat, ∀ n : Nat, n % m = 3 → n % 2 = 1 → (n * n + m) % m = 2",
            "theorem X : ∀ m : Nat, ∀ n : Nat, n % 7 = 3 → n % m = 1 → (n * n + 7) % 7 = m",
        ]),
        ("generalise", BINDERS, [
            "theorem two : ∀ m : Int, ∀ (a b : ℤ) (h : a > 3) (g : b > 4), a * b > m",
            "theorem two : ∀ m : Int, ∀ (a b : ℤ) (h : a > 3) (g : b > m), a * b > 12",
        ]),
        ("generalise", "theorem X : ∀ n : Nat, n + 0 = n * 1", []),
        ("specialise", POWER, ["theorem bar (hn : 3 ≠ 0) : 2 ^ 3 ≥ 3 + 1"]),
        ("specialise", BINDERS, [
            "theorem two (b : ℤ) (h : (8 : Int) > 3) (g : b > 4) : (8 : Int) * b > 12",
            "theorem two (a : ℤ) (h : a > 3) (g : (5 : Int) > 4) : a * (5 : Int) > 12",
        ]),
        ("specialise", "theorem X : ∀ x y : Nat, x ≤ x + y", ["theorem X : ∀ y : Nat, 10 ≤ 10 + y", "theorem X : ∀ x : Nat, x ≤ x + 6"]),
        ("specialise", "theorem X (n : Nat) : n.succ > 0", []),
        ("specialise", "theorem X : ∀ p : Prop, p → p", []),
        ("negate", POWER, ["theorem bar : ¬ (∀ (n : ℕ) (hn : n ≠ 0), 2 ^ n ≥ n + 1)"]),
        ("mutate", REMAINDER, [
            "theorem X : ∀ m : Nat, m % 7 = 3 → m % 2 = 1 → (m * m + 7) % 7 = 2",
            "theorem X : ∀ n : Nat, n % 2 = 1 → n % 7 = 3 → (n * n + 7) % 7 = 2",
        ]),
        ("mutate", "theorem X : True", []),
        ("generalise", "no theorem", []),
    ],
)  # fmt: skip
def test_what_the_rules_write(rule: str, statement: str, made: list[str]) -> None:
    assert [variant.text for variant in variants(statement, rule, 2)] == made


def test_the_configuration_names_the_rules_that_a_run_may_use() -> None:
    assert {*get_args(Rule)} == {*RULES} - {"mutate"} | {"subgoal"}


def parent(text: str, name: str = "p") -> Statement:
    return given(Problem(id=name, statement=text), 0)


def on_lean(backend: Backend) -> Tools:
    return tools(verify=checked_by(backend))


def references(count: int) -> list[Statement]:
    return [parent(item.reference, f"p{n}") for n, item in enumerate(generate(3, count)) if item.truth in ("true", "false")]


@pytest.mark.parametrize("rule", list(RULES))
def test_on_generated_statements_every_variant_elaborates_and_is_what_its_rule_says(rule: str, backend: Backend) -> None:
    work = on_lean(backend)
    parents = asyncio.run(formed(references(9), Benchmarks(), work))
    made, ties = by_rules(parents, [rule], 3, 1)
    assert len(made) >= {"generalise": 8, "specialise": 4, "negate": 7, "mutate": 12}[rule]
    context = Context(work)
    context.config.__dict__["trivial"] = "keep"
    rows = asyncio.run(filtered(made, context, (elaborates, tied(ties))))
    wrong = [(s.text, s.reason, s.detail) for s in rows if not s.kept]
    assert not wrong
    by_id = {s.id: s for s in parents}
    for s in rows:
        assert (s.origin, s.variant, s.round) == ("variant", rule, 1) and s.parent in by_id
        if rule == "negate":
            assert s.form == by_id[s.parent].negated_form != by_id[s.parent].form
        if rule == "mutate":
            assert s.form == by_id[s.parent].form


@pytest.mark.parametrize("rule", ["negate", "mutate"])
def test_where_there_are_no_normal_forms_lean_is_asked_for_a_proof(rule: str, backend: Backend) -> None:
    """As on backends that see no kernel objects."""
    made, ties = by_rules([parent(REMAINDER), parent(BINDERS, "q"), parent(POWER, "r")], [rule], 4, 1)
    assert made and all(by_form(s, *ties[s.id]) is None for s in made)
    for s in made:
        verdict = backend.check(question(s, *ties[s.id], 10.0))
        assert verdict.accepted, (s.text, verdict.first_error)


def test_what_is_not_what_its_rule_says_is_dropped(backend: Backend) -> None:
    work = on_lean(backend)
    (own,) = asyncio.run(formed([parent(POWER)], Benchmarks(), work))
    place = Problem(id="v")
    wrong = {
        "theorem X (n : ℕ) (hn : n ≠ 0) : 3 ^ n ≥ n + 1": Link("same", "Iff.rfl"),
        "theorem X : ¬ (∀ n : ℕ, 2 ^ n ≥ n + 1)": Link("not", "Iff.rfl"),
        "theorem X : ∀ m n : ℕ, m ^ n ≥ n + 1": Link("down", "h 3"),
        "theorem X : 2 ^ 5 ≥ 4 + 1": Link("up", "h 5 (by decide)"),
    }
    made = [new_statement(place, text, origin="variant", parent=own.id, variant="x") for text in wrong]
    ties = {s.id: (own, link) for s, link in zip(made, wrong.values(), strict=True)}
    for formless in (False, True):
        told = {id: (p.model_copy(update={"form": "", "negated_form": ""}) if formless else p, link) for id, (p, link) in ties.items()}
        rows = asyncio.run(filtered(made, Context(work), (tied(told),)))
        assert [s.reason for s in rows] == ["unrelated"] * 4 and all(s.detail for s in rows), formless


def test_variants_go_through_the_filters_of_formalized_statements(backend: Backend) -> None:
    work = on_lean(backend)
    parents = asyncio.run(formed([parent(REMAINDER), parent("theorem X : ∀ n : Nat, n > 9 → n + 2 > 11", "q")], Benchmarks(), work))
    made, ties = by_rules(parents, ["generalise", "specialise", "negate"], 2, 1)
    known = {s.form: s.id for s in parents}
    twin = new_statement(Problem(id="t"), "theorem X : ∀ k : Nat, k > 9 → 11 < k + 2", origin="variant", parent="q", variant="x")
    rows = asyncio.run(kept_variants([*made, twin], ties, Context(work, known=known)))
    reasons = {s.text: s.reason for s in rows}
    assert reasons["theorem X : 3 % 7 = 3 → 3 % 2 = 1 → (3 * 3 + 7) % 7 = 2"] in ("trivial", "true_of_anything")
    assert (
        reasons[twin.text] == "duplicate" and next(s for s in rows if s.id == twin.id).detail == f"says what statement {parents[1].id} says"
    )
    assert Counter(s.reason for s in rows)[""] >= 3


def test_copies_stay_though_they_repeat_their_parent(backend: Backend) -> None:
    work = on_lean(backend)
    parents = asyncio.run(formed([parent("theorem X : ∀ n m : Nat, n > 2 → m > 3 → n + m > 5")], Benchmarks(), work))
    made, ties = by_rules(parents, ["mutate"], 4, 0)
    rows = asyncio.run(kept_copies(made, ties, Context(work, known={parents[0].form: parents[0].id})))
    assert [s.shown["changed"] for s in rows] == ["names", "order", "sides", "names, order, sides"] and all(s.kept for s in rows)


def test_the_goals_of_failed_proofs_become_statements(backend: Backend) -> None:
    own = parent("theorem X (n : Nat) (h : n > 3) : n * n > 9 ∧ n + 1 > 4")
    verdict = backend.check(Check(id="a", statement=own.text, proof="by\n  constructor\n  · skip\n  · omega"))
    cut = Message(severity="error", line=1, column=0, text="unsolved goals\nn : Nat\n⊢ n > " + "n + " * 9 + "… …")
    rows = [
        VerdictRow(id="a", statement_id=own.id, outcome="rejected", errors=verdict.messages),
        VerdictRow(id="b", statement_id=own.id, outcome="rejected", errors=[cut, Message(severity="error", line=1, column=0, text="no")]),
        VerdictRow(id="c", statement_id="another", outcome="rejected", errors=verdict.messages),
    ]
    (made,) = subgoals({own.id: own}, rows, 2, 4)
    assert made.text == "theorem subgoal (n : ℕ) (h : n > 3) : n * n > 9"
    assert (made.origin, made.variant, made.parent, made.shown, made.round) == ("variant", "subgoal", own.id, {"attempt": "a"}, 4)
    (kept,) = asyncio.run(kept_variants([made], {}, Context(on_lean(backend))))
    assert kept.kept and kept.form


def test_rules_do_not_raise_on_whatever_text() -> None:
    rng = Random(5)
    for item in generate(4, 60):
        text = item.reference
        cut = rng.randrange(10, len(text))
        for rule in RULES:
            for broken in (text, text[:cut], text[:cut] + "(" + text[cut:], text.replace(" : ", " ")):
                variants(broken, rule, 3)
