/-
Sizes of values, well-founded relations and recursion on them, for `termination_by`, `decreasing_by` and nested inductives.
The elaborator names what is here when it compiles a recursive definition: the sizes, the relations on packed arguments,
`WellFounded.fix` (and its twin for measures in Nat) with their unfolding equations, and the gadget `wfParam`.
-/
prelude
import Init.Nat
set_option linter.all false
universe u v w
-- sizes -----------------------------------------------------------------------------------------
deriving instance SizeOf for Prod, PProd, MProd, Bool, Subtype, Sigma, PSigma, PUnit, Sum, PSum, Option, List, Array, Except
deriving instance SizeOf for Fin, BitVec, UInt8, UInt16, UInt32, UInt64, USize, Char, String
@[simp] theorem sizeOf_nat (n : Nat) : sizeOf n = n := rfl
@[simp] theorem sizeOf_default {α : Sort u} (n : α) : @sizeOf α (instSizeOfDefault α) n = 0 := rfl
-- accessibility ---------------------------------------------------------------------------------
inductive Acc {α : Sort u} (r : α → α → Prop) : α → Prop where
  | intro (x : α) (h : (y : α) → r y x → Acc r y) : Acc r x
noncomputable abbrev Acc.ndrec.{u1, u2} {α : Sort u2} {r : α → α → Prop} {C : α → Sort u1}
    (m : (x : α) → ((y : α) → r y x → Acc r y) → ((y : α) → (a : r y x) → C y) → C x) {a : α} (n : Acc r a) : C a := n.rec m
noncomputable abbrev Acc.ndrecOn.{u1, u2} {α : Sort u2} {r : α → α → Prop} {C : α → Sort u1} {a : α} (n : Acc r a)
    (m : (x : α) → ((y : α) → r y x → Acc r y) → ((y : α) → (a : r y x) → C y) → C x) : C a := n.rec m
theorem Acc.inv {α : Sort u} {r : α → α → Prop} {x y : α} (h₁ : Acc r x) (h₂ : r y x) : Acc r y := match h₁ with | .intro _ h => h y h₂
inductive WellFounded {α : Sort u} (r : α → α → Prop) : Prop where
  | intro (h : ∀ a, Acc r a) : WellFounded r
class WellFoundedRelation (α : Sort u) where
  rel : α → α → Prop
  wf : WellFounded rel
namespace WellFounded
theorem apply {α : Sort u} {r : α → α → Prop} (wf : WellFounded r) (a : α) : Acc r a := match wf with | ⟨h⟩ => h a
theorem recursion {α : Sort u} {r : α → α → Prop} (hwf : WellFounded r) {C : α → Prop} (a : α) (h : ∀ x, (∀ y, r y x → C y) → C x) : C a :=
  (hwf.apply a).rec fun x _ ih => h x ih
theorem induction {α : Sort u} {r : α → α → Prop} (hwf : WellFounded r) {C : α → Prop} (a : α) (h : ∀ x, (∀ y, r y x → C y) → C x) : C a :=
  recursion hwf a h
noncomputable def fixF {α : Sort u} {r : α → α → Prop} {C : α → Sort v} (F : (x : α) → ((y : α) → r y x → C y) → C x) (x : α) (a : Acc r x) : C x :=
  a.rec fun x _ ih => F x ih
theorem fixF_eq {α : Sort u} {r : α → α → Prop} {C : α → Sort v} (F : (x : α) → ((y : α) → r y x → C y) → C x) (x : α) (acx : Acc r x) :
    fixF F x acx = F x (fun (y : α) (p : r y x) => fixF F y (Acc.inv acx p)) := match acx with | .intro _ _ => rfl
noncomputable def fix {α : Sort u} {C : α → Sort v} {r : α → α → Prop} (hwf : WellFounded r) (F : (x : α) → ((y : α) → r y x → C y) → C x) (x : α) : C x :=
  fixF F x (hwf.apply x)
