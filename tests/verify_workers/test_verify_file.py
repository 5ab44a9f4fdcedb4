"""`verify_file`: the contract of `synth verify` on fake backends, its input errors, and the real Lean at the end."""

from __future__ import annotations

import csv
import fcntl
import gzip
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.verify_workers.fake_backends import FlakyBackend, NullBackend, SlowBackend, checks, expected
from verify_workers import row_files
from verify_workers import verify_file as module
from verify_workers.check_rows import read_checks
from verify_workers.config import CacheConfig, PoolConfig, VerifyConfig
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Outcome, Verdict
from verify_workers.verify_file import SCHEMA, Summary, verify_file

CONFIG = VerifyConfig(pool=PoolConfig(workers=2, retry_timeouts="never"), timeout=10)
COLUMNS = ["id", "outcome", "reason", "messages", "axioms", "audit", "seconds", "lean", "library", "advisories", "kernels"]
GOOD = {"id": "a", "statement": "theorem t : True", "proof": "trivial"}


def rows(count: int) -> list[dict[str, Any]]:
    return [{"id": check.id, "statement": check.statement, "header": None, "proof": check.proof, "code": None} for check in checks(count)]


def write(path: Path, table: list[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        names = {name: None for entry in table for name in entry}
        pq.write_table(pa.Table.from_pylist([{**names, **entry} for entry in table]), path)
    else:
        path.write_text("".join(json.dumps(entry) + "\n" for entry in table))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        assert table.schema.equals(SCHEMA)
        return table.to_pylist()
    return [json.loads(line) for line in path.read_text().splitlines()]


def verify(source: Path, target: Path, backend: type[NullBackend] = NullBackend, config: VerifyConfig = CONFIG, **more: Any) -> Summary:
    with LocalPool(config.pool, backend) as pool:
        return verify_file(source, target, config, pool=pool, **more)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
@pytest.mark.parametrize("out", ["jsonl", "parquet"])
def test_one_row_per_row_in_the_same_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, out: str) -> None:
    monkeypatch.setattr(module, "WRITE_ROWS", 300)  # several row groups
    source, target = write(tmp_path / f"in.{ending}", rows(1000)), tmp_path / "new" / f"out.{out}"
    told: list[Summary] = []
    summary = verify(source, target, progress=told.append)
    verdicts = read(target)
    assert [verdict["id"] for verdict in verdicts] == [check.id for check in checks(1000)]
    assert [verdict["outcome"] for verdict in verdicts] == [expected(check).value for check in checks(1000)]
    assert all(list(verdict) == COLUMNS for verdict in verdicts)
    assert summary.rows == summary.written == 1000 and sum(summary.outcomes.values()) == 1000
    assert summary.backend == "null" and told[-1].written == 1000
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_messages_and_axioms_reach_both_formats(tmp_path: Path) -> None:
    message = {"severity": "error", "line": 3, "column": 0, "text": "∀ x, half \ud800"}

    class Wordy(NullBackend):
        def check(self, check: Check) -> Verdict:
            verdict = self.answer(check, Outcome.REJECTED, 0.25)
            return Verdict.model_validate({**verdict.model_dump(), "messages": [{**message, "end_line": 3}], "axioms": ["propext"]})

    source = write(tmp_path / "in.jsonl", [GOOD])
    for name in ("out.jsonl", "out.parquet"):
        verify(source, tmp_path / name, Wordy)
        (verdict,) = read(tmp_path / name)
        assert verdict["messages"] == [{**message, "text": "∀ x, half ?"}]
        assert (verdict["axioms"], verdict["seconds"], verdict["lean"], verdict["library"]) == (["propext"], 0.25, "4.0.0", "test")


def test_proof_code_header_and_optional_columns_reach_the_check(tmp_path: Path) -> None:
    table = [GOOD, {"id": "b", "statement": "s", "code": "theorem", "header": "import X", "more": [1]}, {**GOOD, "id": "c", "proof": ""}]
    for name in ("in.jsonl", "in.parquet"):
        found = list(read_checks(write(tmp_path / name, table), 7.0))
        assert found == [
            Check(id="a", statement="theorem t : True", proof="trivial", timeout=7),
            Check(id="b", statement="s", code="theorem", header="import X", timeout=7),
            Check(id="c", statement="theorem t : True", proof="", timeout=7),
        ]


def test_a_byte_order_mark_blank_lines_and_a_missing_last_newline_are_harmless(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n\r\n  \n" + json.dumps({**GOOD, "id": "b"}).encode())
    assert [check.id for check in read_checks(source, 1)] == ["a", "b"]


def test_a_negation_is_asked_for_and_that_of_an_exported_pair_is_its_statement_already(tmp_path: Path) -> None:
    rows = [
        GOOD,
        {**GOOD, "id": "b", "negated": True},
        {**GOOD, "id": "c", "negated": True, "attempt_id": "x"},
        {**GOOD, "id": "d", "negated": None},
    ]
    for name in ("in.jsonl", "in.parquet"):
        assert [check.negated for check in read_checks(write(tmp_path / name, rows), 1)] == [False, True, False, False]


def test_rows_without_an_id_are_called_by_their_numbers_where_that_is_asked_for(tmp_path: Path) -> None:
    unnamed = {name: value for name, value in GOOD.items() if name != "id"}
    (tmp_path / "in.csv").write_text("statement,proof\ntheorem t : True,trivial\ntheorem u : True,trivial\n")
    for name in ("in.jsonl", "in.parquet", "in.csv"):
        source = tmp_path / name if name == "in.csv" else write(tmp_path / name, [unnamed, unnamed])
        with pytest.raises(UserError, match=r"row 1: field `id` is missing.*; --number-rows calls rows by their numbers"):
            list(read_checks(source, 1))
        assert [check.id for check in read_checks(source, 1, number=True)] == ["row-1", "row-2"]
    mixed = write(tmp_path / "mixed.jsonl", [GOOD, {**GOOD, "id": None}, {**GOOD, "id": "row-2"}])
    with pytest.raises(UserError, match="row 3: field `id`: 'row-2' occurs twice"):
        list(read_checks(mixed, 1, number=True))


def test_a_kernel_that_is_not_there_is_told_before_the_input_is_read(tmp_path: Path) -> None:
    config = VerifyConfig(pool=PoolConfig(kernels=["no-such-kernel"]))
    with pytest.raises(UserError, match="no program 'no-such-kernel'"):
        verify_file(tmp_path / "nothing.jsonl", tmp_path / "out.jsonl", config)


BAD_ROWS = [
    ({**GOOD, "negated": "yes"}, "field `negated` must be a truth value, not text"),
    ({**GOOD, "id": None}, "field `id` is missing"),
    ({**GOOD, "id": " "}, "field `id` is empty"),
    ({**GOOD, "id": float("nan")}, "field `id` must be text, not a number (nan)"),
    ({**GOOD, "statement": 7}, "field `statement` must be text, not a number (7)"),
    ({**GOOD, "id": True}, "field `id` must be text, not a truth value"),
    ({**GOOD, "statement": None}, "field `statement` is missing"),
    ({**GOOD, "statement": ["x"]}, "field `statement` must be text, not a list"),
    ({**GOOD, "header": {}}, "field `header` must be text, not an object"),
    ({**GOOD, "proof": None}, "field `proof` (what follows `:=`) or `code` (a whole file) is missing"),
    ({**GOOD, "code": "x"}, "give exactly one of the fields `proof` and `code`"),
    ({**GOOD, "proof": "\ud800x"}, "field `proof` holds a lone surrogate (U+D800 at character 1)"),
    ({**GOOD, "id": "\udfff"}, "field `id` holds a lone surrogate"),
    (["a"], "a row must be an object with `id`, `statement` and `proof` or `code`, not a list"),
    (None, "not null"),
]


@pytest.mark.parametrize(("bad", "says"), BAD_ROWS)
def test_a_bad_row_is_named_before_any_check_runs(tmp_path: Path, bad: Any, says: str) -> None:
    source = write(tmp_path / "in.jsonl", [{**GOOD, "id": "first"}, bad])
    with pytest.raises(UserError) as error:
        verify(source, tmp_path / "out.jsonl", FlakyBackend)
    assert str(error.value).startswith(f"{source}: row 2: ") and says in str(error.value) and "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "not JSON (Expecting property name"),
        (b"nonsense", "not JSON"),
        (b'{"id": "b", "id": "c"}', "field 'id' occurs twice"),
        (b'{"id": "\xff"}', "not UTF-8 (byte 9 of the line is 0xff)"),
        (b"\x00\x01\x02", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"id": ' + b"9" * 10_000 + b"}", "not JSON"),
        (b'{"id": ' + b"9" * 400 + b"}", "field `id` must be text, not a number"),
        (json.dumps(GOOD).encode(), "field `id`: 'a' occurs twice; ids must be unique"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, says: str) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(json.dumps(GOOD).encode() + b"\n" + line + b"\n")
    with pytest.raises(UserError) as error:
        verify_file(source, tmp_path / "out.jsonl", CONFIG)
    assert str(error.value).startswith(f"{source}: row 2: ") and says in str(error.value)


def test_the_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [GOOD, GOOD, {**GOOD, "id": "b", "proof": None}, {**GOOD, "id": "c"}, {"id": "d"}])
    with pytest.raises(UserError) as error:
        verify_file(source, tmp_path / "out.jsonl", CONFIG)
    first, *lines = str(error.value).splitlines()
    assert first == f"{source}: 3 faults:"
    assert [line.split(": ")[1] for line in lines] == ["row 2", "row 3", "row 5"] and all(
        line.startswith(f"  {source}: ") for line in lines
    )
    many = write(tmp_path / "many.jsonl", [GOOD] * 1002)
    with pytest.raises(UserError) as error:
        verify_file(many, tmp_path / "out.jsonl", CONFIG)
    first, *lines = str(error.value).splitlines()
    assert first == f"{many}: 1,001 faults, the first 10 of them:" and len(lines) == 10
    (tmp_path / "damaged.csv").write_text('id,statement,proof\na,s,p\na,s,p\nb,"s')
    with pytest.raises(UserError, match=r"2 faults:\n.*'a' occurs twice.*\n.*row 4: not CSV"):
        verify_file(tmp_path / "damaged.csv", tmp_path / "out.jsonl", CONFIG)


def test_ids_that_are_numbers_are_taken_as_their_text(tmp_path: Path) -> None:
    for name in ("in.jsonl", "in.parquet"):
        assert [check.id for check in read_checks(write(tmp_path / name, [{**GOOD, "id": 7}, {**GOOD, "id": -1}]), 1)] == ["7", "-1"]
    with pytest.raises(UserError, match="row 2: field `id`: '7' occurs twice"):
        list(read_checks(write(tmp_path / "in.jsonl", [{**GOOD, "id": "7"}, {**GOOD, "id": 7}]), 1))


@pytest.mark.parametrize("name", ["in.json", "in.csv", "in.jsonl.gz", "in.json.gz", "in.csv.gz", "lines.json"])
def test_the_forms_that_files_have(tmp_path: Path, name: str) -> None:
    table = [
        {
            "id": "a",
            "statement": "theorem t (n : Nat) :\n  n = n",
            "proof": 'by\n  exact "x", 1 -- ∀',
            "code": None,
            "negated": None,
            "more": "1",
        },
        {"id": "7", "statement": "s", "proof": None, "code": "theorem s", "negated": True, "more": "2"},
    ]
    if ".csv" in name:
        rows_file = tmp_path / "rows"
        with rows_file.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
        content = b"\xef\xbb\xbf" + rows_file.read_bytes()
    elif name.startswith("lines") or "jsonl" in name:
        content = "".join(json.dumps(entry) + "\n" for entry in table).encode()
    else:
        content = json.dumps(table, indent=1).encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    fields = ("id", "statement", "proof", "code")
    assert list(read_checks(tmp_path / name, 3)) == [
        Check(**{field: entry[field] for field in fields}, negated=bool(entry["negated"]), timeout=3) for entry in table
    ]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("in.json", b'[{"id": "a",]', "in.json: not JSON ("),
        ("in.json", b'{"id": "a",\n "statement": "s"}', "row 1: field `proof` (what follows `:=`) or `code` (a whole file) is missing"),
        ("in.json", b'{"id": "a",\n "statement: "s"}', "in.json: not JSON ("),
        ("in.json", b"", "in.json: holds no rows"),
        ("in.json", b"[1]", "in.json: row 1: a row must be an object"),
        ("in.json", b'[{"id": "a", "id": "b"}]', "in.json: row 1: not JSON (field 'id' occurs twice)"),
        ("in.json", b"[]", "in.json: holds no rows"),
        ("in.csv", b"id,statement,proof\na,s\n", "in.csv: row 2: 2 cells where the heading has 3"),
        ("in.csv", b"id,statement,poof\na,s,p\n", "field `proof` or `code` is missing (the file has no such column; 'poof' looks like it)"),
        ("in.csv", b"id,statement,proof,negated\na,s,p,perhaps\n", "row 2: field `negated` must be a truth value"),
        ("in.csv", b"id,statement,proof\na,s,\xff\n", "row 2: not UTF-8 (byte 5 of the line is 0xff)"),
        ("in.jsonl.gz", b"no gzip", "in.jsonl.gz: not a readable gzip file"),
        ("in.jsonl.gz", gzip.compress(json.dumps(GOOD).encode(), mtime=0)[:-9], "in.jsonl.gz: not a readable gzip file"),
    ],
)
def test_a_bad_file_of_another_form_is_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        verify_file(tmp_path / name, tmp_path / "out.jsonl", CONFIG)
    assert str(error.value).startswith(str(tmp_path / name)) and says in str(error.value) and "\n" not in str(error.value)


def test_a_misspelt_key_is_told_once_and_the_other_columns_of_a_corpus_are_not(tmp_path: Path) -> None:
    corpus = {
        "informal_statement": "x",
        "name": "n",
        "idx": 1,
        "mode": "m",
        "formal_proof_length": 3,
        "negative": 0,
        "lean_code": "",
        "split": "",
    }
    exported = {"id": "p", "formal_statement": "s", "formal_proof": "p", "Header": "import X", "proofs": [], "statements": 1}
    for name in ("in.jsonl", "in.parquet", "in.json"):
        lines: list[str] = []
        source = tmp_path / name
        table: list[dict[str, Any]] = [GOOD | corpus, {**GOOD, "id": "b", "premable": "def f := 1"}, {**GOOD, "id": "c", "premable": "x"}]
        if name == "in.json":
            source.write_text(json.dumps(table))
        else:
            write(source, table)
        verify(source, tmp_path / "out.jsonl", note=lines.append)
        place = "a column" if name == "in.parquet" else "row 2"
        assert lines == [f"{source}: unknown key 'premable' ({place}, near `preamble`): not read"]
    silent: list[str] = []
    rows_of_both = [{**GOOD, "headers": [], "header": "", "preambles": "", "preamble": ""}, {**GOOD, "id": "q", "code": None, "proofs": 1}]
    verify(write(tmp_path / "in.jsonl", rows_of_both), tmp_path / "out.jsonl", note=silent.append)
    assert silent == [], "what the row has is not misspelt"
    told: list[str] = []
    verify(write(tmp_path / "in.jsonl", [exported, {**GOOD, "id": "x", "negatd": True}]), tmp_path / "out.jsonl", note=told.append)
    assert told == [f"{tmp_path / 'in.jsonl'}: unknown key 'Header' (row 1, near `header`), key 'negatd' (row 2, near `negated`): not read"]
    with pytest.raises(UserError, match=r"row 1: field `proof` .* is missing; 'poof' looks like it"):
        verify(write(tmp_path / "in.jsonl", [{"id": "a", "statement": "s", "poof": "p"}]), tmp_path / "out.jsonl")


def test_an_endless_line_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_files, "ROW_BYTES", 1 << 20)
    source = tmp_path / "in.jsonl"
    source.write_bytes(b"x" * (2 << 20))
    with pytest.raises(UserError, match="row 1: longer than 1 MiB"):
        list(read_checks(source, 1))


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (pa.table({"id": ["a"], "proof": ["p"]}), "row 1: field `statement` is missing"),
        (
            pa.table({"id": ["a"], "statement": ["s"], "poof": ["p"]}),
            "`proof` or `code` is missing (the file has no such column; 'poof' looks like it)",
        ),
        (pa.table({"id": ["a", "a"], "statement": ["s", "s"], "proof": ["p", "q"]}), "row 2: field `id`: 'a' occurs twice"),
        (pa.table({"id": ["a", "b"], "statement": ["s", "s"], "proof": ["p", None]}), "row 2: field `proof`"),
        (pa.table({"id": ["a"], "statement": [b"s"], "proof": ["p"]}), "row 1: field `statement` must be text, not a bytes"),
        (pa.table({name: pa.array([], pa.string()) for name in ("id", "statement", "code")}), "holds no rows"),
    ],
)
def test_a_bad_parquet_row_is_named(tmp_path: Path, table: pa.Table, says: str) -> None:
    pq.write_table(table, tmp_path / "in.parquet")
    with pytest.raises(UserError) as error:
        verify_file(tmp_path / "in.parquet", tmp_path / "out.parquet", CONFIG)
    assert str(error.value).startswith(str(tmp_path / "in.parquet")) and says in str(error.value)


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [GOOD])
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "no.parquet").write_bytes(b"PAR1 no parquet PAR1")
    (tmp_path / "empty.parquet").write_bytes(b"")
    (tmp_path / "link.jsonl").symlink_to(source)
    out = tmp_path / "out.jsonl"
    cases: list[tuple[Path, Path, str]] = [
        (tmp_path / "none.jsonl", out, "none.jsonl: no such file"),
        (
            tmp_path / "folder.jsonl",
            out,
            "folder.jsonl: no .jsonl, .ndjson, .jsonl.gz, .ndjson.gz, .parquet, .pq, .arrow file in this folder",
        ),
        (tmp_path / "empty.jsonl", out, "empty.jsonl: holds no rows"),
        (tmp_path / "no.parquet", out, "no.parquet: not a readable Parquet file"),
        (tmp_path / "empty.parquet", out, "empty.parquet: not a readable Parquet file"),
        (
            tmp_path / "in.xlsx",
            out,
            "in.xlsx: unknown ending '.xlsx'; use .jsonl, .ndjson, .json, .csv, any of these with .gz, .parquet, .pq",
        ),
        (tmp_path / "in.parquet.gz", out, "in.parquet.gz: unknown ending '.parquet.gz'"),
        (source, tmp_path / "out.csv", "out.csv: unknown ending '.csv'; use .jsonl, .ndjson, .parquet, .pq"),
        (source, tmp_path / "out.txt", "out.txt: unknown ending '.txt'"),
        (source, source, "input and output are the same file"),
        (source, tmp_path / "link.jsonl", "input and output are the same file"),
        (source, tmp_path / "folder.jsonl", "folder.jsonl: a folder"),
        (source, source / "out.jsonl", "out.jsonl: cannot be written"),
    ]
    for one, other, says in cases:
        with pytest.raises(UserError) as error:
            verify(one, other)
        assert says in str(error.value) and "\n" not in str(error.value)


