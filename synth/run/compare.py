"""What a strategy is worth at equal budget: whole proofs alone against whole proofs and the strategy, on the same held-out statements.

The budget has two sides, sampled tokens and core-seconds of Lean, and no rate of exchange is needed: whole proofs alone get as many
attempts as make them spend at least as much as the other arm, of both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from synth.benchmark import load_benchmark
from synth.config import RunConfig, SearchConfig
from synth.llm.types import Completion, Sampling
from synth.prompts import Prompt
from synth.records import Statement
from synth.run.roles import search_prompts
from synth.run.stages import require_models, run_stage, stage_tools
from synth.search.loop import require_strategies, search, strategies
from synth.services import RoleModel, Sample, Tools
from synth.show.progress import Progress
from train.config import EvalConfig
from train.evaluate import Tally, estimate
from verify_workers.errors import UserError
from verify_workers.records import Check, Verdict

ALONE = "whole_proof"


@dataclass
class Meter:
    """What one search has spent: a point (tokens, core-seconds of Lean) after every call of the checker."""

    tokens: int = 0
    seconds: float = 0.0
    points: list[tuple[int, float]] = field(default_factory=list)
    proved: bool = False

    def at(self, wave: int) -> tuple[int, float]:
        """What was spent after wave `wave` (from 0) of a search with one strategy, which asks the checker once a wave."""
        return self.points[min(wave, len(self.points) - 1)] if self.points else (self.tokens, self.seconds)

    def proved_by(self, wave: int) -> bool:
        return self.proved and len(self.points) <= wave + 1


@dataclass(frozen=True)
class Arm:
    """The searches of all statements with some strategies."""

    meters: Sequence[Meter]

    @property
    def spent(self) -> tuple[int, float]:
        return sum(m.tokens for m in self.meters), sum(m.seconds for m in self.meters)

    def at(self, wave: int) -> tuple[int, float]:
        spent = [meter.at(wave) for meter in self.meters]
        return sum(tokens for tokens, _ in spent), sum(seconds for _, seconds in spent)


def metered(tools: Tools) -> tuple[Tools, Meter]:
    """Tools that note what is spent through them."""
    meter = Meter()

    def counted(sample: Sample) -> Sample:
        async def counting(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
            answers = await sample(prompts, sampling)
            meter.tokens += sum(completion.tokens for answer in answers if not isinstance(answer, str) for completion in answer)
            return answers

        return counting

    async def verify(checks: list[Check]) -> list[Verdict]:
        verdicts = await tools.verify(checks)
        meter.seconds += sum(verdict.seconds for verdict in verdicts)
        meter.points.append((meter.tokens, meter.seconds))
        return verdicts

    models = {role: RoleModel(model.prompts, counted(model.sample), model.spent) for role, model in tools.models.items()}
    return replace(tools, models=models, verify=verify), meter


async def measured(statement: Statement, config: SearchConfig, tools: Tools) -> Meter:
    """The search of one statement, without its negation."""
    own, meter = metered(tools)
    found = await search(statement, None, strategies(statement, None, config, own), config, own)
    meter.proved = bool(found.pairs)
    return meter


async def compared(
    statements: Sequence[Statement], config: SearchConfig, strategy: str, most: int, tools: Tools, progress: Progress
) -> dict[str, Any]:
    """Both arms on `statements`: `strategy` after the attempts of `config`, and whole proofs alone with up to `most` attempts."""
    gate = asyncio.Semaphore(config.in_flight)
    common = {"negation": False, "portfolio": "never"}
    both = config.model_copy(update=common | {"strategies": (ALONE, strategy)})
    alone = config.model_copy(update=common | {"strategies": (ALONE,), "attempts": most})

    async def one(statement: Statement, settings: SearchConfig) -> Meter:
        async with gate:
            meter = await measured(statement, settings, tools)
        progress.advance("compare", proved=meter.proved)
        return meter

    async def arm(settings: SearchConfig) -> Arm:
        return Arm(await asyncio.gather(*(one(statement, settings) for statement in statements)))

    with_it, without = await arm(both), await arm(alone)
    return table(statements, with_it, without, config, most)


def table(statements: Sequence[Statement], with_it: Arm, without: Arm, config: SearchConfig, most: int) -> dict[str, Any]:
    """The figures of one seed.  `equal` is whole proofs alone at the budget of the other arm, `first` at the attempts both begin with."""
    tokens, seconds = with_it.spent
    waves = range(-(-most // config.wave))
    wave = next((w for w in waves if without.at(w)[0] >= tokens and without.at(w)[1] >= seconds), waves[-1])
    first = -(-config.attempts // config.wave) - 1
    return {
        "statements": len(statements),
        "solved": sum(m.proved for m in with_it.meters),
        "tokens": tokens,
        "core_seconds": round(seconds, 1),
        "alone_first": {"attempts": config.attempts, **_alone(without, first)},
        "alone_equal": {"attempts": (wave + 1) * config.wave, **_alone(without, wave)},
        "enough": without.at(wave)[0] >= tokens and without.at(wave)[1] >= seconds,
        "open": [s.id for s, m in zip(statements, without.meters, strict=True) if not m.proved_by(wave)],
        "solved_of_open": [
            s.id for s, m, other in zip(statements, with_it.meters, without.meters, strict=True) if m.proved and not other.proved_by(wave)
        ],
    }


def _alone(arm: Arm, wave: int) -> dict[str, Any]:
    tokens, seconds = arm.at(wave)
    return {"solved": sum(m.proved_by(wave) for m in arm.meters), "tokens": tokens, "core_seconds": round(seconds, 1)}


def compare_file(config: RunConfig, strategy: str, seeds: int, most: int, progress: Progress) -> dict[str, Any]:
    """The comparison on the held-out statements, sampled with each of `seeds` seeds, and the shares over all of them."""
    if strategy == ALONE:
        raise UserError(f"compare: name a strategy to be set beside {ALONE}, such as sketch")
    search_config = config.search.model_copy(update={"strategies": (ALONE, strategy)})
    config = config.model_copy(update={"search": search_config})
    require_strategies(config.search)
    asked = search_prompts(config)
    require_models(config, *asked)
    benchmark = load_benchmark(config.heldout, config.header, config.generator.choice())
    progress.stage("compare", 2 * seeds * len(benchmark.statements))

    async def work() -> list[dict[str, Any]]:
        async with stage_tools(config, *asked) as tools:
            return [
                await compared(benchmark.statements, config.search, strategy, most, replace(tools, seed=config.seed + i), progress)
                for i in range(seeds)
            ]

    rows: list[dict[str, Any]] = run_stage(work())
    return {"strategy": strategy, "model": config.models.prover.path, **summary(rows, config.eval, config.seed), "seeds": rows}


def summary(rows: Sequence[dict[str, Any]], config: EvalConfig, seed: int) -> dict[str, Any]:
    """Over all seeds, in percent with intervals: what was solved, and of what whole proofs left open at equal budget."""
    left = [Tally(f"{i} {name}", 1, name in row["solved_of_open"]) for i, row in enumerate(rows) for name in row["open"]]
    count = sum(row["statements"] for row in rows)
    result: dict[str, Any] = {
        "statements": count,
        "solved": sum(row["solved"] for row in rows),
        "alone_first": sum(row["alone_first"]["solved"] for row in rows),
        "alone_equal": sum(row["alone_equal"]["solved"] for row in rows),
        "left_open": len(left),
    }
    if left:
        share = estimate(left, 1, config, seed)
        result |= {"solved_of_open_percent": round(share.value, 1), "interval": [round(share.low, 1), round(share.high, 1)]}
    return result
