/-
Plain Lean on lists, arrays, options, pairs, sums, subtypes, quotients, Fin, Bool, characters and strings, and the everyday tactics on them.
-/
lemma hh (n : Nat) : 0 + n = n := by omega
/-- doc -/
@[simp] lemma hh2 (n : Nat) : 0 + n = n := by omega
private lemma hh3 {n : Nat} : 0 + n = n := by omega
lemma hh4 : ∀ n, 0 + n = n
  | 0 => rfl
  | n+1 => by omega
theorem l1 (x : Nat) (xs : List Nat) (h : x ∈ xs) : x ∈ 1 :: xs := by simp [h]
theorem l2 : 3 ∈ [1,2,3] := by decide
theorem l3 : 3 ∈ [1,2,3] := by simp
theorem l4 : [1,2,3][1] = 2 := rfl
theorem l5 : [1,2,3][1]! = 2 := by rfl
theorem l6 : [1,2,3][1]? = some 2 := by simp
theorem l7 (xs : List Nat) (h : 0 < xs.length) : xs[0] ∈ xs := by simp
theorem l8 (xs ys : List Nat) : (xs ++ ys).length = ys.length + xs.length := by simp [Nat.add_comm]
theorem l9 (xs ys : List α) : (xs ++ ys).reverse = ys.reverse ++ xs.reverse := by simp
theorem l10 (xs : List Nat) : (xs.map (· + 1)).length = xs.length := by simp
theorem l11 : (List.range 5).foldl (· + ·) 0 = 10 := by decide
theorem l12 : [1,2,3,4].filter (· % 2 == 0) = [2,4] := by decide
theorem l13 : [1,2,3,4].filter (fun x => x % 2 = 0) = [2,4] := by rfl
theorem l14 (xs : List Nat) : ∀ x ∈ xs.filter (· > 2), x > 2 := by simp
theorem l15 (xs : List Nat) (x : Nat) (h : x ∈ xs.map (· * 2)) : x % 2 = 0 := by
  simp at h
  obtain ⟨a, _, rfl⟩ := h
  omega
def mylen : List α → Nat | [] => 0 | _ :: xs => mylen xs + 1
theorem l16 (xs ys : List α) : mylen (xs ++ ys) = mylen xs + mylen ys := by
  induction xs with
  | nil => simp [mylen]
  | cons x xs ih => simp [mylen, ih]; omega
theorem l17 (xs : List Nat) (i : Fin xs.length) : xs.get i ∈ xs := by simp
theorem l18 (f : Nat → Nat) (xs : List Nat) : (xs.map f).map f = xs.map (f ∘ f) := by simp
theorem l19 : ∀ x ∈ [1,2,3], x < 4 := by decide
theorem l20 : ∃ x ∈ [1,2,3], x > 2 := by decide
theorem l21 : ∀ x ∈ [1,2,3], x < 4 := by simp
theorem l22 (a b : Nat) (h : some a = some b) : a = b := by injection h
theorem l23 (a b : Nat) (h : some a = some b) : a = b := by simpa using h
theorem l24 (o : Option Nat) (h : o.isSome) : ∃ a, o = some a := by cases o with | none => contradiction | some a => exact ⟨a, rfl⟩
theorem l25 : "abc" = "abc" := rfl
theorem l26 : "abc" ≠ "abd" := by decide
theorem l27 : "{".length = 1 := rfl
theorem l28 : 'a' ≠ 'b' := by decide
theorem l29 : "ab" ++ "cd" = "abcd" := by rfl
theorem l30 : "ab" ++ "cd" = "abcd" := by decide
theorem l31 (x : Fin 5) : x.val < 5 := x.isLt
theorem l32 (x : Fin 5) : x.val < 5 := by omega
theorem l33 : (2 : Fin 5) + 4 = 1 := rfl
theorem l34 : (2 : Fin 5) + 4 = 1 := by decide
theorem l35 : ∀ x : Fin 5, x.val < 5 := by decide
theorem l36 (x y : Fin 5) (h : x.val = y.val) : x = y := Fin.ext h
theorem l37 (x y : Fin 5) (h : x.val = y.val) : x = y := by ext; exact h
theorem l38 (p q : Nat × Nat) (h : p.1 = q.1) (h2 : p.2 = q.2) : p = q := by ext <;> assumption
theorem l39 (p q : Nat × Nat) (h : p.1 = q.1) (h2 : p.2 = q.2) : p = q := Prod.ext h h2
theorem l40 (a b : Bool) : (a && b) = (b && a) := by cases a <;> cases b <;> rfl
theorem l41 (a b : Bool) : (a && b) = (b && a) := Bool.and_comm a b
theorem l42 (a b : Bool) (h : (a && b) = true) : a = true := by simp at h; exact h.1
theorem l43 (a b : Bool) : (!(a && b)) = (!a || !b) := by decide +revert
theorem l44 : ∀ a b : Bool, (a || b) = (b || a) := by decide
theorem l45 (x : Nat) (h : x == 3) : x = 3 := by simpa using h
theorem l46 (x : Nat) (h : (x == 3) = true) : x = 3 := by exact eq_of_beq h
theorem l47 (x : Nat) (h : x ≠ 3) : (x == 3) = false := by simp [h]
theorem l48 (f : Nat → Nat) (h : ∀ x, f x = x) : f = id := by funext x; simp [h]
theorem l49 (f g : Nat → Nat) (h : ∀ x, f x = g x) : f = g := by ext x; exact h x
theorem l50 (n : Nat) : (if n = 0 then 1 else n) ≥ 1 := by split <;> omega
theorem l52 (n : Nat) : (match n with | 0 => 1 | k+1 => k+1) ≥ 1 := by split <;> omega
theorem l53 (p q r : Prop) (h : p ∧ (q ∨ r)) : (p ∧ q) ∨ (p ∧ r) := by
  rcases h with ⟨hp, hq | hr⟩
  · exact .inl ⟨hp, hq⟩
  · exact .inr ⟨hp, hr⟩
