"""Proof search: theorem and negation are searched together and both stop at the first accepted proof (DeepSeek-Prover §3.3).

Strategies propose, wave by wave; the search verifies.  Both sides are at work at once: what is in flight for one (sampling
or checks) is called off when the other is proved.  That no statement ends with both sides proved is checked here: it would
mean that the checker is unsound, and both proofs are kept apart from the corpus.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from synth.budget import BudgetSpent, Meter
from synth.config import SearchConfig
from synth.records import Attempt, Ended, Pair, Problem, Statement
from synth.search import blueprint, counterexample, induction, portfolio, repair, retrieval, sketch, whole_proof
from synth.search.base import Aside, History, Kind, Proposal, Side, Strategy, Tried
from synth.search.outcome import KINDS, Found, attempt_check, new_attempt, pair, unchecked_row, verdict_row
from synth.search.shorten import is_long, shortened
from synth.search.skeleton import hole_config
from synth.services import Tools
from verify_workers.errors import UserError
from verify_workers.records import Verdict

# By the names that `search.strategies` gives.  A new strategy is a file beside this one and a line here.
STRATEGIES: dict[str, Kind] = {
    "portfolio": Kind(portfolio.make),
    "whole_proof": Kind(whole_proof.make, ("prove",)),
    "repair": Kind(repair.make, ("repair",), repair.plan),
    "retrieval": Kind(retrieval.make, ("retrieve",)),
    "sketch": Kind(sketch.make, ("sketch",)),
    "blueprint": Kind(blueprint.make, ("blueprint",)),
    "counterexample": Kind(counterexample.make),
    "induction": Kind(induction.make),
}

EVERYTHING = 10**6  # attempts of a strategy that asks no model: it ends by itself


CALLED_OFF = "called_off"  # why an attempt was not checked: the other side was proved meanwhile
Planned = tuple[Strategy, int] | tuple[Strategy, int, int]
"""A strategy, its attempts a side, and how many of them are one wave (as `search.wave` says where that is left out)."""


def strategies(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> list[Planned]:
    """The strategies for `statement`, in order, each with its attempts a side."""
    planned: list[Planned] = []
    for name in config.strategies:
        kind = STRATEGIES[name]
        strategy = kind.make(statement, problem, config, tools)
        if strategy is not None:
            attempts, size = kind.plan(config)
            planned.append((strategy, attempts if kind.asks else EVERYTHING, size))
    return planned


def setting(statement: Statement, problem: Problem | None, config: SearchConfig) -> tuple[Problem | None, SearchConfig]:
    """With what a statement is searched: a piece of another one as its holes are, and without a problem, whose words are not about it."""
    return (None, hole_config(config)) if statement.origin in KINDS else (problem, config)


def require_strategies(config: SearchConfig) -> None:
    """UserError for a name that is no strategy's."""
    for name in config.strategies:
        if name not in STRATEGIES:
            raise UserError(f"search.strategies: unknown strategy {name!r}: use {', '.join(STRATEGIES)}")
    if set(config.strategies) <= {"sketch", "blueprint"}:
        raise UserError("search.strategies: a sketch leaves its holes to the other strategies, and there is none; add whole_proof")


async def search(statement: Statement, problem: Problem | None, strategies: Sequence[Planned], config: SearchConfig, tools: Tools) -> Found:
    """Search `statement` and its negation with each strategy in turn; stop at the first proof, or when a budget is used up.

    Where both sides are accepted the proofs are in `unsound` and there are no pairs.
    """
    return await _Search(statement, problem, config, tools).run(strategies)


def _aside(found: Found, tools: Tools) -> Aside:
    """Searches statements of a strategy's own making, each once, and keeps what came of them in `found`."""
    searches: dict[str, asyncio.Task[Found]] = {}

    async def aside(statement: Statement, config: SearchConfig) -> list[Pair]:
        if statement.kept and (reason := tools.barred(statement)):
            statement = statement.model_copy(update={"kept": False, "reason": reason})
        if not statement.kept:
            found.asides.setdefault(statement.id, (statement, Found()))
            return []
        if statement.id not in searches:
            own = tools.metered(Meter("aside", above=tools.meter))
            inner = _Search(statement, None, config, own)
            found.asides[statement.id] = (statement, inner.found)  # from now on, so that nothing is lost where it is called off
            searches[statement.id] = asyncio.create_task(inner.run(strategies(statement, None, config, own)))
        return (await searches[statement.id]).pairs

    return aside


@dataclass
class _Turn:
    """One side's part of a wave, as far as it came."""

    side: Side
    proposals: list[Proposal] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    @property
    def proved(self) -> bool:
        return any(verdict.accepted for verdict in self.verdicts.values())


