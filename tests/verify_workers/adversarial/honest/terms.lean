Proofs as terms, and the forms of terms and tactics that plain Lean has.
--- lambda
⟪theorem goal (p q r : Prop) : (p → q → r) → (q → p → r)⟫ := fun h hq hp => h hp hq
--- lambda-arrow
⟪theorem goal (p q : Prop) : p → (p → q) → q⟫ := fun hp h ↦ h hp
--- old-lambda
⟪theorem goal (p : Prop) : p → p⟫ := λ h => h
--- anonymous-constructor
⟪theorem goal : ∃ a b : Nat, a * b = 35 ∧ a + b = 12⟫ := ⟨5, 7, rfl, rfl⟩
--- match-with
⟪theorem goal (p q : Prop) : p ∨ q → q ∨ p⟫ := fun h =>
  match h with
  | .inl hp => .inr hp
  | .inr hq => .inl hq
--- fun-cases
⟪theorem goal (p q r : Prop) : (p ∧ q) ∧ r → p ∧ (q ∧ r)⟫ := fun
  | ⟨⟨hp, hq⟩, hr⟩ => ⟨hp, hq, hr⟩
--- equations
⟪theorem goal : ∀ n : Nat, n * 1 = n⟫
  | 0 => rfl
  | n + 1 => by rw [Nat.mul_one]
--- equations-two-arguments
⟪theorem goal : ∀ a b : Nat, a + b = b + a⟫
  | a, 0 => by simp
  | a, b + 1 => by omega
--- show-term
⟪theorem goal (a b : Nat) (h : a = b) : a + 1 = b + 1⟫ := show a + 1 = b + 1 from congrArg (· + 1) h
--- have-term
⟪theorem goal (a b : Nat) (h : a < b) : a ≤ b⟫ :=
  have h' : a + 1 ≤ b := h
  Nat.le_of_succ_le h'
--- have-anonymous
⟪theorem goal (p q : Prop) (h : p ∧ q) : q⟫ :=
  have := h.2
  this
--- let-term
⟪theorem goal : (let x := 3; x * x) = 9⟫ :=
  let y := 9
  (rfl : y = 9)
--- suffices-term
⟪theorem goal (p q : Prop) (hp : p) (h : p → q) : q⟫ :=
  suffices p from h this
  hp
--- fun-underscore
⟪theorem goal (p q : Prop) (hq : q) : p → q⟫ := fun _ => hq
--- dot-notation
⟪theorem goal (a b c : Nat) (h : a = b) (g : c = b) : a = c⟫ := h.trans g.symm
--- placeholder
⟪theorem goal (a b : Nat) : a + b = b + a⟫ := Nat.add_comm _ _
--- named-arguments
⟪theorem goal (a b : Nat) : a + b = b + a⟫ := Nat.add_comm (n := a) (m := b)
--- explicit
⟪theorem goal (α : Type) (a b : α) (h : a = b) : b = a⟫ := @Eq.symm α a b h
--- triangle
⟪theorem goal (a b : Nat) (p : Nat → Prop) (h : a = b) (hp : p a) : p b⟫ := h ▸ hp
--- by-inside-a-term
⟪theorem goal (n : Nat) (h : 2 ≤ n) : ∃ k, n = k + 2⟫ := ⟨n - 2, by omega⟩
--- exists-elim
⟪theorem goal (p : Nat → Prop) (h : ∃ n, p n ∧ p (n + 1)) : ∃ n, p n⟫ :=
  let ⟨n, hn, _⟩ := h
  ⟨n, hn⟩
--- nomatch
⟪theorem goal (p : Prop) (h : False) : p⟫ := nomatch h
--- nofun
⟪theorem goal (p : Prop) : False → p⟫ := nofun
--- absurd
⟪theorem goal (p q : Prop) (hp : p) (hn : ¬p) : q⟫ := absurd hp hn
--- iff-intro
⟪theorem goal (p q : Prop) : p ∧ q ↔ q ∧ p⟫ :=
  Iff.intro (fun ⟨hp, hq⟩ => ⟨hq, hp⟩) (fun ⟨hq, hp⟩ => ⟨hp, hq⟩)
