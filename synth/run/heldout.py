"""Held-out statements: proofs sampled for each, and judged.

A sample on which the checker failed twice is neither a success nor a failure: it is counted apart.  A time-out that the
pool confirmed is a failure, as is a prompt that is too long for the model; both are counted too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from synth.benchmark import cannot_be_stated, decided
from synth.config import SearchConfig
from synth.records import HeldoutAttempt, Pair, Statement
from synth.search.base import History, Proposal, Side
from synth.search.outcome import attempt_check, new_attempt, pair
from synth.search.whole_proof import NO_ANSWER, WholeProof
from synth.services import Tools
from verify_workers.records import Outcome, Verdict


@dataclass(frozen=True)
class Measured:
    """What came of the samples for one held-out statement; counts are of samples."""

    id: str
    attempts: int
    """Samples that were judged, or that failed without Lean: no proof in them, or no answer at all to a prompt too long."""
    correct: int = 0
    infra: int = 0
    """Samples on which the checker failed, or an endpoint gave no answer; beside `attempts`."""
    timeouts: int = 0
    unread: int = 0
    refused: bool = False
    """The prompt is too long for the model."""
    unsupported: str = ""
    """Lean's error, where it cannot state the statement."""
    pairs: tuple[Pair, ...] = ()
    """The accepted proofs, never trained on."""
    samples: tuple[HeldoutAttempt, ...] = ()
    """What each took, in their order."""


async def measure(statement: Statement, words: str, n: int, config: SearchConfig, tools: Tools) -> tuple[Measured, int]:
    """`n` proofs of `statement` (in plain language: `words`) sampled with the settings of `config` and judged; and their tokens."""
    side = Side(statement.text, False)
    proposals = await WholeProof(config, tools, words).propose(statement, [side], History(), n, 0)
    tokens = sum(proposal.tokens for proposal in proposals)
    if not proposals:
        return Measured(statement.id, n, refused=True), tokens
    read = [proposal for proposal in proposals if not proposal.unread]
    counts = Counter(proposal.proof.text for proposal in read)
    first = {proposal.proof.text: proposal for proposal in reversed(read)}  # of equal ones the first
    attempts = [new_attempt(statement, proposal, counts[text], tools.round) for text, proposal in reversed(first.items())]
    verdicts = await decided([attempt_check(attempt, statement, config.timeout) for attempt in attempts], tools.verify)
    outcomes: Counter[Outcome] = Counter()
    pairs: list[Pair] = []
    unsupported = ""
    for attempt, verdict in zip(attempts, verdicts, strict=True):
        outcomes[verdict.outcome] += attempt.count
        if verdict.accepted:
            pairs.append(pair(attempt, side, statement, None, verdict).model_copy(update={"kind": "heldout"}))
        elif cannot_be_stated(verdict):
            unsupported = verdict.first_error or verdict.reason
    unanswered = sum(proposal.unread == NO_ANSWER for proposal in proposals)  # an endpoint's failure, not the model's
    infra = outcomes[Outcome.INFRA] + unanswered
    found = Measured(
        statement.id,
        len(proposals) - infra,
        outcomes[Outcome.ACCEPTED],
        infra,
        outcomes[Outcome.TIMEOUT],
        len(proposals) - len(read) - unanswered,
        unsupported=unsupported,
        pairs=tuple(pairs),
        samples=_samples(statement.id, proposals, dict(zip(reversed(first), verdicts, strict=True))),
    )
    return found, tokens


def _samples(statement_id: str, proposals: Sequence[Proposal], verdicts: Mapping[str, Verdict]) -> tuple[HeldoutAttempt, ...]:
    """What each of `proposals` took; `verdicts` by the proofs' texts, of those that were read."""
    first: dict[str, int] = {}
    found = []
    for place, proposal in enumerate(proposals):
        same = first.setdefault(proposal.proof.text, place)
        told = {"statement_id": statement_id, "sample": place, "same": same, "tokens": proposal.tokens}
        verdict = None if proposal.unread else verdicts[proposal.proof.text]
        if verdict is None:
            found.append(HeldoutAttempt(**told, outcome="unread"))
        else:
            found.append(HeldoutAttempt(**told, seconds=verdict.seconds, outcome=verdict.outcome, reason=verdict.reason))
    return tuple(found)
