/-
Everyday definitions and proofs of plain Lean files, in their usual shapes.
-/
def f1 (n : Nat) : Nat := match n with | 0 => 0 | n+1 => f1 n + 1
termination_by structural n
def f2 (n m : Nat) : Nat := if h : n < m then f2 (n + 1) m else n
termination_by m - n
decreasing_by all_goals simp_wf; omega
def f3 (xs : List Nat) : Nat := go xs 0
where go : List Nat → Nat → Nat
  | [], acc => acc
  | x :: xs, acc => go xs (acc + x)
theorem f3go (xs : List Nat) (a : Nat) : f3.go xs a = a + xs.sum := by
  induction xs generalizing a with
  | nil => simp [f3.go]
  | cons x xs ih => simp [f3.go, ih, Nat.add_assoc]
def f4 (n : Nat) : Nat :=
  let rec loop (k acc : Nat) : Nat := match k with | 0 => acc | k+1 => loop k (acc + k)
  loop n 0
structure A where
  x : Nat
structure B where
  y : Nat
structure C extends A, B where
  z : Nat := 3
theorem cext : ({ x := 1, y := 2 } : C).z = 3 := rfl
instance : Coe A Nat := ⟨A.x⟩
theorem coe1 (a : A) : (a : Nat) = a.x := rfl
instance : HAdd A Nat A := ⟨fun a n => ⟨a.x + n⟩⟩
instance : LE A := ⟨fun a b => a.x ≤ b.x⟩
instance (a b : A) : Decidable (a ≤ b) := inferInstanceAs (Decidable (a.x ≤ b.x))
theorem dle : (⟨1⟩ : A) ≤ ⟨2⟩ := by decide
instance : LT A := ⟨fun a b => a.x < b.x⟩
theorem ne (h : Nonempty Nat) : ∃ n : Nat, True := by obtain ⟨n⟩ := h; exact ⟨n, trivial⟩
noncomputable def ch (h : ∃ n : Nat, n > 3) : Nat := Classical.choose h
theorem chs (h : ∃ n : Nat, n > 3) : ch h > 3 := Classical.choose_spec h
theorem wfind (P : Nat → Prop) (h : ∀ n, (∀ m, m < n → P m) → P n) (n : Nat) : P n := by
  induction n using Nat.strongRecOn with
  | ind n ih => exact h n ih
theorem wfind2 (P : Nat → Prop) (h : ∀ n, (∀ m, m < n → P m) → P n) (n : Nat) : P n := Nat.strongRecOn n h
theorem wfind3 (P : Nat → Prop) (h : ∀ n, (∀ m, m < n → P m) → P n) : ∀ n, P n := by
  intro n
  exact WellFounded.induction Nat.lt_wfRel.wf n h
theorem wfind4 (P : Nat → Prop) (h : ∀ n, (∀ m, m < n → P m) → P n) : ∀ n, P n := fun n => h n (fun m _ => wfind4 P h m)
theorem inj (f : Nat → Nat) (h : Function.Injective f) (a b : Nat) (e : f a = f b) : a = b := h e
theorem dec1 (p : Nat → Prop) [DecidablePred p] (n : Nat) : p n ∨ ¬ p n := by
  by_cases h : p n
  · left; exact h
  · right; exact h
theorem ifd (p : Prop) [Decidable p] (a b : Nat) (h : p) : (if p then a else b) = a := by rw [if_pos h]
theorem ifd2 (p : Prop) [Decidable p] (a b : Nat) (h : ¬p) : (if p then a else b) = b := by simp only [if_neg h]
theorem ifd3 (p : Prop) [Decidable p] (a b : Nat) (h : ¬p) : (if p then a else b) = b := if_neg h
theorem match1 (o : Option Nat) : (match o with | some x => x + 1 | none => 0) ≤ (match o with | some x => x + 2 | none => 0) := by
  cases o with
  | none => simp
  | some x => simp
