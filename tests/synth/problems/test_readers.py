"""Problems from files of every format, and one clear line for whatever is wrong with them."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.problems.readers import ProblemsConfig, read_problems
from synth.records import Problem
from verify_workers.errors import UserError

ROWS = [
    {"name": "one", "informal_statement": "Show that 1 + 1 is 2.", "formal_statement": "theorem one : 1 + 1 = 2 := by sorry", "core": True},
    {
        "name": "two",
        "informal_statement": "Every number is ≤ itself.",
        "formal_statement": "theorem two (n : Nat) : n ≤ n := by sorry",
        "core": False,
    },
    {"name": "three", "informal_statement": "Words only.", "formal_statement": None, "core": True},
]


def jsonl(path: Path, rows: list[Any] = ROWS) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def read(path: object, **options: Any) -> list[Problem]:
    return read_problems(ProblemsConfig(path=str(path), **options)).problems


def failure(path: object, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(path, **options)
    text = str(caught.value)
    assert "\n" not in text and "Traceback" not in text
    return text


def test_every_format_gives_the_same_problems(tmp_path: Path) -> None:
    import datasets

    expected = read(jsonl(tmp_path / "a.jsonl"))
    assert [(p.name, p.text, p.statement) for p in expected] == [
        (row["name"], row["informal_statement"], row["formal_statement"] or "") for row in ROWS
    ]
    assert expected[0].meta == {"core": "True"}
    assert expected[1].source == f"{tmp_path}/a.jsonl:2"
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(ROWS[0]))
        writer.writeheader()
        writer.writerows(ROWS)
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved")
    datasets.DatasetDict({"valid": datasets.Dataset.from_list(ROWS)}).save_to_disk(tmp_path / "splits")
    others = [jsonl(tmp_path / "b.jsonl.gz"), tmp_path / "a.parquet", tmp_path / "a.csv", tmp_path / "saved", tmp_path / "*.parquet"]
    for path in others:
        assert [p.model_dump(exclude={"source"}) for p in read(path)] == [p.model_dump(exclude={"source"}) for p in expected], path
    assert [p.id for p in read(tmp_path / "splits", split="valid")] == [p.id for p in expected]
    assert "set problems.split to one of valid" in failure(tmp_path / "splits")


def test_a_data_set_of_the_hub_is_loaded_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`load_dataset` takes a folder of data files too: the same call as for a name of the hub, without the network."""
    import datasets
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "set").mkdir(parents=True)
    jsonl(tmp_path / "owner" / "set" / "train.jsonl")
    assert [p.name for p in read("owner/set", format="datasets")] == ["one", "two", "three"]
    text = failure("nobody-at-all/no-such-set")
    assert text.startswith("nobody-at-all/no-such-set: not a file here, and not a data set that can be loaded")


def test_fields_where_and_limit(tmp_path: Path) -> None:
    rows = [{"q": f"question {n}", "lean": f"theorem t{n} : {n} = {n}", "level": n % 2} for n in range(6)]
    path = jsonl(tmp_path / "p.jsonl", rows)
    problems = read(path, fields={"text": "q", "statement": "lean"}, where={"level": 1}, limit=2)
    assert [(p.text, p.statement, p.meta) for p in problems] == [
        (f"question {n}", f"theorem t{n} : {n} = {n}", {"level": "1"}) for n in (1, 3)
    ]
    assert "no rows with level = 7" in failure(path, fields={"text": "q"}, where={"level": 7})


def test_a_broken_row_names_file_line_field_and_remedy(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "bad.jsonl", [ROWS[0], "", '{"text": "unfinished', ROWS[1]])
    assert failure(path).startswith(f"{path}:3: not valid JSON (Unterminated string starting at column 10); mend or remove the line")
    assert "problems.on_error=skip" in failure(path)
    path = jsonl(tmp_path / "type.jsonl", [{"text": 7}])
    assert failure(path).startswith(f"{path}:1: field `text`: is int, not text; mend the row or set problems.fields.text")
    path = jsonl(tmp_path / "list.jsonl", [ROWS[0], "[1, 2]"])
    assert f"{path}:2: a row must be a JSON object, this is a list" in failure(path)
    path = jsonl(tmp_path / "none.jsonl", [{"txt": "x"}])
    assert (
        "neither plain language nor a formal statement; the row's columns are txt: name the right one with problems.fields.text"
        in failure(path)
    )
    assert "no column `txxt`; the columns are txt" in failure(path, fields={"text": "txxt"})
    assert "problems.fields.tekst: unknown field; the fields are header, name, statement, text" in failure(path, fields={"tekst": "txt"})


