"""The pinned file and the reading of Lean's output on it: only the exact expected output accepts."""

from __future__ import annotations

import json

import pytest

from verify_workers.records import Check, Outcome, Reason
from verify_workers.text import pin
from verify_workers.text.parsed import ParsedCheck
from verify_workers.text.statement import StatementError

STATEMENT = "theorem goal (n : Nat) :\n  n + 0 = n := by sorry"


def proof_file(proof: str = "by\n  simp", header: str = "open Nat\n-- more") -> pin.PinnedFile:
    return pin.build(ParsedCheck(Check(id="x", statement=STATEMENT, header=header, proof=proof)), nonce="0f")


def line(number: int, text: str, severity: str = "information", column: int = 0) -> str:
    return json.dumps(
        {"severity": severity, "pos": {"line": number, "column": column}, "endPos": None, "data": text, "fileName": "<stdin>"}
    )


def good(file: pin.PinnedFile, axioms: str = "") -> list[str]:
    proved = f"'_proved_0f' depends on axioms: [{axioms}]" if axioms else "'_proved_0f' does not depend on any axioms"
    return [
        line(file.pin, "declaration uses `sorry`", "warning", 8),
        line(file.axioms, proved),
        line(file.sentinel, "'_end_0f' does not depend on any axioms"),
    ]


def test_layout_of_a_proof() -> None:
    file = proof_file()
    rows = ["", *file.text.split("\n")]
    assert rows[file.pin] == "theorem _pin_0f (n : Nat) :" and rows[file.pin + 1] == "  n + 0 = n := sorry"
    assert rows[file.candidate] == "theorem goal (n : Nat) :"
    assert rows[file.given] == "  n + 0 = n := by" and rows[file.given + 1] == "  simp"
    assert file.indent == len("  n + 0 = n := ")
    assert rows[file.tail : file.tail + 2] == ["#print axioms _root_._end_0f", "section"]
    assert rows[file.candidate - 1] == rows[file.tail], "nothing goes on from it, and it goes on from nothing"
    assert rows[file.axioms] == "#print axioms _root_._proved_0f"
    assert rows[file.sentinel] == "#print axioms _root_._end_0f" and rows[file.sentinel + 1 :] == [""]


def test_layout_of_a_file() -> None:
    code = "-- hi\nimport A\nimport B.C\n\ntheorem goal : True := trivial\n"
    file = pin.build(ParsedCheck(Check(id="x", statement=STATEMENT, header="import A\nimport B.C", code=code)), nonce="0f")
    rows = ["", *file.text.split("\n")]
    assert rows[1:3] == ["import A", "import B.C"] and file.text.count("import") == 2
    assert rows[file.given] == 5 * " " and rows[file.given + 1].strip() == "" and rows[file.given + 4] == "theorem goal : True := trivial"
    assert rows[file.tail + 1] == "section" and rows[file.sentinel] == "#print axioms _root_._end_0f"


def test_comments_never_reach_lean() -> None:
    """So it does not matter where Lean would have seen their ends; every line and column stays."""
    proof = 'by -- axiom a\n  /- theorem b\n  𝒜 /- c -/ -/ exact "-- no" /-- doc -/'
    shown = ParsedCheck(Check(id="x", statement=STATEMENT, proof=proof)).without_comments
    assert shown == "by" + 11 * " " + "\n" + 14 * " " + "\n" + 14 * " " + ' exact "-- no"' + 11 * " "
    assert [len(row) for row in shown.split("\n")] == [len(row) for row in proof.split("\n")]
    assert "axiom" not in proof_file(proof).text.replace("#print axioms", "") and '"-- no"' in proof_file(proof).text
    code = f"-- axiom a\n{STATEMENT.partition(' := ')[0]} := rfl /- axiom -/"
    file = pin.build(ParsedCheck(Check(id="x", statement=STATEMENT, code=code)), nonce="0f")
    assert "axiom" not in file.text.replace("#print axioms", "") and file.text.split("\n")[file.given] == "theorem goal (n : Nat) :"


def test_names_are_fresh() -> None:
    check = Check(id="x", statement=STATEMENT, proof="rfl")
    assert pin.build(ParsedCheck(check)).nonce != pin.build(ParsedCheck(check)).nonce and len(pin.build(ParsedCheck(check)).nonce) == 32
    with pytest.raises(StatementError):
        pin.build(ParsedCheck(Check(id="x", statement="def x := 1", proof="rfl")))


def test_accepted() -> None:
    file = proof_file()
    assert pin.read(file, "\n".join(good(file)) + "\n", 0) == pin.LeanReading(Outcome.ACCEPTED)
    reading = pin.read(file, "\n".join(good(file, "propext,\n Classical.choice,\n Quot.sound")), 0)
    assert reading.outcome is Outcome.ACCEPTED and reading.axioms == ("Classical.choice", "Quot.sound", "propext")


