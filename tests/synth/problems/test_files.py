"""Files as users have them: packed, in other encodings and formats, in folders with splits and with what is no data."""

from __future__ import annotations

import bz2
import csv
import functools
import gzip
import http.server
import io
import json
import lzma
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from synth.problems.files import split_of
from synth.problems.readers import ProblemsConfig, Reading, read_problems
from verify_workers.errors import UserError

ROWS = [{"name": "one", "problem": "Show that 1 + 1 is 2."}, {"name": "two", "problem": "Show that ∀ n, n ≤ n."}]
TEXT = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)


def reading(path: object, **options: Any) -> Reading:
    return read_problems(ProblemsConfig(path=str(path), **options))


def names(path: object, **options: Any) -> list[str]:
    found = reading(path, **options).problems
    known = {row["name"]: row["problem"] for row in ROWS}
    assert all(problem.text == known[problem.name] for problem in found if problem.name in known)
    return [problem.name for problem in found]


def failure(path: object, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        reading(path, **options)
    text = str(caught.value)
    assert "\n" not in text and "Traceback" not in text
    return text


def zipped(data: bytes, *members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, b"" if member.rsplit("/", 1)[-1].startswith("._") else data)
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as file:
        file.write(data)
    return bytes(out.getvalue().to_pybytes())


def lz4(data: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "lz4") as file:
        file.write(data)
    return bytes(out.getvalue().to_pybytes())


PACKED: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd, "lz4": lz4}


@pytest.mark.parametrize("ending", PACKED)
def test_packed_files_are_unpacked_whatever_they_are_called(tmp_path: Path, ending: str) -> None:
    data = PACKED[ending](TEXT.encode())
    for name in (f"p.jsonl.{ending}", "p.jsonl", "p.json"):
        (tmp_path / name).write_bytes(data)
        assert names(tmp_path / name) == ["one", "two"], name
    (tmp_path / f"p.jsonl.{ending}").write_bytes(data + PACKED[ending](b'{"name": "three", "problem": "x"}\n'))  # packed in parts
    assert names(tmp_path / f"p.jsonl.{ending}") == ["one", "two", "three"]
    (tmp_path / "half.jsonl").write_bytes(data[: len(data) - 6])
    assert "damaged or not a jsonl file" in failure(tmp_path / "half.jsonl")


