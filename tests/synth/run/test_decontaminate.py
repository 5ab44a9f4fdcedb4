"""`synth decontaminate`: pairs, statements and problems without what is in a benchmark, on real Lean and without it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from synth.records import Pair, Problem, Statement
from synth.run.decontaminate import decontaminate_file, report_path
from synth.show.progress import Progress
from synth.store.files import read_records, write_records
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError

HELD = "theorem b (a c : Nat) (h : a > 3) (g : c ≥ 4) : a * c ≥ 12"
COPY, OTHER = "theorem X : ∀ n m : Nat, 4 ≤ m → 3 < n → 12 ≤ n * m", "theorem X : ∀ n m : Nat, 4 ≤ m → 3 < n → 13 ≤ n * m"
WORDS = "If x is more than 3 and y is at least 4, prove that x * y is at least 12."


def cleaned(tmp_path: Path, source: Path, lean: bool = True) -> tuple[list[Any], dict[str, Any]]:
    bench, out = tmp_path / "bench.jsonl", tmp_path / "out.jsonl"
    bench.write_text(json.dumps({"name": "held", "text": WORDS, "statement": HELD}) + "\n")
    progress = Progress(Console(file=io.StringIO()), plain=True)
    found = decontaminate_file(str(source), [str(bench)], str(out), PoolConfig(workers=1) if lean else None, 0.7, progress)
    rows = list(read_records(out, found.model))
    report = json.loads(report_path(str(out)).read_text())
    assert (report["kept"], report["rows"]) == (len(rows), len(rows) + len(report["matches"]))
    return rows, report


def test_problems_in_either_language(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    rows = [
        {"text": "Show that x * y is at least 12 if x is more than 3 and y is at least 4."},
        {"text": "Show that 5 is odd."},
        {"text": "a", "statement": COPY},
        {"text": "b", "statement": OTHER},
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    kept, report = cleaned(tmp_path, source)
    assert [problem.text for problem in kept] == ["Show that 5 is odd.", "b"] and isinstance(kept[0], Problem)
    assert [match["how"] for match in report["matches"]] == ["words", "statement"]
    assert all("bench.jsonl:1 held" in match["benchmark"] for match in report["matches"])
    assert report["matches"][1]["row"].endswith("in.jsonl:3") and "normal form" in report["matches"][1]["benchmark"]


@pytest.mark.parametrize("lean", [True, False])
def test_pairs_and_statements_keep_all_their_fields(tmp_path: Path, lean: bool) -> None:
    source = tmp_path / "in.parquet"
    ids = {"attempt_id": "a", "statement_id": "s", "problem_id": "p"}
    pairs = [Pair(id=f"{i}", statement=text, proof="by omega", **ids) for i, text in enumerate((COPY, OTHER, HELD))]
    write_records(source, pairs, Pair)
    kept, report = cleaned(tmp_path, source, lean)
    assert kept == ([pairs[1]] if lean else pairs[:2]), "without Lean only the spelling of the benchmark itself is known"
    assert report["matches"][-1]["row"] == "pair 2"
    statements = [Statement(id=f"{i}", problem_id="p", text=text) for i, text in enumerate((COPY, OTHER))]
    write_records(source, statements, Statement)
    assert cleaned(tmp_path, source, lean)[0] == (statements[1:] if lean else statements)


def test_what_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ending must be"):
        decontaminate_file("nowhere", [], str(tmp_path / "out.txt"), None, 0.7, Progress(Console(file=io.StringIO()), plain=True))
