/-
Lemmas on Bool, `==`, `decide`, if-then-else, Option, Prod, Sum, Subtype and Fin, with the names and simp marks of Lean's core.
-/
prelude
import Init.IntLemmas
set_option linter.all false
universe u v w
@[inline] def decidable_of_iff {b : Prop} (a : Prop) (h : a ↔ b) [Decidable a] : Decidable b := if ha : a then isTrue (h.1 ha) else isFalse fun hb => ha (h.2 hb)
@[inline] def decidable_of_iff' {a : Prop} (b : Prop) (h : a ↔ b) [Decidable b] : Decidable a := decidable_of_iff b h.symm
noncomputable def Exists.choose {α : Sort u} {p : α → Prop} (h : ∃ x, p x) : α := Classical.choose h
theorem Exists.choose_spec {α : Sort u} {p : α → Prop} (h : ∃ x, p x) : p h.choose := Classical.choose_spec h
instance : Std.Associative (α := Nat) max := ⟨Nat.max_assoc⟩
instance : Std.Commutative (α := Nat) max := ⟨Nat.max_comm⟩
instance : Std.Associative (α := Nat) min := ⟨Nat.min_assoc⟩
instance : Std.Commutative (α := Nat) min := ⟨Nat.min_comm⟩
-- quantifiers and implications ------------------------------------------------------------------
attribute [simp] Classical.not_forall Classical.not_imp
section
variable {α : Sort u} {p q : α → Prop} {a b c : Prop}
@[simp] theorem exists_eq_left' {a' : α} : (∃ a, a' = a ∧ p a) ↔ p a' := ⟨fun ⟨_, e, h⟩ => e ▸ h, fun h => ⟨_, rfl, h⟩⟩
@[simp] theorem exists_eq_right {a' : α} : (∃ a, p a ∧ a = a') ↔ p a' := ⟨fun ⟨_, h, e⟩ => e ▸ h, fun h => ⟨_, h, rfl⟩⟩
@[simp] theorem exists_eq_right' {a' : α} : (∃ a, p a ∧ a' = a) ↔ p a' := ⟨fun ⟨_, h, e⟩ => e ▸ h, fun h => ⟨_, h, rfl⟩⟩
@[simp] theorem exists_and_left : (∃ x, b ∧ p x) ↔ b ∧ (∃ x, p x) := ⟨fun ⟨x, h, h'⟩ => ⟨h, x, h'⟩, fun ⟨h, x, h'⟩ => ⟨x, h, h'⟩⟩
@[simp] theorem exists_and_right : (∃ x, p x ∧ b) ↔ (∃ x, p x) ∧ b := ⟨fun ⟨x, h, h'⟩ => ⟨⟨x, h⟩, h'⟩, fun ⟨⟨x, h⟩, h'⟩ => ⟨x, h, h'⟩⟩
theorem _root_.Or.resolve_left (h : a ∨ b) (na : ¬a) : b := h.elim (absurd · na) id
theorem _root_.Or.resolve_right (h : a ∨ b) (nb : ¬b) : a := h.elim id (absurd · nb)
theorem _root_.Or.neg_resolve_left (h : ¬a ∨ b) (ha : a) : b := h.elim (absurd ha) id
theorem _root_.Or.neg_resolve_right (h : a ∨ ¬b) (nb : b) : a := h.elim id (absurd nb)
theorem _root_.Or.imp {d : Prop} (f : a → c) (g : b → d) (h : a ∨ b) : c ∨ d := h.elim (.inl ∘ f) (.inr ∘ g)
theorem _root_.Or.imp_left (f : a → b) (h : a ∨ c) : b ∨ c := h.elim (.inl ∘ f) .inr
theorem _root_.Or.imp_right (f : b → c) (h : a ∨ b) : a ∨ c := h.elim .inl (.inr ∘ f)
theorem _root_.And.imp {d : Prop} (f : a → c) (g : b → d) (h : a ∧ b) : c ∧ d := ⟨f h.1, g h.2⟩
theorem _root_.And.imp_left (f : a → b) (h : a ∧ c) : b ∧ c := ⟨f h.1, h.2⟩
theorem _root_.And.imp_right (f : a → b) (h : c ∧ a) : c ∧ b := ⟨h.1, f h.2⟩
abbrev _root_.And.elim {α : Sort u} (f : a → b → α) (h : a ∧ b) : α := f h.1 h.2
theorem _root_.Exists.imp (h : ∀ x, p x → q x) : (∃ x, p x) → ∃ x, q x | ⟨x, hx⟩ => ⟨x, h x hx⟩
abbrev _root_.Not.elim {α : Sort u} (h : ¬a) (ha : a) : α := absurd ha h
theorem _root_.Not.imp (h : ¬b) (f : a → b) : ¬a := fun ha => h (f ha)
theorem _root_.not_not_em (a : Prop) : ¬¬(a ∨ ¬a) := fun h => h (.inr fun ha => h (.inl ha))
theorem _root_.iff_of_eq (h : a = b) : a ↔ b := Iff.of_eq h
theorem _root_.iff_def : (a ↔ b) ↔ (a → b) ∧ (b → a) := ⟨fun h => ⟨h.1, h.2⟩, fun ⟨h, h'⟩ => ⟨h, h'⟩⟩
theorem _root_.iff_congr {d : Prop} (h₁ : a ↔ c) (h₂ : b ↔ d) : (a ↔ b) ↔ (c ↔ d) := ⟨fun h => h₁.symm.trans (h.trans h₂), fun h => h₁.trans (h.trans h₂.symm)⟩
theorem _root_.ne_comm {a b : α} : a ≠ b ↔ b ≠ a := ⟨Ne.symm, Ne.symm⟩
theorem _root_.Ne.intro {a b : α} (h : a = b → False) : a ≠ b := h
theorem _root_.ne_of_apply_ne {β : Sort u} (f : α → β) {x y : α} (h : f x ≠ f y) : x ≠ y := fun e => h (congrArg f e)
theorem exists_or : (∃ x, p x ∨ q x) ↔ (∃ x, p x) ∨ ∃ x, q x :=
  ⟨fun ⟨x, h⟩ => h.elim (.inl ⟨x, ·⟩) (.inr ⟨x, ·⟩), fun h => h.elim (fun ⟨x, h⟩ => ⟨x, .inl h⟩) fun ⟨x, h⟩ => ⟨x, .inr h⟩⟩
@[simp] theorem exists_false : ¬(∃ _ : α, False) := fun ⟨_, h⟩ => h
@[simp] theorem exists_prop : (∃ _ : a, b) ↔ a ∧ b := ⟨fun ⟨h, h'⟩ => ⟨h, h'⟩, fun ⟨h, h'⟩ => ⟨h, h'⟩⟩
@[simp] theorem forall_exists_index {q : (∃ x, p x) → Prop} : (∀ h, q h) ↔ ∀ x (h : p x), q ⟨x, h⟩ := ⟨fun h x hx => h ⟨x, hx⟩, fun h ⟨x, hx⟩ => h x hx⟩
@[simp] theorem forall_const (α : Sort u) [i : Nonempty α] : (α → b) ↔ b := ⟨fun h => match i with | ⟨x⟩ => h x, fun h _ => h⟩
@[simp] theorem forall_eq_or_imp {a' : α} : (∀ a, a = a' ∨ q a → p a) ↔ p a' ∧ ∀ a, q a → p a :=
  ⟨fun h => ⟨h _ (.inl rfl), fun x hx => h x (.inr hx)⟩, fun ⟨h, h'⟩ x hx => hx.elim (fun e => e ▸ h) (h' x)⟩