theorem l54 (a b c : Nat) (h : a = b) (h' : b = c) : a = c := calc
  a = b := by rw [h]
  _ = c := by rw [h']
theorem l55 (a b : Nat) (h : a < b) : ¬ b ≤ a := by
  intro hb
  exact absurd (Nat.lt_of_lt_of_le h hb) (Nat.lt_irrefl a)
theorem l56 (s : {n : Nat // n > 3}) : s.val > 2 := by obtain ⟨n, h⟩ := s; show n > 2; omega
theorem l57 (s : {n : Nat // n > 3}) : (s : Nat) > 2 := by have := s.property; omega
theorem l58 (x : Nat ⊕ Bool) : (∃ n, x = .inl n) ∨ (∃ b, x = .inr b) := by
  cases x with
  | inl n => exact .inl ⟨n, rfl⟩
  | inr b => exact .inr ⟨b, rfl⟩
theorem l59 (a b : Nat) : (a + b) * 2 = a * 2 + b * 2 := by
  conv => lhs; rw [Nat.add_mul]
theorem l60 (p : Prop) [Decidable p] : (if p then 1 else 1) = 1 := by simp
theorem l61 (x y : Nat) (h : x = y ∧ y = 3) : x = 3 := by
  let ⟨h1, h2⟩ := h
  subst h1
  exact h2
theorem l62 (n : Nat) (h : n ∈ [1, 2]) : n = 1 ∨ n = 2 := by
  simp at h
  exact h
theorem l63 (n : Nat) (h : n ∈ [1, 2]) : n = 1 ∨ n = 2 := by
  rcases h with _ | ⟨_, _ | ⟨_, h⟩⟩
  · simp
  · simp
  · contradiction
theorem l64 (x : Option Nat) : x.getD 0 ≥ 0 := by simp
theorem l65 (x : Option Nat) (h : x = some 3) : x.map (· + 1) = some 4 := by simp [h]
theorem l66 (x : Option Nat) (h : x >>= (fun y => some (y + 1)) = some 4) : x = some 3 := by
  cases x with
  | none => simp at h
  | some y => simp at h; simp; omega
theorem l67 (xs : List Nat) (h : xs ≠ []) : ∃ y ys, xs = y :: ys := by
  match xs, h with
  | y :: ys, _ => exact ⟨y, ys, rfl⟩
theorem l68 (xs : List Nat) (h : xs.length = 0) : xs = [] := by
  exact List.eq_nil_of_length_eq_zero h
theorem l69 (xs : List Nat) (h : xs.length = 0) : xs = [] := by simpa using h
theorem l70 (xs : List Nat) (h : xs.length = 0) : xs = [] := List.length_eq_zero_iff.mp h
theorem l71 (a b : Nat) (h : a ≤ b) : ∃ c, b = a + c := Nat.exists_eq_add_of_le h
theorem l72 (a b : Nat) (h : a ≤ b) : ∃ c, b = a + c := ⟨b - a, by omega⟩
theorem l73 (h : ∃ x : Nat, x > 3) : ∃ y : Nat, y > 2 := Exists.elim h fun x hx => ⟨x, by omega⟩
theorem l74 (n : Nat) : n < n.succ := Nat.lt_succ_self n
theorem l51 (n : Nat) : (match n with | 0 => 1 | k+1 => k+1) ≥ 1 := by cases n <;> simp
theorem l75 (n : Nat) : n < n + 1 := by simp
theorem l80 (a b c : Nat) (h : a + b = a + c) : b = c := by simpa using h
theorem l76 (n : Nat) : n < n + 1 := Nat.lt_add_one n
theorem l77 (n : Nat) (h : 0 < n) : n ≠ 0 := Nat.pos_iff_ne_zero.mp h
theorem l78 (n : Nat) (h : 0 < n) : ∃ m, n = m + 1 := ⟨n - 1, by omega⟩
theorem l79 (a b c : Nat) (h : a + b = a + c) : b = c := Nat.add_left_cancel h
theorem l81 (xs : List Nat) : xs.foldr (· + ·) 0 = xs.sum := rfl
theorem l82 (xs : List α) : xs.reverse.reverse = xs := List.reverse_reverse xs
theorem l83 : (List.replicate 3 0) = [0,0,0] := rfl
theorem l84 (n : Nat) : (List.replicate n 0).length = n := by simp
theorem l85 : [3,1,2].length = 3 := rfl
theorem l86 : [1,2,3].head? = some 1 := rfl
theorem l87 : [1,2,3].tail = [2,3] := rfl
theorem l88 : [1,2] ++ [3] = [1,2,3] := by simp
theorem l89 : (1, 2).fst = 1 := by simp
theorem l90 : [1,2,3].all (· < 4) = true := by decide
theorem l91 (p : Nat → Prop) (h : ∀ n, p n) : p 3 := h _
theorem l92 : (fun x : Nat => x) = id := rfl
theorem l93 {α : Type} (a b : α) (h : a = b) : [a] = [b] := by rw [h]
theorem l94 {α : Type} (a b : α) (h : [a] = [b]) : a = b := by injection h
theorem l95 {α : Type} (a b : α) (h : [a] = [b]) : a = b := by simp at h; exact h
theorem l96 (x : Unit) : x = () := rfl
theorem l97 (x y : Unit) : x = y := by cases x; cases y; rfl
theorem l98 (e : Empty) : 1 = 2 := nomatch e
theorem l99 (e : Empty) : 1 = 2 := by cases e
theorem m1 (h : 1 = 2) : False := by contradiction
theorem m2 (h : 1 = 2) : False := by cases h
theorem m3 (h : 1 = 2) : False := nomatch h
theorem m4 (h : 1 = 2) : False := absurd h (by decide)
theorem m5 (p q : Prop) (hp : p) (hnp : ¬p) : q := (hnp hp).elim
theorem m6 (p q : Prop) : (p ∨ q) ↔ (q ∨ p) := by
  constructor <;> intro h <;> cases h <;> simp_all
theorem m7 (p : Prop) : p ∨ ¬p := Classical.em p
theorem m8 (p : Prop) : ¬¬p → p := Classical.byContradiction
theorem m9 (p : Prop) (h : ¬¬p) : p := by
  by_cases hp : p
  · exact hp
  · exact absurd hp h
open Classical in
theorem m10 (p : Prop) (h : ¬¬p) : p := by
  apply byContradiction
  intro hp
  exact h hp
theorem m11 (α : Type) (p : α → Prop) (h : ¬ ∃ x, p x) : ∀ x, ¬ p x := by
  intro x hx
  exact h ⟨x, hx⟩
theorem m12 (α : Type) (p : α → Prop) (h : ¬ ∀ x, p x) : ∃ x, ¬ p x := Classical.not_forall.mp h
theorem m13 (α : Type) (p : α → Prop) (h : ¬ ∀ x, p x) : ∃ x, ¬ p x := by simpa using h
theorem m14 (x y z : Nat) (h₁ : x ≤ y) (h₂ : y ≤ z) : x ≤ z := by
  suffices h : x ≤ y ∧ y ≤ z from Nat.le_trans h.1 h.2
  exact ⟨h₁, h₂⟩
theorem m15 (a b : Nat) : max a b = max b a := by simp only [Nat.max_def]; split <;> split <;> omega
theorem m16 (a b : Nat) : max a b = max b a := Nat.max_comm a b
theorem m17 (a b : Nat) : a ≤ max a b := Nat.le_max_left a b
theorem m18 (a b : Nat) : min a b ≤ a := Nat.min_le_left a b
theorem m19 (f : Nat → Nat) (hf : ∀ x y, f x = f y → x = y) (h : f 1 = f 2) : False := by
  have := hf _ _ h
  contradiction
theorem m20 (x : Nat) (hx : x ∈ List.range 3) : x < 3 := List.mem_range.mp hx
example : (5 : Nat) - 7 = 0 := rfl
theorem m21 (xs : List Nat) (x : Nat) (h : x ∈ xs) : ∃ s t, xs = s ++ x :: t := List.append_of_mem h
theorem m22 (a b : Nat) (h : a = b) : b = a := h ▸ rfl
theorem m23 (a b : Nat) (h : a = b) (p : Nat → Prop) (hp : p a) : p b := h ▸ hp
theorem m24 (x y : Nat) : x = y ∨ x ≠ y := Decidable.em _
theorem m25 (x y : Nat) : x = y ∨ x ≠ y := by rcases Nat.decEq x y with h | h; exact .inr h; exact .inl h
theorem m26 (x y : Nat) (h : x < y) : x ≠ y := by rintro rfl; exact Nat.lt_irrefl _ h
theorem m27 (x y : Nat) : x + y = y + x := by
  induction x generalizing y with
  | zero => simp
  | succ x ih => rw [Nat.succ_add, ih]; rfl
theorem m28 : ∃ f : Nat → Nat, ∀ x, f x = x + 1 := ⟨fun x => x + 1, fun _ => rfl⟩
theorem m29 (n : Nat) (h : n % 2 = 1) : ∃ k, n = 2 * k + 1 := ⟨n / 2, by omega⟩
theorem m30 (p q : Nat → Prop) (h : ∀ x, p x → q x) (h' : ∃ x, p x) : ∃ x, q x := by
  obtain ⟨x, hx⟩ := h'
  exact ⟨x, h x hx⟩
example : (fun (a, b) => a + b) (1, 2) = 3 := rfl
theorem letp (p : Nat × Nat) : (let (a, b) := p; a + b) = p.1 + p.2 := rfl
theorem iflet (o : Option Nat) (h : o = some 2) : (if let some x := o then x else 0) = 2 := by simp [h]
theorem have1 (x : Nat) : (have y := x; y + 0) = x := by simp
theorem let1 (x : Nat) : (let y := x + 0; y) = x := by simp
theorem w (a b c : Nat) (h : a ∣ b) (h' : a ∣ c) : a ∣ b + c := Nat.dvd_add h h'
theorem omegaiff (a b : Nat) : (a < b ↔ b > a) := by omega
theorem omegaiff2 (a b : Nat) (h : a < 3 ↔ b < 3) (h' : a = 1) : b < 3 := by omega
theorem subsing (p : Prop) (h h' : p) : h = h' := Subsingleton.elim _ _
theorem noConf (a b : Nat) (h : a.succ = b.succ) : a = b := by injection h
theorem noConf' (a b : Nat) (h : a + 1 = b + 1) : a = b := by injection h
theorem noConf'' (a b : Nat) (h : a + 1 = b + 1) : a = b := by cases h; rfl
theorem noConf3 (a b : Nat) (h : a + 1 = b + 1) : a = b := Nat.succ.inj h
theorem ex (h : ∃ x : Nat, x > 3 ∧ x < 5) : True := by
  let ⟨x, hx, hy⟩ := h
  trivial
theorem ch (α : Type) (p : α → Prop) (h : ∃ x, p x) : p h.choose := h.choose_spec
theorem fext (f g : Nat → Nat → Nat) (h : ∀ x y, f x y = g x y) : f = g := by funext x y; exact h x y
theorem natrec : Nat.rec (motive := fun _ => Nat) 0 (fun _ r => r + 2) 3 = 6 := rfl
theorem exF' : ¬ (∃ n : Nat, n < 0) := by rintro ⟨n, h⟩; exact Nat.not_lt_zero n h
theorem tri (a b : Nat) : a < b ∨ a = b ∨ a > b := Nat.lt_trichotomy a b
theorem tri' (a b : Nat) : a < b ∨ a = b ∨ a > b := by omega
theorem apply1 (f : Nat → Nat) (h : ∀ a b, a ≤ b → f a ≤ f b) : f 1 ≤ f 2 := by apply h; decide
theorem refine1 : ∃ x : Nat, x > 0 ∧ x < 2 := by refine ⟨1, ?_, ?_⟩ <;> decide
theorem nc (a b : Nat) (h : (a : Int) = b) : a = b := by exact_mod_cast h
theorem nc2 (a b : Nat) (h : (a : Int) = b) : a = b := by norm_cast at h
theorem nc3 (a b : Nat) : ((a + b : Nat) : Int) = a + b := by push_cast; rfl
theorem nc4 (a b : Nat) (h : (a : Int) = b) : a = b := by omega
theorem trans1 (a b c : Nat) (h : a ≤ b) (h' : b ≤ c) : a ≤ c := by calc a ≤ b := h
  _ ≤ c := h'
theorem iterate1 : True ∧ True ∧ True := by repeat' constructor
theorem ac1 (a b c : Nat) : max a (max b c) = max (max a b) c := by ac_rfl
theorem idx (xs : List Nat) (i : Nat) (h : i+1 < xs.length) : xs[i+1] = xs[i + 1] := rfl
theorem q1 : ∃ x < 5, x * x = 16 := by decide
theorem q2 : ∃ x, x < 5 ∧ x * x = 16 := ⟨4, by decide⟩
theorem arr1 : #[1,2,3].size = 3 := rfl
theorem arr2 : #[1,2,3][1] = 2 := rfl
theorem arr3 : #[1,2,3][1]! = 2 := by decide
theorem arr4 : #[1,2,3] ≠ #[1,2] := by decide
theorem arr5 : (#[1,2,3].push 4).size = 4 := by rfl
def arrSum (a : Array Nat) : Nat := a.foldl (· + ·) 0
theorem arr6 : arrSum #[1,2,3] = 6 := by decide
theorem arr7 (a : Array Nat) (i : Nat) (h : i < a.size) : a[i] = a[i] := rfl
theorem st1 (s t : String) : (s ++ t).length = t.length + s.length := by simp [Nat.add_comm]
theorem st2 : "abc".toList = ['a', 'b', 'c'] := rfl
theorem st3 : "abc".length = 3 := by decide
theorem st4 : "abc".toUpper = "ABC" := by decide
def par : Setoid Nat where
  r a b := a % 2 = b % 2
  iseqv := ⟨fun _ => rfl, fun h => h.symm, fun h h' => h.trans h'⟩
def Par := Quotient par
def Par.mk (n : Nat) : Par := Quotient.mk par n
theorem par1 : Par.mk 1 = Par.mk 3 := Quotient.sound rfl
def Par.toNat (p : Par) : Nat := Quotient.lift (fun n => n % 2) (fun _ _ h => h) p
theorem par2 (p : Par) : p.toNat < 2 := by
  induction p using Quotient.ind with
  | h a => exact Nat.mod_lt a (by decide)
theorem par3 (h : Par.mk 1 = Par.mk 2) : False := by
  have : 1 % 2 = 2 % 2 := Quotient.exact h
  contradiction
theorem int1 (a b : Int) (h : 0 ≤ a) (h' : 0 ≤ b) : 0 ≤ a * b := Int.mul_nonneg h h'
theorem int2 (a b : Int) (h : 0 < a - b) : b < a := Int.sub_pos.mp h
theorem int3 (a : Int) : a * a ≥ 0 := by
  rcases Int.le_total 0 a with h | h
  · exact Int.mul_nonneg h h
  · have := Int.mul_nonneg (Int.neg_nonneg_of_nonpos h) (Int.neg_nonneg_of_nonpos h)
    rw [Int.neg_mul, Int.mul_neg, Int.neg_neg] at this; exact this
