"""The owner's end: one zygote for each header, and a session of it for each worker.

A zygote lives as long as any of its sessions; workers of one process that need the same header share it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Literal

from verify_workers.config import usable_memory_mb
from verify_workers.kernel import abi, wire
from verify_workers.lean.modules import DAMAGED
from verify_workers.lean.shared import SharedLean

ROOT = Path(__file__).resolve().parents[2]
_ENTRY = "import sys; sys.path.insert(0, sys.argv[1]); from verify_workers.kernel.zygote import main; main()"
FORK_SECONDS = 10.0  # for a session to answer
GRACE_SECONDS = 10.0  # beyond what the children may use

_CRASHES = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE})

_Key = tuple[int, SharedLean, str, str, bool]  # of this process, Lean, imports, what they load, quiet
_zygotes: dict[_Key, _Zygote] = {}
_registry = threading.Lock()


class ZygoteFailed(Exception):
    """The zygote or the session is gone, hangs, or answers out of turn: it has been ended and no verdict exists."""


class ImportCrashed(ZygoteFailed):
    """Lean died as it imported the header, which says nothing of what stands below it."""


class Unsupported(Exception):
    """Lean cannot import this header; the text is Lean's own."""


class _Zygote:
    """The process that has imported a header.  Booted by whoever needs it first; the others wait."""

    def __init__(self, key: _Key) -> None:
        self.key, self.users = key, 0
        self.hello: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._trouble: ZygoteFailed | Unsupported = ZygoteFailed("the zygote is gone")
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    @property
    def failed(self) -> bool:
        """It has been booted and is gone."""
        return self._process is not None and (self._channel is None or self._process.poll() is not None)

    def session(self) -> tuple[socket.socket, int]:
        """A new session's socket and process handle; boots first if need be.  Raises ZygoteFailed or Unsupported."""
        with self._lock:
            try:
                if self._process is None:
                    self._boot()
                if self._channel is None:  # it failed while this one waited
                    raise type(self._trouble)(*self._trouble.args)
                ours, theirs = socket.socketpair()
                with theirs:
                    try:
                        self._channel.settimeout(FORK_SECONDS)
                        socket.send_fds(self._channel, [b"+"], [theirs.fileno()])
                        answer, handles, _, _ = socket.recv_fds(self._channel, 1, 1)
                        if not answer or len(handles) != 1:
                            raise ZygoteFailed("the zygote gave no session")
                    except OSError as error:
                        ours.close()
                        raise ZygoteFailed(f"the zygote gave no session: {error}") from error
                return ours, handles[0]
            except BaseException as error:
                if isinstance(error, ZygoteFailed | Unsupported):
                    self._trouble = error
                self.close()
                raise

    def _boot(self) -> None:
        _, lean, imports, _, quiet = self.key
        ours, theirs = socket.socketpair()
        # The rings of asynchronous I/O would stay mapped in every child: a way past the filter of its system calls.
        environment = {"LEAN_PATH": os.pathsep.join(map(str, lean.path)), "LC_ALL": "C.UTF-8", "UV_USE_IO_URING": "0"}
        environment |= {"PATH": os.environ["PATH"]} if "PATH" in os.environ else {}
        loader = os.pathsep.join(filter(None, (lean.loader, os.environ.get("LD_LIBRARY_PATH"))))
        environment |= {"LD_LIBRARY_PATH": loader} if loader else {}
        command = [sys.executable, "-I", "-S", "-c", _ENTRY, str(ROOT), *(["--quiet"] if quiet else [])]
        with theirs:
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), env=environment, cwd="/", start_new_session=True)
        self._channel = ours
        try:
            ours.settimeout(lean.seconds)
            libraries, accepted = [str(library) for library in lean.libraries], [*abi.GITHASHES, *lean.accepted]
            free = int(min(usable_memory_mb(), 1 << 30)) << 20
            wire.send(ours, {"libraries": libraries, "imports": imports, "accepted": accepted, "memory": free})
            self.hello = wire.receive(ours)
        except wire.Closed as error:
            number = self._end()
            if number in _CRASHES:
                raise ImportCrashed(f"importing the header: Lean crashed (signal {number}); {DAMAGED}") from error
            raise ZygoteFailed(f"the zygote did not start: {error}") from error
        if "error" in self.hello:
            raise (Unsupported if self.hello["kind"] == "LeanError" else ZygoteFailed)(self.hello["error"])

    def _end(self) -> int:
        """By which signal the process has ended by itself, having hung up; 0 if by none."""
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return max(0, -self._process.wait(1.0))
        return 0

    def close(self) -> None:
        """End the process and with it every session (idempotent)."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()


def _join(key: _Key) -> _Zygote:
    with _registry:
        zygote = _zygotes.get(key)
        if zygote is None or zygote.failed:
            zygote = _zygotes[key] = _Zygote(key)
        zygote.users += 1
        return zygote


def _leave(zygote: _Zygote) -> None:
    with _registry:
        zygote.users -= 1
        last = not zygote.users
        if last and _zygotes.get(zygote.key) is zygote:
            del _zygotes[zygote.key]
    if last:
        zygote.close()


def _session(key: _Key) -> tuple[_Zygote, socket.socket, int]:
    """A zygote that has been joined, and the socket and process handle of a session of it."""
    while True:
        zygote = _join(key)
        fresh = zygote.users == 1
        try:
            return zygote, *zygote.session()
        except ZygoteFailed:
            _leave(zygote)
            if fresh:
                raise
            # It was dying when we joined it; the next one is not.
        except BaseException:
            _leave(zygote)
            raise


class Session:
    """A worker's own process, forked from the zygote of its imports.  Not for use from several threads at once."""

    def __init__(self, lean: SharedLean, imports: str = "", state: str = "", *, quiet: bool = True) -> None:
        """`imports` are the header's lines, `state` stands for what they load: only sessions that agree in both share a zygote."""
        self._sequence = 0
        self._zygote: _Zygote | None
        self._zygote, self._channel, self._handle = _session((os.getpid(), lean, imports, state, quiet))
        self.hello = self._zygote.hello
        try:
            self._channel.settimeout(FORK_SECONDS)
            self.pid: int = wire.receive(self._channel)["pid"]
        except wire.Closed as error:
            self.close()
            raise ZygoteFailed(f"the session did not start: {error}") from error

    def check(
        self,
        statement: str = "",
        target: tuple[str, ...] = (),
        source: str = "",
        *,
        prefix: str = "",
        negated: bool = False,
        timeout: float,
        memory: int,
        same_text: bool = True,
        export: Literal["", "own", "whole"] = "",
    ) -> dict[str, Any]:
        """Reports of the children for one check (see `zygote.SessionServer.check`); ZygoteFailed if there is no proper reply.

        `timeout` in seconds for each child, `memory` in bytes.  With `export` the judge's report holds, under that name, what it
        accepted beyond the library (`ndjson`), or with what that rests on of the library.
        """
        self._sequence += 1
        request = {"seq": self._sequence, "statement": statement, "target": target, "source": source, "prefix": prefix, "negated": negated,
                   "timeout": timeout, "memory": memory, "same_text": same_text, "export": export}  # fmt: skip
        try:
            self._channel.settimeout(timeout + max(timeout, wire.WHOLE_SECONDS if export == "whole" else 5.0) + GRACE_SECONDS)
            wire.send(self._channel, request)
            reply = wire.receive(self._channel)
        except wire.Closed as error:
            self.close()
            raise ZygoteFailed(str(error)) from error
        if reply.pop("seq", None) != self._sequence:
            self.close()
            raise ZygoteFailed("reply out of turn")
        return reply

    def close(self) -> None:
        """End the process and with it every child; the last session of a zygote ends that too (idempotent)."""
        zygote, self._zygote = self._zygote, None
        if zygote is None:
            return
        self._channel.close()
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        select.select([self._handle], [], [])  # until it has ended
        os.close(self._handle)
        _leave(zygote)
