"""Samplers that stand in for each other: a request goes to the least loaded, and to another one where that fails.

Ray starts an actor that died again (`max_restarts`), on another node if need be; until it is back, the others do its
work.  Some come with nodes that join, and are gone with them (`members`).  An actor that lives but fails is started anew,
and left alone when that does not help.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from verify_workers.errors import UserError
from verify_workers.pool.client import lot

TRIES = 3  # failures of one actor in a row after which it is given up
PAUSE = (0.5, 15.0)  # first and longest pause, seconds, before a failed actor is asked again
PATIENCE = 900.0  # seconds that a dead actor may take to come back: a large model is loaded anew
CALLS = 2000  # of ours that an actor has at a time, twice as many as it works on: the others wait here (Ray warns of 5,000)


@dataclass
class _Member:
    """What we know of one actor: requests of ours in flight, its failures since the last answer, and when to ask it again."""

    handle: Any
    number: int
    waiting: int = 0
    failed: int = 0
    ready_at: float = 0.0  # clock, seconds
    dead_since: float | None = None  # clock, seconds
    given_up: bool = False
    last: str = ""
    lot: float = 0.0  # decides between equals
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CALLS))


class Replicas:
    """Actors of one kind; every failure is counted in `failures` under a text that says who failed and how."""

    def __init__(self, name: str, actors: list[Any], failures: Counter[str]) -> None:
        self.name, self.failures = name, failures
        self._members: list[_Member] = []
        self._numbered = 0
        self.members(actors)

    def members(self, actors: list[Any]) -> None:
        """These are the actors from now on: who is new has nothing to do yet, and what is under way with one that went ends there."""
        there, known = set(actors), {member.handle for member in self._members}
        self._members = [member for member in self._members if member.handle in there]
        for actor in actors:
            if actor not in known:
                self._members.append(_Member(actor, self._numbered, lot=lot(len(actors))))
                self._numbered += 1

    def __len__(self) -> int:
        return len(self._members)

    async def ask(self, method: str, *args: Any, load: int = 1) -> Any:
        """The answer of whichever actor gives one.  Raises UserError when none is left that could.

        Cancelled, it has the actor drop the request.
        """
        while True:
            member = await self._free()
            member.waiting += load
            try:
                async with member.room:
                    if member.given_up or member.ready_at > time.monotonic() or member not in self._members:
                        continue  # meanwhile it has failed, or gone
                    # Sent again from here rather than by Ray, which would wait for this very actor.
                    reference = getattr(member.handle, method).options(max_task_retries=0).remote(*args)
                    try:
                        answer = await reference
                    except asyncio.CancelledError:
                        if isinstance(reference, ray.ObjectRef):
                            ray.cancel(reference)
                        raise
            except RayActorError as error:
                self._died(member, error)
            except RayTaskError as error:
                self._broke(member, error)
            else:
                member.failed, member.dead_since = 0, None
                return answer
            finally:
                member.waiting -= load

    async def _free(self) -> _Member:
        """The least loaded actor that can be asked now; waits for one that may come back."""
        while True:
            hopeful = [member for member in self._members if not member.given_up]
            if not hopeful:
                last = next((member.last for member in reversed(self._members) if member.last), "there was none")
                raise UserError(f"no {self.name} is left: {last}; the same command continues once that is mended")
            now = time.monotonic()
            ready = [member for member in hopeful if member.ready_at <= now]
            if ready:
                return min(ready, key=lambda member: (member.waiting, member.lot))
            await asyncio.sleep(min(member.ready_at for member in hopeful) - now)

    def _record(self, member: _Member, reason: str) -> None:
        member.last = f"{self.name} {member.number} {reason}"
        self.failures[member.last] += 1

    def _died(self, member: _Member, error: RayActorError) -> None:
        now = time.monotonic()
        if member.ready_at <= now:  # else another request has told already
            if member.dead_since is None:
                self._record(member, "died; its work goes to the others")
            member.dead_since = member.dead_since or now
            member.ready_at = now + min(PAUSE[1], PAUSE[0] * 2**member.failed)
            member.failed += 1
        if member.dead_since is not None and now - member.dead_since > PATIENCE:
            member.given_up = True

    def _broke(self, member: _Member, error: RayTaskError) -> None:
        cause: Any = error
        while isinstance(cause, RayTaskError) and cause.cause is not None:
            cause = cause.cause
        lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
        reason = lines[-1][:300] if lines else type(cause).__name__
        self._record(member, f"failed: {reason}" if isinstance(cause, UserError) else f"failed: {type(cause).__name__}: {reason}")
        member.failed += 1
        if isinstance(cause, UserError) or member.failed >= TRIES:
            member.given_up = True
        else:
            member.ready_at = time.monotonic() + min(PAUSE[1], PAUSE[0] * 2**member.failed)
            if member.failed == TRIES - 1:
                ray.kill(member.handle, no_restart=False)  # a new process may do better
