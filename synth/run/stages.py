"""One stage alone: files in, files out, the same records and the same code as the whole job.

`synth formalize`, `prove`, `train` and `eval` call these.  Inputs are problem files (any format that the readers
know) or records written by an earlier stage; outputs are JSONL or Parquet by their ending, written whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

import ray
from ray.exceptions import RayTaskError

from synth.annotations import Annotation
from synth.benchmark import load_benchmark
from synth.budget import Meter
from synth.config import RunConfig
from synth.examples import annotation_examples, pair_examples
from synth.export.read import read_pairs
from synth.llm.sampler import end_sampler
from synth.problems.readers import read_problems
from synth.prompts import PromptSet, Role
from synth.records import Drop, Pair, Problem, Record, Statement
from synth.run.baseline import Baseline, baseline
from synth.run.cluster import plain
from synth.run.evaluate import figures, remarks
from synth.run.heldout import Measured
from synth.run.interrupt import Interrupts
from synth.run.resumed import Resumed, deciding
from synth.run.roles import (
    answering,
    check_roles,
    checkpoint,
    given_weights,
    groups,
    ready,
    role_prompts,
    search_prompts,
    start_group,
    statement_prompts,
)
from synth.run.shard import Shard
from synth.search.loop import require_strategies, search, setting, strategies
from synth.search.outcome import Found
from synth.services import Group, Services, Tools, asking
from synth.show.progress import Progress
from synth.statements.benchmarks import Benchmarks, forms_of, read_benchmarks
from synth.statements.filters.base import Context
from synth.statements.formalize import formalize, passed_over
from synth.statements.refine import settled
from synth.statements.screen import screened
from synth.statements.text import given, under_header
from synth.store.files import check_target, of_this_sort, read_records, write_records
from synth.store.rundir import RunDir
from train.data import Example
from train.replay import select
from train.rounds import TrainResult, train_round
from verify_workers.errors import UserError
from verify_workers.pool.local import LocalPool
from verify_workers.pool.node import node_pools
from verify_workers.ray_session import ray_session
from verify_workers.records import Outcome

T = TypeVar("T")


class Proved(Record):
    """What the search of one statement came to."""

    pairs: list[Pair]


def formalize_file(config: RunConfig, problems: str, out: str, progress: Progress) -> list[Statement]:
    """Autoformalize and filter the problems of a file; every candidate is written, kept or with its reason."""
    check_target(out)
    asked = statement_prompts(config)
    require_models(config, *asked)  # said before Ray starts
    rows = read_problems_of(config, problems, progress)
    barred = read_benchmarks(config.filters.benchmarks) if config.filters.decontaminate else []
    progress.stage("formalize", len(rows))

    async def work() -> list[Statement]:
        async with stage_tools(config, *asked) as tools:
            benchmarks = Benchmarks()
            benchmarks.add(barred, Drop.CONTAMINATED, await forms_of(barred, tools.verify))
            screening = await asyncio.to_thread(screened, rows, benchmarks, config.filters)

            async def one(problem: Problem) -> list[Statement]:
                passed = screening.get(problem.id)
                if passed and passed.reason:
                    return passed_over(problem, passed, 0)
                statements = await formalize(problem, config.formalize, tools)
                progress.advance("formalize")
                return statements

            candidates = [s for found in await asyncio.gather(*map(one, rows)) for s in found]
            by_id = {problem.id: problem for problem in rows}
            context = Context(tools, config.filters, config.formalize.keep, by_id, benchmarks=benchmarks)
            return await settled(candidates, config.formalize, context)

    statements: list[Statement] = run_stage(work())
    write_records(out, statements, Statement)
    return statements


def prove_file(config: RunConfig, statements: str, out: str, progress: Progress) -> list[Pair]:
    """Search proofs of the statements of a file (records of `formalize_file`, or problems with a statement); write the pairs.

    What an interrupted call has searched waits in a journal beside `out`, and is not searched again.
    """
    check_target(out)
    require_strategies(config.search)
    asked = search_prompts(config) or ("prove",)
    require_models(config, *asked)
    work_items, problems = _statements(config, statements, progress)
    kept = Resumed(out, Proved, deciding(config, asked))
    proved = {s.id: known for s in work_items if (known := kept.known(*_question(s, problems)))}
    progress.stage("prove", len(work_items))
    for known in proved.values():
        progress.advance("prove", proved=bool(known.pairs))

    def ended(statement: Statement, found: Found) -> None:
        row = Proved(pairs=[pair for part in found.everything() for pair in part.pairs])
        again = any(part.unsound or any(verdict.outcome == Outcome.INFRA for verdict in part.verdicts) for part in found.everything())
        proved[statement.id] = row if again else kept.keep(row, *_question(statement, problems))

    async def work() -> None:
        async with stage_tools(config, *asked) as tools:
            await searched([s for s in work_items if s.id not in proved], problems, config, tools, progress, "prove", ended)

    run_stage(work(), resumable=True)
    pairs = [pair for statement in work_items for pair in proved[statement.id].pairs]
    write_records(out, pairs, Pair)
    kept.finish()
    return pairs


def _question(statement: Statement, problems: Mapping[str, Problem]) -> tuple[Any, ...]:
    """What is asked about a statement, beside all that is asked about every one."""
    problem = problems.get(statement.problem_id)
    return statement.model_dump(mode="json"), problem.model_dump(mode="json") if problem else None


async def searched(
    statements: Sequence[Statement],
    problems: Mapping[str, Problem],
    config: RunConfig,
    tools: Tools,
    progress: Progress,
    stage: str,
    ended: Callable[[Statement, Found], None] = lambda statement, found: None,
) -> list[Found]:
    """The search of each statement (`problems`: theirs, by id), in order; `ended` is told of each when it is over."""
    gate = asyncio.Semaphore(config.search.in_flight)

    async def one(statement: Statement) -> Found:
        async with gate:
            problem, used = setting(statement, problems.get(statement.problem_id), config.search)
            own = tools.metered(Meter("statement", config.budgets.statement, config.prices))
            found = await search(statement, problem, strategies(statement, problem, used, own), used, own)
        ended(statement, found)
        progress.advance(stage, proved=bool(found.pairs))
        if any(part.unsound for part in found.everything()):
            progress.note(f"UNSOUND: {statement.text} (or a piece of it) and its negation were both accepted; neither is written")
        return found

    return list(await asyncio.gather(*map(one, statements)))


def train_file(
    config: RunConfig, source: str, out: str, progress: Progress, role: Literal["prover", "formalizer"] = "prover"
) -> TrainResult:
    """One DeepSpeed round on a file of verified pairs (prover) or of annotations (formalizer); the new checkpoint is `out/model`."""
    if config.models.of(role).endpoint:
        raise UserError(f"models.{role} is an endpoint, whose weights are not ours to train: give --model FOLDER")
    require_models(config, "prove" if role == "prover" else "formalize")
    model = checkpoint(config, role)
    assert model is not None
    prompts = role_prompts(config)[role]
    examples = (
        _proofs(config, source, prompts, progress) if role == "prover" else annotation_examples(read_records(source, Annotation), prompts)
    )
    if not examples:
        raise UserError(f"{source}: no {'verified pairs' if role == 'prover' else 'kept pairs of statements'}; nothing to train on")
    progress.stage("train", 0)
    with ray_session():
        return train_round(
            model,
            examples,
            Path(out),
            config.train,
            config.seed,
            lambda row: progress.update("train", int(row["step"]), int(row["steps"]), loss=row["loss"]),
        )


def _proofs(config: RunConfig, source: str, prompts: PromptSet, progress: Progress) -> list[Example]:
    """The prover's examples of a file of verified pairs."""
    verified = list(read_pairs(source))
    if any(pair.kind == "heldout" for pair in verified):
        raise UserError(f"{source}: holds proofs of held-out statements, which nothing may be trained on; give the pairs of a run")
    examples, left_out = pair_examples(select(verified, config.replay, config.seed), prompts)
    if left_out:
        progress.note(f"{source}: {left_out} pairs are whole files, for which this preset's answers have no place: not trained on")
    return examples