def test_a_zip_of_one_file(tmp_path: Path) -> None:
    for name, members in (("p.zip", ["a/p.jsonl", "__MACOSX/._p.jsonl"]), ("p.jsonl.zip", ["whatever"]), ("q.zip", ["P.JSONL"])):
        (tmp_path / name).write_bytes(zipped(TEXT.encode(), *members))
        assert names(tmp_path / name) == ["one", "two"], name
    (tmp_path / "two.zip").write_bytes(zipped(TEXT.encode(), "a.jsonl", "b.jsonl"))
    assert failure(tmp_path / "two.zip") == f"{tmp_path}/two.zip: a zip of 2 files; unpack it and give the folder"
    (tmp_path / "text.zip").write_bytes(zipped(TEXT.encode(), "a.txt"))
    assert "a.txt is no file of rows by its name" in failure(tmp_path / "text.zip")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_and_line_ends_of_windows(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding[-2:] in ("le", "be") else ""
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, ["name", "problem"])
    writer.writeheader()
    writer.writerows(ROWS)
    contents = {
        "p.jsonl": TEXT.replace("\n", "\r\n"),
        "p.json": json.dumps(ROWS, indent=1).replace("\n", "\r\n"),
        "p.csv": table.getvalue(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes((mark + content).encode(encoding))
        assert names(tmp_path / name) == ["one", "two"], name
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((mark + content).encode(encoding)))
        assert names(tmp_path / f"{name}.gz") == ["one", "two"], name


def test_damaged_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe{\x00\x00")
    assert "not UTF-16" in failure(tmp_path / "a.jsonl")
    (tmp_path / "a.json").write_bytes(b'[{"problem": "\xe9"}]')
    assert "a.json: not UTF-8 at byte 15; save the file as UTF-8" in failure(tmp_path / "a.json")
    (tmp_path / "b.json").write_text('[\n {"problem": "x"},\n {"problem" "y"}\n]')
    assert "b.json:3: not valid JSON (Expecting ':' delimiter at column 13)" in failure(tmp_path / "b.json")
    (tmp_path / "c.json").write_text("[" * 100_000)
    assert "c.json: JSON nested too deep" in failure(tmp_path / "c.json")
    (tmp_path / "d.jsonl").write_text('{"problem": "x"}\n' + '{"problem": ' + "[" * 100_000 + "\n")
    assert "d.jsonl:2: JSON nested too deep" in failure(tmp_path / "d.jsonl")
    (tmp_path / "e.jsonl").write_text('{"problem": "unfinished\n' + TEXT)
    assert "e.jsonl:1: not valid JSON" in failure(tmp_path / "e.jsonl")
    assert names(tmp_path / "e.jsonl", on_error="skip") == ["one", "two"]


JSON_SHAPES: dict[str, Any] = {
    "array": ROWS,
    "wrapped": {"version": "1.0", "data": ROWS},
    "splits": {"train": ROWS, "test": [{"name": "secret", "problem": "Held out."}]},
    "by name": {row["name"]: {"problem": row["problem"]} for row in ROWS},
    "columns": {"name": [row["name"] for row in ROWS], "problem": [row["problem"] for row in ROWS]},
    "pandas": {
        "name": {str(n): row["name"] for n, row in enumerate(ROWS)},
        "problem": {str(n): row["problem"] for n, row in enumerate(ROWS)},
    },
}


@pytest.mark.parametrize("shape", JSON_SHAPES)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", ["p.json", "p.jsonl"])
def test_json_in_every_usual_shape(tmp_path: Path, shape: str, indent: int | None, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(JSON_SHAPES[shape], indent=indent, ensure_ascii=False))
    assert names(tmp_path / name) == ["one", "two"]


def test_json_values_one_after_the_other_and_one_row(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text("\n".join(json.dumps(row, indent=2) for row in ROWS))  # as `jq '.[]'` writes them
    assert names(path) == ["one", "two"]
    path.write_text(json.dumps(ROWS[0], indent=2))
    assert [p.source for p in reading(path).problems] == [f"{path}:1"]
    path.write_text(json.dumps([ROWS[0], 7, ROWS[1]]))
    assert f"{path}: entry 2: a row must be a JSON object, this is a int" in failure(path)
    path.write_text(json.dumps({"easy": ROWS, "hard": ROWS}))
    assert f"{path}: no list named `train`; set problems.split to one of easy, hard, or all" in failure(path)
    assert names(path, split="hard") == ["one", "two"]
    path.write_text(json.dumps({"test": ROWS}))
    assert "set problems.split to one of test" in failure(path)
    assert names(path, split="all") == ["one", "two"]


def test_tables(tmp_path: Path) -> None:
    import datasets

    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, tmp_path / "p.parquet")
    (tmp_path / "p.parquet.gzip").write_bytes((tmp_path / "p.parquet").read_bytes())  # pandas' own example of a name
    (tmp_path / "p.parquet.gz").write_bytes(gzip.compress((tmp_path / "p.parquet").read_bytes()))
    pyarrow.feather.write_feather(table, tmp_path / "p.feather")
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved")
    (stream,) = (tmp_path / "saved").glob("*.arrow")
    for delimiter, name in ((";", "excel.csv"), ("\t", "p.tsv"), (",", "plain.csv")):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [" name ", "problem"], delimiter=delimiter, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows({" name ": row["name"], "problem": row["problem"]} for row in ROWS)
    for path in (*sorted(tmp_path.glob("*.*")), stream, tmp_path / "saved"):
        assert names(path) == ["one", "two"], path
    large = pa.table(
        {
            "name": pa.array(["one", "two"]).dictionary_encode(),
            "problem": pa.array([r["problem"].encode() for r in ROWS], pa.large_binary()),
        }
    )
    pq.write_table(large, tmp_path / "large.parquet")
    assert names(tmp_path / "large.parquet") == ["one", "two"]


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A clone of a data set of the hub, as it lies on a Mac."""
    root = tmp_path / "owner" / "set"
    (root / "data").mkdir(parents=True)
    for name, row in (
        ("train-00000-of-00002", ROWS[0]),
        ("train-00001-of-00002", ROWS[1]),
        ("test-00000-of-00001", {"name": "secret", "problem": "x"}),
    ):
        pq.write_table(pa.Table.from_pylist([row]), root / "data" / f"{name}.parquet")
    (root / "data" / "._train-00000-of-00002.parquet").write_bytes(b"\0\5\26\7")
    (root / ".cache").mkdir()
    (root / ".cache" / "x.jsonl").write_text("{")
    for name, content in {
        ".gitattributes": "*",
        "README.md": "---\n",
        "dataset_infos.json": "{}",
        ".DS_Store": "\0",
        "_SUCCESS": "",
    }.items():
        (root / name).write_text(content)
    return root


def test_a_clone_of_the_hub_gives_one_split(hub: Path) -> None:
    found = reading(hub)
    assert [p.name for p in found.problems] == ["one", "two"]
    notes = "\n".join(found.notes())
    assert "test-00000-of-00001.parquet (split test)" in notes and "dataset_infos.json (describes the data)" in notes
    assert names(hub, split="test") == ["secret"]
    assert sorted(names(hub, split="all")) == ["one", "secret", "two"]
    assert "no file of the split `valid`; set problems.split to one of test, train, or all" in failure(hub, split="valid")
    assert names(hub / "data" / "test-00000-of-00001.parquet") == ["secret"], "a file that is named is read"


def test_splits_by_name() -> None:
    cases = {
        "data/train-00000-of-00002.parquet": "train", "train.jsonl": "train", "training_set/a.parquet": "train", "trained.jsonl": "",
        "minif2f_valid.jsonl": "validation", "dev.csv": "validation", "Validation.JSONL": "validation", "data/p.jsonl": "",
        "test/0.parquet": "test", "a_test.json": "test", "eval/x.jsonl": "test", "latest.jsonl": "", "contest.jsonl": "",
        "test.d/train.jsonl": "train",
    }  # fmt: skip
    assert {name: split_of(name) for name in cases} == cases


def test_folders_with_other_files(tmp_path: Path) -> None:
    folder = tmp_path / "a [v2] dir"
    folder.mkdir()
    for n, row in enumerate(ROWS):
        (folder / f"part{n}.jsonl").write_text(json.dumps(row))
    (folder / "part2.jsonl").touch()
    (folder / "gone.jsonl").symlink_to("nowhere")
    (folder / "linked.jsonl").symlink_to(tmp_path / "elsewhere.data")
    (tmp_path / "elsewhere.data").write_text('{"name": "three", "problem": "x"}')
    found = reading(folder)
    assert [p.name for p in found.problems] == ["three", "one", "two"]
    assert {Path(name).name: reason for name, reason in found.skipped.items()} == {
        "part2.jsonl": "empty",
        "gone.jsonl": "a link to nothing",
    }
    assert names(folder / "part0.jsonl") == ["one"], "brackets in a path that exists are no pattern"
    assert names(f"{tmp_path}/*dir/part[01].jsonl") == ["one", "two"]
    assert sorted(names(f"{tmp_path}/*dir/*")) == ["one", "three", "two"]
    other = tmp_path / "other"
    other.mkdir()
    for name, text in {"part.txt": json.dumps(ROWS[0]), "README.md": "# Data", "LICENSE": "MIT"}.items():
        (other / name).write_text(text)
    assert "no .jsonl, .json, .csv, .parquet or .arrow file in this folder" in failure(other)
    assert names(other, format="jsonl") == ["one"]
    for name in ("part0.jsonl", "part1.jsonl", "linked.jsonl"):
        (folder / name).write_text("")
    assert "every file in it is empty" in failure(folder)


def test_saved_splits(tmp_path: Path) -> None:
    import datasets

    parts = {"train": datasets.Dataset.from_list(ROWS), "validation": datasets.Dataset.from_list([{"name": "v", "problem": "x"}])}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "splits")
    assert names(tmp_path / "splits") == ["one", "two"]
    assert names(tmp_path / "splits", split="dev") == ["v"]
    assert names(tmp_path / "splits", split="all") == ["one", "two", "v"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_download_link(tmp_path: Path, server: str) -> None:
    """The question mark of a link is no pattern, and what follows it no ending."""
    (tmp_path / "p.jsonl").write_text(TEXT)
    assert names(f"{server}/p.jsonl?download=true") == ["one", "two"]


def test_columns_without_a_name_or_with_the_same(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(",id,problem,formal_statement\n0,a,Show one.,theorem a : 1 = 1\n1,b,Show two.,theorem b : 2 = 2\n")
    assert [(p.name, p.statement, p.header, p.meta) for p in reading(path).problems] == [
        ("a", "theorem a : 1 = 1", "", {}), ("b", "theorem b : 2 = 2", "", {})
    ]  # fmt: skip
    assert [p.text for p in reading(path, fields={"text": "problem"}).problems] == ["Show one.", "Show two."]
    path.write_text("problem,problem\na,b\n")
    assert f"{path}:2: field `problem`: several columns have this name; rename one" in failure(path)
    path.write_text("problem,note,note\na,b,c\n")
    assert [p.text for p in reading(path).problems] == ["a"], "columns that nobody asks for may be called what they like"
    assert "field `note`: several columns have this name" in failure(path, where={"note": "b"})
    pq.write_table(pa.table([["a"], ["b"]], names=["problem", "problem"]), tmp_path / "p.parquet")
    assert "p.parquet:1: field `problem`: several columns" in failure(tmp_path / "p.parquet")
    (tmp_path / "p.jsonl").write_text('{"problem": "a", "problem": "b"}\n{"problem": "c"}\n')
    assert "p.jsonl:1: field `problem`: several columns" in failure(tmp_path / "p.jsonl")
