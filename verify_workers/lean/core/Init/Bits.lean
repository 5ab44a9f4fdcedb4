/-
Bit operations on Nat.  The kernel computes land, lor, xor, shiftLeft, shiftRight and log2 on literals by itself, so a
file must not be able to declare them with another meaning: they are declared here, with exactly the kernel's meaning.
The theorems below fix each of them completely: `eq_of_testBit_eq` says that bits determine a number.
-/
prelude
import Init.Omega
set_option linter.all false
namespace Nat
/-- Bit by bit, least significant first; `fuel` bounds the number of bits.  `f false false` is taken to be false. -/
def bitwiseGo (f : Bool → Bool → Bool) : (fuel n m : Nat) → Nat
  | 0, _, m => if f false true then m else 0
  | k+1, n, m =>
    if n = 0 then if f false true then m else 0
    else if m = 0 then if f true false then n else 0
    else if f (decide (n % 2 = 1)) (decide (m % 2 = 1)) then 2 * bitwiseGo f k (n / 2) (m / 2) + 1
    else 2 * bitwiseGo f k (n / 2) (m / 2)
def bitwise (f : Bool → Bool → Bool) (n m : Nat) : Nat := bitwiseGo f n n m
@[extern "lean_nat_land"] def land (m n : @& Nat) : Nat := bitwise and m n
@[extern "lean_nat_lor"] def lor (m n : @& Nat) : Nat := bitwise or m n
@[extern "lean_nat_lxor"] def xor (m n : @& Nat) : Nat := bitwise (fun a b => not (decide (a = b))) m n
@[extern "lean_nat_shiftl"] def shiftLeft : Nat → Nat → Nat
  | n, 0 => n
  | n, m+1 => shiftLeft (2 * n) m
@[extern "lean_nat_shiftr"] def shiftRight : Nat → Nat → Nat
  | n, 0 => n
  | n, m+1 => shiftRight n m / 2
def log2Go : (fuel n : Nat) → Nat
  | 0, _ => 0
  | k+1, n => if 2 ≤ n then log2Go k (n / 2) + 1 else 0
/-- The largest k with 2 ^ k ≤ n; 0 for n = 0. -/
@[extern "lean_nat_log2"] def log2 (n : @& Nat) : Nat := log2Go n n
instance : AndOp Nat := ⟨Nat.land⟩
instance : OrOp Nat := ⟨Nat.lor⟩
instance : XorOp Nat := ⟨Nat.xor⟩
instance : ShiftLeft Nat := ⟨Nat.shiftLeft⟩
instance : ShiftRight Nat := ⟨Nat.shiftRight⟩
/-- Bit `i` of `n`, counted from the least significant. -/
def testBit : (n i : Nat) → Bool
  | n, 0 => decide (n % 2 = 1)
  | n, i+1 => testBit (n / 2) i
@[simp] theorem zero_testBit (i : Nat) : testBit 0 i = false := by
  induction i with
  | zero => rfl
  | succ i ih => exact ih
theorem testBit_two_mul_add (n : Nat) (b : Nat) (hb : b < 2) (i : Nat) :
    testBit (2 * n + b) (i + 1) = testBit n i := by
  show testBit ((2 * n + b) / 2) i = _
  rw [show (2 * n + b) / 2 = n by omega]
theorem eq_of_testBit_eq_le : (k n m : Nat) → n ≤ k → m ≤ k → (∀ i, testBit n i = testBit m i) → n = m
  | 0, n, m, hn, hm, _ => by omega
  | k+1, n, m, hn, hm, h => by
    have h0 : decide (n % 2 = 1) = decide (m % 2 = 1) := h 0
    have ih := eq_of_testBit_eq_le k (n / 2) (m / 2) (by omega) (by omega) (fun i => h (i + 1))
    have h1 : n % 2 = 1 ↔ m % 2 = 1 := ⟨fun e => of_decide_eq_true (h0 ▸ decide_eq_true e), fun e => of_decide_eq_true (h0 ▸ decide_eq_true e)⟩
    by_cases e : n % 2 = 1
    · have := h1.1 e; omega
    · have : ¬ m % 2 = 1 := fun e' => e (h1.2 e'); omega
/-- Numbers with the same bits are the same. -/
theorem eq_of_testBit_eq {n m : Nat} (h : ∀ i, testBit n i = testBit m i) : n = m :=
  eq_of_testBit_eq_le (n + m) n m (by omega) (by omega) h
theorem testBit_bitwiseGo (f : Bool → Bool → Bool) (hf : f false false = false) :
    (k n m i : Nat) → n ≤ k → testBit (bitwiseGo f k n m) i = f (testBit n i) (testBit m i)
  | 0, n, m, i, h => by
    have e : n = 0 := by omega
    subst e
    rw [zero_testBit]
    show testBit (if f false true then m else 0) i = _
    cases hm : testBit m i <;> cases hft : f false true <;> simp [hm, hf, hft]
  | k+1, n, m, i, h => by
    rw [bitwiseGo]
    by_cases hn : n = 0
    · rw [if_pos hn, hn, zero_testBit]
      cases hm : testBit m i <;> cases hft : f false true <;> simp [hm, hf, hft]
    · rw [if_neg hn]
      by_cases hm : m = 0
      · rw [if_pos hm, hm, zero_testBit]
        cases hm : testBit n i <;> cases hft : f true false <;> simp [hm, hf, hft]
      · rw [if_neg hm]
        cases i with
        | zero =>
          show testBit _ 0 = f (decide (n % 2 = 1)) (decide (m % 2 = 1))
          cases hb : f (decide (n % 2 = 1)) (decide (m % 2 = 1)) <;> simp [testBit] <;> first | rfl | omega
        | succ i =>
          show testBit _ (i + 1) = f (testBit (n / 2) i) (testBit (m / 2) i)
          have hk : n / 2 ≤ k := by omega
          rw [← testBit_bitwiseGo f hf k (n / 2) (m / 2) i hk]
          by_cases hb : f (decide (n % 2 = 1)) (decide (m % 2 = 1)) = true
          · rw [if_pos hb]; exact testBit_two_mul_add _ 1 (by decide) i
          · rw [if_neg hb]; exact testBit_two_mul_add _ 0 (by decide) i
