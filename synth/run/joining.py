"""Engines that come with nodes which join a running cluster, and go with them (`sampler.most`).

Those that a run begins with are Ray's to start anew, wherever there is room; those of here are lost with their node, and others do
their work.  So what the run begins with always has the first claim on what is free: its engines that Ray is starting anew, and the
trainer between two rounds.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

import ray
from ray._private.state import available_resources_per_node  # Ray says it per node nowhere else
from ray.exceptions import ActorUnavailableError, RayActorError, RayError

from synth.llm.config import SamplerConfig
from synth.llm.sampler import end_sampler
from synth.llm.swap import SwapFailed
from synth.llm.types import Weights
from synth.run.actors import take_newest
from synth.run.cluster import START, held_together, last_line, plain, trains
from synth.run.live import ANSWER
from synth.run.roles import groups, start_engine
from synth.run.room import Node, Piece, Room
from synth.run.state import Run, served_lora
from synth.run.timeline import FRESH
from synth.services import Group

log = logging.getLogger(__name__)

LOOK = 10.0  # seconds between two looks at what is free
AGAIN = (60.0, 3600.0)  # first and longest pause, seconds, before a place where an engine did not start is tried again


class Joining:
    """Keeps a run's groups of engines as large as the cluster allows, up to what its configuration says."""

    def __init__(self, job: Run) -> None:
        self.job = job
        self._known: dict[str, None] = {}  # nodes of the look before, those that were there first before others
        self._failed: dict[tuple[str, str], tuple[int, float]] = {}  # by group and node: how often, and when to try again
        self._on: dict[Any, str] = {}  # the nodes of those that have joined
        self._number = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self._other = False

    async def follow(self) -> None:
        """Look every few seconds, until cancelled; what is starting then is the run's to end."""
        try:
            while True:
                await asyncio.sleep(LOOK)
                try:
                    await self.look()
                except Exception as error:  # Ray's head may be starting anew: the next look tells
                    log.warning("whether there is room for engines cannot be seen now: %s", last_line(error))
        finally:
            for task in self._under_way:
                task.cancel()

    async def look(self) -> None:
        """Forget engines that are lost, and start what there is room for."""
        nodes = await asyncio.to_thread(free_nodes)
        for group in [*self.job.groups]:
            await self._forget(group)
        before, self._known = self._known, dict.fromkeys([*(id for id in self._known if id in nodes), *nodes])
        if self.job.answering != Weights():  # else there is no model yet
            # What Ray itself has waiting goes to a node as it joins: only what it has left by the next look is free.
            room = Room([nodes[id] for id in self._known if id in before], await self._owed())
            while (found := self._place(room)) is not None:
                self._start(*found)
        if self._other:
            self.job.engines()  # also to those that Ray has started anew, with the engines of the beginning

    async def _forget(self, group: Group) -> None:
        """Drop the engines of a group that are lost."""
        joined = list(group.joined)
        are_gone = await asyncio.gather(*map(gone, joined))
        lost = [actor for actor, is_gone in zip(joined, are_gone, strict=True) if is_gone and actor in group.joined]
        if not lost:
            return
        nodes = await asyncio.to_thread(free_nodes)
        if not self._there(group):
            return
        group.drop(lost)
        self._other = True
        for actor in lost:
            end_sampler(actor)
            node = self._on.pop(actor)
            if node in nodes:
                self._pause(group, node)
            how = "ended on its node" if node in nodes else "has left with its node"
            self._tell(f"{group.name}: one that had joined {how}, {node[:8]}; the others do its work")

    async def _owed(self) -> list[Piece]:
        """What the run begins with and does not hold now, or may not have got yet."""
        job, pieces = self.job, list[Piece]()
        for roles in groups(job.config, job.roles):
            source = job.config.models.of(roles[0])
            if source.endpoint:
                continue
            missing = source.sampler.replicas
            if (group := next((group for group in job.groups if group.roles == roles), None)) is not None:
                answers = await job.live.ask("samplers", [actor for actor in group.actors if actor not in group.joined], FRESH)
                missing = sum(answer is None for answer in answers)
            pieces += missing * [Piece(asks, source.sampler.nodes) for asks in source.sampler.pieces]
        train = job.config.train
        holds = job.trainers.up if job.trainers is not None else bool(job.live.trainer.row)
        if trains(job.config) and held_together(job.config, job.roles) and not holds:
            pieces += train.workers * [Piece({"CPU": train.cpus_per_worker, "GPU": train.gpus / train.workers})]
        return pieces

    def _place(self, room: Room) -> tuple[Group, str] | None:
        """The group that gets the next engine, of those that may have more the smallest for its size, and the node; takes that room."""
        job, now = self.job, time.monotonic()
        sizes = [
            ((len(group.actors) + len(group.starting)) / sampler.replicas, place, group, sampler)
            for place, group in enumerate(job.groups)
            if group.local and group.up and len(group.actors) + len(group.starting) < (sampler := self._sampler(group)).most
        ]
        for *_, group, sampler in sorted(sizes, key=lambda size: size[:2]):
            barred = {node for (name, node), (_, until) in self._failed.items() if name == group.name and until > now}
            if (found := room.take([Piece(asks, sampler.nodes) for asks in sampler.pieces], barred)) is not None:
                return group, found[0]
        return None

    def _sampler(self, group: Group) -> SamplerConfig:
        return self.job.config.models.of(group.roles[0]).sampler

    def _start(self, group: Group, node: str) -> None:
        job, first = self.job, self.job.role_weights()[group.roles[0]]
        number = self._sampler(group).replicas + self._number
        self._number += 1
        actor = start_engine(job.config, group.roles, first, number, served_lora(job.config), node)
        group.starting.append(actor)
        job.progress.note(f"node {node[:8]} has room: one more {group.name} starts there")
        task = asyncio.create_task(self._join(group, actor, first, node))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _join(self, group: Group, actor: Any, first: Weights, node: str) -> None:
        """Wait until an engine answers with the newest weights: then it is one of the group."""
        try:
            async with asyncio.timeout(START):
                await actor.stats.remote()
                await take_newest(self.job, group, actor, first)
        except (RayError, SwapFailed, TimeoutError) as error:
            self._did_not_start(group, node, error)
        else:
            if self._there(group):
                group.actors.append(actor)
                group.joined.append(actor)
                self._on[actor], self._other = node, True
                self.job.progress.note(f"one more {group.name} has joined, on node {node[:8]}: {len(group.actors)} now")
                self.job.engines()
        finally:
            group.starting.remove(actor)
            if actor not in group.joined:
                end_sampler(actor)

    def _did_not_start(self, group: Group, node: str, error: BaseException) -> None:
        if not self._there(group):
            return  # ended with the others of its group
        self._pause(group, node)
        reason = f"not up after {START:.0f} s" if isinstance(error, TimeoutError) else last_line(plain(error))
        self._tell(f"{group.name}: one more did not start on node {node[:8]}: {reason}")

    def _pause(self, group: Group, node: str) -> None:
        """Let an engine of the group not be tried on that node for a while, longer each time."""
        tries = self._failed.get((group.name, node), (0, 0.0))[0]
        self._failed[group.name, node] = tries + 1, time.monotonic() + min(AGAIN[1], AGAIN[0] * 2**tries)

    def _tell(self, what: str) -> None:
        """Count a failure for the newest round under way."""
        clocks = self.job.live.clocks
        (replace(self.job, clock=clocks[max(clocks)][0]) if clocks else self.job).failed(what)

    def _there(self, group: Group) -> bool:
        """Whether the group is still one of the run's: all end while a round trains, under `release_while_training`."""
        return any(group is other for other in self.job.groups)


async def gone(actor: Any) -> bool:
    """Whether an actor has died for good: one that does not answer just now has not."""
    try:
        await asyncio.wait_for(actor.stats.remote(), ANSWER)
    except ActorUnavailableError:
        return False
    except RayActorError:
        return True
    except Exception:
        return False
    return False


def free_nodes() -> dict[str, Node]:
    """The nodes that there are, with what is free on each.  Raises RuntimeError where the cluster does not say."""
    alive = [node for node in ray.nodes() if node["Alive"]]
    if not alive:
        raise RuntimeError("the cluster names no node")
    free = available_resources_per_node()
    return {node["NodeID"]: Node(node["NodeID"], dict(free.get(node["NodeID"], {})), node.get("Labels") or {}) for node in alive}
