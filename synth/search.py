"""Proof search: theorem and negation are searched together and both stop at the first accepted proof (DeepSeek-Prover §3.3).

A strategy is a small class that proposes proof texts for a side of a statement, knowing what was tried; the search
verifies them wave by wave.  That no statement ends with both sides proved is checked here: it would mean that the
checker is unsound, and the run stops.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from textwrap import indent
from typing import Protocol

from synth.config import SearchConfig
from synth.llm.types import Sampling
from synth.prompts import PromptSet, Proof, parse_proof
from synth.records import Attempt, Lineage, Pair, Problem, Statement, VerdictRow, content_id
from synth.services import Sample, Verify
from verify_workers.records import Check, Outcome, Verdict

# Short scripts that need no model, cheapest first; tried before it where `search.portfolio` says so.  None is about one
# problem, but some name the hypotheses and variables as competition statements usually do.
GENERIC_TACTICS = (
    "decide",
    "omega",
    "norm_num",
    "rfl",
    "simp_all",
    "norm_num [h₀]",
    "subst_vars; omega",
    "decide +kernel",
    "simp [Int.pow_succ, Int.mul_emod, Int.add_emod, h₀, h₁]",
    "induction ‹ℕ› <;> nlinarith",
    "clear h₀\ninduction ‹ℕ› <;> nlinarith",
    "induction ‹ℕ› <;> simp_all [Nat.pow_succ] <;> omega",
    "mod_cases h : a % 3 <;> simp [Int.pow_succ, Int.mul_emod, h]",
    "mod_cases h : a % 4 <;> simp [Int.pow_succ, Int.mul_emod, h]",
    "interval_cases ‹ℕ› <;> omega",
    "interval_cases ‹ℕ› <;> revert h₁ <;> decide",
    "interval_cases a <;> omega",
    "interval_cases m <;> omega",
)


class Unsound(Exception):
    """A statement and its negation were both accepted."""


@dataclass(frozen=True)
class Side:
    """One of the two things to prove about a statement: itself, or that it is false."""

    text: str
    negated: bool


@dataclass(frozen=True)
class Proposal:
    """A proof text for one side; `count` samples gave it."""

    side: Side
    proof: Proof
    strategy: str
    tokens: int = 0
    sample: int = 0
    seed: int = 0
    temperature: float = 0.0
    count: int = 1


class Strategy(Protocol):
    """Proposes up to `n` proofs a side; `tried` holds the (negated, text) already checked."""

    @property
    def name(self) -> str: ...

    async def propose(self, statement: Statement, sides: list[Side], tried: set[tuple[bool, str]], n: int, wave: int) -> list[Proposal]: ...


@dataclass(frozen=True)
class Portfolio:
    """A fixed list of tactics, in one wave."""

    tactics: tuple[str, ...]
    name: str = "portfolio"

    async def propose(self, statement: Statement, sides: list[Side], tried: set[tuple[bool, str]], n: int, wave: int) -> list[Proposal]:
        proofs = [Proof("proof", "by " + tactic if "\n" not in tactic else "by\n" + indent(tactic, "  ")) for tactic in self.tactics]
        return [Proposal(side, proof, self.name) for side in sides for proof in proofs]


@dataclass(frozen=True)
class WholeProof:
    """Whole proofs sampled from the model."""

    config: SearchConfig
    prompts: PromptSet
    sample: Sample
    lineage: Lineage
    name: str = "whole_proof"

    async def propose(self, statement: Statement, sides: list[Side], tried: set[tuple[bool, str]], n: int, wave: int) -> list[Proposal]:
        seed = int(content_id("seed", self.lineage.seed, self.lineage.round, statement.id, wave)[:7], 16)
        sampling = Sampling(n=n, temperature=self.config.temperature, top_p=self.config.top_p, max_tokens=self.config.max_tokens, seed=seed)
        answers = await self.sample([self.prompts.prove(side.text) for side in sides], sampling)
        proposals = []
        for side, answer in zip(sides, answers, strict=True):
            if isinstance(answer, str):
                continue  # a prompt too long for this model: nothing to propose
            for index, completion in enumerate(answer):
                proof = parse_proof(completion.text)
                if proof is None:
                    proof = Proof("proof", "by")
                proposals.append(Proposal(side, proof, self.name, completion.tokens, wave * n + index, seed, self.config.temperature))
        return proposals


def strategies(
    statement: Statement, config: SearchConfig, prompts: PromptSet, sample: Sample, lineage: Lineage
) -> list[tuple[Strategy, int]]:
    """The strategies for `statement`, in order, each with its attempts a side."""
    chosen: list[tuple[Strategy, int]] = []
    if config.portfolio == "always" or (config.portfolio == "given" and statement.origin == "given"):
        chosen.append((Portfolio(config.tactics or GENERIC_TACTICS), config.attempts))
    return [*chosen, (WholeProof(config, prompts, sample, lineage), config.attempts)]


@dataclass
class Found:
    """What the search of one statement gave."""

    attempts: list[Attempt] = field(default_factory=list)
    verdicts: list[VerdictRow] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    samples: int = 0
    tokens: int = 0


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


def attempt_check(attempt: Attempt, text: str, header: str, timeout: float) -> Check:
    """The check that decides `attempt` as a proof of `text`."""
    return Check(id=attempt.id, statement=text, header=header, timeout=timeout, **{attempt.form: attempt.proof})


def verdict_row(attempt: Attempt, verdict: Verdict) -> VerdictRow:
    first = next((m.text for m in verdict.messages if m.severity == "error"), "")
    return VerdictRow(
        id=attempt.id,
        statement_id=attempt.statement_id,
        outcome=verdict.outcome.value,
        reason=verdict.reason,
        message=first[:500],
        axioms=verdict.axioms,
        audit=verdict.audit,
        seconds=verdict.seconds,
        lean=verdict.lean,
        library=verdict.library,
        backend=verdict.backend,
    )


def pair(attempt: Attempt, side: Side, statement: Statement, problem: Problem | None, verdict: Verdict) -> Pair:
    if verdict.outcome is not Outcome.ACCEPTED:
        raise ValueError("only accepted attempts make pairs")
    return Pair(
        id=content_id("pair", side.text, statement.header, attempt.proof),
        attempt_id=attempt.id,
        statement_id=statement.id,
        problem_id=statement.problem_id,
        statement=side.text,
        form=attempt.form,
        proof=attempt.proof,
        header=statement.header,
        negated=side.negated,
        problem=problem.text if problem else "",
        round=attempt.round,
        strategy=attempt.strategy,
        model=attempt.model,
        prompt=attempt.prompt,
        seed=attempt.seed,
        temperature=attempt.temperature,
        axioms=verdict.axioms,
        audit=verdict.audit,
        lean=verdict.lean,
        library=verdict.library,
    )