--- composition
⟪theorem goal (α β γ : Type) (f : α → β) (g : β → γ) (x : α) : (g ∘ f) x = g (f x)⟫ := rfl
--- pipeline
⟪theorem goal (p q : Prop) (h : p ∧ q) : p⟫ := h |> And.left
--- dollar
⟪theorem goal (n : Nat) : ¬ n < 0⟫ := fun h => absurd h <| Nat.not_lt_zero n
--- if-then-else
⟪theorem goal (a b : Nat) : (if a ≤ b then a else b) ≤ b⟫ := by
  split
  · assumption
  · omega
--- if-h
⟪theorem goal (n : Nat) : (if h : n = 0 then 1 else n) ≠ 0⟫ := by
  by_cases h : n = 0
  · simp [h]
  · simp [h]
--- conv
⟪theorem goal (a b c : Nat) : a * (b + c) = a * (c + b)⟫ := by
  conv =>
    lhs
    rw [Nat.add_comm]
--- conv-arg
⟪theorem goal (a b : Nat) (h : a = b) : a + b = b + b⟫ := by
  conv => lhs; rw [h]
--- rw-at
⟪theorem goal (a b c : Nat) (h : a = b) (g : b = c) : a = c⟫ := by
  rw [g] at h
  exact h
--- rw-everywhere
⟪theorem goal (a b : Nat) (h : a = b) (g : a ≤ 3) : b ≤ 3⟫ := by
  rw [h] at *
  exact g
--- rwa
⟪theorem goal (a b : Nat) (h : a = b) (g : a ≤ 3) : b ≤ 3⟫ := by
  rwa [← h]
--- simpa
⟪theorem goal (a b : Nat) (h : a + 0 = b) : a = b⟫ := by
  simpa using h
--- simp-all
⟪theorem goal (p q r : Prop) (hp : p) (hq : p → q) (hr : q → r) : r⟫ := by
  simp_all
--- simp-arith-free
⟪theorem goal (p q : Prop) : (p ∧ True) ∨ (q ∧ False) ↔ p⟫ := by
  simp
--- exact-mod
⟪theorem goal (a : Nat) : (a + 7) % 7 = a % 7⟫ := by
  exact Nat.add_mod_right a 7
--- unfold
⟪theorem goal (α : Type) (f : α → α) : (f ∘ f ∘ f) = fun x => f (f (f x))⟫ := by
  unfold Function.comp
  rfl
--- funext
⟪theorem goal (f g : Nat → Nat) (h : ∀ n, f n = g n) : f = g⟫ := by
  funext n
  exact h n
--- congr
⟪theorem goal (f : Nat → Nat → Nat) (a b c d : Nat) (h : a = b) (g : c = d) : f a c = f b d⟫ := by
  congr
--- ac-rfl
⟪theorem goal (a b c d : Nat) : a + b + (c + d) = d + (b + c) + a⟫ := by
  ac_rfl
--- generalize
⟪theorem goal (f : Nat → Nat) (x : Nat) (h : f x = 3) : f x + f x = 6⟫ := by
  generalize f x = y at *
  omega
--- specialize
⟪theorem goal (p : Nat → Prop) (h : ∀ n, p n → p (n + 1)) (h0 : p 0) : p 1⟫ := by
  specialize h 0 h0
  exact h
--- revert-intro
⟪theorem goal (a b : Nat) (h : a = b) : b = a⟫ := by
  revert h
  intro h
  exact h.symm
--- rename-i
⟪theorem goal : ∀ n m : Nat, n = m → m = n⟫ := by
  intros
  rename_i h
  exact h.symm
--- next
⟪theorem goal (p q : Prop) (h : p ∨ q) : q ∨ p⟫ := by
  cases h
  next hp => exact Or.inr hp
  next hq => exact Or.inl hq
--- injection
⟪theorem goal (a b : Nat) (h : a + 1 = b + 1) : a = b⟫ := by
  injection h
--- change
⟪theorem goal (n : Nat) : n + 1 = Nat.succ n⟫ := by
  change n + 1 = n + 1
  rfl
--- repeat-constructor
⟪theorem goal : (1 = 1 ∧ 2 = 2) ∧ (3 = 3 ∧ True)⟫ := by
  repeat constructor
--- first-combinator
⟪theorem goal (a b : Nat) : a + b = b + a⟫ := by
  first
  | rfl
  | omega
  | exact Nat.add_comm a b
--- exists-tactic
⟪theorem goal : ∃ n : Nat, n + n = 10⟫ := by
  exists 5
--- left-right
⟪theorem goal (p q r : Prop) (h : q) : p ∨ q ∨ r⟫ := by
  right
  left
  exact h