def test_an_interrupted_run_leaves_nothing_half_written(tmp_path: Path) -> None:
    source, target = write(tmp_path / "in.jsonl", rows(3000)), tmp_path / "out.jsonl"
    target.write_text("an earlier result")

    class Stopped(Exception):
        pass

    def stop(_: Summary) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        verify(source, target, progress=stop)
    assert target.read_text() == "an earlier result"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, ending: str) -> None:
    source, target = write(tmp_path / "in.jsonl", rows(50)), tmp_path / f"out.{ending}"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))  # a limit on file size stands in for the end of a disk
    try:
        with pytest.raises(UserError, match=rf"out\.{ending}: file too large; free some space, or choose another --out"):
            verify(source, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_memory_holds_a_window_and_not_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = write(tmp_path / "in.jsonl", rows(2000)), tmp_path / "out.jsonl"
    written = 0
    ahead: list[int] = []

    def counted(*asked: Any, original: Any = read_checks, **named: Any) -> Iterator[Check]:
        for number, check in enumerate(original(*asked, **named)):
            ahead.append(number - written)
            yield check

    def row(verdict: Verdict, original: Any = module.row) -> dict[str, Any]:
        nonlocal written
        written += 1
        return original(verdict)  # type: ignore[no-any-return]

    monkeypatch.setattr(module, "read_checks", counted)
    monkeypatch.setattr(module, "row", row)
    monkeypatch.setattr(module, "_validated", lambda *_: 2000)

    class FirstIsSlow(SlowBackend):
        def check(self, check: Check) -> Verdict:
            end = time.monotonic() + 5  # with the window full nothing more is read; on a busy machine it may fill slowly
            while check.proof == "by p0" and max(ahead) < 40 and time.monotonic() < end:
                time.sleep(0.01)
            if check.proof == "by p0":
                time.sleep(0.2)
            return super().check(check)

    for limits in ({"window": 50}, {"window_mb": 50 * len("theorem t1 : True" + "by p100") / 1e6}):
        written = 0
        ahead.clear()
        verify(source, target, FirstIsSlow, VerifyConfig(pool=CONFIG.pool, timeout=10, **limits))
        assert len(read(target)) == 2000 and 40 <= max(ahead) <= 52


def test_a_second_run_is_answered_from_the_cache(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", rows(300))
    config = VerifyConfig(pool=PoolConfig(workers=2, cache=CacheConfig(path=tmp_path / "cache" / "verdicts.db")), timeout=10)
    first = verify(source, tmp_path / "one.jsonl", config=config)
    second = verify(source, tmp_path / "two.jsonl", config=config)
    assert (first.pool["cache_hits"], second.pool["cache_hits"]) == (0, 300)
    assert read(tmp_path / "one.jsonl") == read(tmp_path / "two.jsonl")


def test_a_fault_of_the_checker_is_a_row(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [{**GOOD, "proof": "do raise"}, {**GOOD, "id": "b"}])
    summary = verify(source, tmp_path / "out.jsonl", FlakyBackend)
    outcomes = [verdict["outcome"] for verdict in read(tmp_path / "out.jsonl")]
    assert outcomes == ["infra", expected(Check.model_validate(GOOD)).value]
    assert summary.outcomes["infra"] == 1


# ---- the real Lean

REAL: list[tuple[dict[str, str], str, str]] = [
    ({"statement": "theorem a (n : Nat) : n + 0 = n := by sorry", "proof": "by simp"}, "accepted", ""),
    ({"statement": "theorem b : 2 + 2 = 4", "code": "theorem help : 2 = 2 := rfl\ntheorem b : 2 + 2 = 4 := by decide"}, "accepted", ""),
    ({"statement": "theorem c : 2 + 2 = 5", "proof": "by decide"}, "rejected", ""),
    ({"statement": "theorem d : 2 + 2 = 5", "proof": "by sorry"}, "rejected", "sorry"),
    ({"statement": "theorem e : 1 = 2", "code": "theorem e : 1 = 1 := rfl"}, "rejected", "wrong_statement"),
    ({"statement": "theorem f : 1 = 2", "proof": "by\n  set_option debug.skipKernelTC true in decide"}, "policy", ""),
    ({"statement": "theorem g : 1 = 1", "proof": "rfl", "header": "import Mathlib"}, "rejected", "statement"),
    ({"statement": 'theorem h : (1 : Nat) = "1"', "proof": "rfl"}, "rejected", "statement"),
]


def children() -> set[str]:
    """Process ids of this thread's children (Linux)."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.mark.parametrize(("backend", "audit"), [("process", "fast"), ("fork", "fast"), ("fork", "strict"), ("process", "strict")])
def test_real_lean(tmp_path: Path, lean: LeanInstall, backend: str, audit: str) -> None:
    before = children()  # other tests' Ray may be among them
    source = write(tmp_path / "in.jsonl", [{"id": f"r{number}", **entry} for number, (entry, *_) in enumerate(REAL)])
    config = VerifyConfig.model_validate({"pool": {"backend": backend, "audit": audit, "workers": 1}, "timeout": 60})
    summary = verify_file(source, tmp_path / "out.parquet", config)
    verdicts = read(tmp_path / "out.parquet")
    found = [(verdict["outcome"], verdict["reason"] if reason else "") for verdict, (*_, reason) in zip(verdicts, REAL, strict=True)]
    assert found == [(outcome, reason) for _, outcome, reason in REAL]
    audits = {verdict["audit"] for verdict in verdicts if verdict["outcome"] == "accepted"}
    assert audits == {"text" if (backend, audit) == ("process", "fast") else "kernel"}
    assert {verdict["lean"] for verdict in verdicts} == {lean.version} and summary.written == len(REAL)
    assert any("Mathlib" in message["text"] for message in verdicts[6]["messages"])
    assert children() <= before, "a process was left behind"


def test_what_a_killed_run_left_beside_the_output_is_removed_and_a_live_ones_is_not(tmp_path: Path) -> None:
    target = tmp_path / "out[1].jsonl"
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    stale = tmp_path / f".{target.name}.{ended.pid}.part"
    kept = [
        tmp_path / f".{target.name}.{os.getppid()}.part",  # of a process that lives
        tmp_path / f".other.jsonl.{ended.pid}.part",  # of another output
        tmp_path / f".{target.name}.backup.part",
    ]
    for path in (stale, *kept):
        path.write_text("")
    locked = tmp_path / f".{target.name}.{2**22 + 1}.part"  # no such process here, but on another machine that writes the folder
    with locked.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        verify(write(tmp_path / "in.jsonl", rows(3)), target)
        assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "in.jsonl", target, locked, *kept])
    verify(tmp_path / "in.jsonl", target)
    assert not locked.exists()


def test_a_part_is_locked_while_it_is_written(tmp_path: Path) -> None:
    with module._writer(tmp_path / "out.jsonl"):
        (part,) = tmp_path.iterdir()
        with part.open("rb") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
