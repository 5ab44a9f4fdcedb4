"""Corpora out of run directories: the verified pairs of one or more runs, deduplicated, in five forms.

`parquet`  every field of a pair, in files of bounded size
`hf`       the same as a Hugging Face data set (`datasets.load_from_disk`)
`sft`      JSONL of prompt and completion for supervised fine-tuning
`prover`   JSONL in the columns of published prover corpora (DeepSeek-Prover, arXiv 2405.14333)
`steps`    JSONL of proofs in steps, verified and failed ones, with a label for each step (`steps`)

Every row of every form carries its lineage: the ids of pair, attempt, statement and problem, round, model, prompt,
sampling parameters, axioms, Lean and library.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow.parquet as pq

from synth.records import SCHEMA_VERSION, Pair, above
from synth.store.arrow import to_table
from synth.store.files import read_records
from synth.store.lineage import lineage, opening
from synth.store.rundir import RunDir
from synth.store.step_rows import step_rows
from verify_workers.errors import UserError
from verify_workers.lean.advisories import advisory

log = logging.getLogger("synth.export")
ExportFormat = Literal["parquet", "hf", "sft", "prover", "steps"]
ROWS_PER_FILE = 100_000


def export(runs: str | Path | list[str | Path], to: str | Path, format: ExportFormat = "parquet") -> dict[str, int]:
    """Write the pairs of `runs` to the new folder `to`; returns the numbers of `pairs` written and `duplicates` left out.

    The form `steps` has failed attempts too: those written (`failed`), of these those of no known step (`failed_unknown`), and what
    gave no row (`without_a_row: …`).

    The folder appears complete or not at all, with `_export.json` saying what it holds (a folder's Parquet readers
    pass over names that start with `_`).  Raises UserError for a folder that
    holds something already, runs without pairs, or an unknown format.
    """
    if format not in get_args(ExportFormat):
        raise UserError(f"--format {format}: choose one of {', '.join(get_args(ExportFormat))}")
    stores = [RunDir.existing(run) for run in (runs if isinstance(runs, list) else [runs])]
    target = Path(to)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target}: already there; give a new or empty folder to --to")
    counts, versions = {"pairs": 0, "duplicates": 0}, Counter[str]()
    work = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}"
    try:
        work.mkdir(parents=True)
        pairs = _noted(unique_pairs(stores, counts), versions)
        if format == "steps":
            write_jsonl(step_rows(pairs, stores, counts), work)
        else:
            _WRITERS[format](pairs, work)
        if not counts["pairs"] and not counts.get("failed"):
            raise UserError(f"{', '.join(store.path for store in stores)}: no verified pairs yet; nothing to export")
        about: dict[str, Any] = {
            "format": format,
            "schema_version": SCHEMA_VERSION,
            "runs": [store.path for store in stores],
            **counts,
            "lean": versions,
        }
        if faithful := [row for store in stores for row in faithful_shares(store)]:
            about["faithful"] = faithful
        if known := [words for version in sorted(versions) if (words := advisory(version))]:
            about["advisories"] = known
            log.warning("%s: %s", target, "; ".join(known))
        (work / "_export.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
        if target.exists():
            target.rmdir()
        os.replace(work, target)
    except OSError as error:
        raise UserError(
            f"{target}: cannot be written ({os.strerror(error.errno or 0).lower()}); free space or choose another --to"
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return counts


def faithful_shares(store: RunDir) -> list[dict[str, Any]]:
    """Of each round, the share of kept statements that say what their problem says, as measured there, with its interval (percent).

    `faithful` is measured against references (generated problems), `faithful_corrected` estimated from the filters' measured error.
    """
    rows = []
    for figures in store.rounds():
        known = {key: value for key, value in figures.items() if key.startswith("faithful") and value is not None}
        if known:
            rows.append({"run": store.path, "round": figures["round"], "statements_kept": figures["statements_kept"], **known})
    return rows


def unique_pairs(stores: Iterable[RunDir], counts: dict[str, int]) -> Iterator[Pair]:
    """Pairs in the order of the runs and keys; one whose statement and proof came before (whatever found it) is left out.

    So are those of statements that repeat another one of their round.
    """
    seen: set[tuple[str, str, str]] = set()
    for store in stores:
        repeated = store.repeated()
        for pair in store.read("pairs", Pair):
            content = (above(pair.header, pair.preamble), " ".join(pair.statement.split()), pair.proof.strip())
            if content in seen or pair.statement_id in repeated:
                counts["duplicates"] += 1
            else:
                seen.add(content)
                counts["pairs"] += 1
                yield pair


def _noted(pairs: Iterator[Pair], versions: Counter[str]) -> Iterator[Pair]:
    """The same pairs; `versions` counts them by the Lean that checked them."""
    for pair in pairs:
        versions[pair.lean] += 1
        yield pair


def read_pairs(path: str | Path) -> Iterator[Pair]:
    """The pairs of a file or of an export (`parquet`, `hf`, `prover`).  UserError for anything else, the other forms included."""
    return read_records(path, Pair, _as_pair)


def _as_pair(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of the pair that `prover_row` wrote; any other row as it is."""
    if row.keys() >= {"prompt", "completion", "lineage"}:
        raise UserError("the sft form of `synth export` holds no pairs any more; give the parquet, hf or prover form")
    if row.keys() >= {"completions", "labels", "lineage"}:
        raise UserError("the steps form of `synth export` is no file of pairs; give the parquet, hf or prover form")
    if not row.keys() >= {"formal_statement", "formal_proof", "lineage"}:
        return row
    own = {name: row[name] for name in ("id", "header", "form")}
    statement = row["formal_statement"].removesuffix(":=").rstrip()
    return {**row["lineage"], **own, "statement": statement, "proof": row["formal_proof"], "problem": row["informal_statement"]}


