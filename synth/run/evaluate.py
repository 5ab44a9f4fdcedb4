"""pass@k of the current weights on the held-out benchmark."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from synth.run.actors import start_shards
from synth.run.state import Run
from synth.run.watch import watched
from train.config import EvalConfig
from train.evaluate import Tally, by_group, estimate


async def evaluate(job: Run, number: int, baseline: frozenset[str]) -> dict[str, Any]:
    """pass@k of the current weights on the benchmark: overall, beyond the portfolio, and the portfolio's own share."""
    statements, config = job.inputs.benchmark.statements, job.config.eval
    start_shards(job)
    stage = f"round {number}: evaluate"
    job.progress.stage(stage, len(statements))
    with job.timed("evaluate"):
        parts = [statements[i :: len(job.shards)] for i in range(len(job.shards))]
        work = asyncio.gather(
            *(
                actor.evaluate.remote(part, config.samples, job.config.heldout.temperature, job.config.seed, str(job.model))
                for actor, part in zip(job.shards, parts, strict=True)
            )
        )
        results = [row for part in await watched(job, work, {"evaluated": stage}) for row in part]
    group = job.inputs.benchmark.group
    tallies = [Tally(i, n, c, group[i], i in baseline) for i, n, c in sorted(results)]
    job.store.write_json(f"rounds/{number:03d}/eval.json", [asdict(tally) for tally in tallies])
    return scores(tallies, config, job.config.seed)


def scores(tallies: list[Tally], config: EvalConfig, seed: int) -> dict[str, Any]:
    """pass@k in percent with its confidence interval: of all, of what the portfolio cannot prove (`beyond_`), by family."""
    result: dict[str, Any] = {
        "baseline": round(100 * sum(t.baseline for t in tallies) / max(1, len(tallies)), 2),
    }
    for prefix, members in (("", tallies), ("beyond_", [t for t in tallies if not t.baseline])):
        result["heldout_beyond" if prefix else "heldout"] = len(members)
        for k in config.ks:
            if members:
                figure = estimate(members, k, config, seed)
                result |= {
                    f"{prefix}pass@{k}": round(figure.value, 2),
                    f"{prefix}pass@{k}_interval": [round(figure.low, 2), round(figure.high, 2)],
                }
    families = {k: by_group(tallies, k, config, seed) for k in config.ks}
    result["families"] = {g: {f"pass@{k}": round(families[k][g].value, 1) for k in config.ks} for g in families[config.ks[0]] if g}
    return result
