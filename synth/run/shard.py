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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from synth.answers.construct import asks, construct
from synth.budget import Meter
from synth.config import RunConfig
from synth.llm.config import ModelRole
from synth.llm.types import Weights
from synth.records import Drop, Pair, Problem, Statement
from synth.run.again import allowance, earlier
from synth.run.conjectures import NOTHING, Plan, make, searched_at_once
from synth.run.heldout import Measured, measure
from synth.run.interrupt import together
from synth.run.roles import role_prompts
from synth.search.lemmas import Shelf, worth
from synth.search.loop import search, setting, strategies
from synth.search.outcome import KINDS, MADE, Found
from synth.services import Names, Services, Tools
from synth.statements.benchmarks import Benchmarks
from synth.statements.filters.base import Context
from synth.statements.formalize import formalize, passed_over
from synth.statements.refine import settled
from synth.statements.screen import Passed
from synth.statements.text import identity, in_context
from synth.store.rundir import RunDir
from verify_workers.lean.names import library_names

log = logging.getLogger(__name__)

NO_WORDS: Mapping[str, str] = {}


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


@dataclass
class Counts:
    """Live figures of a shard, for the progress display; the records on disk are what counts."""

    done: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    """What of these was on disk already, `reject: REASON` included."""


class Shard:
    """The work of one shard actor; a plain class, so that it runs in a test without Ray."""

    def __init__(
        self, config: RunConfig, store: RunDir, services: Services, heldout: frozenset[str], benchmarks: Benchmarks | None = None
    ) -> None:
        self.config, self.store, self.services, self.heldout = config, store, services, heldout
        self.benchmarks = benchmarks or Benchmarks()
        self._known: tuple[int, dict[str, str]] = (0, {})
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
        gate, known = asyncio.Semaphore(self.config.search.in_flight), dict(self._kept_before(task.round))
        search = partial(self._searched, task, gate)
        batches = task.batches(self.config.shards.batch)
        filtered = {batch.key: asyncio.create_task(self._statements(task, batch, known)) for batch in batches}

        async def one(key: str) -> None:
            await search(key, await filtered[key])

        async def conjectures() -> None:
            statements = [s for batch in filtered.values() for s in await batch]
            await search(f"{task.key}-made", await self._conjectures(task, statements))

        try:
            await together(search(f"{task.key}-again", task.retry), conjectures(), *map(one, filtered))
        finally:
            for batch in filtered.values():
                batch.cancel()
            await asyncio.gather(*filtered.values(), return_exceptions=True)

    async def _searched(self, task: ShardTask, gate: asyncio.Semaphore, key: str, statements: Sequence[Statement]) -> None:
        """Search those of `statements` that are kept, in units of `shards.chunk` under `key`."""
        work, size = [s for s in statements if s.kept], self.config.shards.chunk
        self.counts.done["to_search"] += len(work)
        chunks = [work[i : i + size] for i in range(0, len(work), size)]
        await together(*(self._chunk(task, f"{key}-c{n:04d}", chunk, gate) for n, chunk in enumerate(chunks)))

    def _tools(self, weights: Mapping[ModelRole, Weights], round: int) -> Tools:
        """Tools for one unit of work, which count its tokens."""
        return replace(self.services.tools(self.prompts, weights, round, self.config.seed), barred=self._barred)

    async def _statements(self, task: ShardTask, batch: Batch, known: dict[str, str]) -> list[Statement]:
        """What came of a batch's problems and undecided statements, kept and dropped: from disk if it is there.

        `known`: the statements that are kept already, by identity; those of this batch are added.
        """
        key = f"{batch.key}-statements"
        if self.store.done("statements", key):
            statements = list(self.store.read("statements", Statement, key))
            self._count_statements(statements, found=True)
            known.update(identities(statements, known))
            return statements
        again = {"kept": True, "reason": "", "detail": "", "round": task.round}
        undecided = [s.model_copy(update=again) for s in batch.undecided]
        started, tools = time.monotonic(), self._tools(task.weights, task.round).metered(Meter(above=self.meter))
        programs = asyncio.Semaphore(self.config.answers.at_once)

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
            return found

        candidates = [s for found in await together(*map(one, batch.problems)) for s in found] + undecided
        context = Context(tools, self.config.filters, self.config.formalize.keep, task.by_id, self.heldout, self.benchmarks, known)
        statements = await settled(candidates, self.config.formalize, context)
        self.counts.done["tokens"] += tools.tokens
        info = {
            "problems": len(batch.problems),
            "tokens": tools.tokens,
            **tools.spent,
            **counted(statements),
            "formalize_seconds": round(time.monotonic() - started, 3),
        }
        self.store.commit(key, {"statements": statements}, info)
        self._count_statements(statements)
        known.update(identities(statements, known))
        return statements

    async def _conjectures(self, task: ShardTask, statements: list[Statement]) -> list[Statement]:
        """The conjectures and variants of the task, kept and dropped: from disk if they are there."""
        key = f"{task.key}-conjectures"
        if not task.conjectures:
            return []
        if self.store.done("statements", key):
            made = list(self.store.read("statements", Statement, key))
            self._count_statements(made, found=True)
        else:
            tools = self._tools(task.weights, task.round).metered(Meter(above=self.meter))
            known = {**{identity(s): s.id for s in statements if s.kept and s.origin not in KINDS}, **self._kept_before(task.round)}
            context = Context(tools, self.config.filters, heldout=self.heldout, benchmarks=self.benchmarks, known=known)
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

    def _kept_before(self, round: int) -> dict[str, str]:
        """Statements that earlier rounds kept: their ids by identity.  Those rounds are complete, so that it is always the same."""
        if self._known[0] != round:
            known: dict[str, str] = {}
            for statement in earlier(self.store, "statements", Statement, round):
                if statement.kept and statement.origin not in KINDS:
                    known.setdefault(identity(statement), statement.id)
            self._known = round, known
        return self._known[1]

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

    async def _chunk(self, task: ShardTask, key: str, chunk: list[Statement], gate: asyncio.Semaphore) -> None:
        """Search the statements of one chunk and commit what was found: all of it, or, when killed, nothing."""
        if self.store.done("pairs", key):
            self.counts.done["searched"] += len(chunk)
            self.counts.found["searched"] += len(chunk)
            return

        shelf = self._shelf(task.round)
        config, budget, prices = self.config.search, self.config.budgets.statement, self.config.prices
        tools = replace(self._tools(task.weights, task.round), shelf=shelf, names=await self._names())

        async def one(statement: Statement) -> Found:
            async with gate:
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
            return found

        results: list[Found] = await together(*(one(statement) for statement in chunk))
        everything = [part for found in results for part in found.everything()]
        self.store.commit(
            key,
            {
                "attempts": [attempt for found in everything for attempt in found.attempts],
                "verdicts": [verdict for found in everything for verdict in found.verdicts],
                "pairs": [pair for found in everything for pair in found.pairs],
                "statements": [statement for found in results for statement in found.made()],
                "searches": [row for statement, found in zip(chunk, results, strict=True) for row in found.rows(statement, task.round)],
            },
            {
                "searched": len(chunk),
                "samples": sum(found.samples for found in everything),
                "tokens": tools.tokens,
                **tools.spent,
                "proved": sum(bool(found.pairs) for found in results),
                "rejects": dict(sum(map(refused, results), Counter[str]())),
                "quarantined": [
                    statement.id
                    for statement, found in zip(chunk, results, strict=True)
                    if any(part.unsound for part in found.everything())
                ],
            },
        )

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


def identities(statements: Iterable[Statement], known: Mapping[str, str]) -> dict[str, str]:
    """The ids of kept statements by identity, without those that are `known`."""
    found: dict[str, str] = {}
    for statement in statements:
        if statement.kept and (key := identity(statement)) not in known:
            found.setdefault(key, statement.id)
    return found


def counted(statements: list[Statement]) -> dict[str, Any]:
    """How many there are, how many are kept, and why the others are not."""
    rejects = Counter(str(s.reason) for s in statements if not s.kept)
    return {"statements": len(statements), "statements_kept": sum(s.kept for s in statements), "rejects": dict(rejects)}


def refused(found: Found) -> Counter[str]:
    """Why proofs of a search were not accepted, and what ended it early."""
    limit = Counter({f"search: budget {found.limit}": 1} if found.limit else {})
    verdicts = (v for part in found.everything() for v in part.verdicts if v.outcome != "accepted")
    return limit + Counter(f"proof: {v.reason or v.outcome}" for v in verdicts)


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
