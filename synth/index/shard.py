"""A shard of the index: the keys and the texts that fall to it."""

from __future__ import annotations

import asyncio

from synth.config import FilterConfig
from synth.index.problems import Problems, Texts
from synth.index.statements import Statements
from synth.records import Claim, Problem
from synth.statements.screen import Alike, Sought
from synth.store.rundir import RunDir

PAUSE = 0.5  # seconds between two writes of claims: what comes meanwhile is written together


class IndexShard:
    """One of `of` shards of the index of the run in `store`; a plain class, so that it runs without Ray."""

    def __init__(self, store: RunDir, filters: FilterConfig, benchmarks: Texts, number: int = 0, of: int = 1) -> None:
        """`benchmarks`: names and texts of their rows, by the reason for which what repeats one is dropped."""
        self._parts = store, filters, benchmarks, number, of
        self.statements = Statements(store, number, of)
        self.problems = Problems(store, filters, benchmarks, number, of)
        self._waiting = list[tuple[list[Claim], asyncio.Future[list[str]]]]()
        self._writing: asyncio.Task[None] | None = None
        self._last = -PAUSE  # the loop's time of the last write

    def __reduce__(self) -> tuple[type[IndexShard], tuple[object, ...]]:
        """Elsewhere it reads what it has answered."""
        return type(self), self._parts

    async def claim(self, claims: list[Claim]) -> list[str]:
        """The id of the statement that has the key of each; the answer is on disk by then."""
        answer: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self._waiting.append((claims, answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await answer

    async def settle(self, round: int) -> int:
        """Settle the claims of `round`, whose units are all finished, once; how many statements are other than they were written."""
        return await asyncio.to_thread(self.statements.settle, round)

    async def sought(self, problems: list[tuple[int, Problem]]) -> list[Sought]:
        """Problems as all shards are asked about them."""
        return await asyncio.to_thread(self.problems.sought, problems)

    async def alike(self, problems: list[Sought]) -> list[Alike]:
        """What of this shard each repeats."""
        return await asyncio.to_thread(self.problems.alike, problems)

    async def keep(self, piece: str, problems: list[Sought]) -> None:
        """Problems of this shard that repeat none; `piece` is the key of what they were asked about with."""
        await asyncio.to_thread(self.problems.keep, piece, problems)

    async def stats(self) -> dict[str, int]:
        """What is held here, and how many claims wait for an answer."""
        waiting = sum(len(claims) for claims, _ in self._waiting)
        return {"statements": len(self.statements), "problems": len(self.problems), "waiting": waiting}

    async def _write(self) -> None:
        """Answer all who wait, together, and then those who came meanwhile."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(self._last + PAUSE - loop.time())
            taken, self._waiting = self._waiting, []
            try:
                answers = await asyncio.to_thread(self.statements.decide, [claim for claims, _ in taken for claim in claims])
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
