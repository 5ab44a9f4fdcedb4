/-
Case splits over bounded ranges, induction in steps, and bounds from products: what the macros of Init/Tactics.lean use.
-/
prelude
import Init.AC
import Init.Bits
set_option linter.all false
universe u
-- `induction` and `cases` speak of `0` and `n + 1`, as ordinary Lean does
@[induction_eliminator] protected noncomputable def Nat.recAux {motive : Nat → Sort u} (zero : motive 0)
    (succ : (n : Nat) → motive n → motive (n + 1)) (t : Nat) : motive t := Nat.rec zero succ t
@[cases_eliminator] protected noncomputable def Nat.casesAuxOn {motive : Nat → Sort u} (t : Nat) (zero : motive 0)
    (succ : (n : Nat) → motive (n + 1)) : motive t := Nat.casesOn t zero succ
attribute [simp] Int.pow_zero
-- one goal for each value below a bound
theorem Nat.by_value {x N : Nat} {G : Prop} (hb : x < N) (H : ∀ k, k < N → x = k → G) : G := H x hb rfl
theorem Int.by_value {x lo : Int} (N : Nat) {G : Prop} (h : lo ≤ x ∧ x < lo + (N : Int))
    (H : ∀ k : Nat, k < N → x = lo + (k : Int) → G) : G := H (x - lo).toNat (by omega) (by omega)
theorem Nat.forall_lt_zero {p : Nat → Prop} : ∀ k, k < 0 → p k := fun k h => absurd h (Nat.not_lt_zero k)
theorem Nat.forall_lt_step {n : Nat} {p : Nat → Prop} (h : ∀ k, k < n → p k) (h0 : p n) : ∀ k, k < n + 1 → p k := by
  intro k hk
  rcases Nat.eq_or_lt_of_le (Nat.le_of_lt_succ hk) with rfl | hk
  · exact h0
  · exact h k hk
-- a bounded range as a tree of halves, one goal for each value: what `interval_cases` refines with
theorem IntervalCases.natHalve {x lo hi : Nat} {G : Prop} (mid : Nat) (h1 : lo ≤ x → x < mid → G)
    (h2 : mid ≤ x → x < hi → G) (hl : lo ≤ x) (hu : x < hi) : G := (Nat.lt_or_ge x mid).elim (h1 hl) (fun c => h2 c hu)
theorem IntervalCases.natSingle {x : Nat} {G : Prop} (lo : Nat) (h : x = lo → G) (hl : lo ≤ x) (hu : x < lo + 1) : G :=
  h (Nat.le_antisymm (Nat.le_of_lt_succ hu) hl)
theorem IntervalCases.natWithin (x hi : Nat) {G : Prop} (hu : x < hi) (h : 0 ≤ x → x < hi → G) : G := h (Nat.zero_le x) hu
theorem IntervalCases.intHalve {x lo hi : Int} {G : Prop} (mid : Int) (h1 : lo ≤ x → x < mid → G)
    (h2 : mid ≤ x → x < hi → G) (hl : lo ≤ x) (hu : x < hi) : G := (Int.lt_or_ge x mid).elim (h1 hl) (fun c => h2 c hu)
theorem IntervalCases.intSingle {x : Int} {G : Prop} (lo : Int) (h : x = lo → G) (hl : lo ≤ x) (hu : x < lo + 1) : G := h (by omega)
theorem IntervalCases.intNothing {x a : Int} {G : Prop} (hl : a ≤ x) (hu : x < a) : G := absurd hu (Int.not_lt.mpr hl)
theorem IntervalCases.intFrom (x lo : Int) {G : Prop} (hl : lo ≤ x) (h : lo ≤ x → G) : G := h hl
theorem IntervalCases.intWithin (x hi : Int) {P G : Prop} (hu : x < hi) (h : P → x < hi → G) : P → G := fun p => h p hu
-- induction in steps of two and of three, for what repeats with that period
theorem Nat.step_two {p : Nat → Prop} (zero : p 0) (one : p 1) (step : ∀ n, p n → p (n + 2)) (n : Nat) : p n :=
  (Nat.rec (motive := fun n => p n ∧ p (n + 1)) ⟨zero, one⟩ (fun n h => ⟨h.2, step n h.1⟩) n : p n ∧ p (n + 1)).1
