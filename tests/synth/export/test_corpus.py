"""Exports: every form readable by what it is meant for, each pair once, with lineage."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from synth.export import write
from synth.export.corpus import Asked, export
from synth.export.filters import Filters
from synth.export.forms import FORMS
from synth.export.read import read_pairs
from synth.export.rows import checkable, sft_row
from synth.export.schema import CORPUS_SCHEMA, PAIR_COLUMNS, corpus_schema
from synth.export.splits import Shares
from synth.export.write import size_of
from synth.problems.readers import ProblemsConfig, read_problems
from synth.records import Pair, Statement
from synth.store.arrow import from_table
from synth.store.lineage import LINEAGE, opening
from synth.store.rundir import RunDir
from tests.synth.export.tiny import made_up, pair
from verify_workers.check_rows import read_checks
from verify_workers.errors import UserError
from verify_workers.text.statement import parse_theorem

KEPT = [pair(1), pair(2), pair(4, negated=True, statement="theorem X : ¬ (1 = 2)")]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return made_up(tmp_path / "run")


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]


def test_parquet(run: Path, tmp_path: Path) -> None:
    assert export(run, tmp_path / "out") == {"pairs": 3, "duplicates": 1}
    file = tmp_path / "out" / "pairs-00000.parquet"
    table = pq.read_table(file)
    assert list(from_table(table, Pair)) == KEPT
    assert table.schema.equals(corpus_schema())
    assert table.schema.metadata[b"corpus_schema"] == str(CORPUS_SCHEMA).encode() and set(PAIR_COLUMNS) == set(Pair.model_fields)
    first = table.slice(0, 1).to_pylist()[0]
    text = "\0".join(first[name] for name in ("header", "preamble", "statement", "form", "proof"))
    assert first["content_hash"] == hashlib.sha256(text.encode()).hexdigest() and first["split"] == "train"
    column = pq.ParquetFile(file).metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"
    about = json.loads((tmp_path / "out" / "_export.json").read_text())
    assert (about["format"], about["pairs"], about["duplicates"], about["runs"]) == ("parquet", 3, 1, [str(run)])
    assert about["lean"] == {"4.35.0": 3} and "advisories" not in about and about["corpus_schema"] == CORPUS_SCHEMA
    data = file.read_bytes()
    assert about["files"] == [{"name": file.name, "rows": 3, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}]


def test_shards_row_groups_and_a_stable_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes whichever unit was finished first, in files of bounded size that a reader takes in pieces."""
    monkeypatch.setattr(write, "GROUP_ROWS", 128)
    units = {f"r001-s0000-c{n:04d}": [pair(n * 100 + m, proof=f"by rfl -- {n} {m}") for m in range(100)] for n in range(6)}
    for name, order in (("one", list(units)), ("two", list(reversed(units)))):
        with RunDir.open(tmp_path / name, {"name": "x"}) as store:
            for key in order:
                store.commit(key, {"pairs": units[key]})
    asked = Asked(shard=size_of("40 KB"))
    assert export(tmp_path / "one", tmp_path / "a", "parquet", asked)["pairs"] == 600
    export(tmp_path / "two", tmp_path / "b", "parquet", asked)
    files = sorted((tmp_path / "a").glob("*.parquet"))
    assert [file.name for file in files] == ["pairs-00000.parquet", "pairs-00001.parquet"], "it ends with the group that reaches its size"
    assert all(file.read_bytes() == (tmp_path / "b" / file.name).read_bytes() for file in files)
    groups = [pq.ParquetFile(file).metadata for file in files]
    assert {g.row_group(i).num_rows <= 128 for g in groups for i in range(g.num_row_groups)} == {True}
    assert [p.id for p in read_pairs(tmp_path / "a")] == [p.id for key in units for p in units[key]]


def test_row_groups_of_long_proofs_are_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "GROUP_ROWS", 128)
    monkeypatch.setattr(write, "GROUP_BYTES", 100_000)
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        store.write("pairs", [pair(n, proof="by rfl -- " + f"{n} " * 500) for n in range(256)], "a")
    export(tmp_path / "run", tmp_path / "out")
    about = pq.ParquetFile(tmp_path / "out" / "pairs-00000.parquet").metadata
    assert {about.row_group(i).num_rows for i in range(about.num_row_groups)} == {64}


@pytest.mark.parametrize(("text", "size"), [("500MB", 500_000_000), ("2 GiB", 2 << 30), ("1000", 1000), ("1.5kb", 1500)])
def test_sizes(text: str, size: int) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "0", "5 parsecs", "1e400GB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UserError, match=r"--shard-size .*: give a size such as 500MB"):
        size_of(text)


