"""Groups of samplers: which are started when, which follow the weights, and which stay while a round trains."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import ray

from synth.config import RunConfig
from synth.llm.buckets import Damaged
from synth.llm.config import ROLES, ModelRole
from synth.llm.types import Weights
from synth.run import actors
from synth.run.actors import start_samplers, start_trainers, stop_samplers, swap_in
from synth.run.state import Run
from synth.services import Group
from tests.synth.run.fakes import FakeActor, make_run
from train.probe import Probe

SERVER = {"endpoint": "http://host:8000/v1", "name": "big"}
FIRST = Weights("first", 0, "first")
PROBE = Probe("float32", [[1, 2]], [[-0.5]], 1.0)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What happened to the groups, in order."""
    seen: list[tuple[Any, ...]] = []

    def start(config: RunConfig, roles: tuple[ModelRole, ...], weights: Mapping[ModelRole, Weights], lora: object) -> Group:
        seen.append(("start", roles, weights[roles[0]].hash))

        def load(weights: Weights, probe: Probe) -> dict[str, float]:
            assert probe == PROBE
            seen.append(("load", roles, weights.hash))
            return {"before": 1.0, "after": 0.0, "seconds": 2.0}

        actor = FakeActor(stats=lambda: seen.append(("up", roles)) or {}, check=lambda: seen.append(("up", roles)), load=load)
        return Group(roles, [actor], roles[0] in config.models.train, not config.models.of(roles[0]).endpoint)

    monkeypatch.setattr(actors, "start_group", start)
    monkeypatch.setattr(actors.ray, "kill", lambda actor: seen.append(("kill",)))
    return seen


def job_of(folder: Path, **models: Any) -> Run:
    job = make_run(folder, models=models)
    job.answering, job.frozen = FIRST, dict.fromkeys(ROLES, FIRST)
    return job


def test_all_start_at_once_and_only_those_asked_for_are_waited_for(tmp_path: Path, events: list[tuple[Any, ...]]) -> None:
    job = job_of(tmp_path)
    asyncio.run(start_samplers(job, "prover"))
    assert events == [("start", ("formalizer", "judge"), "first"), ("start", ("prover",), "first"), ("up", ("prover",))]
    asyncio.run(start_samplers(job))
    assert events[3:] == [("up", ("formalizer", "judge"))] and all(group.up for group in job.groups)
    asyncio.run(start_samplers(job))
    assert len(events) == 4, "what is up stays"


def test_one_by_one_leaves_a_core_to_others(tmp_path: Path, events: list[tuple[Any, ...]]) -> None:
    job, other = job_of(tmp_path), dict.fromkeys(ROLES, Weights("other", -1, "other"))
    asyncio.run(start_samplers(job, weights=other, one_by_one=True))
    assert [event[:2] for event in events] == [
        (what, roles) for roles in (("formalizer", "judge"), ("prover",)) for what in ("start", "up")
    ]  # fmt: skip
    assert {event[2] for event in events if event[0] == "start"} == {"other"}


def test_roles_that_are_not_asked_are_not_started(tmp_path: Path, events: list[tuple[Any, ...]]) -> None:
    job = job_of(tmp_path)
    job.roles = ("prover",)
    asyncio.run(start_samplers(job))
    assert [event for event in events if event[0] == "start"] == [("start", ("prover",), "first")]


def test_new_weights_go_to_the_trained_and_the_frozen_never_change(tmp_path: Path, events: list[tuple[Any, ...]]) -> None:
    job = job_of(tmp_path)
    asyncio.run(start_samplers(job))
    (tmp_path / "probe.json").write_text(json.dumps(asdict(PROBE)))  # as the trainer leaves it
    job.answering = Weights(str(tmp_path), 1, "new")
    assert asyncio.run(swap_in(job)) == {"swap_before": 1.0, "swap_after": 0.0, "swap_seconds": 2.0}
    assert [event for event in events if event[0] == "load"] == [("load", ("prover",), "new")]
    stop_samplers(job)
    assert events.count(("kill",)) == 2 and not job.groups
    asyncio.run(start_samplers(job))
    assert events[-4:-2] == [("start", ("formalizer", "judge"), "first"), ("start", ("prover",), "new")]


