"""Engines that come with nodes: when they are started, when they are asked, and what becomes of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.exceptions import ActorDiedError, ActorUnavailableError

from synth.llm.config import ROLES
from synth.llm.types import Weights
from synth.run import actors, joining
from synth.run.actors import stop_samplers, swap_in
from synth.run.joining import Joining
from synth.run.room import Node
from synth.run.spending import Spending
from synth.run.state import Run
from synth.services import Group
from tests.synth.run.fakes import FakeActor, make_run, output
from train.probe import Probe

ROLE = ("prover",)
PROBE = Probe("float32", [[1, 2]], [[-0.5]], 1.0)


@dataclass
class Engine:
    """A stand-in: what it was started with and where, what it loaded, and whether it lives."""

    first: Weights
    number: int
    node: str
    loaded: list[Weights] = field(default_factory=list)
    error: BaseException | None = None
    up: asyncio.Event = field(default_factory=asyncio.Event)
    digest: str = ""
    on_load: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.up.set()
        self.actor = FakeActor(stats=self._stats, load=self._load)

    async def _stats(self) -> Any:
        await self.up.wait()
        return self.error or {"tokens": 0.0}

    def _load(self, weights: Weights, probe: Probe) -> dict[str, Any]:
        assert probe == PROBE
        self.loaded.append(weights)
        self.on_load()
        return {"before": 0.0, "after": 0.0, "seconds": 0.1, "digest": self.digest}


class Cluster:
    """Nodes with GPUs, of which the engines started here take one each, and a run with one engine and room for three."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.free = {"head": 0.0}
        self.engines: list[Engine] = []
        self.ended: list[Any] = []
        self.told: list[Any] = []
        self.made: Callable[[Engine], None] = lambda engine: None
        self.weights = [self.checkpoint(folder, number) for number in range(3)]
        settings = {"models": {"prover": {"path": "given"}, "train": ["prover"]}, "sampler": {"gpus": 1, "most": 3}} | settings
        self.job = make_run(folder, **settings)
        self.job.roles, self.job.answering, self.job.frozen = ROLE, self.weights[0], dict.fromkeys(ROLES, self.weights[0])
        self.first = Engine(self.weights[0], 0, "head")
        self.job.groups = [Group(ROLE, [self.first.actor], trained=True, up=True)]
        self.job.shards = [SimpleNamespace(engines=SimpleNamespace(remote=self.told.append))]
        self.job.live.trainer.row = {"step": 1.0}  # under way: it has its GPUs
        self.joining = Joining(self.job)
        monkeypatch.setattr(joining, "start_engine", self.start)
        for module in (joining, actors):
            monkeypatch.setattr(module, "end_sampler", self.ended.append)
        monkeypatch.setattr(joining, "free_nodes", lambda: {id: Node(id, {"GPU": free, "CPU": 8.0}) for id, free in self.free.items()})
        monkeypatch.setattr(actors.ray, "kill", lambda actor: None)

    @staticmethod
    def checkpoint(folder: Path, number: int) -> Weights:
        path = folder / f"weights-{number}"
        path.mkdir()
        (path / "probe.json").write_text(json.dumps(asdict(PROBE)))
        return Weights(str(path), number, f"hash{number}")

    def start(self, config: Any, roles: Any, first: Weights, number: int, lora: Any, node: str) -> Any:
        engine = Engine(first, number, node)
        self.made(engine)
        self.engines.append(engine)
        self.free[node] -= 1
        return engine.actor

    async def looks(self, count: int = 2) -> None:
        for _ in range(count):
            await self.joining.look()
            await asyncio.sleep(0.01)

    @property
    def group(self) -> Group:
        return self.job.groups[0]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return Cluster(tmp_path, monkeypatch)


def lines(job: Run) -> str:
    return " ".join(output(job).split())


