"""The reference backend: one fresh, confined Lean process per check; slow, simple, and what every other one must agree with.

It reads Lean's messages (policy + statement pin + axiom list), so its verdicts say `audit: text`.
"""

from __future__ import annotations

import functools
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from verify_workers import policy
from verify_workers.backends import selftest
from verify_workers.backends.base import Place
from verify_workers.backends.launch import OPTIONS, Limits, confined, crash_on, crash_on_header, died, environment
from verify_workers.errors import UserError
from verify_workers.lean.imports import holds
from verify_workers.lean.install import Lean
from verify_workers.lean.lacks import explained
from verify_workers.lean.snapshot import NOWHERE, HeaderFailed, header_line, header_snapshot
from verify_workers.processes import private_bytes
from verify_workers.records import Check, Outcome, Snippet, Verdict
from verify_workers.text import header as headers
from verify_workers.text import pin, snippet
from verify_workers.text.parsed import ParsedCheck

MEMORY = 2 << 30  # bytes of private memory before a check counts as `resource`
FILES = 64  # that a check may have open
POLL = 0.02  # seconds between looks at the clock and the memory
MAX_OUTPUT = 8 << 20  # bytes of messages


@dataclass(frozen=True)
class LeanRun:
    """How one Lean process ended.  `stopped` says why we ended it, if we did."""

    status: int
    output: bytes
    errors: bytes
    stopped: Outcome | None


def make(place: Place) -> ProcessBackend:
    """For `backends.BACKENDS`."""
    selftest.warn(place.lean)
    return ProcessBackend(place.lean, place.memory_mb << 20, place.snapshots)


