"""One stage alone: files in, files out, the same records and the same code as the whole job.

`synth formalize`, `prove`, `train` and `eval` call these.  Inputs are problem files (any format that the readers
know) or records written by an earlier stage; outputs are JSONL or Parquet by their ending, written whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import ray

from synth.benchmark import load_benchmark
from synth.config import RunConfig
from synth.examples import pair_examples
from synth.llm.sampler import sampler_actor
from synth.llm.types import Weights
from synth.problems.readers import read_problems
from synth.prompts import load_prompts
from synth.records import Pair, Problem, Statement
from synth.run.evaluate import scores
from synth.run.shard import Shard
from synth.search.loop import search, strategies
from synth.search.outcome import Found
from synth.services import Services, Tools
from synth.show.progress import Progress
from synth.statements.filters.base import Context
from synth.statements.filters.run import filtered
from synth.statements.formalize import formalize
from synth.statements.text import given, under_header
from synth.store.corpus import read_pairs
from synth.store.files import check_target, read_records, write_records
from synth.store.rundir import RunDir
from train.evaluate import Tally
from train.model import checkpoint_hash
from train.replay import select
from train.rounds import TrainResult, train_round
from verify_workers.errors import UserError
from verify_workers.pool.node import node_pools
from verify_workers.ray_session import ray_session


def formalize_file(config: RunConfig, problems: str, out: str, progress: Progress) -> list[Statement]:
    """Autoformalize and filter the problems of a file; every candidate is written, kept or with its reason."""
    check_target(out)
    _model(config)  # said before Ray starts
    rows = _problems(config, problems, progress)
    progress.stage("formalize", len(rows))

    async def work() -> list[Statement]:
        async with _tools(config) as tools:

            async def one(problem: Problem) -> list[Statement]:
                statements = await formalize(problem, config.formalize, tools)
                progress.advance("formalize")
                return statements

            candidates = [s for found in await asyncio.gather(*map(one, rows)) for s in found]
            by_id = {problem.id: problem for problem in rows}
            return await filtered(candidates, Context(tools, config.filters, config.formalize.keep, by_id))

    statements: list[Statement] = _run(work())
    write_records(out, statements, Statement)
    return statements


def prove_file(config: RunConfig, statements: str, out: str, progress: Progress) -> list[Pair]:
    """Search proofs of the statements of a file (records of `formalize_file`, or problems with a statement); write the pairs."""
    check_target(out)
    _model(config)  # said before Ray starts
    work_items, problems = _statements(config, statements, progress)
    progress.stage("prove", len(work_items))

    async def work() -> list[Pair]:
        async with _tools(config) as tools:
            gate = asyncio.Semaphore(config.search.in_flight)

            async def one(statement: Statement) -> Found:
                async with gate:
                    problem = problems.get(statement.problem_id)
                    found = await search(statement, problem, strategies(statement, problem, config.search, tools), config.search, tools)
                progress.advance("prove", proved=bool(found.pairs))
                if found.unsound:
                    progress.note(f"UNSOUND: {statement.text} and its negation were both accepted; neither is written")
                return found

            return [pair for found in await asyncio.gather(*map(one, work_items)) for pair in found.pairs]

    pairs: list[Pair] = _run(work())
    write_records(out, pairs, Pair)
    return pairs


def train_file(config: RunConfig, pairs: str, out: str, progress: Progress) -> TrainResult:
    """One DeepSpeed round of `model.path` on a file of verified pairs; the new checkpoint is `out/model`."""
    examples, left_out = pair_examples(select(read_pairs(pairs), config.replay, config.seed), load_prompts(config.model.prompts))
    if left_out:
        progress.note(f"{pairs}: {left_out} pairs are whole files, for which this preset's answers have no place: not trained on")
    if not examples:
        raise UserError(f"{pairs}: no verified pairs; nothing to train on")
    progress.stage("train", 0)
    with ray_session():
        return train_round(
            _model(config),
            examples,
            Path(out),
            config.train,
            config.seed,
            lambda row: progress.update("train", int(row["step"]), int(row["steps"]), loss=row["loss"]),
        )


def eval_file(config: RunConfig, progress: Progress) -> dict[str, Any]:
    """pass@k of `model.path` on the held-out benchmark of the configuration."""
    benchmark = load_benchmark(config.heldout, config.header, config.generator.choice())
    for note in benchmark.notes:
        progress.note(note)
    weights = _weights(config)
    progress.stage("evaluate", len(benchmark.statements))

    async def work() -> list[tuple[str, int, int]]:
        async with _services(config) as services:
            shard = Shard(config, RunDir("."), services, frozenset())
            return await shard.evaluate(benchmark.statements, config.eval.samples, config.heldout.temperature, config.seed, weights)

    tallies = [Tally(i, n, c, benchmark.group[i]) for i, n, c in _run(work())]
    progress.advance("evaluate", len(tallies))
    return {"model": weights.hash, **scores(tallies, config.eval, config.seed)}


# ---- shared --------------------------------------------------------------------------------------------------------


def _model(config: RunConfig) -> Path:
    path = Path(config.model.path).absolute()
    if not config.model.path or not (path / "config.json").exists():
        raise UserError(
            "this stage needs a model: give --model FOLDER (a Hugging Face checkpoint, such as a run's rounds/003/training/model)"
        )
    return path


def _weights(config: RunConfig) -> Weights:
    path = _model(config)
    return Weights(str(path), 0, checkpoint_hash(path))


def _problems(config: RunConfig, path: str, progress: Progress) -> list[Problem]:
    reading = read_problems(config.problems.model_copy(update={"path": path}))
    for note in reading.notes():
        progress.note(note)
    return under_header(reading.problems, config.header)


def _statements(config: RunConfig, path: str, progress: Progress) -> tuple[list[Statement], dict[str, Problem]]:
    """Kept statements of a file of Statement records, or the given statements of a problem file with their problems by id."""
    records = read_records(path, Statement)
    try:
        first = next(records, None)  # what the first row is, all are
    except UserError:
        problems = _problems(config, path, progress)
    else:
        statements = [s for s in chain([first] if first else [], records) if s.kept]
        if not statements:
            raise UserError(f"{path}: no statement that was kept; nothing to prove")
        return statements, {}
    found = [problem for problem in problems if problem.statement]
    if not found:
        raise UserError(f"{path}: no row has a formal statement; run `synth formalize` on it first")
    if len(found) < len(problems):
        progress.note(f"{path}: {len(problems) - len(found):,} rows have no statement and are left out; `synth formalize` gives them one")
    return [given(problem, 0) for problem in found], {problem.id: problem for problem in found}


def _run(work: Any) -> Any:
    with ray_session():
        return asyncio.run(work)


@asynccontextmanager
async def _services(config: RunConfig) -> AsyncIterator[Services]:
    """Pools, and samplers on `model.path`, for as long as a stage lasts."""
    weights = _weights(config)
    pools = node_pools(config.verify)
    actors = [sampler_actor(weights, config.sampler, config.seed + i) for i in range(config.sampler.replicas)]
    try:
        yield Services(actors, pools)
    finally:
        for actor in [*actors, *pools.values()]:
            ray.kill(actor)


@asynccontextmanager
async def _tools(config: RunConfig) -> AsyncIterator[Tools]:
    """What one stage works with."""
    async with _services(config) as services:
        yield services.tools(load_prompts(config.model.prompts), _weights(config), 0, config.seed)
