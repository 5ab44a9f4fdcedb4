"""Budgets of a round and of the whole run: what was spent is added up here, and the shards are told when it is enough.

A shard counts for itself; only the driver knows all of them.  It looks at their counts about twice a second (`watch.POLL`), so a
budget can be passed by what is begun in that time and by what was in flight.
"""

from __future__ import annotations

from collections import Counter

from synth.budget import costs
from synth.run.state import Run

SEARCH = "search"  # the stage of a round in which budgets are spent


class Spending:
    """What round `number` of `job` may spend."""

    def __init__(self, job: Run, number: int) -> None:
        self.job, self.number = job, number
        self._earlier = _spent_before(job, number)
        self._searched = self._seconds()
        self.told = ""

    def round(self) -> Counter[str]:
        """What this round has spent so far, also in work that an interruption threw away."""
        spent = Counter(self.job.account.spent)
        spent["gpu_ms"] += _gpu_ms(self.job, self.job.account.stage_seconds())
        return spent

    def _seconds(self) -> float:
        return self.job.account.stage_seconds().get(SEARCH, 0.0)

    def _joined(self) -> None:
        """Count the GPUs of engines that have joined, since the last look; those that a run begins with are counted by the stage."""
        before, self._searched = self._searched, self._seconds()
        if held := self.job.joined_gpus:
            self.job.account.spent["gpu_ms"] += round(1000 * held * (self._searched - before))

    def limit(self) -> str:
        """The budget that is used up, such as `run.money`; '' if none."""
        budgets, prices, spent = self.job.config.budgets, self.job.config.prices, self.round()
        if name := budgets.run.reached(self._earlier + spent, prices):
            return f"run.{name}"
        name = budgets.round.reached(spent, prices)
        return f"round.{name}" if name else ""

    def heed(self) -> None:
        """Tell the shards, where a budget is used up; an actor that was restarted is told again."""
        self._joined()
        if limit := self.limit():
            for actor in self.job.shards:
                actor.stop.remote(limit, self.number)
        if limit and limit != self.told:
            self.job.progress.note(f"round {self.number}: the budget {limit} is used up ({self.words()}): nothing more is begun")
        self.told = limit

    def words(self) -> str:
        """What this round has spent, in words."""
        figures, currency = costs(self.round(), self.job.config.prices), self.job.config.prices.currency
        words = {name: f"{value:,.0f} {name.replace('_', ' ')}" for name, value in figures.items() if value}
        return ", ".join((words | {"money": f"{figures['money']:.2f} {currency}"} if figures["money"] else words).values())


def used_up(job: Run, number: int) -> str:
    """The budget of the run that was used up before round `number`; '' if none."""
    name = job.config.budgets.run.reached(_spent_before(job, number), job.config.prices)
    return f"run.{name}" if name else ""


def _spent_before(job: Run, number: int) -> Counter[str]:
    """What the rounds before round `number` have spent."""
    return sum((_spent(job, round) for round in range(number)), Counter[str]())


def _spent(job: Run, round: int) -> Counter[str]:
    """What an earlier round has spent."""
    saved = job.store.read_json(f"rounds/{round:03d}/clock.json", {})
    return Counter(saved.get("spent", {})) + Counter({"gpu_ms": _gpu_ms(job, saved.get("stages", {}))})


def _gpu_ms(job: Run, stages: dict[str, float]) -> int:
    """Milliseconds that the GPUs of the engines that the run begins with were held while proofs were searched."""
    return int(1000 * job.config.models.gpus() * stages.get(SEARCH, 0.0))
