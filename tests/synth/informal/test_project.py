"""A lake project's declarations as units: order, statements that Lean takes for the declarations, and what is wrong in one line."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from synth.informal.printing import printed_alike
from synth.informal.project import project_units, stated
from synth.informal.units import Unit
from synth.services import Verify
from tests.verify_workers.fake_lake import FakeLake
from verify_workers.errors import UserError
from verify_workers.lean.project import LakeProject, discover


@pytest.fixture
def project(parity: FakeLake, monkeypatch: pytest.MonkeyPatch) -> LakeProject:
    monkeypatch.setenv("PATH", f"{parity.bin}{os.pathsep}{os.environ['PATH']}")
    return discover(parity.project, need_repl=False)


def test_everything_in_the_order_of_its_uses(project: LakeProject, in_parity: Verify) -> None:
    units, notes = project_units(project, [], 1)
    named = asyncio.run(stated(units, in_parity))
    assert notes == [] and [unit.name for unit in named] == [
        *("Parity.twice", "Parity.twice_even", "Parity.twice_add", "Parity.hidden", "Parity.by_hidden", "both"),
    ]
    twice, even, add, hidden, by_hidden, both = named
    assert (twice.kind, twice.lean, twice.signature) == ("definition", "def twice (n : Nat) : Nat := n + n", "Parity.twice (n : ℕ) : ℕ")
    assert even.lean == "theorem X (n : ℕ) : Parity.twice n % 2 = 0" and even.doc == "Doubling gives an even number."
    assert add.lean == "theorem X (n m : ℕ) {k : ℕ} (h : k = Parity.twice n) : k + Parity.twice m = Parity.twice (n + m)"
    assert hidden.unstated == "a private declaration" and by_hidden.lean == "theorem X : Parity.twice 1 = 2"
    assert (both.stated, both.used) == (("Parity.twice",), ("Parity.twice_even", "Parity.twice_add"))
    assert both.header == "import More" and both.proof.endswith("exact twice_even (a + b)")
    assert even.neighbours.split("\n") == [
        "- `def twice (n : Nat) : Nat` -- Twice a natural number.",
        "- `theorem twice_add {k : Nat} (h : k = twice n) : k + twice m = twice (n + m)`",
    ]


def test_what_is_named_comes_with_what_it_uses(project: LakeProject) -> None:
    def names(*wanted: str) -> list[str]:
        return [unit.name for unit in project_units(project, wanted, 0)[0]]

    assert names("Parity.twice_even") == ["Parity.twice", "Parity.twice_even"]
    assert names("More") == ["Parity.twice", "Parity.twice_even", "Parity.twice_add", "both"]
    with pytest.raises(UserError, match=r"^Parity\.twice_evn: neither a module .*; near it: Parity\.twice_even"):
        names("Parity.twice_evn")
    with pytest.raises(UserError, match=r"^zzz: .* its modules: Basic, More"):
        names("zzz")


def test_a_printed_statement_that_lean_does_not_take_for_the_declaration_is_none(in_parity: Verify) -> None:
    other = Unit("declaration Parity.other", "", "import Basic", name="Parity.other", module="Basic")
    (unit,) = asyncio.run(stated([other], in_parity))
    assert unit.lean == "" and unit.unstated == "Lean prints nothing of it that it reads as the same theorem"


def test_printing_tells_statements_apart(in_parity: Verify) -> None:
    def alike(one: str, *others: str) -> list[bool] | None:
        return asyncio.run(printed_alike(one, others, "import Basic", "", in_parity))

    one = "theorem X (n m : Nat) (h : m < n) : Parity.twice n > m"
    same = "theorem X : ∀ a : ℕ, ∀ b : ℕ, (b < a) → Parity.twice a > b"
    swapped = "theorem X : ∀ b a : ℕ, (b < a) → Parity.twice a > b"
    assert alike(one, same, swapped) == [True, False]
    assert alike("theorem X : 2 + 2 = 4", "theorem X : 4 = 4", "theorem X : (2 : Int) + 2 = 4") == [False, False], (
        "though all are true by rfl"
    )
    assert alike(one, "theorem X : (1 : Nat) = True") is None


def test_a_project_without_compiled_modules_is_one_line(lake: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{lake.bin}{os.pathsep}{os.environ['PATH']}")
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "lakefile.toml").write_text('name = "empty"\n')
    (empty / "lean-toolchain").write_text("leanprover/lean4:v4.35.0\n")
    with pytest.raises(UserError, match=r"no compiled module of its own; run `lake build` there first"):
        project_units(discover(empty, need_repl=False), [], 1)
