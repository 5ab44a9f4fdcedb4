"""Our second implementation, in a process of its own that keeps the library: a proof costs its own declarations."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from verify_workers.kernel.wanted import PIN
from verify_workers.kernels.answer import START_SECONDS, Answer, Opinion
from verify_workers.second_kernel import VERSION

ROOT = Path(__file__).resolve().parents[2]
NAME = "builtin-python"
_ENTRY = "import sys; sys.path.insert(0, sys.argv.pop(1)); from verify_workers.second_kernel.__main__ import main; sys.exit(main())"
_OPINIONS: dict[str, Opinion] = {"accepted": "accepted", "rejected": "rejected", "unsupported": "declined", "budget": "declined"}


class BuiltinKernel:
    """See `answer.Kernel`; `library` is the header's export file.  Started with the first question."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._process: subprocess.Popen[bytes] | None = None
        self._left = b""

    @property
    def name(self) -> str:
        return f"{NAME} {VERSION}"

    def judge(self, own: Path, closure: Path, seconds: float) -> Answer:
        begun = time.monotonic()
        try:
            process = self._running()
            assert process.stdin is not None
            process.stdin.write(json.dumps({"file": str(own), "root": ".".join(map(str, PIN))}).encode() + b"\n")
            process.stdin.flush()
            reply = self._line(seconds)
            opinion = _OPINIONS[reply["outcome"]]
            why = f"{reply['declaration']}: {reply['why']}" if opinion != "accepted" else ""
            return Answer(self.name, opinion, why[:500], time.monotonic() - begun)
        except TimeoutError:
            self.close()
            return Answer(self.name, "declined", f"not within {seconds:g} s", time.monotonic() - begun)
        except (OSError, ValueError, LookupError) as error:
            self.close()
            return Answer(self.name, "failed", f"{type(error).__name__}: {error}"[:500], time.monotonic() - begun)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            known = self._library.with_suffix(".checked.json")
            command = [sys.executable, "-I", "-S", "-c", _ENTRY, str(ROOT), str(self._library), "--serve", "--known", str(known)]
            self._left = b""
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
            )
            self._line(START_SECONDS)
        return self._process

    def _line(self, seconds: float) -> dict[str, str]:
        """Its next line; TimeoutError, or EOFError (an OSError's kin here: ValueError) when it has ended."""
        assert self._process is not None and self._process.stdout is not None
        end = time.monotonic() + seconds
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._left:
            left = end - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise TimeoutError
            piece = os.read(pipe, 1 << 16)
            if not piece:
                raise ValueError("it ended without an answer")
            self._left += piece
        line, _, self._left = self._left.partition(b"\n")
        reply = json.loads(line)
        if not isinstance(reply, dict):
            raise ValueError("no judgement")
        return reply

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            process.wait()
