"""What keeps a zygote from serving: a Lean of another form, and modules that start threads."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from verify_workers.lean import LeanInstall

SERVE = """
import json, os, socket, sys
from verify_workers.kernel import abi, probe, wire, zygote
exec(sys.argv[2])
ours, theirs = socket.socketpair()
wire.send(ours, {"libraries": sys.argv[1:2], "imports": "", "accepted": list(abi.GITHASHES) if "accepted" not in globals() else accepted})
zygote.serve(theirs)
sys.stdout.write(json.dumps(wire.receive(ours)))
sys.stdout.flush()
os._exit(0)
"""
SWAPPED = "abi.L_MAX, abi.L_IMAX = abi.L_IMAX, abi.L_MAX"
BINDERS = "byte = abi.byte; abi.byte = lambda a: byte(a) ^ 1"
LARGE = "was = abi.natural; abi.natural = lambda o: was(o) & (2**64 - 1)"
YES = "abi.LeanLibrary.add = lambda self, kernel, declaration: kernel"
DEAF = "abi.KERNEL_ERRORS = ('refused',) * len(abi.KERNEL_ERRORS)"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("zygote.frontend.threads = iter([2, 3]).__next__", "start threads"),
        ("accepted = ['0' * 40]", "is not known"),
        ("accepted = ['']", "is not known"),
        (SWAPPED, "universe levels of another form"),
        (BINDERS, "expressions of another form"),
        (LARGE, "numbers and strings of another form"),
        (YES, "declarations of another form"),
        (DEAF, "declarations of another form"),
    ],
)
def test_what_is_refused_at_the_start(lean: LeanInstall, change: str, said: str) -> None:
    command = [sys.executable, "-c", SERVE, str(lean.library), change]
    variables = lean.environment() | {"PYTHONPATH": ":".join(sys.path), "UV_USE_IO_URING": "0"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=variables)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert said in answer["error"] and answer["kind"] in ("AbiMismatch", "Threads"), answer