def sft_row(pair: Pair) -> dict[str, Any]:
    """One example: the prompt asks for a proof of the statement, the completion is the proof (or the whole file)."""
    task = "Give a whole Lean 4 file that proves the theorem" if pair.form == "code" else "Complete the following Lean 4 code"
    completion = pair.proof if pair.form == "code" else f" {pair.proof}"
    return {"prompt": f"{task}:\n\n```lean4\n{opening(pair)}", "completion": f"{completion}\n```", **lineage(pair)}


def prover_row(pair: Pair) -> dict[str, Any]:
    """One row in the usual columns; `formal_proof` is what follows `:=`, or a whole file where `form` is code."""
    return {
        "name": f"proof_synth_{pair.id}",
        "split": "train",
        "informal_statement": pair.problem,
        "formal_statement": f"{pair.statement.strip()} :=",
        "header": above(pair.header, pair.preamble) if pair.preamble.strip() else pair.header,
        "form": pair.form,
        "formal_proof": pair.proof,
        **lineage(pair),
    }


def _write_parquet(pairs: Iterator[Pair], folder: Path) -> None:
    number = 0
    while chunk := list(islice(pairs, ROWS_PER_FILE)):
        pq.write_table(to_table(chunk, Pair), folder / f"pairs-{number:05d}.parquet", compression="zstd")
        number += 1


def _write_hf(pairs: Iterator[Pair], folder: Path) -> None:
    import datasets

    parts = folder / "parts"
    parts.mkdir()
    _write_parquet(pairs, parts)
    files = sorted(str(path) for path in parts.iterdir())
    if files:
        data = datasets.Dataset.from_parquet(files, cache_dir=str(folder / "cache"), keep_in_memory=False)
        data.save_to_disk(folder)
    shutil.rmtree(parts)
    shutil.rmtree(folder / "cache", ignore_errors=True)


def _jsonl_writer(row: Callable[[Pair], dict[str, Any]]) -> Callable[[Iterator[Pair], Path], None]:
    def write(pairs: Iterator[Pair], folder: Path) -> None:
        write_jsonl(map(row, pairs), folder)

    return write


def write_jsonl(rows: Iterable[dict[str, Any]], folder: Path) -> None:
    with (folder / "train.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


_WRITERS: dict[str, Callable[[Iterator[Pair], Path], None]] = {
    "parquet": _write_parquet,
    "hf": _write_hf,
    "sft": _jsonl_writer(sft_row),
    "prover": _jsonl_writer(prover_row),
}
