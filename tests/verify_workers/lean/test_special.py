"""What the kernel computes is declared by the core, with the kernel's meaning: unfolded, computed and in Python alike."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

from tests.verify_workers.lean.conftest import RunLean
from tests.verify_workers.lean.test_core import errors
from verify_workers.lean.special import AXIOMS, KERNEL_BUILT, KERNEL_COMPUTED, KERNEL_SPECIAL_NAMES

COPIES = Path(__file__).with_name("files") / "copies.lean"
PYTHON: dict[str, Callable[[int, int], int | bool]] = {
    "add": lambda n, m: n + m,
    "sub": lambda n, m: max(n - m, 0),
    "mul": lambda n, m: n * m,
    "pow": lambda n, m: n**m,
    "div": lambda n, m: n // m if m else 0,
    "mod": lambda n, m: n % m if m else n,
    "gcd": math.gcd,
    "beq": lambda n, m: n == m,
    "ble": lambda n, m: n <= m,
    "land": lambda n, m: n & m,
    "lor": lambda n, m: n | m,
    "xor": lambda n, m: n ^ m,
    "shiftLeft": lambda n, m: n << m,
    "shiftRight": lambda n, m: n >> m,
}


def lean_value(value: int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_the_core_declares_every_name_that_the_kernel_computes_or_builds(run_lean: RunLean) -> None:
    names = sorted(KERNEL_COMPUTED | KERNEL_BUILT | AXIOMS)
    assert errors(run_lean("\n".join(f"#check @_root_.{name}" for name in names))) == []
    assert set(names) <= KERNEL_SPECIAL_NAMES
    assert {f"Nat.{name}" for name in PYTHON} | {"Nat.log2", "Nat.zero", "Nat.succ"} == KERNEL_COMPUTED


def test_a_file_cannot_declare_one_again(run_lean: RunLean) -> None:
    names = sorted(KERNEL_COMPUTED)
    found = errors(run_lean("\n".join(f"def {name} (n m : Nat) : Nat := 5" for name in names)))
    assert len(found) == len(names) and all("already been declared" in line for line in found), found


def test_native_results_agree_with_unfolding_and_with_python(run_lean: RunLean) -> None:
    """`decide +kernel` computes Nat.f natively and can only unfold Copy.f, which is the same definition."""
    draw = random.Random(4)
    small = [(n, m) for n in (0, 1, 2, 3, 7) for m in (0, 1, 2, 4, 5)]
    wide = [(draw.getrandbits(bits), draw.getrandbits(bits)) for bits in (8, 33, 64, 130)]
    lines = []
    for name, function in PYTHON.items():
        for n, m in small:
            value = lean_value(function(n, m))
            lines.append(f"example : Nat.{name} {n} {m} = {value} ∧ Copy.{name} {n} {m} = {value} := by decide +kernel")
        for n, m in wide:
            m = m % 97 if name in ("pow", "shiftLeft", "shiftRight") else m
            value = lean_value(function(n, m))
            lines.append(f"example : Nat.{name} {n} {m} = {value} := by decide +kernel")
            if name in ("land", "lor", "xor"):  # these unfold in as many steps as there are bits
                lines.append(f"example : Copy.{name} {n} {m} = {value} := by decide +kernel")
    for n in [*range(9), 2**64 - 1, 2**64, 2**64 + 1, *(n for n, _ in wide)]:
        value = max(n.bit_length() - 1, 0)
        lines.append(f"example : Nat.log2 {n} = {value} ∧ Copy.log2 {n} = {value} := by decide +kernel")
    assert errors(run_lean(COPIES.read_text(encoding="utf-8") + "\n".join(lines))) == []


def test_a_wrong_native_result_would_be_noticed(run_lean: RunLean) -> None:
    wrong = ["Nat.land 12 10 = 9", "Nat.log2 8 = 2", "Nat.shiftRight 9 1 = 5", "Nat.xor 5 1 = 5"]
    assert len(errors(run_lean("\n".join(f"example : {claim} := by decide +kernel" for claim in wrong)))) == len(wrong)


def test_the_axiom_free_proof_of_a_falsehood_is_closed(run_lean: RunLean) -> None:
    text = """def Nat.land (n m : Nat) : Nat := 5
theorem a : Nat.land 8 8 = 8 := by decide +kernel
theorem b (n m : Nat) : Nat.land n m = 5 := rfl
theorem goal : 1 = 2 := absurd ((b 8 8).symm.trans a : (5 : Nat) = 8) (by decide)"""
    found = errors(run_lean(text))
    assert any(line.startswith("line 1: `Nat.land` has already been declared") for line in found)
    assert any(line.startswith("line 3:") for line in found)
