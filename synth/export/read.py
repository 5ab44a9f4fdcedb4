"""The pairs of files and exports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth.records import Pair
from synth.store.files import read_records
from verify_workers.errors import UserError

FOR_OTHER_ENDS = {
    "sft": {"prompt", "completion", "lineage"},
    "preference": {"prompt", "chosen", "rejected", "lineage"},
    "steps": {"completions", "labels", "lineage"},
    "rejects": {"outcome", "proof", "lineage"},
}
"""Forms whose rows are no pairs, by the keys that tell them."""


def read_pairs(path: str | Path) -> Iterator[Pair]:
    """The pairs of a file or of an export (`parquet`, `hf`, `prover`).  UserError for anything else, the other forms included."""
    return read_records(path, Pair, _as_pair)


def _as_pair(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of the pair that `prover_row` wrote; any other row as it is."""
    for form, keys in FOR_OTHER_ENDS.items():
        if row.keys() >= keys:
            raise UserError(f"the {form} form of `synth export` is no file of pairs; give the parquet, hf or prover form")
    if not row.keys() >= {"formal_statement", "formal_proof", "lineage"}:
        return row
    own = {name: row[name] for name in ("id", "header", "form")}
    statement = row["formal_statement"].removesuffix(":=").rstrip()
    return {**row["lineage"], **own, "statement": statement, "proof": row["formal_proof"], "problem": row["informal_statement"]}
