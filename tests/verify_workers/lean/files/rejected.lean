/-
False or unproved statements: Lean must report an error at each theorem of this file.
-/
theorem r1 : 2 + 2 = 5 := by decide
theorem r2 (x : Nat) : x < x + 0 := by omega
theorem r3 (x y : Int) (h : 3 * x + 5 * y = 8) : x = 1 := by omega
theorem r4 : Nat.gcd 12 18 = 5 := by decide
theorem r5 (x : Int) : x / 2 * 2 = x := by omega
theorem r6 : (7 : Int) / (-2) = -4 := by decide
theorem r7 (p : Prop) : p := by simp
theorem r8 : (2 : Int) ^ 10 = 1023 := by norm_num
theorem r9 (a b : Nat) : a - b + b = a := by omega
theorem r10 : ∃! x : Nat, x < 2 := ⟨0, by decide, by omega⟩
theorem r11 (x : Int) (h : x % 4 = 3) : x % 2 = 0 := by linarith
theorem r12 : False := by assumption
theorem r13 (a b : Nat) : (a - b) * (a - b) = a * a - b * b := by ring
theorem r14 (a b : Int) : a * b ≤ a ^ 2 := by nlinarith [sq_nonneg (a - b)]
theorem r15 (x : Nat) (h : x < 5) : x ≠ 4 := by interval_cases x <;> omega
theorem r16 (x : Nat) : x < 501 := by interval_cases x <;> omega
theorem r17 (n : Int) : n ^ 2 % 4 = 0 := by mod_cases h : n % 4 <;> simp [Int.pow_succ, Int.mul_emod, h]
theorem r18 : 12 &&& 10 = 9 := by decide +kernel
theorem r19 (n : Nat) : 7 ∣ 2 ^ n + 1 := by induction n using Nat.step_three <;> simp_all [Nat.pow_succ] <;> omega
theorem r20 : (-1 : Int) * -1 = 1 ∧ False := by norm_num
theorem s1 : 3 ∈ [1, 2] := by decide
theorem s2 : [1, 2][0] = 2 := by simp
theorem s3 : [1, 2][2] = 2 := by rfl
theorem s4 (xs : List Nat) : xs.reverse = xs := by simp
theorem s5 : "ab" ++ "c" = "abd" := by decide
theorem s6 : (2 : Fin 3) = 1 := by decide
theorem s7 : ∃ x < 3, x * x = 16 := by decide
theorem s8 (a b : Nat) : (a < b ↔ b < a) := by omega
def spin (n : Nat) : Nat := spin (n + 1) + 1
theorem s9 : spin 0 = spin 1 + 1 := by rw [spin]
inductive Turn where | left | right deriving DecidableEq
theorem s10 : Turn.left = Turn.right := by decide
inductive Rose where | node : List Rose → Rose
theorem s11 : Rose.node [] = Rose.node [Rose.node []] := by rfl
theorem s13 (p : Nat → Prop) (h : ∃ x, p x) : p 0 := by obtain ⟨x, hx⟩ := h; exact hx
theorem r_unbounded (n m : Nat) (h : n < m) : n = n + 0 := by interval_cases n
theorem r_in_range (n : Nat) (h : n < 3) (h2 : n % 2 = 1) : n = 1 := by interval_cases n; rfl
