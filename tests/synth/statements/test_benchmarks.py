"""Statements of a benchmark are found in both directions, on real Lean; given ones are dropped only where that is asked for."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from synth.benchmark import load_benchmark
from synth.config import FilterConfig, HeldoutConfig, RunConfig
from synth.overrides import apply_overrides
from synth.prompts import NAME
from synth.records import Drop, Problem, Statement, content_id
from synth.statements.benchmarks import Benchmarks, forms_of, read_benchmarks
from synth.statements.filters.base import Context
from synth.statements.filters.choose import distinct, merged
from synth.statements.filters.decontaminate import decontaminate
from synth.statements.filters.elaborates import elaborates
from synth.statements.filters.run import filtered
from synth.statements.screen import screened
from synth.statements.text import identity, normalized
from tests.synth.stage_fakes import checked_by, tools
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError

HELD = "theorem b (a c : Nat) (h : a > 3) (g : c ≥ 4) : a * c ≥ 12"


def statement(goal: str, problem: str = "p", **fields: object) -> Statement:
    text = f"theorem X {goal}"
    return Statement.model_validate({"id": content_id("s", problem, text), "problem_id": problem, "text": text} | fields)


def barred(backend: Backend, *statements: str, text: str = "", reason: Drop = Drop.CONTAMINATED) -> Benchmarks:
    problems = [Problem(id=f"b{i}", statement=one, source=f"bench.jsonl:{i + 1}", text=text) for i, one in enumerate(statements)]
    found = Benchmarks()
    found.add(problems, reason, asyncio.run(forms_of(problems, checked_by(backend))))
    return found


def test_normal_forms_find_what_the_text_does_not(backend: Backend) -> None:
    context = Context(tools(verify=checked_by(backend)), benchmarks=barred(backend, HELD))
    rows = [
        statement(": ∀ n m : Nat, 4 ≤ m → 3 < n → 12 ≤ n * m"),
        statement(": ¬ ∀ x y : Nat, (y ≥ 4 ∧ x > 3) → x * y ≥ 12"),
        statement(": ∀ n m : Nat, 4 ≤ m → 3 < n → 13 ≤ n * m"),
        statement(": ∀ n m : Nat, 4 ≤ m → 3 < n → 12 ≤ n * m", "g", origin="given"),
    ]
    result = asyncio.run(filtered(rows, context, (elaborates, decontaminate)))
    assert [(s.kept, s.reason) for s in result] == [(False, "contaminated"), (False, "contaminated"), (True, ""), (True, "")]
    assert [s.benchmark for s in result] == [
        "bench.jsonl:1 (normal form)", "bench.jsonl:1 (normal form of the negation)", "", "bench.jsonl:1 (normal form)",
    ]  # fmt: skip
    assert all(s.form and s.negated_form for s in result)
    dropping = Context(tools(verify=checked_by(backend)), FilterConfig(given_in_benchmark="drop"), benchmarks=context.benchmarks)
    (last,) = asyncio.run(filtered(rows[3:], dropping, (elaborates, decontaminate)))
    assert (last.kept, last.reason) == (False, "contaminated")
    off = Context(tools(verify=checked_by(backend)), FilterConfig(decontaminate=False), benchmarks=context.benchmarks)
    assert all(s.kept for s in asyncio.run(filtered(rows[:1], off, (elaborates, decontaminate))))


def test_without_kernel_objects_the_text_is_compared(backend: Backend) -> None:
    found = Benchmarks()
    found.add([Problem(id="b", statement=HELD, source="bench.jsonl:1")], Drop.HELDOUT, {})
    rows = [statement("(a c : ℕ) (h : a>3) (g : c ≥ 4) : a * c ≥ 12"), statement(": ∀ n m : Nat, 4 ≤ m → 3 < n → 12 ≤ n * m")]
    result = asyncio.run(decontaminate(rows, Context(tools(), benchmarks=found)))
    assert [(s.reason, s.benchmark) for s in result] == [("heldout", "bench.jsonl:1 (text)"), ("", "")]


PLUS, TIMES = "def f (n : Nat) : Nat := n + 1", "def f (n : Nat) : Nat := n * n"


@pytest.mark.parametrize("formal", [True, False])
@pytest.mark.parametrize("origin", ["autoformalized", "given"])
def test_the_same_words_about_other_definitions_are_no_repetition(backend: Backend, formal: bool, origin: str) -> None:
    row = Problem(id="b", statement="theorem b : ∀ n : Nat, f n > 0", preamble=PLUS, source="bench.jsonl:1")
    found = Benchmarks()
    found.add([row], Drop.CONTAMINATED, asyncio.run(forms_of([row], checked_by(backend))) if formal else {})
    context = Context(tools(verify=checked_by(backend)), benchmarks=found)
    rows = [statement(": ∀ n : Nat, f n > 0", name, preamble=preamble, origin=origin) for name, preamble in (("o", TIMES), ("s", PLUS))]
    steps = (elaborates, decontaminate) if formal else (decontaminate,)
    other, same = asyncio.run(filtered(rows, context, steps))
    assert other.benchmark == "" and same.benchmark == f"bench.jsonl:1 ({'normal form' if formal else 'text'})"


def test_where_both_have_forms_these_decide_and_else_the_text(backend: Backend) -> None:
    row = Problem(id="b", statement="theorem b : gcd 4 6 = 2", header="open Nat", source="bench.jsonl:1")
    forms = asyncio.run(forms_of([row], checked_by(backend)))
    with_forms, without = Benchmarks(), Benchmarks()
    with_forms.add([row], Drop.CONTAMINATED, forms)
    without.add([row], Drop.CONTAMINATED, {})
    subject = statement(": gcd 4 6 = 2", header="open Int")
    (formed,) = asyncio.run(elaborates([subject], Context(tools(verify=checked_by(backend)))))
    assert formed.form and forms and with_forms.statement(formed) is None
    for benchmarks, one in ((with_forms, subject), (without, subject), (without, formed)):
        assert (told := benchmarks.statement(one)) is not None and told.what == "bench.jsonl:1 (text)"


def test_without_forms_statements_in_other_contexts_are_two() -> None:
    goal = ": ∀ n : Nat, f n > 0"
    several = [
        statement(goal, preamble=PLUS),
        statement(goal, preamble=TIMES),
        statement(goal, header=TIMES),
        statement(goal, header="open A"),
    ]
    assert len({identity(one) for one in several}) == 3  # wherever the definition stands
    spelled = statement(": ∀ n : ℕ, f n>0", header="import Init -- all", preamble="/- f -/ def f (n : Nat) :\n  Nat := n + 1")
    assert identity(spelled) == identity(several[0])
    idle = statement(goal, preamble=f"def g (n : Nat) : Nat := n\n{PLUS}\ntheorem g_self (n : Nat) : g n = n := rfl")
    assert identity(idle) == identity(several[0])
    through = [statement(": g 2 > 0", preamble=f"{one}\ndef g (n : Nat) : Nat := f (f n)") for one in (PLUS, TIMES)]
    noted = [statement(": ♯2 > 0", preamble=f'{one}\nprefix:max "♯" => f') for one in (PLUS, TIMES)]
    assert len({identity(one) for one in (*through, *noted)}) == 4


def test_spaces_in_a_string_are_part_of_it() -> None:
    assert normalized('theorem X : "a  b".length = 4') != normalized('theorem X : "a b".length = 4')
    assert normalized("theorem X : ' ' = ' '") == normalized("theorem Y :  ' '  = ' '") != normalized("theorem X : '' = ''")
    assert normalized('theorem X : "ℕ ->" = "ℕ ->" ∧ (ℕ -> ℕ) = ℕ') == f'theorem {NAME} : "ℕ ->" = "ℕ ->" ∧ ( Nat → Nat ) = Nat'


def test_candidates_with_one_form_are_one_with_all_their_votes(backend: Backend) -> None:
    rows = [
        statement(": ∀ n : Nat, n > 2 → n * n > 4", votes=2),
        statement("(k : Nat) (h : 2 < k) : 4 < k * k", votes=1),
        statement(": ∀ n : Nat, n > 2 → n * n > 5", votes=1),
        statement("(k : Nat) (h : 2 < k) : 4 < k * k", "other", votes=1),
    ]
    result = asyncio.run(filtered(rows, Context(tools(verify=checked_by(backend))), (elaborates, merged)))
    assert [(s.kept, s.reason, s.votes) for s in result] == [(True, "", 3), (False, "duplicate", 1), (True, "", 1), (True, "", 1)]
    assert rows[0].id in result[1].detail


def test_what_an_earlier_round_kept_is_not_kept_again(backend: Backend) -> None:
    rows = [statement(": ∀ n : Nat, n > 2 → n * n > 4"), statement("(k : Nat) (h : 2 < k) : 4 < k * k", "q"), statement(": 1 = 2", "r")]
    fresh = asyncio.run(filtered(rows, Context(tools(verify=checked_by(backend))), (elaborates, distinct)))
    assert [s.reason for s in fresh] == ["", "duplicate", ""]
    known = {fresh[0].form: "earlier", fresh[2].form: rows[2].id}
    again = asyncio.run(filtered(rows, Context(tools(verify=checked_by(backend)), known=known), (elaborates, distinct)))
    assert [(s.reason, "earlier" in s.detail) for s in again] == [("duplicate", True), ("duplicate", True), ("", False)]


def test_problems_are_screened_by_their_words_before_they_are_formalized(backend: Backend) -> None:
    text = "If a is more than 3 and c is at least 4, prove that a * c is at least 12."
    benchmarks = barred(backend, HELD, text=text, reason=Drop.HELDOUT)
    problems = [
        Problem(id="copy", text="If x is more than 3 and c is at least 4, show that x * c is at least 12."),
        Problem(id="given", text=text, statement=HELD),
        Problem(id="new", text="Show that 7 divides n if 14 divides n."),
        Problem(id="again", text="Prove that 7 divides m if 14 divides m."),
        Problem(id="number", text="Prove that 7 divides m if 21 divides m."),
    ]
    found = screened(problems, benchmarks, FilterConfig())
    assert {name: one.reason for name, one in found.items()} == {"copy": "heldout", "given": "", "again": "duplicate"}
    assert "bench.jsonl:1" in found["copy"].benchmark and "new" in found["again"].detail
    assert screened(problems, benchmarks, FilterConfig(given_in_benchmark="drop"))["given"].reason == "heldout"
    assert screened(problems, benchmarks, FilterConfig(decontaminate=False)).keys() == {"again"}


def test_a_benchmark_that_cannot_be_read_is_told_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"filters\.benchmarks: .*nowhere"):
        read_benchmarks([str(tmp_path / "nowhere.jsonl")])
    file = tmp_path / "bench.jsonl"
    file.write_text("".join(json.dumps({"text": "t", "statement": HELD.replace("12", n)}) + "\n" for n in ("12", "12", "13")))
    assert len(read_benchmarks([str(file), str(file)])) == 2


def test_a_benchmark_with_columns_of_its_own(tmp_path: Path) -> None:
    """Its columns, its ending and its rows are said beside its name; a mistake there is told as one of that file."""
    file = tmp_path / "bench.data"
    file.write_text("q;kind\nShow that 5 is odd.;a\nShow that 7 is odd.;b\n")
    said = {"path": str(file), "format": "csv", "fields": {"text": "q"}, "where": {"kind": "b"}}
    config = FilterConfig.model_validate({"benchmarks": ["plain.jsonl", said]})
    assert config.benchmarks[0] == "plain.jsonl" and FilterConfig.model_validate(config.model_dump()) == config
    assert [problem.text for problem in read_benchmarks(config.benchmarks[1:])] == ["Show that 7 is odd."]
    with pytest.raises(UserError, match=r"bench\.data: cannot tell .*; set format to .*\(filters\.benchmarks=\[\{path: .*bench\.data"):
        read_benchmarks([str(file)])
    with pytest.raises(UserError, match=r"benchmarks`: .*bench\.data: `feilds`"):
        apply_overrides(RunConfig, {}, [f"filters.benchmarks=[{{path: {file}, feilds: {{text: q}}}}]"])


def test_the_held_out_file_may_have_any_ending(tmp_path: Path) -> None:
    file = tmp_path / "held.data"
    file.write_text(json.dumps({"statement": HELD}) + "\n")
    assert len(load_benchmark(HeldoutConfig(path=str(file), format="jsonl")).statements) == 1
    with pytest.raises(UserError, match=r"set heldout\.format"):
        load_benchmark(HeldoutConfig(path=str(file)))
