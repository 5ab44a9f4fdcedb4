"""A round's training: from the verified pairs so far to new weights."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.annotations import Annotation
from synth.examples import (
    annotation_examples,
    conjecture_examples,
    mixed,
    pair_examples,
    proof_examples,
    rehearsed,
    repair_examples,
    repeated,
    seed_examples,
)
from synth.llm.config import ROLES, ModelRole
from synth.records import Attempt, Pair, VerdictRow
from synth.run.again import earlier
from synth.run.baseline import verified_seeds
from synth.run.conjectures import taught, weighed
from synth.run.interrupt import in_thread
from synth.run.seed_messages import seeds_with_messages
from synth.run.state import Run
from synth.statements.text import in_context
from synth.store.files import read_records
from synth.store.rundir import RunDir
from train.config import TrainConfig
from train.data import Example
from train.replay import select
from train.rounds import train_round

SAVING = 120.0  # seconds that an interrupted training may take to save its checkpoint


async def train(job: Run, number: int, previous: Path, taken: Taken | None = None) -> bool:
    """Fine-tune on the replay buffer of all verified pairs of the searches up to this round's, or of what is `taken`.

    Our own small model also goes over the seed proofs that Lean accepted, and again over its other roles that are trained.

    False where there is nothing to train, or no pair to train on yet: the weights stay as they are.
    """
    if not job.config.models.train:
        return False
    pairs = taken_pairs(job.store, number) if taken else searched_pairs(job.store, number)
    if not pairs:
        job.progress.note(f"round {number}: no verified pair yet, so nothing to train on; the weights stay as they are")
        return False
    chosen = weighed(select(pairs, job.config.replay, job.config.seed), job.store, number)
    given = trained_on([choice.pair for choice in chosen], number, versions(job.store, number - 1))
    if not job.config.models.follows("prover"):
        given["staleness"] = {}  # what samples is what it was in the beginning, and not trained
    job.store.write_json(f"rounds/{number:03d}/trained_on.json", given)
    if ages := given["staleness"].values():
        job.live.other["staleness/versions"] = sum(ages) / len(ages)
    proofs, left_out = pair_examples(chosen, job.prompts["prover"])
    if left_out:
        job.progress.note(
            f"round {number}: {left_out} pairs are whole files, for which this preset's answers have no place: not trained on"
        )
    if job.inputs.seeds is not None:
        known = [job.inputs.seeds.proofs[i] for i in await verified_seeds(job)]
        proofs += proof_examples(known, job.prompts["prover"])
    taught: dict[ModelRole, list[Example]] = {
        "prover": proofs, "corrector": corrections(job, number, pairs, taken), "conjecturer": conjectures(job, number),
    }  # fmt: skip
    examples = repeated([example for part in taught.values() for example in part], job.config.examples_per_round)
    if not examples:
        job.progress.note(f"round {number}: all that was proved is of too easy conjectures; the weights stay as they are")
        return False
    roles = [role for role in ROLES if job.config.models.follows(role)]
    seeds = None if job.inputs.seeds is None else await seeds_with_messages(job)
    given_pairs = annotated(job) if "formalizer" in roles else []
    if job.config.models.mixture:
        taught["formalizer"] = given_pairs
        for role in roles:
            taught[role] = taught.get(role, []) + (seed_examples(seeds, job.prompts, [role]) if seeds else [])
        examples = mixture(job, number, taught)
        if not examples:
            job.progress.note(f"round {number}: no example yet of the roles in models.mixture; the weights stay as they are")
            return False
    else:
        others = given_pairs + (seed_examples(seeds, job.prompts, roles) if seeds else [])
        examples = rehearsed(examples, others, job.config.models.bootstrap.rehearse, job.config.seed + number)
    await fit(job, number, previous, examples, job.config.train)
    return True


def mixture(job: Run, number: int, taught: Mapping[ModelRole, list[Example]]) -> list[Example]:
    """What round `number` is taught in the shares of `models.mixture`; what there was and what was taken goes to its `mixture.json`."""
    count = max(job.config.examples_per_round, sum(len(taught.get(role, [])) for role, share in job.config.models.mixture.items() if share))
    drawn = mixed(taught, job.config.models.mixture, count, job.config.seed + number)
    rows = {role: {"examples": len(part), "trained": len(drawn.get(role, []))} for role, part in taught.items() if part}
    job.store.write_json(f"rounds/{number:03d}/mixture.json", rows)
    told = ", ".join(f"{role} {row['trained']:,} (of {row['examples']:,})" for role, row in rows.items())
    job.progress.note(f"round {number}: trains on {told}")
    return [example for part in drawn.values() for example in part]


@dataclass(frozen=True)
class Taken:
    """The units of work that a training draws its pairs from, fixed as it begins while searches go on, and what was repeated by then."""

    units: frozenset[str]
    repeated: frozenset[str] = frozenset()


def take(store: RunDir, number: int) -> Taken:
    """What round `number` trains on: all that is committed now, or, where that was settled before an interruption, was then."""
    name = f"rounds/{number:03d}/taken.json"
    if not store.exists(name):
        store.write_json(name, {"units": list(store.units("pairs")), "repeated": sorted(store.repeated())})
    return read_taken(store, number)


def read_taken(store: RunDir, number: int) -> Taken:
    """What round `number` has taken; nothing before the first training."""
    found = store.read_json(f"rounds/{number:03d}/taken.json", {"units": [], "repeated": []})
    return Taken(frozenset(found["units"]), frozenset(found["repeated"]))


def searched_pairs(store: RunDir, number: int) -> list[Pair]:
    """The verified pairs of the searches up to round `number`'s."""
    again = store.repeated()
    return [pair for pair in store.read("pairs", Pair) if pair.round <= number and pair.statement_id not in again]


