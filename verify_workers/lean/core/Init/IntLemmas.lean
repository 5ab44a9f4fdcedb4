/-
More of Lean's lemmas on Int, by their names there.
-/
prelude
import Init.NatLemmas
set_option linter.all false
namespace Int
protected theorem add_lt_add {a b c d : Int} (h : a < b) (h' : c < d) : a + c < b + d := by omega
protected theorem add_lt_add_left {a b : Int} (h : a < b) (c : Int) : c + a < c + b := by omega
protected theorem add_lt_add_right {a b : Int} (h : a < b) (c : Int) : a + c < b + c := by omega
protected theorem add_lt_add_of_le_of_lt {a b c d : Int} (h : a ≤ b) (h' : c < d) : a + c < b + d := by omega
protected theorem add_lt_add_of_lt_of_le {a b c d : Int} (h : a < b) (h' : c ≤ d) : a + c < b + d := by omega
protected theorem lt_iff_le_and_ne {a b : Int} : a < b ↔ a ≤ b ∧ a ≠ b := by omega
protected theorem le_iff_lt_or_eq {a b : Int} : a ≤ b ↔ a < b ∨ a = b := by omega
protected theorem lt_or_eq_of_le {a b : Int} (h : a ≤ b) : a < b ∨ a = b := by omega
protected theorem lt_or_le (a b : Int) : a < b ∨ b ≤ a := by omega
protected theorem not_le_of_gt {a b : Int} (h : a > b) : ¬a ≤ b := by omega
protected theorem not_lt_of_ge {a b : Int} (h : a ≥ b) : ¬a < b := by omega
protected theorem lt_asymm {a b : Int} (h : a < b) : ¬b < a := by omega
theorem lt_add_one (a : Int) : a < a + 1 := by omega
theorem le_add_one {a b : Int} (h : a ≤ b) : a ≤ b + 1 := by omega
theorem lt_add_one_iff {a b : Int} : a < b + 1 ↔ a ≤ b := by omega
theorem add_one_le_iff {a b : Int} : a + 1 ≤ b ↔ a < b := by omega
theorem lt_add_one_of_le {a b : Int} (h : a ≤ b) : a < b + 1 := by omega
theorem le_of_lt_add_one {a b : Int} (h : a < b + 1) : a ≤ b := by omega
protected theorem sub_nonneg {a b : Int} : 0 ≤ a - b ↔ b ≤ a := by omega
protected theorem sub_pos {a b : Int} : 0 < a - b ↔ b < a := by omega
protected theorem sub_pos_of_lt {a b : Int} (h : b < a) : 0 < a - b := by omega
protected theorem sub_lt_self (a : Int) {b : Int} (h : 0 < b) : a - b < a := by omega
protected theorem sub_le_self (a : Int) {b : Int} (h : 0 ≤ b) : a - b ≤ a := by omega
protected theorem sub_eq_zero {a b : Int} : a - b = 0 ↔ a = b := by omega
protected theorem sub_eq_iff_eq_add {b a c : Int} : a - b = c ↔ a = c + b := by omega
protected theorem sub_left_le_of_le_add {a b c : Int} (h : a ≤ b + c) : a - b ≤ c := by omega
protected theorem sub_le_iff_le_add {a b c : Int} : a - c ≤ b ↔ a ≤ b + c := by omega
protected theorem le_sub_iff_add_le {a b c : Int} : a ≤ b - c ↔ a + c ≤ b := by omega
protected theorem add_sub_assoc (a b c : Int) : a + b - c = a + (b - c) := by omega
protected theorem sub_sub (a b c : Int) : a - b - c = a - (b + c) := by omega
protected theorem sub_sub_self (a b : Int) : a - (a - b) = b := by omega
protected theorem neg_sub (a b : Int) : -(a - b) = b - a := by omega
protected theorem neg_add_cancel_left (a b : Int) : -a + (a + b) = b := by omega
protected theorem add_neg_cancel_right (a b : Int) : a + b + -b = a := by omega
protected theorem add_right_comm (a b c : Int) : a + b + c = a + c + b := by omega
protected theorem add_left_inj {i j : Int} (k : Int) : i + k = j + k ↔ i = j := by omega
protected theorem add_right_inj {i j : Int} (k : Int) : k + i = k + j ↔ i = j := by omega
protected theorem neg_inj {a b : Int} : -a = -b ↔ a = b := by omega
protected theorem neg_eq_zero {a : Int} : -a = 0 ↔ a = 0 := by omega
protected theorem neg_lt_neg {a b : Int} (h : a < b) : -b < -a := by omega
protected theorem neg_pos_of_neg {a : Int} (h : a < 0) : 0 < -a := by omega
protected theorem neg_nonneg_of_nonpos {a : Int} (h : a ≤ 0) : 0 ≤ -a := by omega
protected theorem two_mul (n : Int) : 2 * n = n + n := by omega
protected theorem mul_two (n : Int) : n * 2 = n + n := by omega
protected theorem max_comm (a b : Int) : max a b = max b a := by omega
protected theorem min_comm (a b : Int) : min a b = min b a := by omega
protected theorem max_le {a b c : Int} : max a b ≤ c ↔ a ≤ c ∧ b ≤ c := by omega
protected theorem le_min {a b c : Int} : a ≤ min b c ↔ a ≤ b ∧ a ≤ c := by omega
protected theorem max_eq_left {a b : Int} (h : b ≤ a) : max a b = a := by omega
protected theorem max_eq_right {a b : Int} (h : a ≤ b) : max a b = b := by omega
protected theorem min_eq_left {a b : Int} (h : a ≤ b) : min a b = a := by omega
protected theorem min_eq_right {a b : Int} (h : b ≤ a) : min a b = b := by omega
theorem natAbs_zero : natAbs 0 = 0 := rfl
theorem natAbs_one : natAbs 1 = 1 := rfl
theorem natAbs_eq (a : Int) : a = natAbs a ∨ a = -(natAbs a : Int) := by omega
theorem natAbs_of_nonneg {a : Int} (h : 0 ≤ a) : (natAbs a : Int) = a := by omega
theorem ofNat_natAbs_of_nonpos {a : Int} (h : a ≤ 0) : (natAbs a : Int) = -a := by omega
theorem natAbs_eq_zero {a : Int} : natAbs a = 0 ↔ a = 0 := by omega
theorem natAbs_sub_pos_iff {i j : Int} : 0 < natAbs (i - j) ↔ i ≠ j := by omega
theorem natAbs_ofNat (n : Nat) : natAbs (n : Int) = n := rfl
theorem toNat_ofNat (n : Nat) : toNat (n : Int) = n := rfl
theorem toNat_zero : toNat 0 = 0 := rfl
theorem self_le_toNat (a : Int) : a ≤ toNat a := by omega
theorem emod_two_eq (x : Int) : x % 2 = 0 ∨ x % 2 = 1 := by omega
protected theorem mul_lt_mul_of_pos_left {a b c : Int} (h : a < b) (hc : 0 < c) : c * a < c * b := by have := Int.mul_pos hc (Int.sub_pos.2 h); rw [Int.mul_sub] at this; omega
protected theorem mul_lt_mul_of_pos_right {a b c : Int} (h : a < b) (hc : 0 < c) : a * c < b * c := by rw [Int.mul_comm a, Int.mul_comm b]; exact Int.mul_lt_mul_of_pos_left h hc
protected theorem mul_eq_zero {a b : Int} : a * b = 0 ↔ a = 0 ∨ b = 0 := ⟨fun h => by have := congrArg natAbs h; rw [Int.natAbs_mul] at this; rcases Nat.mul_eq_zero.1 this with h | h; exact .inl (by omega); exact .inr (by omega), fun h => by rcases h with h | h <;> subst h; exact Int.zero_mul b; exact Int.mul_zero a⟩
protected theorem mul_ne_zero {a b : Int} (h : a ≠ 0) (h' : b ≠ 0) : a * b ≠ 0 := fun e => (Int.mul_eq_zero.1 e).elim h h'
protected theorem eq_of_mul_eq_mul_left {a b c : Int} (ha : a ≠ 0) (h : a * b = a * c) : b = c := by
  have : a * (b - c) = 0 := by rw [Int.mul_sub]; omega
  rcases Int.mul_eq_zero.1 this with h' | h'; exact absurd h' ha; omega
protected theorem eq_of_mul_eq_mul_right {a b c : Int} (ha : a ≠ 0) (h : b * a = c * a) : b = c := Int.eq_of_mul_eq_mul_left ha (by rw [Int.mul_comm a, Int.mul_comm a]; exact h)
protected theorem mul_le_mul {a b c d : Int} (hac : a ≤ c) (hbd : b ≤ d) (nn_b : 0 ≤ b) (nn_c : 0 ≤ c) : a * b ≤ c * d := Int.le_trans (Int.mul_le_mul_of_nonneg_right hac nn_b) (Int.mul_le_mul_of_nonneg_left hbd nn_c)
protected theorem one_pow {n : Nat} : (1 : Int) ^ n = 1 := by induction n with | zero => rfl | succ n ih => rw [pow_succ, ih]; rfl
protected theorem pow_add (a : Int) (m n : Nat) : a ^ (m + n) = a ^ m * a ^ n := by induction n with | zero => rw [Nat.add_zero, Int.pow_zero, Int.mul_one] | succ n ih => rw [← Nat.add_assoc, pow_succ, pow_succ, ih, Int.mul_assoc]
protected theorem dvd_neg {a b : Int} : a ∣ -b ↔ a ∣ b := ⟨fun ⟨c, h⟩ => ⟨-c, by rw [Int.mul_neg, ← h, Int.neg_neg]⟩, fun ⟨c, h⟩ => ⟨-c, by rw [Int.mul_neg, ← h]⟩⟩
protected theorem dvd_zero (n : Int) : n ∣ 0 := ⟨0, (Int.mul_zero n).symm⟩
theorem natCast_dvd_natCast {m n : Nat} : (m : Int) ∣ n ↔ m ∣ n := ⟨fun ⟨c, h⟩ => ⟨c.natAbs, by have := congrArg natAbs h; rw [Int.natAbs_mul] at this; exact this⟩, fun ⟨c, h⟩ => ⟨c, by rw [h]; rfl⟩⟩
protected theorem mul_nonneg_of_nonpos_of_nonpos {a b : Int} (ha : a ≤ 0) (hb : b ≤ 0) : 0 ≤ a * b := by
  have := Int.mul_nonneg (Int.neg_nonneg_of_nonpos ha) (Int.neg_nonneg_of_nonpos hb)
  rw [Int.neg_mul, Int.mul_neg, Int.neg_neg] at this; exact this
attribute [simp] Int.natAbs_neg Int.neg_neg
end Int
