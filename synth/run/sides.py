"""What it is worth to search a statement's negation beside it: proofs sampled for each statement that is decided (DeepSeek-Prover §3.3).

One statement in four is false.  Both arms may sample as many proofs of a statement: some of it and as many of its negation, or all of
the statement alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synth.benchmark import generated
from synth.config import RunConfig, SearchConfig
from synth.problems.generate import Generated
from synth.records import Statement
from synth.run.roles import search_prompts
from synth.run.stages import require_models, run_stage, stage_tools
from synth.search.loop import search, strategies
from synth.services import Tools
from synth.show.progress import Progress
from synth.statements.text import given
from train.config import EvalConfig
from verify_workers.errors import UserError

NEGATION = "negation"
ONE_FALSE_IN = 4


@dataclass(frozen=True)
class Decided:
    """What became of one statement: how many proofs were sampled, and what was accepted, if anything."""

    false: bool
    samples: int
    proved: bool
    refuted: bool


def mixed(items: Sequence[Generated]) -> list[tuple[Statement, bool]]:
    """As many of the generated statements as make one in four false, in their order, each with whether it is."""
    true, false = ([item for item in items if item.truth == truth] for truth in ("true", "false"))
    wrong = min(len(false), len(true) // (ONE_FALSE_IN - 1))
    chosen = {item.reference for item in (*false[:wrong], *true[: wrong * (ONE_FALSE_IN - 1)])}
    return [
        (given(item.problem().model_copy(update={"statement": item.reference}), 0), item.truth == "false")
        for item in items
        if item.reference in chosen
    ]


async def decided(statements: Sequence[tuple[Statement, bool]], config: SearchConfig, tools: Tools, progress: Progress) -> list[Decided]:
    """The searches of all statements."""
    gate = asyncio.Semaphore(config.in_flight)

    async def one(statement: Statement, false: bool) -> Decided:
        async with gate:
            found = await search(statement, None, strategies(statement, None, config, tools), config, tools)
        progress.advance("compare", decided=bool(found.pairs))
        sides = [pair.negated for pair in found.pairs]
        return Decided(false, found.samples, False in sides, True in sides)

    return await asyncio.gather(*(one(statement, false) for statement, false in statements))


def arms(config: SearchConfig) -> tuple[SearchConfig, SearchConfig]:
    """With the negation, and without it but twice the attempts."""
    common = {"portfolio": "never", "shorten": False, "strategies": ("whole_proof",)}
    with_it = config.model_copy(update={**common, "negation": True})
    return with_it, config.model_copy(update={**common, "negation": False, "attempts": 2 * config.attempts})


def negation_file(config: RunConfig, seeds: int, progress: Progress) -> dict[str, Any]:
    """Both arms on the held-out statements of the run that made the model, false ones as they are, sampled with each of `seeds` seeds."""
    if config.heldout.path:
        raise UserError(
            "compare: negation is measured on generated statements, of which it is known which are false: leave out heldout.path"
        )
    statements = mixed(generated(config.heldout, config.generator.choice()))
    if not statements:
        raise UserError("compare: generator.families draws no false statements; negation decides nothing there")
    asked = search_prompts(config)
    require_models(config, *asked)
    progress.stage("compare", 2 * seeds * len(statements))

    async def work() -> list[tuple[list[Decided], list[Decided]]]:
        async with stage_tools(config, *asked) as tools:
            rows = []
            for seed in range(config.seed, config.seed + seeds):
                with_it, without = arms(config.search)
                own = replace(tools, seed=seed)
                rows.append((await decided(statements, with_it, own, progress), await decided(statements, without, own, progress)))
            return rows

    rows = run_stage(work())
    return {
        "strategy": NEGATION,
        "model": config.models.prover.path,
        "attempts": config.search.attempts,
        "wave": config.search.wave,
        **summary(rows, config.eval, config.seed),
        "seeds": [{"with_negation": figures(with_it), "theorem_only": figures(without)} for with_it, without in rows],
    }


def figures(searches: Sequence[Decided]) -> dict[str, Any]:
    """What one arm sampled and decided."""
    done, sampled = sum(s.proved or s.refuted for s in searches), sum(s.samples for s in searches)
    return {
        "statements": len(searches),
        "false": sum(s.false for s in searches),
        "proved": sum(s.proved for s in searches),
        "refuted": sum(s.refuted for s in searches),
        "sampled": sampled,
        "sampled_per_decided": round(sampled / done, 2) if done else None,
    }


def summary(rows: Sequence[tuple[list[Decided], list[Decided]]], config: EvalConfig, seed: int) -> dict[str, Any]:
    """By how many percent fewer proofs are sampled for each decided statement; the percentile bootstrap resamples statements."""
    pairs = [pair for row in rows for pair in zip(*row, strict=True)]
    counts = np.array([[a.samples, a.proved or a.refuted, b.samples, b.proved or b.refuted] for a, b in pairs], dtype=float)

    def fall(chosen: np.ndarray[Any, Any]) -> float:
        sampled, done, alone, done_alone = chosen.sum(axis=0)
        return float(100 * (1 - sampled / done * done_alone / alone)) if done and alone else float("nan")

    random = np.random.default_rng(seed)
    drawn = [fall(counts[random.integers(len(counts), size=len(counts))]) for _ in range(config.resamples)]
    tail = (1 - config.confidence) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail]) if np.isfinite(drawn).any() else (float("nan"), float("nan"))
    return {"fewer_sampled_percent": round(fall(counts), 1), "interval": [round(float(low), 1), round(float(high), 1)]}
