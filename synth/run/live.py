"""What a run is doing now: its actors, asked once for all who want to know, its stages under way, its trainer.

The display, the account of a round and the timeline look at the same answers; several rounds may be under way at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from synth.run.clock import Clock

Kind = Literal["shards", "samplers", "pools", "index"]
QUESTION: dict[Kind, str] = {"shards": "counts", "samplers": "stats", "pools": "stats", "index": "stats"}
ANSWER = 5.0  # seconds that an actor may take to say how far it is; one that is being restarted does not


@dataclass
class Heard:
    """An actor's last answer (None: it has given none), when it was asked for that and for the next one, and when anyone last wanted it.

    All in seconds of the clock.
    """

    value: Any = None
    when: float = float("-inf")
    asked: float = float("-inf")
    wanted: float = float("-inf")
    call: asyncio.Task[Any] | None = None


class Trainer:
    """Seconds that training has spent in optimizer steps: not in starting, loading and exporting."""

    def __init__(self) -> None:
        self.row: Mapping[str, float] = {}
        """The last row of metrics.jsonl while a training is under way."""
        self._done = self._most = self._seconds = 0.0
        self._when, self._share, self._stepping = 0.0, 0.0, False

    def begin(self) -> None:
        """A training starts, or goes on from a checkpoint."""
        self._when, self._seconds, self._stepping = time.monotonic(), 0.0, False

    def report(self, row: Mapping[str, float]) -> None:
        """A row of metrics.jsonl.  Its `seconds` may be those of a training before an interruption too: never more than passed counts."""
        now, seconds = time.monotonic(), row["seconds"]
        passed = now - self._when
        grown = min(seconds - self._seconds if seconds >= self._seconds else seconds, passed)
        self._done, self._share = self._done + grown, grown / max(passed, 1e-9)
        self._when, self._seconds, self._stepping = now, seconds, row["step"] < row["steps"]
        self.row = dict(row)

    def end(self) -> None:
        self._stepping, self.row = False, {}

    @property
    def seconds(self) -> float:
        """Since the run was started or continued; between two rows it is taken to go on as before the last one."""
        ahead = self._share * (time.monotonic() - self._when) if self._stepping else 0.0
        self._most = max(self._most, self._done + ahead)
        return self._most


class Live:
    """Shared by all rounds of a run that are under way."""

    def __init__(self) -> None:
        self.heard: dict[tuple[Kind, Any], Heard] = {}
        self.clocks: dict[int, tuple[Clock, dict[str, float]]] = {}
        """The accounts of rounds, by number, each with the seconds of its stages when it was first seen."""
        self.trainer = Trainer()
        self.other: dict[str, float] = {}
        """What else is to be in the timeline, by the name that it is shown by (`staleness/versions`)."""
        self._watching: set[asyncio.Task[None]] = set()

    def account(self, clock: Clock) -> None:
        """A stage of this round is about to begin."""
        assert clock.number is not None  # a round's
        if clock.number not in self.clocks or self.clocks[clock.number][0] is not clock:
            self.clocks[clock.number] = (clock, clock.stage_seconds())

    def watch(self, what: Coroutine[Any, Any, None]) -> None:
        """Have something looked at that nobody's work waits for; it must not raise."""
        self._watching.add(task := asyncio.create_task(what))
        task.add_done_callback(self._watching.discard)

    async def ask(self, kind: Kind, actors: Iterable[Any], age: float) -> list[Any]:
        """Each actor's answer to a question not older than `age` seconds (0: a new one); None where none comes, for whatever reason."""
        return list(await asyncio.gather(*(self._one(kind, actor, age) for actor in actors)))

    async def _one(self, kind: Kind, actor: Any, age: float) -> Any:
        heard = self.heard.setdefault((kind, actor), Heard())
        now = heard.wanted = time.monotonic()
        if age and now - heard.when <= age:
            return heard.value
        if not age or heard.call is None or heard.call.done() or now - heard.asked > age:
            heard.asked = now
            heard.call = asyncio.create_task(_answer(getattr(actor, QUESTION[kind]).remote()))
        asked = heard.asked
        answer = await asyncio.shield(heard.call)
        if answer is not None and asked >= heard.when:
            heard.value, heard.when = answer, asked
        return answer

    def forget(self, before: float) -> None:
        """Drop what nobody has wanted since `before` (clock, seconds)."""
        self.heard = {key: heard for key, heard in self.heard.items() if heard.wanted >= before}


async def _answer(call: Any) -> Any:
    try:
        return await asyncio.wait_for(call, ANSWER)
    except Exception:
        return None
