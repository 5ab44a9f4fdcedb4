"""The timeline of a run: every few seconds, what it is doing, kept in the run directory and told to W&B and Ray's metrics.

Shares and rates come from the differences of the actors' running totals, so that nothing between two looks is missed.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from synth.run.live import Kind, Live
from synth.show.series import series
from synth.store.rundir import RunDir
from synth.store.timeline import Row, TimelineLog, idle, idle_of_round
from verify_workers.processes import machine_seconds

FRESH = 1.0  # seconds that an answer given to someone else may be old
ASKED: tuple[Kind, ...] = ("shards", "samplers", "pools", "index")
FUNNEL = ("problems", "statements", "statements_kept", "searched", "proved", "samples", "pairs", "evaluated")
HELD = ("statements", "problems")  # in the index
REJECT = "reject: "


class Timeline:
    """One for a whole run.  `actors` gives those of a kind as they are then; `tell` takes each row's figures, in a thread.

    `trainers`: 0 where nothing is trained, else 1.
    """

    def __init__(
        self,
        store: RunDir,
        live: Live,
        actors: Callable[[Kind], list[Any]],
        every: float,
        tell: Callable[[Mapping[str, float]], None],
        warn: Callable[[str], None] = print,
        trainers: int = 1,
    ) -> None:
        self.live, self.actors, self.every, self.trainers = live, actors, every, trainers
        self._tell, self._warn, self._warned = tell, warn, False
        self.log = TimelineLog(store)
        self.counts, self.dropped = recorded(store)
        last = self.log.rows[-1] if self.log.rows else None
        self.counts |= {name: last.counts.get(name, 0) if last else 0 for name in ("evaluated", "tokens")}  # in no unit
        self._before = last.time if last else 0.0
        self._started = self._looked = time.monotonic()
        self._totals: dict[tuple[Kind, Any], Mapping[str, float]] = {}
        self._stages: dict[int, dict[str, float]] = {}
        self._trained = 0.0
        self._machine = machine_seconds()
        self._lock = asyncio.Lock()
        self._ended: dict[str, float] = {}  # stages of the last row: told once more where they are over, for gauges keep their values
        self._errands: list[asyncio.Task[Any]] = []

    @property
    def time(self) -> float:
        """Seconds of the run at work; it goes on where the commands before this one ended."""
        return round(self._before + time.monotonic() - self._started, 3)

    async def keep(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(self.every)
            await self.look()

    async def look(self) -> None:
        """Add a row up to now.  Whatever goes wrong is told once, and ends nothing."""
        async with self._lock:
            try:
                await asyncio.to_thread(self._keep, await self._row())
            except Exception as error:  # also a bug of ours: nobody's proofs depend on this
                if not self._warned:
                    self._warned = True
                    self._warn(f"the timeline misses some rows ({(str(error) or type(error).__name__).splitlines()[0]})")

    async def idle(self, number: int) -> dict[str, Any]:
        """Idle shares up to now: while round `number` was under way, and since the run began."""
        await self.look()
        return {"idle": idle_of_round(self.log.rows, number), "idle_of_run": idle(self.log.rows)}

    async def tell(self, figures: Mapping[str, float]) -> None:
        """Pass on what is known by now and in no row; one after the other with the rows, for W&B drops what is older than its last."""
        async with self._lock:
            now = max(self.time, self.log.rows[-1].time if self.log.rows else 0.0)
            await asyncio.to_thread(self._tell, {"time": now, **figures})

    def later(self, errand: Coroutine[Any, Any, Any]) -> None:
        """Have something told beside the run's work."""
        self._errands.append(asyncio.create_task(errand))

    async def settled(self, seconds: float) -> None:
        """Wait for the errands, but not longer than this."""
        if self._errands:
            await asyncio.wait(self._errands, timeout=seconds)

    def _keep(self, row: Row) -> None:
        try:
            self.log.append(row)
        finally:
            figures = series(row)
            self._tell(self._ended | figures)
            self._ended = {name: 0.0 for name in figures if name.startswith("stage/")}

    async def _row(self) -> Row:
        since = self._looked
        await asyncio.gather(*(self.live.ask(kind, self.actors(kind), min(FRESH, self.every / 2)) for kind in ASKED))
        self._looked = time.monotonic()
        shards, samplers, pools = self._grown("shards"), self._grown("samplers"), self._grown("pools")
        there = {kind: self._there(kind, since) for kind in ASKED}
        self.live.forget(since)
        new = {name: round(count - shards[f"found: {name}"]) for name, count in shards.items()}
        self.counts.update({name: new.get(name, 0) for name in FUNNEL})
        self.counts["tokens"] += round(samplers["tokens"])
        self.dropped.update({name.removeprefix(REJECT): count for name, count in new.items() if name.startswith(REJECT)})
        trained, self._trained = (seconds := self.live.trainer.seconds) - self._trained, seconds
        machine, self._machine = (at_work := machine_seconds()) - self._machine, at_work
        stages, rounds = self._stages_since()
        return Row(
            time=max(self.time, self.log.rows[-1].time + 0.001 if self.log.rows else 0.0),  # rows are told apart by it
            span=round(max(1e-3, self._looked - since), 3),
            rounds=rounds or (self.log.rows[-1].rounds if self.log.rows else []),
            stages=stages,
            counts=dict(+self.counts),
            dropped=dict(+self.dropped),
            made=_given({"pairs": new.get("pairs", 0), "tokens": samplers["tokens"], "checks": pools["checks"]}),
            busy=_given({"samplers": samplers["busy_seconds"], "pools": pools["busy_seconds"], "trainer": trained}),
            cores=_given({"machine": machine, "samplers": samplers["cpu_seconds"], "pools": pools["cpu_seconds"]}),
            actors=_given(
                {"samplers": len(there["samplers"]), "pools": sum(stats["workers"] for stats in there["pools"]), "trainer": self.trainers}
            ),
            waiting=_given(
                {
                    "statements": sum(max(0, done.get("to_search", 0) - done.get("searched", 0)) for done, _, _ in there["shards"]),
                    "requests": sum(int(stats.get("outstanding", 0)) for stats in there["samplers"]),
                    "checks": sum(stats["outstanding"] for stats in there["pools"]),
                    "claims": sum(stats["waiting"] for stats in there["index"]),
                }
            ),
            training=dict(self.live.trainer.row),
            other=self.live.other | _held(there["index"]),
        )

    def _there(self, kind: Kind, since: float) -> list[Any]:
        """What the actors said last that anyone has wanted to hear of since then."""
        found = (heard for (other, _), heard in self.live.heard.items() if other == kind and heard.wanted >= since)
        return [heard.value for heard in found if heard.value is not None]

    def _grown(self, kind: Kind) -> Counter[str]:
        """What the totals of all actors of a kind have grown by since the last look; one that was restarted counts from 0 again."""
        grown: Counter[str] = Counter()
        totals = {key: _totals(*key, heard.value) for key, heard in self.live.heard.items() if key[0] == kind and heard.value is not None}
        for key, now in totals.items():
            before = self._totals.get(key, {})
            for name, total in now.items():
                last = before.get(name, 0.0)
                grown[name] += total - last if total >= last else total  # type: ignore[assignment]  # Counter adds floats as well
        self._totals = {key: total for key, total in self._totals.items() if key[0] != kind} | totals
        return grown

    def _stages_since(self) -> tuple[dict[str, float], list[int]]:
        """Seconds of each stage since the last look, and the rounds that had one."""
        stages, rounds = dict[str, float](), list[int]()
        for number, (clock, first) in sorted(self.live.clocks.items()):
            now, before = clock.stage_seconds(), self._stages.get(number, first)
            grown = {
                stage: round(seconds - before.get(stage, 0.0), 3) for stage, seconds in now.items() if seconds > before.get(stage, 0.0)
            }
            self._stages[number] = now
            for stage, seconds in grown.items():
                stages[stage] = round(stages.get(stage, 0.0) + seconds, 3)
            rounds += [number] if grown else []
        return stages, rounds


