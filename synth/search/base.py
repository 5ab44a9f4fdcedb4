"""What a strategy is: it proposes proofs for the sides of a statement, from what has been tried and what Lean said of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from synth.config import SearchConfig
from synth.llm.types import Sampling, Weights
from synth.prompts import Proof, Role
from synth.records import Attempt, Pair, Problem, Statement
from synth.services import Tools
from verify_workers.records import Outcome, Verdict


@dataclass(frozen=True)
class Side:
    """One of the two things to prove about a statement: itself, or that it is false."""

    text: str
    negated: bool


@dataclass(frozen=True)
class Proposal:
    """A proof for one side and where it comes from; `unread` says why an answer holds no proof (Lean never sees its text)."""

    side: Side
    proof: Proof
    strategy: str
    tokens: int = 0
    sample: int = 0
    sampling: Sampling = Sampling(temperature=0.0, max_tokens=0)
    weights: Weights = Weights()
    prompt: str = ""
    parent: str = ""
    unread: str = ""
    shown: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What the prompt's template showed, by name, so that the prompt can be made again (not needed for `prove`)."""


@dataclass(frozen=True)
class Tried:
    """An attempt and the verdict on it, messages included; no verdict where no proof could be read."""

    attempt: Attempt
    verdict: Verdict | None


Aside = Callable[[Statement, SearchConfig], Awaitable[list[Pair]]]
"""The search of a statement that a strategy made of its own, such as a lemma: what was proved of it, or of its negation.

All of it is recorded with what the strategy proposes; a statement that is not kept is only recorded.  The same one is searched once.
"""


async def _nowhere(statement: Statement, config: SearchConfig) -> list[Pair]:
    return []


@dataclass
class History:
    """What was tried on one statement so far, in order."""

    items: list[Tried] = field(default_factory=list)
    aside: Aside = _nowhere

    def decided(self, side: Side, text: str) -> bool:
        """Whether `text` was judged for `side`: a failure of the checker judges nothing."""
        return any(
            t.attempt.negated == side.negated and t.attempt.proof == text and (t.verdict is None or t.verdict.outcome is not Outcome.INFRA)
            for t in self.items
        )

    def failures(self, side: Side) -> Iterator[Tried]:
        """Proofs of `side` that Lean refused, oldest first."""
        return (t for t in self.items if t.attempt.negated == side.negated and t.verdict and t.verdict.outcome is Outcome.REJECTED)


class Strategy(Protocol):
    """Proposes up to `n` proofs a side in wave `wave` (from 0).  A `one_shot` strategy has said all in its first wave.

    The search asks for each side on its own, for both at once, and cancels the one when the other is proved.
    """

    @property
    def name(self) -> str: ...

    @property
    def one_shot(self) -> bool: ...

    async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]: ...


Maker = Callable[[Statement, Problem | None, SearchConfig, Tools], Strategy | None]
"""The strategy for one statement; None where it has nothing to say about it."""


@dataclass(frozen=True)
class Kind:
    """A strategy by name: how it is made, the prompts that it asks, and its attempts a side (of all, and of one wave)."""

    make: Maker
    asks: tuple[Role, ...] = ()
    plan: Callable[[SearchConfig], tuple[int, int]] = lambda config: (config.attempts, config.wave)
