"""A round's training: from the verified pairs so far to new weights."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.examples import mixed, pair_example, proof_examples, rehearsed, repeated, seed_examples
from synth.llm.config import ROLES, ModelRole
from synth.llm.types import Weights
from synth.run.baseline import verified_seeds
from synth.run.conjectures import factors
from synth.run.interrupt import in_thread
from synth.run.lessons import Taken, annotated, conjectures, corrections, in_words, sketches
from synth.run.replayed import Replayed, by_id
from synth.run.screen import of_benchmarks
from synth.run.seed_messages import seeds_with_messages
from synth.run.state import Run, served_lora
from synth.spool import Spool
from synth.store.rundir import RunDir
from train.config import TrainConfig
from train.data import Example
from train.replay import Places
from train.rounds import train_round

SAVING = 120.0  # seconds that an interrupted training may take to save its checkpoint
OFTEN = 100  # repetitions of an example in a round that are worth a remark


async def train(job: Run, number: int, previous: Weights, taken: Taken | None = None) -> bool:
    """Fine-tune on the replay buffer of all verified pairs of the searches up to this round's, or of what is `taken`.

    Our own small model also goes over the seed proofs that Lean accepted, and again over its other roles that are trained.

    False where there is nothing to train, or no pair to train on yet: the weights stay as they are.
    """
    if not job.config.models.train:
        return False
    replayed = await asyncio.to_thread(taken_pairs if taken else searched_pairs, job, number)
    again = taken.repeated if taken else job.store.repeated()
    held = await asyncio.to_thread(of_benchmarks, job.store)
    places, weights = await asyncio.to_thread(replayed.choose, job.config.replay, job.config.seed, held.union(again))
    if not len(places):
        yet = "no verified pair yet" if not held else "no verified pair yet but of benchmarks"
        job.progress.note(f"round {number}: {yet}, so nothing to train on; the weights stay as they are")
        return False
    proofs, left_out = await asyncio.to_thread(proofs_of, job, number, replayed, places, weights, taken)
    if left_out:
        job.progress.note(
            f"round {number}: {left_out} pairs are whole files, for which this preset's answers have no place: not trained on"
        )
    if job.inputs.seeds is not None:
        known = [job.inputs.seeds.proofs[i] for i in await verified_seeds(job)]
        for example in proof_examples(known, job.prompts["prover"]):
            proofs.append(example)
    taught: dict[ModelRole, Spool[Example] | list[Example]] = {
        "prover": proofs,
        "corrector": await asyncio.to_thread(corrections, job, number, replayed, places, weights, taken),
        "sketcher": await asyncio.to_thread(sketches, job, number, replayed, places, weights, taken),
        "conjecturer": conjectures(job, number),
        "formalizer": await asyncio.to_thread(in_words, job, "formalizer", replayed, places, weights),
        "informalizer": await asyncio.to_thread(in_words, job, "informalizer", replayed, places, weights),
    }
    if not any(map(len, taught.values())):
        job.progress.note(f"round {number}: all that was proved is of too easy conjectures; the weights stay as they are")
        return False
    roles = [role for role in ROLES if job.config.models.follows(role)]
    seeds = None if job.inputs.seeds is None else await seeds_with_messages(job)
    given_pairs = annotated(job) if "formalizer" in roles else []
    if job.config.models.mixture:
        for example in given_pairs:
            taught["formalizer"].append(example)
        for role in roles:
            for example in seed_examples(seeds, job.prompts, [role]) if seeds else ():
                taught.setdefault(role, []).append(example)
        examples = await asyncio.to_thread(mixture, job, number, taught)
        if not len(examples):
            job.progress.note(f"round {number}: no example yet of the roles in models.mixture; the weights stay as they are")
            return False
    else:
        examples = Spool(Example, chain.from_iterable(taught.values()))
        if len(examples) < job.config.examples_per_round:
            times = job.config.examples_per_round / len(examples)
            if times > OFTEN:
                job.progress.note(
                    f"round {number}: trains on {len(examples):,} examples, each about {times:,.0f} times (examples_per_round), which may "
                    "cost the model what it knew; with so few pairs better leave it as it is: models.train=[]"
                )
            examples = Spool(Example, repeated(examples, job.config.examples_per_round))
        others = given_pairs + (seed_examples(seeds, job.prompts, roles) if seeds else [])
        for example in rehearsed(len(examples), others, job.config.models.bootstrap.rehearse, job.config.seed + number):
            examples.append(example)
    await fit(job, number, previous, examples, job.config.train)
    return True


def mixture(job: Run, number: int, taught: Mapping[ModelRole, Sequence[Example]]) -> Spool[Example]:
    """What round `number` is taught in the shares of `models.mixture`; what there was and what was taken goes to its `mixture.json`."""
    count = max(job.config.examples_per_round, sum(len(taught.get(role, [])) for role, share in job.config.models.mixture.items() if share))
    drawn = mixed(taught, job.config.models.mixture, count, job.config.seed + number)
    rows = {role: {"examples": len(part), "trained": len(drawn.get(role, []))} for role, part in taught.items() if part}
    job.store.write_json(f"rounds/{number:03d}/mixture.json", rows)
    told = ", ".join(f"{role} {row['trained']:,} (of {row['examples']:,})" for role, row in rows.items())
    job.progress.note(f"round {number}: trains on {told}")
    return Spool(Example, chain.from_iterable(drawn.values()))


def proofs_of(
    job: Run, number: int, replayed: Replayed, places: Places, weights: NDArray[np.float64], taken: Taken | None
) -> tuple[Spool[Example], int]:
    """Prover examples from the chosen pairs, by the pairs' ids, and how many have none; `trained_on.json` says which they are."""
    known = factors(job.store, number)
    ids = replayed.buffer.column("id")[places]
    if known:
        stays = np.array([known.get(id.decode(), 1.0) > 0 for id in ids], np.bool_)
        ids, places, weights = ids[stays], places[stays], weights[stays]
    told = trained_on(replayed, places, number, versions(job.store, number - 1) if job.config.models.follows("prover") else [])
    job.store.write_chunks(f"rounds/{number:03d}/trained_on.json", told.text())
    job.store.write_json(f"rounds/{number:03d}/staleness.json", told.ages())
    if told.mean is not None:
        job.live.other["staleness/versions"] = told.mean
    left_out = 0

    def lines() -> Iterator[tuple[str, bytes]]:
        nonlocal left_out
        for choice in replayed.pairs(places, weights, known):
            if (example := pair_example(choice, job.prompts["prover"])) is None:
                left_out += 1
            else:
                yield choice.pair.id, example.model_dump_json().encode()

    examples = Spool(Example, map(Example.model_validate_json, by_id(lines(), ids)))
    return examples, left_out


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