def test_skip_records_the_bad_rows_and_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    jsonl(path, [ROWS[0], "{", {"name": "nothing"}, {"text": ["a", "list"]}, ROWS[0], ROWS[1]])
    path.write_bytes(path.read_bytes() + b'{"text": "\xff"}\n')
    reading = read_problems(ProblemsConfig(path=str(path), on_error="skip"))
    problems, rejected = reading.problems, reading.rejected
    assert [p.name for p in problems] == ["one", "two"]
    assert [(r.source.rsplit(":", 1)[1], r.field) for r in rejected] == [("2", ""), ("3", ""), ("4", "text"), ("5", ""), ("7", "")]
    assert rejected[3].reason == f"duplicate of {path}:1"
    assert "not UTF-8" in rejected[4].reason


def test_all_rows_bad_is_an_error_even_with_skip(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "bad.jsonl", ["{", "]"])
    assert failure(path, on_error="skip").startswith(f"{path}: none of 2 rows is usable; the first: {path}:1: not valid JSON")


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.csv"])
def test_an_empty_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert failure(tmp_path / name) == f"{tmp_path / name}: the file is empty; give a file that holds problems"


def test_a_missing_file_and_an_unknown_ending(tmp_path: Path) -> None:
    assert failure(tmp_path / "no.jsonl") == f"{tmp_path}/no.jsonl: no such file; check the path"
    assert failure("") == "problems.path: no file is named; give the file or folder that holds the problems"
    assert "no file matches" in failure(tmp_path / "*.jsonl")
    (tmp_path / "folder").mkdir()
    assert "no .jsonl, .json, .csv, .parquet or .arrow file in this folder" in failure(tmp_path / "folder")
    (tmp_path / "p.txt").write_text("x")
    assert "set problems.format to jsonl, json, csv, parquet or arrow" in failure(tmp_path / "p.txt")
    (tmp_path / "blank.jsonl").write_text("\n\n")
    assert "no rows; give a file that holds problems" in failure(tmp_path / "blank.jsonl")


def test_damaged_files(tmp_path: Path) -> None:
    (tmp_path / "p.parquet").write_bytes(b"not parquet at all")
    assert "damaged or not a parquet file" in failure(tmp_path / "p.parquet")
    whole = jsonl(tmp_path / "p.jsonl.gz", [{"text": f"{n}" * 50} for n in range(200)]).read_bytes()
    (tmp_path / "p.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    assert "damaged or not a jsonl file" in failure(tmp_path / "p.jsonl.gz")
    (tmp_path / "p.csv").write_text('text,name\n"open quote,x\n')
    assert "not valid CSV" in failure(tmp_path / "p.csv")
    (tmp_path / "q.csv").write_text("text,name\nfine,1\nshort\n")
    assert "q.csv:3: has another number of cells than the heading" in failure(tmp_path / "q.csv")


def test_any_fsspec_filesystem(tmp_path: Path) -> None:
    import fsspec

    with fsspec.open("memory://problems/p.jsonl", "wb") as file:
        file.write(json.dumps(ROWS[0]).encode())
    assert [p.name for p in read("memory://problems/p.jsonl")] == ["one"]


def test_ids_come_from_the_content_alone(tmp_path: Path) -> None:
    a = read(jsonl(tmp_path / "a.jsonl"))
    b = read(jsonl(tmp_path / "b.jsonl", [{**row, "name": "other"} for row in reversed(ROWS)]))
    assert [p.id for p in a] == [p.id for p in reversed(b)]


def test_minif2f(request: pytest.FixtureRequest) -> None:
    path = request.config.rootpath.parent / "shared" / "data" / "minif2f_valid.jsonl"
    if not path.exists():
        pytest.skip("no ../shared/data/minif2f_valid.jsonl beside the project")
    problems = read(path)
    assert len(problems) == 244
    assert all(p.statement.startswith("theorem") and p.text and p.header and p.name for p in problems)
    assert len(read(path, where={"core": True})) == 55
