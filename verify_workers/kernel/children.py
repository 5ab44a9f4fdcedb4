"""Fork jailed children, collect what they write, end them when their time or memory is used up.

`prepare` forks a child ahead of the one request that `give` sends it: it has entered the jail by then, and nobody waits for its end, only
for its answer; `stop` reaps it.  `start` is both in one.  `serve` keeps a child for several requests, which `ask` sends.  `finish` waits.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from verify_workers.jail import escapes
from verify_workers.kernel import jail
from verify_workers.processes import private_bytes

Ended = Literal["ok", "timeout", "memory", "crash", "overflow"]

TICK = 0.02  # seconds between two looks at memory
MAX_OUTPUT = 1 << 26  # bytes
SERVER_CPU_SECONDS = 3600.0
_LENGTH = struct.Struct("<I")
_NO_FOLDER = "/proof-synth-no-such-folder"  # the jail refuses before it looks whether there is one
_NO_FILE = f"{_NO_FOLDER}/here/file"


class OwnerGone(Exception):
    """The process that asked is gone; every child has been ended."""


@dataclass(eq=False)
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
    requests: int | None = None  # a server's, or of one that was prepared: the pipe that it reads; its answers are frames
    once: bool = False  # it answers one request

    def end(self, how: Ended) -> None:
        if self.ended is None:
            self.ended = how
            os.kill(self.pid, signal.SIGKILL)  # not yet reaped, so the id is still its own

    @property
    def data(self) -> bytes:
        return b"".join(self.output)[_LENGTH.size if self.requests is not None else 0 :]

    @property
    def answered(self) -> bool:
        """Whether a server's whole answer is here."""
        if self.requests is None or self.size < _LENGTH.size:
            return False
        if len(self.output[0]) < _LENGTH.size:
            self.output = [b"".join(self.output)]
        return self.size >= _LENGTH.size + int(_LENGTH.unpack_from(self.output[0])[0])


def start(work: Callable[[], bytes], seconds: float, memory: int) -> Child:
    """Run `work` in a jailed child that was not forked ahead; otherwise as `prepare` and `give`."""
    child = prepare(lambda _: work(), lambda: None)
    give(child, b"", seconds, memory)
    return child


def serve(handle: Callable[[bytes], bytes], memory: int) -> Child:
    """A jailed child that answers requests with `handle`, one after the other, until it is stopped."""
    reading, writing = os.pipe()
    asked, asking = os.pipe()

    def loop() -> None:
        while True:
            (length,) = _LENGTH.unpack(_read_exactly(asked, _LENGTH.size))
            answer = handle(_read_exactly(asked, length))
            _write(writing, _LENGTH.pack(len(answer)) + answer)

    pid = _fork(loop, (writing, asked), SERVER_CPU_SECONDS)
    os.close(writing)
    os.close(asked)
    return Child(pid, os.pidfd_open(pid), reading, 0.0, memory, private_bytes(os.getpid()), requests=asking)


def prepare(handle: Callable[[bytes], bytes], ahead: Callable[[], None]) -> Child:
    """A jailed child that does what it can `ahead`, and answers one request, which `give` sends, with `handle`."""
    reading, writing = os.pipe()
    asked, asking = os.pipe()

    def answer() -> None:
        ahead()
        (length,) = _LENGTH.unpack(_read_exactly(asked, _LENGTH.size))
        found = handle(_read_exactly(asked, length))
        _write(writing, _LENGTH.pack(len(found)) + found)
        _read_exactly(asked, 1)  # nothing comes: it stays until it is ended

    pid = _fork(answer, (writing, asked), None)
    os.close(writing)
    os.close(asked)
    return Child(pid, os.pidfd_open(pid), reading, 0.0, 0, private_bytes(os.getpid()), requests=asking, once=True)


def alive(child: Child) -> bool:
    """Whether a prepared child still waits."""
    poll = select.poll()
    poll.register(child.pidfd, select.POLLIN)
    return not poll.poll(0)