theorem mod1 (n : Nat) : (n * n) % 4 = 0 ∨ (n * n) % 4 = 1 := by
  have h : n % 4 = 0 ∨ n % 4 = 1 ∨ n % 4 = 2 ∨ n % 4 = 3 := by omega
  rcases h with h | h | h | h <;> simp [Nat.mul_mod, h]
theorem even1 (n : Nat) (h : n % 2 = 0) : ∃ k, n = 2 * k := ⟨n / 2, by omega⟩
theorem sq (a b : Nat) : (a + b) * (a + b) = a * a + 2 * a * b + b * b := by
  rw [Nat.add_mul, Nat.mul_add, Nat.mul_add, Nat.mul_comm b a, Nat.mul_assoc 2 a b]; omega
theorem powlt (n : Nat) : n < 2 ^ n := Nat.lt_two_pow n
theorem pos2 (n : Nat) : 0 < 2 ^ n := Nat.two_pow_pos n
theorem pos3 (n : Nat) : 0 < 2 ^ n := Nat.pos_pow_of_pos n (by decide)
theorem pos4 (n : Nat) : 0 < 2 ^ n := Nat.pow_pos (by decide)
theorem divs (n : Nat) (h : 6 ∣ n) : 3 ∣ n := Nat.dvd_trans (by decide) h
theorem gcd1 : Nat.gcd 12 18 = 6 := by rfl
theorem gcd2 (a b : Nat) : Nat.gcd a b = Nat.gcd b a := Nat.gcd_comm a b
theorem im (p q r : Prop) : (p → q → r) ↔ (p ∧ q → r) := ⟨fun h ⟨a, b⟩ => h a b, fun h a b => h ⟨a, b⟩⟩
theorem dm (p q : Prop) : ¬(p ∨ q) ↔ ¬p ∧ ¬q := by simp
theorem dm2 (p q : Prop) : ¬(p ∧ q) ↔ (p → ¬q) := by simp
theorem dm3 (p q : Prop) : ¬(p ∧ q) ↔ ¬p ∨ ¬q := by
  constructor
  · intro h
    by_cases hp : p
    · exact Or.inr fun hq => h ⟨hp, hq⟩
    · exact Or.inl hp
  · rintro (h | h) ⟨hp, hq⟩ <;> contradiction
theorem cp (p q : Prop) : (¬q → ¬p) → p → q := fun h hp => Classical.byContradiction fun hq => h hq hp
theorem exu : ∃ x : Nat, x * 2 = 6 ∧ ∀ y : Nat, y * 2 = 6 → y = x := ⟨3, rfl, fun y hy => by omega⟩
theorem fn (f : Nat → Nat) (hf : ∀ n, f (n + 1) = f n + 2) (h0 : f 0 = 0) : ∀ n, f n = 2 * n := by
  intro n
  induction n with
  | zero => simp [h0]
  | succ n ih => rw [hf, ih]; omega
theorem ltx (xs : List Nat) (h : ∀ x ∈ xs, x < 10) : xs.sum ≤ 10 * xs.length := by
  induction xs with
  | nil => simp
  | cons x xs ih =>
    have h1 := h x (List.mem_cons_self ..)
    have h2 := ih (fun y hy => h y (List.mem_cons_of_mem _ hy))
    simp only [List.sum_cons, List.length_cons]
    omega
theorem zipl (xs ys : List Nat) (h : xs.length = ys.length) : (xs.zip ys).length = xs.length := by simp [h]
theorem mapc (xs : List Nat) : xs.map (fun x => x + 0) = xs := by simp
theorem rangem (n m : Nat) : m ∈ List.range n ↔ m < n := by simp
theorem fil (xs : List Nat) (p : Nat → Bool) : (xs.filter p).length ≤ xs.length := List.length_filter_le p xs
theorem get1 (xs : List Nat) (i : Nat) (h : i < xs.length) : xs[i]? = some xs[i] := by simp [h]
theorem get2 (xs : List Nat) (i : Nat) (h : i < xs.length) : (xs.map (· + 1))[i]'(by simp [h]) = xs[i] + 1 := by simp
theorem app (xs ys zs : List α) : xs ++ (ys ++ zs) = (xs ++ ys) ++ zs := by rw [List.append_assoc]
theorem foldlen (xs : List α) : xs.foldl (fun n _ => n + 1) 0 = xs.length := by
  have h : ∀ k, xs.foldl (fun n _ => n + 1) k = k + xs.length := by
    induction xs with
    | nil => simp
    | cons x xs ih => intro k; simp only [List.foldl_cons, ih, List.length_cons]; omega
  simp [h]
