"""Engines that share a GPU start one after the other."""

import os
import threading

import pytest

from synth.llm.turns import alone_on_gpu


@pytest.mark.parametrize(("gpus", "waits"), [(0.3, True), (1.0, False), (0.0, False)])
def test_engines_on_a_shared_gpu_start_by_turns(gpus: float, waits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", f"none-{os.getpid()}")
    inside = threading.Event()

    def second() -> None:
        with alone_on_gpu(gpus):
            inside.set()

    with alone_on_gpu(gpus):
        child = os.fork()  # an engine's own process, which outlives the turn with what it inherited
        if not child:
            threading.Event().wait()
        thread = threading.Thread(target=second)
        thread.start()
        assert inside.wait(0.3 if waits else 10) is not waits
    try:
        assert inside.wait(10)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    thread.join()
