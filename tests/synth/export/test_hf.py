"""The `hf` form: a folder that `datasets` reads as it is, its card, and Croissant metadata that MLCommons' own library accepts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth.config import RunConfig
from synth.export.corpus import Asked, export
from synth.export.read import read_pairs
from synth.export.schema import COLUMNS
from synth.export.splits import Shares
from synth.records import Statement
from synth.store.rundir import RunDir
from tests.synth.export.tiny import pair

ASKED = Asked(shares=Shares(0.2, 0.2, seed=1), shard=2000, licence="cc-by-4.0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of a run with a finished round, and contamination found."""
    place = tmp_path_factory.mktemp("hf")
    stated = [Statement(id=f"s{n}", problem_id=f"p{n}", text="t", grade="good") for n in range(50)]
    measured = {
        "faithful": 90.0,
        "faithful_interval": [85.0, 94.0],
        "faithful_corrected": 84.0,
        "faithful_corrected_interval": [80.0, 88.0],
    }
    figures = {"round": 1, "problems": 60, "statements": 80, "statements_kept": 50, "statements_rejected": {"trivial": 30}, "pairs": 50}
    with RunDir.open(place / "run", RunConfig.model_validate({"problems": {"path": "mine.jsonl"}})) as store:
        store.commit("r001-s0000-statements", {"statements": stated})
        store.commit("r001-s0000-c0000", {"pairs": [pair(n, audit="kernel", library="core") for n in range(50)]})
        store.write_json("rounds/001/metrics.json", figures | measured)
        store.write_json("contamination.json", {"matches": 3, "counts": {"given, kept": 3}, "rows": []})
    export(place / "run", place / "corpus", "hf", ASKED)
    return place / "corpus"


def test_datasets_reads_it_with_splits_and_types(folder: Path, tmp_path: Path) -> None:
    from datasets import List, Value, load_dataset

    data = load_dataset(str(folder), cache_dir=str(tmp_path))
    assert set(data) == {"train", "validation", "test"} and sum(len(rows) for rows in data.values()) == 50
    features = data["train"].features
    assert list(features) == list(COLUMNS)
    assert (features["axioms"], features["negated"], features["round"]) == (List(Value("string")), Value("bool"), Value("int64"))
    problems = [set(rows["problem_id"]) for rows in data.values()]
    assert sum(map(len, problems)) == len(set().union(*problems)) == 50
    assert all(set(rows["split"]) == {name} for name, rows in data.items())
    streamed = load_dataset(str(folder), split="train", streaming=True)
    assert [row["id"] for row in streamed] == list(data["train"]["id"])
    assert {p.id for p in read_pairs(folder)} == {one for rows in data.values() for one in rows["id"]}


def test_the_card(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    _, head, body = text.split("---\n", 2)
    header: dict[str, Any] = yaml.safe_load(head)
    assert header["license"] == "cc-by-4.0" and "lean4" in header["tags"] and header["size_categories"] == ["n<1K"]
    (config,) = header["configs"]
    assert [found["split"] for found in config["data_files"]] == ["train", "validation", "test"]
    assert sum(split["num_examples"] for split in header["dataset_info"]["splits"]) == 50
    for words in (
        "| 1 | 60 | 80 | 50 |",
        "trivial 30",
        "| run, 1 | 50 | 90.0 (85 to 94) | 84.0 (80 to 88) |",
        "3 statements repeat a benchmark or a held-out one (given, kept 3)",
        "50 pairs by Lean 4.35.0",
        "50 with audit `kernel`",
        "problems are from mine.jsonl",
        "synth verify path/of/this/folder --audit strict",
        "## Known limits",
        "cc-by-4.0, as whoever exported this has stated",
        *(f"| `{name}` |" for name in COLUMNS),
    ):
        assert words in body, words
    assert "{{" not in text and "{%" not in text


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")
def test_croissant(folder: Path) -> None:
    """As `mlcroissant` validates it, and reads the rows by it."""
    mlc = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed (extra `dev`)")
    data = mlc.Dataset(jsonld=folder / "croissant.json")
    assert not data.metadata.ctx.issues.errors and not data.metadata.ctx.issues.warnings
    about = json.loads((folder / "_export.json").read_text())
    assert {file["name"]: file["sha256"] for file in about["files"]} == {
        one["name"]: one["sha256"]
        for one in json.loads((folder / "croissant.json").read_text())["distribution"]
        if one["@type"] == "cr:FileObject"
    }
    rows = list(data.records("test"))
    assert len(rows) == sum(file["rows"] for file in about["files"] if file["name"].startswith("test"))
    assert rows[0]["test/lean"] == b"4.35.0" and rows[0]["test/axioms"] == [b"propext"] and rows[0]["test/round"] == 2


def test_a_form_of_several_tables_is_several_configurations(tmp_path: Path) -> None:
    from datasets import get_dataset_config_names, load_dataset

    dropped = Statement(id="s", problem_id="p", text="theorem X : 1 = 2", kept=False, reason="trivial")
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        store.commit("r001-s0000-statements", {"statements": [dropped]})
    export(tmp_path / "run", tmp_path / "out", "rejects", Asked(shares=Shares(0, 0)))
    assert get_dataset_config_names(str(tmp_path / "out")) == ["statements"]
    (row,) = load_dataset(str(tmp_path / "out"), "statements", split="train", cache_dir=str(tmp_path / "cache"))
    assert row["reason"] == "trivial" and row["statement"] == "theorem X : 1 = 2"