theorem nodup1 : [1, 2, 3].Nodup := by decide
theorem nodup2 : ¬ [1, 1].Nodup := by simp
theorem perm1 : List.Perm [1, 2] [2, 1] := .swap _ _ _
open List in
theorem perm2 : [1, 2] ~ [2, 1] := .swap _ _ _
theorem tk (xs : List Nat) (n : Nat) : xs.take n ++ xs.drop n = xs := by simp
theorem rep (n : Nat) (a : Nat) : ∀ x ∈ List.replicate n a, x = a := by
  intro x hx
  simp at hx
  exact hx.2
theorem uniq (f g : Nat → Nat) (h0 : f 0 = g 0) (h : ∀ n, f n = g n → f (n+1) = g (n+1)) : f = g := by
  funext n
  induction n with
  | zero => exact h0
  | succ n ih => exact h n ih
theorem subt (x : {n : Nat // n % 2 = 0}) : ∃ k, x.val = 2 * k := ⟨x.1 / 2, by have := x.2; omega⟩
theorem sig (x : (n : Nat) × Fin (n + 1)) : x.2.val < x.1 + 1 := x.2.isLt
theorem sig2 (x : Σ n : Nat, Fin n) : x.2.val < x.1 := x.2.isLt
theorem ulif (x : ULift Nat) : x.down = x.down := rfl
theorem eqr (a b : Nat) (h : a = b) : HEq a b := by subst h; rfl
theorem castt (a : Nat) (h : Nat = Nat) : cast h a = a := rfl
theorem xor1 (a b : Bool) : (a ^^ b) = (b ^^ a) := by cases a <;> cases b <;> rfl
theorem bne1 (a b : Nat) (h : a != b) : a ≠ b := by simpa using h
theorem nat_sub (a b : Nat) (h : b ≤ a) : a - b + b = a := Nat.sub_add_cancel h
theorem absd (a : Int) : a.natAbs = (-a).natAbs := by simp
theorem toN (a : Int) (h : 0 ≤ a) : (a.toNat : Int) = a := Int.toNat_of_nonneg h
theorem ind2 (n : Nat) : n % 3 = 0 ∨ n % 3 = 1 ∨ n % 3 = 2 := by omega
theorem calc1 (a b c d : Nat) (h1 : a < b) (h2 : b ≤ c) (h3 : c = d) : a < d := by
  calc a < b := h1
    _ ≤ c := h2
    _ = d := h3
theorem congr1 (f : Nat → Nat → Nat) (a b c d : Nat) (h : a = b) (h' : c = d) : f a c = f b d := by congr
theorem rwat (a b c : Nat) (h : a = b) (h' : b = c) : a = c := by rw [h'] at h; exact h
theorem specialize1 (h : ∀ x : Nat, x ≥ 0 → x < 5 → False) : False := by specialize h 3 (by decide) (by decide); exact h
theorem exists1 (p : Nat → Prop) (h : p 3) : ∃ x, p x := by exists 3
theorem use1 (p : Nat → Prop) (h : p 3) : ∃ x, p x := Exists.intro 3 h
theorem injx (a b : Nat) (h : (a, b) = (1, 2)) : a = 1 ∧ b = 2 := by simp at h; exact h
theorem injy (a b : Nat) (h : (a, b) = (1, 2)) : a = 1 := by injection h
theorem gen (a b : Nat) : a * b = b * a := by generalize a = x; exact Nat.mul_comm x b
