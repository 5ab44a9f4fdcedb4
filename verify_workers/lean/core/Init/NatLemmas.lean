/-
More of Lean's lemmas on Nat, by their names there: order, subtraction, products, minimum and maximum, powers, division and divisibility.
Most are one call of `omega`; marked for `simp` is what is in Lean's core.
-/
prelude
import Init.Cases
set_option linter.all false
universe u
namespace Nat
protected theorem eq_zero_or_pos : (n : Nat) → n = 0 ∨ 0 < n | 0 => .inl rfl | _+1 => .inr (succ_pos _)
theorem exists_eq_add_of_le {m n : Nat} (h : m ≤ n) : ∃ k, n = m + k := ⟨n - m, by omega⟩
theorem exists_eq_add_of_le' {m n : Nat} (h : m ≤ n) : ∃ k, n = k + m := ⟨n - m, by omega⟩
theorem exists_eq_add_of_lt {m n : Nat} (h : m < n) : ∃ k, n = m + k + 1 := ⟨n - m - 1, by omega⟩
theorem exists_eq_succ_of_ne_zero {n : Nat} (h : n ≠ 0) : ∃ k, n = succ k := ⟨n - 1, by show n = n - 1 + 1; omega⟩
theorem exists_eq_add_one_of_ne_zero {n : Nat} (h : n ≠ 0) : ∃ k, n = k + 1 := ⟨n - 1, by omega⟩
theorem eq_zero_or_eq_succ_pred (n : Nat) : n = 0 ∨ n = succ (pred n) := by cases n with | zero => exact .inl rfl | succ n => exact .inr rfl
theorem lt_add_one (n : Nat) : n < n + 1 := by omega
theorem lt_succ (n : Nat) : n < succ n := Nat.lt_succ_self n
theorem le_succ_of_le {n m : Nat} (h : n ≤ m) : n ≤ succ m := .step h
theorem le_add_one_of_le {n m : Nat} (h : n ≤ m) : n ≤ m + 1 := .step h
theorem lt_succ_of_lt {n m : Nat} (h : n < m) : n < succ m := .step h
theorem lt_add_one_of_lt {n m : Nat} (h : n < m) : n < m + 1 := .step h
theorem lt_succ_iff {m n : Nat} : m < succ n ↔ m ≤ n := lt_add_one_iff
theorem lt_add_one_of_le {n m : Nat} (h : n ≤ m) : n < m + 1 := by omega
theorem le_of_lt_add_one {n m : Nat} (h : n < m + 1) : n ≤ m := by omega
theorem succ_le_of_lt {n m : Nat} (h : n < m) : succ n ≤ m := h
theorem lt_of_succ_le {n m : Nat} (h : succ n ≤ m) : n < m := h
theorem succ_le_iff {n m : Nat} : succ n ≤ m ↔ n < m := Iff.rfl
theorem add_one_le_iff {n m : Nat} : n + 1 ≤ m ↔ n < m := Iff.rfl
theorem add_one_le_of_lt {n m : Nat} (h : n < m) : n + 1 ≤ m := h
theorem lt_of_add_one_le {n m : Nat} (h : n + 1 ≤ m) : n < m := h
theorem lt_iff_add_one_le {m n : Nat} : m < n ↔ m + 1 ≤ n := Iff.rfl
theorem succ_lt_succ {n m : Nat} (h : n < m) : succ n < succ m := Nat.succ_le_succ h
theorem lt_of_succ_lt_succ {n m : Nat} (h : succ n < succ m) : n < m := Nat.le_of_succ_le_succ h
theorem succ_lt_succ_iff {a b : Nat} : succ a < succ b ↔ a < b := ⟨lt_of_succ_lt_succ, succ_lt_succ⟩
theorem succ_le_succ_iff {a b : Nat} : succ a ≤ succ b ↔ a ≤ b := ⟨Nat.le_of_succ_le_succ, Nat.succ_le_succ⟩
theorem lt_of_succ_lt {n m : Nat} (h : succ n < m) : n < m := Nat.le_of_succ_le h
theorem succ_ne_zero (n : Nat) : succ n ≠ 0 := nofun
theorem add_one_ne_zero (n : Nat) : n + 1 ≠ 0 := nofun
theorem add_one_pos (n : Nat) : 0 < n + 1 := by omega
theorem succ_inj {a b : Nat} : succ a = succ b ↔ a = b := ⟨succ.inj, congrArg _⟩
theorem add_one_inj {a b : Nat} : a + 1 = b + 1 ↔ a = b := by omega
protected theorem pos_iff_ne_zero {n : Nat} : 0 < n ↔ n ≠ 0 := by omega
protected theorem zero_lt_of_ne_zero {a : Nat} (h : a ≠ 0) : 0 < a := by omega
theorem zero_lt_of_lt {a b : Nat} (h : a < b) : 0 < b := by omega
protected theorem ne_zero_of_lt {a b : Nat} (h : b < a) : a ≠ 0 := by omega
theorem ne_zero_iff_zero_lt {n : Nat} : n ≠ 0 ↔ 0 < n := by omega
protected theorem eq_zero_of_le_zero {n : Nat} (h : n ≤ 0) : n = 0 := by omega
protected theorem le_zero_eq (n : Nat) : (n ≤ 0) = (n = 0) := propext (by omega)
theorem le_zero {i : Nat} : i ≤ 0 ↔ i = 0 := by omega
theorem lt_one_iff {n : Nat} : n < 1 ↔ n = 0 := by omega
theorem one_le_iff_ne_zero {n : Nat} : 1 ≤ n ↔ n ≠ 0 := by omega
protected theorem le_of_eq {n m : Nat} (h : n = m) : n ≤ m := by omega
protected theorem le_of_not_le {a b : Nat} (h : ¬b ≤ a) : a ≤ b := by omega
protected theorem le_of_not_gt {a b : Nat} (h : ¬a > b) : a ≤ b := by omega
protected theorem lt_asymm {a b : Nat} (h : a < b) : ¬b < a := by omega
protected theorem not_le_of_lt {a b : Nat} (h : a < b) : ¬b ≤ a := by omega
protected theorem not_lt_of_le {a b : Nat} (h : a ≤ b) : ¬b < a := by omega
protected theorem not_lt_of_ge {a b : Nat} (h : b ≥ a) : ¬b < a := by omega
protected theorem not_lt_of_gt {a b : Nat} (h : a > b) : ¬a < b := by omega
protected theorem not_lt_of_lt {a b : Nat} (h : a < b) : ¬b < a := by omega
protected theorem lt_iff_le_not_le {m n : Nat} : m < n ↔ m ≤ n ∧ ¬n ≤ m := by omega
protected theorem lt_iff_le_and_ne {m n : Nat} : m < n ↔ m ≤ n ∧ m ≠ n := by omega
protected theorem le_iff_lt_or_eq {n m : Nat} : n ≤ m ↔ n < m ∨ n = m := by omega
protected theorem lt_or_eq_of_le {n m : Nat} (h : n ≤ m) : n < m ∨ n = m := by omega
protected theorem lt_or_gt {a b : Nat} (h : a ≠ b) : a < b ∨ b < a := by omega
protected theorem lt_or_le (a b : Nat) : a < b ∨ b ≤ a := by omega
protected theorem le_or_lt (a b : Nat) : a ≤ b ∨ b < a := by omega
protected theorem lt_of_le_and_ne {n m : Nat} (h : n ≤ m) (h' : ¬n = m) : n < m := by omega
protected theorem eq_of_le_of_lt_succ {n m : Nat} (h : n ≤ m) (h' : m < n + 1) : m = n := by omega
protected theorem ne_of_lt' {a b : Nat} (h : b < a) : a ≠ b := by omega
protected theorem ne_iff_lt_or_gt {a b : Nat} : a ≠ b ↔ a < b ∨ b < a := by omega
protected theorem pos_of_lt_mul_right {a b c : Nat} (h : a < b * c) : 0 < b := by cases b with | zero => rw [Nat.zero_mul] at h; omega | succ b => omega
protected theorem add_left_cancel_iff {m k n : Nat} : n + m = n + k ↔ m = k := by omega
protected theorem add_right_cancel_iff {m k n : Nat} : m + n = k + n ↔ m = k := by omega
protected theorem add_le_add_iff_left {m k n : Nat} : n + m ≤ n + k ↔ m ≤ k := by omega
protected theorem add_le_add_iff_right {m k n : Nat} : m + n ≤ k + n ↔ m ≤ k := by omega
protected theorem add_lt_add_iff_left {m k n : Nat} : n + m < n + k ↔ m < k := by omega
protected theorem add_lt_add_iff_right {m k n : Nat} : m + n < k + n ↔ m < k := by omega
protected theorem add_lt_add_left {n m : Nat} (h : n < m) (k : Nat) : k + n < k + m := by omega
protected theorem add_lt_add_right {n m : Nat} (h : n < m) (k : Nat) : n + k < m + k := by omega
protected theorem add_lt_add {a b c d : Nat} (h : a < b) (h' : c < d) : a + c < b + d := by omega
protected theorem add_lt_add_of_le_of_lt {a b c d : Nat} (h : a ≤ b) (h' : c < d) : a + c < b + d := by omega
protected theorem add_lt_add_of_lt_of_le {a b c d : Nat} (h : a < b) (h' : c ≤ d) : a + c < b + d := by omega
protected theorem lt_of_add_lt_add_left {k n m : Nat} (h : n + k < n + m) : k < m := by omega
protected theorem lt_of_add_lt_add_right {a b c : Nat} (h : a + b < c + b) : a < c := by omega
protected theorem lt_add_of_pos_left {k n : Nat} (h : 0 < k) : n < k + n := by omega
protected theorem lt_add_of_pos_right {k n : Nat} (h : 0 < k) : n < n + k := by omega
protected theorem lt_add_left {a b : Nat} (c : Nat) (h : a < b) : a < c + b := by omega
protected theorem lt_add_right {a b : Nat} (c : Nat) (h : a < b) : a < b + c := by omega
protected theorem le_add_right_of_le {n m k : Nat} (h : n ≤ m) : n ≤ m + k := by omega
protected theorem le_add_left_of_le {n m k : Nat} (h : n ≤ m) : n ≤ k + m := by omega
protected theorem le_of_add_right_le {n m k : Nat} (h : n + k ≤ m) : n ≤ m := by omega
protected theorem le_of_add_left_le {n m k : Nat} (h : k + n ≤ m) : n ≤ m := by omega
protected theorem lt_of_add_right_lt {n m k : Nat} (h : n + k < m) : n < m := by omega
protected theorem add_eq_zero_iff {n m : Nat} : n + m = 0 ↔ n = 0 ∧ m = 0 := by omega
protected theorem eq_zero_of_add_eq_zero {n m : Nat} (h : n + m = 0) : n = 0 ∧ m = 0 := by omega
protected theorem eq_zero_of_add_eq_zero_left {n m : Nat} (h : n + m = 0) : m = 0 := by omega
protected theorem eq_zero_of_add_eq_zero_right {n m : Nat} (h : n + m = 0) : n = 0 := by omega
protected theorem add_add_add_comm (a b c d : Nat) : (a + b) + (c + d) = (a + c) + (b + d) := by omega
theorem succ_add_eq_add_succ (a b : Nat) : succ a + b = a + succ b := by show a + 1 + b = a + (b + 1); omega
theorem one_add (n : Nat) : 1 + n = succ n := Nat.add_comm 1 n
theorem succ_eq_one_add (n : Nat) : succ n = 1 + n := Nat.add_comm n 1
protected theorem mul_pos {m n : Nat} (ha : 0 < m) (hb : 0 < n) : 0 < m * n := Nat.mul_le_mul ha hb
theorem mul_eq_zero : {m n : Nat} → n * m = 0 ↔ n = 0 ∨ m = 0 := fun {m n} => ⟨fun h => by
  rcases Nat.eq_zero_or_pos n with h' | h'; exact .inl h'
  rcases Nat.eq_zero_or_pos m with h'' | h''; exact .inr h''
  have := Nat.mul_pos h' h''; omega, fun h => by rcases h with h | h <;> subst h; exact Nat.zero_mul m; rfl⟩
protected theorem mul_ne_zero {n m : Nat} (h : n ≠ 0) (h' : m ≠ 0) : n * m ≠ 0 := fun e => (mul_eq_zero.1 e).elim h h'
protected theorem mul_ne_zero_iff {n m : Nat} : n * m ≠ 0 ↔ n ≠ 0 ∧ m ≠ 0 := by rw [ne_eq, mul_eq_zero]; omega
protected theorem mul_le_mul_right {m n : Nat} (k : Nat) (h : m ≤ n) : m * k ≤ n * k := Nat.mul_le_mul h (Nat.le_refl k)
protected theorem mul_lt_mul_of_pos_left {m n k : Nat} (h : m < n) (hk : 0 < k) : k * m < k * n := by have := Nat.mul_le_mul_left k h; rw [Nat.mul_succ] at this; omega
protected theorem mul_lt_mul_of_pos_right {m n k : Nat} (h : m < n) (hk : 0 < k) : m * k < n * k := by rw [Nat.mul_comm m, Nat.mul_comm n]; exact Nat.mul_lt_mul_of_pos_left h hk
protected theorem mul_lt_mul_of_lt_of_le {a b c d : Nat} (hac : a < c) (hbd : b ≤ d) (hd : 0 < d) : a * b < c * d := Nat.lt_of_le_of_lt (Nat.mul_le_mul_left a hbd) (Nat.mul_lt_mul_of_pos_right hac hd)
protected theorem mul_lt_mul_of_le_of_lt {a b c d : Nat} (hac : a ≤ c) (hbd : b < d) (hc : 0 < c) : a * b < c * d := Nat.lt_of_le_of_lt (Nat.mul_le_mul_right b hac) (Nat.mul_lt_mul_of_pos_left hbd hc)
protected theorem lt_of_mul_lt_mul_left {a b c : Nat} (h : a * b < a * c) : b < c := Nat.not_le.1 fun h' => by have := Nat.mul_le_mul_left a h'; omega
protected theorem lt_of_mul_lt_mul_right {a b c : Nat} (h : b * a < c * a) : b < c := Nat.lt_of_mul_lt_mul_left (a := a) (by rw [Nat.mul_comm a, Nat.mul_comm a]; exact h)
protected theorem le_of_mul_le_mul_left {a b c : Nat} (h : c * a ≤ c * b) (hc : 0 < c) : a ≤ b := Nat.not_lt.1 fun h' => by have := Nat.mul_lt_mul_of_pos_left h' hc; omega
protected theorem le_of_mul_le_mul_right {a b c : Nat} (h : a * c ≤ b * c) (hc : 0 < c) : a ≤ b := Nat.le_of_mul_le_mul_left (c := c) (by rw [Nat.mul_comm c, Nat.mul_comm c]; exact h) hc
protected theorem eq_of_mul_eq_mul_left {m k n : Nat} (hn : 0 < n) (h : n * m = n * k) : m = k := Nat.mul_left_cancel hn h
protected theorem eq_of_mul_eq_mul_right {n m k : Nat} (hm : 0 < m) (h : n * m = k * m) : n = k := Nat.mul_right_cancel hm h
protected theorem mul_left_cancel_iff {n m k : Nat} (hn : 0 < n) : n * m = n * k ↔ m = k := ⟨Nat.mul_left_cancel hn, congrArg _⟩
protected theorem mul_right_cancel_iff {m n k : Nat} (hm : 0 < m) : n * m = k * m ↔ n = k := ⟨Nat.mul_right_cancel hm, fun h => by rw [h]⟩
protected theorem mul_self_le_mul_self {m n : Nat} (h : m ≤ n) : m * m ≤ n * n := Nat.mul_le_mul h h
protected theorem mul_self_lt_mul_self {m n : Nat} (h : m < n) : m * m < n * n := Nat.mul_lt_mul_of_lt_of_le h (Nat.le_of_lt h) (by omega)
protected theorem mul_right_comm (n m k : Nat) : n * m * k = n * k * m := by rw [Nat.mul_assoc, Nat.mul_comm m k, ← Nat.mul_assoc]
protected theorem mul_mul_mul_comm (a b c d : Nat) : (a * b) * (c * d) = (a * c) * (b * d) := by rw [Nat.mul_assoc, Nat.mul_assoc, Nat.mul_left_comm b]
theorem le_mul_of_pos_left {n : Nat} (m : Nat) (h : 0 < n) : m ≤ n * m := by have := Nat.mul_le_mul_right m h; rw [Nat.succ_mul, Nat.zero_mul, Nat.zero_add] at this; exact this
theorem le_mul_of_pos_right {n : Nat} (m : Nat) (h : 0 < n) : m ≤ m * n := by rw [Nat.mul_comm]; exact le_mul_of_pos_left m h
protected theorem sub_lt {n m : Nat} (h : 0 < n) (h' : 0 < m) : n - m < n := by omega
protected theorem sub_lt_self {a b : Nat} (h₀ : 0 < a) (h₁ : a ≤ b) : b - a < b := by omega
protected theorem sub_pos_of_lt {m n : Nat} (h : m < n) : 0 < n - m := by omega
protected theorem sub_pos_iff_lt {m n : Nat} : 0 < n - m ↔ m < n := by omega
protected theorem lt_of_sub_pos {m n : Nat} (h : 0 < n - m) : m < n := by omega
protected theorem sub_ne_zero_of_lt {a b : Nat} (h : a < b) : b - a ≠ 0 := by omega
protected theorem sub_eq_zero_iff_le {n m : Nat} : n - m = 0 ↔ n ≤ m := by omega
protected theorem le_of_sub_eq_zero {n m : Nat} (h : n - m = 0) : n ≤ m := by omega
protected theorem sub_le_sub_left {n m : Nat} (h : n ≤ m) (k : Nat) : k - m ≤ k - n := by omega
protected theorem sub_le_sub_right {n m : Nat} (h : n ≤ m) (k : Nat) : n - k ≤ m - k := by omega
protected theorem sub_eq_of_eq_add {a b c : Nat} (h : a = c + b) : a - b = c := by omega
protected theorem eq_sub_of_add_eq {c a b : Nat} (h : a + c = b) : a = b - c := by omega
protected theorem sub_eq_iff_eq_add {a b c : Nat} (h : b ≤ a) : a - b = c ↔ a = c + b := by omega
protected theorem sub_eq_iff_eq_add' {a b c : Nat} (h : b ≤ a) : a - b = c ↔ a = b + c := by omega
protected theorem sub_le_iff_le_add {a b c : Nat} : a - b ≤ c ↔ a ≤ c + b := by omega
protected theorem sub_le_iff_le_add' {a b c : Nat} : a - b ≤ c ↔ a ≤ b + c := by omega
protected theorem le_sub_iff_add_le {x y k : Nat} (h : k ≤ y) : x ≤ y - k ↔ x + k ≤ y := by omega
protected theorem sub_lt_iff_lt_add {a b c : Nat} (h : b ≤ a) : a - b < c ↔ a < c + b := by omega
protected theorem lt_sub_iff_add_lt {a b c : Nat} : a < c - b ↔ a + b < c := by omega
protected theorem le_sub_of_add_le {a b c : Nat} (h : a + b ≤ c) : a ≤ c - b := by omega
protected theorem add_le_of_le_sub {a b c : Nat} (hle : b ≤ c) (h : a ≤ c - b) : a + b ≤ c := by omega
protected theorem lt_sub_of_add_lt {a b c : Nat} (h : a + b < c) : a < c - b := by omega
protected theorem add_lt_of_lt_sub {a b c : Nat} (h : a < c - b) : a + b < c := by omega
protected theorem sub_lt_sub_left {k m n : Nat} (h : k < m) (h' : k < n) : m - n < m - k := by omega
protected theorem sub_lt_sub_right {a b c : Nat} (h : c ≤ a) (h' : a < b) : a - c < b - c := by omega
protected theorem add_sub_cancel' {n m : Nat} (h : m ≤ n) : m + (n - m) = n := by omega
protected theorem sub_add_comm {n m k : Nat} (h : k ≤ n) : n + m - k = n - k + m := by omega
protected theorem sub_right_comm (m n k : Nat) : m - n - k = m - k - n := by omega
protected theorem sub_one_add_one {n : Nat} (h : n ≠ 0) : n - 1 + 1 = n := by omega
theorem sub_one_lt {n : Nat} (h : n ≠ 0) : n - 1 < n := by omega
theorem sub_one_lt_of_lt {n m : Nat} (h : m < n) : n - 1 < n := by omega
theorem pred_lt {n : Nat} (h : n ≠ 0) : pred n < n := by cases n with | zero => exact absurd rfl h | succ n => exact Nat.lt_succ_self n
theorem pred_le (n : Nat) : pred n ≤ n := by cases n with | zero => exact .refl | succ n => exact .step .refl
theorem pred_zero : pred 0 = 0 := rfl
theorem pred_succ (n : Nat) : pred (succ n) = n := rfl
theorem succ_pred {a : Nat} (h : a ≠ 0) : succ (pred a) = a := by cases a with | zero => exact absurd rfl h | succ a => rfl
theorem succ_pred_eq_of_pos {n : Nat} (h : 0 < n) : succ (pred n) = n := succ_pred (by omega)
theorem pred_eq_sub_one {n : Nat} : pred n = n - 1 := rfl
theorem add_one_sub_one (n : Nat) : n + 1 - 1 = n := rfl
theorem succ_sub {m n : Nat} (h : n ≤ m) : succ m - n = succ (m - n) := by show m + 1 - n = m - n + 1; omega
theorem succ_sub_one (n : Nat) : succ n - 1 = n := rfl
protected theorem sub_mul (n m k : Nat) : (n - m) * k = n * k - m * k := by
  rcases Nat.le_total m n with h | h
  · obtain ⟨c, rfl⟩ := exists_eq_add_of_le h; rw [Nat.add_sub_cancel_left, Nat.add_mul, Nat.add_sub_cancel_left]
  · have h' := Nat.mul_le_mul_right k h; rw [sub_eq_zero_of_le h, sub_eq_zero_of_le h', Nat.zero_mul]
protected theorem mul_sub (k m n : Nat) : k * (m - n) = k * m - k * n := by rw [Nat.mul_comm, Nat.sub_mul, Nat.mul_comm m, Nat.mul_comm n]
protected theorem mul_sub_one (n m : Nat) : n * (m - 1) = n * m - n := by rw [Nat.mul_sub, Nat.mul_one]
protected theorem sub_one_mul (n m : Nat) : (n - 1) * m = n * m - m := by rw [Nat.sub_mul, Nat.one_mul]
protected theorem max_comm (a b : Nat) : max a b = max b a := by omega
protected theorem min_comm (a b : Nat) : min a b = min b a := by omega
protected theorem max_assoc (a b c : Nat) : max (max a b) c = max a (max b c) := by omega
protected theorem min_assoc (a b c : Nat) : min (min a b) c = min a (min b c) := by omega
protected theorem max_self (a : Nat) : max a a = a := by omega
protected theorem min_self (a : Nat) : min a a = a := by omega
protected theorem le_max_left (a b : Nat) : a ≤ max a b := by omega
protected theorem le_max_right (a b : Nat) : b ≤ max a b := by omega
protected theorem min_le_left (a b : Nat) : min a b ≤ a := by omega
protected theorem min_le_right (a b : Nat) : min a b ≤ b := by omega
protected theorem max_le {a b c : Nat} : max a b ≤ c ↔ a ≤ c ∧ b ≤ c := by omega
protected theorem max_le_of_le_of_le {a b c : Nat} (h : a ≤ c) (h' : b ≤ c) : max a b ≤ c := by omega
protected theorem le_min {a b c : Nat} : a ≤ min b c ↔ a ≤ b ∧ a ≤ c := by omega
protected theorem le_min_of_le_of_le {a b c : Nat} (h : a ≤ b) (h' : a ≤ c) : a ≤ min b c := by omega
protected theorem max_lt {a b c : Nat} : max a b < c ↔ a < c ∧ b < c := by omega
protected theorem lt_min {a b c : Nat} : a < min b c ↔ a < b ∧ a < c := by omega
protected theorem max_eq_left {a b : Nat} (h : b ≤ a) : max a b = a := by omega
protected theorem max_eq_right {a b : Nat} (h : a ≤ b) : max a b = b := by omega
protected theorem min_eq_left {a b : Nat} (h : a ≤ b) : min a b = a := by omega
protected theorem min_eq_right {a b : Nat} (h : b ≤ a) : min a b = b := by omega
protected theorem zero_max (a : Nat) : max 0 a = a := by omega
protected theorem max_zero (a : Nat) : max a 0 = a := by omega
protected theorem zero_min (a : Nat) : min 0 a = 0 := by omega
protected theorem min_zero (a : Nat) : min a 0 = 0 := by omega
protected theorem pow_one (a : Nat) : a ^ 1 = a := Nat.one_mul a
protected theorem one_pow (n : Nat) : 1 ^ n = 1 := by induction n with | zero => rfl | succ n ih => rw [pow_succ, ih]
protected theorem zero_pow {n : Nat} (h : 0 < n) : 0 ^ n = 0 := by cases n with | zero => omega | succ n => rfl
protected theorem pow_add_one (b n : Nat) : b ^ (n + 1) = b ^ n * b := rfl
protected theorem pow_succ' {m n : Nat} : m ^ (n + 1) = m * m ^ n := Nat.mul_comm (m ^ n) m
theorem pos_pow_of_pos {b : Nat} (n : Nat) (h : 0 < b) : 0 < b ^ n := Nat.pow_pos h
protected theorem two_pow_pos (w : Nat) : 0 < 2 ^ w := Nat.pow_pos (by omega)
theorem one_le_two_pow {n : Nat} : 1 ≤ 2 ^ n := Nat.two_pow_pos n
protected theorem pow_le_pow_left {m n : Nat} (h : m ≤ n) (i : Nat) : m ^ i ≤ n ^ i := by induction i with | zero => exact .refl | succ i ih => exact Nat.mul_le_mul ih h
protected theorem pow_le_pow_right {n m k : Nat} (h : n > 0) (h' : m ≤ k) : n ^ m ≤ n ^ k := by
  obtain ⟨c, rfl⟩ := exists_eq_add_of_le h'; rw [pow_add]; exact le_mul_of_pos_right _ (Nat.pow_pos h)
protected theorem pow_lt_pow_succ {a n : Nat} (h : 1 < a) : a ^ n < a ^ (n + 1) := by
  have := Nat.mul_lt_mul_of_pos_left h (Nat.pow_pos (n := n) (by omega : 0 < a)); rw [Nat.mul_one] at this; exact this
protected theorem pow_lt_pow_right {a n m : Nat} (ha : 1 < a) (h : m < n) : a ^ m < a ^ n := Nat.lt_of_lt_of_le (Nat.pow_lt_pow_succ ha) (Nat.pow_le_pow_right (by omega) h)
protected theorem pow_lt_pow_left {a b n : Nat} (h : a < b) (hn : n ≠ 0) : a ^ n < b ^ n := by
  obtain ⟨k, rfl⟩ := exists_eq_add_one_of_ne_zero hn
  exact Nat.mul_lt_mul_of_le_of_lt (Nat.pow_le_pow_left (Nat.le_of_lt h) k) h (Nat.pow_pos (by omega))
protected theorem pow_mul_comm (a m n : Nat) : a ^ m * a ^ n = a ^ n * a ^ m := Nat.mul_comm _ _
protected theorem mul_self_sub_mul_self_eq (a b : Nat) : a * a - b * b = (a + b) * (a - b) := by rw [Nat.mul_sub, Nat.add_mul, Nat.add_mul, Nat.mul_comm b a]; omega
theorem zero_div (b : Nat) : 0 / b = 0 := by rcases Nat.eq_zero_or_pos b with h | h; subst h; rfl; exact div_eq_of_lt h
protected theorem div_one (n : Nat) : n / 1 = n := by omega
protected theorem div_zero (b : Nat) : b / 0 = 0 := rfl
theorem mod_le (x y : Nat) : x % y ≤ x := by have := div_add_mod x y; omega
protected theorem div_self {n : Nat} (h : 0 < n) : n / n = 1 := Nat.eq_of_mul_eq_mul_left h (by rw [mul_div_cancel_left' (Nat.dvd_refl n), Nat.mul_one])
theorem div_le_self (n k : Nat) : n / k ≤ n := by
  rcases Nat.eq_zero_or_pos k with h | h
  · subst h; exact Nat.zero_le n
  · have h1 := le_mul_of_pos_left (n / k) h; have := div_add_mod n k; omega
theorem div_lt_self {n k : Nat} (hn : 0 < n) (hk : 1 < k) : n / k < n := by
  have h1 := div_add_mod n k
  rcases Nat.eq_zero_or_pos (n / k) with h | h
  · omega
  · have := Nat.mul_lt_mul_of_pos_right hk h; omega
theorem div_mul_le_self (m n : Nat) : m / n * n ≤ m := by rw [Nat.mul_comm]; have := div_add_mod m n; omega
theorem mul_div_le (m n : Nat) : n * (m / n) ≤ m := by have := div_add_mod m n; omega
protected theorem mul_div_cancel_left (m : Nat) {n : Nat} (h : 0 < n) : n * m / n = m := Nat.eq_of_mul_eq_mul_left h (mul_div_cancel_left' ⟨m, rfl⟩)
protected theorem mul_div_cancel (m : Nat) {n : Nat} (h : 0 < n) : m * n / n = m := by rw [Nat.mul_comm]; exact Nat.mul_div_cancel_left m h
protected theorem div_mul_cancel {n m : Nat} (h : n ∣ m) : m / n * n = m := by rw [Nat.mul_comm]; exact mul_div_cancel_left' h
protected theorem mul_div_cancel' {n m : Nat} (h : n ∣ m) : n * (m / n) = m := mul_div_cancel_left' h
protected theorem le_div_iff_mul_le {k x y : Nat} (h : 0 < k) : x ≤ y / k ↔ x * k ≤ y := by
  have h1 := div_add_mod y k; have h2 := mod_lt y h
  rw [Nat.mul_comm k] at h1
  constructor
  · intro h3; have := Nat.mul_le_mul_right k h3; omega
  · intro h3
    refine Nat.not_lt.1 fun h4 => ?_
    have := Nat.mul_le_mul_right k h4; rw [Nat.succ_mul] at this; omega
protected theorem div_lt_iff_lt_mul {k x y : Nat} (h : 0 < k) : x / k < y ↔ x < y * k := by rw [← Nat.not_le, ← Nat.not_le, Nat.le_div_iff_mul_le h]
protected theorem div_le_div_right {a b c : Nat} (h : a ≤ b) : a / c ≤ b / c := by
  rcases Nat.eq_zero_or_pos c with h' | h'
  · subst h'; exact .refl
  · rw [Nat.le_div_iff_mul_le h']; exact Nat.le_trans (div_mul_le_self a c) h
theorem mod_two_eq_zero_or_one (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by omega
theorem mod_two_ne_zero {n : Nat} : ¬n % 2 = 0 ↔ n % 2 = 1 := by omega
theorem mod_two_ne_one {n : Nat} : ¬n % 2 = 1 ↔ n % 2 = 0 := by omega
theorem mod_mul_mod (a b n : Nat) : (a % n * b) % n = (a * b) % n := by
  have h := add_mul_mod_self_left (a % n * b) n (a / n * b)
  have e : a % n * b + n * (a / n * b) = a * b := by rw [← Nat.mul_assoc, ← Nat.add_mul, mod_add_div]
  rw [e] at h; exact h.symm
theorem mul_mod_mod (a b n : Nat) : (a * (b % n)) % n = (a * b) % n := by rw [Nat.mul_comm, mod_mul_mod, Nat.mul_comm]
protected theorem dvd_sub {k m n : Nat} (h₁ : k ∣ m) (h₂ : k ∣ n) : k ∣ m - n := Nat.dvd_sub' h₁ h₂
protected theorem dvd_add_right {m k : Nat} (h : k ∣ m) {n : Nat} : k ∣ m + n ↔ k ∣ n := ⟨fun h' => by have := Nat.dvd_sub' h' h; rw [Nat.add_sub_cancel_left] at this; exact this, Nat.dvd_add h⟩
theorem dvd_mod_iff {k m n : Nat} (h : k ∣ n) : k ∣ m % n ↔ k ∣ m := by
  have e := div_add_mod m n
  rw [← Nat.dvd_add_right (Nat.dvd_trans h ⟨m / n, rfl⟩) (n := m % n), e]
theorem pos_of_dvd_of_pos {m n : Nat} (h : m ∣ n) (hn : 0 < n) : 0 < m := Nat.pos_of_ne_zero fun e => by subst e; obtain ⟨c, hc⟩ := h; rw [Nat.zero_mul] at hc; omega
theorem eq_zero_of_dvd_of_lt {a b : Nat} (h : a ∣ b) (h' : b < a) : b = 0 := Classical.byContradiction fun hb => by have := le_of_dvd (Nat.pos_of_ne_zero hb) h; omega
theorem dvd_one {n : Nat} : n ∣ 1 ↔ n = 1 := ⟨fun h => by have := le_of_dvd (by omega) h; have := pos_of_dvd_of_pos h (by omega); omega, fun h => h ▸ Nat.dvd_refl 1⟩
protected theorem mul_dvd_mul {a b c d : Nat} (h : a ∣ b) (h' : c ∣ d) : a * c ∣ b * d := by obtain ⟨x, rfl⟩ := h; obtain ⟨y, rfl⟩ := h'; exact ⟨x * y, Nat.mul_mul_mul_comm a x c y⟩
protected theorem mul_dvd_mul_left {b c : Nat} (a : Nat) (h : b ∣ c) : a * b ∣ a * c := Nat.mul_dvd_mul (Nat.dvd_refl a) h
protected theorem mul_dvd_mul_right {a b : Nat} (h : a ∣ b) (c : Nat) : a * c ∣ b * c := Nat.mul_dvd_mul h (Nat.dvd_refl c)
protected theorem dvd_mul_right_of_dvd {m n : Nat} (h : n ∣ m) (k : Nat) : n ∣ m * k := Nat.dvd_trans h ⟨k, rfl⟩
protected theorem dvd_mul_left_of_dvd {m n : Nat} (h : n ∣ m) (k : Nat) : n ∣ k * m := Nat.dvd_trans h ⟨k, Nat.mul_comm k m⟩
protected theorem dvd_of_mul_right_dvd {m n k : Nat} (h : m * n ∣ k) : m ∣ k := Nat.dvd_trans ⟨n, rfl⟩ h
protected theorem dvd_of_mul_left_dvd {m n k : Nat} (h : m * n ∣ k) : n ∣ k := Nat.dvd_trans ⟨m, Nat.mul_comm m n⟩ h
end Nat
attribute [simp] Nat.not_lt_zero Nat.lt_add_one Nat.zero_lt_succ Nat.add_one_ne_zero Nat.le_zero_eq Nat.lt_one_iff Nat.le_add_left Nat.le_add_right
  Nat.add_left_cancel_iff Nat.add_right_cancel_iff Nat.add_le_add_iff_left Nat.add_le_add_iff_right Nat.add_lt_add_iff_left Nat.add_lt_add_iff_right
  Nat.add_eq_zero_iff Nat.mul_eq_zero Nat.max_self Nat.min_self Nat.zero_max Nat.max_zero Nat.zero_min Nat.min_zero Nat.one_pow Nat.zero_div Nat.div_one
@[simp] theorem ge_iff_le {α : Type u} [LE α] {x y : α} : x ≥ y ↔ y ≤ x := Iff.rfl
@[simp] theorem gt_iff_lt {α : Type u} [LT α] {x y : α} : x > y ↔ y < x := Iff.rfl
attribute [norm_cast] Int.natCast_inj Int.ofNat_le Int.ofNat_lt Int.natCast_add Int.natCast_mul Int.natCast_ediv Int.natCast_emod