def test_a_node_that_joins_gets_engines_as_many_as_there_may_be_and_those_who_ask_are_told(cluster: Cluster) -> None:
    async def main() -> None:
        await cluster.looks(3)
        assert not cluster.engines and not cluster.told, "nothing is free, nothing changes"
        cluster.free["new"] = 4.0
        await cluster.looks(1)
        assert not cluster.engines, "first it is Ray's, for what it has waiting"
        await cluster.looks(1)
        await cluster.looks(1)

    asyncio.run(main())
    assert [(engine.node, engine.number, engine.loaded) for engine in cluster.engines] == [
        ("new", 1, [cluster.weights[0]]),
        ("new", 2, [cluster.weights[0]]),
    ]
    joined = [engine.actor for engine in cluster.engines]
    assert set(cluster.group.joined) == set(joined) and cluster.group.actors == [cluster.first.actor, *cluster.group.joined]
    assert not cluster.group.starting
    assert cluster.told[0] == {ROLE: cluster.group.actors[:2]} and cluster.told[-1] == {ROLE: cluster.group.actors}
    assert "one more prover sampler has joined, on node new: 3 now" in lines(cluster.job)
    assert cluster.job.actors("samplers") == cluster.group.actors, "timeline and display look at them"


def test_an_engine_is_asked_once_it_answers_with_the_newest_weights(cluster: Cluster) -> None:
    def late(engine: Engine) -> None:
        engine.up.clear()

        def published() -> None:
            cluster.job.answering = cluster.weights[2]  # while it loads

        engine.on_load = published

    cluster.made, cluster.free["new"] = late, 1.0

    async def main() -> None:
        await cluster.looks()
        (engine,) = cluster.engines
        assert engine.first == cluster.weights[0] and cluster.group.starting == [engine.actor] and len(cluster.group.actors) == 1
        cluster.job.answering = cluster.weights[1]  # a round was trained meanwhile
        engine.up.set()
        await asyncio.sleep(0.05)
        assert engine.loaded == cluster.weights[1:] and cluster.group.joined == [engine.actor]
        cluster.job.answering = cluster.weights[1]
        await swap_in(cluster.job)
        assert engine.loaded[-1] == cluster.weights[1] == cluster.first.loaded[-1], "a later swap reaches it as all"

    asyncio.run(main())


def test_an_engine_that_holds_other_weights_than_the_others_is_not_asked(cluster: Cluster) -> None:
    cluster.first.digest = "right"

    def other(engine: Engine) -> None:
        engine.digest = "wrong"

    cluster.made = other

    async def main() -> None:
        cluster.job.answering = cluster.weights[1]
        await swap_in(cluster.job)
        cluster.free["new"] = 1.0
        await cluster.looks(4)

    asyncio.run(main())
    assert cluster.group.digest == ("hash1", "right") and len(cluster.group.actors) == 1 and len(cluster.engines) == 1, (
        "nor tried again at once"
    )
    assert cluster.ended == [cluster.engines[0].actor]
    assert "did not start on node new: its weights are not those of the other engines" in lines(cluster.job)


def test_an_engine_that_goes_with_its_node_is_dropped_and_one_that_only_does_not_answer_is_not(cluster: Cluster) -> None:
    async def main() -> None:
        cluster.free["new"] = cluster.free["newer"] = 1.0
        await cluster.looks()
        newer, new = cluster.engines
        assert (new.node, newer.node) == ("new", "newer")
        new.error, newer.error = ActorUnavailableError("away", None), ActorDiedError()
        del cluster.free["newer"]
        await cluster.looks(1)
        assert cluster.group.joined == [new.actor] and cluster.group.actors == [cluster.first.actor, new.actor]
        assert cluster.told[-1] == {ROLE: [cluster.first.actor, new.actor]} and newer.actor in cluster.ended
        assert "one that had joined has left with its node, newer" in lines(cluster.job)
        cluster.free["newest"] = 5.0
        new.error = None
        await cluster.looks()
        assert [engine.node for engine in cluster.engines] == ["newer", "new", "newest"] and len(cluster.group.actors) == 3

    asyncio.run(main())


