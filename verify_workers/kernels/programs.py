"""Kernels of others, run once for each proof on its closure, in the jail that Lean's processes run in.

plain      the file on standard input and in `IN`; exit status 0 accepted, 1 rejected, 2 declined (the kernel arena's)
nanoda     `PROGRAM CONFIG`: 0 accepted, 2 declined; it ends in a panic (101) where it rejects
lean4lean  `PROGRAM --import FILE`: 0 accepted, 1 rejected
file       `PROGRAM FILE`, as Lake calls kernels: 0 accepted, 1 rejected, 2 declined (con-ron, con-leche)
leanchecker  `PROGRAM --from-export FILE` (Lean 4.35): 0 accepted, 1 rejected

A name without a folder is looked for beside a project's Lean first, whose toolchain may bring kernels.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from verify_workers.errors import UserError
from verify_workers.jail.command import interpreter, jailed
from verify_workers.kernels.answer import Answer, Opinion
from verify_workers.records import ALLOWED_AXIOMS

CONVENTIONS = ("plain", "nanoda", "lean4lean", "leanchecker", "file")
BUNDLED = {"con-ron": "file", "con-leche": "file"}  # beginnings of names that are no conventions
OUTPUT = 1 << 16  # bytes of what it says that are read
MAX_OUTPUT = 1 << 26  # bytes beyond which it is ended
TICK = 0.1  # seconds between two looks at whether it has ended
MEMORY = 6 << 30  # bytes of address space, as our own kernel has
THREAD_SPACE = 1 << 30  # more of it for each thread, as kernels written in Lean take for their stacks
FILES = 256  # open at a time
ENV = "/usr/bin/env"
REPLACED = "the program has been replaced since it was tried: begin anew with the new one"
_STATUS: dict[str, dict[int, Opinion]] = {
    "plain": {0: "accepted", 1: "rejected", 2: "declined"},
    "nanoda": {0: "accepted", 1: "rejected", 101: "rejected", 2: "declined"},
    "lean4lean": {0: "accepted", 1: "rejected"},
    "file": {0: "accepted", 1: "rejected", 2: "declined"},
    "leanchecker": {0: "accepted", 1: "rejected"},
}


def absolute(spec: str) -> str:
    """`spec` for use in any folder: a path in it is absolute."""
    convention, equals, path = spec.rpartition("=")
    return f"{convention}{equals}{Path(path).expanduser().absolute()}" if "/" in path else spec


class ProgramKernel:
    """See `answer.Kernel`; UserError for a program that is not there."""

    def __init__(self, spec: str, beside: Path | None = None) -> None:
        """`beside` is the folder of a toolchain's programs."""
        convention, _, path = spec.rpartition("=")
        places = os.pathsep.join(filter(None, (str(beside or ""), os.environ.get("PATH", os.defpath))))
        found = shutil.which(os.path.expanduser(path), path=places)
        if found is None:
            raise UserError(f"kernels: no program {path!r} (a path, or a name on PATH; or builtin-python)")
        self.program = Path(found).absolute()
        named = {name: name for name in CONVENTIONS[1:-1]} | BUNDLED
        self.convention = convention or next((c for name, c in named.items() if self.program.name.startswith(name)), CONVENTIONS[0])
        if self.convention not in CONVENTIONS:
            raise UserError(f"kernels: unknown convention {convention!r} of {path}: use one of {', '.join(CONVENTIONS)}")
        if "\n" in str(self.program):
            raise UserError(f"kernels: the path of {str(self.program)!r} has a line break in it; rename it")
        try:
            self._stamp = _stamp(self.program)  # before it is read
            digest = hashlib.sha256(self.program.read_bytes()).hexdigest()[:12]
        except OSError as error:
            raise UserError(f"kernels: {self.program} cannot be read ({error.strerror}); give it `chmod +r`") from None
        self.name = f"{self.program.name} {digest}"

    def judge(self, own: Path, closure: Path, seconds: float) -> Answer:
        """What it says of `closure`; nothing where it is not the program any more that was named and tried."""
        begun = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix="kernel.") as folder:
                status, said = self._run(closure.absolute(), Path(folder), seconds)
            if _stamp(self.program) != self._stamp:
                return Answer(self.name, "failed", REPLACED, time.monotonic() - begun)
        except subprocess.TimeoutExpired:
            return Answer(self.name, "failed", f"not within {seconds:g} s", time.monotonic() - begun)
        except OSError as error:
            return Answer(self.name, "failed", str(error), time.monotonic() - begun)
        opinion = _STATUS[self.convention].get(status, "failed")
        why = "" if opinion == "accepted" else f"exit status {status}{f': {said}' if said else ''}"
        return Answer(self.name, opinion, why[:500], time.monotonic() - begun)

    def _run(self, closure: Path, folder: Path, seconds: float) -> tuple[int, str]:
        """Its exit status and the first line that it said."""
        environment = {"IN": str(closure), "LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", ""), "RUST_BACKTRACE": "0"}
        with closure.open("rb") as file:
            process = subprocess.Popen(
                self._command(closure, folder, seconds),
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                start_new_session=True,
            )
            assert process.stdout is not None
            try:
                status, said = _heard(process, process.stdout.fileno(), seconds)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                process.stdout.close()
        lines = said.decode("utf-8", "replace").split("\n")
        return status, next((line.strip() for line in lines if line.strip()), "")

    def _command(self, closure: Path, folder: Path, seconds: float) -> list[str]:
        """The program with its arguments, confined: it reads the closure, its toolchain and the system's libraries, and writes nothing."""
        arguments: list[str] = []
        if self.convention == "lean4lean":
            arguments = ["--import", str(closure)]
        elif self.convention == "leanchecker":
            arguments = ["--from-export", str(closure)]
        elif self.convention == "file":
            arguments = [str(closure)]
        elif self.convention == "nanoda":
            settings = {"export_file_path": str(closure), "permitted_axioms": sorted(ALLOWED_AXIOMS), "unpermitted_axiom_hard_error": True,
                        "nat_extension": True, "string_extension": True, "print_success_message": False}  # fmt: skip
            (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
            arguments = [str(folder / "config.json")]
        cores = os.cpu_count() or 1
        readable: list[Path | str] = [self.program, *self._libraries(), *interpreter(), closure, folder]
        memory = MEMORY + (8 + cores) * THREAD_SPACE
        program = [*([ENV] if self.program.suffix == ".py" else []), str(self.program), *arguments]  # a script of its own interpreter's
        return jailed(program, readable, math.ceil(seconds * cores) + 1, memory, FILES)

    def _libraries(self) -> list[Path]:
        """What lies where a built program looks for libraries; all of a toolchain, where it is one's."""
        above = self.program.resolve().parent.parent
        return [above] if (above / "lib" / "lean").is_dir() else [above / "lib"]

    def close(self) -> None:
        """Nothing stays between two proofs."""


def _stamp(program: Path) -> tuple[int, int, int, int]:
    """What changes when a program is replaced; its target where it is a link."""
    found = os.stat(program)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _heard(process: subprocess.Popen[bytes], pipe: int, seconds: float) -> tuple[int, bytes]:
    """Its exit status and the beginning of what it said; TimeoutExpired, or OSError for one that does not stop talking."""
    end = time.monotonic() + seconds
    said, heard = b"", 0
    while heard <= MAX_OUTPUT:
        left = max(0.0, end - time.monotonic())
        if select.select([pipe], [], [], min(TICK, left))[0]:
            piece = os.read(pipe, OUTPUT)
            said, heard = said + piece[: OUTPUT - len(said)], heard + len(piece)
            if not piece:
                return process.wait(left), said
        elif process.poll() is not None:
            return process.returncode, said
        if not left:
            raise subprocess.TimeoutExpired(process.args, seconds)
    raise OSError(f"it says more than {MAX_OUTPUT >> 20} MB")