theorem fix_eq {α : Sort u} {C : α → Sort v} {r : α → α → Prop} (hwf : WellFounded r) (F : (x : α) → ((y : α) → r y x → C y) → C x) (x : α) :
    fix hwf F x = F x (fun y _ => fix hwf F y) := fixF_eq F x (hwf.apply x)
end WellFounded
@[reducible] def emptyWf {α : Sort u} : WellFoundedRelation α where
  rel _ _ := False
  wf := ⟨fun a => ⟨a, fun _ h => h.elim⟩⟩
namespace Subrelation
variable {α : Sort u} {r q : α → α → Prop}
theorem accessible {a : α} (h₁ : ∀ {x y}, q x y → r x y) (ac : Acc r a) : Acc q a := ac.rec fun x _ ih => ⟨x, fun y h => ih y (h₁ h)⟩
theorem wf (h₁ : ∀ {x y}, q x y → r x y) (h₂ : WellFounded r) : WellFounded q := ⟨fun a => accessible (@h₁) (h₂.apply a)⟩
end Subrelation
def InvImage {α : Sort u} {β : Sort v} (r : β → β → Prop) (f : α → β) : α → α → Prop := fun a₁ a₂ => r (f a₁) (f a₂)
namespace InvImage
variable {α : Sort u} {β : Sort v} {r : β → β → Prop}
theorem accAux (f : α → β) {b : β} (ac : Acc r b) : (x : α) → f x = b → Acc (InvImage r f) x :=
  ac.rec fun b _ ih a e => ⟨a, fun y h => ih (f y) (e ▸ h) y rfl⟩
theorem accessible {a : α} (f : α → β) (ac : Acc r (f a)) : Acc (InvImage r f) a := accAux f ac a rfl
theorem wf (f : α → β) (h : WellFounded r) : WellFounded (InvImage r f) := ⟨fun a => accessible f (h.apply (f a))⟩
end InvImage
@[reducible] def invImage {α : Sort u} {β : Sort v} (f : α → β) (h : WellFoundedRelation β) : WellFoundedRelation α where
  rel := InvImage h.rel f
  wf := InvImage.wf f h.wf
-- Nat and measures ------------------------------------------------------------------------------
theorem Nat.acc_lt : (k n : Nat) → n ≤ k → Acc (· < · : Nat → Nat → Prop) n
  | 0, n, h => ⟨n, fun m h' => absurd (Nat.lt_of_lt_of_le h' h) (Nat.not_lt_zero m)⟩
  | k+1, n, h => ⟨n, fun m h' => acc_lt k m (Nat.le_of_lt_succ (Nat.lt_of_lt_of_le h' h))⟩
@[reducible] def Nat.lt_wfRel : WellFoundedRelation Nat where
  rel := (· < ·)
  wf := ⟨fun n => Nat.acc_lt n n (Nat.le_refl n)⟩
@[elab_as_elim] protected noncomputable def Nat.strongRecOn {motive : Nat → Sort u} (n : Nat)
    (ind : ∀ n, (∀ m, m < n → motive m) → motive n) : motive n := Nat.lt_wfRel.wf.fix ind n
@[elab_as_elim] protected noncomputable def Nat.strongInductionOn {motive : Nat → Sort u} (n : Nat)
    (ind : ∀ n, (∀ m, m < n → motive m) → motive n) : motive n := Nat.strongRecOn n ind
@[elab_as_elim] protected noncomputable def Nat.caseStrongRecOn {motive : Nat → Sort u} (a : Nat) (zero : motive 0)
    (ind : ∀ n, (∀ m, m ≤ n → motive m) → motive (n + 1)) : motive a :=
  Nat.strongRecOn a fun | 0, _ => zero | n+1, h => ind n fun m hm => h m (Nat.lt_succ_of_le hm)
@[elab_as_elim] protected noncomputable def Nat.strongRec {motive : Nat → Sort u}
    (ind : ∀ n, (∀ m, m < n → motive m) → motive n) (t : Nat) : motive t := Nat.strongRecOn t ind
