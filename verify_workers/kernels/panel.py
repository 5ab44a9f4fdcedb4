"""Who is asked beside Lean's kernel, and what the answers come to.

A kernel that rejects what Lean accepted makes a dispute, whatever the others say: one of the two is wrong, and the proof
is not accepted until somebody has looked.  The export is kept for that.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

from verify_workers.errors import UserError
from verify_workers.kernel.library import folder as cache_folder
from verify_workers.kernel.library import library_file
from verify_workers.kernels import builtin
from verify_workers.kernels.answer import Answer, Kernel
from verify_workers.kernels.builtin import BuiltinKernel
from verify_workers.kernels.closure import Library
from verify_workers.kernels.programs import ProgramKernel
from verify_workers.kernels.trial import require_judgement
from verify_workers.lean.install import LeanInstall
from verify_workers.lean.project import LakeProject, discover
from verify_workers.records import DISPUTED, Check

log = logging.getLogger(__name__)
_reading = threading.Lock()


@functools.lru_cache(maxsize=3)
def _library(path: Path) -> Library:
    return Library(path)


def library(path: Path) -> Library:
    """A library's file, read once for all workers of a process."""
    with _reading:
        return _library(path)


def named(kernels: list[str], project: Path | None = None) -> list[str]:
    """What kernels are called, programs by their contents too.  UserError for one that is not on this machine."""
    beside = _toolchain(project) if any(spec != builtin.NAME for spec in kernels) else None
    return [spec if spec == builtin.NAME else ProgramKernel(spec, beside).name for spec in kernels]


def _toolchain(project: Path | None) -> Path | None:
    """The folder of the programs of a lake project's Lean."""
    return None if project is None else discover(project, need_repl=False).lean.parent


def require_kernels(kernels: list[str], quorum: int = -1, project: Path | None = None) -> None:
    """UserError, in one line, for a kernel that is not on this machine or does not judge, or a quorum that so many cannot give.

    The toolchain of the lake project in the folder `project` may have kernels of its own.
    """
    programs = [spec for spec in kernels if spec != builtin.NAME]
    beside = _toolchain(project) if programs else None
    for spec in programs:
        require_judgement(ProgramKernel(spec, beside))
    _require_quorum(kernels, quorum)


def _require_quorum(kernels: list[str], quorum: int) -> None:
    if quorum > len(kernels):
        raise UserError(f"kernels_quorum: {quorum} of {len(kernels)} kernels cannot accept")


class Panel:
    """The kernels of one worker.  `quorum`: how many have to accept; -1: all of them.  UserError for one that is not there."""

    def __init__(
        self,
        install: LeanInstall | LakeProject,
        kernels: list[str],
        quorum: int = -1,
        sample: float = 1.0,
        seconds: float = 60.0,
        keep: Path | None = None,
    ) -> None:
        _require_quorum(kernels, quorum)
        self._install, self._seconds, self._sample = install, seconds, sample
        self._keep = keep or cache_folder() / "disputed"
        beside = install.lean.parent if isinstance(install, LakeProject) else None  # where a toolchain has kernels of its own
        self._programs: list[Kernel] = [ProgramKernel(spec, beside) for spec in kernels if spec != builtin.NAME]
        self._builtin = builtin.NAME in kernels
        self._builtins: dict[tuple[str, ...], BuiltinKernel] = {}
        self._quorum = len(kernels) if quorum < 0 else quorum

    def asks(self, check: Check) -> bool:
        """Whether this check is in the sample: always the same ones."""
        return int(check.key("", "")[:8], 16) < self._sample * 2**32

    def judge(self, check: Check, imports: tuple[str, ...], own: str) -> tuple[list[Answer], str]:
        """The answers, and why they do not suffice ('' where they do).  `own` is what the proof adds (`fork.Exported`)."""
        path = library_file(self._install, imports)
        with tempfile.TemporaryDirectory(prefix="kernels.") as folder:
            mine, whole = Path(folder) / "own.ndjson", Path(folder) / "closure.ndjson"
            mine.write_bytes(own.encode("utf-8", "surrogatepass"))
            if self._programs:
                write_closure(whole, path, own)
            answers = [kernel.judge(mine, whole, self._seconds) for kernel in self._kernels(path, imports)]
        against = [answer for answer in answers if answer.opinion == "rejected"]
        if against:
            try:
                where = f"see {self._quarantine(check, answers, path, own)}"
            except OSError as error:  # a full disk hides no dispute
                where = f"which could not be kept ({error})"
            log.error("DISPUTED: Lean's kernel accepts a proof that %s rejects; %s", against[0].kernel, where)
            return answers, f"{DISPUTED}{'; '.join(map(str, answers))}; {where}"
        accepted = sum(answer.opinion == "accepted" for answer in answers)
        if accepted < self._quorum:
            return answers, f"{accepted} of {self._quorum} kernels accepted: {'; '.join(map(str, answers))}"
        return answers, ""

    def _kernels(self, path: Path, imports: tuple[str, ...]) -> list[Kernel]:
        if not self._builtin:
            return self._programs
        return [self._builtins.setdefault(imports, BuiltinKernel(path)), *self._programs]

    def _quarantine(self, check: Check, answers: list[Answer], path: Path, own: str) -> Path:
        """Keep the question, the answers and the closure; where."""
        name = hashlib.sha256(own.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        where = self._keep / f"{name}.ndjson"
        write_closure(where, path, own)
        about: dict[str, Any] = {"check": check.model_dump(mode="json"), "answers": [vars(answer) for answer in answers]}
        where.with_suffix(".json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8", errors="replace")
        return where

    def close(self) -> None:
        """End every kernel (idempotent)."""
        for kernel in (*self._builtins.values(), *self._programs):
            kernel.close()
        self._builtins = {}


def closure_name(check: Check) -> str:
    """The name of a check's closure: the same for the same question, whatever its id; no row's name begins with a dot."""
    return f".{check.key('', '')[:24]}.ndjson"


def write_closure(target: Path, path: Path, own: str) -> None:
    """Write the closure of `own`, which builds on the library's export file `path`, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
    with part.open("w", encoding="utf-8", errors="surrogatepass") as file:
        file.writelines(library(path).with_own(own))
    part.replace(target)
