"""The client of the node pools: exactly one verdict for every check, whichever pools die, as long as one is left."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.exceptions import RayActorError

from tests.verify_workers.fake_backends import FatalBackend, SlowBackend, checks, expected
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.pool import client as module
from verify_workers.pool.client import CHECK_TRIES, CHUNK, IN_FLIGHT, POOL_TRIES, PoolClient
from verify_workers.pool.node import NodePool
from verify_workers.pool.watchdog import Pulse
from verify_workers.records import Check, Outcome, Verdict

CONFIG = PoolConfig(workers=2, retry_timeouts="never")


class PidBackend(SlowBackend, FatalBackend):
    """Says in which process it runs, is slow or fatal when told to; `hang unless FILE` makes FILE and hangs, deaf to all."""

    def __init__(self) -> None:
        super().__init__()
        self.library = str(os.getpid())

    def check(self, check: Check) -> Verdict:
        flag = (check.proof or "").partition("hang unless ")[2]
        if flag and not os.path.exists(flag):
            Path(flag).touch()
            time.sleep(600)
        return super().check(check)


def broken() -> PidBackend:
    raise UserError("no Lean here; run make setup")


def actors(*factories: Any, config: PoolConfig = CONFIG) -> dict[str, Any]:
    actor: Any = NodePool
    return {f"node{place}": actor.options(num_cpus=0).remote(config, factory) for place, factory in enumerate(factories)}


def assert_right(asked: list[Check], verdicts: list[Verdict]) -> None:
    assert [(verdict.id, verdict.outcome) for verdict in verdicts] == [(check.id, expected(check)) for check in asked]


@pytest.fixture
def two(ray_local: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.2, 1.0))
    made = actors(PidBackend, PidBackend)
    yield made
    for actor in made.values():
        ray.kill(actor)


def test_a_killed_pool_loses_and_doubles_nothing(two: dict[str, Any]) -> None:
    client = PoolClient(two)
    asked = [check.model_copy(update={"proof": f"needs 0.01 {check.id}"}) for check in checks(400)]
    pids = [ray.get(actor.verify.remote(asked[:1]))[0].library for actor in two.values()]
    killer = threading.Timer(0.5, os.kill, (int(pids[0]), signal.SIGKILL))
    killer.start()
    verdicts = asyncio.run(client.verify(asked))
    assert not killer.is_alive()
    assert_right(asked, verdicts)
    assert pids[1] in {verdict.library for verdict in verdicts}
    assert len(client.failures) == 1 and client.failures[0].startswith("the pool of Lean workers on node node0 died (")
    # Ray starts it anew, in another process, and it is asked again.
    for _ in range(100):
        verdicts = asyncio.run(client.verify(asked))
        if len({verdict.library for verdict in verdicts}) == 2:
            break
        time.sleep(0.2)
    assert len({verdict.library for verdict in verdicts}) == 2 and pids[0] not in {verdict.library for verdict in verdicts}


def test_a_check_that_kills_its_pool_once_is_answered(two: dict[str, Any], tmp_path: Path) -> None:
    bad = Check(id="bad", statement="theorem t : True", proof=f"kill actor unless {tmp_path / 'flag'}")
    asked = [*checks(40), bad]
    assert_right(asked, asyncio.run(PoolClient(two).verify(asked)))
    assert (tmp_path / "flag").exists()


@pytest.mark.slow
def test_a_check_that_always_kills_its_pool_takes_no_other_with_it(two: dict[str, Any], tmp_path: Path) -> None:
    bad = Check(id="bad", statement="theorem t : True", proof=f"kill actor unless {tmp_path / 'no folder' / 'flag'}")
    asked = [*checks(2), bad, *checks(3, "by later {0}")]
    verdicts = asyncio.run(PoolClient(two).verify(asked))
    assert verdicts[2].id == "bad" and verdicts[2].outcome is Outcome.INFRA and "died with this check" in verdicts[2].reason
    assert_right(asked[:2] + asked[3:], verdicts[:2] + verdicts[3:])


def test_a_pool_that_cannot_work_is_left_out_and_told(ray_local: None) -> None:
    pools = actors(broken, PidBackend)
    client = PoolClient(pools)
    asyncio.run(client.warm())
    asked = checks(200)
    assert_right(asked, asyncio.run(client.verify(asked)))
    assert client.failures == ["the pool of Lean workers on node node0 does not work and is left out: no Lean here; run make setup"]
    rows = asyncio.run(client.stats())
    assert rows[0] == {"node": "node0", "error": "no Lean here; run make setup"} and rows[1]["checks"] == 201
    for actor in pools.values():
        ray.kill(actor)


def test_when_no_pool_works_the_reason_is_one_line(ray_local: None) -> None:
    pools = actors(broken, broken)
    for ask in (lambda client: client.verify(checks(100)), PoolClient.warm):
        with pytest.raises(UserError) as error:
            asyncio.run(ask(PoolClient(pools)))
        assert str(error.value) == "no Lean here; run make setup"
    for actor in pools.values():
        ray.kill(actor)


def test_a_pool_that_is_gone_for_good_is_given_up(two: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.02, 0.02))
    client = PoolClient(two)
    asyncio.run(client.warm())
    ray.kill(two["node0"])
    asked = [check.model_copy(update={"proof": f"needs 0.005 {check.id}"}) for check in checks(600)]
    assert_right(asked, asyncio.run(client.verify(asked)))
    assert asyncio.run(client.stats())[0].keys() == {"node", "error"}
    ray.kill(two["node1"])
    with pytest.raises(UserError, match="times in a row") as error:
        asyncio.run(client.verify([asked[0].model_copy(update={"proof": str(n)}) for n in range(300)]))
    assert "\n" not in str(error.value)


def test_without_a_node_there_is_a_line() -> None:
    with pytest.raises(UserError, match="no node of the Ray cluster has a CPU"):
        PoolClient({})


class Ping:
    """The method of that name of a `Recorder` or a `Mortal`."""

    def __init__(self, actor: Recorder) -> None:
        self._actor = actor

    def options(self, **_: Any) -> Ping:
        return self

    async def remote(self) -> Pulse:
        self._actor.live()
        return Pulse(0, 0, 0.0)


class Recorder:
    """In the place of an actor: notes the chunks it is given and how many it holds at a time."""

    def __init__(self, wrong: bool = False) -> None:
        self.chunks, self.most, self._held, self._wrong = list[list[str]](), 0, 0, wrong
        self.verify, self.ping = self, Ping(self)

    def options(self, **_: Any) -> Recorder:
        return self

    def live(self) -> None:
        pass

    async def remote(self, batch: list[Check], ticket: str) -> list[Verdict]:
        self.chunks.append([check.id for check in batch])
        self._held += 1
        self.most = max(self.most, self._held)
        await asyncio.sleep(0.001)
        self._held -= 1
        return [Verdict(id=check.id, outcome=expected(check)) for check in (batch[1:] if self._wrong else batch)]


def test_the_near_pool_comes_first_and_the_least_loaded_before_it() -> None:
    far, near = Recorder(), Recorder()
    client = PoolClient({"far": far, "near": near}, here="near")
    asyncio.run(client.verify(checks(5)))
    assert not far.chunks and len(near.chunks) == 1
    asked = checks(10 * CHUNK)
    assert_right(asked, asyncio.run(client.verify(asked)))
    assert len(far.chunks) == 5 and len(near.chunks) == 6


def test_many_clients_do_not_all_begin_with_the_same_of_many_pools() -> None:
    pools = {str(number): Recorder() for number in range(64)}
    for _ in range(64):
        asyncio.run(PoolClient(pools, here="elsewhere").verify(checks(1)))
    assert sum(bool(pool.chunks) for pool in pools.values()) > 30  # by lot 41 of 64 on average; it was one


def test_a_long_list_waits_here_and_not_in_the_pools() -> None:
    pool = Recorder()
    asked = checks(4 * IN_FLIGHT * CHUNK)
    assert_right(asked, asyncio.run(PoolClient({"a": pool}, here="a").verify(asked)))
    assert pool.most == IN_FLIGHT


class Mortal(Recorder):
    """Is dead for the first `dead` calls of it, and dies with a check whose proof is in `deadly`; Ray starts it anew at once."""

    def __init__(self, dead: float = 0.0, deadly: str = "") -> None:
        super().__init__()
        self._dead, self._deadly = dead, deadly

    def live(self) -> None:
        if self._dead > 0:
            self._dead -= 1
            raise RayActorError

    async def remote(self, batch: list[Check], ticket: str) -> list[Verdict]:
        self.chunks.append([check.id for check in batch])
        self.live()
        await asyncio.sleep(0.005)
        if any(check.proof == self._deadly for check in batch):
            raise RayActorError
        return [Verdict(id=check.id, outcome=expected(check)) for check in batch]


def test_a_dead_pool_counts_against_no_check_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearest, idle, asked again at once, and as often as dead pools are: each check met it five times."""
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.0, 0.0))
    dead, living = Mortal(math.inf), Mortal()
    asked = checks(600)
    assert_right(asked, asyncio.run(PoolClient({"dead": dead, "living": living}, here="dead").verify(asked)))
    met = Counter(check for chunk in dead.chunks for check in chunk)
    assert met and max(met.values()) == 1


