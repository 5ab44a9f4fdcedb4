"""What each role but the prover learns from in a round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.annotations import Annotation
from synth.examples import annotation_examples, conjecture_examples, repair_examples
from synth.records import Attempt, VerdictRow
from synth.run.again import earlier
from synth.run.conjectures import taught
from synth.run.replayed import Replayed
from synth.run.state import Run
from synth.statements.text import in_context
from synth.store.files import read_records
from train.data import Example
from train.replay import Places


@dataclass(frozen=True)
class Taken:
    """The units of work that a training draws its pairs from, fixed as it begins while searches go on, and what was repeated by then."""

    units: frozenset[str]
    repeated: frozenset[str] = frozenset()


def annotated(job: Run) -> list[Example]:
    """What the formalizer learns from the files of `synth informalize` that are given; nothing of the benchmark."""
    rows = [row for file in job.config.models.pairs for row in read_records(file, Annotation) if row.kept and row.kind == "statement"]
    clean = [row for row in rows if in_context(row.statement, row.header, row.preamble) not in job.inputs.benchmark.excluded]
    if len(clean) < len(rows):
        job.progress.note(f"models.pairs: {len(rows) - len(clean):,} pairs are of held-out statements: not trained on")
    return annotation_examples(clean, job.prompts["formalizer"])


def corrections(
    job: Run, number: int, replayed: Replayed, places: Places, weights: NDArray[np.float64], taken: Taken | None
) -> list[Example]:
    """What the corrector learns from: proofs that failed in this run, what Lean said of them, and what was accepted in their place."""
    if "repair" not in job.config.search.strategies or not job.config.models.follows("corrector"):
        return []
    chosen = sorted((choice.pair for choice in replayed.pairs(places, weights, {})), key=lambda pair: pair.id)
    proved = {pair.statement_id for pair in chosen}
    if taken:
        tried, judged = (job.store.read("attempts", Attempt, keys=taken.units), job.store.read("verdicts", VerdictRow, keys=taken.units))
    else:
        tried, judged = earlier(job.store, "attempts", Attempt, number + 1), earlier(job.store, "verdicts", VerdictRow, number + 1)
    attempts = {a.id: a for a in tried if a.statement_id in proved and not a.unread}
    errors = {v.id: v.errors for v in judged if v.statement_id in proved and v.errors}
    return repair_examples(chosen, attempts, errors, job.prompts["corrector"])


def conjectures(job: Run, number: int) -> list[Example]:
    """What the conjecturer learns from: the conjectures of the last rounds that were in the band."""
    config = job.config.conjectures
    if not config.enabled or not job.config.models.follows("conjecturer"):
        return []
    return conjecture_examples(taught(job.store, number, config), job.prompts["conjecturer"])
