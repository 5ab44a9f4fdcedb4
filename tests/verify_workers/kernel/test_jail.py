"""What a jailed child can and cannot do, and how its end is reported.  No Lean."""

from __future__ import annotations

import errno
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from verify_workers.kernel import children, jail

pytestmark = pytest.mark.skipif(not jail.supported(), reason="the jail is for Linux on x86-64")
MEMORY = 256 << 20


@pytest.fixture
def owner() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield theirs


def run(owner: socket.socket, work: Callable[[], bytes], seconds: float = 5.0, memory: int = MEMORY) -> children.Child:
    child = children.start(work, seconds, memory)
    children.finish([child], owner)
    children.stop(child)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
    return child


def errno_of(action: Callable[[], object]) -> Callable[[], bytes]:
    def work() -> bytes:
        try:
            action()
        except OSError as error:
            return errno.errorcode[error.errno or 0].encode()
        return b"done"

    return work


def test_a_child_delivers(owner: socket.socket) -> None:
    child = run(owner, lambda: b"x" * 1_000_000)
    assert (child.ended, len(child.data)) == ("ok", 1_000_000)


WRITTEN, MADE = (Path(tempfile.gettempdir(), f"{verb}-by-a-jailed-child-{os.getpid()}") for verb in ("written", "made"))


@pytest.mark.parametrize(
    "action",
    [
        os.fork,
        lambda: os.open("/etc/passwd", os.O_RDONLY),
        lambda: os.open(WRITTEN, os.O_WRONLY | os.O_CREAT),
        lambda: os.mkdir(MADE),
        lambda: os.kill(os.getppid(), 0),
        lambda: os.execv("/bin/true", ["true"]),
        lambda: socket.socket(socket.AF_INET),
        lambda: os.setpriority(os.PRIO_PROCESS, 0, 1),
        lambda: os.pidfd_open(1),
        lambda: os.memfd_create("x"),
    ],
    ids=["fork", "open", "create", "mkdir", "kill", "exec", "socket", "setpriority", "pidfd", "memfd"],
)
def test_forbidden_calls_answer_eperm(owner: socket.socket, action: Callable[[], object]) -> None:
    child = run(owner, errno_of(action))
    assert (child.ended, child.data) == ("ok", b"EPERM")
    assert not WRITTEN.exists()
    assert not MADE.exists()


def test_threads_are_allowed(owner: socket.socket) -> None:
    def work() -> bytes:
        out: list[bytes] = []
        thread = threading.Thread(target=lambda: out.append(b"from a thread"))
        thread.start()
        thread.join()
        return out[0]

    assert run(owner, work).data == b"from a thread"


def test_inherited_descriptors_are_closed(owner: socket.socket) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)

    child = run(owner, errno_of(lambda: os.write(writing, b"forged")))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b""
    assert (child.ended, child.data) == ("ok", b"EBADF")


def test_wall_time_memory_output_and_crash_are_told_apart(owner: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep() -> bytes:
        while True:
            time.sleep(1)

    def eat() -> bytes:
        return b"".join(bytes([i]) * (1 << 24) for i in range(256))

    def crash() -> bytes:
        os.abort()

    def fail() -> bytes:
        raise ValueError

    monkeypatch.setattr(children, "MAX_OUTPUT", 1 << 20)
    assert run(owner, sleep, seconds=0.2).ended == "timeout"
    assert run(owner, eat, memory=64 << 20).ended == "memory"
    assert run(owner, lambda: b"x" * (1 << 22)).ended == "overflow"
    crashed = run(owner, crash)
    assert (crashed.ended, crashed.signal in (signal.SIGABRT, signal.SIGSEGV, signal.SIGILL)) == ("crash", True)
    failed = run(owner, fail)
    assert (failed.ended, failed.signal) == ("crash", 0)


def test_a_spinning_child_is_stopped(owner: socket.socket) -> None:
    def spin() -> bytes:
        while True:
            pass

    assert run(owner, spin, seconds=0.2).ended == "timeout"


def test_processor_time_is_a_time_out_too(owner: socket.socket) -> None:
    def spin(request: bytes) -> bytes:
        while True:
            pass

    child = children.prepare(spin, lambda: None)
    children.give(child, b"", 0.4, MEMORY)
    child.deadline += 600
    children.finish([child], owner)
    children.stop(child)
    assert (child.ended, child.signal) == ("timeout", signal.SIGXCPU)


def test_a_child_that_was_forked_ahead_waits_and_answers_once(owner: socket.socket) -> None:
    done = list[str]()
    child = children.prepare(lambda request: request + b" answered", lambda: done.append("ahead"))
    assert children.alive(child) and not done  # it did that in its own memory
    children.give(child, b"asked", 5.0, MEMORY)
    children.finish([child], owner)
    assert (child.ended, child.data) == ("ok", b"asked answered")
    while children.alive(child):  # ended as soon as it has answered
        time.sleep(0.01)
    children.stop(child)
    assert child.ended == "ok"


def test_one_that_died_waiting_is_seen(owner: socket.socket) -> None:
    child = children.prepare(lambda request: request, lambda: None)
    os.kill(child.pid, signal.SIGKILL)
    while children.alive(child):
        time.sleep(0.01)
    children.give(child, b"x" * 1_000_000, 5.0, MEMORY)
    children.finish([child], owner)
    assert (child.ended, child.signal) == ("crash", signal.SIGKILL)


def test_children_end_when_the_owner_hangs_up() -> None:
    ours, theirs = socket.socketpair()
    child = children.start(lambda: time.sleep(60) or b"", 60, MEMORY)  # type: ignore[func-returns-value]
    threading.Timer(0.1, ours.close).start()
    with pytest.raises(children.OwnerGone):
        children.finish([child], theirs)
    theirs.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
