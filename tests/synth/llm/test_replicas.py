"""Actors that stand in for each other: load, death, failure, and the end when none is left."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from functools import partial
from typing import Any

import pytest
from ray.exceptions import RayActorError, RayTaskError

from synth.llm import replicas
from synth.llm.replicas import Replicas
from tests.synth.run.fakes import FakeActor
from verify_workers.errors import UserError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    killed: list[Any] = []
    monkeypatch.setattr(replicas, "PAUSE", (0.01, 0.02))
    monkeypatch.setattr(replicas.ray, "kill", lambda actor, no_restart: killed.append((actor, no_restart)))
    return killed


def raised(cause: Exception) -> RayTaskError:
    return RayTaskError("ask", "Traceback …", cause)


def test_requests_go_to_the_least_loaded() -> None:
    asked: Counter[int] = Counter()
    most: Counter[int] = Counter()

    def actor(number: int) -> FakeActor:
        async def work() -> int:
            asked[number] += 1
            most[number] = max(most[number], asked[number])
            await asyncio.sleep(0.01)
            asked[number] -= 1
            return number

        return FakeActor(work=work)

    async def main() -> list[int]:
        team = Replicas("sampler", [actor(0), actor(1), actor(2)], Counter())
        return list(await asyncio.gather(*(team.ask("work") for _ in range(9))))

    assert Counter(asyncio.run(main())) == {0: 3, 1: 3, 2: 3} and max(most.values()) == 3


def test_a_long_list_waits_here_and_not_in_the_actors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray warns the user of more than 5,000 calls of one actor; and what waits here goes to another one when that one dies."""
    monkeypatch.setattr(replicas, "CALLS", 3)
    asked: Counter[str] = Counter()
    most: Counter[str] = Counter()

    def actor(name: str, dies: bool) -> FakeActor:
        async def work() -> str:
            asked[name] += 1
            most[name] = max(most[name], asked[name])
            await asyncio.sleep(0.01)
            asked[name] -= 1
            if dies:
                raise RayActorError
            return name

        return FakeActor(work=work)

    async def main() -> list[str]:
        team = Replicas("sampler", [actor("first", True), actor("second", False)], failures)
        return list(await asyncio.gather(*(team.ask("work") for _ in range(50))))

    failures: Counter[str] = Counter()
    monkeypatch.setattr(replicas, "PAUSE", (60.0, 60.0))
    assert asyncio.run(main()) == ["second"] * 50
    assert most == {"first": 3, "second": 3} and failures == {"sampler 0 died; its work goes to the others": 1}


def test_the_work_of_a_dead_actor_goes_to_the_others_and_comes_back() -> None:
    failures: Counter[str] = Counter()
    state = {"dead": True}
    calls: Counter[str] = Counter()

    def first() -> str:
        calls["first"] += 1
        if state["dead"]:
            raise RayActorError
        return "first"

    async def main() -> tuple[list[str], list[str]]:
        team = Replicas("sampler", [FakeActor(work=first), FakeActor(work="second")], failures)
        while_dead = await asyncio.gather(*(team.ask("work") for _ in range(8)))
        state["dead"] = False
        await asyncio.sleep(0.1)
        return list(while_dead), list(await asyncio.gather(*(team.ask("work") for _ in range(8))))

    while_dead, afterwards = asyncio.run(main())
    assert while_dead == ["second"] * 8, "no request is lost"
    assert "first" in afterwards, "an actor that Ray started again is asked again"
    assert failures == {"sampler 0 died; its work goes to the others": 1}, "one death is told once"


def test_a_dead_actor_is_waited_for_when_it_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[Any] = [RayActorError(), RayActorError(), "back"]
    failures: Counter[str] = Counter()
    alone = Replicas("sampler", [FakeActor(work=lambda: outcomes.pop(0))], failures)
    assert asyncio.run(alone.ask("work")) == "back" and sum(failures.values()) == 1
    monkeypatch.setattr(replicas, "PATIENCE", 0.05)
    gone = Replicas("sampler", [FakeActor(work=RayActorError())], failures)
    with pytest.raises(UserError, match="no sampler is left: sampler 0 died"):
        asyncio.run(gone.ask("work"))


def test_many_shards_do_not_all_begin_with_the_same_engine() -> None:
    async def first(seed: int) -> int:
        random.seed(seed)
        asked = [FakeActor(work=number) for number in range(64)]
        return int(await Replicas("sampler", asked, Counter()).ask("work"))

    assert len({asyncio.run(first(seed)) for seed in range(10)}) > 5


def test_an_engine_that_fails_is_started_anew_and_then_given_up(quick: list[Any]) -> None:
    failures: Counter[str] = Counter()
    broken = FakeActor(work=raised(RuntimeError("CUDA error: an illegal memory access was encountered")))

    async def main() -> list[str]:
        team = Replicas("sampler", [broken, FakeActor(work="good")], failures)
        return [await team.ask("work") for _ in range(3) if await asyncio.sleep(0.05) is None]

    assert asyncio.run(main()) == ["good"] * 3
    assert quick == [(broken, False)], "started anew once"
    assert failures == {"sampler 0 failed: RuntimeError: CUDA error: an illegal memory access was encountered": 3}


def test_a_mistake_of_the_users_ends_it_with_its_own_line() -> None:
    wrapped = raised(raised(UserError("project: no lakefile in /x; run `lake new`")))
    team = Replicas("pool", [FakeActor(work=wrapped), FakeActor(work=wrapped)], Counter())
    with pytest.raises(UserError, match=r"no pool is left: pool 1 failed: project: no lakefile in /x; run `lake new`"):
        asyncio.run(team.ask("work"))
    with pytest.raises(UserError, match="no pool is left: there was none"):
        asyncio.run(Replicas("pool", [], Counter()).ask("work"))


def test_who_joins_is_asked_and_who_is_gone_is_not_waited_for() -> None:
    failures: Counter[str] = Counter()

    async def main() -> list[str]:
        begun = asyncio.Event()

        async def dies() -> None:
            begun.set()
            await asyncio.sleep(0.02)
            raise RayActorError

        first, second, third = (FakeActor(work=partial(asyncio.sleep, 0.01, name)) for name in ("first", "second", "third"))
        gone = FakeActor(work=dies)
        team = Replicas("sampler", [gone], failures)
        waiting = asyncio.create_task(team.ask("work"))
        await begun.wait()
        team.members([gone, first])
        team.members([first, second])  # with a request under way
        answers = [await waiting, *await asyncio.gather(*(team.ask("work") for _ in range(4)))]
        team.members([first, second])
        assert len(team) == 2
        team.members([third])
        return [*answers, await team.ask("work")]

    first, *answers = asyncio.run(main())
    assert first in ("first", "second") and Counter(answers) == {"first": 2, "second": 2, "third": 1}
    assert failures == {"sampler 0 died; its work goes to the others": 1}
