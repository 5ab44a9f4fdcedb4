"""The searches of a shard: begun as statements come, a bounded number at a time, and what they found, kept in chunks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from synth.llm.config import ROLES
from synth.records import Statement
from synth.run.interrupt import together
from synth.search.outcome import Found
from synth.store.rundir import RunDir


@dataclass
class Counts:
    """Live figures of a shard, for the progress display; the records on disk are what counts."""

    done: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    """What of these was on disk already, `reject: REASON` included."""


@dataclass(frozen=True)
class Searched:
    """What the search of a statement came to, and what each role spent on it."""

    statement: Statement
    found: Found
    spent: Counter[str]


class Searching:
    """Searches of one task: `search` does one, `keep` commits what several found under a key."""

    def __init__(
        self,
        store: RunDir,
        counts: Counts,
        gate: asyncio.Semaphore,
        size: int,
        search: Callable[[Statement], Awaitable[Searched]],
        keep: Callable[[str, Sequence[Searched]], Awaitable[None]],
    ) -> None:
        """`gate`: lets so many search at once; `size`: of a chunk."""
        self.store, self.counts, self.gate, self.size = store, counts, gate, size
        self._search, self._keep = search, keep
        self._begun: dict[str, asyncio.Task[Searched]] = {}
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin(self, statements: Iterable[Statement]) -> None:
        """Search those of `statements` that are kept, if they are not being searched."""
        for statement in statements:
            if statement.kept and statement.id not in self._begun:
                self.counts.done["to_search"] += 1
                self._begun[statement.id] = task = asyncio.create_task(self._one(statement))
                task.add_done_callback(self._over)

    async def chunks(self, key: str, statements: Sequence[Statement]) -> None:
        """Search those of `statements`, which are on disk, that are kept, and keep what is found in units under `key`."""
        work = [s for s in statements if s.kept]
        chunks = [work[i : i + self.size] for i in range(0, len(work), self.size)]
        await together(*(self._chunk(f"{key}-c{n:04d}", chunk) for n, chunk in enumerate(chunks)))

    async def until(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do `work`, which begins searches; what fails of it or of them ends all."""
        whole = asyncio.create_task(work)
        try:
            await asyncio.wait({whole, self._failed}, return_when=asyncio.FIRST_COMPLETED)
            if not whole.done():
                self._failed.result()
            whole.result()
        finally:
            for task in (whole, *self._begun.values()):
                task.cancel()
            await asyncio.gather(whole, *self._begun.values(), return_exceptions=True)
            self._failed.cancel()

    async def _one(self, statement: Statement) -> Searched:
        async with self.gate:
            return await self._search(statement)

    def _over(self, task: asyncio.Task[Searched]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None and not self._failed.done():
            self._failed.set_exception(error)
            self._failed.exception()  # looked at: `until` may have ended before

    async def _chunk(self, key: str, chunk: Sequence[Statement]) -> None:
        if self.store.done("pairs", key):
            self.counts.done.update(to_search=len(chunk), searched=len(chunk))
            self.counts.found["searched"] += len(chunk)
            return
        self.begin(chunk)
        await self._keep(key, await asyncio.gather(*(self._begun[statement.id] for statement in chunk)))
        for statement in chunk:
            self._begun.pop(statement.id, None)  # what was found is on disk


def records(results: Sequence[Searched], round: int) -> dict[str, list[Any]]:
    """What the searches of a chunk made in `round`, by kind; but for the statements."""
    parts = [part for one in results for part in one.found.everything()]
    return {
        "attempts": [attempt for part in parts for attempt in part.attempts],
        "verdicts": [verdict for part in parts for verdict in part.verdicts],
        "pairs": [pair for part in parts for pair in part.pairs],
        "searches": [row for one in results for row in one.found.rows(one.statement, round)],
    }


def figures(results: Sequence[Searched]) -> dict[str, Any]:
    """What the entry of a chunk says of its searches."""
    spent = sum((one.spent for one in results), Counter[str]())
    return {
        "searched": len(results),
        "samples": sum(one.found.samples for one in results),
        "tokens": sum(spent[f"tokens_{role}"] for role in ROLES),
        **{f"{what}_{role}": spent[f"{what}_{role}"] for role in ROLES for what in ("tokens", "faults")},
        "proved": sum(bool(one.found.pairs) for one in results),
        "rejects": dict(sum((refused(one.found) for one in results), Counter[str]())),
        "quarantined": [one.statement.id for one in results if any(part.unsound for part in one.found.everything())],
    }


def counted(statements: Sequence[Statement]) -> dict[str, Any]:
    """How many there are, how many are kept, and why the others are not."""
    rejects = Counter(str(s.reason) for s in statements if not s.kept)
    return {"statements": len(statements), "statements_kept": sum(s.kept for s in statements), "rejects": dict(rejects)}


def refused(found: Found) -> Counter[str]:
    """Why proofs of a search were not accepted, and what ended it early."""
    limit = Counter({f"search: budget {found.limit}": 1} if found.limit else {})
    verdicts = (v for part in found.everything() for v in part.verdicts if v.outcome != "accepted")
    return limit + Counter(f"proof: {v.reason or v.outcome}" for v in verdicts)