@[simp] theorem testBit_land (n m i : Nat) : testBit (n &&& m) i = and (testBit n i) (testBit m i) :=
  testBit_bitwiseGo and rfl n n m i (Nat.le_refl n)
@[simp] theorem testBit_lor (n m i : Nat) : testBit (n ||| m) i = or (testBit n i) (testBit m i) :=
  testBit_bitwiseGo or rfl n n m i (Nat.le_refl n)
theorem testBit_xor (n m i : Nat) : testBit (n ^^^ m) i = not (decide (testBit n i = testBit m i)) :=
  testBit_bitwiseGo _ rfl n n m i (Nat.le_refl n)
theorem shiftLeft_eq : (n m : Nat) → n <<< m = n * 2 ^ m
  | n, 0 => (Nat.mul_one n).symm
  | n, m+1 => by
    show (2 * n) <<< m = n * (2 ^ m * 2)
    rw [shiftLeft_eq (2 * n) m, Nat.mul_comm 2 n, Nat.mul_assoc, Nat.mul_comm 2]
theorem div_pow_two_spec : (n m : Nat) → (n >>> m) * 2 ^ m ≤ n ∧ n < (n >>> m + 1) * 2 ^ m
  | n, 0 => by show n * 1 ≤ n ∧ n < (n + 1) * 1; omega
  | n, m+1 => by
    have ⟨h1, h2⟩ := div_pow_two_spec n m
    have hp : 0 < 2 ^ m := Nat.pow_pos (by decide)
    show (n >>> m / 2) * (2 ^ m * 2) ≤ n ∧ n < (n >>> m / 2 + 1) * (2 ^ m * 2)
    revert h1 h2; generalize n >>> m = q; intro h1 h2
    rw [Nat.mul_comm (2 ^ m) 2, ← Nat.mul_assoc, ← Nat.mul_assoc]
    constructor
    · exact Nat.le_trans (Nat.mul_le_mul (by omega) (Nat.le_refl _)) h1
    · exact Nat.lt_of_lt_of_le h2 (Nat.mul_le_mul (by omega) (Nat.le_refl _))
theorem shiftRight_eq_div_pow (n m : Nat) : n >>> m = n / 2 ^ m := by
  have ⟨h1, h2⟩ := div_pow_two_spec n m
  revert h1 h2; generalize n >>> m = q; intro h1 h2
  have hr : n - 2 ^ m * q < 2 ^ m := by
    rw [Nat.add_mul, Nat.mul_comm] at h2; rw [Nat.mul_comm] at h1; omega
  refine ((div_mod_unique hr ?_).1).symm
  rw [Nat.mul_comm] at h1; omega
theorem log2Go_spec : (k n : Nat) → n ≠ 0 → n ≤ k → 2 ^ log2Go k n ≤ n ∧ n < 2 ^ (log2Go k n + 1)
  | 0, n, h, h' => by omega
  | k+1, n, h, h' => by
    rw [log2Go]
    by_cases hn : 2 ≤ n
    · have ⟨h1, h2⟩ := log2Go_spec k (n / 2) (by omega) (by omega)
      rw [if_pos hn, Nat.pow_succ, Nat.pow_succ]
      omega
    · rw [if_neg hn]; show 1 ≤ n ∧ n < 2; omega
@[simp] theorem log2_zero : log2 0 = 0 := rfl
theorem log2_spec {n : Nat} (h : n ≠ 0) : 2 ^ log2 n ≤ n ∧ n < 2 ^ (log2 n + 1) := log2Go_spec n n h (Nat.le_refl n)
@[simp] theorem land_eq (m n : Nat) : Nat.land m n = m &&& n := rfl
@[simp] theorem lor_eq (m n : Nat) : Nat.lor m n = m ||| n := rfl
@[simp] theorem xor_eq (m n : Nat) : Nat.xor m n = m ^^^ n := rfl
@[simp] theorem shiftLeft_eq' (m n : Nat) : Nat.shiftLeft m n = m <<< n := rfl
@[simp] theorem shiftRight_eq' (m n : Nat) : Nat.shiftRight m n = m >>> n := rfl
end Nat
-- what `omega` cites for shifts by a numeral
theorem Lean.Omega.Int.ofNat_shiftLeft_eq {x y : Nat} : ((x <<< y : Nat) : Int) = (x : Int) * ((2 ^ y : Nat) : Int) := by
  rw [Nat.shiftLeft_eq]; rfl
theorem Lean.Omega.Int.ofNat_shiftRight_eq_div_pow {x y : Nat} : ((x >>> y : Nat) : Int) = (x : Int) / ((2 ^ y : Nat) : Int) := by
  rw [Nat.shiftRight_eq_div_pow]; rfl
