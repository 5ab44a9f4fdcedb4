"""Fixtures of the synth tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    """One real Lean worker, the fastest that works here."""
    worker = make_backend("auto", "strict")
    yield worker
    worker.close()
