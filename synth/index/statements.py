"""The claims of a shard of the index: who has which key, on disk before anybody hears it, and settled when a round is over.

A claim is no statement yet (`claims.py`): its unit of work may be killed, and then find another statement.  So claims are settled by what
the round's units hold: where nobody is there who could have the key, the first of those that did not get it has it after all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from synth.index.claims import Claims, claims_of, round_of
from synth.index.log import Log, share
from synth.records import Claim, Drop, Statement
from synth.search.outcome import KINDS
from synth.statements.filters.base import drop
from synth.store.rundir import RunDir

AT_ONCE = 4096  # keys that are settled together
BEFORE = "before"  # the end of the key of what an earlier version's rounds kept


class Statements(Log):
    """Who has the keys that fall to this shard."""

    def __init__(self, store: RunDir, number: int, of: int) -> None:
        super().__init__(store, number, of)
        self._claims: Claims | None = None
        self._count = 0  # of `_claims`, also while they are being written down

    def __len__(self) -> int:
        """Keys that are held here, as far as they have been read."""
        return self._count

    def decide(self, claims: list[Claim]) -> list[str]:
        """The id of the statement that has the key of each; what is new of that is on disk."""
        with self.lock:
            while True:
                answers, news = self._claimed().decide(claims)
                if self._log(news):
                    self._count = len(self._claimed())
                    return answers

    def _log(self, news: Sequence[Claim]) -> bool:
        """Write down what is new.  False where that was in vain (see `commit`); then what we know is read again before the next answer."""
        known, self._claims = self._claims, None
        if news and not self.commit(f"r{max(round_of(claim.unit) for claim in news):03d}", "claims", news):
            return False
        self._claims = known
        return True

    def _claimed(self) -> Claims:
        if self._claims is None:
            claims, logged = Claims(), set[int]()
            for span in self.written("claims"):
                logged |= {round_of(key) for key, _ in span.units if not key.endswith(BEFORE)}
                for table in self.store.span_tables("claims", list(Claim.model_fields), span):
                    rows = (Claim.model_construct(**row) for row in table.to_pylist())
                    claims.take_in([claim for claim in rows if share(claim.key, self.of) == self.number])
            for round in {round_of(claim.unit) for claim in claims.lost.values()}:
                if self.store.done("statements", self._settlement(round)):
                    claims.settled(round)
            self._claims = claims
            for round in self._rounds() - logged:
                key = f"r{round:03d}-x{self.number:02d}of{self.of:02d}-{BEFORE}"
                if not self.store.done("claims", key):
                    old = [claim for claim in self._of_old(round) if share(claim.key, self.of) == self.number]
                    self.store.commit(key, {"claims": claims.decide(old)[1]})
        return self._claims

    def _rounds(self) -> set[int]:
        """The rounds whose searches are over."""
        names = (path.rsplit("/", 1)[-1] for path in self.store.list_files("rounds"))
        return {
            int(name)
            for name in names
            if name.isdigit() and int(name) and any(self.store.exists(f"rounds/{name}/{file}.json") for file in ("metrics", "searched"))
        }

    def _of_old(self, round: int) -> Iterator[Claim]:
        """The claims of what a round kept that an earlier version searched."""
        repeated = self.store.repeated()
        kept = (s for s in self.store.read("statements", Statement, f"r{round:03d}-") if s.kept and s.origin not in KINDS)
        for statement in kept:
            if statement.id not in repeated:
                yield from claims_of([statement], f"r{round:03d}-{BEFORE}")

    def settle(self, round: int) -> int:
        """Settle the claims of `round`, whose units are all finished, once; how many statements are other than they were written."""
        with self.lock:
            claims, unit = self._claimed(), self._settlement(round)
            lost = defaultdict[int, list[Claim]](list)
            for claim in sorted(claims.lost.values(), key=lambda claim: (claim.rank, claim.id)):
                if round_of(claim.unit) == round:
                    lost[claim.key].append(claim)
            if not self.store.done("statements", unit):
                changed, keys = list[tuple[Statement, Statement]](), sorted(lost)
                for start in range(0, len(keys), AT_ONCE):
                    changed += self._other(claims, {key: lost[key] for key in keys[start : start + AT_ONCE]})
                repeated = [before.id for before, now in changed if before.kept and not now.kept]
                self.store.commit(unit, {"statements": [now for _, now in changed]}, {"repeated": repeated})
            claims.settled(round)
            return self.store.count("statements", unit)

    def _settlement(self, round: int) -> str:
        """The unit of what was settled: its key sorts before those of the shards' units, and of one id the first record counts."""
        return f"r{round:03d}-repeats-x{self.number:02d}of{self.of:02d}"

    def _other(self, claims: Claims, lost: Mapping[int, Sequence[Claim]]) -> Iterator[tuple[Statement, Statement]]:
        """Of statements that lost those that are not as they were written: as written, and as they are.

        Those that are kept all the same (pieces, what a better one came after) are dropped; one that lost to nobody is kept.
        """
        holders = {key: claims.holder(key) for key in lost}
        units = {claim.unit for some in (holders.values(), *lost.values()) for claim in some}
        written = self._statements(units)
        for key, losers in lost.items():
            there = [s for claim in losers if (s := written.get((claim.unit, claim.id)))]
            holder, one = holders[key], written.get((holders[key].unit, holders[key].id))
            if there and not holder.unit.endswith(f"-{BEFORE}") and not (one and one.kept):
                first = next(claim for claim in losers if claim.id == there[0].id)
                holder = claims.give(first.model_copy(update={"unit": self._settlement(round_of(first.unit))}))
                self._log([holder])
            says = f"says what statement {holder.id} says"
            for statement in there:
                if statement.id == holder.id and statement.reason == Drop.DUPLICATE:
                    yield statement, statement.model_copy(update={"kept": True, "reason": "", "detail": ""})
                elif statement.id != holder.id and statement.origin != "given" and statement.detail != says:
                    yield statement, drop(statement, Drop.DUPLICATE, says)

    def _statements(self, units: set[str]) -> dict[tuple[str, str], Statement]:
        """The statements that these units hold, by unit and id."""
        found: dict[tuple[str, str], Statement] = {}
        for prefix in {unit.partition("-")[0] for unit in units}:
            for span in self.store.spans("statements", f"{prefix}-", units):
                keys = [key for key, rows in span.units for _ in range(rows)]
                rows = self.store.rows_at("statements", Statement, span)
                found |= {(key, statement.id): statement for key, statement in zip(keys, rows, strict=True)}
        return found
