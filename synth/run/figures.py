"""A round's figures, from what is on disk: the same after any number of interruptions."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import ray

from synth.records import Pair, Statement, VerdictRow
from synth.run.state import Run
from synth.statements.faithfulness import faithful
from verify_workers.config import usable_cores


def tally(job: Run, number: int) -> dict[str, Any]:
    """Counts of a round, from what is on disk: the same after any number of interruptions."""
    prefix = f"r{number:03d}-"
    statements = list(job.store.read("statements", Statement, prefix=prefix))
    pairs = list(job.store.read("pairs", Pair, prefix=prefix))
    verdicts = Counter(
        v.outcome if v.outcome != "rejected" else f"rejected: {v.reason}" for v in job.store.read("verdicts", VerdictRow, prefix=prefix)
    )
    units: Counter[str] = Counter()
    for entry in job.store.entries():
        if entry["key"].startswith(prefix):
            units.update({k: v for k, v in entry["info"].items() if isinstance(v, int | float)})
            units["quarantined"] += len(entry["info"].get("quarantined", []))
    same, measured = faithful((s for s in statements if s.kept), job.inputs.references)
    return {
        "problems": units["problems"],
        "statements": len(statements),
        "statements_kept": sum(s.kept for s in statements),
        "statements_rejected": dict(Counter(s.reason for s in statements if not s.kept).most_common()),
        "faithful": round(100 * same / measured, 1) if measured else None,
        "searched": units["searched"],
        "attempts": units["samples"],
        "checks": sum(verdicts.values()),
        "verdicts": dict(verdicts.most_common()),
        "pairs": len(pairs),
        "pairs_negated": sum(p.negated for p in pairs),
        "proved": units["proved"],
        "quarantined": units["quarantined"],
        "tokens": units["tokens"],
    }


def costs(figures: dict[str, Any]) -> dict[str, float]:
    """What one verified pair cost: generated tokens and core-seconds (all cores of the cluster, for the whole round).

    Both with what interruptions threw away: `tokens_spent`, and the seconds of all commands that worked on the round.
    """
    pairs = figures["pairs"]
    if not pairs:
        return {}
    cores = sum(node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]) if "RAY_ADDRESS" in os.environ else usable_cores()
    tokens = max(figures["tokens"], figures.get("tokens_spent", 0))
    return {"tokens_per_pair": round(tokens / pairs, 1), "core_seconds_per_pair": round(figures["seconds"] * cores / pairs, 2)}
