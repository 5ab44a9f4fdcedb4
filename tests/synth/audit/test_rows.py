"""Rows of public corpora in the forms that they have, each as the check that it stands for."""

from __future__ import annotations

from typing import Any

import pytest

from synth.audit import verdicts
from synth.audit.finish import NEGATED, _shown
from synth.audit.rows import FIELDS, Candidate, candidate, without_header
from synth.problems.columns import BadRow, columns_of

ADD = "theorem add (n : Nat) : n + 0 = n"
FILE = f"import Mathlib\nopen Nat\n\n{ADD} := by\n  simp\n"


def read(row: dict[str, Any], **fields: str) -> Candidate:
    return candidate(7, "f:7", row, fields)


def test_statement_and_proof() -> None:
    one = read({"name": "x", "formal_statement": f"{ADD} := by sorry", "formal_proof": "by simp", "informal_statement": "Zero."})
    assert (one.id, one.statement, one.proof, one.code, one.text) == ("x", ADD, "by simp", None, "Zero.")


def test_header_statement_that_ends_in_by_and_tactics() -> None:
    one = read({"header": "import Mathlib\n\nopen Nat\n", "formal_statement": f"{ADD} := by", "formal_proof": "\n  simp"})
    assert one.statement == ADD and one.asked.endswith(":= by") and one.proof == "  simp"
    assert one.header.split() == ["import", "Mathlib", "open", "Nat"]


@pytest.mark.parametrize("column", ["code", "full_proof", "formal_proof", "Lean4 Code", "formal_statement", "lean"])
def test_a_whole_file_says_its_own_statement(column: str) -> None:
    one = read({column: FILE})
    assert (one.statement, one.proof, one.code) == (ADD, None, FILE.strip("\n"))
    assert one.header.split() == ["import", "Mathlib", "open", "Nat"] and not one.preamble.strip()


def test_a_file_beside_a_statement_that_is_a_file_too() -> None:
    one = read({"formal_statement": f"import Mathlib\ndef two := 2\n{ADD} := by sorry", "formal_proof": FILE})
    assert one.statement == ADD and one.code is not None and one.preamble.strip() == "def two := 2"


def test_another_name_in_the_file_is_no_other_statement() -> None:
    one = read({"statement": "theorem mine (n : Nat) : n + 0 = n", "proof": FILE})
    assert one.asked.startswith("theorem add ") and one.statement.startswith("theorem mine ")


def test_a_statement_of_the_row_is_read_without_the_files_definitions() -> None:
    one = read(
        {"statement": "theorem t : Good 4", "code": "def Good (n : Nat) : Prop := n > 1\ntheorem t : Good 4 := by unfold Good; omega"}
    )
    assert one.preamble == "" and one.header == ""


def test_a_statement_without_a_header_is_read_under_the_files() -> None:
    code = "import Mathlib\nopen Nat Real\n\ntheorem t (n : Nat) : succ n = n + 1 := rfl"
    row = {"statement": "theorem t (n : Nat) : succ n = n + 1", "code": code}
    assert read(row).header.split() == ["import", "Mathlib", "open", "Nat", "Real"]
    assert read({**row, "header": "import Mathlib"}).header == "import Mathlib"
    assert read({**row, "code": code.replace("Nat Real", "Nat renaming add → mul")}).header == ""
    assert read({**row, "code": code.replace("open", "set_option autoImplicit true\nopen")}).header == ""
    assert read({**row, "code": code.replace("open", "set_option maxHeartbeats 0\nopen")}).header


def test_lemmas_before_a_theorem_are_not_trusted() -> None:
    one = read({"code": "def two := 2\n\ntheorem helper : False := sorry\n\ntheorem t : two = 2 := rfl"})
    assert one.preamble.strip() == "def two := 2" and one.statement == "theorem t : two = 2"


def test_a_theorem_in_a_namespace_gets_its_whole_name() -> None:
    one = read({"code": "namespace A\ndef two := 2\ntheorem t : two = 2 := rfl\nend A"})
    assert one.statement == "theorem A.t : two = 2" and one.preamble.endswith("end A")


def test_the_header_may_be_left_out_and_words_stand_before_the_theorem() -> None:
    one = without_header(read({"code": "import Mathlib\nimport Aesop\nopen Nat\n\n/-- Zero is neutral. -/\n" + f"{ADD} := by simp"}))
    assert one.code == f"{ADD} := by simp" and one.header == "" and one.dropped and one.doc == "Zero is neutral."


