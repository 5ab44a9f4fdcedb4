"""Service times by stage, as a run has kept them beside its searches: of filters, cheap tactics and evaluations."""

from __future__ import annotations

import io
import statistics
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import pyarrow.parquet as pq

from synth.records import HeldoutAttempt, VerdictRow
from synth.store.arrow import from_table
from synth.store.rundir import RunDir
from synth.store.service import Service, read_service, service

BESIDE = {"compare": None, "baseline": 0, "screen": 0}
"""Stages that the driver asks Lean for, and in which round (None = in each)."""


def services(store: RunDir, numbers: Sequence[int]) -> dict[str, Service]:
    """By stage and kind (`compare first`), of filters all kinds together (`filters`)."""
    found: dict[str, Service] = {}

    def add(name: str, more: Service) -> None:
        found[name] = found.get(name, Service()) + more

    for entry in store.entries():
        for figures in entry["info"].get("lean", {}).values():
            add("filters", service(figures))
    for stage, only in BESIDE.items():
        for number in numbers if only is None else [only]:
            for kind, more in read_service(store, number, stage).items():
                add(f"{stage} {kind}", more)
    return found


def held_samples(store: RunDir, numbers: Iterable[int]) -> dict[int, list[list[HeldoutAttempt]]]:
    """By round: the samples of each held-out statement, of the statements in the order of their ids."""
    found = {}
    for number in numbers:
        name = f"rounds/{number:03d}/eval_samples.parquet"
        if store.exists(name) and (rows := [*from_table(pq.read_table(io.BytesIO(store.read_bytes(name))), HeldoutAttempt)]):
            rows.sort(key=lambda row: (row.statement_id, row.sample))
            found[number] = [list(some) for _, some in groupby(rows, key=lambda row: row.statement_id)]
    return found


def stage_means(
    store: RunDir, numbers: Sequence[int], found: Mapping[str, Service], held: Mapping[int, list[list[HeldoutAttempt]]]
) -> dict[str, float]:
    """Lean's mean seconds of a check, by stage; only of stages that the run has kept them of (`found`: its `services`)."""
    seconds: dict[str, list[float]] = {}
    for number in numbers:
        for row in store.read("verdicts", VerdictRow, f"r{number:03d}-"):
            seconds.setdefault("search", []).extend([row.seconds] if row.seconds else [])
    for number in numbers:
        for samples in held.get(number, []):
            seconds.setdefault("evaluate", []).extend(a.seconds for a in samples if a.sample == a.same and a.seconds)
    means = {stage: statistics.fmean(values) for stage, values in seconds.items() if values}
    totals: dict[str, Service] = {}
    for name, one in found.items():
        stage = name.split()[0]
        totals[stage] = totals.get(stage, Service()) + one
    return means | {stage: one.mean for stage, one in totals.items() if one.seconds}
