/-
The macros that search: interval_cases, mod_cases, ring, ring_nf, nlinarith, positivity, induction in steps.
-/
theorem i1 (x : Nat) (h : x * 3 < 12) : x = 0 ∨ x = 1 ∨ x = 2 ∨ x = 3 := by interval_cases x <;> omega
theorem i2 (x : Int) (h : x * 3 < 12) (h1 : -3 ≤ x) : x = 0 ∨ x = 1 ∨ x = 2 ∨ x = 3 ∨ x < 0 := by
  interval_cases x
  all_goals omega
theorem i3 (a b n : Nat) (h₀ : 1 ≤ a ∧ a ≤ 9) (h₂ : n = 10 * a + b) (h₃ : n = a * b + a + b) : b = 9 := by
  interval_cases a <;> omega
theorem i4 (a b : Nat) : (a + b) ^ 3 = a^3 + 3*a^2*b + 3*a*b^2 + b^3 := by ring
theorem i5 (a b : Int) : (a - b) ^ 3 = a^3 - 3*a^2*b + 3*a*b^2 - b^3 := by ring
theorem i6 (a b : Int) : 2 * a * b ≤ a^2 + b^2 := by nlinarith [sq_nonneg (a - b)]
theorem i7 (a b c : Int) : a * b + b * c + c * a ≤ a^2 + b^2 + c^2 := by
  nlinarith [sq_nonneg (a - b), sq_nonneg (b - c), sq_nonneg (c - a)]
theorem i8 (n : Nat) : 3 ∣ n ^ 3 + 2 * n := by induction n <;> nlinarith
theorem i9 (a : Int) : a^2 % 3 = 0 ∨ a^2 % 3 = 1 := by mod_cases h : a % 3 <;> simp [Int.pow_succ, Int.mul_emod, h]
theorem i10 (a : Nat) : a^2 % 4 = 0 ∨ a^2 % 4 = 1 := by mod_cases h : a % 4 <;> simp [Nat.pow_succ, Nat.mul_mod, h]
theorem i11 (a b c d e : Nat) (h : a = b) (h2 : b = c) (h3 : c = d) (h4 : d = e) : a = e := by norm_num [h, h2, h3, h4]
theorem i12 (a b c : Nat) (h : a = b) (h2 : c = b) : a = c := by norm_num [← h, h2]
theorem i13 (a b c : Nat) (h : a = b) (h2 : b = c) (g : a = 3) : c = 3 := by
  norm_num [h, h2] at g
  exact g
theorem i14 (n : Nat) : ¬7 ∣ 2 ^ n + 1 := by induction n using Nat.step_three <;> simp_all [Nat.pow_succ] <;> omega
theorem i15 (n : Nat) (h : 7 ∣ 2 ^ n - 1) : 3 ∣ n := by induction n using Nat.step_three <;> simp_all [Nat.pow_succ] <;> omega
theorem i16 (x y : Nat) (h : x * y = 12) : x ≤ 12 ∧ y ≤ 12 := Nat.le_of_mul_eq h (by decide)
theorem i17 (x y : Nat) (h : x * (y + 1) = y * x + x) : (x + y) * x = x * x + x * y := by
  ring_nf at h
  ring
theorem i18 (n : Nat) : n + 0 = n := by
  induction n with
  | zero => rfl
  | succ n ih => show n + 1 + 0 = n + 1; omega
theorem i19 (x : Int) (y : Nat) : 0 ≤ x ^ 2 ∧ 0 < 2 ^ y := ⟨by positivity, by positivity⟩
theorem i20 (x y : Int) (h : x + y = 3) (g : x - y = 1) : x = 2 := by linarith [h, g]
theorem i21 (p : Prop) (x : Nat) (h : x = 1 → x * x = 1) : x ≠ 1 ∨ x * x = 1 := by omega
-- interval_cases: the range that hypotheses state, each value in its place; where they state none, what omega finds
theorem ic1 (n : Nat) (h : n < 3) : n * n < 9 := by interval_cases n <;> simp
theorem ic2 (n : Nat) (h : n < 3) : n * n < 9 := by
  interval_cases n
  · show 0 * 0 < 9; decide
  · show 1 * 1 < 9; decide
  · show 2 * 2 < 9; decide
theorem ic3 (n : Nat) (h : n < 5) (h2 : n % 2 = 1) : n = 1 ∨ n = 3 := by
  interval_cases n
  · guard_hyp h2 : 0 % 2 = 1; simp at h2
  · simp
  · guard_hyp h : 2 < 5; simp at h2
  · simp
  · simp at h2
theorem ic4 (n : Int) (h : -2 ≤ n) (h2 : n ≤ 1) : n * n < 9 := by
  interval_cases n
  · guard_target =~ (-2) * (-2) < (9 : Int); decide
  · decide
  · guard_target =~ 0 * 0 < (9 : Int); decide
  · decide
theorem ic5 (n : Nat) (h : 3 > n) (h' : n ≥ 1) : n = 1 ∨ n = 2 := by
  interval_cases n
  · left; rfl
  · right; rfl
theorem ic6 (n : Nat) (h : ¬ 3 ≤ n) (h' : ¬ n < 1) : n = 1 ∨ n = 2 := by
  interval_cases n
  · left; rfl
  · right; rfl
theorem ic7 (n : Nat) (h : n = 2) : n * n = 4 := by interval_cases n <;> simp
theorem ic8 (n : Nat) (h : 2 * n < 7) : n < 4 := by interval_cases n <;> simp
theorem ic9 (n m : Nat) (h : n < 3) (hm : m = n + 1) (hn : n < m) : m < 4 := by
  interval_cases n
  · simp at hm; subst hm; decide
  · subst hm; decide
  · subst hm; decide
theorem ic10 (a b : Nat) (h : a % b < 2) : a % b = 0 ∨ a % b = 1 := by
  interval_cases a % b
  · left; rfl
  · right; rfl
theorem ic11 (n : Nat) (h : n < 2) : n = 0 ∨ n = 1 := by
  interval_cases h' : n
  · guard_hyp h' : n = 0; left; rfl
  · right; rfl
theorem ic12 (n : Int) (h : 50 ≤ n) (h2 : n ≤ 52) : n * n < 9000 := by
  interval_cases n
  · decide
  · decide
  · decide
theorem ic13 (n : Int) (h : n ≤ -50) (h2 : -52 ≤ n) : n * n < 9000 := by
  interval_cases n
  · decide
  · decide
  · decide
theorem ic14 (n : Nat) (h : n < 3) (h2 : 5 < n) : n = 7 := by interval_cases n
theorem ic15 (n : Int) (h : n < 3 ∧ 1 ≤ n) : n = 1 ∨ n = 2 := by interval_cases n <;> simp
theorem ic16 (n : Nat) (h : n < 0) : False := by interval_cases n
theorem ic17 (x y : Int) (hx : 0 ≤ x) (hx2 : x ≤ 2) (hy : 0 ≤ y) (hy2 : y ≤ 2) (h : x + y = 4) : x = 2 := by
  interval_cases x <;> interval_cases y <;> simp at h <;> rfl
theorem ic18 (n : Nat) (h : n < 10) (h2 : 2 * n < 7) : n ≤ 3 := by
  interval_cases n
  all_goals (try omega)
theorem ic20 (n : Nat) (h : n < 2) : n < 2 := by interval_cases k : n <;> decide
theorem ic21 (n : Int) (h : n ^ 2 = 4) (h1 : n ≤ 2) (h2 : -2 ≤ n) : n = 2 ∨ n = -2 := by interval_cases n <;> simp_all