def test_code_between_fences() -> None:
    one = read({"completion": f"Here it is:\n```lean4\n{FILE}```\nDone.", "prompt": "Prove it."}, code="completion")
    assert one.statement == ADD and one.code == FILE


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"informal": "words"}, "no column holds a statement or a proof"),
        ({"statement": ADD}, "no column holds a proof"),
        ({"proof": "by simp"}, "no column holds a statement"),
        ({"statement": "1 + 1 = 2", "proof": "rfl"}, "no theorem that can be stated"),
        ({"code": "def two := 2\nexample : two = 2 := rfl"}, "no theorem"),
        ({"statement": ADD, "proof": 3}, "holds int, not text"),
        (BadRow("not an object"), "not an object"),
    ],
)
def test_rows_that_are_none(row: Any, why: str) -> None:
    assert why in candidate(1, "f:1", row, {}).problem


def test_columns_are_said_or_guessed() -> None:
    row = {"Formal Statement": ADD, "answer": "by simp", "proof": "in words"}
    assert columns_of(row, {}, FIELDS)["proof"] == "proof"
    assert columns_of(row, {"proof": "answer"}, FIELDS)["proof"] == "answer"
    assert "no such column" in read(row, proof="nothing").problem


@pytest.mark.parametrize(
    ("statement", "code", "name"),
    [
        ("theorem b : 2 = 2", "namespace A\ntheorem b : 2 = 2 := rfl\nend A", "A.b"),
        ("theorem b : 2 = 2", "namespace A\ntheorem _root_.b : 2 = 2 := rfl\nend A", "b"),
        ("theorem b : 2 = 2", "namespace A\nnamespace B\ntheorem b : 2 = 2 := rfl\nend B\nend A", "A.B.b"),
        ("theorem b : 1 = 1", "namespace A\ntheorem b : 1 = 1 := rfl\nend A\nnamespace B\ntheorem b : 2 = 2 := rfl\nend B", "A.b"),
        ("theorem b : 3 = 3", "namespace A\ntheorem b : 1 = 1 := rfl\nend A\nnamespace B\ntheorem b : 2 = 2 := rfl\nend B", "B.b"),
        ("theorem b : 1 = 1", "theorem b : 1 = 1 := rfl\nnamespace B\ntheorem b : 1 = 1 := rfl\nend B", "b"),
        ("theorem c : 1 = 1", "theorem a : 1 = 1 := rfl\ntheorem b : 2 = 2 := rfl", "a"),
        ("theorem b : 1 = 1", "def b : 1 = 1 := rfl", "b"),
    ],
)
def test_which_theorem_of_a_file_a_statement_means(statement: str, code: str, name: str) -> None:
    one = read({"statement": statement, "code": code})
    assert one.asked.startswith(f"theorem {name} :") and one.statement == statement, one


def test_a_file_without_a_theorem_proves_no_statement() -> None:
    assert "no theorem" in read({"statement": "theorem b : 1 = 1", "code": "example : 1 = 1 := rfl"}).problem


def test_a_theorem_in_two_namespaces() -> None:
    one = read({"code": "namespace A\nnamespace B\ntheorem b : 2 = 2 := rfl\nend B\nend A"})
    assert one.statement == "theorem A.B.b : 2 = 2" and one.preamble.endswith("end A.B")


def test_variables_are_hypotheses_too() -> None:
    code = "variable (h : False) (n : Nat)\ninclude h\ntheorem b : 1 = 2 := h.elim"
    one = read({"code": code})
    row, absurd = verdicts.checks(one, 5.0, vacuous=True)
    assert row.preamble == absurd.preamble == "variable (h : False) (n : Nat)\ninclude h" and absurd.statement.endswith(": False")
    assert verdicts.given(one) == "variable (h : False) (n : Nat)\ninclude h"
    plain = read({"code": "theorem b : 1 = 1 := rfl"})
    assert len(verdicts.checks(plain, 5.0, vacuous=True)) == 1 and verdicts.given(plain) == ""


def test_a_negated_statement_is_not_shown_as_proved() -> None:
    one = read({"statement": "theorem b : 1 = 2", "proof": "by decide", "negated": True})
    assert one.negated and _shown(one) == f"{NEGATED}\ntheorem b : 1 = 2"
    assert _shown(read({"statement": "theorem b : 1 = 1", "proof": "rfl"})) == "theorem b : 1 = 1"
