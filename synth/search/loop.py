"""Proof search: theorem and negation are searched together and both stop at the first accepted proof (DeepSeek-Prover §3.3).

Strategies propose, wave by wave; the search verifies.  That no statement ends with both sides proved is checked here:
it would mean that the checker is unsound.
"""

from __future__ import annotations

from collections import Counter

from synth.config import SearchConfig
from synth.prompts import PromptSet
from synth.records import Attempt, Lineage, Problem, Statement, content_id
from synth.search.base import Proposal, Side, Strategy
from synth.search.outcome import Found, attempt_check, pair, verdict_row
from synth.search.portfolio import GENERIC_TACTICS, Portfolio
from synth.search.whole_proof import WholeProof
from synth.services import Sample, Verify


class Unsound(Exception):
    """A statement and its negation were both accepted."""


def strategies(
    statement: Statement, config: SearchConfig, prompts: PromptSet, sample: Sample, lineage: Lineage
) -> list[tuple[Strategy, int]]:
    """The strategies for `statement`, in order, each with its attempts a side."""
    chosen: list[tuple[Strategy, int]] = []
    if config.portfolio == "always" or (config.portfolio == "given" and statement.origin == "given"):
        chosen.append((Portfolio(config.tactics or GENERIC_TACTICS), config.attempts))
    return [*chosen, (WholeProof(config, prompts, sample, lineage), config.attempts)]


async def search(
    statement: Statement,
    problem: Problem | None,
    strategies: list[tuple[Strategy, int]],
    config: SearchConfig,
    prompts: PromptSet,
    verify: Verify,
    lineage: Lineage,
    timeout: float,
) -> Found:
    """Search `statement` and its negation with each (strategy, attempts a side) in turn; stop at the first proof.

    Raises Unsound if both sides are accepted.
    """
    sides = [Side(statement.text, False)] + ([Side(statement.negation, True)] if config.negation and statement.negation else [])
    found, tried = Found(), set[tuple[bool, str]]()
    for strategy, budget in strategies:
        wave = 0
        while wave * config.wave < budget:
            proposals = await strategy.propose(statement, sides, tried, min(config.wave, budget - wave * config.wave), wave)
            wave += 1
            found.samples += len(proposals)
            found.tokens += sum(proposal.tokens for proposal in proposals)
            if await _check(statement, problem, proposals, tried, found, prompts, verify, lineage, timeout):
                return found
            if not proposals or isinstance(strategy, Portfolio):
                break
    return found


async def _check(
    statement: Statement,
    problem: Problem | None,
    proposals: list[Proposal],
    tried: set[tuple[bool, str]],
    found: Found,
    prompts: PromptSet,
    verify: Verify,
    lineage: Lineage,
    timeout: float,
) -> bool:
    """Verify the proposals that are new, record them, and say whether one was accepted."""
    counts = Counter((p.side.negated, p.proof.text) for p in proposals)
    fresh: list[tuple[Attempt, Side]] = []
    for proposal in proposals:
        key = (proposal.side.negated, proposal.proof.text)
        if key in tried:
            continue
        tried.add(key)
        attempt = Attempt(
            id=content_id("attempt", statement.id, proposal.side.negated, proposal.proof.text),
            statement_id=statement.id,
            negated=proposal.side.negated,
            form=proposal.proof.form,
            proof=proposal.proof.text,
            count=counts[key],
            strategy=proposal.strategy,
            round=lineage.round,
            sample=proposal.sample,
            model=lineage.model if proposal.strategy != "portfolio" else "",
            prompt=prompts.hash("prove") if proposal.strategy != "portfolio" else "",
            seed=proposal.seed,
            temperature=proposal.temperature,
            tokens=proposal.tokens,
        )
        fresh.append((attempt, proposal.side))
    verdicts = await verify([attempt_check(a, side.text, statement.header, timeout) for a, side in fresh])
    proved: set[bool] = set()
    for (attempt, side), verdict in zip(fresh, verdicts, strict=True):
        found.attempts.append(attempt)
        found.verdicts.append(verdict_row(attempt, verdict))
        if verdict.accepted:
            proved.add(side.negated)
            found.pairs.append(pair(attempt, side, statement, problem, verdict))
    if len(proved) == 2:
        raise Unsound(f"statement {statement.id} and its negation were both accepted: {statement.text}")
    return bool(proved)
