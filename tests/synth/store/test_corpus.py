"""Exports: every form readable by what it is meant for, deduplicated, with lineage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from synth.problems.readers import ProblemsConfig, read_problems
from synth.records import Pair
from synth.store.arrow import from_table
from synth.store.corpus import ExportFormat, export, read_pairs, sft_row, unique_pairs
from synth.store.lineage import LINEAGE, opening
from synth.store.rundir import RunDir
from verify_workers.check_rows import read_checks
from verify_workers.errors import UserError
from verify_workers.text.statement import parse_theorem


def pair(n: int, **more: Any) -> Pair:
    fields = {
        "id": f"{n:020x}",
        "attempt_id": f"a{n}",
        "statement_id": f"s{n}",
        "problem_id": f"p{n}",
        "statement": f"theorem X : {n} = {n}",
    }
    lineage = {"round": 2, "strategy": "whole", "model": "abc", "prompt": "def", "seed": 7, "temperature": 0.5, "axioms": ["propext"]}
    return Pair.model_validate({**fields, **lineage, "proof": "by rfl", "problem": f"Show {n} = {n}.", "lean": "4.35.0", **more})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    with RunDir.open(folder, {"name": "x"}) as store:
        store.write("pairs", [pair(1), pair(2)], "a")
        store.write("pairs", [pair(3, statement="theorem X :  1 = 1"), pair(4, negated=True, statement="theorem X : ¬ (1 = 2)")], "b")
    return folder


def test_parquet(run: Path, tmp_path: Path) -> None:
    assert export(run, tmp_path / "out") == {"pairs": 3, "duplicates": 1}
    table = pq.read_table(tmp_path / "out" / "pairs-00000.parquet")
    assert list(from_table(table, Pair)) == [pair(1), pair(2), pair(4, negated=True, statement="theorem X : ¬ (1 = 2)")]
    about = json.loads((tmp_path / "out" / "_export.json").read_text())
    assert (about["format"], about["pairs"], about["duplicates"], about["runs"]) == ("parquet", 3, 1, [str(run)])
    assert about["lean"] == {"4.35.0": 3} and "advisories" not in about


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
    assert about["advisories"][0] in caplog.text


def test_hf(run: Path, tmp_path: Path) -> None:
    import datasets

    export(run, tmp_path / "out", "hf")
    data = datasets.load_from_disk(tmp_path / "out")
    assert data["id"][:] == [pair(n).id for n in (1, 2, 4)]
    assert data[0]["axioms"] == ["propext"] and set(data.column_names) == set(Pair.model_fields)
    assert not (tmp_path / "out" / "parts").exists() and not (tmp_path / "out" / "cache").exists()


def test_sft(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "out", "sft")
    rows = [json.loads(line) for line in (tmp_path / "out" / "train.jsonl").read_text().splitlines()]
    assert rows[0]["prompt"] == "Complete the following Lean 4 code:\n\n```lean4\n/-- Show 1 = 1. -/\ntheorem X : 1 = 1 :="
    assert rows[0]["completion"] == " by rfl\n```"
    assert set(LINEAGE) == rows[0]["lineage"].keys() and rows[0]["lineage"]["prompt"] == "def" and rows[2]["lineage"]["negated"] is True


def test_prover_rows_can_be_read_back_as_problems(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "out", "prover")
    path = tmp_path / "out" / "train.jsonl"
    row = json.loads(path.read_text().splitlines()[0])
    assert row["formal_statement"] == "theorem X : 1 = 1 :=" and row["formal_proof"] == "by rfl" and row["split"] == "train"
    assert row["lineage"]["problem_id"] == "p1"
    problems = read_problems(ProblemsConfig(path=str(path))).problems
    assert (problems[0].text, problems[0].statement) == ("Show 1 = 1.", "theorem X : 1 = 1 :=")


@pytest.mark.parametrize("form", ["parquet", "hf", "prover"])
def test_an_export_is_read_by_verify_train_and_others(run: Path, tmp_path: Path, form: ExportFormat) -> None:
    """`synth verify` and `synth train` take the folder and its files, and so do the libraries that the form is made for."""
    import datasets
    import pandas

    with RunDir.open(run) as store:
        code = "theorem helper : True := trivial\n\ntheorem X : 5 = 5 := rfl"
        store.write("pairs", [pair(5, form="code", proof=code, header="import Init", statement="theorem X : 5 = 5")], "c")
    export(run, tmp_path / "out", form)
    pairs = list(read_pairs(tmp_path / "out"))
    assert pairs == list(unique_pairs([RunDir.existing(run)], {"pairs": 0, "duplicates": 0}))
    expected = [(p.id, p.header, p.proof if p.form == "proof" else None, p.proof if p.form == "code" else None) for p in pairs]
    (single,) = (path for path in (tmp_path / "out").iterdir() if path.name.startswith(("pairs", "data-", "train")))
    for path in [tmp_path / "out"] if form == "hf" else [tmp_path / "out", single]:
        checks = list(read_checks(path, 1))
        assert [(c.id, c.header, c.proof, c.code) for c in checks] == expected
        assert [parse_theorem(c.statement) for c in checks] == [parse_theorem(p.statement) for p in pairs]
        assert list(read_pairs(path)) == pairs
    if form == "parquet":
        assert pq.read_table(tmp_path / "out").num_rows == len(pandas.read_parquet(tmp_path / "out")) == len(pairs)
    if form != "hf":
        data = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
        assert len(data["train"]) == len(pairs)


def test_the_sft_form_says_that_it_is_for_other_ends(run: Path, tmp_path: Path) -> None:
    export(run, tmp_path / "out", "sft")
    with pytest.raises(UserError, match=r"train.jsonl:1: the sft form .* give the parquet, hf or prover form"):
        list(read_pairs(tmp_path / "out"))
    with pytest.raises(UserError, match=r"train.jsonl: row 1: the sft form .* give the parquet, hf or prover form"):
        list(read_checks(tmp_path / "out", 1))


def test_several_runs_are_one_corpus(run: Path, tmp_path: Path) -> None:
    with RunDir.open(tmp_path / "other", {"name": "y"}) as store:
        store.write("pairs", [pair(9), pair(10, statement="theorem X : 2 = 2")], "a")
    assert export([run, tmp_path / "other"], tmp_path / "out") == {"pairs": 4, "duplicates": 2}


def test_whole_files_and_comments() -> None:
    code = "theorem helper : True := trivial\n\ntheorem X : 1 = 1 := rfl"
    row = sft_row(pair(1, form="code", proof=code))
    assert row["prompt"].startswith("Give a whole Lean 4 file") and row["completion"] == f"{code}\n```"
    text = opening(pair(1, problem="tricky -/ axiom x : False /- more", header="import Init\n"))
    assert text == "import Init\n\n/-- tricky - / axiom x : False / - more -/\ntheorem X : 1 = 1 :="


def test_what_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="already there; give a new or empty folder"):
        export(run, run)
    with pytest.raises(UserError, match="choose one of parquet, hf, sft, prover"):
        export(run, tmp_path / "out", "csv")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="not a run directory"):
        export(tmp_path / "nothing", tmp_path / "out")
    RunDir.open(tmp_path / "empty", {"name": "z"}).close()
    for form in ("parquet", "hf"):
        with pytest.raises(UserError, match="no verified pairs yet"):
            export(tmp_path / "empty", tmp_path / "out", form)  # type: ignore[arg-type]
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        export(run, tmp_path / "file" / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "run"], "nothing half-written is left"