def eval_file(config: RunConfig, progress: Progress, out: str = "") -> dict[str, Any]:
    """pass@k of the prover on the held-out benchmark of the configuration, beside what cheap tactics prove of it.

    The accepted proofs go to `out`, if that is given; they are of kind `heldout`, which training refuses.
    """
    if out:
        check_target(out)
    require_models(config, "prove")
    benchmark = load_benchmark(config.heldout, config.header, config.generator.choice())
    for note in benchmark.notes:
        progress.note(note)
    weights, total = given_weights(config, "prover"), len(benchmark.statements)

    async def work() -> tuple[Baseline, list[Measured]]:
        async with stage_services(config, "prove") as services:
            progress.stage("baseline", total)
            cheap = await baseline(benchmark.statements, config, services.verify)
            progress.advance("baseline", total, unproved=total - len(cheap.solved))
            asked = [s for s in benchmark.statements if s.id not in cheap.unsupported]
            progress.stage("evaluate", len(asked))
            shard = Shard(config, RunDir("."), services, frozenset())
            rows = await shard.evaluate(asked, config.eval.samples, config.heldout.temperature, config.seed, weights, benchmark.words)
            progress.advance("evaluate", len(rows))
            return cheap, rows

    cheap, rows = run_stage(work())
    result = figures(rows, cheap, benchmark.group, config.eval, config.seed)
    for remark in remarks(result, cheap):
        progress.note(remark)
    if out:
        write_records(out, [proof for row in rows for proof in row.pairs], Pair)
    return {"model": weights.hash, **result}


