"""The Ray that a command works on."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray


@contextmanager
def ray_session() -> Iterator[None]:
    """The cluster that RAY_ADDRESS or a Ray job names, else a Ray of our own that ends with us."""
    if ray.is_initialized():
        yield
        return
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if "RAY_ADDRESS" not in os.environ:
        # Actors here share the cores: what they reserve is a matter of the configuration, not of Ray.
        settings |= {"num_cpus": max(4, os.cpu_count() or 1), "include_dashboard": False}
    ray.init(**settings)
    try:
        yield
    finally:
        ray.shutdown()
