"""TRL's preference form: a proof that Lean accepted beside an attempt of the same statement that it refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from synth.export.failures import failures
from synth.export.rows import answered, asked, checkable
from synth.export.select import Selection
from synth.export.write import Out
from synth.keys import Keys, hashes
from synth.records import content_id
from synth.spool import Sorter
from synth.store.lineage import lineage


def write_preference(selection: Selection, out: Out) -> None:
    """A row for each refused attempt of a proved statement and side, its verified proofs in turn; `id` is of the two texts.

    What belongs together is put together by sorting on disk.
    """
    goals, sorter = Keys(), Sorter()
    for table in selection.tables():
        rows = table.to_pylist()
        for number, row in zip(goals.add(hashes(map(_goal, rows))), rows, strict=True):
            sorter.append(int(number), json.dumps([int(number), row]).encode())
    counts = selection.counts
    counts["failed"] = 0
    for some in failures(selection.runs, selection.filters, counts):
        keys = [{"statement_id": one.attempt.statement_id, "negated": one.attempt.negated, "form": one.attempt.form} for one in some]
        for number, one in zip(goals.find(hashes(map(_goal, keys))), some, strict=True):
            if number < 0:
                counts["without_a_row: not proved"] += 1
                continue
            said = {"outcome": one.verdict.outcome, "reason": one.verdict.reason, "message": one.verdict.message}
            refused = {"rejected_id": one.attempt.id, "rejected": one.attempt.proof, **said}
            sorter.append(int(number), json.dumps([int(number), refused]).encode())
    for split, row in _preferences(sorter):
        counts["failed"] += 1
        out.rows(split, [row])


def _goal(row: dict[str, Any]) -> str:
    return f"{row['statement_id']} {row['negated']} {row['form']}"


def _preferences(sorter: Sorter) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows with their splits."""
    for _, group in groupby(map(json.loads, sorter), lambda line: line[0]):
        rows = [row for _, row in group]
        proofs = sorted((row for row in rows if "proof" in row), key=lambda row: str(row["id"]))
        refused = {row["rejected"].strip(): row for row in rows if "rejected" in row}
        for proof in proofs:  # what ran out of time once may have been accepted later
            refused.pop(proof["proof"].strip(), None)
        for at, text in enumerate(sorted(refused)):
            proof = proofs[at % len(proofs)]
            row = refused[text]
            own = {"id": content_id("preference", proof["id"], row["rejected_id"]), "pair_id": proof["id"]}
            chosen, rejected = (answered(proof["form"], text) for text in (proof["proof"], row.pop("rejected")))
            texts = {"prompt": asked(proof), "chosen": chosen, "rejected": rejected}
            yield proof["split"], {**texts, **row, **checkable(proof), **own, **lineage(proof)}
