"""Whether a program judges at all: it has to accept a theorem that is right, and not to accept one that is wrong.

Without this an older toolchain's `leanchecker`, which knows no exports, would "reject" every proof, and a program that
ignores its arguments and ends well would "accept" it.
"""

from __future__ import annotations

import json
import tempfile
import threading
from pathlib import Path
from typing import Any

from verify_workers.errors import UserError
from verify_workers.kernel.ndjson import meta
from verify_workers.kernel.wanted import PIN
from verify_workers.kernels.programs import ProgramKernel

SECONDS = 60.0
OF_LEANCHECKER = "it reads exports from Lean 4.35 on: name one of a newer toolchain, or leave it out"
OF_OTHERS = "is it a kernel, called as `{}` says, in one process, with no files but a toolchain's (docs/verification.md)? Or leave it out"
_lock = threading.Lock()
_tried: set[tuple[str, str, str]] = set()


def require_judgement(kernel: ProgramKernel) -> None:
    """UserError, in one line, for a program that does not judge; asked once a process for each."""
    key = (str(kernel.program), kernel.convention, kernel.name)
    with _lock:
        if key in _tried:
            return
        with tempfile.TemporaryDirectory(prefix="kernels.") as folder:
            right, wrong = (_written(Path(folder) / f"{name}.ndjson", lines) for name, lines in (("right", RIGHT), ("wrong", WRONG)))
            answer = kernel.judge(right, right, SECONDS)
            if answer.opinion != "accepted":
                hint = OF_LEANCHECKER if kernel.convention == "leanchecker" else OF_OTHERS.format(kernel.convention)
                raise UserError(f"kernels: {kernel.program} does not accept a theorem that is right ({answer.why}); {hint}")
            if kernel.judge(wrong, wrong, SECONDS).opinion == "accepted":
                raise UserError(f"kernels: {kernel.program} accepts a proof of everything; {OF_OTHERS.format(kernel.convention)}")
        _tried.add(key)


def _theorem(name: str, expressions: list[dict[str, Any]], type_: int, value: int) -> list[dict[str, Any]]:
    """The lines of a file with this theorem alone."""
    numbered = [line | {"ie": number} for number, line in enumerate(expressions)]
    declared = {"thm": {"name": 1, "levelParams": [], "type": type_, "value": value, "all": [1]}}
    return [meta("", ""), {"str": {"pre": 0, "str": name}, "in": 1}, *numbered, declared]


def _binder(kind: str, type_: int, body: int) -> dict[str, Any]:
    return {kind: {"name": 1, "type": type_, "body": body, "binderInfo": "default"}}


_VARIABLES: list[dict[str, Any]] = [{"sort": 0}, {"bvar": 0}, {"bvar": 1}]
RIGHT = _theorem(  # ∀ p : Prop, p → p := fun p h => h
    ".".join(map(str, PIN)),
    [*_VARIABLES, _binder("forallE", 1, 2), _binder("forallE", 0, 3), _binder("lam", 1, 1), _binder("lam", 0, 5)],
    4,
    6,
)
WRONG = _theorem("everything", [*_VARIABLES, _binder("forallE", 0, 1), _binder("lam", 0, 1)], 3, 4)  # ∀ p : Prop, p := fun p => p


def _written(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")
    return path