def recorded(store: RunDir) -> tuple[Counter[str], Counter[str]]:
    """The funnel and the reasons of what is in the run directory: its finished units, as they themselves counted."""
    counts: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for entry in store.entries():
        info = entry["info"]
        counts.update({name: info[name] for name in FUNNEL if isinstance(info.get(name), int)})
        counts["pairs"] += sum(part["rows"] for part in entry["parts"] if part["kind"] == "pairs")
        dropped.update(info.get("rejects", {}))
    return counts, dropped


def _totals(kind: Kind, actor: Any, answer: Any) -> dict[str, float]:
    """The running totals in an actor's answer."""
    if kind != "shards":
        return {name: answer[name] for name in ("tokens", "checks", "busy_seconds", "cpu_seconds") if name in answer}
    done, rejects, _ = answer
    return {**done, **{f"{REJECT}{reason}": count for reason, count in rejects.items()}}


def _held(shards: list[Mapping[str, int]]) -> dict[str, float]:
    """What the index holds, if it has answered."""
    return {f"index/{name}": float(sum(stats[name] for stats in shards)) for name in HELD if shards}


def _given(values: Mapping[str, float]) -> dict[str, Any]:
    """Without zeros, to keep rows short."""
    return {name: round(value, 3) for name, value in values.items() if value}