def test_equal_proofs_of_a_statement_in_other_words_are_one(tmp_path: Path) -> None:
    """By the normal form, of the side that was proved; without one by the text, whatever the theorem is called."""
    forms = {"s1": ("one", "not one"), "s2": ("one", "not one"), "s3": ("two", "not two"), "s4": ("not two", "two")}
    stated = [Statement(id=name, problem_id="p", text=name, form=a, negated_form=b) for name, (a, b) in forms.items()]
    pairs = [
        pair(1, proof="by simp"),
        pair(2, proof="by  simp "),
        pair(3, proof="by simp"),
        pair(4, proof="by simp", negated=True),
        pair(5, statement="theorem A.b (n : Nat) : n = n"),
        pair(6, statement="theorem «a b»(n : Nat) : n = n"),
        pair(7, statement="theorem A(n : Int) : n = n"),
        pair(8, statement="lemma Other.{u} (n :  Nat) : n = n"),
        pair(9, statement="theorem Z (n : Nat) : n = n", header="open Nat"),
        pair(10, statement="theorem Z (n : Nat) : n = n"),
    ]
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        store.commit("r001-s0000-statements", {"statements": stated})
        store.write("pairs", pairs, "a")
    assert export(tmp_path / "run", tmp_path / "out")["duplicates"] == 2
    kept = {int(p.id, 16) for p in read_pairs(tmp_path / "out")}
    assert kept == {1, 2, 3, 5, 6, 7, 8, 9}


def test_the_card_states_the_faithful_share_of_each_round(run: Path, tmp_path: Path) -> None:
    store = RunDir.existing(run)
    store.write_json("rounds/000/metrics.json", {"round": 0, "pass@1": 5.0})
    measured = {"faithful": 90.0, "faithful_interval": [85.0, 94.0], "faithful_corrected": None}
    store.write_json("rounds/001/metrics.json", {"round": 1, "statements_kept": 120, **measured})
    export(run, tmp_path / "out")
    about = json.loads((tmp_path / "out" / "_export.json").read_text())
    assert about["faithful"] == [
        {"run": str(run), "round": 1, "statements_kept": 120, "faithful": 90.0, "faithful_interval": [85.0, 94.0]},
    ]  # fmt: skip


