"""`synth decontaminate`: pairs, statements and problems without what is in a benchmark, on real Lean and without it."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from synth.cli import main
from synth.records import Pair, Statement
from synth.run.decontaminate import Row, decontaminate_file, report_path
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
    rows = list(map(json.loads, out.read_text().splitlines())) if found.model is Row else list(read_records(out, found.model))
    report = json.loads(report_path(str(out)).read_text())
    assert (report["kept"], report["rows"]) == (len(rows), len(rows) + len(report["matches"]))
    return rows, report


def test_problems_in_either_language(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    rows = [
        {"text": "Whenever $a$ is more than 3 and $b$ is at least 4, show that $a * b$ is at least 12."},
        {"text": "Show that 5 is odd.", "id": "five", "solution": "2 * 2 + 1" * 100, "tags": ["parity", 5]},
        {"text": "a", "statement": COPY},
        {"text": "b", "statement": OTHER, "id": 7},
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    kept, report = cleaned(tmp_path, source)
    assert kept == [rows[1], rows[3]], "rows keep all their columns"
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


def test_rows_of_problems_as_parquet(tmp_path: Path) -> None:
    rows = [{"text": "Show that 5 is odd.", "id": "five", "tags": ["parity"]}, {"text": "Show that 5 is odd.", "id": "again", "tags": []}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "bench.jsonl").write_text(json.dumps({"text": WORDS}) + "\n")
    said = io.StringIO()
    progress = Progress(Console(file=said, width=200), plain=True)
    out = str(tmp_path / "out.parquet")
    decontaminate_file(str(tmp_path / "in.jsonl"), [str(tmp_path / "bench.jsonl")], out, None, 0.7, progress)
    assert pq.read_table(out).to_pylist() == rows[:1] and "duplicate of" in said.getvalue()
    assert "duplicate of" in json.loads(report_path(out).read_text())["rejected"][0]


@pytest.mark.parametrize(
    ("bench", "row", "words", "says"),
    [
        ("b.jsonl", {"text": WORDS}, [], "in.jsonl:1: neither plain language .* or set problems.on_error=skip"),
        ("b.jsonl", {"text": WORDS}, ["--set", "problems.fields.text=quux"], ""),
        ("b.jsonl", {"text": WORDS}, ["--set", "filters.similarity=1"], "unknown key `filters.similarity`"),
        (
            "b.jsonl",
            {"said": WORDS},
            [],
            r"--against: \S+b.jsonl:1: neither plain language .* with against.fields.text or against.fields.statement \(with --set\)\n",
        ),
        ("b.jsonl", {"said": WORDS}, ["--set", "against.fields.text=said", "--set", "problems.fields.text=quux"], ""),
        (
            "b.jsonl",
            {"said": WORDS},
            ["--set", "against.fields.text=sad"],
            r":1: field `sad`: no column .* set against.fields.text",
        ),
        ("b.jsonl", {"statement": "def x := 1"}, [], r"--against: \S+b.jsonl:1: .*, or say what the columns hold \(against.fields"),
        ("b.what", {"text": WORDS}, [], r"--against: \S+b.what: cannot tell the format from the name; set against.format to"),
        ("b.what", {"text": WORDS}, ["--set", "against.format=jsonl", "--set", "problems.fields.text=quux"], ""),
        ("nowhere.jsonl", None, [], r"--against: \S+nowhere.jsonl: no such file"),
    ],
)
def test_mistakes_name_what_can_be_set(
    bench: str, row: dict[str, str] | None, words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"quux": "Show that 5 is odd."}) + "\n")
    if row:
        (tmp_path / bench).write_text(json.dumps(row) + "\n")
    with pytest.raises(SystemExit) as ended:
        against = ["--against", str(tmp_path / bench), "--out", str(tmp_path / "o.jsonl"), "--no-lean"]
        main(["decontaminate", str(tmp_path / "in.jsonl"), *against, *words])
    assert ended.value.code == (2 if says else 0) and re.search(says, capsys.readouterr().err)


def test_what_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ending must be"):
        decontaminate_file("nowhere", [], str(tmp_path / "out.txt"), None, 0.7, Progress(Console(file=io.StringIO()), plain=True))
