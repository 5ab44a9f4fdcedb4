"""Engines on one GPU start one after the other: vLLM counts whatever memory is taken while it measures its own as its own."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_on_gpu(gpus: float) -> Iterator[None]:
    """Wait until no other engine starts on this process's GPU, where it is shared (`gpus` between 0 and 1); others wait meanwhile.

    The turn ends with the process at the latest.
    """
    if not 0 < gpus < 1:
        yield
        return
    name = f"proof-synth-{os.getuid()}-gpu-{os.environ.get('CUDA_VISIBLE_DEVICES', '')}".replace("/", "-")
    with Path(tempfile.gettempdir(), name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)  # closing is not enough: the engine's own process has the file open as well
