"""pass@k of the current weights on the held-out benchmark, with what was left out and who proved what."""

from __future__ import annotations

import asyncio
import io
from dataclasses import asdict
from typing import Any

import pyarrow.parquet as pq

from synth.records import HeldoutAttempt, Pair
from synth.run.actors import start_shards
from synth.run.baseline import Baseline
from synth.run.heldout import Measured
from synth.run.state import Run
from synth.run.watch import watched
from synth.store.arrow import to_table
from train.config import EvalConfig
from train.evaluate import Tally, by_group, estimate


async def evaluate(job: Run, number: int, baseline: Baseline) -> dict[str, Any]:
    """`figures` of the current weights on the benchmark; each statement's counts and the accepted proofs are kept beside them."""
    config = job.config.eval
    benchmark = job.inputs.benchmark
    statements = [s for s in benchmark.statements if s.id not in baseline.unsupported]
    start_shards(job)
    stage = f"round {number}: evaluate"
    job.progress.stage(stage, len(statements))
    with job.timed("evaluate"):
        parts = [statements[i :: len(job.shards)] for i in range(len(job.shards))]
        work = asyncio.gather(
            *(
                actor.evaluate.remote(part, config.samples, job.config.heldout.temperature, job.config.seed, job.answering, benchmark.words)
                for actor, part in zip(job.shards, parts, strict=True)
            )
        )
        rows = sorted((row for part in await watched(job, work, {"evaluated": stage}) for row in part), key=lambda row: row.id)
    result = figures(rows, baseline, benchmark.group, config, job.config.seed)
    job.store.write_json(f"rounds/{number:03d}/eval.json", [by_statement(row, baseline, benchmark.group) for row in rows])
    proofs = [proof.model_copy(update={"round": number}) for row in rows for proof in row.pairs]
    samples = [sample for row in rows for sample in row.samples]
    for name, records, kind in (("eval_proofs", proofs, Pair), ("eval_samples", samples, HeldoutAttempt)):
        buffer = io.BytesIO()
        pq.write_table(to_table(records, kind), buffer)
        job.store.write_bytes(f"rounds/{number:03d}/{name}.parquet", buffer.getvalue())
    for remark in remarks(result, baseline):
        job.progress.note(f"round {number}: {remark}")
    return result


def by_statement(row: Measured, baseline: Baseline, group: dict[str, str]) -> dict[str, Any]:
    """One statement's row of eval.json; `tactic` is the cheap one that proves it, if any does."""
    counts = {key: value for key, value in asdict(row).items() if key not in ("pairs", "samples")}
    return {**counts, "group": group.get(row.id, ""), "tactic": baseline.solved.get(row.id, "")}


def figures(rows: list[Measured], baseline: Baseline, group: dict[str, str], config: EvalConfig, seed: int) -> dict[str, Any]:
    """pass@k in percent of the statements that can be stated and were judged, what was left out, and who proved what.

    `…_of_all` are shares of all rows of the benchmark, those that cannot be stated counted as not proved.
    """
    unsupported = baseline.unsupported.keys() | {row.id for row in rows if row.unsupported}
    judged = [row for row in rows if row.id not in unsupported and row.attempts]
    tallies = [Tally(row.id, row.attempts, row.correct, group.get(row.id, ""), row.id in baseline.solved) for row in judged]
    missing = [row for row in rows if row.id not in unsupported and not row.attempts]
    by_model, by_tactics = {row.id for row in judged if row.correct}, {t.id for t in tallies if t.baseline}
    result = {
        "heldout_rows": len({row.id for row in rows} | unsupported),
        "heldout_unsupported": len(unsupported),
        "heldout_infra": len(missing),
        "heldout_infra_samples": sum(row.infra for row in rows if row.id not in unsupported),
        "heldout_timeout_samples": sum(row.timeouts for row in judged),
        "heldout_unread_samples": sum(row.unread for row in judged),
        "heldout_prompt_too_long": sum(row.refused for row in judged),
        "heldout_proved_by_tactics": len(by_tactics),
        "heldout_proved_by_model": len(by_model),
        "heldout_proved_by_model_only": len(by_model - by_tactics),
        **scores(tallies, config, seed),
    }
    if unsupported and tallies:
        everything = [*tallies, *(Tally(i, config.samples, 0) for i in sorted(unsupported))]
        result["baseline_of_all"] = round(100 * len(by_tactics) / len(everything), 2)
        result |= {f"pass@{k}_of_all": round(estimate(everything, k, config, seed).value, 2) for k in config.ks}
    return result


def remarks(result: dict[str, Any], baseline: Baseline) -> list[str]:
    """What must be said beside the figures, in words."""
    rows, said = result["heldout_rows"], []
    if result["heldout_unsupported"]:
        example = next((error for error in baseline.unsupported.values() if error), "")
        said.append(
            f"{result['heldout_unsupported']:,} of {rows:,} held-out statements cannot be stated in this Lean: pass@k is of the others, "
            f"`…_of_all` of all" + (f" (the first error: {example.splitlines()[0]})" if example else "")
        )
    if result["heldout_infra_samples"]:
        said.append(
            f"the checker failed twice on {result['heldout_infra_samples']:,} samples, which count neither way; "
            f"{result['heldout_infra']:,} held-out statements are left out because it failed on all of theirs"
        )
    if result["heldout_prompt_too_long"]:
        said.append(f"{result['heldout_prompt_too_long']:,} held-out statements are too long a prompt for the model: counted as not proved")
    return said


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