def taken_pairs(store: RunDir, number: int) -> list[Pair]:
    """The verified pairs that rounds up to `number` have taken; the `round` of each is the first that did."""
    found, before = dict[str, Pair](), frozenset[str]()
    for round in range(1, number + 1):
        taken = read_taken(store, round)
        for pair in store.read("pairs", Pair, keys=taken.units - before):
            found.setdefault(pair.id, pair.model_copy(update={"round": round}))
        before = taken.units
    return [pair for pair in found.values() if pair.statement_id not in taken.repeated]


def versions(store: RunDir, number: int) -> list[int]:
    """The versions of the weights up to round `number`, oldest first: a round that trained nothing has none of its own."""
    return sorted({int(store.read_json(f"rounds/{round:03d}/weights.json")["round"]) for round in range(number + 1)})


def trained_on(pairs: list[Pair], number: int, versions: list[int]) -> dict[str, Any]:
    """What a round's training is given: the pairs' ids, and of each new one how many versions behind the weights were that sampled it.

    The last of `versions` are the weights that the round trains on.
    """
    behind = {pair.id: sum(v > pair.version for v in versions) for pair in pairs if pair.round == number and pair.model}
    return {"pairs": [pair.id for pair in pairs], "new": sum(pair.round == number for pair in pairs), "staleness": behind}


def annotated(job: Run) -> list[Example]:
    """What the formalizer learns from the files of `synth informalize` that are given; nothing of the benchmark."""
    rows = [row for file in job.config.models.pairs for row in read_records(file, Annotation) if row.kept and row.kind == "statement"]
    clean = [row for row in rows if in_context(row.statement, row.header, row.preamble) not in job.inputs.benchmark.excluded]
    if len(clean) < len(rows):
        job.progress.note(f"models.pairs: {len(rows) - len(clean):,} pairs are of held-out statements: not trained on")
    return annotation_examples(clean, job.prompts["formalizer"])


def corrections(job: Run, number: int, pairs: list[Pair], taken: Taken | None) -> list[Example]:
    """What the corrector learns from: proofs that failed in this run, what Lean said of them, and what was accepted in their place."""
    if "repair" not in job.config.search.strategies or not job.config.models.follows("corrector"):
        return []
    proved = {pair.statement_id for pair in pairs}
    if taken:
        tried, judged = (job.store.read("attempts", Attempt, keys=taken.units), job.store.read("verdicts", VerdictRow, keys=taken.units))
    else:
        tried, judged = earlier(job.store, "attempts", Attempt, number + 1), earlier(job.store, "verdicts", VerdictRow, number + 1)
    attempts = {a.id: a for a in tried if a.statement_id in proved and not a.unread}
    errors = {v.id: v.errors for v in judged if v.statement_id in proved and v.errors}
    chosen = [choice.pair for choice in select(pairs, job.config.replay, job.config.seed)]
    return repair_examples(chosen, attempts, errors, job.prompts["corrector"])


def conjectures(job: Run, number: int) -> list[Example]:
    """What the conjecturer learns from: the conjectures of the last rounds that were in the band."""
    config = job.config.conjectures
    if not config.enabled or not job.config.models.follows("conjecturer"):
        return []
    return conjecture_examples(taught(job.store, number, config), job.prompts["conjecturer"])


async def fit(
    job: Run, number: int, initial: Path, examples: list[Example], config: TrainConfig, under_way: asyncio.Event | None = None
) -> None:
    """One DeepSpeed round in rounds/NNN/training; an interruption leaves a checkpoint from which it goes on.

    `under_way` is set after the first steps, or at the end where there were none.
    """
    stage = f"round {number}: train" if number else "bootstrap: train"
    job.progress.stage(stage, 0)
    stop, under_way = threading.Event(), under_way or asyncio.Event()
    loop = asyncio.get_running_loop()
    rows: list[float] = []

    def report(row: dict[str, float]) -> None:
        rows.append(row["step"])
        loop.call_soon_threadsafe(under_way.set)
        job.live.trainer.report(row)
        job.progress.update(stage, int(row["step"]), int(row["steps"]), loss=row["loss"])
        job.progress.gauge("trained tokens/s", row["tokens_per_second"])

    job.live.trainer.begin()
    work = in_thread(
        lambda: train_round(
            *(initial, examples, job.training(number), config, job.config.seed + number),
            *(report, stop.is_set, job.trainers, job.config.models.of("prover").sampler.dtype),
        )
    )
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        if rows:  # before the first step there is nothing to save
            job.progress.note(f"{stage}: saving a checkpoint (Ctrl-C again: not)")
            await asyncio.wait([work], timeout=SAVING)
        raise
    finally:
        under_way.set()
        job.live.trainer.end()
        job.progress.gauge("trained tokens/s", 0.0)
