"""Fork a jailed child, collect what it writes, end it when its time or memory is used up."""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from verify_workers.kernel import jail

Ended = Literal["ok", "timeout", "memory", "crash", "overflow"]

TICK = 0.02  # seconds between two looks at memory
MAX_OUTPUT = 1 << 26  # bytes
_PAGE = resource.getpagesize()


class OwnerGone(Exception):
    """The process that asked is gone; every child has been ended."""


@dataclass
class Child:
    pid: int
    pidfd: int
    pipe: int
    deadline: float
    memory: int  # bytes of anonymous memory beyond what was inherited
    inherited: int
    output: list[bytes] = field(default_factory=list)
    size: int = 0
    at_end: bool = False
    ended: Ended | None = None
    signal: int = 0

    def end(self, how: Ended) -> None:
        if self.ended is None:
            self.ended = how
            os.kill(self.pid, signal.SIGKILL)  # not yet reaped, so the id is still its own

    @property
    def data(self) -> bytes:
        return b"".join(self.output)


def anonymous(pid: int) -> int:
    """Bytes of anonymous resident memory (0 once the process is gone)."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            _, resident, shared, *_ = file.read().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * _PAGE


def start(work: Callable[[], bytes], seconds: float, memory: int) -> Child:
    """Run `work` in a jailed child that writes the result to a pipe; wall and CPU seconds, memory in bytes."""
    reading, writing = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            gc.disable()
            jail.die_with(parent)
            jail.enter(writing, 2 * seconds)
            data = memoryview(work())
            while data:
                data = data[os.write(writing, data) :]
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    return Child(pid, os.pidfd_open(pid), reading, time.monotonic() + seconds, memory, anonymous(parent))


def finish(children: list[Child], owner: socket.socket) -> None:
    """Wait until every child has ended, one way or another; OwnerGone (all children ended) if the owner hangs up."""
    poll = select.poll()
    poll.register(owner, select.POLLRDHUP)
    watched: dict[int, Child] = {}
    for child in children:
        for fd in (child.pipe, child.pidfd):
            poll.register(fd, select.POLLIN)
            watched[fd] = child
    gone = False
    running = list(children)
    looked = time.monotonic()
    while running:
        for fd, _ in poll.poll(TICK * 1000):
            if fd == owner.fileno():
                gone = True
                poll.unregister(fd)
                for child in running:
                    child.end("crash")
                continue
            child = watched[fd]
            if fd == child.pipe and not child.at_end:
                if not _read(child):
                    poll.unregister(fd)
            elif fd == child.pidfd:
                while _read(child):
                    pass
                _reap(child)
                running.remove(child)
                poll.unregister(fd)
                with contextlib.suppress(KeyError):  # unless at its end already
                    poll.unregister(child.pipe)
                os.close(child.pipe)
                os.close(child.pidfd)
        now = time.monotonic()
        if now - looked >= TICK:
            looked = now
            for child in running:
                if now > child.deadline:
                    child.end("timeout")
                elif anonymous(child.pid) - child.inherited > child.memory:
                    child.end("memory")
    if gone:
        raise OwnerGone


def _read(child: Child) -> bool:
    """Take some of what the pipe holds (waiting for it); False at end of file."""
    piece = b"" if child.at_end else os.read(child.pipe, 1 << 16)
    child.at_end = not piece
    child.size += len(piece)
    if child.size > MAX_OUTPUT:
        child.end("overflow")
    else:
        child.output.append(piece)
    return bool(piece)


def _reap(child: Child) -> None:
    _, status, _ = os.wait4(child.pid, 0)
    if os.WIFSIGNALED(status):
        child.signal = os.WTERMSIG(status)
    if child.ended is None:
        child.ended = "ok" if status == 0 else "timeout" if child.signal == signal.SIGXCPU else "crash"
