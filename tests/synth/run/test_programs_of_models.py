"""`synth check-programs` with a formalizer behind an endpoint, and nothing else: rows, lines for the user, what is on disk, the trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.answers.enumerate import jail_holds
from synth.cli import main
from synth.programs.decide import Answer, Decision
from synth.records import Drop, Pair, Statement
from synth.store.files import read_records
from synth.store.rundir import RunDir
from tests.synth.llm.fake_openai import FakeOpenAI, content
from tests.synth.programs.test_formalized import LOOP, RIGHT

BUG = LOOP.replace("range(n + 1)", "range(n)")
LEAN = RIGHT.replace("upto k + (k + 1)", "upto k + k")
ROWS: list[dict[str, str]] = [
    {"definitions": "def f (n : Nat) : Nat := n + 1", "text": "f is above its argument"},
    {"definitions": "def f (n : Nat) : Nat := n + 1", "text": "f doubles"},
    {"program": BUG},
    {"program": "def f(n: Nat) -> Nat:\n    return n\n\ndef requirement(n: Nat) -> bool:\n    return f(n) == n\n"},
    {"program": "fun f(n) = n", "language": "Kotlin"},
]
STATED = {"above its argument": "(n : Nat) : f n > n", "f doubles": "(n : Nat) : f n = n + n"}


def answer(body: dict[str, Any]) -> list[str]:
    asked = content(body)
    if "translate" in asked.lower() and "range" in asked:
        return [RIGHT, LEAN, LEAN, "I cannot."][: body.get("n", 1)]
    claim = next(claim for words, claim in STATED.items() if words in asked)
    return [f"```lean4\ntheorem X {claim} := by sorry\n```"] * body.get("n", 1)


def synth(*words: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(list(words))
    return int(done.value.code or 0)


@pytest.mark.skipif(not jail_holds(), reason="this machine cannot confine a Python program")
def test_what_a_model_made_is_told_and_kept(ray_local: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    given, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    given.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    with FakeOpenAI(answer) as server:
        keys = [f"models.formalizer.endpoint={server.url}", "models.formalizer.name=wizard", "models.formalizer.preset=chat"]
        settings = [*keys, "filters.grade=false", "verify.workers=1", "search.timeout=10", "formalize.samples=4"]
        words = [word for setting in settings for word in ("--set", setting)]
        assert synth("check-programs", str(given), "--out", str(out), *words) == 0, capfd.readouterr().err
    told = capfd.readouterr().err
    rows = list(read_records(out, Decision))
    assert [row.answer for row in rows] == [Answer.PROVED, Answer.REFUTED, Answer.REFUTED, Answer.PROVED, Answer.UNTRANSLATABLE], told
    assert [(row.translated_by, row.stated_by) for row in rows] == [
        ("", "wizard"),
        ("", "wizard"),
        ("wizard", "synth"),
        ("synth", "synth"),
        ("", ""),
    ]
    assert [row.words for row in rows] == ["f is above its argument", "f doubles", BUG.strip(), "", ""]
    assert rows[1].counterexample == {"n": "0"} and rows[2].compared > 5 and rows[2].tokens > 0
    assert "rows.jsonl:2: requirement: refuted by n = 0 [wizard made of it: theorem X (n : Nat) : f n = n + n]" in told
    compared = f"wizard made of it, compared on {rows[2].compared} inputs"
    assert f"rows.jsonl:3: requirement: refuted by n = 1 [{compared}: theorem requirement : ∀ n : Int, n ≥ 0 → " in told
    assert "rows.jsonl:4" not in told and "; 3 as a model stated or translated them\n" in told
    store = RunDir.existing(f"{out}.run")
    assert {s.reason for s in store.read("statements", Statement) if not s.kept} == {Drop.DIFFERS, Drop.UNPARSED}
    for part, shown in (("total", "for i in range(n):"), ("f n > n", "```lean4\n    def f (n : Nat) : Nat := n + 1\n")):
        pair = next(pair for pair in store.read("pairs", Pair) if part in pair.statement)
        assert synth("trace", f"{out}.run", pair.id) == 0
        assert shown in capfd.readouterr().out


def test_without_a_model_the_refusal_names_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    given, out = tmp_path / "loop.py", tmp_path / "out.jsonl"
    given.write_text(LOOP, encoding="utf-8")
    assert synth("check-programs", str(given), "--out", str(out), "--set", "verify.workers=1") == 0
    (row,) = read_records(out, Decision)
    assert row.answer is Answer.UNTRANSLATABLE and "line 3: `for i in range(n + 1):`: use name = …" in row.reason
    assert row.reason.endswith("or let a model do it: --model CHECKPOINT, or an endpoint (docs/programs.md)")
    assert "loop.py: requirement: untranslatable: line 3: " in capfd.readouterr().err