@dataclass
class _Search:
    """The search of one statement."""

    statement: Statement
    problem: Problem | None
    config: SearchConfig
    tools: Tools
    found: Found = field(default_factory=Found)
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        self.history.aside = _aside(self.found, self.tools)

    async def run(self, strategies: Sequence[Planned]) -> Found:
        """All strategies, until one has proved a side or a budget is used up."""
        for strategy, attempts, *own in strategies:
            before = Counter(self.tools.meter.spent)
            try:
                await self.use(strategy, attempts, own[0] if own else self.config.wave)
            except BudgetSpent as spent:
                self.found.ended, self.found.limit = Ended.BUDGET, spent.limit
            except asyncio.CancelledError:
                self.found.ended = Ended.CALLED_OFF
                raise
            finally:
                self.found.strategies.setdefault(strategy.name, Counter()).update(self.tools.meter.spent - before)
            if self.found.ended is not Ended.EXHAUSTED:
                break
        if self.config.shorten and self.found.pairs:
            await self.shorten()
        return self.found

    async def use(self, strategy: Strategy, attempts: int, size: int) -> None:
        """Up to `attempts` proofs a side by one strategy, `size` of them a wave.  Raises BudgetSpent."""
        for wave, start in enumerate(range(0, attempts, size)):
            self.tools.meter.require()
            turns = [_Turn(Side(self.statement.text, False))]
            if self.config.negation and self.statement.negation:
                turns.append(_Turn(Side(self.statement.negation, True)))
            await self._race(turns, strategy, min(size, attempts - start), wave)
            if self.found.ended is not Ended.EXHAUSTED or strategy.one_shot or not any(turn.proposals for turn in turns):
                return

    async def _race(self, turns: list[_Turn], strategy: Strategy, n: int, wave: int) -> None:
        """One wave of all sides at once, until one is proved."""
        tasks = [asyncio.create_task(self._play(turn, strategy, n, wave)) for turn in turns]
        pending = set(tasks)
        try:
            while pending and not any(turn.proved for turn in turns):
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._collect(turns)

    async def _play(self, turn: _Turn, strategy: Strategy, n: int, wave: int) -> None:
        """Have the strategy propose for one side, and Lean judge what it was not asked before, each text once."""
        turn.proposals = await strategy.propose(self.statement, [turn.side], self.history, n, wave)
        self.tools.meter.add({"samples": len(turn.proposals)})
        counts = Counter(proposal.proof.text for proposal in turn.proposals)
        first = {proposal.proof.text: proposal for proposal in reversed(turn.proposals)}  # of equal ones the first
        fresh = [(text, proposal) for text, proposal in reversed(first.items()) if not self.history.decided(turn.side, text)]
        turn.attempts = [new_attempt(self.statement, proposal, counts[text], self.tools.round) for text, proposal in fresh]
        checks = [attempt_check(attempt, self.statement, self.config.timeout) for attempt in turn.attempts if not attempt.unread]
        turn.verdicts = {verdict.id: verdict for verdict in await self.tools.verify(checks)}

    async def shorten(self) -> None:
        """Put shorter proofs in the place of long ones."""
        before = Counter(self.tools.meter.spent)
        found = self.found
        long = [is_long(pair.proof) for pair in found.pairs]
        found.pairs = [
            await shortened(pair, self.tools.verify, self.config.timeout) if much else pair
            for pair, much in zip(found.pairs, long, strict=True)
        ]
        found.strategies["shorten"] = self.tools.meter.spent - before

    def _collect(self, turns: list[_Turn]) -> None:
        """Record what was tried, and whether a side was proved."""
        found, pairs = self.found, []
        for turn in turns:
            found.samples += len(turn.proposals)
            found.tokens += sum(proposal.tokens for proposal in turn.proposals)
            for attempt in turn.attempts:
                verdict = turn.verdicts.get(attempt.id)
                found.attempts.append(attempt)
                if verdict is None and not attempt.unread:
                    found.verdicts.append(unchecked_row(attempt, CALLED_OFF))
                    continue
                self.history.items.append(tried := Tried(attempt, verdict))
                found.verdicts.append(verdict_row(tried))
                if verdict is not None and verdict.accepted:
                    pairs.append(pair(attempt, turn.side, self.statement, self.problem, verdict))
        if len({p.negated for p in pairs}) == 2:
            found.ended, found.unsound = Ended.UNSOUND, pairs
        elif pairs:
            found.ended = Ended.PROVED
            found.pairs += pairs