def test_many_dead_pools_are_not_laid_to_the_check_that_meets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where many preemptible nodes go at once."""
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.0, 0.0))
    pools = {f"dead{number}": Mortal(math.inf) for number in range(6)}
    asked = checks(1)
    assert_right(asked, asyncio.run(PoolClient({**pools, "living": Mortal()}, here="dead0").verify(asked)))
    assert sum(len(pool.chunks) for pool in pools.values()) == 1


def test_the_only_pool_is_waited_for_while_it_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.0, 0.0))
    asked = checks(40)
    assert_right(asked, asyncio.run(PoolClient({"a": Mortal(POOL_TRIES - 1)}, here="a").verify(asked)))


@pytest.mark.parametrize("pools", [1, 2, 8])
def test_a_check_that_pools_die_of_is_given_up_and_told_from_the_others(monkeypatch: pytest.MonkeyPatch, pools: int) -> None:
    """Different ones, or one that was started anew: five times in ever smaller company, then twice alone."""
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.0, 0.0))
    bad = Check(id="bad", statement="theorem t : True", proof="deadly")
    asked = [*checks(40), bad, *checks(40, "by later {0}")]
    mortals = {str(number): Mortal(deadly="deadly") for number in range(pools)}
    verdicts = asyncio.run(PoolClient(mortals, here="0").verify(asked))
    assert verdicts[40].outcome is Outcome.INFRA and verdicts[40].reason == "7 pools of Lean workers died with this check"
    assert_right(asked[:40] + asked[41:], verdicts[:40] + verdicts[41:])
    met = [sum("bad" in chunk for chunk in mortal.chunks) for mortal in mortals.values()]
    assert sum(met) == 7 and max(met) == math.ceil(7 / pools), "by turns, where there are several"
    one = PoolClient({"a": Mortal(deadly="deadly")}, here="a")
    assert asyncio.run(one.verify([bad]))[0].reason == f"{CHECK_TRIES} pools of Lean workers died with this check"


class Shared(Mortal):
    """Dies with all that it has when it has a deadly check."""

    life = 0

    async def remote(self, batch: list[Check], ticket: str) -> list[Verdict]:
        life = self.life
        await asyncio.sleep(0.005)
        self.life += any(check.proof == self._deadly for check in batch)
        if self.life != life:
            raise RayActorError
        return [Verdict(id=check.id, outcome=expected(check)) for check in batch]


def test_a_check_of_another_call_is_not_taken_for_one_that_pools_die_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches ask for a few checks at a time: the one that kills and an innocent one come in calls of their own."""
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.0, 0.0))
    bad = Check(id="bad", statement="theorem t : True", proof="deadly")
    client, (good,) = PoolClient({"a": Shared(deadly="deadly")}, here="a"), checks(1)

    async def both() -> list[list[Verdict]]:
        return list(await asyncio.gather(client.verify([good]), client.verify([bad]), client.verify([good])))

    for _ in range(2):  # in two event loops
        first, killer, last = asyncio.run(both())
        assert_right([good, good], [*first, *last])
        assert killer[0].outcome is Outcome.INFRA


