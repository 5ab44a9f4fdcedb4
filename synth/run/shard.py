"""A shard of a round: the actor that takes some problems all the way to verified pairs.

Nothing central sees every proof (design §6): a shard talks to the samplers and to its node's pool, keeps a bounded
number of statements in flight, writes its own Parquet parts under its own key, and reports counts.  Work is
at-least-once: a part is written whole or not at all, a shard that is run again skips what is complete and writes
the rest under the same keys, so that killing anything at any moment loses nothing and doubles nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import ray

from synth.config import RunConfig
from synth.llm.types import Sampling
from synth.prompts import PromptSet, load_prompts, parse_proof
from synth.records import Lineage, Problem, Statement
from synth.search.loop import search, strategies
from synth.services import Services
from synth.statements.filters.run import filtered
from synth.statements.formalize import formalize
from synth.store.rundir import RunDir
from verify_workers.records import Check


@dataclass(frozen=True)
class ShardTask:
    """What one shard does in one round: new problems to formalize, and statements from earlier rounds to search again."""

    round: int
    index: int
    problems: tuple[Problem, ...]
    retry: tuple[Statement, ...]
    lineage: Lineage
    model_path: str

    @property
    def key(self) -> str:
        return f"r{self.round:03d}-s{self.index:04d}"


@dataclass
class Counts:
    """Live figures of a shard, for the progress display; the records on disk are what counts."""

    done: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)


class Shard:
    """The work of one shard actor; a plain class, so that it runs in a test without Ray."""

    def __init__(self, config: RunConfig, store: RunDir, services: Services, heldout: frozenset[str]) -> None:
        self.config, self.store, self.services, self.heldout = config, store, services, heldout
        self.prompts: PromptSet = load_prompts(config.model.prompts)
        self.counts = Counts()

    async def run(self, task: ShardTask) -> None:
        """Formalize, filter and search; what came of it is in the run directory."""
        self.services.model = task.model_path
        statements = await self._statements(task)
        problems = {problem.id: problem for problem in task.problems}
        work = [s for s in statements if s.kept] + list(task.retry)
        size = self.config.shards.chunk
        self.counts.done["to_search"] += len(work)
        chunks = [work[i : i + size] for i in range(0, len(work), size)]
        gate = asyncio.Semaphore(self.config.search.in_flight)
        await asyncio.gather(*(self._chunk(task, f"{task.key}-c{n:04d}", chunk, problems, gate) for n, chunk in enumerate(chunks)))

    async def _statements(self, task: ShardTask) -> list[Statement]:
        """The statements of the task's problems, kept and dropped: from disk if they are already there."""
        key = f"{task.key}-statements"
        if not task.problems:
            return []
        if self.store.done("statements", key):
            statements = list(self.store.read("statements", Statement, key))
            self._count_statements(statements)
            return statements
        started = time.monotonic()

        async def one(problem: Problem) -> tuple[list[Statement], int]:
            result = await formalize(problem, self.config.formalize, self.prompts, self.services.sample, task.lineage)
            self.counts.done["problems"] += 1
            return result

        results = await asyncio.gather(*(one(problem) for problem in task.problems))
        statements, grade_tokens = await filtered(
            [statement for statements, _ in results for statement in statements],
            {problem.id: problem for problem in task.problems},
            self.config.filters,
            self.config.formalize.keep,
            self.prompts,
            self.services.sample,
            self.services.verify,
            self.heldout,
            task.lineage.seed,
        )
        info = {
            "problems": len(task.problems),
            "tokens": sum(tokens for _, tokens in results) + grade_tokens,
            "formalize_seconds": round(time.monotonic() - started, 3),
        }
        self.store.commit(key, {"statements": statements}, info)
        self._count_statements(statements)
        return statements

    def _count_statements(self, statements: list[Statement]) -> None:
        self.counts.done["statements"] += len(statements)
        self.counts.done["statements_kept"] += sum(s.kept for s in statements)
        self.counts.rejects.update(s.reason for s in statements if not s.kept)

    async def _chunk(
        self, task: ShardTask, key: str, chunk: list[Statement], problems: dict[str, Problem], gate: asyncio.Semaphore
    ) -> None:
        """Search the statements of one chunk and commit what was found: all of it, or, when killed, nothing."""
        if self.store.done("pairs", key):
            self.counts.done["searched"] += len(chunk)
            return

        async def one(statement: Statement) -> Any:
            async with gate:
                found = await search(
                    statement,
                    problems.get(statement.problem_id),
                    strategies(statement, self.config.search, self.prompts, self.services.sample, task.lineage),
                    self.config.search,
                    self.prompts,
                    self.services.verify,
                    task.lineage,
                    self.config.search.timeout,
                )
            self.counts.done["searched"] += 1
            self.counts.done["samples"] += found.samples
            self.counts.done["tokens"] += found.tokens
            self.counts.done["checks"] += len(found.verdicts)
            self.counts.done["pairs"] += len(found.pairs)
            self.counts.done["proved"] += bool(found.pairs)
            self.counts.rejects.update(f"proof: {v.reason or v.outcome}" for v in found.verdicts if v.outcome != "accepted")
            return found

        results = await asyncio.gather(*(one(statement) for statement in chunk))
        self.store.commit(
            key,
            {
                "attempts": [attempt for found in results for attempt in found.attempts],
                "verdicts": [verdict for found in results for verdict in found.verdicts],
                "pairs": [pair for found in results for pair in found.pairs],
            },
            {
                "searched": len(chunk),
                "samples": sum(found.samples for found in results),
                "tokens": sum(found.tokens for found in results),
                "proved": sum(bool(found.pairs) for found in results),
            },
        )

    async def evaluate(
        self, statements: list[Statement], n: int, temperature: float, seed: int, model_path: str
    ) -> list[tuple[str, int, int]]:
        """(statement id, samples, accepted samples) of `n` proofs sampled for each statement, none of them kept."""
        self.services.model = model_path
        gate = asyncio.Semaphore(4 * self.config.search.in_flight)

        async def one(index: int, statement: Statement) -> tuple[str, int, int]:
            sampling = Sampling(n, temperature, self.config.search.top_p, self.config.search.max_tokens, seed + 104729 * index)
            async with gate:
                (answer,) = await self.services.sample([self.prompts.prove(statement.text)], sampling)
            if isinstance(answer, str):
                return statement.id, n, 0
            proofs = [proof for completion in answer if (proof := parse_proof(completion.text))]
            texts = Counter((proof.form, proof.text) for proof in proofs)
            checks = [
                Check(
                    id=f"{statement.id}:{k}",
                    statement=statement.text,
                    header=statement.header,
                    timeout=self.config.search.timeout,
                    **{form: text},
                )
                for k, (form, text) in enumerate(texts)
            ]
            verdicts = await self.services.verify(checks)
            accepted = sum(count for count, verdict in zip(texts.values(), verdicts, strict=True) if verdict.accepted)
            self.counts.done["evaluated"] += 1
            self.counts.done["eval_tokens"] += sum(completion.tokens for completion in answer)
            return statement.id, n, accepted

        return list(await asyncio.gather(*(one(i, s) for i, s in enumerate(statements))))


@ray.remote
class SearchShard:
    """A `Shard` as a Ray actor that works on one task at a time and answers questions meanwhile."""

    def __init__(self, config: RunConfig, run_dir: str, samplers: list[Any], pools: list[Any], heldout: frozenset[str]) -> None:
        self.shard = Shard(config, RunDir(run_dir), Services(samplers, pools, ""), heldout)

    async def run(self, task: ShardTask) -> None:
        await self.shard.run(task)

    async def evaluate(
        self, statements: list[Statement], n: int, temperature: float, seed: int, model_path: str
    ) -> list[tuple[str, int, int]]:
        return await self.shard.evaluate(statements, n, temperature, seed, model_path)

    async def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        return dict(self.shard.counts.done), dict(self.shard.counts.rejects)
