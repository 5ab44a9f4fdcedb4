"""A shard of the index: the keys and the texts that fall to it, and what it has answered, on disk before anybody hears it.

What it answers about a statement is a claim (`claims.py`).  The statement may never come: where the unit of work that would hold it is
killed, and then finds another one.  So claims are settled when their round is over, by what the round's units hold: where nobody is
there who could have the key, the first of those that did not get it has it after all.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from synth.config import FilterConfig
from synth.index.claims import Claims, claims_of, round_of
from synth.keys import Keys, hashes
from synth.records import Claim, Drop, Marked, Problem, Statement
from synth.search.outcome import KINDS
from synth.statements.filters.base import drop
from synth.statements.screen import Alike, Slice, Sought
from synth.statements.words import Marks
from synth.store.rundir import RunDir

PAUSE = 0.5  # seconds between two writes: what comes meanwhile is written together
AT_ONCE = 4096  # keys that are settled together
BEFORE = "before"  # the unit of what an earlier version's rounds kept
Texts = Mapping[Drop, Sequence[tuple[str, str]]]


def share(key: int, of: int) -> int:
    """The number of the shard to which a key falls."""
    return key % of


def share_of(problem: str, of: int) -> int:
    """The number of the shard to which a problem falls, by its id."""
    return int(hashes([problem])[0]) % of


class IndexShard:
    """One of `of` shards of the index of the run in `store`; a plain class, so that it runs without Ray."""

    def __init__(self, store: RunDir, filters: FilterConfig, benchmarks: Texts, number: int = 0, of: int = 1) -> None:
        """`benchmarks`: names and texts of their rows, by the reason for which what repeats one is dropped."""
        self.store, self.number, self.of = store, number, of
        self._filters, self._benchmarks = filters, benchmarks
        self._claims: Claims | None = None
        self._slice: Slice | None = None
        self._ids = Keys()  # of the problems in the slice
        self._units: dict[str, int] = {}  # how many there are, by the beginning of their keys
        self._lock = threading.RLock()
        self._waiting = list[tuple[list[Claim], asyncio.Future[list[str]]]]()
        self._writing: asyncio.Task[None] | None = None
        self._last = -PAUSE  # the loop's time of the last write

    def __reduce__(self) -> tuple[type[IndexShard], tuple[object, ...]]:
        """Elsewhere it reads what it has answered."""
        return type(self), (self.store, self._filters, self._benchmarks, self.number, self.of)

    async def claim(self, claims: list[Claim]) -> list[str]:
        """The id of the statement that has the key of each; the answer is on disk by then."""
        answer: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self._waiting.append((claims, answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await answer

    async def settle(self, round: int) -> int:
        """Settle the claims of `round`, whose units are all finished, once; how many statements are other than they were written."""
        return await asyncio.to_thread(self._settle, round)

    async def sought(self, problems: list[tuple[int, Problem]]) -> list[Sought]:
        """Problems as all shards are asked about them."""
        return await asyncio.to_thread(self._sought, problems)

    async def alike(self, problems: list[Sought]) -> list[Alike]:
        """What of this shard each repeats."""
        return await asyncio.to_thread(self._alike, problems)

    async def keep(self, piece: str, problems: list[Sought]) -> None:
        """Problems of this shard that repeat none; `piece` is the key of what they were asked about with."""
        await asyncio.to_thread(self._keep, piece, problems)

    async def stats(self) -> dict[str, int]:
        """What is here."""
        return {"keys": len(self._claims or ()), "texts": len(self._slice.problems) if self._slice else 0}

    # statements

    async def _write(self) -> None:
        """Answer all who wait, together, and then those who came meanwhile."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(self._last + PAUSE - loop.time())
            taken, self._waiting = self._waiting, []
            try:
                answers = await asyncio.to_thread(self._decide, [claim for claims, _ in taken for claim in claims])
            except Exception as error:
                for _, answer in taken:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            self._last = loop.time()
            for claims, answer in taken:
                mine, answers = answers[: len(claims)], answers[len(claims) :]
                if not answer.done():
                    answer.set_result(mine)

    def _decide(self, claims: list[Claim]) -> list[str]:
        with self._lock:
            while True:
                answers, news = self._claimed().decide(claims)
                if self._log(news):
                    return answers

    def _log(self, news: Sequence[Claim]) -> bool:
        """Write down what is new.  False where that is in vain (see `_commit`); then what we know is read again before the next answer."""
        known, self._claims = self._claims, None
        prefix = f"r{max((round_of(claim.unit) for claim in news), default=0):03d}-x{self.number:02d}-"
        if news and not self._commit(prefix, "claims", news):
            return False
        self._claims = known
        return True

    def _commit(self, prefix: str, kind: str, records: Sequence[Claim] | Sequence[Marked]) -> bool:
        """Write the next of the units whose keys begin with `prefix`; False where a process that Ray took for dead was faster."""
        if prefix not in self._units:
            self._units[prefix] = sum(1 for _ in self.store.entries(prefix))
        key = f"{prefix}{self._units[prefix]:06d}"
        self._units[prefix] += 1
        return self.store.commit(key, {kind: records})

    def _claimed(self) -> Claims:
        if self._claims is None:
            claims, logged = Claims(), set[int]()
            for span in self.store.spans("claims"):
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

    def _settle(self, round: int) -> int:
        with self._lock:
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
                holder = claims.give(next(claim for claim in losers if claim.id == there[0].id))
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

    # problems

    def _sought(self, problems: list[tuple[int, Problem]]) -> list[Sought]:
        with self._lock:
            known = self._sliced()
        return known.sought(problems)

    def _alike(self, problems: list[Sought]) -> list[Alike]:
        with self._lock:
            return self._sliced().alike(problems)

    def _keep(self, piece: str, problems: list[Sought]) -> None:
        with self._lock:
            known = self._sliced()
            places = self._ids.find(hashes(one.id for one in problems))
            new = [one for one, place in zip(problems, places, strict=True) if place < 0]
            if not new:
                return
            self._slice = None  # until it is written
            if self._commit(f"{piece}-x{self.number:02d}-", "texts", [_marked(one) for one in new]):
                self._slice = known
                self._take_in(known, new)
            else:
                self._keep(piece, problems)

    def _sliced(self) -> Slice:
        if self._slice is None:
            known, self._ids = Slice(self._filters, self._benchmarks, self.number, self.of), Keys()
            for span in self.store.spans("texts"):
                for table in self.store.span_tables("texts", list(Marked.model_fields), span):
                    rows = [row for row in table.to_pylist() if share_of(row["id"], self.of) == self.number]
                    self._take_in(known, [_sought(row) for row in rows])
            self._slice = known
        return self._slice

    def _take_in(self, known: Slice, problems: Sequence[Sought]) -> None:
        fresh = self._ids.fresh(hashes(one.id for one in problems))
        known.keep([one for one, new in zip(problems, fresh, strict=True) if new])


def _marked(one: Sought) -> Marked:
    return Marked(id=one.id, place=one.place, text=one.text, bands=one.marks.bands.tolist(), grams=one.marks.grams.tolist())


def _sought(row: dict[str, object]) -> Sought:
    marks = Marks(np.array(row["bands"], np.uint32), np.array(row["grams"], np.uint32))
    return Sought(int(str(row["place"])), str(row["id"]), str(row["text"]), False, marks)
