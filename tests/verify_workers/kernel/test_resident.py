"""Lean's code in huge pages: the same bytes at the same place, still running, and skipped where the kernel refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from verify_workers.kernel import resident
from verify_workers.kernel.client import Session
from verify_workers.lean import LeanInstall
from verify_workers.lean.shared import shared

ROOT = Path(__file__).parents[3]
LOOK = """
import ctypes, sys
from verify_workers.kernel import resident
lean = ctypes.CDLL(sys.argv[1])
before = resident._mappings(sys.argv[1])
kept = [ctypes.string_at(start, size) for start, size, _ in before]
moved = resident.make_resident(sys.argv[1])
assert moved == sum(size for _, size, _ in before) > 50 << 20, (moved, before)
assert kept == [ctypes.string_at(start, size) for start, size, _ in before]
assert resident._mappings(sys.argv[1]) == []
rights = {line.split()[0].split("-")[0]: line.split()[1] for line in open("/proc/self/maps")}
assert any(rights.get(f"{start:x}") == "r-xp" for start, _, _ in before)
lean.lean_initialize_runtime_module()
print("ok")
"""


def test_the_code_is_the_same_and_runs(lean: LeanInstall) -> None:
    if not resident._huge_pages():
        pytest.skip("this kernel gives no huge pages")
    done = subprocess.run([sys.executable, "-c", LOOK, str(lean.library)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "ok\n", done.stderr


def test_the_zygote_does_it(lean: LeanInstall) -> None:
    session = Session(shared(lean))
    assert (session.hello["resident"] > 50 << 20) == resident._huge_pages()
    session.close()


def test_without_huge_pages_nothing_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "_huge_pages", lambda: False)
    monkeypatch.setattr(resident, "_mappings", lambda library: pytest.fail("looked"))
    assert resident.make_resident("any") == 0
