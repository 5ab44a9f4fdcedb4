Whole files in the shape of Goedel-Prover and DeepSeek-Prover-V1.5: imports, options, `open`s, the problem in a doc comment, then tactics.
--- sum-and-difference
import Init

set_option maxHeartbeats 400000

open Nat Int

/-- The sum of two numbers is $x + y = 7$ and their difference is $x - y = 1$. What is $x$? Show that it is 4.-/
⟪theorem goal (x y : ℤ) (h₀ : x + y = 7) (h₁ : x - y = 1) : x = 4⟫ := by
  -- Add the two equations to eliminate $y$.
  have h₂ : 2 * x = 8 := by linarith
  -- Divide by two.
  linarith
--- chained-combinators
import Init
set_option maxHeartbeats 400000
open Nat Int

/-- If $3x + 2 = 11$, what is $x$? Show that it is 3.-/
⟪theorem goal (x : ℤ) (h : 3 * x + 2 = 11) : x = 3⟫ := by
  have h' : 3 * x = 9 := by linarith
  first | omega | (norm_num at h'; linarith)
--- subst-then-norm-num
import Init

set_option maxHeartbeats 0

open Nat Int

/-- What is the value of $(3x - 2)(4x + 1)$ when $x=4$?

$\mathrm{(A)}\ 0
\qquad\mathrm{(B)}\ 170
\qquad\mathrm{(C)}\ 10$ Show that it is \mathrm{(B)}\ 170.-/
⟪theorem goal (x : ℤ) (h₀ : x = 4) :
    (3 * x - 2) * (4 * x + 1) = 170⟫ := by
  subst x
  norm_num
--- many-haves
import Init

set_option maxHeartbeats 400000

/-- If $3a + b + c = -3, a+3b+c = 9, a+b+3c = 19$, then find $abc$. Show that it is -56.-/
⟪theorem goal (a b c : ℤ) (h₀ : 3 * a + b + c = -3) (h₁ : a + 3 * b + c = 9)
    (h₂ : a + b + 3 * c = 19) : a * b * c = -56⟫ := by
  have h₃ : b = a + 6 := by
    omega
  have h₄ : c = a + 11 := by
    omega
  have h₅ : a = -4 := by
    omega
  have h₆ : b = 2 := by
    omega
  have h₇ : c = 7 := by
    omega
  subst h₅ h₆ h₇
  decide
--- interval-cases
import Init
set_option maxHeartbeats 400000
open Nat

/-- For which digits $0 \le n < 5$ is $n^2 < 20$? Show that it holds for all of them.-/
⟪theorem goal (n : ℕ) (h : n < 5) : n ^ 2 < 20⟫ := by
  interval_cases n <;> norm_num
--- interval-cases-three
import Init
open Nat

/-- Three digits with $a + b = c$, $b = 2a$, $c = 3$. -/
⟪theorem goal (a b c : ℕ) (h₀ : 1 ≤ a ∧ a ≤ 3) (h₁ : b = 2 * a) (h₂ : c = a + b) (h₃ : c = 3) : a = 1⟫ := by
  obtain ⟨h₄, h₅⟩ := h₀
  interval_cases a <;> simp_all
--- mod-arith
import Init

set_option maxHeartbeats 400000

open Nat Int

/-- What is the remainder when $2000+2001+2002+2003+2004+2005+2006$ is divided by $7$? Show that it is 0.-/
⟪theorem goal : (2000 + 2001 + 2002 + 2003 + 2004 + 2005 + 2006) % 7 = 0⟫ := by
  norm_num
--- rcases-on-remainders
import Init

set_option maxHeartbeats 400000

/-- Show that $n^2$ leaves the remainder 0 or 1 when divided by 3. -/
⟪theorem goal (n : ℕ) : n ^ 2 % 3 = 0 ∨ n ^ 2 % 3 = 1⟫ := by
  have h₁ : n % 3 = 0 ∨ n % 3 = 1 ∨ n % 3 = 2 := by
    omega
  rcases h₁ with (h₁ | h₁ | h₁) <;> simp [h₁, Nat.pow_mod]
--- divides
import Init
open Nat

/-- Show that $13$ is a factor of $2^{30}+3^{60}$ . -/
⟪theorem goal : 13 ∣ 2 ^ 30 + 3 ^ 60⟫ := by
  /-
  To show that 13 is a factor of \(2^{30} + 3^{60}\), we compute the value of \(2^{30} + 3^{60}\) modulo 13.
  -/
  apply Nat.dvd_of_mod_eq_zero
  -- Compute the value of 2^30 + 3^60 modulo 13 and show that it is zero.
  norm_num
--- cases-prime
import Init
set_option maxHeartbeats 400000

/-- If $n$ is a multiple of three, what is the remainder of $(n + 4) + (n + 6) + (n + 8)$ by $9$? Show that it is 0.-/
⟪theorem goal (n : ℕ) (h₀ : 0 < n) (h₁ : 3 ∣ n) :
    (n + 4 + (n + 6) + (n + 8)) % 9 = 0⟫ := by
  have h₂ : n % 3 = 0 := by
    rcases h₁ with ⟨k, hk⟩
    omega
  have h₃ : (n + 4 + (n + 6) + (n + 8)) % 9 = 0 := by
    omega
  exact h₃
--- nlinarith-hints
import Init
set_option maxHeartbeats 400000

/-- Let $a, b$ be integers. Prove that $a^2 + b^2 \ge 0$. -/
⟪theorem goal (a b : ℤ) : 0 ≤ a ^ 2 + b ^ 2⟫ := by
  nlinarith [sq_nonneg a, sq_nonneg b]
--- square-of-difference
import Init
open Nat Int

/- For all integers $a$ and $b$ we have $2ab \le a^2+b^2$. -/
⟪theorem goal (a b : ℤ) : 2 * (a * b) ≤ a * a + b * b⟫ := by
  /-
  We use that \((a - b)^2 \ge 0\).
  Expanding the square gives \(a^2 - 2ab + b^2 \ge 0\).
  -/
  have h : 0 ≤ (a - b) * (a - b) := mul_self_nonneg (a - b)
  have e : (a - b) * (a - b) = a * a - 2 * (a * b) + b * b := by
    simp only [Int.sub_mul, Int.mul_sub, Int.mul_comm b a]
    omega
  omega
--- intro-then-constructor
import Init
set_option maxHeartbeats 400000

⟪theorem goal (p q r : Prop) : (p → q) ∧ (q → r) → p → r⟫ := by
  intro h
  intro hp
  have h₁ := h.1
  have h₂ := h.2
  apply h₂
  apply h₁
  exact hp
--- iff-both-ways
import Init
open Nat Int

/-- Solve $2x + 1 = 9$. Show that it is 4.-/
⟪theorem goal (x : ℤ) : 2 * x + 1 = 9 ↔ x = 4⟫ := by
  constructor
  · -- the direct way
    intro h
    linarith
  · -- the way back
    intro h
    rw [h]
    norm_num
--- exists-witness
import Init

/-- Is there a natural number whose cube is 343? -/
⟪theorem goal : ∃ n : ℕ, n ^ 3 = 343⟫ := by
  refine ⟨7, ?_⟩
  norm_num
--- two-witnesses
import Init
open Nat
⟪theorem goal : ∃ a b : ℕ, a ^ 2 + b ^ 2 = 5 ^ 2 ∧ 0 < a ∧ a < b⟫ := by
  exact ⟨3, 4, by norm_num, by norm_num, by norm_num⟩
--- function-equation
import Init
set_option maxHeartbeats 400000

/-- Let $f(x) = 3x + 2$ for all $x$. What is $f(1)$? Show that it is 5.-/
⟪theorem goal (f : ℤ → ℤ) (h₀ : ∀ x, f x = 3 * x + 2) : f 1 = 5⟫ := by
  rw [h₀]
  norm_num
--- function-composition
import Init
set_option maxHeartbeats 400000

⟪theorem goal (f g : ℤ → ℤ) (h₀ : ∀ x, f x = 2 * x - 3) (h₁ : ∀ x, g x = x + 1) :
    f (g 5 - 1) = 7⟫ := by
  simp only [h₀, h₁]
  norm_num
--- induction-old-style
import Init
open Nat

/-- Show that $n < 2^n$. -/
⟪theorem goal (n : ℕ) : n < 2 ^ n⟫ := by
  induction n with
  | zero => norm_num
  | succ n ih =>
    rw [Nat.pow_succ]
    omega
--- by-cases
import Init

⟪theorem goal (n : ℤ) : n * n % 2 = n % 2⟫ := by
  have h : n % 2 = 0 ∨ n % 2 = 1 := by omega
  rw [Int.mul_emod]
  cases h with
  | inl h => rw [h]; decide
  | inr h => rw [h]; decide
--- simp-with-list
import Init

⟪theorem goal (a b c : ℕ) : a * (b * c) = c * (b * a)⟫ := by
  simp [Nat.mul_comm, Nat.mul_left_comm, Nat.mul_assoc]
--- trailing-comments
import Init
set_option maxHeartbeats 400000
⟪theorem goal (a b : ℕ) (h : a ≤ b) : a + 1 ≤ b + 1⟫ := by
  -- Use linear arithmetic to prove the inequality.
  linarith
  -- Simplify further using the properties of natural numbers.
  -- Done.
--- gcd-by-decide
import Init
open Nat

/-- What is the greatest common divisor of 180 and 168? Show that it is 12.-/
⟪theorem goal : Nat.gcd 180 168 = 12⟫ := by
  norm_num
--- sum-of-digits
import Init
open Nat
⟪theorem goal (n : ℕ) (h : n = 2 ^ 10 - 24) : n = 1000⟫ := by
  subst h
  rfl
--- all-goals-try
import Init
set_option maxHeartbeats 400000
⟪theorem goal (x y z : ℤ) (h : x = y) (g : y = z) : x = z ∧ z = x⟫ := by
  constructor
  all_goals
    try linarith
--- semicolon-chain
import Init
⟪theorem goal (a b : ℕ) (h : a = b) : b + a = 2 * a⟫ := by
  rw [h]; ring
--- rintro-pattern
import Init
⟪theorem goal (p q r : Prop) : (p ∨ q) ∧ r → (p ∧ r) ∨ (q ∧ r)⟫ := by
  rintro ⟨hp | hq, hr⟩
  · exact Or.inl ⟨hp, hr⟩
  · exact Or.inr ⟨hq, hr⟩
--- unused-simp-chain
import Init
set_option maxHeartbeats 400000
⟪theorem goal (x : ℤ) (h : x - 1 = 6) : x = 7⟫ := by
  have h₁ : x = 7 := by
    linarith
  simp [h₁]
  <;> norm_num
  <;> linarith
  <;> simp [h₁]
--- contradiction
import Init
⟪theorem goal (n : ℕ) (h₀ : n < 3) (h₁ : 5 < n) : n = 100⟫ := by
  exfalso
  linarith
