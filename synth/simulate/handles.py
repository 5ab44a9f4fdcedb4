"""Handles of simulated actors: a call takes effect after a moment, and fails as Ray's do where the actor has died."""

from __future__ import annotations

import asyncio
from typing import Any

from ray.exceptions import ActorDiedError

ASIDE = {"stats", "counts"}  # calls that nobody's work waits for
HANDLES: list[Handle] = []
"""All of the simulation under way, by number: pickled, a handle is its number."""


def numbered(number: int) -> Handle:
    return HANDLES[number]


class Handle:
    """`handle.method.remote(...)` runs the method of `actor`.  `seconds`: until a call reaches it."""

    def __init__(self, actor: Any, seconds: float = 0.0) -> None:
        self.actor, self.seconds = actor, seconds
        self.dead = False
        self._number = len(HANDLES)
        self._calls: dict[asyncio.Future[Any], asyncio.Task[Any]] = {}
        HANDLES.append(self)

    def __reduce__(self) -> Any:
        return numbered, (self._number,)

    def __getattr__(self, name: str) -> _Method:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Method(self, name)

    def call(self, name: str, args: tuple[Any, ...]) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        if self.dead:
            answer.set_exception(ActorDiedError())
            return answer
        task = loop.create_task(self._run(name, args))
        self._calls[answer] = task
        task.add_done_callback(lambda task: self._settle(answer, task))
        answer.add_done_callback(lambda answer: task.cancel() if answer.cancelled() else None)
        return answer

    async def _run(self, name: str, args: tuple[Any, ...]) -> Any:
        if self.seconds and name not in ASIDE:
            await asyncio.sleep(self.seconds)
        return await getattr(self.actor, name)(*args)

    def _settle(self, answer: asyncio.Future[Any], task: asyncio.Task[Any]) -> None:
        self._calls.pop(answer, None)
        if answer.done():
            return
        if task.cancelled():
            answer.set_exception(ActorDiedError())
        elif error := task.exception():
            answer.set_exception(error)
        else:
            answer.set_result(task.result())

    def kill(self) -> None:
        """The actor is gone, and what it was at with it."""
        self.dead = True
        for task in [*self._calls.values()]:
            task.cancel()


class _Method:
    def __init__(self, handle: Handle, name: str) -> None:
        self._handle, self._name = handle, name

    def options(self, **_: Any) -> _Method:
        return self

    def remote(self, *args: Any) -> asyncio.Future[Any]:
        return self._handle.call(self._name, args)