def test_an_answer_to_something_else_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.01, 0.01))
    liar, honest = Recorder(wrong=True), Recorder()
    client = PoolClient({"liar": liar, "honest": honest}, here="liar")
    asked = checks(10 * CHUNK)
    assert_right(asked, asyncio.run(client.verify(asked)))
    assert liar.chunks and client.failures


def test_a_caller_who_leaves_takes_its_checks_out_of_the_pools(two: dict[str, Any]) -> None:
    client = PoolClient(two)

    def outstanding() -> int:
        return sum(ray.get(actor.stats.remote())["outstanding"] for actor in two.values())

    async def leave() -> float:
        asked = [check.model_copy(update={"proof": f"needs 2 {check.id}"}) for check in checks(600)]
        asking = asyncio.create_task(client.verify(asked))
        while outstanding() < CHUNK:
            await asyncio.sleep(0.05)
        asking.cancel()
        begun = time.monotonic()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        assert asking.cancelled() and outstanding() == 0  # it ended when the last of its runs had
        return time.monotonic() - begun

    assert asyncio.run(leave()) < 200  # all of them are ten minutes on these four workers
    assert_right(checks(50), asyncio.run(client.verify(checks(50))))
    assert not client.failures and sum(ray.get(actor.stats.remote())["abandoned"] for actor in two.values()) >= CHUNK