--- bullets-nested
⟪theorem goal (p q : Prop) (hp : p) (hq : q) : (p ∧ q) ∧ (q ∧ p)⟫ := by
  constructor
  · constructor
    · exact hp
    · exact hq
  · constructor
    . exact hq
    . exact hp
--- case-bracket
⟪theorem goal (b : Bool) : b = true ∨ b = false⟫ := by
  cases b with
  | true => left; rfl
  | false => right; rfl
--- induction-generalizing
⟪theorem goal (a b : Nat) : a + b = b + a⟫ := by
  induction a generalizing b with
  | zero => simp
  | succ a ih =>
    have := ih b
    omega
--- at-pattern
⟪theorem goal : ∀ l : List Nat, l.length = 0 → l = []⟫ := fun
  | [], _ => rfl
  | _ :: _, h => nomatch h
--- nat-sub-cases
⟪theorem goal (a b : Nat) : a - b + b = a ∨ a < b⟫ := by
  by_cases h : b ≤ a
  · exact Or.inl (Nat.sub_add_cancel h)
  · exact Or.inr (by omega)
--- decide-prop
⟪theorem goal : ¬ (∃ n : Nat, n < 4 ∧ n * n = 5)⟫ := by
  rintro ⟨n, h, e⟩
  have : ∀ n, n < 4 → n * n ≠ 5 := by decide
  exact this n h e
--- type-ascription
⟪theorem goal : ((2 : Int) - 3 : Int) = -1⟫ := (rfl : (2 : Int) - 3 = -1)
--- unicode-arrows
⟪theorem goal (p q : Prop) : (p ↔ q) → (q ↔ p)⟫ := fun h => ⟨h.mpr, h.mp⟩
--- strict-implicit
⟪theorem goal (p : Nat → Prop) (h : ∀ ⦃n⦄, p n → p (n + 1)) (h0 : p 0) : p 2⟫ := h (h h0)
--- subtype
⟪theorem goal (x : { n : Nat // n < 5 }) : x.val ≤ 4⟫ := by
  have h := x.property
  omega
--- fin
⟪theorem goal (x : Fin 3) : x.val = 0 ∨ x.val = 1 ∨ x.val = 2⟫ := by
  have h := x.isLt
  omega
--- prod
⟪theorem goal (p : Nat × Nat) (h : p.1 = p.2) : p = (p.2, p.2)⟫ := by
  cases p with
  | mk a b =>
    have h' : a = b := h
    rw [h']
--- option
⟪theorem goal (o : Option Nat) (h : o ≠ none) : ∃ n, o = some n⟫ := by
  cases o with
  | none => exact absurd rfl h
  | some n => exact ⟨n, rfl⟩
--- universe-polymorphic
⟪theorem goal.{u, v} (α : Type u) (β : Type v) (f : α → β) (h : ∀ x y, f x = f y → x = y) (a b : α) (e : a ≠ b) : f a ≠ f b⟫ :=
  fun g => e (h a b g)
--- dependent
⟪theorem goal (α : Type) (β : α → Type) (f g : (a : α) → β a) (h : ∀ a, f a = g a) : f = g⟫ := funext h
--- double-negation
⟪theorem goal (p : Prop) : ¬¬(p ∨ ¬p)⟫ := fun h => h (Or.inr fun hp => h (Or.inl hp))
--- drinker
open Classical in
⟪theorem goal (α : Type) [Inhabited α] (p : α → Prop) : ∃ x, p x → ∀ y, p y⟫ := by
  by_cases h : ∀ y, p y
  · exact ⟨default, fun _ => h⟩
  · have ⟨y, hy⟩ := Classical.not_forall.mp h
    exact ⟨y, fun hp => absurd hp hy⟩
--- quantifier-swap
⟪theorem goal (r : Nat → Nat → Prop) : (∃ a, ∀ b, r a b) → ∀ b, ∃ a, r a b⟫ := by
  rintro ⟨a, h⟩ b
  exact ⟨a, h b⟩
--- cantor
⟪theorem goal (α : Type) (f : α → α → Prop) : ∃ s : α → Prop, ∀ a, f a ≠ s⟫ := by
  refine ⟨fun a => ¬ f a a, fun a h => ?_⟩
  have e : f a a = ¬ f a a := congrFun h a
  have hn : ¬ f a a := fun ha => (e ▸ ha : ¬ f a a) ha
  exact hn (e.symm ▸ hn)
