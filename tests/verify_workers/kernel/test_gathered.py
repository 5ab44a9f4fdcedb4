"""Modules that are mapped as one: nothing moves, and everything is as it was, in this process and in its children."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from verify_workers.lean import LeanInstall
from verify_workers.processes import private_mb, unshared_mb

GATHER = """
import json, os, resource, sys
from verify_workers.jail import escapes
from verify_workers.kernel import abi, elaborate, gathered, judge

world = elaborate.boot(sys.argv[1:2], "")
pieces = gathered._pieces()
parts = [part for piece in pieces for part in piece.parts]
before = [bytes(memoryview((gathered.ctypes.c_char * (end - start)).from_address(start))) for start, end in parts]
resource.setrlimit(resource.RLIMIT_AS, (1 << 46, resource.RLIM_INFINITY))
bounded = gathered.gather(1 << 40, 1)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
few = gathered.gather(1 << 40, len(parts) + 1) + gathered.gather(1 << 20, 1)
moved = gathered.gather(1 << 40, 1)
lines = open("/proc/self/maps").read().splitlines()
same = all(bytes(memoryview((gathered.ctypes.c_char * (e - s)).from_address(s))) == was for (s, e), was in zip(parts, before))

def child():
    world.lean.start_tasks(1)
    source = "theorem a (x y : Nat) (h : x < y) : x + 1 ≤ y := by omega\\ntheorem b : 1 = 2 := rfl\\n".encode()
    said = [json.loads(message)["severity"] for message in elaborate.elaborate(world, source).messages]
    return json.dumps([said, sorted(map(abi.show, judge.Axioms(world).of(world.kernel, ("Classical", "em"))[0]))])

reading, writing = os.pipe()
if os.fork() == 0:
    os.write(writing, child().encode())
    os._exit(0)
os.wait()
said = json.loads(os.read(reading, 9999))
mapped = [sum(".olean" in line for line in lines), sum("memfd:modules" in line for line in lines)]
out = [bounded, few, moved, sum(e - s for s, e in parts), len(pieces), mapped, same, said, escapes.shared_mappings("self")]
sys.stdout.write(json.dumps(out))
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mappings are Linux's")
def test_nothing_moves(lean: LeanInstall) -> None:
    command = [sys.executable, "-c", GATHER, str(lean.library)]
    variables = lean.environment() | {"PYTHONPATH": ":".join(sys.path), "UV_USE_IO_URING": "0"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=variables)
    assert done.returncode == 0, done.stderr
    bounded, few, moved, size, pieces, mapped, same, (said, axioms), shared = json.loads(done.stdout)
    assert (bounded, few) == (0, 0) and moved == size > 1 << 20
    assert mapped == [0, pieces] and same and shared == []
    assert said == ["error", "error"] and axioms == ["Classical.choice", "Quot.sound", "propext"]


def test_what_a_forked_process_shares_is_not_its_own() -> None:
    """A worker's session inherits an imported library; that it holds it is no reason to replace it."""
    held = bytearray(b"x" * (64 << 20))
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    os.close(reading)
    try:
        assert private_mb([pid]) > 64 and unshared_mb([pid]) < 32
    finally:
        os.close(writing)
        os.waitpid(pid, 0)
    assert len(held) and unshared_mb([pid]) == 0
