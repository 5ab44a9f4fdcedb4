"""One stage alone: files in, files out, the same records and the same code as the whole job.

`synth formalize`, `prove` and `eval` call these.  Inputs are problem files (any format that the readers
know) or records written by an earlier stage; outputs are JSONL or Parquet by their ending, written whole.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import ray
from ray.exceptions import RayTaskError

from synth.benchmark import load_benchmark
from synth.budget import Meter
from synth.config import RunConfig
from synth.llm.sampler import end_sampler
from synth.problems.readers import read_problems
from synth.prompts import Role
from synth.records import Drop, HeldoutAttempt, Pair, Problem, Record, Statement
from synth.run.baseline import Baseline, baseline
from synth.run.beside import check_beside, tried, write_beside
from synth.run.cluster import plain
from synth.run.evaluate import figures, remarks
from synth.run.heldout import Measured
from synth.run.interrupt import Interrupts, interruptible
from synth.run.remembered import Begun, memory, remembered
from synth.run.resumed import Records, Resumed, deciding
from synth.run.roles import (
    answering,
    check_roles,
    given_weights,
    groups,
    ready,
    role_prompts,
    search_prompts,
    start_group,
    statement_prompts,
)
from synth.run.searches import Searched
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
from verify_workers.errors import UserError
from verify_workers.pool.local import LocalPool
from verify_workers.pool.node import node_pools
from verify_workers.ray_session import ray_session

T = TypeVar("T")


class Proved(Record):
    """What the search of one statement came to."""

    pairs: list[Pair]


def formalize_file(config: RunConfig, problems: str, out: str, progress: Progress) -> list[Statement]:
    """Autoformalize and filter the problems of a file; every candidate is written, kept or with its reason.

    What models and Lean have answered an interrupted call waits in a journal beside `out`, and is not asked again.
    """
    check_target(out)
    asked = statement_prompts(config)
    require_models(config, *asked)  # said before Ray starts
    note_budgets(config, progress, "statement")
    rows = read_problems_of(config, problems, progress)
    barred = read_benchmarks(config.filters.benchmarks) if config.filters.decontaminate else []
    kept = memory(out, config, asked, progress.note)
    progress.stage("formalize", len(rows))

    async def work() -> list[Statement]:
        async with stage_tools(config, *asked) as bare:
            tools = remembered(bare, kept)
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

    statements: list[Statement] = run_stage(work(), resumable=True)
    write_records(out, statements, Statement)
    kept.finish()
    return statements


def prove_file(config: RunConfig, statements: str, out: str, progress: Progress) -> list[Pair]:
    """Search proofs of the statements of a file (records of `formalize_file`, or problems with a statement); write the pairs.

    What was tried, failed attempts and all, is written beside `out` (`synth.run.beside`).  What an interrupted call has searched waits
    in a journal there, and is not searched again.
    """
    check_target(out)
    check_beside(out)
    require_strategies(config.search)
    asked = search_prompts(config) or ("prove",)
    require_models(config, *asked)
    note_budgets(config, progress, "statement")
    work_items, problems = _statements(config, statements, progress)
    kept, begun = Resumed(out, Proved, deciding(config, asked), progress.note), Begun(out, config, asked)
    proved = {s.id: known for s in work_items if (known := kept.known(*_question(s, problems)))}
    progress.stage("prove", len(work_items))
    for known in proved.values():
        progress.advance("prove", proved=bool(known.pairs))

    def ended(statement: Statement, found: Found, spent: Counter[str]) -> None:
        row = Proved(pairs=[pair for part in found.everything() for pair in part.pairs])
        again = begun.failed(*_question(statement, problems)) or any(part.unsound for part in found.everything())
        made, told = tried([Searched(statement, found, spent)])
        proved[statement.id] = kept.keep(row, *_question(statement, problems), made=made, figures=told, settled=not again)
        begun.over(*_question(statement, problems))

    async def work() -> None:
        async with stage_tools(config, *asked) as tools:
            left = [s for s in work_items if s.id not in proved]
            await searched(left, problems, config, lambda s: begun.tools(tools, *_question(s, problems)), progress, "prove", ended)

    run_stage(work(), resumable=True)
    pairs = [pair for statement in work_items for pair in proved[statement.id].pairs]
    write_records(out, pairs, Pair)
    given_ones: Records = {"problems": list(problems.values()), "statements": work_items}
    write_beside(out, config, "prove", given_ones, (kept.tried(*_question(s, problems)) for s in work_items))
    begun.finish()
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
    tools: Callable[[Statement], Tools],
    progress: Progress,
    stage: str,
    ended: Callable[[Statement, Found, Counter[str]], None] = lambda statement, found, spent: None,
) -> list[Found]:
    """The search of each statement (`problems`: theirs, by id) with its `tools`, in order; `ended` is told when it is over, and what it
    spent."""
    gate = asyncio.Semaphore(config.search.in_flight)

    async def one(statement: Statement) -> Found:
        async with gate:
            problem, used = setting(statement, problems.get(statement.problem_id), config.search)
            own = tools(statement).metered(Meter("statement", config.budgets.statement, config.prices))
            found = await search(statement, problem, strategies(statement, problem, used, own), used, own)
        ended(statement, found, own.meter.spent)
        progress.advance(stage, proved=bool(found.pairs))
        if any(part.unsound for part in found.everything()):
            progress.note(f"UNSOUND: {statement.text} (or a piece of it) and its negation were both accepted; neither is written")
        return found

    return list(await asyncio.gather(*map(one, statements)))


def samples_path(out: str) -> Path:
    """Where it is how each sample of an evaluation ended, for proofs that are written to `out`."""
    return Path(out).with_suffix(f".samples{Path(out).suffix}")


def eval_file(config: RunConfig, progress: Progress, out: str = "") -> dict[str, Any]:
    """pass@k of the prover on the held-out benchmark of the configuration, beside what cheap tactics prove of it.

    The accepted proofs go to `out`, if that is given; they are of kind `heldout`, which training refuses.  How each sample
    ended is beside it; what an interrupted call has been told waits there in a journal.
    """
    if out:
        check_target(out)
    require_models(config, "prove")
    benchmark = load_benchmark(config.heldout, config.header, config.generator.choice())
    for note in benchmark.notes:
        progress.note(note)
    weights, total = given_weights(config, "prover"), len(benchmark.statements)
    kept = memory(out, config, ("prove",), progress.note) if out else None

    async def work() -> tuple[Baseline, list[Measured]]:
        async with stage_services(config, "prove") as services:
            if kept is not None:
                services.through = partial(remembered, kept=kept)
            progress.stage("baseline", total)
            tools = services.tools(role_prompts(config), {"prover": weights}, 0, config.seed)
            cheap = await baseline(benchmark.statements, config, tools.verify)
            progress.advance("baseline", total, unproved=total - len(cheap.solved))
            asked = [s for s in benchmark.statements if s.id not in cheap.unsupported]
            progress.stage("evaluate", len(asked))
            shard = Shard(config, RunDir("."), services, frozenset())
            rows = await shard.evaluate(asked, config.eval.samples, config.heldout.temperature, config.seed, weights, benchmark.words)
            progress.advance("evaluate", len(rows))
            return cheap, rows

    cheap, rows = run_stage(work(), resumable=kept is not None)
    result = figures(rows, cheap, benchmark.group, config.eval, config.seed)
    for remark in remarks(result, cheap):
        progress.note(remark)
    if kept is not None:
        write_records(out, [proof for row in rows for proof in row.pairs], Pair)
        write_records(samples_path(out), [sample for row in rows for sample in row.samples], HeldoutAttempt)
        kept.finish()
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


def note_budgets(config: RunConfig, progress: Progress, *kept: str) -> None:
    """Say which budgets are set that a stage alone does not keep to: all but those `kept`."""
    for name, budget in config.budgets:
        if name not in kept and any(bound is not None for _, bound in budget):
            progress.note(f"budgets.{name}: not kept to here; `synth run` does")


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
    with closing(work), Interrupts(resumable) as interrupts, ray_session():  # closed where Ray did not start: else Python warns of it
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
            return interruptible(work(Tools({}, asking(pool), 0, config.seed)), resumable)

    async def on_ray() -> T:
        async with stage_tools(config, *asked) as tools:
            return await work(tools)

    result: T = run_stage(on_ray(), resumable)
    return result
