"""How every Lean process of a backend is started, and what its end means."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from verify_workers.jail.command import interpreter, jailed
from verify_workers.lean.install import Lean
from verify_workers.lean.modules import DAMAGED
from verify_workers.records import Check, Message, Outcome, Reason, Verdict

# A misspelt or unknown name must not become a variable: `(x : ℝ)` without reals would be accepted for every type ℝ.
OPTIONS = ("-DautoImplicit=false", "-DrelaxedAutoImplicit=false")
# The candidate's doing, as far as anyone can tell: a checker's own failure does not look like this.
FAULTS = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP, signal.SIGFPE})
DEEP = "often a very deep recursion"  # where Lean crashes on a text
NO_THREAD = "failed to create thread"  # Lean's words before it aborts
MAX_PANIC = 200  # characters of Lean's words that are told
THREAD_SPACE = 1 << 30  # bytes of address space that a thread of Lean takes; hardly any of it is used
SECRETS = ("KEY", "TOKEN", "SECRET", "PASSWORD")  # ends of names of variables: lake has one for its cache
OTHER_THREADS = 8  # beside one for each processor


@dataclass(frozen=True)
class Limits:
    """What one confined process may use.

    cpu       seconds of processor time
    memory    bytes of address space beyond what is mapped of the library and what threads take
    files     open at a time
    writable  folder below which it may write, '' for none
    readable  files and folders that it may read beside its Lean's, this interpreter's and the system's
    """

    cpu: int
    memory: int
    files: int
    writable: str = ""
    readable: tuple[Path, ...] = ()


def confined(lean: Lean, limits: Limits, program: list[str]) -> list[str]:
    """The command that runs `program`, Lean or something that uses it, confined (see `jail.confined`); this process is its parent."""
    space = limits.memory + lean.mapped + threads(lean.environment()) * THREAD_SPACE
    binary = Path(program[0])
    beside = binary.parent.parent / "lib"  # where a binary that lake has built looks for libraries
    paths = [str(path) for path in (binary, beside, *readable(lean), *limits.readable)]
    return jailed(program, paths, limits.cpu, space, limits.files, limits.writable)


def environment(lean: Lean, folder: str) -> dict[str, str]:
    """The whole environment of a confined process that works in `folder`, without what opens doors; the caller's to change."""
    plain = {name: value for name, value in lean.environment().items() if not name.upper().endswith(SECRETS)}
    # The rings of asynchronous I/O are memory that is shared with the kernel, which reads and writes files for whoever holds them.
    return plain | {"TMPDIR": folder, "UV_USE_IO_URING": "0"}


def threads(variables: dict[str, str]) -> int:
    """How many threads Lean starts in this environment, at most."""
    asked = variables.get("LEAN_NUM_THREADS", "")
    return OTHER_THREADS + max(os.cpu_count() or 1, int(asked) if asked.isdecimal() and len(asked) < 5 else 1)


def readable(lean: Lean) -> list[Path]:
    """Files and folders of a Lean, of its compiled modules, and of this interpreter."""
    variables = lean.environment()
    named = [*variables.get("LEAN_PATH", "").split(os.pathsep), *variables.get("LD_LIBRARY_PATH", "").split(os.pathsep)]
    named += [variables.get("LEAN_SYSROOT", ""), os.path.dirname(variables.get("LEANSHARED", ""))]
    toolchain = Path(os.path.realpath(lean.program()[0])).parent.parent
    if (toolchain / "lib" / "lean").is_dir():  # else the binary lies where it pleases, and so may everything beside it
        named.append(str(toolchain))
    named += interpreter()
    return [Path(path) for path in dict.fromkeys(named) if os.path.isabs(path) and path.strip("/") and "\n" not in path]


def died(status: int, errors: bytes) -> tuple[Outcome, str, str] | None:
    """(outcome, reason, detail) of a Lean that ended by a signal of the candidate's making or for want of threads, None for any other end.

    `status` as subprocess gives it, `errors` what it wrote to standard error.
    """
    if status == -signal.SIGXCPU:
        return Outcome.TIMEOUT, "processor time", ""
    words = errors.decode("utf-8", "replace").lower()
    if status and NO_THREAD in words:
        return Outcome.INFRA, f"Lean {NO_THREAD}: this machine allows no more threads or address space", ""
    if -status not in FAULTS:
        return None
    if any(sign in words for sign in ("out of memory", "bad_alloc", "cannot allocate")):
        return Outcome.RESOURCE, "memory", ""
    if "stack overflow" in words:
        return Outcome.REJECTED, Reason.ELABORATION, "Lean's stack overflowed"
    panic = next((line for line in errors.decode("utf-8", "replace").splitlines() if line.startswith("PANIC at ")), "")
    return Outcome.REJECTED, Reason.ELABORATION, f"Lean crashed ({panic[:MAX_PANIC] or f'signal {-status}'})"


def crash_on(check: Check, end: tuple[Outcome, str, str]) -> Verdict:
    """The verdict on a check whose text ended Lean so (see `died`)."""
    outcome, reason, detail = end
    text = f"{detail}; {DEEP}" if outcome is Outcome.REJECTED and "PANIC" not in detail else detail
    messages = [Message(severity="error", line=1, column=0, text=text)] if text else []
    return Verdict(id=check.id, outcome=outcome, reason=str(reason), messages=messages)


def crash_on_header(end: tuple[Outcome, str, str]) -> str:
    """What is told of a Lean that ended so as it imported a header: no verdict on whoever stands below it."""
    outcome, reason, detail = end
    return f"importing the header: {detail}; {DAMAGED}" if outcome is Outcome.REJECTED else f"importing the header: {detail or reason}"
