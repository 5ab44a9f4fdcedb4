"""Which of several programs is believed: the one whose cases most of them print (self-consistency, 2203.11171).

A program that lacks a number which the problem names in digits has most likely copied it wrongly: it is run last, and believed only
where no other one is left.  It is never forgotten: a program may well say a number in other words (`for k in range(100, 1000)`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synth.answers.enumerate import Case


@dataclass(frozen=True)
class Listed:
    """What one program printed.

    `lacks`: it does not have a number of the problem's; `fewer`: how often it names the problem's numbers less often than the problem does.
    """

    source: str
    cases: list[Case]
    lacks: bool = False
    fewer: int = 0

    def agrees(self, other: Listed) -> bool:
        """Whether both print the same value for each of the arguments that both have, and have one at least."""
        mine, theirs = dict(self.cases), dict(other.cases)
        shared = mine.keys() & theirs.keys()
        return bool(shared) and all(mine[one] == theirs[one] for one in shared)


def support(one: Listed, listed: Sequence[Listed]) -> int:
    """How many of the programs agree with `one`, itself included."""
    return sum(one is other or one.agrees(other) for other in listed)


def believed(listed: Sequence[Listed]) -> list[Listed]:
    """Programs, the most believable first: those that lack no number, have more of their like agree, name numbers as the problem does.

    One that is in doubt counts for nothing beside one that is not.
    """
    like = {lacks: [one for one in listed if one.lacks is lacks] for lacks in (False, True)}
    votes = {id(one): support(one, like[one.lacks]) for one in listed}
    return sorted(listed, key=lambda one: (one.lacks, -votes[id(one)], one.fewer, -len(one.cases)))
