"""The pool as Ray actors: many callers, a killed actor, a stream over several, and the counts as metrics."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray

from tests.verify_workers.fake_backends import FatalBackend, SlowBackend, checks, expected
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.pool.client import stream
from verify_workers.pool.node import NodePool
from verify_workers.records import Check, Outcome

pytestmark = pytest.mark.usefixtures("ray_local")
CONFIG = PoolConfig(workers=2, retry="never")


class PidBackend(SlowBackend, FatalBackend):
    """Says in which process it runs, is slow or fatal when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.library = str(os.getpid())


def pools(count: int, backend: Any) -> list[Any]:
    actor: Any = NodePool
    return [actor.options(num_cpus=0).remote(CONFIG, backend) for _ in range(count)]


def end(actors: list[Any]) -> None:
    for actor in actors:
        ray.get(actor.close.remote())
        ray.kill(actor)


@pytest.fixture(scope="module")
def actors(ray_local: None) -> Iterator[list[Any]]:
    made = pools(2, PidBackend)
    yield made
    end(made)


def test_several_callers_share_one_actor(actors: list[Any]) -> None:
    asked = [checks(100, f"by caller{number} {{0}}") for number in range(5)]
    answers = ray.get([actors[0].verify.remote(chunk) for chunk in asked])
    for chunk, verdicts in zip(asked, answers, strict=True):
        assert [(verdict.id, verdict.outcome) for verdict in verdicts] == [(check.id, expected(check)) for check in chunk]
    assert ray.get(actors[0].verify.remote([])) == []
    stats = ray.get(actors[0].stats.remote())
    assert stats["checks"] == 500 and stats["backend"] == "null"


def test_the_users_error_stays_one_line() -> None:
    def broken() -> PidBackend:
        raise UserError("no Lean here; run make setup")

    actors = pools(1, broken)
    with pytest.raises(UserError) as error:
        list(stream(actors, checks(10)))
    assert str(error.value) == "no Lean here; run make setup"
    end(actors)


def test_a_stream_reads_only_what_fits(actors: list[Any]) -> None:
    read = 0

    def source() -> Any:
        nonlocal read
        for check in checks(1000, "needs 0.001 {0}"):
            read += 1
            yield check

    answers = stream(actors, source(), chunk=10, in_flight=1)
    next(answers)
    assert read <= 30
    assert sum(1 for _ in answers) == 999


def test_a_stream_survives_killed_actors(actors: list[Any]) -> None:
    asked = [check.model_copy(update={"proof": f"needs 0.01 {check.id}"}) for check in checks(400)]
    first = [verdicts[0].library for verdicts in ray.get([actor.verify.remote(asked[:1]) for actor in actors])]
    got: Counter[str] = Counter()
    killed = False
    for verdict in stream(actors, iter(asked), chunk=16, in_flight=2):
        got[verdict.id] += 1
        assert verdict.outcome is expected(next(check for check in asked if check.id == verdict.id))
        if not killed and len(got) >= 50:
            os.kill(int(first[0]), signal.SIGKILL)
            killed = True
    assert killed and got == Counter(check.id for check in asked)
    # The actor is back, in another process.
    for _ in range(100):
        try:
            again = ray.get(actors[0].verify.remote(asked[:1]))
            break
        except ray.exceptions.RayActorError:
            time.sleep(0.2)
    assert again[0].library not in first


def test_a_check_that_kills_its_actor_once_is_answered(actors: list[Any], tmp_path: Path) -> None:
    bad = Check(id="bad", statement="theorem t : True", proof=f"kill actor unless {tmp_path / 'flag'}")
    verdicts = list(stream(actors, [*checks(40), bad], chunk=8))
    assert sorted(verdict.id for verdict in verdicts) == sorted([*(check.id for check in checks(40)), "bad"])
    assert Outcome.INFRA not in {verdict.outcome for verdict in verdicts} and (tmp_path / "flag").exists()
