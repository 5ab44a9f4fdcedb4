"""A shard actor that searches as the real one does.  What formalizing and filtering would ask is asked; what would come of it is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from synth.budget import Meter
from synth.config import RunConfig
from synth.prompts import Prompt
from synth.records import Drop, Problem, Statement
from synth.run.searches import Searched, counted
from synth.run.shard import Batch, Ready, Shard, ShardTask, counting
from synth.run.shard_actor import ShardCalls
from synth.services import Services, Tools
from synth.simulate.drawing import NAME, Drawing
from synth.statements.text import given
from synth.store.rundir import RunDir
from synth.store.service import Service
from verify_workers.records import Check


class SimulatedShard(Shard):
    """`synth/run/shard.py` but for `_statements`.  `seconds`: of its one thread for each attempt."""

    def __init__(self, config: RunConfig, store: RunDir, services: Services, drawing: Drawing, seconds: float) -> None:
        super().__init__(config, store, services, frozenset())
        self.drawing, self._seconds = drawing, seconds * drawing.grain
        self._thread = asyncio.Lock()

    def _tools(self, weights: Any, round: int) -> Tools:
        tools = super()._tools(weights, round)
        verify = tools.verify

        async def in_turn(checks: list[Check]) -> Any:
            async with self._thread:  # all that a shard computes of its attempts, one after the other
                await asyncio.sleep(self._seconds * len(checks))
            return await verify(checks)

        return replace(tools, verify=in_turn)

    async def search(self, task: ShardTask, statement: Statement) -> Searched:
        if found := NAME.search(statement.text):
            again = any(old.id == statement.id and old.kept for old in task.retry)
            self.drawing.searching[found[0]] = (task.round, again)
        return await super().search(task, statement)

    async def _statements(self, task: ShardTask, batch: Batch, ready: Ready) -> list[Statement]:
        asked: dict[str, Service] = {}
        tools = counting(self._tools(task.weights, task.round), asked).metered(Meter(above=self.meter))
        each = self.drawing.measured.filter_checks

        async def one(number: int, problem: Problem) -> list[Statement]:
            if not problem.statement:
                await self._asked(tools, "formalize", self.config.formalize.samples)
            checks = range(round(each * number), round(each * (number + 1)))
            await tools.verify([Check(id=f"{batch.key}-{n}", statement="theorem X : True", code="filter") for n in checks])
            if not problem.statement and self.config.filters.grade:
                await asyncio.gather(*(self._asked(tools, "grade", 1) for _ in range(self.config.formalize.keep)))
            statements = self._of(problem, task.round)
            self.counts.done["problems"] += 1
            ready(statements)
            return statements

        found = await asyncio.gather(*(one(number, problem) for number, problem in enumerate(batch.problems)))
        again = {"kept": True, "reason": "", "round": task.round}
        statements = [s for some in found for s in some] + [s.model_copy(update=again) for s in batch.undecided]
        self.counts.done["tokens"] += tools.tokens
        info = {"problems": len(batch.problems), "tokens": tools.tokens, **tools.spent, **counted(statements)}
        info["lean"] = {kind: one.figures() for kind, one in asked.items()}
        self.store.commit(f"{batch.key}-statements", {"statements": statements}, info)
        self._count_statements(statements)
        return statements

    async def _asked(self, tools: Tools, what: str, n: int) -> None:
        model = tools.formalizer if what == "formalize" else tools.judge
        await model.ask([Prompt(what, "")], model.sampling(what, n, 0))

    def _of(self, problem: Problem, round: int) -> list[Statement]:
        """The statements of a problem, kept or not."""
        if problem.statement:
            return [given(problem, round)]
        kept = self.drawing.kept(round)
        made = [given(stated(problem, n), round) for n in range(max(1, kept))]
        found = [s.model_copy(update={"origin": "autoformalized", "problem_id": problem.id}) for s in made]
        return found if kept else [s.model_copy(update={"kept": False, "reason": Drop.GRADE}) for s in found]


def stated(problem: Problem, number: int) -> Problem:
    """A problem with a statement of its own."""
    name = f"{problem.id}_{number}"
    return problem.model_copy(update={"statement": f"theorem {name} : {abs(hash_of(name))} = 0"})


def hash_of(name: str) -> int:
    """A number for a name, the same in every process."""
    return int.from_bytes(name.encode()[-8:], "big")


class SimulatedShardActor(ShardCalls):
    """The actor without Ray; nothing reaches it before its process has started."""

    def __init__(self, shard: SimulatedShard, start: Coroutine[Any, Any, None]) -> None:
        self.shard, self._started = shard, asyncio.get_running_loop().create_task(start)

    async def _shard(self) -> SimulatedShard:
        await asyncio.shield(self._started)
        return self.shard
