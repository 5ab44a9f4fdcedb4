Whole files in the shape of Kimina-Prover and DeepSeek-Prover-V2: a plan in comments, nested `have`s, then one line that closes the goal.
--- block-comment-plan
import Init

set_option maxHeartbeats 400000

/- If $a$ and $b$ are integers with $2a + 3b = 12$ and $a - b = 1$, find $a$. -/
⟪theorem goal (a b : ℤ) (h₁ : 2 * a + 3 * b = 12) (h₂ : a - b = 1) : a = 3⟫ := by
  /-
  1. From the second equation a = b + 1.
  2. Put it into the first one: 2 (b + 1) + 3 b = 12, that is 5 b = 10.
  3. So b = 2 and a = 3.
  -/
  have eq1 : a = b + 1 := by linarith
  have eq2 : b = 2 := by
    rw [eq1] at h₁
    linarith
  rw [eq2] at eq1
  linarith
--- h-main
import Init

set_option maxHeartbeats 400000

open Nat Int

⟪theorem goal (x y : ℤ) (h₀ : x = 2 * y) (h₁ : y = 3) : x * y = 18⟫ := by
  have h_main : x * y = 18 := by
    have h₂ : x = 6 := by
      rw [h₁] at h₀
      linarith
    rw [h₂, h₁]
    norm_num
  exact h_main
--- nested-haves
import Init

set_option maxHeartbeats 400000