class ProcessBackend:
    """One Lean process per check, on its own, with nothing shared between checks."""

    name: ClassVar[str] = "process"

    def __init__(self, install: Lean, memory: int = MEMORY, snapshots: Path | None = None) -> None:
        """`memory` is the private memory in bytes (what is mapped from the library not counted) beyond which a check ends as `resource`.

        With `snapshots`, headers are imported once and loaded from that folder afterwards (see `lean.snapshot`).
        """
        self._snapshots = snapshots
        self._closed = False
        self._install = install
        self._memory = memory
        self.lean = install.version
        self.library = install.revision
        # The working directory of every child, and the place of whatever is made for one check: a folder that only this user may
        # enter, so that nobody else can put anything where something of ours has been.
        self._folder = tempfile.mkdtemp(prefix="proof-synth-")

    @property
    def processes(self) -> list[int]:
        return []  # none outlives its check

    def check(self, check: Check) -> Verdict:
        """The verdict on one check: policy first, then Lean on the pinned file."""
        return self._judged(check)

    def _judged(self, check: Check, compiled: Path | None = None) -> Verdict:
        """The same; `compiled` as for `_ask_lean`."""
        start = time.monotonic()
        if isinstance(check, Snippet):
            verdict = pin.unfit(check) or self._ask_lean(check, None, compiled)
        else:
            parsed = ParsedCheck(check, functools.partial(holds, self._install.sources))
            verdict = policy.refusal(parsed) or self._ask_lean(check, parsed, compiled)
        return explained(verdict, check, self._install).model_copy(
            update={
                "seconds": time.monotonic() - start,
                "lean": self.lean,
                "library": self.library,
                "backend": self.name,
            }
        )

    def close(self) -> None:
        """Ends what still runs, and removes the working directory."""
        self._closed = True
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ask_lean(self, check: Check, parsed: ParsedCheck | None, compiled: Path | None = None) -> Verdict:
        """The verdict of Lean's messages; what Lean makes of the file is written to `compiled`, if that is given."""
        file = None if parsed is None else pin.build(parsed)
        loose = snippet.build(f"{check.header}\n" if check.header else "", check.code or "")
        text = file.text if file else loose.text
        variables, options = environment(self._install, self._folder), [*OPTIONS, "--stdin", "--json"]
        readable: tuple[Path, ...] = (Path(self._folder),)
        if compiled is not None:
            options.append(f"-o{compiled}")
        try:
            if self._snapshots is not None and parsed is not None and file is not None:
                top = parsed.header
                saved = header_snapshot(self._install, top.imports, OPTIONS, self._snapshots)
                options.append(f"--incr-load={saved}")
                readable = (*readable, saved, saved.with_name(f"{saved.name}.deps"))
                variables["LEAN_PATH"] = NOWHERE
                # All imports on the first line, as in the saved header; every line keeps its number.
                text = f"{header_line(top.imports)} {top.rest}{text[file.body - 1 :]}"
            run = self._run(
                [*self._install.program(), *options],
                text.encode("utf-8"),
                check.timeout,
                variables,
                readable,
                str(compiled.parent) if compiled else "",
            )
        except HeaderFailed as error:
            return pin.wrong_header(check, str(error))
        except UserError as error:
            return Verdict(id=check.id, outcome=Outcome.INFRA, reason=str(error))
        except UnicodeEncodeError as error:
            return pin.no_text(check, error)
        except OSError as error:
            return Verdict(id=check.id, outcome=Outcome.INFRA, reason=f"cannot run Lean: {error}")
        if run.stopped is not None:
            reason = {Outcome.TIMEOUT: "timeout", Outcome.INFRA: "the backend was closed"}.get(run.stopped, "memory or output")
            return Verdict(id=check.id, outcome=run.stopped, reason=reason)
        if end := died(run.status, run.errors):
            trouble = self._header_trouble(check, parsed) if end[0] is Outcome.REJECTED else ""
            return Verdict(id=check.id, outcome=Outcome.INFRA, reason=trouble) if trouble else crash_on(check, end)
        try:
            output = run.output.decode("utf-8")
            if NOWHERE in output:
                raise pin.MalformedOutput("the header's snapshot was not used")
            reading = pin.read(file, output, run.status) if file else snippet.read(loose, output, run.status)
        except (pin.MalformedOutput, UnicodeDecodeError) as error:
            detail = run.errors.decode("utf-8", "replace").strip()[-500:]
            return Verdict(id=check.id, outcome=Outcome.INFRA, reason=f"{error}; {detail}" if detail else str(error))
        return pin.verdict(check, reading, "text" if file else "none")

    def _header_trouble(self, check: Check, parsed: ParsedCheck | None) -> str:
        """Whether it was the header that Lean crashed on, which says nothing of what stands below it: the words, '' if it was not."""
        own, given = headers.split(check.code or ""), headers.split(check.header)
        imports = parsed.header.imports if parsed else (*given.imports, *own.imports)
        if not imports:
            return ""
        variables, text = environment(self._install, self._folder), f"{header_line(imports)}\n".encode()
        run = self._run([*self._install.program(), *OPTIONS, "--stdin", "--json"], text, check.timeout, variables, (Path(self._folder),))
        end = None if run.stopped else died(run.status, run.errors)
        return crash_on_header(end) if end else ""

    def _run(
        self,
        program: list[str],
        text: bytes,
        timeout: float,
        variables: dict[str, str],
        readable: tuple[Path, ...],
        writable: str = "",
    ) -> LeanRun:
        """A confined `program` on `text`, in a session of its own that is gone when this returns.

        It reads what is `readable` beside its Lean, and may write in `writable` only.
        """
        seconds = timeout + self._install.start_up
        command = confined(self._install, Limits(int(2 * seconds) + 2, self._memory, FILES, writable, readable), program)
        deadline = time.monotonic() + seconds
        with os.fdopen(os.memfd_create("check"), "wb") as source:
            source.write(text)
            source.flush()
            source.seek(0)
            child = subprocess.Popen(
                command,
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self._folder,
                env=variables,
                start_new_session=True,
            )
        try:
            output, errors, stopped = self._watch(child, deadline)
        finally:
            _end(child)
        return LeanRun(child.returncode, output, errors, stopped)

    def _watch(self, child: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes, Outcome | None]:
        """Reads both streams to their ends unless time, memory or output run over; then says which."""
        assert child.stdout and child.stderr
        streams = {child.stdout: bytearray(), child.stderr: bytearray()}
        stopped: Outcome | None = None
        with selectors.DefaultSelector() as selector:
            for stream in streams:
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map() and stopped is None:
                for key, _ in selector.select(POLL):
                    data = os.read(key.fd, 1 << 16)
                    if data:
                        streams[key.fileobj] += data  # type: ignore[index]
                    else:
                        selector.unregister(key.fileobj)
                if time.monotonic() > deadline:
                    stopped = Outcome.TIMEOUT
                elif private_bytes(child.pid) > self._memory or sum(map(len, streams.values())) > MAX_OUTPUT:
                    stopped = Outcome.RESOURCE
                elif self._closed:
                    stopped = Outcome.INFRA
        if stopped is None:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                stopped = Outcome.TIMEOUT
        return bytes(streams[child.stdout]), bytes(streams[child.stderr]), stopped


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kills what is left of the child's process group, reaps it and closes its pipes."""
    # Before the child is reaped its id cannot be anyone else's, so the group is certainly its own.
    if child.returncode is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            child.kill()
    child.wait()
    for stream in (child.stdout, child.stderr):
        if stream:
            stream.close()
