"""A shard actor that searches as the real one does.  What formalizing and filtering would ask is asked; what would come of it is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from synth.budget import Meter
from synth.config import RunConfig
from synth.prompts import Prompt
from synth.records import Drop, Problem, Statement
from synth.run.shard import Batch, Shard, ShardTask, counted, identities
from synth.run.shard_actor import ShardCalls
from synth.services import Services, Tools
from synth.simulate.drawing import NAME, Drawing
from synth.statements.text import given
from synth.store.rundir import RunDir
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

    async def _searched(self, task: ShardTask, gate: asyncio.Semaphore, key: str, statements: Sequence[Statement]) -> None:
        for statement in statements:
            if found := NAME.search(statement.text):
                self.drawing.searching[found[0]] = (task.round, key.endswith("-again"))
        await super()._searched(task, gate, key, statements)

    async def _statements(self, task: ShardTask, batch: Batch, known: dict[str, str]) -> list[Statement]:
        tools = self._tools(task.weights, task.round).metered(Meter(above=self.meter))
        measured, config = self.drawing.measured, self.config
        told = [problem for problem in batch.problems if not problem.statement]
        if told:
            await self._asked(tools, "formalize", len(told), config.formalize.samples)
        checks = round(measured.filter_checks * len(batch.problems))
        await tools.verify([Check(id=f"{batch.key}-{n}", statement="theorem X : True", code="filter") for n in range(checks)])
        if told and config.filters.grade:
            await self._asked(tools, "grade", len(told) * config.formalize.keep, 1)
        statements = [s for problem in batch.problems for s in self._of(problem, task.round)] + [
            s.model_copy(update={"kept": True, "reason": "", "round": task.round}) for s in batch.undecided
        ]
        self.counts.done["problems"] += len(batch.problems)
        self.counts.done["tokens"] += tools.tokens
        info = {"problems": len(batch.problems), "tokens": tools.tokens, **tools.spent, **counted(statements)}
        self.store.commit(f"{batch.key}-statements", {"statements": statements}, info)
        self._count_statements(statements)
        known.update(identities(statements, known))
        return statements

    async def _asked(self, tools: Tools, what: str, prompts: int, n: int) -> None:
        model = tools.formalizer if what == "formalize" else tools.judge
        sampling = model.sampling(what, n, 0)
        await asyncio.gather(*(model.ask([Prompt(what, "")], sampling) for _ in range(prompts)))

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
    """The actor without Ray."""

    def __init__(self, shard: SimulatedShard) -> None:
        self.shard = shard

    async def _shard(self) -> SimulatedShard:
        return self.shard
