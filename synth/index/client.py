"""The index as one: every shard is asked for what falls to it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from synth.config import FilterConfig
from synth.index.claims import claims_of
from synth.index.log import share, share_of
from synth.index.shard import IndexShard
from synth.records import Problem, Statement
from synth.statements.screen import Passed, Sought, judged


class Index:
    """`shards` are `IndexShard`s, or handles of actors around them; `filters` are the run's.  Cheap; safe to send to another process."""

    def __init__(self, shards: Sequence[Any], filters: FilterConfig) -> None:
        self.shards, self.filters = list(shards), filters

    @property
    def actors(self) -> list[Any]:
        """Of the shards, those that are actors of Ray."""
        return [shard for shard in self.shards if not isinstance(shard, IndexShard)]

    async def claim(self, statements: Sequence[Statement], unit: str, proved: Collection[str] = ()) -> list[str]:
        """For each of `statements`, which the unit of work `unit` will hold, the id of the run's one that says this.

        `proved`: ids of those that are proved already.
        """
        claims = claims_of(statements, unit, proved)
        numbers = [share(claim.key, len(self.shards)) for claim in claims]
        asked = [n for n in range(len(self.shards)) if n in numbers]
        answers = await asyncio.gather(
            *(self._ask(n, "claim", [claim for claim, number in zip(claims, numbers, strict=True) if number == n]) for n in asked)
        )
        by_shard = {n: iter(answer) for n, answer in zip(asked, answers, strict=True)}
        return [next(by_shard[number]) for number in numbers]

    async def settle(self, round: int) -> int:
        """Settle the claims of `round`, which is over; how many statements are other than they were written."""
        return sum(await self._each("settle", round))

    async def screen(self, key: str, problems: Sequence[tuple[int, Problem]]) -> dict[str, Passed]:
        """What is known of problems, each with its place in the run's list, by their words (`statements/screen.py`).

        All of those before them in the list must have been asked about; `key` names them, and begins with their round.
        """
        if not problems:
            return {}
        first = problems[0][0] % len(self.shards)
        sought: list[Sought] = await self._ask(first, "sought", list(problems))
        passed, kept = judged(sought, await self._each("alike", sought), self.filters)
        shares: dict[int, list[Sought]] = {}
        for one in kept:
            shares.setdefault(share_of(one.id, len(self.shards)), []).append(one)
        await asyncio.gather(*(self._ask(n, "keep", key, some) for n, some in shares.items()))
        return passed

    async def _each(self, method: str, *args: Any) -> list[Any]:
        return list(await asyncio.gather(*(self._ask(n, method, *args) for n in range(len(self.shards)))))

    async def _ask(self, number: int, method: str, *args: Any) -> Any:
        """What a shard answers.  Ray asks again where its actor dies: what it has answered is on disk, and is answered again."""
        call = getattr(self.shards[number], method)
        return await (call(*args) if isinstance(self.shards[number], IndexShard) else call.remote(*args))