# ---- shared --------------------------------------------------------------------------------------------------------


def require_models(config: RunConfig, *asked: Role) -> None:
    """UserError where a prompt that the stage asks has no model."""
    roles = answering(asked)
    if not config.models.of(roles[0]).own:
        raise UserError(
            "this stage needs a model: give --model FOLDER (a run directory, or a Hugging Face checkpoint), "
            f"or an endpoint: --set models.{roles[0]}.endpoint=URL --set models.{roles[0]}.name=NAME"
        )
    check_roles(config, asked)


def read_problems_of(config: RunConfig, path: str, progress: Progress) -> list[Problem]:
    """The problems of a file, in any form; what the reader has to say is shown."""
    reading = read_problems(config.problems.model_copy(update={"path": path}))
    for note in reading.notes():
        progress.note(note)
    return under_header(reading.problems, config.header)


def _statements(config: RunConfig, path: str, progress: Progress) -> tuple[list[Statement], dict[str, Problem]]:
    """Kept statements of a file of Statement records, or the given statements of a problem file with their problems by id."""
    if (records := of_this_sort(read_records(path, Statement))) is not None:
        statements = {s.id: s for s in records if s.kept}  # one that stands there twice is searched once
        if not statements:
            raise UserError(f"{path}: no statement that was kept; nothing to prove")
        return list(statements.values()), {}
    problems = read_problems_of(config, path, progress)
    found = [problem for problem in problems if problem.statement]
    if not found:
        raise UserError(f"{path}: no row has a formal statement; run `synth formalize` on it first")
    if len(found) < len(problems):
        progress.note(f"{path}: {len(problems) - len(found):,} rows have no statement and are left out; `synth formalize` gives them one")
    return [given(problem, 0) for problem in found], {problem.id: problem for problem in found}


def run_stage(work: Any, resumable: bool = False) -> Any:
    with Interrupts(resumable) as interrupts, ray_session():
        try:
            return interrupts.run(work)
        except RayTaskError as error:
            raise plain(error) from error


@asynccontextmanager
async def stage_services(config: RunConfig, *asked: Role) -> AsyncIterator[Services]:
    """Pools, and what answers the prompts `asked`, for as long as a stage lasts."""
    roles = answering(asked)
    weights = {role: given_weights(config, role) for role in roles}
    pools, started = node_pools(config.verify), list[Group]()
    try:
        started += [start_group(config, together, weights) for together in groups(config, roles)]
        await asyncio.gather(*map(ready, started))
        yield Services(started, pools)
    finally:
        for actor in (actor for group in started for actor in group.actors):
            end_sampler(actor)
        for pool in pools.values():
            ray.kill(pool)


@asynccontextmanager
async def stage_tools(config: RunConfig, *asked: Role) -> AsyncIterator[Tools]:
    """What one stage works with on Ray: models and Lean."""
    async with stage_services(config, *asked) as services:
        weights = {role: given_weights(config, role) for role in answering(asked)}
        yield services.tools(role_prompts(config), weights, 0, config.seed)


def with_tools(config: RunConfig, asked: Sequence[Role], work: Callable[[Tools], Coroutine[Any, Any, T]], resumable: bool = False) -> T:
    """What `work` returns, with models and Lean on Ray; where no model is asked, with Lean alone, in this process."""
    if not asked:
        with LocalPool(config.verify) as pool:
            return asyncio.run(work(Tools({}, asking(pool), 0, config.seed)))

    async def on_ray() -> T:
        async with stage_tools(config, *asked) as tools:
            return await work(tools)

    result: T = run_stage(on_ray(), resumable)
    return result