@[simp] theorem exists_eq_or_imp {a' : α} : (∃ a, (a = a' ∨ q a) ∧ p a) ↔ p a' ∨ ∃ a, q a ∧ p a :=
  ⟨fun ⟨x, hx, h⟩ => hx.elim (fun e => .inl (e ▸ h)) fun hx => .inr ⟨x, hx, h⟩, fun h => h.elim (fun h => ⟨_, .inl rfl, h⟩) fun ⟨x, hx, h⟩ => ⟨x, .inr hx, h⟩⟩
theorem forall_congr' (h : ∀ x, p x ↔ q x) : (∀ x, p x) ↔ ∀ x, q x := ⟨fun H x => (h x).1 (H x), fun H x => (h x).2 (H x)⟩
theorem forall_or_exists_not (p : α → Prop) : (∀ x, p x) ∨ ∃ x, ¬p x := by rw [← Classical.not_forall]; exact Classical.em _
theorem Classical.exists_or_forall_not (p : α → Prop) : (∃ x, p x) ∨ ∀ x, ¬p x := by rw [← not_exists]; exact Classical.em _
@[simp] theorem imp_self : (a → a) ↔ True := ⟨fun _ => trivial, fun _ => id⟩
@[simp] theorem imp_false : (a → False) ↔ ¬a := Iff.rfl
@[simp] theorem eq_iff_iff : (a = b) ↔ (a ↔ b) := iff_iff_eq.symm
theorem or_imp : (a ∨ b → c) ↔ (a → c) ∧ (b → c) := ⟨fun h => ⟨h ∘ .inl, h ∘ .inr⟩, fun ⟨h, h'⟩ x => x.elim h h'⟩
theorem imp_iff_right (ha : a) : (a → b) ↔ b := ⟨fun h => h ha, fun h _ => h⟩
theorem imp_congr_right (h : a → (b ↔ c)) : (a → b) ↔ (a → c) := ⟨fun H ha => (h ha).1 (H ha), fun H ha => (h ha).2 (H ha)⟩
theorem imp_not_comm : (a → ¬b) ↔ (b → ¬a) := ⟨fun h hb ha => h ha hb, fun h ha hb => h hb ha⟩
theorem imp_iff_not_or : (a → b) ↔ ¬a ∨ b := ⟨fun h => (Classical.em a).elim (.inr ∘ h) .inl, fun h ha => h.elim (absurd ha) id⟩
theorem Decidable.imp_iff_not_or [Decidable a] : (a → b) ↔ ¬a ∨ b := _root_.imp_iff_not_or
theorem Classical.or_iff_not_imp_left : a ∨ b ↔ (¬a → b) := ⟨fun h hn => h.resolve_left hn, fun h => (Classical.em a).elim .inl (.inr ∘ h)⟩
theorem Classical.or_iff_not_imp_right : a ∨ b ↔ (¬b → a) := ⟨fun h hn => h.resolve_right hn, fun h => (Classical.em b).elim .inr (.inl ∘ h)⟩
theorem Classical.not_exists_not : (¬∃ x, ¬p x) ↔ ∀ x, p x := ⟨fun h x => Classical.byContradiction fun hx => h ⟨x, hx⟩, fun h ⟨x, hx⟩ => hx (h x)⟩
@[macro_inline] def Decidable.byCases {q : Sort u} [dec : Decidable a] (h1 : a → q) (h2 : ¬a → q) : q := match dec with | isTrue h => h1 h | isFalse h => h2 h
theorem Decidable.not_imp_iff_and_not [Decidable a] : ¬(a → b) ↔ a ∧ ¬b := Classical.not_imp
theorem Decidable.imp_or [Decidable a] : (a → b ∨ c) ↔ (a → b) ∨ (a → c) := ⟨fun h => (Classical.em a).elim (fun ha => (h ha).imp (fun hb _ => hb) fun hc _ => hc) fun hn => .inl fun ha => absurd ha hn, fun h ha => h.imp (· ha) (· ha)⟩
theorem Classical.not_iff_not : (¬a ↔ ¬b) ↔ (a ↔ b) := ⟨fun h => ⟨fun ha => Classical.byContradiction fun hb => h.2 hb ha, fun hb => Classical.byContradiction fun ha => h.1 ha hb⟩, not_congr⟩
theorem and_left_comm : a ∧ b ∧ c ↔ b ∧ a ∧ c := ⟨fun ⟨x, y, z⟩ => ⟨y, x, z⟩, fun ⟨x, y, z⟩ => ⟨y, x, z⟩⟩
theorem and_right_comm : (a ∧ b) ∧ c ↔ (a ∧ c) ∧ b := ⟨fun ⟨⟨x, y⟩, z⟩ => ⟨⟨x, z⟩, y⟩, fun ⟨⟨x, y⟩, z⟩ => ⟨⟨x, z⟩, y⟩⟩
theorem or_left_comm : a ∨ b ∨ c ↔ b ∨ a ∨ c := by rw [← or_assoc, ← or_assoc, or_comm (a := a)]
theorem or_right_comm : (a ∨ b) ∨ c ↔ (a ∨ c) ∨ b := by rw [or_assoc, or_assoc, or_comm (a := b)]
theorem and_or_left : a ∧ (b ∨ c) ↔ a ∧ b ∨ a ∧ c := ⟨fun ⟨h, h'⟩ => h'.elim (.inl ⟨h, ·⟩) (.inr ⟨h, ·⟩), fun h => h.elim (fun h => ⟨h.1, .inl h.2⟩) fun h => ⟨h.1, .inr h.2⟩⟩
theorem or_and_left : a ∨ b ∧ c ↔ (a ∨ b) ∧ (a ∨ c) :=
  ⟨fun h => h.elim (fun h => ⟨.inl h, .inl h⟩) fun h => ⟨.inr h.1, .inr h.2⟩, fun ⟨h, h'⟩ => h.elim .inl fun hb => h'.elim .inl fun hc => .inr ⟨hb, hc⟩⟩
