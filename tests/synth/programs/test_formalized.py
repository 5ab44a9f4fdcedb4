"""Statements that a model makes of programs and of words: a scripted formalizer, real Lean, and real Python in the jail."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from synth.answers.enumerate import jail_holds
from synth.config import RunConfig
from synth.llm.config import ROLES
from synth.llm.types import Completion, Sampling
from synth.programs.decide import Answer, decide
from synth.programs.formalized import Formalized, formalized
from synth.programs.items import Item, for_a_model, of_program, read_items
from synth.prompts import Prompt, load_prompts
from synth.records import Drop
from synth.run.translating import confirmed, told_who, with_cost
from synth.services import RoleModel, Tools
from tests.synth.stage_fakes import WEIGHTS, checked_by
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Outcome, Verdict

CONFIG = RunConfig.model_validate({"filters": {"grade": False}, "search": {"timeout": 10}, "formalize": {"samples": 4}})
LOOP = """def total(n: int) -> int:
    s = 0
    for i in range(n + 1):
        s += i
    return s

def requirement(n: int) -> bool:
    return implies(n >= 0, 2 * total(n) == n * (n + 1))
"""
DEFINED = """def upto : Nat → Int
  | 0 => 0
  | k + 1 => upto k + (k + 1)

def total (n : Int) : Int := if n < 0 then 0 else upto n.toNat"""
CLAIM = "theorem requirement : ∀ n : Int, n ≥ 0 → 2 * total n = n * (n + 1)"
RIGHT = f"Here it is.\n```lean4\n{DEFINED}\n\n{CLAIM} := by sorry\n```"


def made(item: Item, answers: list[str], backend: Backend, config: RunConfig = CONFIG) -> tuple[Formalized, list[Prompt]]:
    """What becomes of an item, of whose questions the first is asked, and the prompts."""
    asked: list[Prompt] = []

    async def sample(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        asked.extend(prompts)
        return [[Completion(text, len(text.split()), True, WEIGHTS) for text in answers[: sampling.n]] for _ in prompts]

    models = {role: RoleModel(load_prompts("chat"), sample) for role in ROLES}
    tools = Tools(models, checked_by(backend))
    return asyncio.run(formalized(for_a_model([item])[0], config, tools, "a-model")), asked


def item_of(program: str, words: str = "", language: str = "python", goal: str = "") -> Item:
    (item,) = of_program(program, "x.py", goal, words, language)
    return item


def decided(one: Formalized, backend: Backend) -> tuple[Answer, dict[str, str], str]:
    found = with_cost(asyncio.run(decide(one.item, CONFIG.search, Tools({}, checked_by(backend)))), one).decision
    assert found.tokens > 0 and (found.translated_by, found.stated_by) == (one.item.translated_by, one.item.stated_by)
    return found.answer, found.counterexample, told_who(found)


def test_a_requirement_in_words_is_stated_of_our_definitions(backend: Backend) -> None:
    item = item_of("def double(n: Nat) -> Nat:\n    return n + n\n", "The double of a number is even.")
    answers = [
        "```lean4\ndef double (n : Nat) : Nat :=\n  n + n\n\ntheorem X (n : Nat) : double n % 2 = 0 := by sorry\n```",
        "```lean4\ntheorem X (m : Nat) : double m % 2 = 0 := by sorry\n```",
        "```lean4\ntheorem X (double : Nat → Nat) (n : Nat) : double n = double n := by sorry\n```",
        "Evenness is a fine property.",
    ]
    one, (prompt,) = made(item, answers, backend)
    assert "The double of a number is even." in prompt.text and "def double (n : Nat) : Nat :=" in prompt.text
    assert one.item.statement and (one.item.statement.votes, one.item.statement.preamble) == (2, "def double (n : Nat) : Nat :=\n  n + n")
    assert {s.reason for s in one.statements if not s.kept} == {Drop.NAMELESS, Drop.DUPLICATE}
    assert (one.item.translated_by, one.item.stated_by) == ("synth", "a-model")
    answer, _, told = decided(one, backend)
    assert answer is Answer.PROVED and told.startswith(" [a-model made of it: theorem X (")


@pytest.mark.skipif(not jail_holds(), reason="this machine cannot confine a Python program")
def test_a_program_with_a_loop_is_translated_and_compared(backend: Backend) -> None:
    off = RIGHT.replace("| 0 => 0", "| 0 => 1")
    narrow = RIGHT.replace("∀ n : Int, n ≥ 0 → 2 * total n = n * (n + 1)", "∀ n : Nat, 2 * total n = n * (n + 1)")
    weak = RIGHT.replace("n ≥ 0 →", "n > 100 →")
    one, (prompt,) = made(item_of(LOOP), [off, narrow, weak, RIGHT], backend)
    assert prompt.role == "translate" and "for i in range(n + 1):" in prompt.text
    assert [(s.reason, s.votes) for s in one.statements] == [("", 3), (Drop.DIFFERS, 1)], (
        "the requirement is ours, whatever the theorem says"
    )
    assert one.statements[1].detail == "total(0) is 0 in Python, and not in Lean"
    assert one.item.statement and one.item.statement.text == "theorem requirement : ∀ n : Int, n ≥ 0 → 2 * total n = n * (n + 1)"
    assert one.compared > 5 and (one.item.translated_by, one.item.stated_by) == ("a-model", "synth")


@pytest.mark.skipif(not jail_holds(), reason="this machine cannot confine a Python program")
def test_a_bug_in_a_translated_program_is_found(backend: Backend) -> None:
    wrong = LOOP.replace("range(n + 1)", "range(n)")
    lean = RIGHT.replace("upto k + (k + 1)", "upto k + k")
    one, _ = made(item_of(wrong), [lean, RIGHT], backend)
    assert [s.reason for s in one.statements] == ["", Drop.DIFFERS]
    answer, counterexample, told = decided(one, backend)
    assert (answer, counterexample) == (Answer.REFUTED, {"n": "1"}) and CLAIM in told


TUPLES = """def pair(n: int) -> tuple[int, int]:
    return (n, n + 1)

