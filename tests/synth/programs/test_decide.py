"""Items from files, and the decisions on them, on real Lean."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from synth.config import SearchConfig
from synth.programs.decide import Answer, Decision, decide
from synth.programs.items import of_lean, of_program, read_items
from synth.run.programs import Report
from synth.services import Tools
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.records import Check, Outcome, Verdict

CONFIG = SearchConfig(strategies=("whole_proof",), attempts=2, wave=2, timeout=5)
DOUBLE = "def double(n: Nat) -> Nat:\n    if n == 0:\n        return 0\n    return double(n - 1) + {step}\n\n"
RIGHT = DOUBLE.format(step=2) + "def requirement(n: Nat) -> bool:\n    return double(n) == n + n\n"
WRONG = DOUBLE.format(step=3) + "def requirement(n: Nat) -> bool:\n    return double(n) == n + n\n"
HARD = "def power (n : Nat) : Nat := n ^ 5\n\ntheorem mean : ∀ n m : Nat, power n + power m + 2 = power 7 * n → n = m"


def decided(program: str, backend: Backend, answers: list[str] | None = None) -> Decision:
    (item,) = of_lean(program, "x.lean") if "theorem" in program else of_program(program, "x.py")
    sample, _ = scripted(lambda prompt, n: (answers or ["simp"])[:n])
    return asyncio.run(decide(item, CONFIG, tools(sample, checked_by(backend)))).decision


def test_a_right_program_is_proved(backend: Backend) -> None:
    one = decided(RIGHT, backend)
    assert (one.answer, one.strategy, one.counterexample, one.tokens) == (Answer.PROVED, "induction", {}, 0)
    assert one.checks > 1 and one.core_seconds > 0
    check = Check(id="x", preamble=one.preamble, statement=one.statement, proof=one.proof, timeout=20)
    assert backend.check(check).accepted


def test_a_wrong_one_is_refuted_by_its_smallest_input(backend: Backend) -> None:
    one = decided(WRONG, backend)
    assert (one.answer, one.strategy, one.counterexample) == (Answer.REFUTED, "counterexample", {"n": "1"})
    check = Check(id="x", preamble=one.preamble, statement=one.statement, proof=one.proof, negated=True, timeout=20)
    assert backend.check(check).accepted


def test_a_rows_requirement_stands_beside_the_programs_own() -> None:
    items = of_program(RIGHT, "x.py", "∀ n, double n = 3 * n")
    assert [one.statement and one.statement.text for one in items] == [
        "theorem requirement : ∀ n : Nat, double n = n + n",
        "theorem requirement_ : ∀ n, double n = 3 * n",
    ]


def test_hypotheses_hold_at_a_counterexample(backend: Backend) -> None:
    lean = "def f (n : Nat) : Nat := if n = 23 then 0 else n\n\ntheorem X (n : Nat) (h : n > 4) (k : Nat) : f n + k ≥ 5"
    one = decided(lean, backend)
    assert (one.answer, one.counterexample) == (Answer.REFUTED, {"n": "23", "k": "0"})


def test_what_nothing_decides_is_asked_about(backend: Backend) -> None:
    one = decided(HARD, backend)
    assert one.answer is Answer.UNDECIDED and "is the requirement meant so?" in one.reason and one.tokens > 0


def test_the_model_is_asked_last_and_its_proof_counts(backend: Backend) -> None:
    lean = "def f (n : Nat) : Nat := n\n\ntheorem X : ∃ k : Nat, f k * f k * f k = 29791"
    one = decided(lean, backend, ["omega", "exact ⟨31, by decide⟩"])
    assert (one.answer, one.strategy) == (Answer.PROVED, "whole_proof") and one.tokens > 0


@pytest.mark.parametrize(
    ("program", "answer", "says"),
    [
        ("def f(n: Nat) -> Nat:\n    return n + g\n", Answer.UNTRANSLATABLE, "x.py: line 2: `g` is not known here"),
        ("def f(n: Nat) -> Nat:\n    return n\n", Answer.UNTRANSLATABLE, "no requirement"),
        ("theorem X : f 3 = 3", Answer.ILL_FORMED, "Lean does not accept it"),
        ("theorem X (n : Nat", Answer.UNTRANSLATABLE, "x.lean"),
    ],
)
def test_what_cannot_be_decided_says_why(program: str, answer: Answer, says: str, backend: Backend) -> None:
    one = decided(program, backend)
    assert one.answer is answer and says in one.reason and not one.proof


WITHDRAW = "def withdraw(b: Int, a: Int) -> Int:\n    if a > b:\n        return b\n    return b - a\n\n"


@pytest.mark.parametrize(
    ("requirement", "says"),
    [
        ("implies(a > b and a < b, withdraw(b, a) == 17)", "its hypotheses can never hold"),
        ("implies(withdraw(b, a) > b and a > 0, withdraw(b, a) == 17)", "its hypotheses can never hold"),
        ("implies(withdraw(b, a) > 3, withdraw(b, a) > 3)", "its conclusion is one of its hypotheses"),
        ("withdraw(b, a) > 3 or withdraw(b, a) <= 3", "it is true of any withdraw"),
        ("a == a", "it names no function of the program"),
        ("implies(a >= 0, withdraw(b, a) <= b)", ""),
        ("withdraw(b, b) == 0", ""),
    ],
)
def test_a_proved_requirement_that_says_nothing_is_told(requirement: str, says: str, backend: Backend) -> None:
    one = decided(f"{WITHDRAW}def requirement(b: Int, a: Int) -> bool:\n    return {requirement}\n", backend)
    assert (one.answer, one.says_nothing) == (Answer.PROVED, says)
    lines = Report([one]).lines()
    assert says in lines[0] and lines[-2] == "1 items: 1 proved" + ("; 1 of the proved ones say nothing" if says else "")


def test_types_and_dotted_names_are_named(backend: Backend) -> None:
    lean = (
        "inductive Door | shut | ajar\n\ndef Door.turned : Door → Door\n  | .shut => .ajar\n  | .ajar => .shut\n\ntheorem X (d : Door) : "
    )
    assert decided(f"{lean}d.turned.turned = d", backend).says_nothing == ""


def test_what_lean_says_is_one_line(backend: Backend) -> None:
    one = decided("def f (n : Nat) : Nat := n\n\ntheorem X (n : Nat) :\n  f n =\n    g n", backend)
    assert (one.answer, one.reason) == (Answer.ILL_FORMED, "x.lean: Lean does not accept it: Unknown identifier `g`")


def test_a_failing_checker_decides_nothing() -> None:
    async def broken(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=check.id, outcome=Outcome.INFRA, reason="gone") for check in checks]

    (item,) = of_program(WRONG, "x.py")
    sample, _ = scripted(lambda prompt, n: ["simp"] * n)
    one = asyncio.run(decide(item, CONFIG, tools(sample, broken))).decision
    assert one.answer is Answer.UNDECIDED and "the checker failed" in one.reason


def test_files_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(RIGHT, encoding="utf-8")
    lean = "def f (n : Nat) := n\n\n/-- Nothing changes. -/\ntheorem one : f 1 = 1\n\ntheorem two : f 2 = 2 := by sorry\n"
    (tmp_path / "b.lean").write_text(f"import Mathlib\n\n{lean}", encoding="utf-8")
    rows = [{"program": RIGHT, "text": "it doubles"}, {"definitions": "def g (n : Nat) := n", "requirement": "∀ n, g n = n"}]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a program", encoding="utf-8")
    items = read_items(tmp_path)
    assert [item.name for item in items] == ["requirement", "one", "two", "requirement", "requirement"]
    assert not [item.refused for item in items if item.refused]
    one, two = (item.statement for item in items[1:3])
    assert one and two and one.text == "theorem one : f 1 = 1" and two.text == "theorem two : f 2 = 2"
    assert one.header == "import Mathlib" and two.preamble == "def f (n : Nat) := n" and items[1].problem
    assert items[1].problem.text == "Nothing changes." and items[3].problem and items[3].problem.text == "it doubles"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.jsonl", "{", "a.jsonl:1: not valid JSON"),
        ("a.jsonl", '{"text": "x"}', "a.jsonl:1: no field `program`"),
        ("a.jsonl", '{"requirement": "True"}', "a.jsonl:1: no field `program` and no field `definitions`"),
        ("a.jsonl", '{"text": "a\u2028b"}', "a.jsonl:1: no field `program`"),
        ("a.parquet", "PAR1", "a.parquet: what it holds is not known by its name"),
        ("a.jsonl", '{"program": 3}', "an object of texts"),
        ("a.txt", "x", "not known by its name"),
        ("a.py", "\xff", "no program"),
    ],
)
def test_a_file_that_is_none(name: str, text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    if name == "a.py":
        (tmp_path / name).unlink()
        with pytest.raises(UserError, match=says):
            read_items(tmp_path)
    else:
        with pytest.raises(UserError, match=says):
            read_items(tmp_path / name)


def test_what_stands_between_theorems_is_not_left_out_in_silence() -> None:
    """`two` was proved of the first `f`, and said to be about `B.f`."""
    shadowed = "def f (n : Nat) : Nat := n + 1\ntheorem one (n : Nat) : f n > n\nnamespace B\ntheorem two (n : Nat) : f n > n\nend B\n"
    (item,) = of_lean(shadowed, "open.lean")
    assert item.statement is None and item.refused.startswith(
        "open.lean: line 3: what stands between the theorems, or after them, does not"
    )
    (item,) = of_lean("theorem one : 1 = 1\ndef g := 2\n", "after.lean")
    assert "line 2" in item.refused
    plain = "def f (n : Nat) : Nat := n\n/-- first -/\ntheorem one : f 1 = 1\n-- a remark\n/-- second -/\ntheorem two : f 2 = 2\n"
    assert [item.name for item in of_lean(plain, "plain.lean") if item.statement] == ["one", "two"]


def test_without_a_model_what_nothing_decides_is_undecided(backend: Backend) -> None:
    """Strategies that ask a model were tried although there was none: a trace, and no report of any item."""
    program = "def bomb(n: Nat) -> Nat:\n    return 1 if n * n == 15241383936 else 0\n"
    program += "def requirement_bomb(n: Nat) -> bool:\n    return bomb(n) == 0\n"
    (item,) = of_program(program, "bomb.py")
    config = SearchConfig(tactics=("rfl",), timeout=5)
    made = asyncio.run(decide(item, config, Tools({}, checked_by(backend))))
    assert made.decision.answer is Answer.UNDECIDED and "is the requirement meant so" in made.decision.reason
