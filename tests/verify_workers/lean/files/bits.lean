/-
Bit operations on Nat: what they compute, what `omega` and `simp` know of them, and that bits determine a number.
-/
theorem t1 : 12 &&& 10 = 8 ∧ 12 ||| 10 = 14 ∧ 12 ^^^ 10 = 6 ∧ 3 <<< 4 = 48 ∧ 100 >>> 3 = 12 ∧ Nat.log2 1000 = 9 := by decide
theorem t2 : 12 &&& 10 = 8 := by simp
theorem t3 : 12 ||| 10 = 14 := by norm_num
theorem t4 (x : Nat) : x <<< 3 = 8 * x := by omega
theorem t5 (x : Nat) : (x >>> 1) * 2 ≤ x := by omega
theorem t6 (x y : Nat) : x &&& y = y &&& x := by
  apply Nat.eq_of_testBit_eq; intro i; simp; cases x.testBit i <;> cases y.testBit i <;> rfl
theorem t7 (x y : Nat) : x ^^^ y = y ^^^ x := by
  apply Nat.eq_of_testBit_eq; intro i; simp only [Nat.testBit_xor]; cases x.testBit i <;> cases y.testBit i <;> rfl
theorem t8 : (5 : Nat).testBit 2 = true ∧ (5 : Nat).testBit 1 = false := by decide
theorem t9 (n k : Nat) : n >>> k = n / 2 ^ k ∧ n <<< k = n * 2 ^ k := ⟨Nat.shiftRight_eq_div_pow n k, Nat.shiftLeft_eq n k⟩
theorem t10 (n : Nat) (h : 1000 ≤ n) : 1000 < 2 ^ (n.log2 + 1) := Nat.lt_of_le_of_lt h (Nat.log2_spec (by omega)).2
