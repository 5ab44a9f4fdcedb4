"""Checks to the pools of all nodes: the one way there, for stages, service, tests and benchmarks.

Checks go out in chunks, each to the pool with the least of ours to do, the near one of equals, else by lot.  A pool or a node that dies
takes no check with it: its chunks go to the others at once (in halves, so that a check that kills pools takes few with it),
and it is asked again after a pause, because Ray starts it anew.  What has died once is first asked whether it lives, and so is
whoever gets a check that a pool has died with: only a pool that lived when it got a check counts against that check.  A pool
that cannot work at all is not asked again.  So every check gets exactly one verdict as long as one pool is left.

Checks have no deadline here: a queue may be long.  While a pool has some of ours it is asked for its `Pulse`.  One that gives none, whose
workers are beyond their own time, or that knows of no check although it has ours is stuck: it is ended, and that is a death like any.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from verify_workers.errors import UserError
from verify_workers.pool.runner import infra
from verify_workers.pool.watchdog import Pulse
from verify_workers.records import Check, Verdict

log = logging.getLogger("verify_workers.pool")

CHUNK = 32  # checks that go to one node at a time: small, so that a large request uses all nodes
IN_FLIGHT = 8  # chunks of one call that a pool has at a time; the others wait here
CHECK_TRIES = 5  # pools, others or started anew, that died while they had a check: its answer is then `infra`
CHECK_ALONE = 2  # of these at least while they had no other check of ours
POOL_TRIES = 8  # deaths in a row after which a pool is not asked again
RESTART_SECONDS = (1.0, 8.0)  # first and longest pause before a pool that has died is asked again
STATS_SECONDS = 10.0  # that a pool may take to say how it is
LOOK_SECONDS = 30.0  # between two looks at a pool that has checks of ours; as long it may take to answer one
LATE_SECONDS = 120.0  # that a pool may be beyond its workers' own time: it ends what is late within a few
LATE_LOOKS = 2  # in a row at which it was: the whole process may have been stopped for a while
SILENT_LOOKS = 10  # in a row at which it did not answer, or knew of no check: the machine, or the way there, may be very busy
MAX_FAILURES = 100  # kept
MANY = 8  # actors from which on each client draws lots between equals: else thousands of shards would all begin with the same ones


@dataclass(eq=False)
class _Pool:
    """One node's pool as this client sees it."""

    node: str
    actor: Any
    load: int = 0  # checks sent and not yet answered
    life: int = 0  # how often it has died
    deaths: int = 0  # of these since its last answer
    ready: float = 0.0  # clock, seconds: when it may be asked
    broken: Exception | None = None  # why it is not asked any more
    left: bool = False  # with its node
    lot: float = 0.0  # decides between equals
    watch: asyncio.Task[None] | None = None  # ends when it is stuck, or has nothing of ours to do


