"""Strategy: corrections of failed proofs, round by round (MA-LoT, arXiv 2503.03205).

After x fresh proofs, k rounds of x/2 corrections: each is shown a failed proof with Lean's messages at their lines, and the goal
there.  A correction that fails is what the next round corrects, never the proof that it came from.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from synth.config import SearchConfig
from synth.prompts import Proof, read_proof
from synth.prompts.repair import ask_repair, before_failure, goal_there, shown_repair
from synth.records import Problem, Statement, content_id
from synth.search.base import History, Proposal, Side, Tried
from synth.search.outcome import kept_errors
from synth.search.portfolio import Portfolio
from synth.search.whole_proof import proposed, sampling_seed
from synth.services import Tools
from verify_workers.lean.names import unknown_names
from verify_workers.records import Message, Outcome, Reason, Verdict

TOO_SLOW = "Lean ran out of time on this proof"
REPAIRED = (Outcome.REJECTED, Outcome.POLICY, Outcome.TIMEOUT)


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> Repair:
    """For `loop.STRATEGIES`."""
    return Repair(config, tools)


def plan(config: SearchConfig) -> tuple[int, int]:
    """k rounds of x/2 corrections after the x fresh proofs of other strategies."""
    half = -(-config.attempts // 2)
    return config.repair.rounds * half, half


@dataclass(frozen=True)
class Repair:
    """Corrections of the latest failure of each chain of attempts."""

    config: SearchConfig
    tools: Tools
    asked: Counter[str] = field(default_factory=Counter)
    """How many corrections of an attempt were asked for: an answer that repeats what failed leaves no other trace."""
    name: str = "repair"
    one_shot: bool = False

    async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]:
        proposals: list[Proposal] = []
        for side in sides:
            chosen = self._chosen(list(latest(history, side)), n)
            answers = await asyncio.gather(*(self._corrected(statement, side, tried, count, wave) for tried, count in chosen))
            proposals += [proposal for found in answers for proposal in found]
        return proposals

    def _chosen(self, failures: list[Tried], n: int) -> list[tuple[Tried, int]]:
        """Which failures are corrected, and how often: those asked about least come first, then those that Lean followed furthest."""
        if not failures:
            return []
        order = sorted(failures, key=lambda tried: (self.asked[tried.attempt.id], -followed(tried), tried.attempt.sample))[:n]
        shares = [n // len(order) + (place < n % len(order)) for place in range(len(order))]
        for tried, share in zip(order, shares, strict=True):
            self.asked[tried.attempt.id] += share
        return list(zip(order, shares, strict=True))

    async def _corrected(self, statement: Statement, side: Side, tried: Tried, n: int, wave: int) -> list[Proposal]:
        """`n` corrections of one failure."""
        corrector, attempt = self.tools.models["corrector"], tried.attempt
        errors, failed = said(tried), Proof(attempt.form, attempt.proof)
        state = await self._state(statement, tried) if self.config.repair.goal else ""
        front = (statement.header, statement.preamble)
        shown = shown_repair(corrector.prompts, side.text, front, failed, errors, state, self._hints(errors))
        prompt = ask_repair(corrector.prompts, side.text, shown)
        seed = sampling_seed(self.tools, statement, wave, side, self.name, attempt.id)
        settings = self.config.repair
        sampling = corrector.sampling("repair", n, seed, settings.temperature, self.config.top_p, settings.max_tokens)
        (answer,) = await corrector.ask([prompt], sampling)
        if isinstance(answer, str):
            return []  # with the failed proof the prompt is too long for this model
        template = corrector.prompts.hash("repair")
        proposals = []
        for index, completion in enumerate(answer):
            read = read_proof(prompt, completion.text, completion.finished)
            proposals.append(proposed(side, read, completion, self.name, index, sampling, template, attempt.id, shown))
        return proposals

    def _hints(self, errors: list[Message]) -> str:
        """For names that Lean does not know, what it does know that is near."""
        if self.tools.names is None:
            return ""
        near = {name: self.tools.names.near(name) for name in unknown_names(error.text for error in errors)}
        return "\n".join(f"`{name}` is unknown; there are {', '.join(f'`{n}`' for n in found)}." for name, found in near.items() if found)

    async def _state(self, statement: Statement, tried: Tried) -> str:
        """The goal before the first failing line, which Lean is asked for; '' where its message shows it, or it does not say."""
        attempt = tried.attempt
        text = before_failure(attempt.proof, said(tried)) if tried.verdict and tried.verdict.outcome is Outcome.REJECTED else ""
        if not text:
            return ""
        id = content_id("state", attempt.id)
        check = statement.check(id, self.config.timeout, negated=attempt.negated, **{attempt.form: text})
        (verdict,) = await self.tools.verify([check])
        return goal_there(verdict.messages)


def latest(history: History, side: Side) -> Iterator[Tried]:
    """The failures of `side` that nothing has corrected yet: the last of each chain of attempts, oldest first."""
    corrected = {tried.attempt.parent for tried in history.items if not tried.attempt.unread}
    for tried in history.items:
        attempt, verdict = tried.attempt, tried.verdict
        if attempt.negated != side.negated or attempt.id in corrected or attempt.strategy == Portfolio.name:
            continue
        if verdict is not None and repairable(verdict):
            yield tried


def repairable(verdict: Verdict) -> bool:
    """Whether Lean has said something that a correction can start from."""
    return verdict.outcome in REPAIRED and verdict.reason != Reason.STATEMENT


def said(tried: Tried) -> list[Message]:
    """What Lean said against an attempt: its errors, or that it did not come to an end."""
    assert tried.verdict is not None
    if tried.verdict.outcome is Outcome.TIMEOUT:
        return [Message(severity="error", line=tried.attempt.proof.count("\n") + 1, column=0, text=TOO_SLOW)]
    return kept_errors(tried.verdict.messages)


def followed(tried: Tried) -> float:
    """The share of a proof's lines before Lean's first error."""
    errors = said(tried)
    return (errors[0].line - 1) / (tried.attempt.proof.count("\n") + 1) if errors else 0.0
