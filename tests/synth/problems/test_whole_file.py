"""Statements that stand in a file of their own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.problems.whole_file import WholeFile, split_doc, split_file, uncommented
from verify_workers.policy import violations
from verify_workers.records import Check
from verify_workers.text.parsed import ParsedCheck
from verify_workers.text.statement import StatementError, parse_theorem

T = "theorem t (n : Nat) : n = n := by sorry"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (T, WholeFile("", "", "", T)),
        (f"import Mathlib\n\n{T}", WholeFile("import Mathlib", "", "", T)),
        (f"-- from a book\nimport A -- x\nimport B\n\n\nopen Nat -- y\n-- z\n{T}\n", WholeFile("import A\nimport B\nopen Nat", "", "", T)),
        (
            f"import A\n/-- old -/\nopen Nat\n/- plain -/\n/-- Words\nin lines. -/\n{T}",
            WholeFile("import A\nopen Nat", "", "Words\nin lines.", T),
        ),
        (f"import A\n/- The problem. -/\n-- note\n{T}", WholeFile("import A", "", "The problem.", T)),
        (f"open Nat Real in\n/-- d -/\n{T}", WholeFile("open Nat Real", "", "d", T)),
        (f"set_option maxRecDepth 1000 in\nopen scoped Nat in\n{T}", WholeFile("set_option maxRecDepth 1000\nopen scoped Nat", "", "", T)),
        (f"/-- d -/\n@[simp, norm_cast] private {T}", WholeFile("", "", "d", T)),
        (f"noncomputable section\nuniverse u v\n{T}\n\nend\n", WholeFile("noncomputable section\nuniverse u v", "", "", T)),
        (f"import A\n\nsection Foo\n{T}\n\nend Foo", WholeFile("import A\nsection Foo", "", "", T)),
        (f"```lean4\nimport A\n{T}\n```", WholeFile("import A", "", "", T)),
        (f"\ufeffimport A\r\n{T}\r\n", WholeFile("import A", "", "", T)),
        ("lemma t : 1 = 1 := by\n  -- here\n  sorry", WholeFile("", "", "", "lemma t : 1 = 1 := by\n  -- here\n  sorry")),
        (f"import A\nvariable (n : Nat)\n{T}", WholeFile("import A", "variable (n : Nat)", "", T)),
        (f"open Nat\n\n-- a note\n@[simp] def f : Nat :=\n  1\n\n/-- d -/\n{T}",
         WholeFile("open Nat", "@[simp] def f : Nat :=\n  1", "d", T)),
        (f"lemma h : 1 = 1 := rfl\n{T}", WholeFile("", "lemma h : 1 = 1 := rfl", "", T)),
        (f"namespace N\ndef a := 1\nend N\n{T}", WholeFile("", "namespace N\ndef a := 1\nend N", "", T)),
        ("theorem «end» : 1 = 1", WholeFile("", "", "", "theorem «end» : 1 = 1")),
        ('/- a theorem, "said" -/\ntheorem t : "lemma" = "x"', WholeFile("", "", 'a theorem, "said"', 'theorem t : "lemma" = "x"')),
    ],
)  # fmt: skip
def test_parts(text: str, expected: WholeFile) -> None:
    assert split_file(text) == expected
    check = Check(id="", statement=expected.theorem, header=expected.header, preamble=expected.preamble, proof="rfl")
    assert [v for v in violations(ParsedCheck(check)) if v.reason.startswith(("header:", "preamble:", "statement:"))] == [], (
        "a backend takes these parts"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the statement is empty"),
        ("import Mathlib\n-- nothing", "not with 'import'"),
        (f"namespace N\n{T}\nend N", "the theorem stands in `namespace N`"),
        (f"#eval 1\n{T}", "`#eval` stands before"),
        (f"import A\n\n#eval 1\n{T}", r"`#eval` stands before the theorem \(line 3\)"),
        (f"words\n{T}", "`words` stands before"),
        (f"{T}\n\n{T}", "more than one theorem to prove"),
        ("import A\ntheorem", "must be followed by a name"),
        ('open "\ntheorem t : 1 = 1', "unclosed"),
        ("/- open\ntheorem t : 1 = 1", "unclosed"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_one_statement(text: str, message: str) -> None:
    with pytest.raises(StatementError, match=message):
        split_file(text)


def test_comments() -> None:
    assert uncommented("/-- Words. -/") == uncommented(" /- Words.-/\n") == uncommented("Words.") == "Words."
    assert uncommented("a /- b -/") == "a /- b -/"
    assert split_doc("import A\nopen B\n\n/-- d -/\n") == ("import A\nopen B", "d")
    assert split_doc("import A -- x") == ("import A -- x", "")
    assert split_doc("import A\n/-! about -/") == ("import A\n/-! about -/", "")


@given(st.text(alphabet='theorm :=\n/-!abimport@[]"«»`in', max_size=80))
def test_any_text_is_split_or_refused(text: str) -> None:
    try:
        parts = split_file(text)
    except StatementError:
        return
    parse_theorem(parts.theorem)
