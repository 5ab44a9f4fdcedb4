"""What a strategy is: it proposes proof texts for the sides of a statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from synth.prompts import Proof
from synth.records import Statement


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
