"""Records in single files: what is read back, and what a mistake is told."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.records import Problem
from synth.store.files import check_target, read_records, write_records
from verify_workers.errors import UserError

PROBLEMS = [Problem(id=str(n), source="here", text=f"Show {n} = {n}.") for n in range(3)]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_written_records_are_read_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "new" / f"problems.{ending}"
    write_records(path, PROBLEMS, Problem)
    assert list(read_records(path, Problem)) == PROBLEMS
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_byte_order_mark_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_text(PROBLEMS[0].model_dump_json() + "\r\n", encoding="utf-8-sig")
    assert list(read_records(path, Problem)) == PROBLEMS[:1]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", r"problems.jsonl:2: not valid JSON \(.* at column 1\); expected a Problem record"),
        (b'{"id": "\xe9"}', r"problems.jsonl:2: not UTF-8 at byte 9; save the file as UTF-8"),
        (b'{"id": 1}', r"problems.jsonl:2: id: Input should be a valid string; expected a Problem record"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, says: str) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_bytes(PROBLEMS[0].model_dump_json().encode() + b"\n" + line + b"\n")
    with pytest.raises(UserError, match=says) as caught:
        list(read_records(path, Problem))
    assert "\n" not in str(caught.value)


def test_a_bad_parquet_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "problems.parquet"
    path.write_text("no Parquet")
    with pytest.raises(UserError, match=r"problems.parquet: not a readable Parquet file"):
        list(read_records(path, Problem))
    pq.write_table(pa.table({"name": ["x"]}), path)
    with pytest.raises(UserError, match=r"problems.parquet: id: Field required; expected Problem records"):
        list(read_records(path, Problem))


def test_a_bad_target_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.jsonl").mkdir()
    check_target(tmp_path / "new" / "deep" / "out.jsonl")
    for path, says in (
        (tmp_path / "out.txt", "the ending must be .jsonl or .parquet"),
        (tmp_path / "folder.jsonl", "a folder; --out must name a file"),
        (tmp_path / "file" / "out.jsonl", "cannot be written"),
    ):
        with pytest.raises(UserError, match=says):
            check_target(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.jsonl"]
