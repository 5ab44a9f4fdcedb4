"""Fixtures of the synth tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    """One real Lean worker, the fastest that works here."""
    worker = make_backend("auto", "strict")
    yield worker
    worker.close()


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
