"""What a run asks of a cluster, and the one line where it is not there."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
from ray.exceptions import RayActorError
from rich.console import Console

from synth.config import RunConfig
from synth.llm.config import ModelRole
from synth.run import cluster
from synth.run.cluster import demand, enough, shortage, started, unlabelled
from synth.show.progress import Progress
from tests.synth.run.fakes import FakeActor
from verify_workers.errors import UserError


def config(sampler: dict[str, Any], train: dict[str, Any]) -> RunConfig:
    return RunConfig.model_validate({"models": {"prover": {"path": "given", "sampler": sampler}}, "train": train})


PROVER: tuple[ModelRole, ...] = ("prover",)
SAMPLER = {"replicas": 4, "gpus": 2}
TRAIN = {"workers": 8, "gpu": True, "batch_tokens": 8192}
GPU = config(SAMPLER, TRAIN)


@pytest.mark.parametrize(("changes", "gpus"), [({}, 16), ({"release_while_training": True}, 8)])
def test_what_is_held_at_the_same_time(changes: dict[str, Any], gpus: int) -> None:
    assert demand(config({**SAMPLER, **changes}, TRAIN), PROVER)["GPU"] == gpus
    assert demand(config({**SAMPLER, **changes}, {**TRAIN, "keep_workers": True}), PROVER)["GPU"] == 16


def test_sampler_and_trainer_share_a_gpu() -> None:
    shared = config({"gpus": 0.5}, {"gpu": True, "gpus_per_worker": 0.5, "keep_workers": True})
    assert demand(shared, PROVER)["GPU"] == 1
    assert shortage(shared, PROVER, [{"CPU": 8, "GPU": 1}]) == ""


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        ([{"CPU": 64, "GPU": 16}], ""),
        ([{"CPU": 64, "GPU": 8}, {"CPU": 64, "GPU": 8}], ""),
        ([{"CPU": 64, "GPU": 8}], "4 samplers and 8 training workers ask for 16 GPUs and the Ray cluster has 8; lower"),
        ([{"CPU": 64}], "ask for 16 GPUs and the Ray cluster has 0"),
        ([{"CPU": 8, "GPU": 1}] * 16, "one sampler asks for 2 GPUs on one node and the largest of the Ray cluster has 1; lower"),
        ([{"CPU": 4, "GPU": 16}], "ask for 8 CPUs and the Ray cluster has 4"),
        ([{"GPU": 16}], "need a node with CPUs"),
        ([], "need a node with CPUs"),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(nodes: list[dict[str, float]], says: str) -> None:
    found = shortage(GPU, PROVER, nodes)
    assert found.count("\n") == 0 and (says in found if says else found == "")


def test_a_cluster_may_grow_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes: list[dict[str, Any]] = [{"Alive": True, "Resources": {"CPU": 64.0}}]
    console = io.StringIO()
    progress = Progress(Console(file=console, width=400), plain=True)
    monkeypatch.setattr(cluster.ray, "nodes", lambda: nodes)
    monkeypatch.setattr(cluster, "JOIN", 0.5)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(UserError, match="ask for 16 GPUs and the Ray cluster has 0"):
        asyncio.run(enough(GPU, PROVER, progress))
    assert not console.getvalue(), "a Ray of our own does not grow"
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    with pytest.raises(UserError, match="ask for 16 GPUs"):
        asyncio.run(enough(GPU, PROVER, progress))
    assert "waiting up to 0 s for nodes to join: 4 samplers" in console.getvalue()

    async def main() -> None:
        waiting = asyncio.create_task(enough(GPU, PROVER, progress))
        await asyncio.sleep(0.1)
        nodes.append({"Alive": True, "Resources": {"CPU": 64.0, "GPU": 16.0}})
        await waiting

    monkeypatch.setattr(cluster, "JOIN", 60.0)
    asyncio.run(asyncio.wait_for(main(), 30))


def starting(monkeypatch: pytest.MonkeyPatch, *stats: Any, gpus: float = 2.0) -> tuple[list[Any], list[str], list[Any]]:
    """Samplers that answer so: those that started, what was said to have failed, and those that were ended."""
    failed: list[str] = []
    killed: list[Any] = []
    monkeypatch.setattr(cluster.ray, "kill", killed.append)
    monkeypatch.setattr(cluster.ray, "available_resources", lambda: {"CPU": 1.0})
    monkeypatch.setattr(cluster, "FIRST_NOTE", 0.05)
    progress = Progress(Console(file=io.StringIO()), plain=True)
    actors = [FakeActor(stats=value) for value in stats]
    up = asyncio.run(started("sampler", actors, {"CPU": 0.0, "GPU": gpus}, progress, failed.append, 0.2))
    return [actors.index(actor) for actor in up], failed, [actors.index(actor) for actor in killed]


async def for_ever() -> None:
    await asyncio.Event().wait()


def test_an_engine_that_does_not_start_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    up, failed, killed = starting(monkeypatch, {}, RayActorError(), for_ever)
    assert up == [0] and killed == [1, 2]
    assert failed[0].startswith("sampler 1 did not start: ")
    there = "free in the cluster, beside what they may have got already: 1 CPUs, 0 GPUs"
    assert failed[1] == f"sampler 2 did not start: not up after 0 s; each asks for 2 GPUs; {there}"


def test_no_engine_at_all_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"^no sampler could start: not up after 0 s; each asks for 2 GPUs; free in the cluster"):
        starting(monkeypatch, for_ever)


def test_an_engine_that_asks_for_nothing_waits_for_no_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    _, failed, _ = starting(monkeypatch, {}, for_ever, gpus=0.0)
    assert failed == [
        "sampler 1 did not start: not up after 0 s; loading the model takes long (no CPU or GPU of the cluster is waited for)"
    ]


def test_labels_that_no_node_has_are_told() -> None:
    nodes = [{"Labels": {"gpu": "h100"}}, {"Labels": {"lean": "yes"}}]
    wanted = RunConfig.model_validate({"sampler": {"nodes": {"gpu": "h100"}}, "verify": {"nodes": {"lean": "yes"}}})
    assert unlabelled(wanted, PROVER, nodes) == "" and unlabelled(RunConfig(), PROVER, []) == ""
    told = unlabelled(wanted, PROVER, nodes[1:])
    assert told.startswith("sampler.nodes: engines want nodes with the Ray labels gpu=h100, and none has them (there are lean=yes)")
    assert unlabelled(wanted, PROVER, nodes[:1]).startswith("verify.nodes: Lean workers want nodes with the Ray labels lean=yes")
