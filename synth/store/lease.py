"""One driver per run directory on filesystems that know no locks: a file that the driver renews while it lives.

What it guards: a second `synth run` on the same address is refused while the first one lives, on whichever machine,
and may go on once the first has ended, at once on the same machine and after `LOOK` seconds from another.  What it does
not: two drivers that start within the same second on a store without conditional writes may both go on until one of
them sees the other's name in the file (at most `BEAT` seconds later) and stops; the corpus stays whole, because a unit
of work is committed by one entry of the manifest.

Only a driver that begins writes its name; signs of life go into a file beside it.  So a driver whose place was taken
cannot put its own name back between its look and its sign of life.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from verify_workers.errors import UserError

BEAT = 15.0  # seconds between renewals
LOOK = 40.0  # seconds without a renewal after which a driver on another machine is taken for dead; more than two beats


class Lease:
    """The right to write into a run directory: `file` of the fsspec filesystem `fs` names the driver, `file`.beat shows that it lives."""

    def __init__(self, fs: Any, file: str, place: str) -> None:
        self.fs, self.file, self.beats, self.place = fs, file, f"{file}.beat", place
        self.me: dict[str, Any] = {"id": uuid.uuid4().hex, "host": _host(), "pid": os.getpid(), "born": _born(os.getpid())}
        self.lost = False
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self) -> None:
        """Become the driver.  Raises UserError while another one lives; waits up to `LOOK` seconds to find out."""
        holder = self.holder()
        if holder is not None and _lives(holder, lambda: self._renewed(holder)):
            raise UserError(
                f"{self.place}: another `synth run` is using this run directory (process {holder.get('pid')} on "
                f"{str(holder.get('host')).split('/')[0]}); wait for it, or give another --run-dir"
            )
        self._give_sign()
        self.fs.pipe_file(self.file, json.dumps(self.me).encode())
        now = self.holder()
        if now is not None and now.get("id") != self.me["id"]:
            raise UserError(f"{self.place}: another `synth run` began here at the same moment; wait for it, or give another --run-dir")
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Let another driver in."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(2 * BEAT)
        with contextlib.suppress(Exception):
            holder = self.holder()
            if holder is not None and holder.get("id") == self.me["id"]:
                self.fs.rm_file(self.file)
                self.fs.rm_file(self.beats)

    def holder(self) -> dict[str, Any] | None:
        """Who is named in the file; None where nobody is."""
        return self._read(self.file)

    def held(self) -> bool:
        """Whether a driver is at work, by its process on this machine, else by the age of its last sign of life (this machine's clock)."""
        holder = self.holder()
        return holder is not None and _lives(holder, lambda: time.time() - self._sign_of(holder) < LOOK)

    def _read(self, file: str) -> dict[str, Any] | None:
        self.fs.invalidate_cache()
        try:
            value = json.loads(self.fs.cat_file(file))
        except (FileNotFoundError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def _give_sign(self) -> None:
        self.fs.pipe_file(self.beats, json.dumps({"id": self.me["id"], "beat": time.time()}).encode())

    def _sign_of(self, holder: dict[str, Any]) -> float:
        """When `holder` last gave a sign of life, in its machine's seconds; 0 = never, or somebody else did since."""
        sign = self._read(self.beats)
        return float(sign.get("beat", 0)) if sign is not None and sign.get("id") == holder.get("id") else 0.0

    def _renewed(self, holder: dict[str, Any]) -> bool:
        """Whether somebody gives a sign of life while we look: independent of the two machines' clocks."""
        until, before = time.monotonic() + LOOK, self._sign_of(holder)
        while time.monotonic() < until:
            time.sleep(min(2.0, LOOK / 4))
            now = self.holder()
            if now is None:
                return False
            if now.get("id") != holder.get("id") or self._sign_of(holder) not in (before, 0.0):
                return True
        return False

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with contextlib.suppress(Exception):  # the store does not answer just now: the next beat tries again
                holder = self.holder()
                if holder is not None and holder.get("id") != self.me["id"]:
                    self.lost = True
                    return
                self._give_sign()


def _lives(holder: dict[str, Any], elsewhere: Any) -> bool:
    """Whether the process of `holder` lives: known on this machine, `elsewhere()` says so of another."""
    if holder.get("host") == _host():
        return _born(int(holder.get("pid", 0))) == holder.get("born")
    return bool(elsewhere())


def _host() -> str:
    """This machine and its process numbers (those of a container are its own)."""
    try:
        return f"{socket.gethostname()}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return socket.gethostname()


def _born(pid: int) -> str:
    """When process `pid` started, in the kernel's ticks; '' where there is none.  Tells it from a later one with its number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""