def test_an_engine_that_ends_on_a_node_that_stays_is_not_started_there_at_once(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "AGAIN", (0.2, 0.2))

    async def main() -> None:
        cluster.free["new"] = 1.0
        await cluster.looks()
        cluster.engines[0].error, cluster.free["new"] = ActorDiedError(), 1.0
        await cluster.looks(3)
        assert len(cluster.engines) == 1 and not cluster.group.joined
        await asyncio.sleep(0.2)
        await cluster.looks(1)
        assert len(cluster.engines) == 2

    asyncio.run(main())


def test_what_the_run_begins_with_has_the_first_claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = {"train": {"workers": 2, "gpu": True}, "sampler": {"gpus": 1, "most": 3, "release_while_training": False}}
    cluster = Cluster(tmp_path, monkeypatch, **shared)

    async def main() -> None:
        cluster.job.live.trainer.row = {}  # between two trainings: its two GPUs are free, and not to be had
        cluster.free["head"] = 2.0
        await cluster.looks(3)
        assert not cluster.engines
        cluster.first.error, cluster.job.live.heard = ActorDiedError(), {}  # Ray starts it anew where there is room
        cluster.free["new"] = 1.0
        await cluster.looks(3)
        assert not cluster.engines
        cluster.first.error, cluster.job.live.heard = None, {}
        await cluster.looks(1)
        assert [engine.node for engine in cluster.engines] == ["new"]

    asyncio.run(main())


def test_nothing_is_started_before_there_is_a_model_nor_for_a_group_that_is_not_up(cluster: Cluster) -> None:
    async def main() -> None:
        cluster.free["new"] = 1.0
        cluster.job.answering = Weights()
        await cluster.looks()
        cluster.job.answering, cluster.group.up = cluster.weights[0], False
        await cluster.looks()
        assert not cluster.engines

    asyncio.run(main())


def test_what_is_starting_ends_with_its_group_and_is_no_failure(cluster: Cluster) -> None:
    cluster.made = lambda engine: engine.up.clear()

    async def main() -> None:
        cluster.free["new"] = 1.0
        await cluster.looks()
        (engine,) = cluster.engines
        stop_samplers(cluster.job)  # a round trains
        assert engine.actor in cluster.ended and not cluster.job.groups
        engine.error = ActorDiedError()
        engine.up.set()
        await cluster.looks(1)

    asyncio.run(main())
    assert "did not start" not in output(cluster.job) and not cluster.job.account.failures


def test_follow_outlives_a_look_that_fails_and_ends_what_it_started(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "LOOK", 0.01)
    found, nodes = [RuntimeError("the cluster names no node")], joining.free_nodes

    def free() -> dict[str, Node]:
        if found:
            raise found.pop()
        return nodes()

    monkeypatch.setattr(joining, "free_nodes", free)
    cluster.made, cluster.free["new"] = lambda engine: engine.up.clear(), 1.0

    async def main() -> None:
        following = asyncio.create_task(cluster.joining.follow())
        while not cluster.engines:
            await asyncio.sleep(0.01)
        following.cancel()
        await asyncio.sleep(0.05)

    asyncio.run(main())
    assert not found and cluster.ended == [cluster.engines[0].actor] and not cluster.group.starting


def test_the_gpus_of_engines_that_joined_are_paid_for_while_proofs_are_searched(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    job, now = cluster.job, [100.0]
    monkeypatch.setattr("synth.run.clock.time.monotonic", lambda: now[0])
    with job.account.timed("search"):
        spending = Spending(job, 1)
        now[0] += 10
        spending.heed()
        assert spending.round()["gpu_ms"] == 10_000, "one engine, which the run began with"
        cluster.group.joined = [cluster.first.actor] * 2
        now[0] += 5
        spending.heed()
        assert spending.round()["gpu_ms"] == 15_000 + 2 * 5_000
    job.account.save()
    now[0] += 60
    spending.heed()
    assert Spending(job, 2)._earlier["gpu_ms"] == 25_000, "and kept for later rounds"
