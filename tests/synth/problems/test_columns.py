"""Columns as published data sets name and fill them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.problems.readers import ProblemsConfig, Reading, read_problems
from synth.records import Problem
from verify_workers.errors import UserError

HEADER = "import Mathlib\nimport Aesop\n\nset_option maxHeartbeats 400000\n\nopen BigOperators Real Nat Topology Rat"
WORDS = "Show that adding zero changes nothing."
THEOREM = "theorem add_zero_a (n : Nat) : n + 0 = n := by"


def read(tmp_path: Path, *rows: dict[str, Any] | str, **options: Any) -> Reading:
    path = tmp_path / "p.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return read_problems(ProblemsConfig(path=str(path), **options))


def one(tmp_path: Path, row: dict[str, Any] | str, **options: Any) -> Problem:
    (problem,) = read(tmp_path, row, **options).problems
    return problem


def failure(tmp_path: Path, *rows: dict[str, Any] | str, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(tmp_path, *rows, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_definitions_before_a_statement_are_its_preamble(tmp_path: Path) -> None:
    problem = one(tmp_path, {"statement": "import Init\n\ndef f := 1\n\n/-- One. -/\ntheorem t : f = 1 := by sorry"})
    assert (problem.header, problem.preamble, problem.statement) == ("import Init", "def f := 1", "theorem t : f = 1 := by sorry")
    assert problem.text == "One."
    other = one(tmp_path, {"statement": "import Init\n\ndef f := 2\n\n/-- One. -/\ntheorem t : f = 1 := by sorry"})
    assert other.id != problem.id


@pytest.mark.parametrize(
    "row",
    [
        {"name": "a", "informal_prefix": f"/-- {WORDS}-/\n", "formal_statement": f"{THEOREM}\n", "header": f"{HEADER}\n\n", "goal": "⊢ n"},
        {"problem_id": "a", "informal_prefix": f"/-- {WORDS} -/", "lean4_code": f"{HEADER}\n\n/-- {WORDS} -/\n{THEOREM} sorry"},
        {"uuid": "a", "problem": WORDS, "formal_statement": f"{HEADER}\n\n{THEOREM} sorry", "formal_proof": None, "rl_data": {"n": 3}},
        {"id": "a", "statement": WORDS, "lean_code": f"{HEADER}\n\n{THEOREM}\n  sorry", "score": 9.5},
        {"id": "a", "statement": WORDS, "formal_statement": f"{THEOREM} sorry", "srcHeader": HEADER},
        {"id": "a", "theorem": WORDS, "statement": f"{THEOREM} sorry", "header": HEADER},
        {"theorem_names": "a", "refined_statement": WORDS, "autoformalization": f"{HEADER}\r\n\r\n{THEOREM}\r\n  sorry\r\n"},
        {"Problem ID": "a", "Natural language statement": WORDS, "Lean 4 statement": THEOREM, "Lean header": HEADER},
        {"id": "a", "formal_statement": f"{HEADER}\n/- {WORDS} -/\n{THEOREM} sorry"},
        {"id": "a", "formal_statement": THEOREM, "header": f"{HEADER}\n\n/-- {WORDS} -/\n"},
        {"full_name": "a", "question": [WORDS], "lean4_statement": [f"```lean4\n{HEADER}\n{THEOREM} sorry\n```"]},
    ],
    ids=["DeepSeek", "Goedel", "NuminaMath", "FineLean", "words in statement", "words in theorem", "FormalMATH", "spelling", "comment",
         "header ends in the comment", "lists and fences"],
)  # fmt: skip
def test_the_columns_of_published_files(tmp_path: Path, row: dict[str, Any]) -> None:
    problem = one(tmp_path, row)
    assert (problem.name, problem.text) == ("a", WORDS)
    assert problem.statement.split() in (THEOREM.split(), f"{THEOREM} sorry".split()) and "\r" not in problem.statement
    assert problem.header.split() == HEADER.split()


def test_what_the_columns_were_taken_for_is_said(tmp_path: Path) -> None:
    rows = [{"id": 1, "problem": WORDS, "lean4": THEOREM, "split": "valid"}, {"id": 2, "question": "Words only.", "split": "test"}, "{}"]
    first, *others = read(tmp_path, *rows, on_error="skip").notes()
    assert first.endswith(
        "p.jsonl: 3 rows, 2 problems, 1 with a statement; statement from `lean4`; text from `problem` (1), `question` (1); name from `id`"
    )
    assert "1 rows rejected; the first: " in others[0] and "p.jsonl:3: neither plain language nor a formal statement" in others[0]
    assert "the column `split` has several values (valid: 1, test: 1), and all of them are read" in others[1]
    (first, second) = read(tmp_path, *rows[:2], where={"split": "valid"}).notes()
    assert "2 rows, 1 problems" in first and "1 rows left out by problems.where" in second


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("Every even number is twice a number.", "a statement starts with `theorem` or `lemma`, not with 'Every'"),
        ("By the theorem of Pythagoras, $5^2 = 3^2 + 4^2$.", "a statement starts with `theorem` or `lemma`, not with 'By'"),
        (
            "Show:\ntheorem t : 1 = 1 := by sorry",
            "`Show` stands before the theorem (line 1); only imports, opens, options and definitions may",
        ),
        ("theorem t : 1 = 1 := by norm_num", "the statement carries a proof of its own"),
        ("import Mathlib", "a statement starts with `theorem` or `lemma`, not with 'import'"),
        ("theorem t : (1 = 1 := by sorry", "a bracket is not closed"),
        ("example : 1 = 1 := by sorry", "a statement starts with `theorem` or `lemma`, not with 'example'"),
    ],
)
def test_a_statement_that_is_none_is_said_with_its_place(tmp_path: Path, statement: str, reason: str) -> None:
    text = failure(tmp_path, {"statement": "theorem a : 1 = 1"}, {"id": "b", "statement": statement})
    assert text.startswith(f"p.jsonl:2: field `statement`: holds no Lean theorem that can be stated ({reason}")
    assert "problems.fields.text=statement if `statement` is plain language" in text
    assert one(tmp_path, {"statement": statement}, fields={"text": "statement"}).text == statement
    assert one(tmp_path, {"problem": "Words.", "statement": statement}, fields={"statement": ""}).statement == ""


@pytest.mark.parametrize(
    "row",
    [
        '{"id": 1.0, "problem": "Show one.", "formal_statement": NaN, "header": null}',
        '{"id": 1, "problem": "Show one.", "formal_statement": "NaN", "header": "None"}',
        '{"id": "1", "name": null, "informal_statement": "<NA>", "problem": ["Show one."], "formal_statement": []}',
    ],
)
def test_missing_values_and_numbers_as_names(tmp_path: Path, row: str) -> None:
    problem = one(tmp_path, row)
    assert (problem.name, problem.text, problem.statement, problem.header, problem.meta) == ("1", "Show one.", "", "", {})


def test_missing_values_of_a_table(tmp_path: Path) -> None:
    table = pa.table(
        {"id": pa.array([1.0, float("nan")]), "problem": ["One.", "Two."], "formal_statement": pa.array([None, "theorem t : 1 = 1"])}
    )
    pq.write_table(table, tmp_path / "p.parquet")
    found = read_problems(ProblemsConfig(path=str(tmp_path / "p.parquet"))).problems
    assert [(p.name, p.statement) for p in found] == [("1", ""), ("", "theorem t : 1 = 1")]
    assert len(read_problems(ProblemsConfig(path=str(tmp_path / "p.parquet"), where={"id": 1})).problems) == 1


def test_a_lone_surrogate_is_a_bad_row(tmp_path: Path) -> None:
    rows = ['{"id": "ok", "problem": "Show that one is one."}', r'{"id": "surr", "problem": "Bad \ud835 char."}']
    assert failure(tmp_path, *rows).startswith(
        "p.jsonl:2: field `problem`: no Unicode text (a lone surrogate, U+D835 at character 5); mend or remove the row"
    )
    found = read(tmp_path, *rows, r'{"id": "meta", "problem": "Fine.", "source": "\ud835"}', on_error="skip")
    assert [p.name for p in found.problems] == ["ok", "meta"]
    for problem in found.problems:
        problem.model_dump_json().encode()


def test_nested_columns(tmp_path: Path) -> None:
    row = {"id": "a", "data": {"informal": WORDS, "lean": {"code": THEOREM}, "level": 3}}
    assert "the row's columns are id, data.informal, data.lean, data.level: name the right one" in failure(tmp_path, row)
    fields = {"text": "data.informal", "statement": "data.lean.code"}
    assert (one(tmp_path, row, fields=fields).text, one(tmp_path, row, fields=fields).statement) == (WORDS, THEOREM)
    assert one(tmp_path, row, fields=fields, where={"data.level": 3}).name == "a"
    assert "no column `data.words`; the columns are id, data.informal" in failure(tmp_path, row, fields={"text": "data.words"})
    assert "field `problem`: is dict, not text" in failure(tmp_path, {"problem": {"words": WORDS}}, row)
    assert "field `problem`: is a list of 2, not text" in failure(tmp_path, {"problem": [WORDS, WORDS]}, row)


def test_a_header_of_its_own_and_one_beside_it(tmp_path: Path) -> None:
    whole = {"formal_statement": f"import Mathlib\nopen Real\n{THEOREM}", "header": "import Other"}
    assert one(tmp_path, whole).header == "import Mathlib\nopen Real", "a whole file has the header that it needs"
    opened = {"formal_statement": f"open Real in\n{THEOREM}", "header": "import Mathlib\n"}
    assert one(tmp_path, opened).header == "import Mathlib\nopen Real"
    same = {"formal_statement": f"import Mathlib\n{THEOREM}", "header": "import Mathlib\nopen Nat"}
    assert one(tmp_path, same).header == "import Mathlib\nopen Nat"
