"""Ctrl-C and SIGTERM, in processes of their own: one line, the right status, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from synth.config import RunConfig
from synth.run import stages
from synth.run.interrupt import Interrupts, in_thread
from synth.services import Tools

ROOT = Path(__file__).parents[3]
LINE = "synth: interrupted; run the same command to continue"

# A stand-in for the driver with the real handling around it: `WORK` says what it does.
SCRIPT = """
import asyncio, subprocess, sys, time, types
from synth.cli import main
from synth.run.interrupt import Interrupts, in_thread

async def child_task():
    await asyncio.sleep(100)

async def waits():
    print("at work", flush=True)
    asyncio.create_task(child_task())
    await asyncio.gather(*(child_task() for _ in range(3)))

async def fails_when_cancelled():
    print("at work", flush=True)
    try:
        await asyncio.sleep(100)
    finally:
        raise RuntimeError("the actors died while it was winding up")

async def trains():
    work = in_thread(lambda: (print("at work", flush=True), time.sleep(100)))
    try:
        await asyncio.shield(work)
    finally:
        print("wound up", flush=True)

async def takes_it_for_its_own():
    print("at work", flush=True)
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        pass

async def slow_to_end():
    subprocess.Popen(["sleep", "100"])
    print("at work", flush=True)
    try:
        await asyncio.sleep(100)
    finally:
        print("winding up", flush=True)
        time.sleep(100)

def sleep():  # in short turns: a signal that comes just before a sleep does not end it
    for _ in range(1000):
        time.sleep(0.1)

def run(config, run_dir, progress):
    if "WORK" in ("imports", "imports_only"):
        try:
            print("at work", flush=True)
            sleep()
        except:
            pass
        if "WORK" == "imports_only":
            return run_dir
    with Interrupts() as interrupts:
        if "WORK" == "blocks":
            print("at work", flush=True)
            sleep()
        interrupts.run(WORK())
    return run_dir

module = types.ModuleType("synth.run.driver")
module.run = run
sys.modules["synth.run.driver"] = module
main(["demo"])
"""


def hears() -> None:
    """Ctrl-C counts, also where these tests run in the background of a shell."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(work: str, folder: Path) -> subprocess.Popen[str]:
    does = "waits()" if work in ("blocks", "imports", "imports_only") else f"{work}()"
    script = SCRIPT.replace("WORK()", does).replace("WORK", work)
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=hears,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "at work\n"
    return process


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("work", ["waits", "fails_when_cancelled", "trains", "blocks", "takes_it_for_its_own", "imports", "imports_only"])
def test_the_one_line_only(tmp_path: Path, work: str, number: int, status: int) -> None:
    """findings/inputs/ctrl-c-trace: some 60 lines of a trace followed.  Nor is it lost where other code takes the exception for its own."""
    process = start(work, tmp_path)
    process.send_signal(number)
    said, errors = process.communicate(timeout=60)
    assert process.returncode == status and ("report.html" in said) == (work == "imports_only")
    shown = [line for line in errors.splitlines() if not line.startswith(("run directory:", "["))]
    assert shown == [LINE]


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_a_second_one_ends_all_at_once(tmp_path: Path, first: int) -> None:
    process = start("slow_to_end", tmp_path)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(first)
    assert process.stdout is not None and process.stdout.readline() == "winding up\n"
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 50, "it does not wait for what is winding up"
    assert process.returncode == 128 + first and errors.splitlines()[-1] == LINE and "Traceback" not in errors
    assert not psutil.wait_procs(children, timeout=10)[1], "what it had started is ended"


ACTOR = """
import asyncio, contextlib, sys
from pathlib import Path
import ray
from synth.run.driver import _close
from synth.run.interrupt import Interrupts, in_thread
from tests.synth.run.fakes import make_run
from verify_workers.ray_session import ray_session

@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Shard:
    async def run(self):
        await asyncio.sleep(100)
    async def counts(self):
        return 0

async def work(job):
    job.shards = [Shard.remote()]
    running = job.shards[0].run.remote()
    await job.shards[0].counts.remote()
    print("at work", flush=True)
    await running

with contextlib.suppress(KeyboardInterrupt), Interrupts() as interrupts, ray_session():
    job = make_run(Path(sys.argv[1]))
    try:
        interrupts.run(work(job))
    finally:
        _close(job, in_order=not interrupts.received)
"""


@pytest.mark.slow
def test_ray_has_nothing_to_say_of_actors_that_were_at_work(tmp_path: Path) -> None:
    """Killed, a shard is a line each: "There are infinite retries remaining, so the task will be retried"."""
    with subprocess.Popen(
        [sys.executable, "-c", ACTOR, str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=hears,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stdout.readline() == "at work\n"
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=60)
    assert "retried" not in said + errors and "raylet" not in said + errors
    assert not psutil.wait_procs(children, timeout=20)[1], "they have ended with Ray"


def test_a_signal_before_there_was_work_is_not_forgotten() -> None:
    """Python drops the exception of a handler that it calls within the callback of a weak reference."""
    begun = list[str]()

    async def work() -> None:
        begun.append("work")

    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # nothing more comes of it afterwards
    try:
        with Interrupts() as interrupts:
            with contextlib.suppress(KeyboardInterrupt):
                interrupts._receive(signal.SIGTERM, None)
            with pytest.raises(KeyboardInterrupt):
                interrupts.run(work())
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not begun


def test_where_lean_alone_is_asked_an_interruption_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """`asyncio.run` forgets one that the work has caught, and the command ended as if nothing had been."""
    monkeypatch.setattr(stages, "LocalPool", lambda config: contextlib.nullcontext())

    async def work(tools: Tools) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(100)
        return "done"

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            stages.with_tools(RunConfig(), (), work)
    finally:
        signal.signal(signal.SIGINT, before)


def test_work_that_ends_in_an_error_after_nobody_waits_for_it_leaves_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    """A training that is stopped because the engines could not start, say."""

    async def run() -> None:
        ended = threading.Event()

        def stopped() -> None:
            ended.wait()
            raise RuntimeError("stopped")

        work = asyncio.ensure_future(in_thread(stopped))
        ended.set()
        await asyncio.wait([work])

    asyncio.run(run())
    gc.collect()
    assert not caplog.records
