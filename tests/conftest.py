"""Fixtures that several packages share."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.verify_workers.fake_lake import FakeLake
    from verify_workers.lean import LeanInstall

LONGEST = ("test_end_to_end.py", "adversarial/test_suite.py", "serve/test_hostile.py", "test_malformed.py", "test_policy.py")
settings.register_profile("seeded", derandomize=True)  # the same examples in every run
settings.load_profile("seeded")
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest first: where files run side by side, none of them is then left for the end."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: next((place for name, place in rank.items() if str(item.path).endswith(name)), len(rank)))


@pytest.fixture(scope="session")
def ray_local() -> Iterator[None]:
    """A Ray of this test run's own: two CPUs, no dashboard, in a temporary directory that goes away with it."""
    import ray

    from verify_workers.ray_session import patiently

    root = str(Path(__file__).parents[1])
    # Ray's sockets need a short path (107 bytes at most), which pytest's own temporary directories exceed.
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        settings = {
            "address": "local",
            "num_cpus": 2,
            "include_dashboard": False,
            "_temp_dir": folder,
            "object_store_memory": 200 * 2**20,
            "runtime_env": {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}},
            "log_to_driver": False,
        }
        patiently(lambda: ray.init(**settings))
        yield
        ray.shutdown()


@pytest.fixture(scope="session")
def lean() -> LeanInstall:
    """The embedded Lean with its core library (built into the user's cache on first use)."""
    from verify_workers.lean import embedded

    return embedded()


@pytest.fixture(scope="session")
def lake(lean: LeanInstall, tmp_path_factory: pytest.TempPathFactory) -> FakeLake:
    """A lake project as users have it, with the embedded Lean inside."""
    from tests.verify_workers.fake_lake import FakeLake

    return FakeLake(tmp_path_factory.mktemp("lake"), lean)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server (moto's), over HTTP as any other."""
    pytest.importorskip("s3fs", reason="s3fs is not installed (extra `dev`)")
    server = pytest.importorskip("moto.server", reason="moto is not installed (extra `dev`)")
    s3 = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    s3.start()
    host, port = s3.get_host_and_port()
    yield f"http://{host}:{port}"
    s3.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new bucket, as `s3://NAME`, which this process and its children reach by their environment."""
    import s3fs

    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": s3_server}.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{uuid.uuid4().hex[:8]}"
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir(bucket)
    return f"s3://{bucket}"
