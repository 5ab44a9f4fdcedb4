Whole files in the shape of Seed-Prover: many small lemmas, long names, the theorem last, what it rests on printed at the end.
--- print-axioms-tail
theorem helper_one (n : Nat) : n + 0 = n := by
  rfl

⟪theorem goal (n : Nat) : 0 + n = n⟫ := by
  have h := helper_one n
  omega

#print axioms goal
--- print-everything-tail
⟪theorem goal (n : Nat) : n ≤ n + 5⟫ := by
  omega

#check goal
#check @goal
#print goal
#print axioms goal
--- check-between
theorem first_step (n : Nat) (h : 3 ≤ n) : 1 ≤ n := by
  omega

#check first_step

⟪theorem goal (n : Nat) (h : 3 ≤ n) : n ≠ 0⟫ := by
  have := first_step n h
  omega
--- six-lemmas
theorem round1_even (n : Nat) (h : n % 2 = 0) : n * n % 2 = 0 := by
  rw [Nat.mul_mod, h]

theorem round1_odd (n : Nat) (h : n % 2 = 1) : n * n % 2 = 1 := by
  rw [Nat.mul_mod, h]

theorem round1_split (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  omega

theorem round2_square (n : Nat) : n * n % 2 = n % 2 := by
  rcases round1_split n with h | h
  · rw [round1_even n h, h]
  · rw [round1_odd n h, h]

theorem round2_sum (a b : Nat) (h : a % 2 = b % 2) : (a + b) % 2 = 0 := by
  omega

⟪theorem goal (n : Nat) : (n * n + n) % 2 = 0⟫ := by
  exact round2_sum (n * n) n (round2_square n)

#print axioms goal
--- lemma-in-a-lemma
theorem round1_main (f : Nat → Nat) (hf : ∀ x, f (f x) = x + 2) : ∀ x, f (x + 2) = f x + 2 := by
  intro x
  have h1 : f (f (f x)) = f x + 2 := hf (f x)
  have h2 : f (f (f x)) = f (x + 2) := by rw [hf x]
  rw [← h2, h1]

⟪theorem goal (f : Nat → Nat) (hf : ∀ x, f (f x) = x + 2) : f 4 = f 0 + 4⟫ := by
  have h1 := round1_main f hf 0
  have h2 := round1_main f hf 2
  rw [h2, h1]
--- definitions-then-lemmas
def triangle : Nat → Nat
  | 0 => 0
  | n + 1 => triangle n + (n + 1)

theorem triangle_succ (n : Nat) : triangle (n + 1) = triangle n + (n + 1) := rfl

theorem two_triangle (n : Nat) : 2 * triangle n = n * (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih =>
    rw [triangle_succ, Nat.mul_add, ih]
    rw [← Nat.add_mul, Nat.mul_comm]

⟪theorem goal : ∃ f : Nat → Nat, ∀ n, 2 * f n = n * (n + 1)⟫ := ⟨triangle, two_triangle⟩
--- private-lemmas
private theorem auxiliary_bound (a b : Nat) (h : a < b) : a + 1 ≤ b := h

private theorem auxiliary_sum (a b c : Nat) (h : a + 1 ≤ b) : a + c < b + c := by
  omega

⟪theorem goal (a b c : Nat) (h : a < b) : a + c < b + c⟫ :=
  auxiliary_sum a b c (auxiliary_bound a b h)
--- namespaced-lemmas
namespace Step

theorem one (p q : Prop) (h : p ∧ q) : q := h.2

theorem two (p q : Prop) (h : p ∧ q) : p := h.1

end Step

⟪theorem goal (p q : Prop) (h : p ∧ q) : q ∧ p⟫ := ⟨Step.one p q h, Step.two p q h⟩
--- nested-namespaces
namespace Outer
namespace Inner
theorem fact (n : Nat) : n < n + 1 := Nat.lt_succ_self n
end Inner
theorem fact (n : Nat) : n < n + 2 := by
  have := Inner.fact n
  omega
end Outer

open Outer in
theorem between (n : Nat) : n < n + 3 := by
  have := Outer.fact n
  omega

⟪theorem goal (n : Nat) : n < n + 4⟫ := by
  have := between n
  omega
--- compound-namespace
namespace A.B.C
theorem fact : 2 + 2 = 4 := rfl
end A.B.C
open A.B
⟪theorem goal : 2 + 2 = 4⟫ := C.fact
--- sections
section first
theorem one : 1 + 1 = 2 := rfl
end first

section
theorem two : 2 + 1 = 3 := rfl
end

⟪theorem goal : 1 + 1 = 2 ∧ 2 + 1 = 3⟫ := And.intro one two
--- protected-and-root
namespace Work
protected theorem add_zero' (n : Nat) : n + 0 = n := rfl
theorem _root_.at_the_root (n : Nat) : n + 0 = n := Work.add_zero' n
end Work

⟪theorem goal (n : Nat) : n + 0 = n⟫ := at_the_root n
--- lemma-keyword
lemma helper (a b : Nat) (h : a = b) : b = a := h.symm

⟪theorem goal (a b : Nat) (h : a = b) : b + 0 = a⟫ := helper a b h
--- lemma-as-goal
theorem helper : 3 < 5 := by decide

⟪lemma goal : 3 < 5⟫ := helper
--- example-between
theorem step (n : Nat) : n * 0 = 0 := rfl

example : 5 * 0 = 0 := step 5

example (a b : Nat) : a * 0 = b * 0 := by
  rw [step, step]

⟪theorem goal (n : Nat) : n * 0 = 0⟫ := step n
--- after-the-goal
⟪theorem goal (n m : Nat) (h : n ≤ m) : n < m + 1⟫ := Nat.lt_succ_of_le h

theorem corollary (n : Nat) : n < n + 1 := goal n n (Nat.le_refl n)

example : 3 < 4 := corollary 3
--- dotted-theorem
⟪theorem Contest.problem_one (n : Nat) : n - n = 0⟫ := by
  simp
--- primed-names
theorem step' (n : Nat) : n = n := rfl
theorem step'' (n : Nat) : n = n := step' n
⟪theorem goal' (n : Nat) : n = n⟫ := step'' n
--- question-and-exclamation
def find? (n : Nat) : Option Nat := if n = 0 then none else some n
def find! (n : Nat) : Nat := match find? n with | some k => k | none => 0
theorem find_zero : find! 0 = 0 := rfl
⟪theorem goal : (0 : Nat) = 0⟫ := find_zero
--- theorem-that-is-a-def
⟪theorem goal (p q : Prop) (h : p → q) (hp : p) : q⟫ :=
  let step : q := h hp
  step
--- attribute-lemmas
def double (n : Nat) : Nat := n + n

@[simp] theorem double_zero : double 0 = 0 := rfl

@[simp] theorem double_succ (n : Nat) : double (n + 1) = double n + 2 := by
  unfold double
  omega

⟪theorem goal : ∃ d : Nat → Nat, d 0 = 0 ∧ ∀ n, d (n + 1) = d n + 2⟫ := ⟨double, by simp, by simp⟩
--- simp-attribute-later
def triple (n : Nat) : Nat := n + n + n
theorem triple_def (n : Nat) : triple n = 3 * n := by
  unfold triple
  omega
attribute [simp] triple_def
⟪theorem goal : ∃ t : Nat → Nat, t 5 = 15⟫ := ⟨triple, by simp⟩
--- long-names
theorem a_very_long_name_for_a_lemma_that_says_that_adding_zero_on_the_right_changes_nothing_at_all (n : Nat) : n + 0 = n := rfl
⟪theorem imo_2025_problem_3_part_b_second_claim_upper_bound (n : Nat) : n + 0 = n⟫ :=
  a_very_long_name_for_a_lemma_that_says_that_adding_zero_on_the_right_changes_nothing_at_all n
--- noncomputable
noncomputable def pick (p : Nat → Prop) (h : ∃ n, p n) : Nat := Classical.choose h

theorem pick_spec (p : Nat → Prop) (h : ∃ n, p n) : p (pick p h) := Classical.choose_spec h

⟪theorem goal (p : Nat → Prop) (h : ∃ n, p n) : ∃ m, p m⟫ := ⟨pick p h, pick_spec p h⟩
--- noncomputable-section
noncomputable section

def choice_of (p : Nat → Prop) (h : ∃ n, p n) : Nat := Classical.choose h

theorem choice_of_spec (p : Nat → Prop) (h : ∃ n, p n) : p (choice_of p h) := Classical.choose_spec h

end

⟪theorem goal (p : Nat → Prop) (h : ∃ n, p n) : ¬ ∀ n, ¬ p n⟫ := fun g => g _ (choice_of_spec p h)