@[reducible] def measure {α : Sort u} (f : α → Nat) : WellFoundedRelation α := invImage f Nat.lt_wfRel
@[reducible] def sizeOfWFRel {α : Sort u} [SizeOf α] : WellFoundedRelation α := measure sizeOf
instance (priority := low) {α : Sort u} [SizeOf α] : WellFoundedRelation α := sizeOfWFRel
instance : WellFoundedRelation Nat := Nat.lt_wfRel
-- recursion on a measure: structural, on a number of steps that the measure bounds, so that it can be computed
namespace WellFounded.Nat
variable {α : Sort u} {motive : α → Sort v} (h : α → _root_.Nat) (F : (x : α) → ((y : α) → InvImage (· < ·) h y x → motive y) → motive x)
/-- Is its argument, but is unfolded only where that is a numeral: keeps open terms from being evaluated without end. -/
def eager (n : _root_.Nat) : _root_.Nat := if _root_.Nat.beq n n = true then n else n
theorem eager_eq (n : _root_.Nat) : eager n = n := by unfold eager; split <;> rfl
noncomputable def fix.go : (fuel : _root_.Nat) → (x : α) → h x < fuel → motive x :=
  _root_.Nat.rec (fun _ lt => (_root_.Nat.not_lt_zero _ lt).elim)
    fun _ ih x lt => F x fun y hy => ih y (_root_.Nat.lt_of_lt_of_le hy (_root_.Nat.le_of_lt_succ lt))
noncomputable def fix (x : α) : motive x := fix.go h F (eager (h x + 1)) x (eager_eq _ ▸ _root_.Nat.lt_succ_self _)
theorem fix.go_congr : (fuel fuel' : _root_.Nat) → (x : α) → (lt : h x < fuel) → (lt' : h x < fuel') → fix.go h F fuel x lt = fix.go h F fuel' x lt'
  | 0, _, _, lt, _ => (_root_.Nat.not_lt_zero _ lt).elim
  | _, 0, _, _, lt' => (_root_.Nat.not_lt_zero _ lt').elim
  | f+1, f'+1, x, _, _ => congrArg (F x) (funext fun y => funext fun _ => go_congr f f' y _ _)
theorem fix_eq (x : α) : fix h F x = F x (fun y _ => fix h F y) := by
  have key : ∀ n (lt : h x < n), n = h x + 1 → fix.go h F n x lt = F x (fun y _ => fix h F y) := by
    intro n lt e; subst e
    exact congrArg (F x) (funext fun y => funext fun _ => fix.go_congr h F _ _ y _ _)
  exact key _ _ (eager_eq _)
end WellFounded.Nat
-- lexicographic orders --------------------------------------------------------------------------
namespace Prod
variable {α : Type u} {β : Type v} (ra : α → α → Prop) (rb : β → β → Prop)
protected inductive Lex : α × β → α × β → Prop where
  | left {a₁} (b₁) {a₂} (b₂) (h : ra a₁ a₂) : Prod.Lex (a₁, b₁) (a₂, b₂)
  | right (a) {b₁ b₂} (h : rb b₁ b₂) : Prod.Lex (a, b₁) (a, b₂)
theorem lex_def {r : α → α → Prop} {s : β → β → Prop} {p q : α × β} : Prod.Lex r s p q ↔ r p.1 q.1 ∨ p.1 = q.1 ∧ s p.2 q.2 :=
  ⟨fun h => by cases h with | left _ _ h => exact .inl h | right _ h => exact .inr ⟨rfl, h⟩,
   fun h => match p, q, h with | (_, _), (_, _), .inl h => .left _ _ h | (a, _), (_, _), .inr ⟨e, h⟩ => by subst e; exact .right a h⟩
inductive RProd : α × β → α × β → Prop where
  | intro {a₁ b₁ a₂ b₂} (h₁ : ra a₁ a₂) (h₂ : rb b₁ b₂) : RProd (a₁, b₁) (a₂, b₂)
theorem Lex.right' {a₁ : Nat} {a₂ : Nat} {b₁ b₂ : β} {rb : β → β → Prop} (h₁ : a₁ ≤ a₂) (h₂ : rb b₁ b₂) : Prod.Lex Nat.lt rb (a₁, b₁) (a₂, b₂) :=
  match Nat.eq_or_lt_of_le h₁ with | .inl e => by subst e; exact .right a₁ h₂ | .inr h => .left _ _ h
