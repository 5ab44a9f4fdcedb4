"""What each role but the prover learns from in a round."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synth.annotations import Annotation
from synth.examples import annotation_examples, conjecture_examples, repair_examples, sketch_examples, worded_example
from synth.records import Attempt, VerdictRow
from synth.run.again import earlier
from synth.run.conjectures import taught
from synth.run.replayed import Replayed, by_id
from synth.run.state import Run
from synth.search.skeleton import Ending
from synth.spool import Spool
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
    attempts = {a.id: a for a in _attempts(job, number, taken) if a.statement_id in proved and not a.unread}
    judged = job.store.read("verdicts", VerdictRow, keys=taken.units) if taken else earlier(job.store, "verdicts", VerdictRow, number + 1)
    errors = {v.id: v.errors for v in judged if v.statement_id in proved and v.errors}
    return repair_examples(chosen, attempts, errors, job.prompts["corrector"])


def sketches(job: Run, number: int, replayed: Replayed, places: Places, weights: NDArray[np.float64], taken: Taken | None) -> list[Example]:
    """What the sketcher learns from: skeletons all of whose holes were proved, as they were asked for."""
    if "sketch" not in job.config.search.strategies or not job.config.models.follows("sketcher"):
        return []
    pairs = [choice.pair for choice in replayed.pairs(places, weights, {}) if choice.pair.strategy == "sketch"]
    proved, parents, skeletons = {pair.statement_id for pair in pairs}, dict[str, str](), dict[str, Attempt]()
    for attempt in _attempts(job, number, taken):  # the same text may come again, filled or not, or from another strategy
        if attempt.strategy == "sketch" and attempt.statement_id in proved:
            if attempt.unread == Ending.FILLED:
                skeletons.setdefault(attempt.id, attempt)
            elif attempt.parent and not attempt.unread:
                parents.setdefault(attempt.id, attempt.parent)
    traced = [(pair, skeletons.get(parents.get(pair.attempt_id, ""))) for pair in sorted(pairs, key=lambda pair: pair.id)]
    filled = [(pair, skeleton) for pair, skeleton in traced if skeleton is not None]
    return sketch_examples(filled, job.prompts["sketcher"])


def in_words(
    job: Run, role: Literal["formalizer", "informalizer"], replayed: Replayed, places: Places, weights: NDArray[np.float64]
) -> Spool[Example]:
    """What `role` learns from proved statements and their problems in plain language, each once, where it has a share of the mixture."""
    if not job.config.models.mixture.get(role):
        return Spool(Example, [])
    made = ((choice.pair.id, worded_example(choice.pair, job.prompts[role], role)) for choice in replayed.pairs(places, weights, {}))
    lines = ((id, one.model_dump_json().encode()) for id, one in made if one is not None)
    return Spool(Example, map(Example.model_validate_json, _once(by_id(lines, replayed.buffer.column("id")[places]))))


def _once(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Equal lines once; their digests are held, not they."""
    seen: set[bytes] = set()
    for line in lines:
        if (digest := hashlib.sha256(line).digest()) not in seen:
            seen.add(digest)
            yield line


def _attempts(job: Run, number: int, taken: Taken | None) -> Iterator[Attempt]:
    """Those of the searches that round `number` trains on, round by round, each id once a round."""
    if taken is None:
        yield from earlier(job.store, "attempts", Attempt, number + 1)
        return
    for _, units in groupby(sorted(taken.units), key=lambda unit: unit.partition("-")[0]):
        yield from job.store.read("attempts", Attempt, keys=frozenset(units))


def conjectures(job: Run, number: int) -> list[Example]:
    """What the conjecturer learns from: the conjectures of the last rounds that were in the band."""
    config = job.config.conjectures
    if not config.enabled or not job.config.models.follows("conjecturer"):
        return []
    return conjecture_examples(taught(job.store, number, config), job.prompts["conjecturer"])
