"""The synthetic library of docs/benchmarks, a small edition of it: what it holds, and checks above it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from verify_workers.backends.choose import make_backend
from verify_workers.kernel import jail
from verify_workers.lean import LeanInstall
from verify_workers.lean.olean import constants_of
from verify_workers.records import Check

SCRIPT = Path(__file__).parents[3] / "docs" / "benchmarks" / "big_library.py"


@pytest.fixture(scope="module")
def big() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("big_library", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["big_library"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["big_library"]


def test_the_library_is_as_large_as_it_says(big: ModuleType) -> None:
    library = big.Library()
    assert library.areas * library.levels >= 2000 and library.areas * library.levels * big.WRITTEN >= 300_000
    order = list(library.modules())
    assert all(order.index(i) < place for place, m in list(enumerate(order))[::97] for i in library.imports(*m))
    for size in (1_000, 10_000, 100_000, 300_000):
        held = set().union(*(library.closure(*module) for module in library.part(size)))
        assert size <= len(held) * big.WRITTEN < size * 1.5
    assert len(library.closure(0, 99)) > 300  # deep, and across areas


@pytest.mark.slow
@pytest.mark.skipif(not jail.supported(), reason="the fork backend is for Linux on x86-64")
def test_checks_above_it(big: ModuleType, lean: LeanInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = big.Library(2, 12)
    here = big.place(library, tmp_path, lean)
    big.build(here, 2)
    assert here.built
    assert big.WRITTEN <= len(constants_of(here.olean(library.name(1, 11)))) <= 4 * big.WRITTEN
    part = [(0, 11), (1, 11)]
    header = "".join(f"import {library.name(*module)}\n" for module in part)
    rows = [big.check(row, header) for some in big.rows(library, part).values() for row in some]
    false = [
        Check(
            id="x", header=header, statement=f"theorem goal (a b : Nat) (h : a ≤ b) : a + 1 ≤ b + {big.CHAIN * 11}", proof=proof, timeout=60
        )
        for proof in ("BigLib.A00.L011.le0 a b h", "by omega", "by simp")
    ]
    monkeypatch.setenv("PATH", here.fake.path)
    for name in ("fork", "process"):
        backend = make_backend(name, project=here.fake.project)
        try:
            found = [backend.check(row) for row in rows]
            assert all(verdict.accepted for verdict in found), found
            assert [backend.check(row).accepted for row in false] == [False, True, False]
            deep = backend.check(
                Check(id="x", header=header, statement="theorem goal : 1 ≤ 1 + 667", proof="BigLib.A01.L011.le7 1 1 (by decide)")
            )
            assert deep.accepted and deep.axioms == ["Classical.choice", "Quot.sound", "propext"]  # from the foot of the chain
        finally:
            backend.close()