def test_nodes_come_and_go_while_checks_are_under_way(two: dict[str, Any]) -> None:
    """What a node that left had to do goes to one that joined."""
    (left, gone), (stays, kept) = two.items()
    joined = actors(PidBackend)["node0"]

    async def work() -> tuple[list[Verdict], list[Verdict]]:
        client = PoolClient({left: gone})
        asking = asyncio.create_task(client.verify(asked))
        await asyncio.sleep(0.3)
        client.members({stays: kept, "new": joined})
        ray.kill(gone)
        first = await asking
        client.members({"new": joined})
        second = await client.verify(asked[:40])
        assert {row["node"]: "error" in row for row in await client.stats()} == {left: True, stays: True, "new": False}
        return first, second

    asked = checks(200, "needs 0.01 {0}")
    first, second = asyncio.run(work())
    assert_right(asked, first)
    assert_right(asked[:40], second)
    assert {verdict.library for verdict in second} == {str(ray.get(joined.verify.remote(checks(1)))[0].library)}
    ray.kill(joined)


def test_without_any_node_checks_wait_for_one_as_long_as_is_allowed(two: dict[str, Any]) -> None:
    (left, gone), (stays, kept) = two.items()
    asked = checks(40)

    async def work() -> list[Verdict]:
        client = PoolClient({left: gone}, patience=60)
        client.members({})
        asking = asyncio.create_task(client.verify(asked))
        await asyncio.sleep(0.5)
        assert not asking.done()
        client.members({stays: kept})
        verdicts = await asking
        client.members({})
        client.members({stays: kept})
        assert_right(asked, await client.verify(asked))  # of a node that was away for a moment
        client.members({})
        client._patience = 0.0
        with pytest.raises(UserError, match="has left the cluster"):
            await client.verify(asked)
        return verdicts

    assert_right(asked, asyncio.run(work()))


class Stuck(Recorder):
    """Answers no check until it is ended, as `end` does, and all from then on; at each look it says what `pulses` has for it."""

    def __init__(self, *pulses: Pulse | None, after: float = math.inf) -> None:
        """`after`: seconds after which it answers all the same."""
        super().__init__()
        self.looks, self.ends, self.withdraw = 0, 0, Withdraw()
        self._pulses, self._after, self._ended = pulses, after, asyncio.Event()
        self.ping = Looked(self)  # type: ignore[assignment]

    def end(self) -> None:
        self.ends += 1
        self._ended.set()

    async def remote(self, batch: list[Check], ticket: str) -> list[Verdict]:
        self.chunks.append([check.id for check in batch])
        if not self.ends:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), None if self._after == math.inf else self._after)
                raise RayActorError
        return [Verdict(id=check.id, outcome=expected(check)) for check in batch]


class Withdraw:
    """`Stuck.withdraw`: it does not hear."""

    def options(self, **_: Any) -> Withdraw:
        return self

    def remote(self, ticket: str) -> None:
        pass


