"""Which statement is the run's one with its identity: the first that claimed it, by exact keys, about 40 bytes each.

A key is a 64-bit hash of what statements have in common that say the same (`statements.text.identity`: the normal form, else the text in
its context).  Of statements of one round that claim a key the one with the better right has it, whoever was first: a given one, then a
problem's, then one that was made of what is proved, then a piece of another, one that is proved before others; of equal right the first
that asked.  Who asks again gets the same answer.  Pieces, which are searched when they claim, are no repetitions of earlier rounds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.keys import Keys, grown, hashes
from synth.records import Claim, Statement
from synth.search.outcome import KINDS, MADE
from synth.statements.text import identity

GIVEN, OF_A_PROBLEM, MADE_OF_PROOFS, PROVED_PIECE, PIECE = range(5)
_COLUMNS: dict[str, Any] = {"owner": "S20", "unit": np.uint32, "rank": np.uint8, "turn": np.uint16}


def claims_of(statements: Sequence[Statement], unit: str, proved: Collection[str] = ()) -> list[Claim]:
    """The claims of statements that the unit of work `unit` will hold; `proved`: ids of those that are."""
    keys = signed(map(identity, statements))
    return [Claim(id=s.id, key=int(key), unit=unit, rank=_rank(s, s.id in proved)) for s, key in zip(statements, keys, strict=True)]


def signed(identities: Iterable[str]) -> NDArray[np.int64]:
    """Keys as they stand in records."""
    return hashes(identities).view(np.int64)


def _rank(statement: Statement, proved: bool) -> int:
    if statement.origin in KINDS:
        return PROVED_PIECE if proved else PIECE
    return GIVEN if statement.origin == "given" else MADE_OF_PROOFS if statement.origin in MADE else OF_A_PROBLEM


def round_of(unit: str) -> int:
    """The round of a unit of work."""
    return int(unit[1:].partition("-")[0])


class Claims:
    """Who holds which key, and who of the rounds that are not settled yet does not."""

    def __init__(self) -> None:
        self._keys = Keys()
        self._columns = {name: np.zeros(0, kind) for name, kind in _COLUMNS.items()}
        self._units, self._numbers = list[str](), dict[str, int]()
        self.lost: dict[tuple[int, str], Claim] = {}
        """Claims of statements that another one was before, by key and id."""

    def __len__(self) -> int:
        return len(self._keys)

    def holder(self, key: int) -> Claim:
        """Who has `key`, which somebody has claimed."""
        return self._at(key, int(self._keys.find(np.array([key]).view(np.uint64))[0]))

    def decide(self, claims: Sequence[Claim]) -> tuple[list[str], list[Claim]]:
        """The id of the statement that has the key of each, and what is new of that, to be kept."""
        numbers, fresh = self._keys.numbered(_keys(claims))
        self._grow()
        answers, news = list[str](), list[Claim]()
        for claim, number, new in zip(claims, numbers.tolist(), fresh, strict=True):
            before = None if new else self._at(claim.key, number)
            if before is None or (claim.rank < before.rank if before.id != claim.id else round_of(claim.unit) > round_of(before.unit)):
                news.append(self._set(number, claim.model_copy(update={"turn": before.turn + 1 if before else 0})))
                if before and before.id != claim.id and round_of(before.unit) == round_of(claim.unit):
                    news.append(self._lose(before, claim.id))
                answers.append(claim.id)
            elif claim.rank >= PROVED_PIECE and round_of(before.unit) < round_of(claim.unit):
                answers.append(claim.id)
            else:
                if before.id != claim.id and (claim.key, claim.id) not in self.lost:
                    news.append(self._lose(claim, before.id))
                answers.append(before.id)
        return answers, news

    def give(self, claim: Claim) -> Claim:
        """`claim` has its key from now on; what is to be kept of that."""
        self.lost.pop((claim.key, claim.id), None)
        number = int(self._keys.add(_keys([claim]))[0])
        self._grow()
        return self._set(number, claim.model_copy(update={"holder": "", "turn": int(self._columns["turn"][number]) + 1}))

    def take_in(self, claims: Sequence[Claim]) -> None:
        """What was kept once, in any order."""
        numbers = self._keys.add(_keys(claims))
        self._grow()
        turns = self._columns["turn"]
        for claim, number in zip(claims, numbers.tolist(), strict=True):
            if claim.holder:
                self.lost[claim.key, claim.id] = claim
            elif claim.turn >= turns[number]:
                self._set(number, claim)

    def settled(self, round: int) -> None:
        """Nothing is asked any more about those that lost in `round`."""
        self.lost = {which: claim for which, claim in self.lost.items() if round_of(claim.unit) != round}

    def _at(self, key: int, number: int) -> Claim:
        owner, unit, rank, turn = (self._columns[name][number] for name in _COLUMNS)
        return Claim(id=owner.decode(), key=key, unit=self._units[unit], rank=int(rank), turn=int(turn))

    def _set(self, number: int, claim: Claim) -> Claim:
        owner = claim.id.encode()
        if len(owner) > self._columns["owner"].dtype.itemsize:
            self._columns["owner"] = self._columns["owner"].astype(f"S{len(owner)}")
        if claim.unit not in self._numbers:
            self._numbers[claim.unit] = len(self._units)
            self._units.append(claim.unit)
        for name, value in zip(_COLUMNS, (owner, self._numbers[claim.unit], claim.rank, claim.turn), strict=True):
            self._columns[name][number] = value
        return claim

    def _lose(self, claim: Claim, holder: str) -> Claim:
        lost = self.lost[claim.key, claim.id] = claim.model_copy(update={"holder": holder})
        return lost

    def _grow(self) -> None:
        for name, column in self._columns.items():
            self._columns[name] = grown(column, len(self._keys))


def _keys(claims: Sequence[Claim]) -> NDArray[np.uint64]:
    return np.array([claim.key for claim in claims], np.int64).view(np.uint64)