def give(child: Child, request: bytes, seconds: float, memory: int) -> None:
    """Send a prepared child its request; wall seconds, twice as many of the processor, memory in bytes."""
    assert child.requests is not None and child.once
    cpu = jail.whole_seconds(2 * seconds)
    resource.prlimit(child.pid, resource.RLIMIT_CPU, (cpu, cpu + 1))  # the first of the two says what it is for
    child.deadline, child.memory = time.monotonic() + seconds, memory
    with contextlib.suppress(BrokenPipeError):  # it died meanwhile: `finish` sees that
        _write(child.requests, _LENGTH.pack(len(request)) + request)


def ask(server: Child, request: bytes, seconds: float, owner: socket.socket) -> None:
    """Send a request and wait; the server's `ended` and `data` then tell, and unless it ended "ok" it is gone."""
    assert server.requests is not None
    server.output, server.size, server.ended = [], 0, None
    server.deadline = time.monotonic() + seconds
    with contextlib.suppress(BrokenPipeError):  # it died meanwhile: `finish` sees that
        _write(server.requests, _LENGTH.pack(len(request)) + request)
    finish([server], owner)


def stop(server: Child) -> None:
    """End a server, or a prepared child; harmless when it is gone already."""
    if server.ended in (None, "ok"):
        os.kill(server.pid, signal.SIGKILL)
        _reap(server)
        _close(server)


def escaped(owner: socket.socket) -> str:
    """What a child of this process could do that it must not, in words; '' if the jail holds."""
    shared = jail.inherited()
    if shared:
        return f"share memory: {', '.join(shared)}"
    parent = os.getpid()
    child = start(lambda: "; ".join(escapes.through(_NO_FILE, _NO_FOLDER, parent, descriptors=2)).encode(), 10.0, 1 << 28)
    finish([child], owner)
    stop(child)
    return child.data.decode() if child.ended == "ok" else f"not be tested: {child.ended}, signal {child.signal}"


def _fork(work: Callable[[], None], keep: tuple[int, ...], cpu_seconds: float | None) -> int:
    parent, forbidden = os.getpid(), jail.rules()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            gc.disable()
            jail.die_with(parent)
            jail.enter(keep, cpu_seconds, forbidden)
            work()
            status = 0
        finally:
            os._exit(status)
    return pid


def _write(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]


def _read_exactly(fd: int, n: int) -> bytes:
    pieces = []
    while n:
        piece = os.read(fd, min(n, 1 << 20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        n -= len(piece)
    return b"".join(pieces)


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
                elif child.answered and child.ended is None:
                    child.ended = "ok"
                    if child.once:
                        os.kill(child.pid, signal.SIGKILL)  # reaped later, since that takes as long as its memory is large
                    running.remove(child)
                    poll.unregister(child.pidfd)
                    poll.unregister(fd)
            elif fd == child.pidfd and child in running:
                while _read(child):
                    pass
                _reap(child)
                running.remove(child)
                poll.unregister(fd)
                with contextlib.suppress(KeyError):  # unless at its end already
                    poll.unregister(child.pipe)
                _close(child)
        now = time.monotonic()
        if now - looked >= TICK:
            looked = now
            for child in running:
                if now > child.deadline:
                    child.end("timeout")
                elif private_bytes(child.pid) - child.inherited > child.memory:
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
    if child.requests is not None and child.ended in (None, "ok"):
        out_of_time = child.once and child.signal == signal.SIGXCPU
        answered = child.once and child.ended == "ok"
        child.ended = "ok" if answered else "timeout" if out_of_time else "crash"  # neither ends by itself
    elif child.ended is None:
        child.ended = "ok" if status == 0 else "timeout" if child.signal == signal.SIGXCPU else "crash"


def _close(child: Child) -> None:
    for fd in (child.pipe, child.pidfd, child.requests):
        if fd is not None:
            os.close(fd)