def test_old_kernels_are_named_in_the_card(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        store.write("pairs", [pair(1), pair(2, lean="4.15.0"), pair(3, lean="4.15.0")], "a")
    export(tmp_path / "run", tmp_path / "out", "prover")
    about = json.loads((tmp_path / "out" / "_export.json").read_text())
    assert about["lean"] == {"4.35.0": 1, "4.15.0": 2}
    assert len(about["advisories"]) == 1 and "the kernel of Lean 4.15.0 is known to be unsound" in about["advisories"][0]
    assert about["advisories"][0] in caplog.text and about["advisories"][0] in (tmp_path / "out" / "README.md").read_text()


def test_other_kernels_are_named_in_the_card(tmp_path: Path) -> None:
    asked = ["builtin-python 1: accepted", "nanoda_bin 0123: declined"]
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        store.write("pairs", [pair(1), pair(2, kernels=asked), pair(3, kernels=asked[:1])], "a")
    export(tmp_path / "run", tmp_path / "out")
    export(tmp_path / "run", tmp_path / "card", "prover")
    about = json.loads((tmp_path / "out" / "_export.json").read_text())
    assert about["tallies"]["kernels"] == {asked[0]: 2, asked[1]: 1}
    assert f"2 of them another kernel was asked about, which said: `{asked[0]}`" in (tmp_path / "card" / "README.md").read_text()
    kept = pq.read_table(tmp_path / "out" / "pairs-00000.parquet")["kernels"].to_pylist()
    assert sorted(kept, key=len) == [[], asked[:1], asked]


def test_sft(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "out", "sft")
    rows = rows_of(tmp_path / "out")
    assert rows[0]["prompt"] == "Complete the following Lean 4 code:\n\n```lean4\n/-- Show 1 = 1. -/\ntheorem X : 1 = 1 :="
    assert rows[0]["completion"] == " by rfl\n```"
    assert set(LINEAGE) == rows[0]["lineage"].keys() and rows[0]["lineage"]["prompt"] == "def" and rows[2]["lineage"]["negated"] is True


def test_sft_as_a_chat_is_what_a_prover_is_asked_and_should_answer(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "out", "sft-chat", Asked(preset="goedel-prover-v2"))
    row = rows_of(tmp_path / "out")[0]
    (asked,), (answer,) = row["prompt"], row["completion"]
    assert asked["role"] == "user" and "theorem X : 1 = 1" in asked["content"]
    assert answer == {"role": "assistant", "content": answer["content"]} and "theorem X : 1 = 1 := by rfl" in answer["content"]
    with pytest.raises(UserError, match="--preset base: asks without a chat"):
        export(run, tmp_path / "other", "sft-chat", Asked(preset="base"))


def test_prover_rows_can_be_read_back_as_problems(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "out", "prover")
    path = tmp_path / "out" / "train-00000.jsonl"
    row = json.loads(path.read_text().splitlines()[0])
    assert row["formal_statement"] == "theorem X : 1 = 1 :=" and row["formal_proof"] == "by rfl" and row["split"] == "train"
    assert row["lineage"]["problem_id"] == "p1" and row["informal_prefix"] == "/-- Show 1 = 1. -/\n"
    for place in (path, tmp_path / "out"):
        problems = read_problems(ProblemsConfig(path=str(place))).problems
        assert (problems[0].text, problems[0].statement) == ("Show 1 = 1.", "theorem X : 1 = 1 :=")


@pytest.mark.parametrize("form", ["parquet", "hf", "prover"])
def test_an_export_is_read_by_verify_train_and_others(run: Path, tmp_path: Path, form: str) -> None:
    """`synth verify` and `synth train` take the folder and its files, and so do the libraries that the form is made for."""
    import datasets
    import pandas

    with RunDir.open(run) as store:
        code = "theorem helper : True := trivial\n\ntheorem X : 5 = 5 := rfl"
        more = pair(5, form="code", proof=code, header="import Init", statement="theorem X : 5 = 5")
        store.write("pairs", [more], "c")
    export(run, tmp_path / "out", form, Asked(shares=Shares(0, 0)))
    pairs = list(read_pairs(tmp_path / "out"))
    assert pairs == [*KEPT, more]
    expected = [(p.id, p.header, p.proof if p.form == "proof" else None, p.proof if p.form == "code" else None) for p in pairs]
    (single,) = (path for path in (tmp_path / "out").iterdir() if path.name.startswith(("pairs", "train")))
    for path in (tmp_path / "out", single):
        checks = list(read_checks(path, 1))
        assert [(c.id, c.header, c.proof, c.code) for c in checks] == expected
        assert [parse_theorem(c.statement) for c in checks] == [parse_theorem(p.statement) for p in pairs]
        assert list(read_pairs(path)) == pairs
    if form == "parquet":
        assert pq.read_table(tmp_path / "out").num_rows == len(pandas.read_parquet(tmp_path / "out")) == len(pairs)
    data = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert len(data["train"]) == len(pairs)


@pytest.mark.parametrize("form", ["sft", "preference", "steps", "stepwise", "rejects"])
def test_forms_for_other_ends_say_so(form: str, tmp_path: Path) -> None:
    keys = {
        "sft": ["prompt", "completion"],
        "preference": ["prompt", "chosen", "rejected"],
        "rejects": ["outcome", "proof"],
    }.get(form, ["completions", "labels", "outcome", "proof"])
    (tmp_path / "train-00000.jsonl").write_text(json.dumps(dict.fromkeys([*keys, "lineage"], "x")))
    with pytest.raises(UserError, match=r"train-00000.jsonl:1: the \w+ form .* give the parquet, hf or prover form"):
        list(read_pairs(tmp_path))


def test_several_runs_are_one_corpus(run: Path, tmp_path: Path) -> None:
    with RunDir.open(tmp_path / "other", {"name": "y"}) as store:
        store.write("pairs", [pair(9), pair(10, statement="theorem X : 2 = 2")], "a")
    assert export([run, tmp_path / "other"], tmp_path / "out") == {"pairs": 4, "duplicates": 2}


def test_whole_files_and_comments() -> None:
    code = "theorem helper : True := trivial\n\ntheorem X : 1 = 1 := rfl"
    row = sft_row(pair(1, form="code", proof=code).model_dump())
    assert row["prompt"].startswith("Give a whole Lean 4 file") and row["completion"] == f"{code}\n```"
    assert checkable(row) == checkable(pair(1, form="code", proof=code).model_dump())
    text = opening(pair(1, problem="tricky -/ axiom x : False /- more", header="import Init\n"))
    assert text == "import Init\n\n/-- tricky - / axiom x : False / - more -/\ntheorem X : 1 = 1 :="


def test_what_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="already there; give a new or empty folder"):
        export(run, run)
    with pytest.raises(UserError, match="choose one of parquet, hf, sft, sft-chat"):
        export(run, tmp_path / "out", "csv")
    with pytest.raises(UserError, match="not a run directory"):
        export(tmp_path / "nothing", tmp_path / "out")
    RunDir.open(tmp_path / "empty", {"name": "z"}).close()
    for form in FORMS:
        with pytest.raises(UserError, match="no verified pairs yet"):
            export(tmp_path / "empty", tmp_path / "out", form)
    with pytest.raises(UserError, match=r"the filters leave nothing \(round 4\); take some away"):
        export(run, tmp_path / "out", "hf", Asked(Filters(rounds=(9,))))
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        export(run, tmp_path / "file" / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "run"], "nothing half-written is left"