variable {ra rb}
theorem lexAccessible {a : α} (aca : Acc ra a) (acb : ∀ b, Acc rb b) : (b : β) → Acc (Prod.Lex ra rb) (a, b) :=
  aca.rec fun xa _ iha b => (acb b).rec fun xb _ ihb => ⟨(xa, xb), fun p lt =>
    have aux : ∀ q, q = (xa, xb) → Prod.Lex ra rb p q → Acc (Prod.Lex ra rb) p := fun q e lt => by
      cases lt with
      | left b₁ b₂ h => have e := Prod.mk.inj e; rw [e.1] at h; exact iha _ h b₁
      | right a h => have e := Prod.mk.inj e; rw [e.1]; rw [e.2] at h; exact ihb _ h
    aux _ rfl lt⟩
@[reducible] def lex (ha : WellFoundedRelation α) (hb : WellFoundedRelation β) : WellFoundedRelation (α × β) where
  rel := Prod.Lex ha.rel hb.rel
  wf := ⟨fun (a, b) => lexAccessible (ha.wf.apply a) hb.wf.apply b⟩
instance [ha : WellFoundedRelation α] [hb : WellFoundedRelation β] : WellFoundedRelation (α × β) := lex ha hb
end Prod
namespace PSigma
variable {α : Sort u} {β : α → Sort v} (r : α → α → Prop) (s : (a : α) → β a → β a → Prop)
protected inductive Lex : PSigma β → PSigma β → Prop where
  | left : {a₁ : α} → (b₁ : β a₁) → {a₂ : α} → (b₂ : β a₂) → r a₁ a₂ → PSigma.Lex ⟨a₁, b₁⟩ ⟨a₂, b₂⟩
  | right : (a : α) → {b₁ b₂ : β a} → s a b₁ b₂ → PSigma.Lex ⟨a, b₁⟩ ⟨a, b₂⟩
variable {r s}
theorem lexAccessible {a : α} (aca : Acc r a) (acb : ∀ a b, Acc (s a) b) : (b : β a) → Acc (PSigma.Lex r s) ⟨a, b⟩ :=
  aca.rec fun xa _ iha b => (acb xa b).rec fun xb _ ihb => ⟨⟨xa, xb⟩, fun p lt =>
    have aux : ∀ q : PSigma β, q = ⟨xa, xb⟩ → PSigma.Lex r s p q → Acc (PSigma.Lex r s) p := fun q e lt => by
      cases lt with
      | left b₁ b₂ h => cases e; exact iha _ h b₁
      | right a h => cases e; exact ihb _ h
    aux _ rfl lt⟩
@[reducible] def lex (ha : WellFoundedRelation α) (hb : (a : α) → WellFoundedRelation (β a)) : WellFoundedRelation (PSigma β) where
  rel := PSigma.Lex ha.rel (fun a => (hb a).rel)
  wf := ⟨fun ⟨a, b⟩ => lexAccessible (ha.wf.apply a) (fun a b => (hb a).wf.apply b) b⟩
instance [ha : WellFoundedRelation α] [hb : (a : α) → WellFoundedRelation (β a)] : WellFoundedRelation (PSigma β) := lex ha hb
end PSigma
-- gadgets ---------------------------------------------------------------------------------------
/-- Marks the arguments of a definition by well-founded recursion while its body is preprocessed. -/
def wfParam {α : Sort u} (a : α) : α := a
/-- Carries the name of a binder through a rewriting step. -/
@[simp ↓] def binderNameHint {α : Sort u} {β : Sort v} {γ : Sort w} (v : α) (binder : β) (e : γ) : γ := e
@[wf_preprocess ↓] theorem ite_eq_dite {P : Prop} {α : Sort u} {a b : α} {_ : Decidable P} :
    (ite P a b) = (dite P (fun h => binderNameHint h () a) (fun h => binderNameHint h () b)) := rfl