def requirement(n: int) -> bool:
    return pair(n)[0] < pair(n)[1]
"""
PAIR = "```lean4\ndef pair (n : Int) : Int × Int := (n, n + 1)\n\ntheorem requirement : {} := by sorry\n```"


@pytest.mark.skipif(not jail_holds(), reason="this machine cannot confine a Python program")
def test_a_requirement_that_is_not_ours_is_about_all_inputs(backend: Backend) -> None:
    claims = ("∀ n : Nat, (pair n).1 < (pair n).2", "(pair 3).1 < (pair 3).2", "∀ n : Int, (pair n).1 < (pair n).2")
    one, _ = made(item_of(TUPLES), [PAIR.format(claim) for claim in claims], backend)
    assert [s.reason for s in one.statements] == [Drop.DIFFERS, Drop.DIFFERS, ""]
    assert "that leaves numbers out" in one.statements[0].detail and "a variable n" in one.statements[1].detail
    assert one.item.stated_by == "a-model" and decided(one, backend)[0] is Answer.PROVED


@pytest.mark.skipif(not jail_holds(), reason="this machine cannot confine a Python program")
def test_a_statement_weaker_than_the_programs_requirement_is_dropped(backend: Backend) -> None:
    wrong = TUPLES.replace("n + 1)", "n * n)")
    lean = PAIR.replace("n + 1)", "n * n)").format("∀ n : Int, n > 1 → (pair n).1 < (pair n).2")
    stronger = PAIR.format("∀ n : Int, 0 < n ∧ (pair n).1 < (pair n).2")
    for program, answer, says in ((wrong, lean, "requirement(0) is False"), (TUPLES, stronger, "requirement(0) is True")):
        one, _ = made(item_of(program), [answer], backend)
        assert one.item.statement is None and says in one.statements[0].detail, one.statements


@pytest.mark.skipif(not jail_holds(), reason="this machine cannot confine a Python program")
def test_a_decision_that_the_program_contradicts_is_none(backend: Backend) -> None:
    late = """def pair(n: int, m: int) -> tuple[int, int]:
    return (n + m, n + m + 1 - n // 31)

def requirement(n: int, m: int) -> bool:
    return pair(n, m)[0] < pair(n, m)[1]
"""
    lean = PAIR.replace("(n : Int)", "(n m : Int)").replace("(n, n + 1)", "(n + m, n + m + 1)")
    one, _ = made(item_of(late), [lean.format("∀ n m : Int, (pair n m).1 < (pair n m).2")], backend)
    found = asyncio.run(decide(one.item, CONFIG.search, Tools({}, checked_by(backend))))
    after = asyncio.run(confirmed(found, one, CONFIG)).decision
    assert (found.decision.answer, after.answer, after.proof) == (Answer.PROVED, Answer.UNDECIDED, "")
    assert after.reason.startswith("x.py: a-model translated it wrongly: requirement(100, 0) is False in Python, so it is not what")
    right, _ = made(item_of(TUPLES), [PAIR.format("∀ n : Int, (pair n).1 < (pair n).2")], backend)
    found = asyncio.run(decide(right.item, CONFIG.search, Tools({}, checked_by(backend))))
    assert asyncio.run(confirmed(found, right, CONFIG)) is found


GCD = """def gcd(a: Nat, b: Nat) -> Nat:
    while b > 0:
        a, b = b, a % b
    return a

def requirement(a: Nat) -> bool:
    return gcd(a, 0) == a
"""
EUCLID = """```lean4
def gcd (a b : Nat) : Nat :=
  if h : b = 0 then a else gcd b (a % b)
termination_by b
decreasing_by exact Nat.mod_lt _ (Nat.pos_of_ne_zero h)

theorem requirement : ∀ a : Nat, gcd a 0 = a := by sorry
```"""


@pytest.mark.skipif(not jail_holds(), reason="this machine cannot confine a Python program")
@pytest.mark.slow
def test_lean_computes_what_ends_by_a_measure(backend: Backend) -> None:
    one, _ = made(item_of(GCD), [EUCLID, EUCLID.replace("then a else", "then b else")], backend)
    assert [s.reason for s in one.statements] == ["", Drop.DIFFERS] and one.compared > 5
    assert (one.item.translated_by, one.item.stated_by) == ("a-model", "synth")


def test_a_given_requirement_stands_beside_the_programs_own() -> None:
    asked = for_a_model([item_of(LOOP, goal="total 3 = 6")])
    assert [(item.name, item.wanted[0].goal) for item in asked] == [("requirement", ""), ("requirement_", "total 3 = 6")]


def test_a_statement_of_words_has_further_turns(backend: Backend) -> None:
    item = item_of("def double(n: Nat) -> Nat:\n    return n + n\n", "The double of a number is even.")
    turns = RunConfig.model_validate({**CONFIG.model_dump(), "formalize": {"samples": 1, "refine": 1}})
    texts = iter(["theorem X (n : Nat) : (n + n) % 2 = 0", "theorem X (n : Nat) : double n % 2 = 0"])

    async def sample(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        return [[Completion(f"```lean4\n{next(texts)} := by sorry\n```", 9, True, WEIGHTS)] for _ in prompts]

    tools = Tools({role: RoleModel(load_prompts("chat"), sample) for role in ROLES}, checked_by(backend))
    one = asyncio.run(formalized(for_a_model([item])[0], turns, tools, "a-model"))
    assert [(s.reason, s.origin) for s in one.statements] == [(Drop.NAMELESS, "autoformalized"), ("", "refined")]
    assert one.item.statement and "names no function" in one.item.statement.shown["message"]


BAD = [
    ("", "unparsed", "empty"),
    ("The sum of the first n numbers is n (n + 1) / 2.", "unparsed", "prose"),
    ("```python\nprint(1)\n```", "unparsed", "no_theorem"),
    ("```lean4\ntheorem requirement : 1 = 1 := by sorry\n```", "unparsed", "definitions"),
    (f"```lean4\n{DEFINED}\n\ntheorem requirement (n : Int : total n = n := by sorry\n```", "unparsed", "malformed"),
    (PAIR.format("∀ n : Int, pear n = n"), "nameless", "names none of pair"),
    (PAIR.format("∀ (pair : Int → Int) (n : Int), pair n = pair n"), "nameless", "names none of pair"),
    (RIGHT.replace("n.toNat", "n.toNatt"), "elaboration", "toNatt"),
    (RIGHT.replace("def upto", "axiom bad : False\n\ndef upto"), "policy", "command:axiom"),
    (RIGHT.replace("def upto", "partial def upto"), "policy", "command:partial"),
    (RIGHT.replace("def upto", "unsafe def upto"), "policy", "command:unsafe"),
    (RIGHT.replace("def upto", "opaque zero : Int\n\ndef upto"), "policy", "command:opaque"),
    (RIGHT.replace("def upto", "@[implemented_by Int.toNat]\ndef upto"), "policy", "implemented_by"),
    (RIGHT.replace("def upto", "@[simp] def upto"), "policy", "`@[`"),
    (RIGHT.replace("def upto", "noncomputable def upto"), "policy", "`noncomputable`"),
    (RIGHT.replace("def upto", "instance : Mul Int := ⟨fun _ _ => 0⟩\n\ndef upto"), "policy", "command:instance"),
    (RIGHT.replace("def upto", 'notation "two" => 3\n\ndef upto'), "policy", "command:notation"),
    (RIGHT.replace("def upto", 'local infixl:70 " * " => Int.add\n\ndef upto'), "policy", "command:local"),
    (RIGHT.replace("def upto", "namespace A\ndef max (a b : Int) := a\nend A\nopen A\n\ndef upto"), "policy", "`namespace`"),
    (RIGHT.replace("def upto", "def Int.half (a : Int) : Int := a\n\ndef upto"), "policy", "`Int.half` means something in Lean"),
    (RIGHT.replace("def upto", "def max (a b : Int) : Int := a + b\n\ndef upto"), "policy", "`max` means something in Lean"),
    (RIGHT.replace("def upto", "def good (n : Int) : Prop := True\n\ndef upto"), "hidden", "def good is True"),
    (RIGHT.replace("else upto n.toNat", "else sorry"), "policy", "sorry"),
]


@pytest.mark.parametrize(("answer", "reason", "says"), BAD)
def test_what_is_no_translation_is_dropped_with_the_reason(answer: str, reason: str, says: str, backend: Backend) -> None:
    program = TUPLES if "pair" in answer else LOOP
    one, _ = made(item_of(program), [answer], backend)
    (dropped,) = one.statements
    assert (dropped.kept, dropped.reason) == (False, reason) and says in dropped.detail, dropped.detail
    assert one.item.statement is None and not one.again
    assert one.item.refused.startswith("x.py: line ")
    assert f"of what a-model made of it nothing can be used: 1 {reason}" in one.item.refused
    assert dropped.shown["program"] == program and dropped.prompt == load_prompts("chat").hash("translate")


def test_another_language_is_the_models_alone(backend: Backend) -> None:
    scala = "def twice(n: Int): Int = n + n\n\ndef requirement(n: Int): Boolean = twice(n) == 2 * n\n"
    lean = "```lean\ndef twice (n : Int) : Int := n + n\n\ntheorem requirement (n : Int) : twice n = 2 * n := by sorry\n```"
    one, (prompt,) = made(item_of(scala, language="scala"), [lean], backend)
    assert "```scala\ndef twice" in prompt.text and "function `requirement`" in prompt.text
    assert one.item.statement and one.compared == 0 and decided(one, backend)[0] is Answer.PROVED


def test_a_given_proposition_is_what_is_proved_of_a_translation(backend: Backend) -> None:
    program = LOOP.partition("def requirement")[0]
    one, (prompt,) = made(item_of(program, goal="total 3 = 6"), [RIGHT], backend)
    assert "`theorem requirement : total 3 = 6`" in prompt.text
    assert one.item.statement and one.item.statement.text == "theorem requirement : total 3 = 6"
    assert (one.item.translated_by, one.item.stated_by) == ("a-model", "")


def test_a_checker_or_model_that_fails_is_no_verdict(backend: Backend) -> None:
    (item,) = for_a_model([item_of(LOOP)])

    async def silent(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        return [[Completion("", 0, False, WEIGHTS, fault="the server is away")] for _ in prompts]

    async def answers(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        return [[Completion(RIGHT, 9, True, WEIGHTS)] for _ in prompts]

    async def away(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=check.id, outcome=Outcome.INFRA, reason="away") for check in checks]

    for sample, verify in ((silent, checked_by(backend)), (answers, away)):
        tools = Tools({role: RoleModel(load_prompts("chat"), sample) for role in ROLES}, verify)
        one = asyncio.run(formalized(item, CONFIG, tools, "a-model"))
        found = with_cost(asyncio.run(decide(one.item, CONFIG.search, replace(tools, models={}))), one)
        assert one.again and found.infra and found.decision.answer is Answer.UNDECIDED and found.decision.reason.endswith("try again")


def test_what_a_model_can_be_asked_for(tmp_path: Path) -> None:
    rows = [
        '{"definitions": "open Nat\\ndef f (n : Nat) : Nat := n", "text": "f is the identity"}',
        '{"program": "fun f(n) = n", "language": "Kotlin", "text": "f is the identity"}',
        '{"program": "fun f(n) = n", "language": "Kotlin"}',
        '{"program": "def f(", "text": "f is the identity"}',
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "a.scala").write_text(
        "def f(n: Int) = n\ndef requirement_a(n: Int) = f(n) == n\ndef requirement_b(n: Int) = true", encoding="utf-8"
    )
    (tmp_path / "b.py").write_text('def f(n: Nat) -> Nat:\n    """Gives n itself."""\n    return n\n', encoding="utf-8")
    items = read_items(tmp_path)
    assert [len(item.wanted) for item in items] == [2, 1, 1, 1, 0, 0] and all(item.refused for item in items)
    asked = for_a_model(items)
    assert [item.name for item in asked[:2]] == ["requirement_a", "requirement_b"] and len(asked) == 7
    assert [item.wanted[0].words for item in asked[2:5]] == ["f: Gives n itself.", "f is the identity", "f is the identity"]
    assert (asked[3].wanted[0].header, asked[3].wanted[0].preamble) == ("open Nat", "def f (n : Nat) : Nat := n")