@pytest.mark.parametrize(
    ("axioms", "reason"),
    [
        ("sorryAx", Reason.SORRY),
        ("propext, sorryAx", Reason.SORRY),
        ("propext, cheat", Reason.AXIOM),
        ("goal._native.native_decide.ax_1", Reason.AXIOM),
    ],
)
def test_axioms(axioms: str, reason: Reason) -> None:
    file = proof_file()
    reading = pin.read(file, "\n".join(good(file, axioms)), 0)
    assert (reading.outcome, reading.reason) == (Outcome.REJECTED, reason)


@pytest.mark.parametrize("texts", [["unsolved goals\n⊢ False", "unknown tactic"], ["unknown tactic", "unsolved goals\n⊢ False"]])
def test_the_order_of_the_errors_does_not_matter(texts: list[str]) -> None:
    file = proof_file()
    replies = [line(file.given, text, "error", file.indent) for text in texts]
    assert pin.read(file, "\n".join(replies), 1).reason == Reason.ELABORATION
    assert pin.read(file, "\n".join(replies[:1] * 2), 1).reason == (Reason.UNSOLVED if "goals" in texts[0] else Reason.ELABORATION)


@pytest.mark.parametrize(
    ("where", "text", "reason", "place"),
    [
        ("pin", "Unknown identifier `ℝ`", Reason.STATEMENT, (1, 0)),
        ("given", "unsolved goals\n⊢ False", Reason.UNSOLVED, (1, 0)),
        ("next", "omega could not prove the goal", Reason.ELABORATION, (2, 2)),
        ("next", "(kernel) declaration has free variables", Reason.KERNEL, (2, 2)),
        ("tail", "unexpected token 'section'", Reason.ELABORATION, (1, 0)),
        ("proved", "Type mismatch", Reason.WRONG_STATEMENT, (1, 0)),
    ],
)
def test_errors(where: str, text: str, reason: Reason, place: tuple[int, int]) -> None:
    file = proof_file()
    at = {
        "pin": (file.pin, 8),
        "given": (file.given, file.indent),
        "next": (file.given + 1, 2),
        "tail": (file.tail, 0),
        "proved": (file.tail + 2, 0),
    }[where]
    reading = pin.read(file, line(at[0], text, "error", at[1]), 1)
    assert (reading.outcome, reading.reason) == (Outcome.REJECTED, reason)
    assert (reading.messages[-1].line, reading.messages[-1].column) == place
    assert "0f" not in reading.messages[-1].text


def corrupted(file: pin.PinnedFile) -> dict[str, tuple[list[str], int]]:
    fine = good(file)
    return {
        "nothing": ([], 0),
        "no sentinel": (fine[:2], 0),
        "no axioms": ([fine[0], fine[2]], 0),
        "two answers": ([*fine, fine[1]], 0),
        "wrong nonce": ([fine[0], fine[1].replace("0f", "10"), fine[2]], 0),
        "sentinel's answer in the wrong place": ([fine[0], fine[2], fine[1]], 0),
        "answer on another line": ([fine[0], line(file.given, "'_proved_0f' does not depend on any axioms"), fine[2]], 0),
        "swapped answers": ([fine[0], line(file.axioms, "'_end_0f' does not depend on any axioms"), fine[2]], 0),
        "longer answer": ([fine[0], line(file.axioms, "'_proved_0f' does not depend on any axioms, trust me"), fine[2]], 0),
        "warning for an answer": ([fine[0], line(file.axioms, "'_proved_0f' does not depend on any axioms", "warning"), fine[2]], 0),
        "truncated line": ([*fine[:2], fine[2][:-9]], 0),
        "no JSON": ([*fine, "accepted"], 0),
        "unknown severity": ([*fine, line(file.given, "x", "fatal")], 0),
        "status without error": (fine, 1),
        "error without status": ([*fine, line(file.given, "x", "error")], 0),
        "crash after all answers": (fine, -11),
        "strange status": (fine, 3),
        "the REPL's error": (['{"message": "Unknown environment."}'], 0),
    }


@pytest.mark.parametrize("kind", corrupted(proof_file()))
def test_anything_unexpected_is_no_verdict(kind: str) -> None:
    file = proof_file()
    rows, status = corrupted(file)[kind]
    with pytest.raises(pin.MalformedOutput):
        pin.read(file, "\n".join(rows), status)


def test_messages_are_bounded() -> None:
    file = proof_file()
    rows = [line(file.given, "x" * 10_000, "warning")] * 500
    reading = pin.read(file, "\n".join([*rows, *good(file)]), 0)
    assert reading.outcome is Outcome.ACCEPTED and len(reading.messages) == pin.MAX_MESSAGES
    assert len(reading.messages[0].text) == pin.MAX_MESSAGE_CHARACTERS
