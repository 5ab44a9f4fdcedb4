"""Neighbouring rounds at the same time (`mode: async`): a search samples with the newest weights there are while the round before trains.

    search r      begins when version r-1-`stream.staleness` of the weights is out, and search r-1 is over
    train v       begins when search v is over, or `stream.fresh_pairs` new pairs are there, and version v-1 is trained
    publish v     beside the next training, once version v-1 is evaluated: one engine after the other, so that no answer is of two versions
    evaluate v    beside the next search and the next training

Searches follow one another, and so do trainings: what a search decides from earlier ones (what is kept already, what is
searched again) is complete when it begins, on disk, and the same after any interruption.  The parts of the run directory are the
stream: a training takes the units that are committed when it begins, and writes down which.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from synth.run.actors import start_samplers, start_shards, start_trainers, swap_in
from synth.run.clock import Clock
from synth.run.figures import round_counts
from synth.run.interrupt import together
from synth.run.learn import read_taken, take, versions
from synth.run.rounds import compared, complete, evaluated, finish, first_model, kept, metrics, over, searched, trained
from synth.run.screen import screen
from synth.run.spending import used_up
from synth.run.state import Run
from synth.store.rundir import RunDir
from verify_workers.working_directory import enter_again

LOOK = 1.0  # seconds between two looks at how many pairs are new, and at what is under way


async def rounds_in_stream(job: Run) -> None:
    """All rounds that are not yet complete, those next to each other at the same time."""
    rounds = list[dict[str, Any]]()
    while len(rounds) <= job.config.rounds and complete(job.store, len(rounds)):
        rounds.append(metrics(job.store, len(rounds)))
    if rounds and (over(job, rounds) or len(rounds) > job.config.rounds):
        return
    if rounds and not job.trained(len(rounds)) and ended(job, len(rounds)):
        return  # before anything is started
    stream = Stream(job, rounds)
    try:
        async with kept(stream.clock):
            await stream.begin()
            await stream.run()
    finally:
        await stream.close()


def ended(job: Run, number: int) -> bool:
    """Whether search `number` is not to be begun, or gone on with: a budget of the run is used up."""
    if job.store.exists(_over(number)) or not (limit := used_up(job, number)):
        return False
    job.progress.note(f"the budget {limit} is used up: no search {number}")
    return True


def _over(number: int) -> str:
    return f"rounds/{number:03d}/searched.json"


class Stream:
    """The rounds of a run from the first that is not complete."""

    def __init__(self, job: Run, rounds: list[dict[str, Any]]) -> None:
        self.job, self.rounds = job, rounds
        self.first, self.last = len(rounds), job.config.rounds
        self.clock = Clock(job.store, None)
        self._views: dict[int, Run] = {}
        self._accounts: dict[int, contextlib.AsyncExitStack] = {}  # of the rounds under way
        self._searched, self._trained, self._published = ([asyncio.Event() for _ in range(self.last + 1)] for _ in range(3))
        self._gaps: dict[int, dict[str, float]] = {}
        self._ending: asyncio.Task[None] | None = None  # the evaluation under way

    async def view(self, number: int) -> Run:
        """The run with an account of round `number`; the newest weights answer."""
        if number not in self._views:
            self._views[number] = replace(self.job, clock=await self._account(number))
        return self._views[number]

    async def _account(self, number: int) -> Clock:
        clock, self._accounts[number] = Clock(self.job.store, number), contextlib.AsyncExitStack()
        await self._accounts[number].enter_async_context(kept(clock))
        return clock

    async def close(self) -> None:
        """Save the accounts of the rounds that are not complete."""
        for account in self._accounts.values():
            await account.aclose()

    async def begin(self) -> None:
        """Everything that all rounds need, once: the first model, engines, shards, trainers."""
        job = self.job
        job.clock = await self._account(self.first)
        start_trainers(job, self.first)
        if self.first == 0:
            await first_model(job)
        else:
            job.answering = job.weights(self.first - 1)
            await screen(job)
        await start_samplers(job)
        start_shards(job)
        start_trainers(job, next((number for number in range(max(1, self.first), self.last) if not job.trained(number)), self.last))
        self._views[self.first] = replace(job)
        for number in range(max(1, self.first)):
            self._published[number].set()

    async def run(self) -> None:
        """Searches beside trainings and what becomes of the versions; the first failure ends all, and so does a plateau."""
        searches, trainings, versions = (asyncio.create_task(work) for work in (self._search(), self._train(), self._versions()))
        try:
            while not versions.done():
                beside = [task for task in (searches, trainings, self._ending) if task is not None]
                under_way = {versions, *(task for task in beside if not task.done())}
                await asyncio.wait(under_way, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)  # an evaluation may have begun
                for task in beside:
                    if task.done():
                        task.result()
            versions.result()
        finally:
            tasks = [task for task in (searches, trainings, versions, self._ending) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _search(self) -> None:
        """The searches, one after the other."""
        for number in range(max(1, self.first), self.last + 1):
            if not self.job.store.exists(_over(number)):
                await self._published[max(0, number - 1 - self.job.config.stream.staleness)].wait()
                if ended(self.job, number):
                    self.last = number - 1
                    break
                enter_again()  # files given by relative paths are read in every search
                view = await self.view(number)
                await searched(view, number)
                view.account.save()  # what the next search finds already spent
                # In no thread: an end of the run in between would have the search be done again.
                self.job.store.write_json(_over(number), {"pairs": self.job.store.count("pairs", f"r{number:03d}-")})
            self._searched[number].set()
        for event in self._searched:
            event.set()

    async def _train(self) -> None:
        """The trainings, one after the other."""
        for number in range(max(1, self.first), self.job.config.rounds + 1):
            view = await self.view(number)
            if not self.job.trained(number):
                await self._enough(number)
                if number > self.last:
                    break
                fresh = self.job.config.stream.fresh_pairs
                previous = self.job.weights(number - 1)
                taken = await asyncio.to_thread(take, self.job.store, number) if fresh else None
                await trained(view, number, previous, taken)
            self._trained[number].set()
        for event in self._trained:
            event.set()

    async def _versions(self) -> None:
        """What is trained is published and evaluated, one version after the other."""
        if self.first == 0:
            self._ending = asyncio.create_task(self._end(0))
        for number in range(max(1, self.first), self.job.config.rounds + 1):
            await self._trained[number].wait()
            if not self.job.trained(number):
                break
            if self._ending is not None:
                await self._ending
                if over(self.job, self.rounds):
                    return
            await self._publish(number)
            self._ending = asyncio.create_task(self._end(number))
        if self._ending is not None:
            await self._ending
            over(self.job, self.rounds)

    async def _enough(self, number: int) -> None:
        """Return when round `number` can train: its search is over, or enough pairs are new and none will be too old for the next."""
        stream = self.job.config.stream
        if not stream.fresh_pairs or not stream.staleness or number == self.job.config.rounds:
            await self._searched[number].wait()
            return
        before = await asyncio.to_thread(_pairs_of, self.job.store, read_taken(self.job.store, number - 1).units)
        there = [*versions(self.job.store, number - 1), number]
        while not self._searched[number].is_set():
            new = await asyncio.to_thread(self.job.store.count, "pairs") - before
            oldest = min(+self.job.in_use, default=number)
            if new >= stream.fresh_pairs and sum(v > oldest for v in there) <= stream.staleness:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._searched[number].wait(), LOOK)

    async def _publish(self, number: int) -> None:
        """Version `number` answers from now on, if it is a new one."""
        weights = self.job.weights(number)
        if weights != self.job.answering:
            swapping = replace(await self.view(number), answering=weights, shards=[])  # those at work go on
            with swapping.timed("swap"):
                self._gaps[number] = await swap_in(swapping, one_by_one=True)
        for view in (self.job, *self._views.values()):
            view.answering = weights
        self._published[number].set()

    async def _end(self, number: int) -> None:
        """Evaluate version `number`, and write down what came of the round, its search included."""
        view = await self.view(number)
        measured = replace(view, shards=self.job.measuring)
        if number == 0:
            figures = await evaluated(measured, 0)
        else:
            figures, _ = await together(evaluated(measured, number), self._compared(view, number))
            figures |= await asyncio.to_thread(round_counts, view, number) | self._gaps.get(number, {})
        seconds = self.clock.seconds - sum(done["seconds"] for done in self.rounds)
        await finish(view, number, {**figures, "seconds": round(seconds, 1)})
        self.rounds.append(metrics(self.job.store, number))
        await self._accounts.pop(number).aclose()

    async def _compared(self, view: Run, number: int) -> None:
        await self._searched[number].wait()
        await compared(view, number)


def _pairs_of(store: RunDir, units: Collection[str]) -> int:
    """Verified pairs that these units hold."""
    return sum(rows for key, rows in store.units("pairs").items() if key in units) if units else 0