def searched_pairs(job: Run, number: int) -> Replayed:
    """The verified pairs of the searches up to round `number`'s; what an earlier training has read is not read again."""
    return _taken_in(job, [(round, None) for round in range(1, number + 1)])


def taken_pairs(job: Run, number: int) -> Replayed:
    """The verified pairs that rounds up to `number` have taken; the round of each is the first that did."""
    sources, before = list[tuple[int, frozenset[str] | None]](), frozenset[str]()
    for round in range(1, number + 1):
        taken = read_taken(job.store, round)
        sources.append((round, taken.units - before))
        before = taken.units
    return _taken_in(job, sources)


def _taken_in(job: Run, sources: list[tuple[int, frozenset[str] | None]]) -> Replayed:
    known = job.shared.replayed
    if known is None or known.sources != sources[: len(known.sources)]:
        known = job.shared.replayed = Replayed(job.store)
    for round, keys in sources[len(known.sources) :]:
        known.take(round, keys)
    return known


def versions(store: RunDir, number: int) -> list[int]:
    """The versions of the weights up to round `number`, oldest first: a round that trained nothing has none of its own."""
    return sorted({int(store.read_json(f"rounds/{round:03d}/weights.json")["round"]) for round in range(number + 1)})


@dataclass(frozen=True)
class TrainedOn:
    """What a round's training is given: the pairs, and of each new one how many versions behind the weights were that sampled it."""

    replayed: Replayed
    places: Places
    new: int
    behind: NDArray[np.int64]
    aged: NDArray[np.bool_]
    """Of which places `behind` says something."""

    @property
    def mean(self) -> float | None:
        """Of `behind`; None where nothing is known."""
        return float(self.behind[self.aged].mean()) if self.aged.any() else None

    def ages(self) -> dict[str, int]:
        """How many new pairs there are of each number of versions behind."""
        ages, counts = np.unique(self.behind[self.aged], return_counts=True)
        return {str(age): int(count) for age, count in zip(ages, counts, strict=True)}

    def text(self) -> Iterator[bytes]:
        """As JSON, in pieces."""
        yield b'{\n  "pairs": ['
        for place, (id, _, _) in enumerate(self.replayed.about(self.places)):
            yield (b"," if place else b"") + b"\n    " + json.dumps(id).encode()
        yield f'\n  ],\n  "new": {self.new},\n  "staleness": {{'.encode()
        behind = self.behind[self.aged]  # once: it is as long as the new pairs are many
        for place, (id, _, _) in enumerate(self.replayed.about(self.places[self.aged])):
            yield (b"," if place else b"") + f"\n    {json.dumps(id)}: {behind[place]}".encode()
        yield b"\n  }\n}\n"


def trained_on(replayed: Replayed, places: Places, number: int, versions: list[int]) -> TrainedOn:
    """What round `number` trains on.  The last of `versions` are the weights that it trains; [] where what samples is not trained."""
    new, behind, aged = replayed.ages(places, number, versions)
    return TrainedOn(replayed, places, new, behind, aged if versions else np.zeros(len(places), np.bool_))


async def fit(
    job: Run, number: int, initial: Weights, examples: Sequence[Example], config: TrainConfig, under_way: asyncio.Event | None = None
) -> None:
    """One DeepSpeed round in rounds/NNN/training; an interruption leaves a checkpoint from which it goes on.

    Where adapters are served a round leaves one, trained on from that of `initial`, if those are an adapter.

    `under_way` is set after the first steps, or at the end where there were none.
    """
    stage = f"round {number}: train" if number else "bootstrap: train"
    job.progress.stage(stage, 0)
    stop, under_way = threading.Event(), under_way or asyncio.Event()
    start, adapter = Path(initial.base or initial.path), Path(initial.path) if initial.base else None
    merged = not number or served_lora(job.config) is None
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
            *(start, examples, job.training(number), config, job.config.seed + number),
            *(report, stop.is_set, job.trainers, job.config.models.of("prover").sampler.dtype),
            adapter=adapter,
            merged=merged,
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
