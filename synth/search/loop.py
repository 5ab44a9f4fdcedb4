"""Proof search: theorem and negation are searched together and both stop at the first accepted proof (DeepSeek-Prover §3.3).

Strategies propose, wave by wave; the search verifies.  That no statement ends with both sides proved is checked here:
it would mean that the checker is unsound, and both proofs are kept apart from the corpus.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from synth.config import SearchConfig
from synth.records import Attempt, Drop, Pair, Problem, Statement
from synth.search import blueprint, counterexample, induction, portfolio, sketch, whole_proof
from synth.search.base import Aside, History, Kind, Proposal, Side, Strategy, Tried
from synth.search.outcome import KINDS, Found, attempt_check, new_attempt, pair, verdict_row
from synth.search.skeleton import hole_config
from synth.services import Tools, Verify
from synth.statements.text import normalized
from verify_workers.errors import UserError

# By the names that `search.strategies` gives.  A new strategy is a file beside this one and a line here.
STRATEGIES: dict[str, Kind] = {
    "portfolio": Kind(portfolio.make),
    "whole_proof": Kind(whole_proof.make, ("prove",)),
    "sketch": Kind(sketch.make, ("sketch",)),
    "blueprint": Kind(blueprint.make, ("blueprint",)),
    "counterexample": Kind(counterexample.make),
    "induction": Kind(induction.make),
}

EVERYTHING = 10**6  # attempts of a strategy that asks no model: it ends by itself


def strategies(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> list[tuple[Strategy, int]]:
    """The strategies for `statement`, in order, each with its attempts a side."""
    made = ((STRATEGIES[name], STRATEGIES[name].make(statement, problem, config, tools)) for name in config.strategies)
    return [(strategy, config.attempts if kind.asks else EVERYTHING) for kind, strategy in made if strategy is not None]


def setting(statement: Statement, problem: Problem | None, config: SearchConfig) -> tuple[Problem | None, SearchConfig]:
    """With what a statement is searched: a piece of another one as its holes are, and without a problem, whose words are not about it."""
    return (None, hole_config(config)) if statement.origin in KINDS else (problem, config)


def require_strategies(config: SearchConfig) -> None:
    """UserError for a name that is no strategy's."""
    for name in config.strategies:
        if name not in STRATEGIES:
            raise UserError(f"search.strategies: unknown strategy {name!r}: use {', '.join(STRATEGIES)}")


async def search(
    statement: Statement, problem: Problem | None, strategies: list[tuple[Strategy, int]], config: SearchConfig, tools: Tools
) -> Found:
    """Search `statement` and its negation with each (strategy, attempts a side) in turn; stop at the first proof.

    Where both sides are accepted the proofs are in `unsound` and there are no pairs.
    """
    sides = [Side(statement.text, False)] + ([Side(statement.negation, True)] if config.negation and statement.negation else [])
    found = Found()
    history = History(aside=_aside(found, tools))
    for strategy, budget in strategies:
        for wave, start in enumerate(range(0, budget, config.wave)):
            proposals = await strategy.propose(statement, sides, history, min(config.wave, budget - start), wave)
            found.samples += len(proposals)
            found.tokens += sum(proposal.tokens for proposal in proposals)
            new = await _tried(statement, proposals, history, tools.verify, tools.round, config.timeout)
            history.items += [tried for tried, _ in new]
            if _collect(statement, problem, new, found):
                return found
            if not proposals or strategy.one_shot:
                break
    return found


def _aside(found: Found, tools: Tools) -> Aside:
    """Searches statements of a strategy's own making, each once, and keeps what came of them in `found`."""
    searches: dict[str, asyncio.Task[Found]] = {}

    async def aside(statement: Statement, config: SearchConfig) -> list[Pair]:
        if statement.kept and normalized(statement.text) in tools.heldout:
            statement = statement.model_copy(update={"kept": False, "reason": str(Drop.HELDOUT)})
        if not statement.kept:
            found.asides.setdefault(statement.id, (statement, Found()))
            return []
        if statement.id not in searches:
            inner = search(statement, None, strategies(statement, None, config, tools), config, tools)
            searches[statement.id] = asyncio.create_task(inner)
        result = await searches[statement.id]
        found.asides[statement.id] = (statement, result)
        return result.pairs

    return aside


async def _tried(
    statement: Statement, proposals: list[Proposal], history: History, verify: Verify, round: int, timeout: float
) -> list[tuple[Tried, Side]]:
    """The proposals that were not judged before, each once, with Lean's verdicts."""
    counts = Counter((p.side, p.proof.text) for p in proposals)
    first = {(p.side, p.proof.text): p for p in reversed(proposals)}  # of equal ones the first
    fresh: list[tuple[Attempt, Side]] = []
    for (side, text), proposal in reversed(first.items()):
        if not history.decided(side, text):
            fresh.append((new_attempt(statement, proposal, counts[side, text], round), side))
    checks = [attempt_check(attempt, statement, timeout) for attempt, _ in fresh if not attempt.unread]
    verdicts = {verdict.id: verdict for verdict in await verify(checks)}
    return [(Tried(attempt, None if attempt.unread else verdicts[attempt.id]), side) for attempt, side in fresh]


def _collect(statement: Statement, problem: Problem | None, new: list[tuple[Tried, Side]], found: Found) -> bool:
    """Record what was tried, and say whether a side was proved."""
    pairs = []
    for tried, side in new:
        found.attempts.append(tried.attempt)
        found.verdicts.append(verdict_row(tried))
        if tried.verdict is not None and tried.verdict.accepted:
            pairs.append(pair(tried.attempt, side, statement, problem, tried.verdict))
    if len({p.negated for p in pairs}) == 2:
        found.unsound = pairs
    else:
        found.pairs += pairs
    return bool(pairs)
