"""How fast Lean workers, engines and trainers of a run were, from its timeline and its trainings' metrics."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from synth.simulate.engine import Curve
from synth.store.timeline import Row
from verify_workers.errors import UserError

CALM = {"search"}  # stages of a row from which a pool's own time a check is read
FEW = 20  # checks from which on their mean says something


def pool_seconds(rows: Iterable[Row], stages: Iterable[str] | None = None) -> float:
    """Worker-seconds a check in rows of just these stages (None: of any); 0 where there are too few to say."""
    return _busy_each(rows, stages, "pools", "checks", FEW)


def engine_seconds(rows: Iterable[Row], stages: Iterable[str] | None = None) -> float:
    """An engine's busy seconds a token in such rows; 0 where there is none."""
    return _busy_each(rows, stages, "samplers", "tokens", 0.0)


def cores_beside(rows: Iterable[Row], stages: Iterable[str]) -> float:
    """Cores that neither engines nor pools had, on average over rows of just these stages; 0 where processor time is not on record."""
    chosen = [
        row for row in rows if row.stages and row.stages.keys() <= set(stages) and row.cores.get("machine") and row.cores.get("pools")
    ]
    left = sum(row.cores["machine"] - row.cores["pools"] - row.cores.get("samplers", 0.0) for row in chosen)
    return max(0.0, left) / sum(row.span for row in chosen) if chosen else 0.0


def _busy_each(rows: Iterable[Row], stages: Iterable[str] | None, kind: str, made: str, least: float) -> float:
    chosen = [row for row in rows if stages is None or (row.stages and row.stages.keys() <= set(stages))]
    count = sum(row.made.get(made, 0.0) for row in chosen)
    return sum(row.busy.get(kind, 0.0) for row in chosen) / count if count and count >= least else 0.0


def fitted(rows: Iterable[Row], sequences: int) -> Curve:
    """An engine's curve from busy seconds and tokens of each stretch, and the requests (of so many `sequences`) that were open at its end.

    seconds = half / peak * steps + tokens / peak, by least squares over at least eight stretches; with less, or where that makes no
    sense, as many tokens a second as there were in all, however many sequences are under way.
    """
    points = []
    tokens = busy = 0.0
    for row in rows:
        made, seconds = row.made.get("tokens", 0.0), row.busy.get("samplers", 0.0)
        tokens, busy = tokens + made, busy + seconds
        if made and seconds > 0.1 * row.span and row.waiting.get("requests"):
            width = row.waiting["requests"] * sequences / max(1.0, row.actors.get("samplers", 1.0))
            points.append((made / width, made, seconds))
    if not tokens or not busy:
        raise UserError(
            "the run's timeline says nothing of its engines (no tokens, or endpoints): give engine.tokens_per_second (--cluster)"
        )
    if len(points) >= 8:
        table = np.array(points)
        (step, each), *_ = np.linalg.lstsq(table[:, :2], table[:, 2], rcond=None)
        if step > 0 and each > 0:
            return Curve(float(1 / each), float(step / each))
    return Curve(tokens / busy, 0.0)


def training(weights: Path, numbers: Iterable[int]) -> tuple[float, float, float]:
    """Tokens of an example, tokens a second, and seconds of stepping in a round; as in the last round that says so.

    `weights`: the folder of the run's checkpoints.
    """
    found: tuple[float, float, float] = (100.0, 1e4, 0.0)
    for number in numbers:
        folder = weights / f"{number:03d}" / "training"
        if not (folder / "metrics.jsonl").exists() or not (folder / "examples.parquet").exists():
            continue
        last: dict[str, Any] = json.loads((folder / "metrics.jsonl").read_bytes().splitlines()[-1])
        examples = pq.read_metadata(folder / "examples.parquet").num_rows
        found = last["tokens"] / max(1, examples), last["tokens_per_second"], last["seconds"]
    return found