⟪theorem goal (m n : ℕ) (h : m + n = 10) (h' : m = 4 * n) : m = 8 ∧ n = 2⟫ := by
  have h₁ : n = 2 := by
    have h₂ : 5 * n = 10 := by
      have h₃ : 4 * n + n = 10 := by
        rw [← h']
        exact h
      omega
    omega
  have h₄ : m = 8 := by
    rw [h', h₁]
  exact ⟨h₄, h₁⟩
--- numbered-steps
import Init

⟪theorem goal (a b c d : ℤ) (h : a + b + c + d = 0) (h₁ : a + b = 3) : c + d = -3⟫ := by
  -- Step 1: move everything to one side
  have step1 : c + d = 0 - (a + b) := by omega
  -- Step 2: put the sum in
  have step2 : c + d = 0 - 3 := by rw [h₁] at step1; exact step1
  -- Step 3: compute
  exact step2
--- show-from
import Init

⟪theorem goal (p q : Prop) (hp : p) (hq : q) : q ∧ p⟫ := by
  have h : q ∧ p := by
    show q ∧ p
    exact And.intro (show q from hq) (show p from hp)
  exact h
--- rcases-chain
import Init
set_option maxHeartbeats 400000

⟪theorem goal (x : ℤ) (h : x % 4 = 1 ∨ x % 4 = 3) : x % 2 = 1⟫ := by
  have h1 : x % 2 = 1 := by
    rcases h with h1 | h3
    · -- Case 1: x ≡ 1 (mod 4)
      omega
    · -- Case 2: x ≡ 3 (mod 4)
      omega
  exact h1
--- by-contra-explicit
import Init

⟪theorem goal (n : ℕ) (h : n * n < 9) : n < 3⟫ := by
  apply Classical.byContradiction
  intro hn
  have h3 : 3 ≤ n := by omega
  have h9 : 3 * 3 ≤ n * n := Nat.mul_le_mul h3 h3
  omega
--- no-integer-solution
import Init
set_option maxHeartbeats 400000

/-- Show that there are no integers $x$ and $y$ such that $4x - 2y = 7$. -/
⟪theorem goal : ¬ ∃ x y : ℤ, 4 * x - 2 * y = 7⟫ := by
  intro h
  rcases h with ⟨x, y, h⟩
  have h₁ : (4 * x - 2 * y) % 2 = 0 := by omega
  have h₂ : (4 * x - 2 * y) % 2 = 1 := by
    rw [h]
    decide
  omega
--- suffices
import Init

⟪theorem goal (a b : ℕ) (h : a < b) : ∃ c, b = a + c + 1⟫ := by
  suffices hs : b = a + (b - a - 1) + 1 by
    exact ⟨b - a - 1, hs⟩
  omega
--- obtain-divisors
import Init

⟪theorem goal (a b c : ℕ) (h₁ : a ∣ b) (h₂ : b ∣ c) : a ∣ c⟫ := by
  obtain ⟨k, hk⟩ := h₁
  obtain ⟨l, hl⟩ := h₂
  refine ⟨k * l, ?_⟩
  rw [hl, hk]
  exact Nat.mul_assoc a k l
--- strong-bound
import Init

⟪theorem goal (n : ℕ) (hn : 4 ≤ n) : n * n ≥ 4 * n⟫ := by
  have h₁ : n * n ≥ 4 * n := Nat.mul_le_mul hn (Nat.le_refl n)
  exact h₁
--- calc-block
import Init

⟪theorem goal (a b c : ℤ) (h₁ : a = b + 1) (h₂ : b = c + 1) : a = c + 2⟫ := by
  calc
    a = b + 1 := h₁
    _ = (c + 1) + 1 := by rw [h₂]
    _ = c + 2 := by ring
--- calc-inequality
import Init

⟪theorem goal (a b c : ℕ) (h₁ : a ≤ b) (h₂ : b < c) : a + 1 ≤ c⟫ := by
  calc a + 1 ≤ b + 1 := Nat.succ_le_succ h₁
    _ ≤ c := h₂
--- wlog-by-hand
import Init

⟪theorem goal (a b : ℤ) : a - b ≤ 0 ∨ b - a ≤ 0⟫ := by
  have key : ∀ x y : ℤ, x ≤ y → x - y ≤ 0 := by
    intro x y hxy
    omega
  rcases Int.le_total a b with hab | hba
  · exact Or.inl (key a b hab)
  · exact Or.inr (key b a hba)
--- induction-with-sum
import Init

⟪theorem goal (f : ℕ → ℕ) (h₀ : f 0 = 0) (h₁ : ∀ n, f (n + 1) = f n + 2 * n + 1) : ∀ n, f n = n * n⟫ := by
  intro n
  induction n with
  | zero =>
    rw [h₀]
  | succ k ih =>
    rw [h₁, ih]
    ring
--- case-names
import Init

⟪theorem goal (n : ℕ) : n = 0 ∨ 0 < n⟫ := by
  cases n
  case zero => exact Or.inl rfl
  case succ m => exact Or.inr (Nat.succ_pos m)
--- set-builder-free
import Init

⟪theorem goal (s : ℕ → Prop) (h : ∀ n, s n ↔ n % 2 = 0) : s 4 ∧ ¬ s 5⟫ := by
  constructor
  · rw [h]
  · rw [h]
    decide
--- omega-at-the-end
import Init

⟪theorem goal (a b c : ℕ) (h₀ : a + b + c = 30) (h₁ : b = 2 * a) (h₂ : c = 3 * a) : (a, b, c) = (5, 10, 15)⟫ := by
  have ha : a = 5 := by omega
  have hb : b = 10 := by omega
  have hc : c = 15 := by omega
  rw [ha, hb, hc]
--- unique
import Init

⟪theorem goal : ∃! x : ℤ, 3 * x - 6 = 0⟫ := by
  refine ⟨2, ?_, ?_⟩
  · decide
  · intro y hy
    have hy' : 3 * y - 6 = 0 := hy
    omega
--- forall-bounded
import Init

⟪theorem goal : ∀ n : ℕ, n < 30 → n * n % 7 ≠ 3⟫ := by
  decide
--- nested-calc-steps
import Init

⟪theorem goal (a b : ℕ) : (a + b) * (a + b) = a * a + 2 * (a * b) + b * b⟫ := by
  calc
    (a + b) * (a + b) = a * (a + b) + b * (a + b) := by rw [Nat.add_mul]
    _ = (a * a + a * b) + (b * a + b * b) := by rw [Nat.mul_add, Nat.mul_add]
    _ = (a * a + a * b) + (a * b + b * b) := by rw [Nat.mul_comm b a]
    _ = a * a + 2 * (a * b) + b * b := by omega
--- trans-lt
import Init

⟪theorem goal (a b c d : ℤ) (h₁ : a < b) (h₂ : b ≤ c) (h₃ : c < d) : a < d⟫ := by
  have h₄ : a < c := Int.lt_of_lt_of_le h₁ h₂
  exact Int.lt_trans h₄ h₃
