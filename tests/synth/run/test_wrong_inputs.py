"""What a user gives by mistake to the stages of statements, answers and programs: one line with place and remedy, before any work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.cli import main

PROBLEM = {"text": "Find 2 + 2."}
ANSWER = {"text": "Find 2 + 2.", "answer": "4"}
ENDPOINT = ["--set", "models.prover.endpoint=http://localhost:1/v1", "--set", "models.prover.name=x"]


@pytest.mark.parametrize(
    ("command", "content", "says"),
    [
        ("judge-error", b"\n", "in.jsonl: no rows; a row has text, statement and faithful (true or false)"),
        ("judge-error", b'{"text": "a", "statement": "x", "faithful": true}', "in.jsonl:1: statement: a statement starts with `theorem`"),
        (
            "judge-error",
            b'{"text": "a"}',
            "in.jsonl:1: statement: Field required; expected a Labelled record (it has text, statement, faithful)",
        ),
        ("references", b"", "in.jsonl: no rows; a row has `text`, the problem's, and `answer`, a Lean term"),
        ("references", b'\n{"text": "\xff"}', "in.jsonl:2: not UTF-8 at byte 11; save the file as UTF-8"),
        ("references", json.dumps({"text": "Find\u2028it", "answer": "4"}, ensure_ascii=False).encode(), "in.jsonl: none of its texts"),
        (
            "references",
            f"{json.dumps(ANSWER)}\n{json.dumps(ANSWER | {'answer': '5'})}".encode(),
            "in.jsonl:2: another answer than an earlier",
        ),
        ("check-programs", b'\n{"program": "\xff"}', "in.jsonl:2: not UTF-8 at byte 14; save the file as UTF-8"),
    ],
)
def test_one_line_with_place_and_remedy(
    command: str, content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.jsonl").write_bytes(content)
    (tmp_path / "problems.jsonl").write_text(json.dumps(PROBLEM) + "\n")
    given, out = str(tmp_path / "in.jsonl"), str(tmp_path / ("out.json" if command == "judge-error" else "out.jsonl"))
    words = {
        "references": ["answer", str(tmp_path / "problems.jsonl"), "--references", given, *ENDPOINT],
        "judge-error": ["judge-error", given, *ENDPOINT],
    }
    with pytest.raises(SystemExit) as ended:
        main([*words.get(command, [command, given]), "--out", out])
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2 and says in last and last.startswith("synth: ") and not Path(out).exists()
