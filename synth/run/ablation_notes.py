"""What is said under an ablation's tables: what negations save, how fast two runs were, and how it was all measured."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from synth.records import GRADES, KEPT_GRADES, Statement
from synth.run.arms import Source
from synth.run.sides import Decided
from synth.run.sides import summary as fewer_sampled
from synth.search.outcome import Found
from synth.search.portfolio import Portfolio
from synth.show.tables import word
from synth.store.files import read_records
from train.config import EvalConfig
from train.evaluate import Estimate


def ending(found: Found) -> dict[str, Any]:
    """How the search of one statement ended; `samples` are proofs by the model."""
    by = {name: spent["samples"] for name, spent in found.strategies.items()}
    sides = {pair.negated for pair in found.pairs}
    cheap = any(pair.strategy == Portfolio.name for pair in found.pairs)
    samples = sum(count for name, count in by.items() if name != Portfolio.name)
    return {"samples": samples, "proved": False in sides, "refuted": True in sides, "cheap": cheap}


def saved(out: Path, config: EvalConfig, seed: int) -> list[str]:
    """How many proofs the search of negations saves for each statement that is decided, of those that no cheap tactic decides."""
    files = [out / "searches" / f"{name}.json" for name in ("high", "theorem-only")]
    if not all(file.exists() for file in files):
        return []
    both, alone = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    names = [name for name in both if name in alone and not (both[name]["cheap"] or alone[name]["cheap"])]
    arms = [[Decided(False, one[name]["samples"], one[name]["proved"], one[name]["refuted"]) for name in names] for one in (both, alone)]
    if not names:
        return []
    counts = [f"{sum(d.samples for d in arm):,} proofs for {sum(d.proved or d.refuted for d in arm)} decided" for arm in arms]
    figures = fewer_sampled([(arms[0], arms[1])], config, seed)
    value, (low, high) = figures["fewer_sampled_percent"], figures["interval"]
    says = word(Estimate(value, low, high, len(names)), claims=True)
    told = f"{len(names)} statements that no cheap tactic decides: {counts[0]} where both are searched, {counts[1]} where theorems alone"
    return [f"{told}. Fewer proofs for each that is decided, as the paper finds: {value:.0f} % ({low:.0f} to {high:.0f}): **{says}**"]


def grades(out: Path) -> list[str]:
    """How many statements got which grade, of those that the searches of high- and low-graded ones are drawn from."""
    file = out / "searches" / "statements.jsonl"
    if not file.exists():
        return []
    counts = Counter(statement.grade for statement in read_records(file, Statement))
    told = ", ".join(f"{counts[grade]:,} {grade}" for grade in GRADES if counts[grade])
    few = "" if any(counts[grade] for grade in GRADES if grade not in KEPT_GRADES) else "; none that counts as low"
    return [f"The judge graded {told or 'nothing'}{few}"]


def speed(run: Source) -> str:
    """What a run's rounds made, and how long they took."""
    rounds = [metrics for metrics in run.store.rounds() if metrics["round"]]
    pairs, seconds = sum(metrics["pairs"] for metrics in rounds), sum(metrics["seconds"] for metrics in rounds)
    an_hour = 3600 * pairs / max(1.0, seconds)
    return f"{run.config.mode}: {pairs:,} pairs in the {seconds / 60:.1f} minutes of rounds 1 to {run.rounds}, {an_hour:,.0f} an hour"


def described(run: Source, tokens: int) -> list[str]:
    """What all tables have in common."""
    config, heldout, name = run.config.eval, len(run.inputs.benchmark.statements), f"`{run.config.name}` ({run.store.id})"
    level = f"{100 * config.confidence:.0f} %"
    return [
        f"After DeepSeek-Prover (arXiv 2405.14333), on the run {name}, mode {run.config.mode}. Every arm that is trained starts from",
        f"that run's first model and is trained on {tokens:,} tokens, however few its pairs are. Models of a run are evaluated only; their",
        "tokens are those of all their rounds.",
        "",
        f"pass@k in percent of {heldout:,} held-out statements, {config.samples} proofs each; *beyond*: of those that no cheap tactic",
        f"proves. In brackets the {level} bootstrap interval over statements and, where there are several, trainings; differences are",
        "paired by both. What they say is read off that interval alone: where it excludes zero, *reproduces* or *the opposite* (*higher*",
        "or *lower* where the paper says nothing), else *cannot be told at this size*. The paper's column: miniF2F-test, pass@128.",
    ]
