"""A small lake project with theorems, docstrings, and uses between them, on real Lean."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from synth.services import Verify, asking
from tests.verify_workers.fake_lake import FakeLake
from verify_workers.config import PoolConfig
from verify_workers.lean import LeanInstall
from verify_workers.pool.local import LocalPool

BASIC = """\
namespace Parity

/-- Twice a natural number. -/
def twice (n : Nat) : Nat := n + n

variable (n m : Nat)

/-- Doubling gives an even number. -/
theorem twice_even : twice n % 2 = 0 := by
  unfold twice
  omega

theorem twice_add {k : Nat} (h : k = twice n) : k + twice m = twice (n + m) := by
  subst h
  unfold twice
  omega

private theorem hidden : twice 1 = 2 := rfl

theorem by_hidden : twice 1 = 2 := hidden

end Parity
"""
MORE = """\
import Basic

open Parity in
/-- Two doubles make an even number. -/
theorem both (a b : Nat) : (twice a + twice b) % 2 = 0 := by
  have h := twice_add a b rfl
  rw [h]
  exact twice_even (a + b)
"""


@pytest.fixture(scope="session")
def parity(lean: LeanInstall, tmp_path_factory: pytest.TempPathFactory) -> FakeLake:
    """The project, compiled; its `bin` belongs on PATH."""
    made = FakeLake(tmp_path_factory.mktemp("parity"), lean)
    made.build("Basic", BASIC)
    made.build("More", MORE)
    return made


@pytest.fixture(scope="session")
def in_parity(parity: FakeLake) -> Iterator[Verify]:
    """What asks the project's Lean."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{parity.bin}{os.pathsep}{os.environ['PATH']}")
        with LocalPool(PoolConfig(project=parity.project, backend="worker", workers=1)) as pool:
            yield asking(pool)
