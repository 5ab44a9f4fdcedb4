"""The problem files in examples/: each is read as its form, and Lean can state and prove all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.problems.readers import ProblemsConfig, read_problems
from synth.records import Problem
from verify_workers.backends.base import Backend
from verify_workers.records import Check

PROBLEMS = Path(__file__).parents[3] / "examples" / "problems"
PROOFS = {  # of the given statements
    "coins": "by omega",
    "square_mod_four": "by\n  have h : n % 4 = 0 ∨ n % 4 = 1 ∨ n % 4 = 2 ∨ n % 4 = 3 := by omega\n"
    "  rcases h with h | h | h | h <;> simp [Nat.mul_mod, h]",
    "remainders": "by omega",
    "no_such_sum": "by\n  rintro ⟨x, y, h⟩\n  omega",
    "difference_of_squares": "by ring",
    "power_remainder": "by norm_num",
    "between_squares": "by\n  apply Nat.le_of_lt_succ\n  apply Nat.lt_of_not_le\n  intro h8\n  have := Nat.mul_le_mul h8 h8\n  omega",
    "sum_and_difference": "by omega",
    "consecutive_product": "by\n  have h : n % 2 = 0 ∨ n % 2 = 1 := by omega\n  apply Nat.dvd_of_mod_eq_zero\n"
    "  rcases h with h | h <;> simp [Nat.mul_mod, Nat.add_mod, h]",
    "two_digits": "by omega",
    "exists_witness": "⟨11, by omega⟩",
    "odd_square": "by\n  rw [Int.mul_emod, h]\n  rfl",
    "seven_divides": "by omega",
    "ages": "by omega",
}
FORMALIZED = {  # statements that the plain texts mean, with proofs
    "stamps": ("theorem X (n : Nat) (h : n > 11) : ∃ a b : Nat, n = 4 * a + 5 * b", "⟨n / 4 - n % 4, n % 4, by omega⟩"),
    "three_consecutive": ("theorem X (n : Int) : 3 ∣ n + (n + 1) + (n + 2)", "by omega"),
    "parity_of_a_sum": (
        "theorem X (a b : Int) (h : (a + b) % 2 = 1) : a * b % 2 = 0",
        "by\n  have h : a % 2 = 0 ∨ b % 2 = 0 := by omega\n  rcases h with h | h <;> simp [Int.mul_emod, h]",
    ),
    "last_digit": ("theorem X : 7 ^ 100 % 10 = 1", "by decide"),
    "half_of_a_number": ("theorem X (n : Nat) (h : n + 2 * n = 51) : n = 17", "by omega"),
    "no_square": (
        "theorem X (n : Nat) : n * n % 3 ≠ 2",
        "by\n  have h : n % 3 = 0 ∨ n % 3 = 1 ∨ n % 3 = 2 := by omega\n  rcases h with h | h | h <;> simp [Nat.mul_mod, h]",
    ),
}


def read(path: Path) -> list[Problem]:
    return read_problems(ProblemsConfig(path=str(path))).problems


@pytest.mark.parametrize(("name", "words", "statements"), [("words", 6, 0), ("statements", 0, 8), ("both", 6, 6)])
def test_each_file_is_read_as_its_form(name: str, words: int, statements: int) -> None:
    problems = read(PROBLEMS / f"{name}.jsonl")
    assert len(problems) == max(words, statements)
    assert (sum(bool(p.text) for p in problems), sum(bool(p.statement) for p in problems)) == (words, statements)
    assert all(p.name and not p.header for p in problems)


def test_the_folder_is_all_of_them() -> None:
    problems = read(PROBLEMS)
    assert len(problems) == 20 == len({p.name for p in problems})
    assert {p.name for p in problems} == PROOFS.keys() | FORMALIZED.keys()


def test_lean_states_and_proves_each(backend: Backend) -> None:
    for problem in read(PROBLEMS):
        statement, proof = (problem.statement, PROOFS[problem.name]) if problem.statement else FORMALIZED[problem.name]
        verdict = backend.check(Check(id=problem.name, statement=statement, proof=proof, timeout=60))
        assert verdict.accepted, (problem.name, verdict.reason, verdict.messages)
