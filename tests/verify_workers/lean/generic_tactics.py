"""Fixed tactic scripts, none written for one problem, and the miniF2F statements that each is known to prove.

The names h₀, h₁ and n, a, b, x, y, m are those that competition statements commonly use; ‹ℕ› is the last Nat in context.
"""

from __future__ import annotations

# A factor of a nonzero numeral is bounded by it: 2,000 values, decided by the kernel in one go.
INT_FACTOR = """have := Int.natAbs_le_of_mul_eq h₀ (by decide)
refine Int.by_value (x := ‹ℤ›) (lo := -1000) 2000 (by omega) ?_
intro k hk e
subst e
revert k
decide +kernel"""

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
    INT_FACTOR,
    "have := Int.mul_sub_pos h₀ h₁\nhave := mul_self_nonneg y\nring_nf at *\ninterval_cases y <;> omega",
)

# Statement of the validation split → index of a script that proves it.
PROVES: dict[str, int] = {
    "mathd_algebra_123": 0,
    "mathd_algebra_144": 0,
    "mathd_algebra_15": 3,
    "mathd_numbertheory_188": 1,
    "mathd_numbertheory_37": 1,
    "mathd_numbertheory_45": 1,
    "mathd_numbertheory_101": 0,
    "mathd_numbertheory_102": 0,
    "mathd_numbertheory_110": 0,
    "mathd_numbertheory_132": 0,
    "mathd_numbertheory_136": 0,
    "mathd_numbertheory_198": 0,
    "mathd_numbertheory_200": 0,
    "mathd_numbertheory_202": 0,
    "mathd_numbertheory_236": 0,
    "mathd_numbertheory_269": 0,
    "mathd_numbertheory_284": 0,
    "mathd_numbertheory_30": 0,
    "mathd_numbertheory_301": 0,
    "mathd_numbertheory_33": 0,
    "mathd_numbertheory_335": 0,
    "mathd_numbertheory_370": 0,
    "mathd_numbertheory_458": 0,
    "mathd_numbertheory_640": 0,
    "mathd_numbertheory_81": 0,
    "mathd_numbertheory_92": 0,
    "mathd_numbertheory_961": 0,
    "mathd_numbertheory_412": 6,
    "induction_divisibility_3divnto3m2n": 7,
    "induction_divisibility_3div2tooddnp1": 7,
    "induction_divisibility_9div10tonm1": 8,
    "numbertheory_2dvd4expn": 9,
    "imo_1964_p1_1": 10,
    "imo_1964_p1_2": 10,
    "induction_seq_mul2pnp1": 11,
    "numbertheory_sqmod3in01d": 12,
    "numbertheory_sqmod4in01d": 13,
    "mathd_numbertheory_48": 14,
    "mathd_numbertheory_22": 15,
    "amc12_2001_p2": 16,
}
# The same, for the case splits that take 3 to 40 s each (hundreds of cases): not run with every test.
PROVES_SLOWLY: dict[str, int] = {
    "mathd_numbertheory_780": 17,
    "aime_1991_p1": 18,
    "mathd_algebra_69": 19,
    "mathd_numbertheory_326": 20,
    "amc12a_2015_p10": 21,
}
