"""Corpora out of run directories: the verified pairs of one or more runs, each once, in one of several forms (docs/corpora.md).

Every row carries its lineage: the ids of pair, attempt, statement and problem, round, model, prompt, sampling parameters,
axioms, Lean and library; and what `synth verify` takes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synth.export.card import card
from synth.export.croissant import croissant
from synth.export.filters import Filters
from synth.export.forms import FORMS
from synth.export.schema import CORPUS_SCHEMA, corpus_schema
from synth.export.select import Selection
from synth.export.snapshot import Snapshot
from synth.export.splits import SPLITS, Shares
from synth.export.write import SHARD, Out, cannot_write, new_folder
from synth.records import SCHEMA_VERSION
from verify_workers.errors import UserError
from verify_workers.lean.advisories import advisory

log = logging.getLogger("synth.export")
ABOUT = "_export.json"


@dataclass(frozen=True)
class Asked:
    """How a corpus is wanted."""

    filters: Filters = field(default_factory=Filters)
    shares: Shares = field(default_factory=Shares)
    shard: int = SHARD
    preset: str = "chat"
    """Of `sft-chat`."""
    licence: str = ""
    """Of the corpus, as Hugging Face names it; '' = not stated."""


def export(runs: str | Path | Sequence[str | Path], to: str | Path, format: str = "parquet", asked: Asked = Asked()) -> dict[str, int]:
    """Write the pairs of `runs` to the new folder `to`; returns the numbers of `pairs` written, of `duplicates`, and of what was left
    out, by reason.

    Forms with failed attempts count these too (`failed`, `failed_unknown`: of no known step; `attempts`, `answers` and `statements` of
    rejects), and what gave no row (`without_a_row: …`).

    The folder appears complete or not at all, with `_export.json` saying what it holds (a folder's Parquet readers pass over names
    that start with `_`).  A run may go on meanwhile: the corpus is of what it had when this began.  Raises UserError for a folder
    that holds something already, runs without pairs or not whole, or an unknown format.
    """
    if format not in FORMS:
        raise UserError(f"--format {format}: choose one of {', '.join(FORMS)}")
    given = [runs] if isinstance(runs, str | Path) else list(runs)
    target = Path(to)
    with new_folder(target) as work:
        stores = [Snapshot.take(run) for run in given]
        selection = Selection(stores, asked.filters, asked.shares, asked.preset)
        out = Out(work, asked.shard)
        try:
            FORMS[format].write(selection, out)
            out.close()
            if not out.files:
                raise UserError(nothing(selection))
            about = told(selection, out, format)
            if FORMS[format].card:
                describe(selection, out, about, target.resolve().name, asked.licence)
            out.text(ABOUT, json.dumps(about, indent=2, ensure_ascii=False) + "\n")
        except OSError as error:
            raise cannot_write(target, error) from error
    if known := about.get("advisories"):
        log.warning("%s: %s", target, "; ".join(known))
    return dict(selection.counts)


def describe(selection: Selection, out: Out, about: dict[str, Any], name: str, licence: str) -> None:
    """README.md, and where the rows have the schema of docs/corpora.md, croissant.json."""
    schema = corpus_schema() if about["format"] == "hf" else None
    files = {series: out.named()[series] for series in sorted(out.named(), key=_rank)}
    holds = FORMS[about["format"]].about
    out.text("README.md", card(selection, about, files, schema, name=name, licence=licence, holds=holds))
    if schema is not None:
        words = f"Lean 4 statements with verified proofs and their lineage ({selection.counts['pairs']:,} pairs), made with proof-synth"
        made = croissant(name, words, licence, about["made"][:10], f"{CORPUS_SCHEMA}.0.0", files, schema)
        out.text("croissant.json", json.dumps(made, indent=2, ensure_ascii=False) + "\n")


def _rank(series: str) -> tuple[str, int]:
    """Series in the order of folders and splits."""
    folder, _, split = series.rpartition("/")
    return folder, SPLITS.index(split)


def nothing(selection: Selection) -> str:
    """Why there is nothing to write."""
    paths = ", ".join(run.path for run in selection.runs)
    left = {name.removeprefix("left_out: "): count for name, count in selection.counts.items() if name.startswith("left_out: ")}
    if left:
        reasons = ", ".join(f"{name} {count:,}" for name, count in left.items())
        return f"{paths}: the filters leave nothing ({reasons}); take some away"
    return f"{paths}: no verified pairs yet; nothing to export"


def told(selection: Selection, out: Out, format: str) -> dict[str, Any]:
    """What `_export.json` says."""
    tallies, counts = selection.tallies, selection.counts
    about: dict[str, Any] = {
        "format": format,
        "schema_version": SCHEMA_VERSION,
        "corpus_schema": CORPUS_SCHEMA,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "runs": [run.path for run in selection.runs],
        "running": [run.path for run in selection.runs if run.running],
        **counts,
        "filters": selection.filters.told(),
        "splits": asdict(selection.shares),
        "tallies": {name: dict(sorted(tally.items())) for name, tally in tallies.items() if tally},
        "lean": dict(tallies["lean"]),
    }
    if faithful := [row for run in selection.runs for row in faithful_shares(run)]:
        about["faithful"] = faithful
    if known := [words for version in sorted(tallies["lean"]) if (words := advisory(version))]:
        about["advisories"] = known
    about["files"] = [asdict(file) for file in out.files]
    return about


def faithful_shares(run: Snapshot) -> list[dict[str, Any]]:
    """Of each round, the share of kept statements that say what their problem says, as measured there, with its interval (percent).

    `faithful` is measured against references (generated problems), `faithful_corrected` estimated from the filters' measured error.
    """
    rows = []
    for figures in run.figures:
        known = {key: value for key, value in figures.items() if key.startswith("faithful") and value is not None}
        if known:
            rows.append({"run": run.path, "round": figures["round"], "statements_kept": figures["statements_kept"], **known})
    return rows