theorem or_and_right : (a ∨ b) ∧ c ↔ a ∧ c ∨ b ∧ c := ⟨fun ⟨h, h'⟩ => h.elim (.inl ⟨·, h'⟩) (.inr ⟨·, h'⟩), fun h => h.elim (fun h => ⟨.inl h.1, h.2⟩) fun h => ⟨.inr h.1, h.2⟩⟩
theorem and_congr_right (h : a → (b ↔ c)) : a ∧ b ↔ a ∧ c := ⟨fun ⟨x, y⟩ => ⟨x, (h x).1 y⟩, fun ⟨x, y⟩ => ⟨x, (h x).2 y⟩⟩
theorem and_congr_left (h : c → (a ↔ b)) : a ∧ c ↔ b ∧ c := ⟨fun ⟨x, y⟩ => ⟨(h y).1 x, y⟩, fun ⟨x, y⟩ => ⟨(h y).2 x, y⟩⟩
theorem and_iff_left (hb : b) : a ∧ b ↔ a := ⟨And.left, fun h => ⟨h, hb⟩⟩
theorem and_iff_right (ha : a) : a ∧ b ↔ b := ⟨And.right, fun h => ⟨ha, h⟩⟩
theorem and_iff_left_of_imp (h : a → b) : a ∧ b ↔ a := ⟨And.left, fun ha => ⟨ha, h ha⟩⟩
theorem and_iff_right_of_imp (h : b → a) : a ∧ b ↔ b := ⟨And.right, fun hb => ⟨h hb, hb⟩⟩
theorem or_iff_left_of_imp (h : b → a) : a ∨ b ↔ a := ⟨fun x => x.elim id h, .inl⟩
theorem or_iff_right_of_imp (h : a → b) : a ∨ b ↔ b := ⟨fun x => x.elim h id, .inr⟩
theorem or_iff_left (hb : ¬b) : a ∨ b ↔ a := ⟨fun h => h.resolve_right hb, .inl⟩
theorem or_iff_right (ha : ¬a) : a ∨ b ↔ b := ⟨fun h => h.resolve_left ha, .inr⟩
end
-- Bool ------------------------------------------------------------------------------------------
namespace Bool
@[simp] theorem not_true : (!true) = false := rfl
@[simp] theorem not_false : (!false) = true := rfl
@[simp] theorem not_not : (b : Bool) → (!!b) = b | true => rfl | false => rfl
@[simp] theorem and_true : (b : Bool) → (b && true) = b | true => rfl | false => rfl
@[simp] theorem true_and (b : Bool) : (true && b) = b := rfl
@[simp] theorem and_false : (b : Bool) → (b && false) = false | true => rfl | false => rfl
@[simp] theorem false_and (b : Bool) : (false && b) = false := rfl
@[simp] theorem or_true : (b : Bool) → (b || true) = true | true => rfl | false => rfl
@[simp] theorem true_or (b : Bool) : (true || b) = true := rfl
@[simp] theorem or_false : (b : Bool) → (b || false) = b | true => rfl | false => rfl
@[simp] theorem false_or (b : Bool) : (false || b) = b := rfl
@[simp] theorem and_self : (b : Bool) → (b && b) = b | true => rfl | false => rfl
@[simp] theorem or_self : (b : Bool) → (b || b) = b | true => rfl | false => rfl
@[simp] theorem and_not_self : (b : Bool) → (b && !b) = false | true => rfl | false => rfl
@[simp] theorem not_and_self : (b : Bool) → (!b && b) = false | true => rfl | false => rfl
@[simp] theorem or_not_self : (b : Bool) → (b || !b) = true | true => rfl | false => rfl
@[simp] theorem not_or_self : (b : Bool) → (!b || b) = true | true => rfl | false => rfl
theorem and_comm : (x y : Bool) → (x && y) = (y && x) | true, true => rfl | true, false => rfl | false, true => rfl | false, false => rfl
theorem or_comm : (x y : Bool) → (x || y) = (y || x) | true, true => rfl | true, false => rfl | false, true => rfl | false, false => rfl
theorem and_assoc : (x y z : Bool) → ((x && y) && z) = (x && (y && z)) | true, _, _ => rfl | false, _, _ => rfl
theorem or_assoc : (x y z : Bool) → ((x || y) || z) = (x || (y || z)) | true, _, _ => rfl | false, _, _ => rfl
theorem and_left_comm (x y z : Bool) : (x && (y && z)) = (y && (x && z)) := by cases x <;> cases y <;> rfl
theorem or_left_comm (x y z : Bool) : (x || (y || z)) = (y || (x || z)) := by cases x <;> cases y <;> rfl
theorem and_or_distrib_left (x y z : Bool) : (x && (y || z)) = (x && y || x && z) := by cases x <;> rfl
theorem and_or_distrib_right (x y z : Bool) : ((x || y) && z) = (x && z || y && z) := by cases x <;> cases y <;> cases z <;> rfl
theorem or_and_distrib_left (x y z : Bool) : (x || y && z) = ((x || y) && (x || z)) := by cases x <;> rfl
theorem or_and_distrib_right (x y z : Bool) : (x && y || z) = ((x || z) && (y || z)) := by cases x <;> cases y <;> cases z <;> rfl
@[simp] theorem not_and (x y : Bool) : (!(x && y)) = (!x || !y) := by cases x <;> rfl
@[simp] theorem not_or (x y : Bool) : (!(x || y)) = (!x && !y) := by cases x <;> rfl
@[simp] theorem and_eq_true (a b : Bool) : ((a && b) = true) = (a = true ∧ b = true) := by cases a <;> cases b <;> simp
@[simp] theorem or_eq_true (a b : Bool) : ((a || b) = true) = (a = true ∨ b = true) := by cases a <;> cases b <;> simp
theorem and_eq_true_iff {x y : Bool} : (x && y) = true ↔ x = true ∧ y = true := Iff.of_eq (and_eq_true x y)
theorem or_eq_true_iff {x y : Bool} : (x || y) = true ↔ x = true ∨ y = true := Iff.of_eq (or_eq_true x y)
@[simp] theorem not_eq_true (b : Bool) : (¬(b = true)) = (b = false) := by cases b <;> simp
@[simp] theorem not_eq_false (b : Bool) : (¬(b = false)) = (b = true) := by cases b <;> simp
@[simp] theorem not_eq_true' (b : Bool) : ((!b) = true) = (b = false) := by cases b <;> simp
@[simp] theorem not_eq_false' (b : Bool) : ((!b) = false) = (b = true) := by cases b <;> simp
@[simp] theorem and_eq_false_imp {x y : Bool} : (x && y) = false ↔ (x = true → y = false) := by cases x <;> cases y <;> simp
@[simp] theorem or_eq_false_iff {x y : Bool} : (x || y) = false ↔ x = false ∧ y = false := by cases x <;> cases y <;> simp
theorem eq_false_iff {b : Bool} : b = false ↔ b ≠ true := by cases b <;> simp
theorem eq_true_iff {b : Bool} : b = true ↔ b ≠ false := by cases b <;> simp
theorem eq_false_of_not_eq_true : {b : Bool} → ¬(b = true) → b = false | true, h => (h rfl).elim | false, _ => rfl
theorem eq_true_of_not_eq_false : {b : Bool} → ¬(b = false) → b = true | true, _ => rfl | false, h => (h rfl).elim
theorem ne_false_of_eq_true {b : Bool} (h : b = true) : b ≠ false := by subst h; nofun
theorem ne_true_of_eq_false {b : Bool} (h : b = false) : b ≠ true := by subst h; nofun
theorem dichotomy (b : Bool) : b = false ∨ b = true := by cases b <;> simp
theorem eq_iff_iff {a b : Bool} : a = b ↔ (a = true ↔ b = true) := by cases a <;> cases b <;> simp
theorem coe_iff_coe {a b : Bool} : (a = true ↔ b = true) ↔ a = b := eq_iff_iff.symm
@[simp] theorem not_eq_not {a b : Bool} : ¬(a = !b) ↔ a = b := by cases a <;> cases b <;> simp
theorem not_inj : {x y : Bool} → (!x) = (!y) → x = y | true, true, _ => rfl | false, false, _ => rfl
@[simp] theorem xor_false (b : Bool) : xor b false = b := by cases b <;> rfl
@[simp] theorem false_xor (b : Bool) : xor false b = b := by cases b <;> rfl
@[simp] theorem xor_true (b : Bool) : xor b true = !b := by cases b <;> rfl
@[simp] theorem true_xor (b : Bool) : xor true b = !b := by cases b <;> rfl
@[simp] theorem xor_self (b : Bool) : xor b b = false := by cases b <;> rfl
theorem xor_comm (x y : Bool) : xor x y = xor y x := by cases x <;> cases y <;> rfl
theorem xor_assoc (x y z : Bool) : xor (xor x y) z = xor x (xor y z) := by cases x <;> cases y <;> cases z <;> rfl
@[simp] theorem cond_true {α : Sort u} (a b : α) : cond true a b = a := rfl
@[simp] theorem cond_false {α : Sort u} (a b : α) : cond false a b = b := rfl
theorem cond_eq_ite {α : Sort u} (b : Bool) (t e : α) : cond b t e = if b then t else e := by cases b <;> rfl
@[simp] theorem toNat_true : true.toNat = 1 := rfl
@[simp] theorem toNat_false : false.toNat = 0 := rfl
theorem forall_bool {p : Bool → Prop} : (∀ b, p b) ↔ p false ∧ p true := ⟨fun h => ⟨h _, h _⟩, fun h b => by cases b; exact h.1; exact h.2⟩
theorem exists_bool {p : Bool → Prop} : (∃ b, p b) ↔ p false ∨ p true :=
  ⟨fun ⟨b, h⟩ => by cases b; exact .inl h; exact .inr h, fun h => h.elim (⟨_, ·⟩) (⟨_, ·⟩)⟩
instance (p : Bool → Prop) [DecidablePred p] : Decidable (∀ x, p x) := decidable_of_iff' _ forall_bool
instance (p : Bool → Prop) [DecidablePred p] : Decidable (∃ x, p x) := decidable_of_iff' _ exists_bool
instance : Std.Associative (α := Bool) (· && ·) := ⟨and_assoc⟩
instance : Std.Commutative (α := Bool) (· && ·) := ⟨and_comm⟩
instance : Std.Associative (α := Bool) (· || ·) := ⟨or_assoc⟩
instance : Std.Commutative (α := Bool) (· || ·) := ⟨or_comm⟩
end Bool
@[simp] theorem cond_true {α : Sort u} {a b : α} : cond true a b = a := rfl
@[simp] theorem cond_false {α : Sort u} {a b : α} : cond false a b = b := rfl
-- `==` and `decide` -----------------------------------------------------------------------------
class ReflBEq (α : Type u) [BEq α] : Prop where
  protected rfl {a : α} : (a == a) = true
class LawfulBEq (α : Type u) [BEq α] : Prop extends ReflBEq α where
  eq_of_beq : {a b : α} → (a == b) = true → a = b
export LawfulBEq (eq_of_beq)
instance {α : Type u} [DecidableEq α] : LawfulBEq α where
  rfl := of_decide_eq_self_eq_true _
  eq_of_beq := of_decide_eq_true
instance : LawfulBEq Bool := inferInstance
instance {α : Type u} {β : Type v} [BEq α] [BEq β] [LawfulBEq α] [LawfulBEq β] : LawfulBEq (α × β) where
  rfl := fun {a} => Bool.and_eq_true_iff.2 ⟨ReflBEq.rfl, ReflBEq.rfl⟩
  eq_of_beq := fun {a b} h => match a, b, Bool.and_eq_true_iff.1 h with | (_, _), (_, _), ⟨h, h'⟩ => by have h := eq_of_beq h; have h' := eq_of_beq h'; exact congr (congrArg Prod.mk h) h'
instance {α : Type u} [BEq α] [LawfulBEq α] : LawfulBEq (Option α) where
  rfl := fun {a} => match a with | none => rfl | some a => (ReflBEq.rfl : (a == a) = true)
  eq_of_beq := fun {a b} h => match a, b, h with | none, none, _ => rfl | some a, some b, h => congrArg some (eq_of_beq (show (a == b) = true from h))
theorem List.beq_rfl {α : Type u} [BEq α] [LawfulBEq α] : (l : List α) → List.beq l l = true
  | [] => rfl | _ :: l => Bool.and_eq_true_iff.2 ⟨ReflBEq.rfl, beq_rfl l⟩
theorem List.eq_of_beq' {α : Type u} [BEq α] [LawfulBEq α] : (l m : List α) → List.beq l m = true → l = m
  | [], [], _ => rfl | _ :: l, _ :: m, h => by have h := Bool.and_eq_true_iff.1 h; rw [eq_of_beq h.1, eq_of_beq' l m h.2]
instance {α : Type u} [BEq α] [LawfulBEq α] : LawfulBEq (List α) where
  rfl := List.beq_rfl _
  eq_of_beq := List.eq_of_beq' _ _
section
variable {α : Type u} [BEq α]
@[simp] theorem BEq.rfl [ReflBEq α] {a : α} : (a == a) = true := ReflBEq.rfl
theorem BEq.refl [ReflBEq α] (a : α) : (a == a) = true := BEq.rfl
@[simp] theorem beq_self_eq_true [ReflBEq α] (a : α) : (a == a) = true := BEq.rfl
theorem beq_of_eq [ReflBEq α] {a b : α} (h : a = b) : (a == b) = true := h ▸ BEq.rfl
@[simp] theorem beq_iff_eq [LawfulBEq α] {a b : α} : (a == b) = true ↔ a = b := ⟨eq_of_beq, beq_of_eq⟩
theorem beq_eq_false_iff_ne [LawfulBEq α] {a b : α} : (a == b) = false ↔ a ≠ b := by rw [ne_eq, ← beq_iff_eq (a := a), Bool.not_eq_true]
attribute [simp] beq_eq_false_iff_ne
theorem ne_of_beq_false [ReflBEq α] {a b : α} (h : (a == b) = false) : a ≠ b := fun e => by rw [e, BEq.rfl] at h; nomatch h
theorem beq_false_of_ne [LawfulBEq α] {a b : α} (h : a ≠ b) : (a == b) = false := beq_eq_false_iff_ne.2 h
@[simp] theorem bne_self_eq_false [ReflBEq α] (a : α) : (a != a) = false := by show (!(a == a)) = false; rw [BEq.rfl]; rfl
@[simp] theorem bne_iff_ne [LawfulBEq α] {a b : α} : (a != b) = true ↔ a ≠ b := by show (!(a == b)) = true ↔ _; rw [Bool.not_eq_true', beq_eq_false_iff_ne]
theorem bne_eq_false_iff_eq [LawfulBEq α] {a b : α} : (a != b) = false ↔ a = b := by show (!(a == b)) = false ↔ _; rw [Bool.not_eq_false', beq_iff_eq]
attribute [simp] bne_eq_false_iff_eq
theorem beq_comm [LawfulBEq α] {a b : α} : (a == b) = (b == a) := Bool.eq_iff_iff.2 (by rw [beq_iff_eq, beq_iff_eq]; exact eq_comm)
theorem beq_eq_decide [LawfulBEq α] [DecidableEq α] {a b : α} : (a == b) = decide (a = b) := Bool.eq_iff_iff.2 (by rw [beq_iff_eq, decide_eq_true_eq])
theorem LawfulBEq.eq_of_beq' [LawfulBEq α] {a b : α} (h : (a == b) = true) : a = b := eq_of_beq h
end
theorem decide_eq_true_iff {p : Prop} [Decidable p] : decide p = true ↔ p := ⟨of_decide_eq_true, decide_eq_true⟩
@[simp] theorem decide_not {p : Prop} [g : Decidable p] [h : Decidable (¬p)] : decide (¬p) = !decide p := Bool.eq_iff_iff.2 (by simp)
@[simp] theorem Bool.decide_and (p q : Prop) [dpq : Decidable (p ∧ q)] [dp : Decidable p] [dq : Decidable q] : decide (p ∧ q) = (p && q) := Bool.eq_iff_iff.2 (by simp)
@[simp] theorem Bool.decide_or (p q : Prop) [dpq : Decidable (p ∨ q)] [dp : Decidable p] [dq : Decidable q] : decide (p ∨ q) = (p || q) := Bool.eq_iff_iff.2 (by simp)
@[simp] theorem Bool.decide_eq_true {b : Bool} [Decidable (b = true)] : decide (b = true) = b := Bool.eq_iff_iff.2 (by simp)
@[simp] theorem decide_eq_decide {p q : Prop} {_ : Decidable p} {_ : Decidable q} : decide p = decide q ↔ (p ↔ q) := by rw [Bool.eq_iff_iff]; simp
theorem decide_congr {p q : Prop} {_ : Decidable p} {_ : Decidable q} (h : p ↔ q) : decide p = decide q := decide_eq_decide.2 h
-- if-then-else ----------------------------------------------------------------------------------
@[simp] theorem ite_self {α : Sort u} {c : Prop} {d : Decidable c} (a : α) : (if c then a else a) = a := by cases d <;> rfl
@[simp] theorem if_true {α : Sort u} {_ : Decidable True} (t e : α) : ite True t e = t := if_pos trivial
@[simp] theorem if_false {α : Sort u} {_ : Decidable False} (t e : α) : ite False t e = e := if_neg id
theorem ite_eq_iff {α : Sort u} {P : Prop} [Decidable P] {a b c : α} : (if P then a else b) = c ↔ P ∧ a = c ∨ ¬P ∧ b = c := by split <;> simp_all
@[simp] theorem ite_eq_left_iff {α : Sort u} {P : Prop} [Decidable P] {a b : α} : (if P then a else b) = a ↔ ¬P → b = a := by split <;> simp_all
@[simp] theorem ite_eq_right_iff {α : Sort u} {P : Prop} [Decidable P] {a b : α} : (if P then a else b) = b ↔ P → a = b := by split <;> simp_all
@[simp] theorem ite_not {α : Sort u} (p : Prop) [Decidable p] (x y : α) : ite (¬p) x y = ite p y x := by by_cases h : p <;> simp [h]
theorem apply_ite {α : Sort u} {β : Sort v} (f : α → β) (P : Prop) [Decidable P] (x y : α) : f (ite P x y) = ite P (f x) (f y) := by split <;> rfl
theorem dite_eq_ite {α : Sort u} {P : Prop} {a b : α} [Decidable P] : (dite P (fun _ => a) fun _ => b) = ite P a b := rfl
attribute [simp] dite_eq_ite
theorem ite_and {α : Sort u} {P Q : Prop} [Decidable P] [Decidable Q] {a b : α} : (if P ∧ Q then a else b) = if P then if Q then a else b else b := by
  by_cases hp : P <;> by_cases hq : Q <;> simp [hp, hq]
-- Option ----------------------------------------------------------------------------------------
namespace Option
variable {α : Type u} {β : Type v} {γ : Type w}
@[simp] theorem map_none (f : α → β) : Option.map f none = none := rfl
@[simp] theorem map_some (f : α → β) (a : α) : Option.map f (some a) = some (f a) := rfl
@[simp] theorem bind_none (f : α → Option β) : Option.bind none f = none := rfl
@[simp] theorem bind_some (a : α) (f : α → Option β) : Option.bind (some a) f = f a := rfl
@[simp] theorem getD_none {a : α} : getD none a = a := rfl
@[simp] theorem getD_some {a b : α} : getD (some a) b = a := rfl
@[simp] theorem get_some (x : α) (h : isSome (some x) = true) : (some x).get h = x := rfl
@[simp] theorem some_get : {x : Option α} → (h : isSome x = true) → some (x.get h) = x | some _, _ => rfl
@[simp] theorem isSome_none : isSome (none : Option α) = false := rfl
@[simp] theorem isSome_some {a : α} : isSome (some a) = true := rfl
@[simp] theorem isNone_none : isNone (none : Option α) = true := rfl
@[simp] theorem isNone_some {a : α} : isNone (some a) = false := rfl
@[simp] theorem filter_none (p : α → Bool) : Option.filter p none = none := rfl
@[simp] theorem all_none {p : α → Bool} : Option.all p none = true := rfl
@[simp] theorem all_some {p : α → Bool} {x : α} : Option.all p (some x) = p x := rfl
@[simp] theorem any_none {p : α → Bool} : Option.any p none = false := rfl
@[simp] theorem any_some {p : α → Bool} {x : α} : Option.any p (some x) = p x := rfl
@[simp] theorem elim_none {β : Sort v} (x : β) (f : α → β) : Option.elim none x f = x := rfl
@[simp] theorem elim_some {β : Sort v} (x : β) (f : α → β) (a : α) : Option.elim (some a) x f = f a := rfl
@[simp] theorem some_or {a : α} {o : Option α} : (some a).or o = some a := rfl
@[simp] theorem none_or {o : Option α} : none.or o = o := rfl
@[simp] theorem mem_def {a : α} {b : Option α} : a ∈ b ↔ b = some a := Iff.rfl
theorem some_ne_none (x : α) : some x ≠ none := nofun
theorem some_inj {a b : α} : some a = some b ↔ a = b := ⟨some.inj, congrArg some⟩
@[ext] theorem ext {o₁ o₂ : Option α} (h : ∀ a, o₁ = some a ↔ o₂ = some a) : o₁ = o₂ := match o₁, o₂ with
  | none, none => rfl | some a, _ => ((h a).1 rfl).symm | _, some b => (h b).2 rfl
theorem isSome_iff_exists {x : Option α} : isSome x = true ↔ ∃ a, x = some a := by cases x <;> simp
theorem isNone_iff_eq_none {o : Option α} : isNone o = true ↔ o = none := by cases o <;> simp
attribute [simp] isNone_iff_eq_none
theorem isSome_eq_false_iff {x : Option α} : isSome x = false ↔ isNone x = true := by cases x <;> simp
theorem not_isSome_iff_eq_none {o : Option α} : ¬isSome o = true ↔ o = none := by cases o <;> simp
theorem ne_none_iff_exists {o : Option α} : o ≠ none ↔ ∃ x, some x = o := by cases o <;> simp
theorem ne_none_iff_exists' {o : Option α} : o ≠ none ↔ ∃ x, o = some x := by cases o <;> simp
theorem eq_none_iff_forall_ne_some {o : Option α} : o = none ↔ ∀ a, o ≠ some a := by cases o <;> simp
theorem eq_none_or_eq_some (a : Option α) : a = none ∨ ∃ x, a = some x := by cases a <;> simp
theorem map_eq_some_iff {x : Option α} {f : α → β} {b : β} : x.map f = some b ↔ ∃ a, x = some a ∧ f a = b := by cases x <;> simp
theorem map_eq_none_iff {x : Option α} {f : α → β} : x.map f = none ↔ x = none := by cases x <;> simp
theorem bind_eq_some_iff {o : Option α} {f : α → Option β} {b : β} : o.bind f = some b ↔ ∃ a, o = some a ∧ f a = some b := by cases o <;> simp
attribute [simp] map_eq_some_iff map_eq_none_iff bind_eq_some_iff
@[simp] theorem map_map (h : β → γ) (g : α → β) (x : Option α) : (x.map g).map h = x.map (h ∘ g) := by cases x <;> rfl
@[simp] theorem map_id_fun' (x : Option α) : x.map (fun a => a) = x := by cases x <;> rfl
@[simp] theorem map_id (x : Option α) : x.map id = x := by cases x <;> rfl
@[simp] theorem bind_fun_some (x : Option α) : x.bind some = x := by cases x <;> rfl
theorem bind_assoc (x : Option α) (f : α → Option β) (g : β → Option γ) : (x.bind f).bind g = x.bind fun y => (f y).bind g := by cases x <;> rfl
@[simp] theorem isSome_map {f : α → β} {x : Option α} : (x.map f).isSome = x.isSome := by cases x <;> rfl
@[simp] theorem some_bind {α β : Type u} (a : α) (f : α → Option β) : (some a >>= f) = f a := rfl
@[simp] theorem pure_def : (pure : α → Option α) = some := rfl
@[simp] theorem bind_eq_bind {α β : Type u} : (bind : Option α → (α → Option β) → Option β) = Option.bind := rfl
@[simp] theorem map_eq_map {α β : Type u} : (Functor.map : (α → β) → Option α → Option β) = Option.map := by funext f x; cases x <;> rfl
end Option
-- Prod, Sum, Subtype, Sigma, functions ------------------------------------------------------------
namespace Prod
variable {α : Type u} {β : Type v}
@[ext] protected theorem ext : {p q : α × β} → p.fst = q.fst → p.snd = q.snd → p = q | (_, _), (_, _), rfl, rfl => rfl
@[simp] protected theorem eta (p : α × β) : (p.1, p.2) = p := rfl
@[simp] theorem mk.eta {p : α × β} : (p.1, p.2) = p := rfl
@[simp] protected theorem «forall» {p : α × β → Prop} : (∀ x, p x) ↔ ∀ a b, p (a, b) := ⟨fun h a b => h (a, b), fun h (a, b) => h a b⟩
@[simp] protected theorem «exists» {p : α × β → Prop} : (∃ x, p x) ↔ ∃ a b, p (a, b) := ⟨fun ⟨(a, b), h⟩ => ⟨a, b, h⟩, fun ⟨a, b, h⟩ => ⟨(a, b), h⟩⟩
@[simp] theorem swap_prod_mk {a : α} {b : β} : swap (a, b) = (b, a) := rfl
@[simp] theorem fst_swap {p : α × β} : (swap p).1 = p.2 := rfl
@[simp] theorem snd_swap {p : α × β} : (swap p).2 = p.1 := rfl
@[simp] theorem swap_swap (p : α × β) : swap (swap p) = p := rfl
theorem mk.inj_iff {a₁ a₂ : α} {b₁ b₂ : β} : (a₁, b₁) = (a₂, b₂) ↔ a₁ = a₂ ∧ b₁ = b₂ := ⟨Prod.mk.inj, fun ⟨h, h'⟩ => by rw [h, h']⟩
end Prod
namespace Sum
variable {α : Type u} {β : Type v} {γ : Sort w}
@[simp] theorem elim_inl (f : α → γ) (g : β → γ) (x : α) : Sum.elim f g (inl x) = f x := rfl
@[simp] theorem elim_inr (f : α → γ) (g : β → γ) (x : β) : Sum.elim f g (inr x) = g x := rfl
theorem inl_ne_inr {a : α} {b : β} : (inl a : α ⊕ β) ≠ inr b := nofun
theorem inr_ne_inl {a : α} {b : β} : (inr b : α ⊕ β) ≠ inl a := nofun
protected theorem «forall» {p : α ⊕ β → Prop} : (∀ x, p x) ↔ (∀ a, p (inl a)) ∧ ∀ b, p (inr b) :=
  ⟨fun h => ⟨fun _ => h _, fun _ => h _⟩, fun ⟨h₁, h₂⟩ x => match x with | inl a => h₁ a | inr b => h₂ b⟩
end Sum
namespace Subtype
variable {α : Sort u} {p : α → Prop}
@[ext] protected theorem ext : {a1 a2 : {x // p x}} → a1.val = a2.val → a1 = a2 | ⟨_, _⟩, ⟨_, _⟩, rfl => rfl
protected theorem eq : {a1 a2 : {x // p x}} → a1.val = a2.val → a1 = a2 | ⟨_, _⟩, ⟨_, _⟩, rfl => rfl
theorem val_inj {a b : Subtype p} : a.val = b.val ↔ a = b := ⟨Subtype.eq, congrArg _⟩
@[simp] theorem eta (a : {x // p x}) (h : p a) : mk (a.val) h = a := rfl
@[simp] protected theorem «forall» {q : {a // p a} → Prop} : (∀ x, q x) ↔ ∀ a b, q ⟨a, b⟩ := ⟨fun h a b => h ⟨a, b⟩, fun h ⟨a, b⟩ => h a b⟩
@[simp] protected theorem «exists» {q : {a // p a} → Prop} : (∃ x, q x) ↔ ∃ a b, q ⟨a, b⟩ := ⟨fun ⟨⟨a, b⟩, h⟩ => ⟨a, b, h⟩, fun ⟨a, b, h⟩ => ⟨⟨a, b⟩, h⟩⟩
theorem coe_eta (a : {a // p a}) (h : p a.1) : mk a.1 h = a := rfl
end Subtype
namespace Function
variable {α : Sort u} {β : Sort v} {γ : Sort w}
@[simp] theorem comp_apply {f : β → γ} {g : α → β} {x : α} : comp f g x = f (g x) := rfl
@[simp] theorem const_apply {y : β} {x : α} : const α y x = y := rfl
theorem comp_def (f : β → γ) (g : α → β) : f ∘ g = fun x => f (g x) := rfl
@[simp] theorem comp_id (f : α → β) : f ∘ id = f := rfl
@[simp] theorem id_comp (f : α → β) : id ∘ f = f := rfl
def Injective (f : α → β) : Prop := ∀ ⦃a₁ a₂⦄, f a₁ = f a₂ → a₁ = a₂
def Surjective (f : α → β) : Prop := ∀ b, ∃ a, f a = b
def LeftInverse (g : β → α) (f : α → β) : Prop := ∀ x, g (f x) = x
def RightInverse (g : β → α) (f : α → β) : Prop := LeftInverse f g
theorem Injective.comp {g : β → γ} {f : α → β} (hg : Injective g) (hf : Injective f) : Injective (g ∘ f) := fun _ _ h => hf (hg h)
theorem Surjective.comp {g : β → γ} {f : α → β} (hg : Surjective g) (hf : Surjective f) : Surjective (g ∘ f) := fun c =>
  match hg c with | ⟨b, hb⟩ => match hf b with | ⟨a, ha⟩ => ⟨a, (congrArg g ha).trans hb⟩
theorem LeftInverse.injective {g : β → α} {f : α → β} (h : LeftInverse g f) : Injective f := fun a b e => (h a).symm.trans ((congrArg g e).trans (h b))
theorem RightInverse.surjective {g : β → α} {f : α → β} (h : RightInverse g f) : Surjective f := fun b => ⟨g b, h b⟩
theorem comp_assoc {δ : Sort u} (f : γ → δ) (g : β → γ) (h : α → β) : (f ∘ g) ∘ h = f ∘ g ∘ h := rfl
end Function
@[simp] theorem id_eq {α : Sort u} (a : α) : id a = a := rfl
@[simp] theorem heq_eq_eq {α : Sort u} (a b : α) : HEq a b = (a = b) := propext ⟨eq_of_heq, heq_of_eq⟩
@[simp] theorem cast_eq {α : Sort u} (h : α = α) (a : α) : cast h a = a := rfl
theorem cast_heq {α β : Sort u} (h : α = β) (a : α) : HEq (cast h a) a := by subst h; exact HEq.rfl
-- Fin -------------------------------------------------------------------------------------------
namespace Fin
variable {n m : Nat}
@[ext] protected theorem ext {a b : Fin n} (h : (a : Nat) = b) : a = b := eq_of_val_eq h
theorem val_inj {a b : Fin n} : a.1 = b.1 ↔ a = b := ⟨eq_of_val_eq, val_eq_of_eq⟩
theorem val_ne_of_ne {i j : Fin n} (h : i ≠ j) : i.val ≠ j.val := fun e => h (eq_of_val_eq e)
theorem is_lt (a : Fin n) : (a : Nat) < n := a.isLt
theorem val_lt_of_le (i : Fin n) (h : n ≤ m) : i.val < m := Nat.lt_of_lt_of_le i.isLt h
theorem is_le (i : Fin (n + 1)) : (i : Nat) ≤ n := Nat.le_of_lt_succ i.isLt
theorem pos (i : Fin n) : 0 < n := Nat.lt_of_le_of_lt (Nat.zero_le _) i.isLt
@[simp] protected theorem eta (a : Fin n) (h : (a : Nat) < n) : (⟨a, h⟩ : Fin n) = a := rfl
@[simp] theorem val_mk {m n : Nat} (h : m < n) : (⟨m, h⟩ : Fin n).val = m := rfl
theorem mk.inj_iff {a b : Nat} {ha : a < n} {hb : b < n} : (⟨a, ha⟩ : Fin n) = ⟨b, hb⟩ ↔ a = b := ⟨fun h => val_eq_of_eq h, fun h => eq_of_val_eq h⟩
theorem val_eq_val {a b : Fin n} : (a : Nat) = b ↔ a = b := val_inj
theorem lt_def {a b : Fin n} : a < b ↔ a.val < b.val := Iff.rfl
theorem le_def {a b : Fin n} : a ≤ b ↔ a.val ≤ b.val := Iff.rfl
theorem lt_iff_val_lt_val {a b : Fin n} : a < b ↔ a.val < b.val := Iff.rfl
theorem le_iff_val_le_val {a b : Fin n} : a ≤ b ↔ a.val ≤ b.val := Iff.rfl
@[simp] theorem val_zero (n : Nat) [NeZero n] : ((0 : Fin n) : Nat) = 0 := Nat.zero_mod n
@[simp] theorem val_succ (j : Fin n) : (j.succ : Nat) = j + 1 := rfl
@[simp] theorem val_last (n : Nat) : (last n).val = n := rfl
@[simp] theorem val_castSucc (i : Fin n) : (i.castSucc : Nat) = i := rfl
@[simp] theorem val_castLE (h : n ≤ m) (i : Fin n) : (i.castLE h : Nat) = i := rfl
@[simp] theorem val_cast (h : n = m) (i : Fin n) : (i.cast h : Nat) = i := rfl
theorem val_add (a b : Fin n) : (a + b).val = (a.val + b.val) % n := match a, b with | ⟨_, _⟩, ⟨_, _⟩ => rfl
theorem val_mul (a b : Fin n) : (a * b).val = (a.val * b.val) % n := match a, b with | ⟨_, _⟩, ⟨_, _⟩ => rfl
theorem succ_inj {a b : Fin n} : a.succ = b.succ ↔ a = b := by simp only [← val_inj, val_succ]; omega
theorem succ_ne_zero : (k : Fin n) → Fin.succ k ≠ 0 := fun k h => by have := val_eq_of_eq h; simp at this
theorem le_last (i : Fin (n + 1)) : i ≤ last n := Nat.le_of_lt_succ i.isLt
protected theorem le_refl (a : Fin n) : a ≤ a := Nat.le_refl _
protected theorem le_trans {a b c : Fin n} (h : a ≤ b) (h' : b ≤ c) : a ≤ c := Nat.le_trans h h'
protected theorem lt_trans {a b c : Fin n} (h : a < b) (h' : b < c) : a < c := Nat.lt_trans h h'
protected theorem lt_irrefl (a : Fin n) : ¬a < a := Nat.lt_irrefl _
protected theorem le_antisymm {a b : Fin n} (h : a ≤ b) (h' : b ≤ a) : a = b := eq_of_val_eq (Nat.le_antisymm h h')
protected theorem le_total (a b : Fin n) : a ≤ b ∨ b ≤ a := Nat.le_total _ _
protected theorem not_le {a b : Fin n} : ¬a ≤ b ↔ b < a := Nat.not_le
protected theorem not_lt {a b : Fin n} : ¬a < b ↔ b ≤ a := Nat.not_lt
@[elab_as_elim] def cases {motive : Fin (n + 1) → Sort u} (zero : motive 0) (succ : ∀ i : Fin n, motive i.succ) : ∀ i : Fin (n + 1), motive i
  | ⟨0, _⟩ => (eq_of_val_eq (val_zero (n + 1)) : (0 : Fin (n + 1)) = ⟨0, Nat.succ_pos n⟩) ▸ zero
  | ⟨i+1, h⟩ => succ ⟨i, Nat.le_of_succ_le_succ h⟩
theorem forall_fin_succ {P : Fin (n + 1) → Prop} : (∀ i, P i) ↔ P 0 ∧ ∀ i : Fin n, P i.succ := ⟨fun H => ⟨H 0, fun i => H i.succ⟩, fun ⟨h, h'⟩ i => cases (motive := P) h h' i⟩
theorem exists_fin_succ {P : Fin (n + 1) → Prop} : (∃ i, P i) ↔ P 0 ∨ ∃ i : Fin n, P i.succ :=
  ⟨fun ⟨i, h⟩ => cases (motive := fun i => P i → _) .inl (fun i h => .inr ⟨i, h⟩) i h, fun h => h.elim (⟨0, ·⟩) fun ⟨i, h⟩ => ⟨i.succ, h⟩⟩
theorem forall_fin_zero {P : Fin 0 → Prop} : (∀ i, P i) ↔ True := ⟨fun _ => trivial, fun _ i => i.elim0⟩
theorem forall_fin_one {P : Fin 1 → Prop} : (∀ i, P i) ↔ P 0 := ⟨fun h => h 0, fun h i => by have : i = 0 := Fin.ext (by have := i.isLt; simp; omega); rw [this]; exact h⟩
theorem forall_fin_two {P : Fin 2 → Prop} : (∀ i, P i) ↔ P 0 ∧ P 1 := forall_fin_succ.trans (and_congr Iff.rfl forall_fin_one)
end Fin
instance Nat.decidableForallFin {n : Nat} (P : Fin n → Prop) [DecidablePred P] : Decidable (∀ i, P i) :=
  decidable_of_iff (∀ k h, P ⟨k, h⟩) ⟨fun h ⟨k, hk⟩ => h k hk, fun h k hk => h ⟨k, hk⟩⟩
instance Nat.decidableExistsLT {p : Nat → Prop} [h : DecidablePred p] : DecidablePred fun n => ∃ m : Nat, m < n ∧ p m
  | 0 => isFalse fun ⟨_, h, _⟩ => Nat.not_lt_zero _ h
  | n+1 => match decidableExistsLT n, h n with
    | isTrue h, _ => isTrue (match h with | ⟨m, hm, h⟩ => ⟨m, .step hm, h⟩)
    | _, isTrue h => isTrue ⟨n, Nat.lt_succ_self n, h⟩
    | isFalse h, isFalse h' => isFalse fun ⟨m, hm, hp⟩ =>
      (Nat.eq_or_lt_of_le (Nat.le_of_lt_succ hm)).elim (fun e => h' (e ▸ hp)) fun hm => h ⟨m, hm, hp⟩
instance Nat.decidableExistsLE {p : Nat → Prop} [DecidablePred p] : DecidablePred fun n => ∃ m : Nat, m ≤ n ∧ p m :=
  fun n => decidable_of_iff (∃ m, m < n + 1 ∧ p m) ⟨fun ⟨m, h, hp⟩ => ⟨m, Nat.le_of_lt_succ h, hp⟩, fun ⟨m, h, hp⟩ => ⟨m, Nat.lt_succ_of_le h, hp⟩⟩
instance Nat.decidableExistsFin {n : Nat} (P : Fin n → Prop) [DecidablePred P] : Decidable (∃ i, P i) :=
  match Nat.decidableForallFin (fun i => ¬P i) with
  | isTrue h => isFalse fun ⟨i, hi⟩ => h i hi
  | isFalse h => isTrue (Classical.byContradiction fun hn => h fun i hi => hn ⟨i, hi⟩)
-- quotients -------------------------------------------------------------------------------------
structure Equivalence {α : Sort u} (r : α → α → Prop) : Prop where
  refl : ∀ x, r x x
  symm : ∀ {x y}, r x y → r y x
  trans : ∀ {x y z}, r x y → r y z → r x z
theorem eq_equivalence {α : Sort u} : Equivalence (@Eq α) := ⟨Eq.refl, Eq.symm, Eq.trans⟩
class Setoid (α : Sort u) where
  r : α → α → Prop
  iseqv : Equivalence r
instance {α : Sort u} [Setoid α] : HasEquiv α := ⟨Setoid.r⟩
namespace Setoid
variable {α : Sort u} [Setoid α]
@[refl] theorem refl (a : α) : a ≈ a := iseqv.refl a
@[symm] theorem symm {a b : α} (hab : a ≈ b) : b ≈ a := iseqv.symm hab
theorem trans {a b c : α} (hab : a ≈ b) (hbc : b ≈ c) : a ≈ c := iseqv.trans hab hbc
end Setoid
@[elab_as_elim] protected theorem Quot.inductionOn {α : Sort u} {r : α → α → Prop} {motive : Quot r → Prop} (q : Quot r) (h : ∀ a, motive (Quot.mk r a)) : motive q := Quot.ind h q
protected abbrev Quot.liftOn {α : Sort u} {β : Sort v} {r : α → α → Prop} (q : Quot r) (f : α → β) (c : ∀ a b, r a b → f a = f b) : β := Quot.lift f c q
theorem Quot.exists_rep {α : Sort u} {r : α → α → Prop} (q : Quot r) : ∃ a, Quot.mk r a = q := Quot.inductionOn q fun a => ⟨a, rfl⟩
def Quotient {α : Sort u} (s : Setoid α) := @Quot α Setoid.r
namespace Quotient
protected def mk {α : Sort u} (s : Setoid α) (a : α) : Quotient s := Quot.mk Setoid.r a
protected def mk' {α : Sort u} [s : Setoid α] (a : α) : Quotient s := Quotient.mk s a
theorem sound {α : Sort u} {s : Setoid α} {a b : α} (h : a ≈ b) : Quotient.mk s a = Quotient.mk s b := Quot.sound h
protected abbrev lift {α : Sort u} {β : Sort v} {s : Setoid α} (f : α → β) (h : ∀ a b, a ≈ b → f a = f b) : Quotient s → β := Quot.lift f h
protected abbrev liftOn {α : Sort u} {β : Sort v} {s : Setoid α} (q : Quotient s) (f : α → β) (c : ∀ a b, a ≈ b → f a = f b) : β := Quot.lift f c q
protected theorem ind {α : Sort u} {s : Setoid α} {motive : Quotient s → Prop} (h : ∀ a, motive (Quotient.mk s a)) (q : Quotient s) : motive q := Quot.ind h q
@[elab_as_elim] protected theorem inductionOn {α : Sort u} {s : Setoid α} {motive : Quotient s → Prop} (q : Quotient s) (h : ∀ a, motive (Quotient.mk s a)) : motive q :=
  Quot.ind h q
theorem exists_rep {α : Sort u} {s : Setoid α} (q : Quotient s) : ∃ a, Quotient.mk s a = q := Quot.exists_rep q
theorem exact {α : Sort u} {s : Setoid α} {a b : α} (h : Quotient.mk s a = Quotient.mk s b) : a ≈ b := by
  have key : ∀ q : Quotient s, q = Quotient.mk s b → (Quotient.liftOn q (fun x => x ≈ b)
      fun x y hxy => propext ⟨fun h => Setoid.trans (Setoid.symm hxy) h, fun h => Setoid.trans hxy h⟩) := by
    intro q e; rw [e]; exact Setoid.refl b
  exact key _ h
theorem eq {α : Sort u} {s : Setoid α} {a b : α} : Quotient.mk s a = Quotient.mk s b ↔ a ≈ b := ⟨exact, sound⟩
end Quotient