class PoolClient:
    """Spreads checks over `pools`: node ids and the `NodePool` actors there.  For use from one thread.

    `here` is the node of the caller ('' = ask Ray).  `failures` says, in lines for the user, which pools failed so far.
    Where somebody follows the cluster and tells `members`, `patience` is how many seconds it may be without any node.
    """

    def __init__(self, pools: Mapping[str, Any], here: str = "", patience: float = 0.0) -> None:
        if not pools:
            raise UserError("no node of the Ray cluster has a CPU for Lean workers: start one with --num-cpus")
        self.failures: list[str] = []
        self._here = here or (ray.get_runtime_context().get_node_id() if ray.is_initialized() else "")
        self._pools = [_Pool(node, actor, lot=lot(len(pools))) for node, actor in pools.items()]
        self._patience = patience
        self._alone: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None

    def members(self, pools: Mapping[str, Any]) -> None:
        """These are the pools from now on: what the others had to do goes to them."""
        self._pools = [pool for pool in self._pools if not pool.left or pool.node not in pools]  # one that has left may be back
        known = {pool.node for pool in self._pools}
        for pool in self._pools:
            if pool.node not in pools and not pool.broken:
                pool.left = True
                self._break(pool, UserError("its node has left the cluster"))
        self._pools += [_Pool(node, actor, lot=lot(len(pools))) for node, actor in pools.items() if node not in known]

    async def verify(self, checks: Sequence[Check]) -> list[Verdict]:
        """One verdict per check, in their order.  Raises `UserError`, one line, when no pool is left.

        Cancelled, it has the pools drop its checks, and ends when those that run have ended.
        """
        room, alone = asyncio.Semaphore(IN_FLIGHT * len(self._pools)), self._one_at_a_time()

        async def part(chunk: list[Check]) -> list[Verdict]:
            async with room:
                return await self._answered(chunk, (), alone)

        tasks = [asyncio.create_task(part(list(checks[i : i + CHUNK]))) for i in range(0, len(checks), CHUNK)]
        try:
            answered = await asyncio.gather(*tasks)
        except BaseException as error:
            if not isinstance(error, asyncio.CancelledError):  # which has reached them: a second one would hurry them
                for task in tasks:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        return [verdict for verdicts in answered for verdict in verdicts]

    def _one_at_a_time(self) -> asyncio.Lock:
        """For what pools may have died of, of all calls that are under way: one of another call would be in company as well."""
        loop = asyncio.get_running_loop()
        if self._alone is None or self._alone[0] is not loop:
            self._alone = (loop, asyncio.Lock())
        return self._alone[1]

    async def warm(self) -> None:
        """One check on every node, so that what cannot work is known before anyone asks; `UserError` when nothing works."""
        check = Check(id="warm", statement="theorem warm : True", proof="trivial", timeout=60)

        async def one(pool: _Pool) -> None:
            verdicts = await self._ask(pool, [check])
            if verdicts and not verdicts[0].accepted:
                self._break(pool, UserError(f"the Lean workers do not work here ({verdicts[0].reason}); run `synth doctor`"))

        await asyncio.gather(*(one(pool) for pool in self._pools))
        if all(pool.broken for pool in self._pools):
            self._give_up()

    async def stats(self) -> list[dict[str, Any]]:
        """`LocalPool.stats()` of every node that answers, with its `node`; of the others their `node` and `error`."""

        async def one(pool: _Pool) -> dict[str, Any]:
            if pool.broken:
                return {"node": pool.node, "error": _line(pool.broken)}
            try:
                return {"node": pool.node, **await asyncio.wait_for(_awaited(pool.actor.stats.remote()), STATS_SECONDS)}
            except (RayError, TimeoutError) as error:
                return {"node": pool.node, "error": _line(error)}

        return list(await asyncio.gather(*(one(pool) for pool in self._pools)))

    async def _answered(self, chunk: list[Check], died: tuple[str, ...], alone: asyncio.Lock) -> list[Verdict]:
        """The verdicts on a chunk that pools have died with so far, on the nodes `died`: one that was started anew counts again.

        From the second death on one chunk is asked `alone`, so that none is taken for one that kills pools because of another.
        """
        by_itself = 0
        while True:
            async with alone if len(died) > 1 else contextlib.nullcontext():
                pool = await self._next(len(chunk), died)
                verdicts = await self._ask(pool, chunk)
            if verdicts is not None:
                return verdicts
            if pool.broken:
                continue
            died += (pool.node,)
            if len(chunk) > 1:
                half = len(chunk) // 2
                halves = (self._answered(part, died, alone) for part in (chunk[:half], chunk[half:]))
                first, second = await asyncio.gather(*halves)
                return first + second
            by_itself += 1
            if len(died) >= CHECK_TRIES and by_itself >= CHECK_ALONE:
                return [infra(chunk[0].id, f"{len(died)} pools of Lean workers died with this check")]

    async def _next(self, size: int, died: tuple[str, ...]) -> _Pool:
        """The pool that gets the next chunk, one that this chunk has not met a death of before others.

        Waits while all that are left are starting anew, or (`patience`) until a node joins.
        """
        since = time.monotonic()
        while True:
            left, now = [pool for pool in self._pools if not pool.broken], time.monotonic()
            if not left:
                if now - since >= self._patience or not any(pool.left for pool in self._pools):
                    self._give_up()
                await asyncio.sleep(RESTART_SECONDS[0])
                continue
            ready = [pool for pool in left if pool.ready <= now]
            if not ready:
                await asyncio.sleep(min(pool.ready for pool in left) - now)
                continue
            pool = min(ready, key=lambda pool: (died.count(pool.node), pool.load, pool.node != self._here, pool.lot))
            if not (died or pool.deaths) or await self._lives(pool, size):
                return pool

    async def _lives(self, pool: _Pool, size: int) -> bool:
        """Whether a pool answers at all; a death is noted.  Meanwhile it has `size` checks more to do, so that not all choose it."""
        life = pool.life
        pool.load += size
        try:
            await asyncio.wait_for(_ping(pool), LOOK_SECONDS * SILENT_LOOKS)
        except RayTaskError as error:
            self._break(pool, error.cause or error)
        except (RayError, TimeoutError) as error:
            self._died(pool, life, f"died ({type(error).__name__})")
        finally:
            pool.load -= size
        return pool.life == life and not pool.broken

    async def _ask(self, pool: _Pool, chunk: list[Check]) -> list[Verdict] | None:
        """A pool's verdicts on a chunk; None when it gave none, which is noted."""
        life = pool.life
        pool.load += len(chunk)
        # Tried again here rather than by Ray, so that another node can take over at once.
        ticket = uuid.uuid4().hex
        answer = asyncio.ensure_future(_awaited(pool.actor.verify.options(max_task_retries=0).remote(chunk, ticket)))
        answer.add_done_callback(_heard)
        try:
            verdicts: list[Verdict] | None = await self._unless_stuck(pool, answer)
        except asyncio.CancelledError:
            pool.actor.withdraw.options(max_task_retries=0).remote(ticket)
            with contextlib.suppress(RayError):
                await self._unless_stuck(pool, answer)  # it comes when what runs has ended (Ray's own cancelling would not tell)
            raise
        except RayTaskError as error:  # raised by the pool itself: no check can be answered there
            self._break(pool, error.cause or error)
            return None
        except RayError as error:
            self._died(pool, life, f"died ({type(error).__name__})")
            return None
        finally:
            pool.load -= len(chunk)
        if verdicts is None:
            return None
        if [verdict.id for verdict in verdicts] != [check.id for check in chunk]:
            self._died(pool, life, "died (it answered something else)")
            return None
        pool.deaths = 0
        return verdicts

    async def _unless_stuck(self, pool: _Pool, answer: asyncio.Future[list[Verdict]]) -> list[Verdict] | None:
        """The answer of a pool that has checks of ours, however long it takes; None when it is stuck.  Cancelled, `answer` goes on."""
        if (watch := pool.watch) is None or watch.done():
            watch = pool.watch = asyncio.create_task(self._watch(pool))
        either: set[asyncio.Future[Any]] = {answer, watch}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return await answer if answer.done() else watch.result()

    async def _watch(self, pool: _Pool) -> None:
        """Return when `pool` has nothing of ours to do any more, or has been ended because it is stuck."""
        silent = late = answered = 0
        life = pool.life
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not pool.load:
                return
            if pool.life != life:  # another process, of which nothing is known yet
                silent, late, life = 0, 0, pool.life
            try:
                pulse = await asyncio.wait_for(_ping(pool), LOOK_SECONDS)
            except (RayError, TimeoutError) as error:
                pulse, silent = None, 0 if isinstance(error, RayActorError) else silent + 1  # a death is told by what it takes along
            else:
                idle = pulse is None or (not pulse.held and pulse.answered == answered)
                silent = silent + 1 if idle else 0
                answered = pulse.answered if pulse else answered
            late = late + 1 if pulse and pulse.late > LATE_SECONDS else 0
            if pool.life == life and pool.load and (late >= LATE_LOOKS or silent >= SILENT_LOOKS):
                why = f"its work is {pulse.late:.0f} s beyond its time" if late and pulse else "it does not answer"
                self._died(pool, life, f"was stuck and has been ended ({why})")
                await asyncio.to_thread(_end, pool.actor)
                return

    def _died(self, pool: _Pool, life: int, what: str) -> None:
        """Note a death (once, however many chunks were there) and when the pool may be asked again."""
        if pool.life != life or pool.broken:
            return
        pool.life, pool.deaths = life + 1, pool.deaths + 1
        first, longest = RESTART_SECONDS
        pool.ready = time.monotonic() + min(longest, first * 2 ** (pool.deaths - 1))
        self._note(f"the pool of Lean workers on node {pool.node[:8]} {what}; its checks go elsewhere")
        if pool.deaths >= POOL_TRIES:
            self._break(pool, UserError(f"it {what}, {pool.deaths} times in a row"))

    def _break(self, pool: _Pool, error: Exception) -> None:
        if pool.broken is None:
            pool.broken = error
            self._note(f"the pool of Lean workers on node {pool.node[:8]} does not work and is left out: {_line(error)}")

    def _note(self, line: str) -> None:
        log.warning("%s", line)
        if len(self.failures) < MAX_FAILURES:
            self.failures.append(line)

    def _give_up(self) -> None:
        reasons = {_line(pool.broken): pool.node for pool in self._pools if pool.broken}
        if len(reasons) == 1:
            raise UserError(next(iter(reasons)))
        raise UserError("no Lean workers are left: " + "; ".join(f"{reason} (node {node[:8]})" for reason, node in reasons.items()))


def lot(among: int) -> float:
    """What decides between equals of so many actors."""
    return random.random() if among >= MANY else 0.0


async def _awaited(reference: Any) -> Any:
    return await reference


async def _ping(pool: _Pool) -> Pulse | None:
    pulse: Pulse | None = await _awaited(pool.actor.ping.options(max_task_retries=0).remote())
    return pulse


def _heard(answer: asyncio.Future[list[Verdict]]) -> None:
    """Nobody need wait for an answer that comes after all: what a pool that has been ended raises is no surprise."""
    if not answer.cancelled():
        answer.exception()


def _end(actor: Any) -> None:
    """Have Ray start a pool anew."""
    with contextlib.suppress(RayError):
        ray.kill(actor, no_restart=False)


def _line(error: BaseException) -> str:
    """What an error says, in one line of bearable length."""
    words = " ".join(str(error).split()) or type(error).__name__
    return words if isinstance(error, UserError) or len(words) <= 200 else f"{type(error).__name__}: {words[:180]}…"
