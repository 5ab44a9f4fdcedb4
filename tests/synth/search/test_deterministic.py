"""The strategies that need no model: inputs that refute, and scripts made from definitions."""

from __future__ import annotations

import asyncio

import pytest

from synth.config import SearchConfig
from synth.records import Problem, Statement
from synth.search.binders import Binder, leading
from synth.search.counterexample import input_of, instances, refutation
from synth.search.induction import scripts, used_definitions
from synth.search.loop import search, strategies
from synth.statements.text import given
from tests.synth.stage_fakes import checked_by, tools
from verify_workers.backends.base import Backend

CONFIG = SearchConfig(strategies=("counterexample", "induction"), timeout=5)


def statement(goal: str, preamble: str = "") -> Statement:
    return given(Problem(id="p", text="", statement=f"theorem X {goal}", preamble=preamble), 0)


@pytest.mark.parametrize(
    ("goal", "binders"),
    [
        (": ∀ n m : Nat, n = m", [Binder("n", "Nat"), Binder("m", "Nat")]),
        (": ∀ (n : Nat) (xs : List Int), n = xs.length", [Binder("n", "Nat"), Binder("xs", "List Int")]),
        (
            "(n : Nat) (h : n > 2) : ∀ b : Bool, b = b",
            [Binder("n", "Nat", False, True), Binder("h", "n > 2", True, True), Binder("b", "Bool")],
        ),
        (": ∀ f : Nat → Nat, ∀ n, f n = n", [Binder("f", "Nat → Nat")]),
        (": ∀ n < 3, n < 4", []),
        (": ∀ n ∈ [1, 2], n < 4", []),
        ("{n : Nat} : n = n", []),
        (": 1 = 1", []),
    ],
)
def test_leading_binders(goal: str, binders: list[Binder]) -> None:
    assert list(leading(f"theorem X {goal}")) == binders


def test_inputs_are_small_and_telling() -> None:
    subject = statement(": ∀ n : Nat, f n < 40", "def f (n : Nat) : Nat := if n = 137 then 99 else n % 30")
    tried = [one["n"] for one in instances(subject)]
    assert tried[:4] == ["0", "1", "2", "3"] and {"136", "137", "138", "39", "40", "41"} <= {*tried[:20]} and len({*tried}) == len(tried)
    pairs = instances(statement(": ∀ (a : Int) (xs : List Int), a = xs.length"))
    assert pairs[0] == {"a": "0", "xs": "[]"} and {"a": "-1", "xs": "[0]"} in pairs[:10] and len(pairs) > 200
    assert not instances(statement(": ∀ f : Nat → Nat, f 0 = 0")) and not instances(statement(": 1 = 2"))
    assert input_of(subject, refutation(subject, {"n": "40"})) == {"n": "40"} and input_of(subject, "by simp") == {}


@pytest.mark.parametrize(
    ("goal", "preamble", "input"),
    [
        (": ∀ n : Nat, n * n ≠ 49", "", {"n": "7"}),
        (": ∀ x y : Int, x * y ≥ 0", "", {"x": "1", "y": "-1"}),
        (": ∀ b c : Bool, (b && c) = b", "", {"b": "true", "c": "false"}),
        (": ∀ xs : List Nat, xs.length < 3", "", {"xs": "[0, 0, 0]"}),
        ("(n : Nat) (h : n > 5) (m : Nat) : n + m ≠ 9", "", {"n": "9", "m": "0"}),
    ],
)
def test_a_false_statement_is_refuted(goal: str, preamble: str, input: dict[str, str], backend: Backend) -> None:
    subject = statement(goal, preamble)
    with_tools = tools(verify=checked_by(backend))
    found = asyncio.run(search(subject, None, strategies(subject, None, CONFIG, with_tools), CONFIG, with_tools))
    (pair,) = found.pairs
    assert pair.negated and pair.strategy == "counterexample" and input_of(subject, pair.proof) == input
    assert len(found.attempts) == 1  # inputs that do not refute are no attempts


def test_an_input_that_takes_too_long_hides_none_before_it(backend: Backend) -> None:
    slow = "def slow (n : Nat) : Nat :=\n  match n with\n  | 0 => 0\n  | m + 1 => if slow m = slow m then slow m + 0 else 1\n"
    subject = statement(": ∀ n : Nat, slow n ≠ 0 ∨ n = 0", slow)
    config = CONFIG.model_copy(update={"timeout": 3.0, "strategies": ("counterexample",)})
    with_tools = tools(verify=checked_by(backend))
    found = asyncio.run(search(subject, None, strategies(subject, None, config, with_tools), config, with_tools))
    assert [input_of(subject, pair.proof) for pair in found.pairs] == [{"n": "1"}]


def test_the_negation_may_be_switched_off() -> None:
    subject = statement(": ∀ n : Nat, n = 0")
    off = CONFIG.model_copy(update={"negation": False})
    assert [planned[0].name for planned in strategies(subject, None, off, tools())] == ["induction"]


def test_definitions_that_a_statement_rests_on() -> None:
    preamble = "def a (n : Nat) : Nat := n\ndef b (n : Nat) : Nat := a n\ndef c (n : Nat) : Nat := n"
    assert used_definitions(statement(": ∀ n : Nat, b n = n", preamble)) == ["b", "a"]
    made = list(scripts(statement(": ∀ n m : Nat, b n + m = n + m", preamble)))
    assert made[0] == "intro n m; simp_all [b, a]" and any("induction n generalizing m" in one for one in made)
    assert any(one.startswith("intro n m; intros; fun_induction b") for one in made) and len({*made}) == len(made)


@pytest.mark.parametrize(
    ("goal", "preamble"),
    [
        (": ∀ n acc : Nat, f n acc = n + acc", "def f (n acc : Nat) : Nat :=\n  match n with\n  | 0 => acc\n  | m + 1 => f m (acc + 1)"),
        (": ∀ x : Int, f x ≥ 0", "def f (x : Int) : Int := if x < 0 then -x else x"),
        ("(xs ys : List Nat) : (f xs ys).length = xs.length + ys.length", "def f (xs ys : List Nat) : List Nat := xs ++ ys"),
    ],
)
def test_scripts_prove(goal: str, preamble: str, backend: Backend) -> None:
    subject = statement(goal, preamble)
    with_tools = tools(verify=checked_by(backend))
    found = asyncio.run(search(subject, None, strategies(subject, None, CONFIG, with_tools), CONFIG, with_tools))
    assert {(pair.strategy, pair.negated) for pair in found.pairs} == {("induction", False)}
