"""The Kimina Lean server's interface: documented pairs, line numbers, what is an error of whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kimina_client.models import ReplResponse, SnippetStatus
from pydantic import ValidationError

from verify_workers.records import Message, Outcome, Reason, Verdict
from verify_workers.serve import kimina
from verify_workers.serve.sorries import Answer

PAIRS = Path(__file__).resolve().parents[4] / "shared" / "data" / "kimina_pairs.jsonl"
OURS = {  # the same shape as a documented pair, for where those are absent
    "name": "ours",
    "code": "import Mathlib\nimport Aesop\n\nset_option maxHeartbeats 0\n\ntheorem x (a : ℝ) : a = a := by\n  simp\n  <;> ring\n",
    "verdict": {
        "results": [
            {
                "custom_id": "x",
                "error": None,
                "response": {
                    "messages": [
                        {"severity": "warning", "pos": {"line": 6, "column": 6}, "endPos": {"line": 6, "column": 10}, "data": "unused"}
                    ],
                    "time": 0.25,
                },
            }
        ]
    },
}  # fmt: skip


def documented() -> list[dict[str, Any]]:
    return [json.loads(line) for line in PAIRS.read_text().splitlines()] if PAIRS.exists() else [OURS]


@pytest.mark.parametrize("pair", documented(), ids=lambda pair: str(pair["name"]))
def test_documented_answers_come_out_as_documented(pair: dict[str, Any]) -> None:
    """What the Kimina server answered before October 2025, said again by a verdict whose lines count in the whole file."""
    (answer,) = pair["verdict"]["results"]
    above = pair["code"].split("\n").index(next(line for line in reversed(pair["code"].split("\n")) if line.startswith("import "))) + 1
    response = answer["response"]
    if response is None:
        verdict = Verdict(id="0", outcome=Outcome.TIMEOUT, reason="timeout")
        ours = kimina.verify_answer(answer["custom_id"], pair["code"], Answer(verdict), "after_imports")
        assert (ours["response"], bool(ours["error"])) == (None, True)
        return
    messages = [
        Message(severity=m["severity"], line=m["pos"]["line"] + above, column=m["pos"]["column"], text=m["data"],
                end_line=m["endPos"]["line"] + above, end_column=m["endPos"]["column"])
        for m in response.get("messages", [])
    ]  # fmt: skip
    failed = any(m.severity == "error" for m in messages)
    verdict = Verdict(id="0", outcome=Outcome.REJECTED if failed else Outcome.ELABORATED, messages=messages, seconds=response["time"])
    ours = kimina.verify_answer(answer["custom_id"], pair["code"], Answer(verdict), "after_imports")
    assert ours["custom_id"] == answer["custom_id"] and ours["error"] is None
    assert ours["response"]["time"] == pytest.approx(response["time"], abs=1e-6)
    assert ours["response"].get("messages") == response.get("messages")


def status(code: str, verdict: Verdict) -> SnippetStatus:
    """What Kimina's own client makes of our answer."""
    return ReplResponse.model_validate(kimina.check_answer("a", code, Answer(verdict), debug=False)).analyze().status


def test_what_the_client_reads() -> None:
    error = Message(severity="error", line=3, column=1, text="unknown identifier")
    sorry = Message(severity="warning", line=1, column=8, text="declaration uses `sorry`", end_line=1, end_column=9)
    assert status("x", Verdict(id="0", outcome=Outcome.ELABORATED)) is SnippetStatus.valid
    assert status("x", Verdict(id="0", outcome=Outcome.ELABORATED, messages=[sorry])) is SnippetStatus.sorry
    assert status("x", Verdict(id="0", outcome=Outcome.REJECTED, reason=Reason.ELABORATION, messages=[error])) is SnippetStatus.lean_error
    assert status("x", Verdict(id="0", outcome=Outcome.TIMEOUT, reason="timeout")) is SnippetStatus.timeout_error
    # Nobody's proof is wrong because a worker died, memory ran out or this Lean has no Mathlib.
    needs = Message(severity="error", line=1, column=0, text="needs Mathlib, which this Lean does not have")
    for verdict in (
        Verdict(id="0", outcome=Outcome.INFRA, reason="the worker died"),
        Verdict(id="0", outcome=Outcome.RESOURCE, reason="memory"),
        Verdict(id="0", outcome=Outcome.REJECTED, reason=Reason.STATEMENT, messages=[needs]),
    ):
        assert status("x", verdict) is SnippetStatus.server_error


@pytest.mark.parametrize(
    ("code", "after_imports"),
    [
        ("theorem a : 1 = 2 := rfl\n\n\n  x", 4),
        ("import A\nimport B\n\n  x", 2),
        ("-- import A\n\n\n  x", 4),
        ("/- c -/ import A -- c\nimport B.C\n\n  x", 2),
        ("\nimport Init\n\ntheorem x : 1 = 2 := rfl", 2),
    ],
)
def test_lines_count_in_the_whole_file_or_after_its_imports(code: str, after_imports: int) -> None:
    error = Message(severity="error", line=4, column=2, text="no", end_line=4, end_column=3)
    sorry = Message(severity="warning", line=4, column=2, text="declaration uses `sorry`", end_line=4, end_column=3)
    verdict = Verdict(id="0", outcome=Outcome.REJECTED, reason="elaboration", messages=[error, sorry])
    lines: list[tuple[kimina.Lines, int]] = [("file", 4), ("after_imports", after_imports)]
    for way, line in lines:
        for answer in (kimina.check_answer("a", code, Answer(verdict), False, way), kimina.verify_answer("a", code, Answer(verdict), way)):
            for said in (*answer["response"]["messages"], *answer["response"]["sorries"]):
                assert (said["pos"], said["endPos"]) == ({"line": line, "column": 2}, {"line": line, "column": 3})
    assert kimina.check_answer("a", code, Answer(verdict), False) == kimina.check_answer("a", code, Answer(verdict), False, "file")


def test_requests_are_checked() -> None:
    kimina.CheckRequest.model_validate({"snippets": [{"id": "a", "code": ""}]})
    for bad in ({"snippets": []}, {"snippets": [{"id": "a", "code": ""}] * 2}, {"snippets": [{"id": "a"}]}, {"snippets": "x"}):
        with pytest.raises(ValidationError):
            kimina.CheckRequest.model_validate(bad)
    with pytest.raises(ValidationError, match="give `proof` or `code`"):
        kimina.OldVerifyRequest.model_validate({"codes": [{"custom_id": 1}]})