@pytest.mark.parametrize(
    ("engines", "most", "swap"), [(3, 1, "drain"), (8, 1, "drain"), (40, 5, "drain"), (1, 1, "keep"), (3, 1, "keep"), (40, 20, "keep")]
)
def test_one_by_one_means_an_eighth_of_very_many_and_half_of_those_that_need_not_drain(
    tmp_path: Path, engines: int, most: int, swap: str
) -> None:
    (tmp_path / "probe.json").write_text(json.dumps(asdict(PROBE)))
    job, loading, peak = job_of(tmp_path), [0], [0]
    job.config.models.prover.sampler = job.config.models.prover.sampler.model_copy(update={"swap": swap})

    async def load(weights: Weights, probe: Probe) -> dict[str, float]:
        loading[0] += 1
        peak[0] = max(peak[0], loading[0])
        await asyncio.sleep(0.001)
        loading[0] -= 1
        return {"before": 1.0, "after": 0.0, "seconds": 0.0}

    job.groups, job.answering = [Group(("prover",), [FakeActor(load=load) for _ in range(engines)], True)], Weights(str(tmp_path), 1, "new")
    asyncio.run(swap_in(job, one_by_one=True))
    assert peak[0] == most


@pytest.mark.parametrize("broken", [False, True])
def test_weights_are_read_once_and_who_does_not_get_them_reads_them_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ray_local: None, broken: bool
) -> None:
    (tmp_path / "probe.json").write_text(json.dumps(asdict(PROBE)))
    job, seen = job_of(tmp_path), list[tuple[Any, ...]]()
    job.config.models.prover.sampler = job.config.models.prover.sampler.model_copy(update={"transfer": "store"})

    def sent(path: str) -> Iterator[str]:
        yield f"first of {path}"
        if broken:
            raise OSError("the disk is gone")
        yield "second"

    def actor(number: int) -> FakeActor:
        def receive(weights: Weights, pieces: list[Any]) -> None:
            seen.append(("receive", number, weights.hash, ray.get(pieces)))
            if number == 1:
                raise Damaged("head did not arrive")

        def load(weights: Weights, probe: Probe) -> dict[str, float]:
            seen.append(("load", number, weights.hash))
            return {"before": 1.0, "after": 0.0, "seconds": 0.0}

        return FakeActor(receive=receive, load=load)

    monkeypatch.setattr(actors, "buckets", sent)
    job.groups, job.answering = [Group(("prover",), [actor(0), actor(1)], True)], Weights(str(tmp_path), 1, "new")
    asyncio.run(swap_in(job))
    received = [] if broken else [("receive", i, "new", [f"first of {tmp_path}", "second"]) for i in range(2)]
    assert seen == [*received, ("load", 0, "new"), ("load", 1, "new")], "all are there before the first one pauses"
    (told,) = job.account.failures
    assert ("2 of 2" in told and "the disk is gone" in told) if broken else ("1 of 2" in told and "head did not arrive" in told)
    assert len(job.groups[0].actors) == 2


def test_endpoints_stay_while_a_round_trains(tmp_path: Path, events: list[tuple[Any, ...]]) -> None:
    job = job_of(tmp_path, judge=SERVER, formalizer=SERVER)
    asyncio.run(start_samplers(job))
    stop_samplers(job)
    assert [group.roles for group in job.groups] == [("formalizer", "judge")] and events.count(("kill",)) == 1


def test_a_run_that_trains_nothing_swaps_nothing(tmp_path: Path, events: list[tuple[Any, ...]]) -> None:
    job = job_of(tmp_path, train=[])
    asyncio.run(start_samplers(job))
    assert asyncio.run(swap_in(job)) == {} and [group.roles for group in job.groups] == [job.roles]


def test_engines_start_with_the_untrained_model_where_the_run_has_no_other(tmp_path: Path, events: list[tuple[Any, ...]]) -> None:
    job = job_of(tmp_path, prover={}, judge=SERVER)
    before = Weights("initial", -1, "untrained")
    asyncio.run(start_samplers(job, weights=job.role_weights(before)))
    started = {roles: hash for what, roles, *hash in events if what == "start"}
    assert started.pop(("judge",)) != ["untrained"] and set(map(tuple, started.values())) == {("untrained",)}


def test_the_mail_of_workers_that_a_kill_ended_is_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_run(tmp_path, train={"keep_workers": True}, sampler={"release_while_training": False})
    (job.checkpoints / "workers-0123" / "ray").mkdir(parents=True)
    (job.checkpoints / "001").mkdir()
    monkeypatch.setattr(actors, "WorkerGroup", lambda config, folder: (folder, [path.name for path in folder.iterdir()]))
    start_trainers(job, 1)
    assert job.trainers == (job.checkpoints, ["001"])
