"""The command that runs a program in the jail of `confined.py`; the process that starts it is its parent."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

CONFINED = Path(__file__).with_name("confined.py")


def jailed(program: list[str], readable: Iterable[Path | str], cpu: int, memory: int, files: int, writable: str = "") -> list[str]:
    """`program` (a binary, or a Python script for this interpreter, with its arguments), confined.

    `readable` are files and folders beside the system's, `cpu` seconds of processor time, `memory` bytes of address space, `files`
    open at a time, `writable` the folder below which it may write ('' for none).
    """
    numbers = f"{os.getpid()} {cpu} {memory} {files}"
    return [sys.executable, "-I", "-S", str(CONFINED), numbers, writable, "\n".join(map(str, readable)), *program]


def interpreter() -> list[str]:
    """Files and folders of this interpreter with its packages."""
    prefixes = dict.fromkeys((sys.base_prefix, sys.prefix))
    return [f"{prefix}/{part}" for prefix in prefixes for part in ("bin", "lib", "lib64", "pyvenv.cfg")]