class Looked(Ping):
    """`Stuck.ping`; None is no answer at all."""

    async def remote(self) -> Pulse:
        assert isinstance(self._actor, Stuck)
        self._actor.looks += 1
        pulse = self._actor._pulses[min(self._actor.looks, len(self._actor._pulses)) - 1]
        if pulse is None and not self._actor.ends:
            await asyncio.sleep(60)
        return pulse or Pulse(0, 0, 0.0)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look each moment."""
    for name, value in {"LOOK_SECONDS": 0.02, "SILENT_LOOKS": 4, "RESTART_SECONDS": (0.01, 0.01), "_end": Stuck.end}.items():
        monkeypatch.setattr(module, name, value)


WORKING, LATE, IDLE = Pulse(7, 40, 0.0), Pulse(7, 40, 500.0), Pulse(7, 0, 0.0)


@pytest.mark.usefixtures("looks")
@pytest.mark.parametrize(
    ("pulses", "why"),
    [
        ((None,), "it does not answer"),
        ((WORKING, LATE), "its work is 500 s beyond its time"),
        ((IDLE,), "it does not answer"),
    ],
)
@pytest.mark.parametrize("others", [0, 1])
def test_a_pool_that_answers_no_check_is_ended_and_told_once(pulses: tuple[Pulse | None, ...], why: str, others: int) -> None:
    """Its checks are done by others, or by itself when it has been started anew."""
    stuck = Stuck(*pulses)
    pools = {"stuck": stuck, **{f"other{number}": Recorder() for number in range(others)}}
    client, asked = PoolClient(pools, here="stuck"), checks(10 * CHUNK)
    assert_right(asked, asyncio.run(client.verify(asked)))
    assert stuck.ends == 1
    line = f"the pool of Lean workers on node stuck was stuck and has been ended ({why}); its checks go elsewhere"
    assert client.failures == [line]


@pytest.mark.usefixtures("looks")
@pytest.mark.parametrize(
    "pulses",
    [
        (WORKING,),  # what runs may run for hours
        (WORKING, LATE, WORKING, LATE, WORKING),  # the machine was stopped for a while
        (None, None, WORKING, None, None, WORKING),  # it is busy
        (IDLE, IDLE, WORKING, IDLE, IDLE, WORKING),  # the checks have not arrived yet
        tuple(Pulse(number, 0, 0.0) for number in range(1000)),  # it has answered others at each look, and ours comes
    ],
)
def test_however_long_checks_wait_a_pool_that_works_is_left_alone(pulses: tuple[Pulse | None, ...]) -> None:
    slow = Stuck(*pulses, after=1.0)
    client, asked = PoolClient({"slow": slow}, here="slow"), checks(4)
    assert_right(asked, asyncio.run(client.verify(asked)))
    assert slow.looks > 6 and not slow.ends and not client.failures


@pytest.mark.usefixtures("looks")
def test_who_leaves_a_pool_that_is_stuck_is_not_kept() -> None:
    stuck = Stuck(LATE)

    async def leave() -> None:
        asking = asyncio.create_task(PoolClient({"stuck": stuck}, here="stuck").verify(checks(4)))
        await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(asking, 30)

    asyncio.run(leave())
    assert stuck.ends == 1


def watch_nothing(pool: Any) -> None:
    """As if a pool's watchdog hung as well."""
    pool._pool._watchdog._look = lambda: None


@pytest.mark.slow
@pytest.mark.parametrize("hang", ["process", "watchdog"])
def test_checks_of_a_pool_that_really_hangs_are_done_elsewhere(
    ray_local: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hang: str
) -> None:
    """The process is stopped; or a worker and the thread that is to end it hang, and it answers pings."""
    for name, value in {"LOOK_SECONDS": 0.3, "SILENT_LOOKS": 20, "LATE_SECONDS": 0.5, "RESTART_SECONDS": (0.2, 1.0)}.items():
        monkeypatch.setattr(module, name, value)
    two = actors(PidBackend, PidBackend, config=CONFIG.model_copy(update={"grace": 0.5}))
    client = PoolClient(two, here="node0")
    asked = [check.model_copy(update={"proof": f"needs 0.01 {check.id}"}) for check in checks(200)]
    pids = [ray.get(actor.verify.remote(asked[:1]))[0].library for actor in two.values()]
    if hang == "process":
        monkeypatch.setattr(module, "SILENT_LOOKS", 3)
        os.kill(int(pids[0]), signal.SIGSTOP)
    else:
        ray.get(two["node0"].__ray_call__.remote(watch_nothing))
        asked[0] = asked[0].model_copy(update={"proof": f"hang unless {tmp_path / 'flag'}", "timeout": 1.0})
    assert_right(asked, asyncio.run(client.verify(asked)))
    assert len(client.failures) == 1 and "was stuck and has been ended" in client.failures[0]
    for _ in range(100):
        if len(again := {verdict.library for verdict in asyncio.run(client.verify(asked))}) == 2:
            break
        time.sleep(0.2)
    assert len(again) == 2 and pids[0] not in again, "Ray has started it anew"
    for actor in two.values():
        ray.kill(actor)
