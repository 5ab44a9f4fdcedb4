"""Fixed tactic scripts, none written for one problem, and the miniF2F statements that each is known to prove.

The names h₀, h₁ and n, a, b, x, y, m are those that competition statements commonly use; ‹ℕ› is the last Nat in context.
"""

from __future__ import annotations

GENERIC_TACTICS: tuple[str, ...] = (
    "omega",
    "decide",
    "norm_num",
    "norm_num [h₀]",
    "decide +kernel",
    "simp_all",
    "simp [Int.pow_succ, Int.mul_emod, Int.add_emod, h₀, h₁]",
    "induction ‹ℕ› <;> nlinarith",
    "clear h₀\ninduction ‹ℕ› <;> nlinarith",
    "induction ‹ℕ› <;> simp_all [Nat.pow_succ] <;> omega",
    "induction ‹ℕ› using Nat.step_three <;> simp_all [Nat.pow_succ] <;> omega",
    "have two := Nat.lt_two_pow\ninduction n <;> simp_all [Nat.pow_succ]\nhave := two ‹ℕ›\nomega",
    "mod_cases h : a % 3 <;> simp [Int.pow_succ, Int.mul_emod, h]",
    "mod_cases h : a % 4 <;> simp [Int.pow_succ, Int.mul_emod, h]",
    "interval_cases ‹ℕ› <;> omega",
    "interval_cases ‹ℕ› <;> revert h₁ <;> decide",
    "interval_cases a <;> omega",
    "interval_cases m <;> omega",
    "interval_cases x <;> try omega\nall_goals interval_cases y <;> omega",
    "have := Nat.le_of_mul_eq h₀ (by decide)\ninterval_cases ‹ℕ› <;> omega",
    "have := Int.natAbs_le_of_mul_eq h₀ (by decide)\n"
    "refine Int.by_value (x := ‹ℤ›) (lo := -1000) 2000 (by omega) ?_\nintro k hk e\nsubst e\nrevert k\ndecide +kernel",
    "have := Int.mul_sub_pos h₀ h₁\nhave := mul_self_nonneg y\nring_nf at *\ninterval_cases y <;> omega",
)
