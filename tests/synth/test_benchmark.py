"""The held-out benchmark: every row of its file counts and is excluded from training, or the command stops."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.benchmark import GENERATED, Benchmark, load_benchmark
from synth.config import HeldoutConfig
from synth.statements.text import normalized
from verify_workers.errors import UserError
from verify_workers.text.statement import negate

ROWS = [{"name": f"t{n}", "formal_statement": f"theorem t{n} (x : Nat) : x + {n} = {n} + x := by sorry"} for n in range(260)]


def load(path: Path, rows: list[dict[str, Any]], **options: Any) -> Benchmark:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_benchmark(HeldoutConfig(path=str(path), **options))


def failure(path: Path, rows: list[dict[str, Any]], **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        load(path, rows, **options)
    return str(caught.value)


def test_all_rows_of_a_file_are_used_and_excluded(tmp_path: Path) -> None:
    benchmark = load(tmp_path / "h.jsonl", ROWS)
    assert len(benchmark.statements) == len(ROWS) and all(s.kept and s.origin == "given" for s in benchmark.statements)
    texts = [row["formal_statement"].removesuffix(" := by sorry") for row in ROWS]
    assert benchmark.excluded == {normalized(text) for text in texts} | {normalized(negate(text)) for text in texts}
    assert "260 rows, 260 problems, 260 with a statement" in benchmark.notes[0]
    few = load(tmp_path / "h.jsonl", ROWS, count=3)
    assert len(few.statements) == 3 and few.excluded == benchmark.excluded, "a row that is not asked is still held out"
    assert len(load_benchmark(HeldoutConfig()).statements) == GENERATED
    assert len(load_benchmark(HeldoutConfig(count=5)).statements) == 5


def test_a_whole_file_statement_is_excluded(tmp_path: Path) -> None:
    whole = {"formal_statement": "import Mathlib\nopen Nat\n\n/-- Words. -/\ntheorem a (n : ℕ) : n + 0 = n := by sorry", "split": "test"}
    benchmark = load(tmp_path / "h.jsonl", [whole])
    assert normalized("theorem X (n : Nat) : n + 0 = n") in benchmark.excluded
    assert benchmark.statements[0].header == "import Mathlib\nopen Nat"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"formal_statement": "Show:\ntheorem t : 1 = 1"}, "h.jsonl:2: field `formal_statement`: holds no Lean theorem"),
        ({"formal_statement": "theorem t : 1 = 1 := by norm_num"}, "h.jsonl:2: field `formal_statement`: holds no Lean theorem"),
        ({"problem": "Show that one is one."}, "h.jsonl:2: no formal statement, which every row of a benchmark needs"),
        ({"id": "x"}, "h.jsonl:2: neither plain language nor a formal statement"),
    ],
)
def test_a_row_that_cannot_be_asked_stops_the_command(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    text = failure(tmp_path / "h.jsonl", [ROWS[0], row, ROWS[1]])
    assert text.startswith(f"heldout.path: {tmp_path}/{reason}")
    assert "problems." not in text, "the remedy is a key that exists"


def test_columns_rows_and_split_can_be_said(tmp_path: Path) -> None:
    rows = [{"words": "a", "goal": "theorem a : 1 = 1", "set": "x"}, {"words": "b", "goal": "theorem b : 2 = 2", "set": "y"}]
    found = load(tmp_path / "h.jsonl", rows, fields={"statement": "goal", "text": "words"}, where={"set": "y"})
    assert [s.text for s in found.statements] == ["theorem b : 2 = 2"]
    folder = tmp_path / "hub"
    folder.mkdir()
    for split, row in (("train", ROWS[0]), ("test", ROWS[1]), ("validation", ROWS[2])):
        pq.write_table(pa.Table.from_pylist([row]), folder / f"{split}-00000-of-00001.parquet")
    by_split = {split: load_benchmark(HeldoutConfig(path=str(folder), split=split)).statements for split in ("test", "valid", "train")}
    assert [s.text.split()[1] for found in by_split.values() for s in found] == ["t1", "t2", "t0"]
    assert [s.text.split()[1] for s in load_benchmark(HeldoutConfig(path=str(folder))).statements] == ["t1"], "test unless told otherwise"
    with pytest.raises(UserError, match=r"no file of the split `dev2`; set heldout.split to one of test, train, validation"):
        load_benchmark(HeldoutConfig(path=str(folder), split="dev2"))
