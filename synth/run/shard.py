"""A shard of a round: the actor that takes some problems all the way to verified pairs.

Nothing central sees every proof (docs/architecture.md, "Processes"): a shard talks to the samplers and to the nodes' pools, keeps
a bounded number of statements in flight, writes its own Parquet parts under its own key, and reports counts.  Work is
at-least-once: a part is written whole or not at all, a shard that is run again skips what is complete and writes
the rest under the same keys, so that killing anything at any moment loses nothing and doubles nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from synth.answers.construct import asks, construct
from synth.budget import Meter
from synth.config import RunConfig
from synth.index.client import Index
from synth.index.shard import IndexShard
from synth.llm.config import ModelRole
from synth.llm.types import Weights
from synth.records import Drop, Pair, Problem, Statement
from synth.run.again import allowance, earlier
from synth.run.conjectures import NOTHING, Plan, make, searched_at_once
from synth.run.heldout import Measured, measure
from synth.run.interrupt import together
from synth.run.roles import role_prompts
from synth.run.searches import Counts, Searched, Searching, counted, figures, records, refused
from synth.search.lemmas import Shelf, worth
from synth.search.loop import search, setting, strategies
from synth.search.outcome import MADE, Found
from synth.services import Names, Services, Tools
from synth.statements.benchmarks import Benchmarks
from synth.statements.filters.base import Context
from synth.statements.formalize import formalize, passed_over
from synth.statements.refine import settled
from synth.statements.screen import Passed
from synth.statements.text import in_context
from synth.store.rundir import RunDir
from synth.store.service import Service, served
from verify_workers.lean.names import library_names
from verify_workers.records import Check, Verdict

log = logging.getLogger(__name__)

NO_WORDS: Mapping[str, str] = {}
Ready = Callable[[Sequence[Statement]], None]


@dataclass(frozen=True)
class ShardTask:
    """What one shard does in one round: new problems to formalize, and statements from earlier rounds to search again."""

    round: int
    index: int
    problems: tuple[Problem, ...]
    retry: tuple[Statement, ...]
    weights: dict[ModelRole, Weights]
    earlier: tuple[Problem, ...] = ()
    """The problems that `retry` is about."""
    passed: Mapping[str, Passed] = field(default_factory=dict)
    """Of `problems`, those that are not formalized, by id, and why."""
    searches: Mapping[str, int] = field(default_factory=dict)
    """How often statements of `retry` were searched before, by id."""
    conjectures: Plan = NOTHING
    """What new statements are made from."""

    @property
    def key(self) -> str:
        return f"r{self.round:03d}-s{self.index:04d}"

    @cached_property
    def by_id(self) -> dict[str, Problem]:
        """Every problem that the shard may need."""
        return {problem.id: problem for problem in (*self.problems, *self.earlier)}

    def batches(self, size: int) -> list[Batch]:
        """The problems, `size` at a time, and what is left undecided of earlier rounds: each formalized and filtered for itself."""
        batches = [Batch(f"{self.key}-b{n:04d}", self.problems[i : i + size]) for n, i in enumerate(range(0, len(self.problems), size))]
        undecided = tuple(s for s in self.retry if not s.kept)
        return [*batches, Batch(f"{self.key}-undecided", undecided=undecided)] if undecided else batches


@dataclass(frozen=True)
class Batch:
    """What a shard formalizes and filters together: a unit of work."""

    key: str
    problems: tuple[Problem, ...] = ()
    undecided: tuple[Statement, ...] = ()


class Shard:
    """The work of one shard actor; a plain class, so that it runs in a test without Ray."""

    def __init__(
        self,
        config: RunConfig,
        store: RunDir,
        services: Services,
        heldout: frozenset[str],
        benchmarks: Benchmarks | None = None,
        index: Index | None = None,
    ) -> None:
        """`index`: of the run; None where this shard has all of it."""
        self.config, self.store, self.services, self.heldout = config, store, services, heldout
        self.benchmarks = benchmarks or Benchmarks()
        self.index = index or Index([IndexShard(RunDir(store.url), config.filters, {})], config.filters)
        self.prompts = role_prompts(config)
        self.counts = Counts()
        self._shelved: tuple[int, Shelf | None] = (0, None)
        self.round = 0
        self.meter = Meter("round")
        """What all searches of this actor have spent; `ended` when a budget of the round or the run is used up."""

    def stop(self, limit: str, round: int) -> None:
        """Begin nothing more in round `round`, if it is the one under way: the budget `limit` is used up."""
        if round == self.round:
            self.meter.ended = limit

    async def run(self, task: ShardTask) -> None:
        """Formalize, filter and search; what came of it is in the run directory."""
        if task.round != self.round:
            self.round, self.meter.ended = task.round, ""
        gate, chunk = asyncio.Semaphore(self.config.search.in_flight), self.config.shards.chunk
        work = Searching(self.store, self.counts, gate, chunk, partial(self.search, task), partial(self.keep, task))
        batches = (self._batch(task, batch, work) for batch in task.batches(self.config.shards.batch))
        await work.until(together(work.chunks(f"{task.key}-again", task.retry), self._made(task, work), *batches))

    async def _batch(self, task: ShardTask, batch: Batch, work: Searching) -> None:
        await work.chunks(batch.key, await self._statements(task, batch, work.begin))

    async def _made(self, task: ShardTask, work: Searching) -> None:
        await work.chunks(f"{task.key}-made", await self._conjectures(task))

    def _tools(self, weights: Mapping[ModelRole, Weights], round: int) -> Tools:
        """Tools for one unit of work, which count its tokens."""
        return replace(self.services.tools(self.prompts, weights, round, self.config.seed), barred=self._barred)

    async def _statements(self, task: ShardTask, batch: Batch, ready: Ready) -> list[Statement]:
        """What came of a batch's problems and undecided statements, kept and dropped: from disk if it is there.

        `ready` gets the statements of a problem as soon as their filters are done.
        """
        key = f"{batch.key}-statements"
        if self.store.done("statements", key):
            statements = list(self.store.read("statements", Statement, key))
            self._count_statements(statements, found=True)
            self.counts.done["problems"] += len(batch.problems)
            self.counts.found["problems"] += len(batch.problems)
            await self.index.claim([s for s in statements if s.kept], key)  # an earlier version, or a kill before the answer
            return statements
        again = {"kept": True, "reason": "", "detail": "", "round": task.round}
        undecided: dict[str, list[Statement]] = {}
        for statement in batch.undecided:
            undecided.setdefault(statement.problem_id, []).append(statement.model_copy(update=again))
        asked: dict[str, Service] = {}
        started, tools = time.monotonic(), counting(self._tools(task.weights, task.round), asked).metered(Meter(above=self.meter))
        programs = asyncio.Semaphore(self.config.answers.at_once)
        claim = partial(self.index.claim, unit=key)
        context = Context(tools, self.config.filters, self.config.formalize.keep, task.by_id, self.heldout, self.benchmarks, claim=claim)

        async def filtered(candidates: list[Statement], context: Context = context) -> list[Statement]:
            found = await settled(candidates, self.config.formalize, context)
            ready(found)
            return found

        async def one(problem: Problem) -> list[Statement]:
            passed = task.passed.get(problem.id)
            if passed and passed.reason:
                found = passed_over(problem, passed, task.round)
            elif self.meter.ended and not problem.statement:
                found = passed_over(problem, Passed(reason=Drop.BUDGET, detail=self.meter.ended), task.round)
            else:
                found = await self._formalized(problem, tools, programs)
                found = [s.model_copy(update={"benchmark": passed.benchmark}) for s in found] if passed else found
            self.counts.done["problems"] += 1
            return await filtered(found)

        apart = replace(context, together=False)
        some = await together(*map(one, batch.problems), *(filtered(several, apart) for several in undecided.values()))
        statements = [s for found in some for s in found]
        self.counts.done["tokens"] += tools.tokens
        info = {
            "problems": len(batch.problems),
            "tokens": tools.tokens,
            **tools.spent,
            **counted(statements),
            "formalize_seconds": round(time.monotonic() - started, 3),
            "lean": {kind: one.figures() for kind, one in sorted(asked.items())},
        }
        self.store.commit(key, {"statements": statements}, info)
        self._count_statements(statements)
        return statements

    async def _conjectures(self, task: ShardTask) -> list[Statement]:
        """The conjectures and variants of the task, kept and dropped: from disk if they are there."""
        key = f"{task.key}-conjectures"
        if not task.conjectures:
            return []
        if self.store.done("statements", key):
            made = list(self.store.read("statements", Statement, key))
            self._count_statements(made, found=True)
            await self.index.claim([s for s in made if s.kept], key)
        else:
            tools = self._tools(task.weights, task.round).metered(Meter(above=self.meter))
            claim = partial(self.index.claim, unit=key)
            context = Context(tools, self.config.filters, heldout=self.heldout, benchmarks=self.benchmarks, claim=claim)
            made = await make(task.conjectures, self.store, self.config.conjectures, context, self.meter.ended)
            self.counts.done["tokens"] += tools.tokens
            info = {"conjectures": len(made), "tokens": tools.tokens, **tools.spent, **counted(made)}
            self.store.commit(key, {"statements": made}, info)
            self._count_statements(made)
        return made

    def _barred(self, statement: Statement) -> str:
        """Why a statement that a strategy made must not be trained on: a benchmark has it, in either direction."""
        found = self.benchmarks.statement(statement)
        if found is not None:
            return str(found.reason)
        return str(Drop.HELDOUT) if in_context(statement.text, statement.header, statement.preamble) in self.heldout else ""

    async def _names(self) -> Names | None:
        """The names that the library declares, for corrections; read once a process."""
        search = self.config.search
        if "repair" not in search.strategies or not search.repair.names:
            return None
        return await asyncio.to_thread(library_names, self.config.verify.project)

    def _shelf(self, round: int) -> Shelf | None:
        """What earlier rounds have proved, for the strategies that use it; read once a round."""
        if "retrieval" not in self.config.search.strategies:
            return None
        if self._shelved[0] != round:
            lemmas = worth(earlier(self.store, "pairs", Pair, round), self.config.search.retrieval.library)
            self._shelved = (round, Shelf(lemmas) if lemmas else None)
        return self._shelved[1]

    async def _formalized(self, problem: Problem, tools: Tools, programs: asyncio.Semaphore) -> list[Statement]:
        """Statements of one problem; of one that asks for something, with answers in them."""
        if not asks(problem, self.config.answers):
            return await formalize(problem, self.config.formalize, tools)
        made = await construct(problem, self.config.answers, self.config.formalize, tools, programs)
        return [statement for one in made for statement in one.statements]

    def _count_statements(self, statements: list[Statement], found: bool = False) -> None:
        """`found`: on disk, where they were counted already."""
        counts = counted(statements)
        rejects = counts.pop("rejects")
        self.counts.done.update(counts)
        self.counts.rejects.update(rejects)
        if found:
            self.counts.found.update({**counts, **{f"reject: {reason}": count for reason, count in rejects.items()}})

    async def search(self, task: ShardTask, statement: Statement) -> Searched:
        """The search of one statement, with tools of its own that count what it spends."""
        config, budget, prices = self.config.search, self.config.budgets.statement, self.config.prices
        tools = replace(self._tools(task.weights, task.round), shelf=self._shelf(task.round), names=await self._names())
        allowed = allowance(config, self.config.adaptive, task.searches.get(statement.id, 0))
        if statement.origin in MADE:
            allowed = searched_at_once(config, self.config.conjectures)
        problem, used = setting(statement, task.by_id.get(statement.problem_id), allowed)
        own = tools.metered(Meter("statement", budget, prices, above=self.meter))
        found = await search(statement, problem, strategies(statement, problem, used, own), used, own)
        self.counts.done["searched"] += 1
        self.counts.done["proved"] += bool(found.pairs)
        self.counts.rejects.update(refused(found))
        for part in found.everything():
            self.counts.done["samples"] += part.samples
            self.counts.done["tokens"] += part.tokens
            self.counts.done["checks"] += len(part.verdicts)
            self.counts.done["pairs"] += len(part.pairs)
            if part.unsound:
                self.counts.done["unsound"] += 1
                quarantine(self.store, statement, part)
        return Searched(statement, found, Counter(tools.spent))

    async def keep(self, task: ShardTask, key: str, results: Sequence[Searched]) -> None:
        """Commit what the searches of a chunk found: all of it, or, when killed, nothing."""
        made = [statement for one in results for statement in one.found.made()]
        found = records(results, task.round)
        proved = {pair.statement_id for pair in found["pairs"]}
        await self.index.claim([s for s in made if s.kept], key, proved)  # whether they are repetitions is settled at the round's end
        self.store.commit(key, {"statements": made, **found}, figures(results))

    async def evaluate(
        self,
        statements: list[Statement],
        n: int,
        temperature: float | None,
        seed: int,
        weights: Weights,
        words: Mapping[str, str] = NO_WORDS,
    ) -> list[Measured]:
        """What came of `n` proofs sampled for each statement (`words`: in plain language, by id); nothing of it is written.

        Temperature None = as in the search.
        """
        tools, gate = replace(self._tools({"prover": weights}, 0), seed=seed), asyncio.Semaphore(4 * self.config.search.in_flight)
        config = self.config.search
        if temperature is not None:
            config = config.model_copy(update={"temperature": temperature})

        async def one(statement: Statement) -> Measured:
            async with gate:
                found, tokens = await measure(statement, words.get(statement.id, ""), n, config, tools)
            self.counts.done["evaluated"] += 1
            self.counts.done["eval_tokens"] += tokens
            return found

        return list(await asyncio.gather(*map(one, statements)))


def counting(tools: Tools, asked: dict[str, Service]) -> Tools:
    """The same tools, which add to `asked` how long Lean took, by the kind of check."""

    async def verify(checks: list[Check]) -> list[Verdict]:
        verdicts = await tools.verify(checks)
        served(checks, verdicts, asked)
        return verdicts

    return replace(tools, verify=verify)


def quarantine(store: RunDir, statement: Statement, found: Found) -> None:
    """Keep a statement (or a piece of it) that was proved like its negation, and both proofs, where nobody takes them for pairs."""
    store.write_json(
        f"quarantine/{found.unsound[0].statement_id}.json",
        {"statement": statement.model_dump(), "proofs": [pair.model_dump() for pair in found.unsound]},
    )
    log.error(
        "UNSOUND: statement %s and its negation were both accepted; see quarantine/: %s",
        found.unsound[0].statement_id,
        found.unsound[0].statement,
    )
