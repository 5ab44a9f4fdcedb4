"""The owner's end of a zygote: start it, ask it, time it out, end it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from verify_workers.kernel import wire

ROOT = Path(__file__).resolve().parents[2]
_ENTRY = "import sys; sys.path.insert(0, sys.argv[1]); from verify_workers.kernel.zygote import main; main()"
BOOT_SECONDS = 60.0  # Mathlib-sized headers take seconds; a hung boot must not hang us
GRACE_SECONDS = 10.0  # beyond what the children may use


class ZygoteFailed(Exception):
    """The zygote is gone, hangs, or answers out of turn: it has been ended and no verdict exists."""


class Unsupported(Exception):
    """Lean cannot import this header; the text is Lean's own."""


class Zygote:
    """One zygote process for one set of imports.  Not for use from several threads at once."""

    def __init__(self, library: Path, path: Path, imports: str = "", *, quiet: bool = True) -> None:
        ours, theirs = socket.socketpair()
        environment = {"LEAN_PATH": str(path), "LC_ALL": "C.UTF-8"}
        environment |= {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        command = [sys.executable, "-I", "-S", "-c", _ENTRY, str(ROOT), *(["--quiet"] if quiet else [])]
        with theirs:
            self.process = subprocess.Popen(command, stdin=theirs.fileno(), env=environment, cwd="/", start_new_session=True)
        self._channel = ours
        self._sequence = 0
        try:
            ours.settimeout(BOOT_SECONDS)
            wire.send(ours, {"library": str(library), "imports": imports})
            self.hello = wire.receive(ours)
        except wire.Closed as error:
            self.close()
            raise ZygoteFailed(f"the zygote did not start: {error}") from error
        if "error" in self.hello:
            self.close()
            raise (Unsupported if self.hello["kind"] == "LeanError" else ZygoteFailed)(self.hello["error"])

    def check(
        self, statement: str, target: tuple[str, ...], source: str, *, prefix: str = "", timeout: float, memory: int, same_text: bool = True
    ) -> dict[str, Any]:
        """Reports of the children for one check (see `zygote.Zygote.check`); ZygoteFailed if there is no proper reply.

        `timeout` in seconds for each child, `memory` in bytes.
        """
        self._sequence += 1
        request = {"seq": self._sequence, "statement": statement, "target": target, "source": source, "prefix": prefix,
                   "timeout": timeout, "memory": memory, "same_text": same_text}  # fmt: skip
        try:
            self._channel.settimeout(timeout + max(timeout, 5.0) + GRACE_SECONDS)
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
        """End the process and with it every child (idempotent)."""
        self._channel.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