theorem Nat.step_three {p : Nat → Prop} (zero : p 0) (one : p 1) (two : p 2) (step : ∀ n, p n → p (n + 3)) (n : Nat) : p n :=
  (Nat.rec (motive := fun n => p n ∧ p (n + 1) ∧ p (n + 2)) ⟨zero, one, two⟩ (fun n h => ⟨h.2.1, h.2.2, step n h.1⟩) n :
    p n ∧ p (n + 1) ∧ p (n + 2)).1
-- bounds
theorem Nat.lt_two_pow (n : Nat) : n < 2 ^ n := by
  induction n with
  | zero => decide
  | succ n ih => rw [Nat.pow_succ]; omega
theorem Nat.lt_of_pow_lt {b m n : Nat} (hb : 0 < b) (h : b ^ m < b ^ n) : m < n := by
  rcases Nat.lt_or_ge m n with h' | h'
  · exact h'
  · obtain ⟨k, rfl⟩ := Nat.le.dest h'
    rw [Nat.pow_add] at h
    have h1 := Nat.mul_le_mul_left (b ^ n) (Nat.pow_pos hb : 0 < b ^ k)
    omega
/-- A factor of a nonzero product is at most the product. -/
theorem Nat.le_of_mul_eq {a b c : Nat} (h : a * b = c) (hc : c ≠ 0) : a ≤ c ∧ b ≤ c :=
  ⟨Nat.le_of_dvd (Nat.pos_of_ne_zero hc) ⟨b, h.symm⟩, Nat.le_of_dvd (Nat.pos_of_ne_zero hc) ⟨a, h.symm.trans (Nat.mul_comm a b)⟩⟩
theorem sq_nonneg (a : Int) : 0 ≤ a ^ 2 := by
  rw [Int.pow_succ, Int.pow_succ, Int.pow_zero, Int.one_mul]
  rcases Int.le_total 0 a with h | h
  · exact Int.mul_nonneg h h
  · have h' : 0 ≤ -a := by omega
    have := Int.mul_nonneg h' h'
    rw [Int.neg_mul, Int.mul_neg, Int.neg_neg] at this; exact this
theorem mul_self_nonneg (a : Int) : 0 ≤ a * a := by
  have := sq_nonneg a; rw [Int.pow_succ, Int.pow_succ, Int.pow_zero, Int.one_mul] at this; exact this
/-- The product of two strict inequalities. -/
theorem Int.mul_sub_pos {a b c d : Int} (h : a < b) (h' : c < d) : 0 < (b - a) * (d - c) := Int.mul_pos (by omega) (by omega)
protected theorem Int.natAbs_mul (a b : Int) : (a * b).natAbs = a.natAbs * b.natAbs := by
  have ha : a = a.natAbs ∨ a = -a.natAbs := by omega
  have hb : b = b.natAbs ∨ b = -b.natAbs := by omega
  revert ha hb; generalize a.natAbs = m; generalize b.natAbs = n
  rintro (rfl | rfl) (rfl | rfl)
  · rfl
  · rw [Int.mul_neg, Int.natAbs_neg]; rfl
  · rw [Int.neg_mul, Int.natAbs_neg]; rfl
  · rw [Int.neg_mul, Int.mul_neg, Int.neg_neg]; rfl
theorem Int.natAbs_le_of_mul_eq {a b c : Int} (h : a * b = c) (hc : c ≠ 0) : a.natAbs ≤ c.natAbs ∧ b.natAbs ≤ c.natAbs := by
  have e : a.natAbs * b.natAbs = c.natAbs := by rw [← Int.natAbs_mul, h]
  exact Nat.le_of_mul_eq e (by omega)
