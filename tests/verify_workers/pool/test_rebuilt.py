"""A project whose own module was edited and rebuilt: no verdict of before, from the cache or from a Lean that still holds the old one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.config import CacheConfig, PoolConfig
from verify_workers.lean import LeanInstall
from verify_workers.lean import modules as module
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Snippet

OTHER = Check(id="other", statement="theorem t : 1 + 1 = 2", proof="rfl", timeout=60)
OWN = Check(id="own", header="import Own", statement="theorem t : number = 1", proof="rfl", timeout=60)
DEEP = OWN.model_copy(update={"id": "deep", "header": "import Deep"})
SNIPPET = Snippet(id="snippet", code="import Own\ntheorem t : number = 1 := rfl", timeout=60)


@pytest.fixture
def own(lean: LeanInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeLake:
    """A project with a module of its own, and one that imports it; looked at anew for each check."""
    monkeypatch.setattr(module, "PAUSE", 0.0)
    monkeypatch.setattr(module, "SHARE", float("inf"))  # however long a look takes here
    fake = FakeLake(tmp_path, lean)
    monkeypatch.setenv("PATH", fake.path)
    build(fake, 1)
    return fake


def build(project: FakeLake, number: int) -> None:
    project.build("Own", f"def number : Nat := {number}\n")
    project.build("Deep", "import Own\ntheorem deep : number = number := rfl\n")


def outcomes(pool: LocalPool) -> list[str]:
    return [verdict.outcome.value for verdict in pool.verify([OTHER, OWN, DEEP, SNIPPET])]


def config(project: FakeLake, backend: str, tmp_path: Path) -> PoolConfig:
    cache = CacheConfig(path=tmp_path / "verdicts.db")
    return PoolConfig(backend=backend, project=project.project, workers=1, cache=cache, retry_timeouts="never")


TRUE = ["accepted", "accepted", "accepted", "elaborated"]
FALSE = ["accepted", "rejected", "rejected", "rejected"]


def test_the_same_command_after_a_rebuild(own: FakeLake, tmp_path: Path) -> None:
    for number, expected, known in ((1, TRUE, 0), (1, TRUE, 4), (2, FALSE, 1), (2, FALSE, 4), (1, TRUE, 4)):
        build(own, number)
        with LocalPool(config(own, "process", tmp_path)) as pool:
            assert outcomes(pool) == expected
            assert pool.stats()["cache_hits"] == known


@pytest.mark.parametrize(("backend", "workers"), [("worker", 1), ("fork", 2)])
def test_a_rebuild_under_a_pool_at_work(own: FakeLake, tmp_path: Path, backend: str, workers: int) -> None:
    """Workers that share a zygote, too."""
    with LocalPool(config(own, backend, tmp_path).model_copy(update={"workers": workers})) as pool:
        assert outcomes(pool) == TRUE
        build(own, 2)
        assert outcomes(pool) == FALSE
        build(own, 1)
        assert outcomes(pool) == TRUE


def test_a_verdict_is_not_kept_if_the_project_changed_meanwhile(own: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 1000.0)  # as within the second after a look
    with LocalPool(config(own, "process", tmp_path)) as pool:
        assert outcomes(pool) == TRUE
    with LocalPool(config(own, "process", tmp_path)) as pool:
        build(own, 2)
        late = OWN.model_copy(update={"id": "late", "statement": "theorem s : number = 1"})
        assert pool.verify([late])[0].outcome.value == "rejected"  # by what Lean loads
    build(own, 1)
    module.search_path.cache_clear()
    with LocalPool(config(own, "process", tmp_path)) as pool:
        assert pool.verify([late])[0].outcome.value == "accepted"
