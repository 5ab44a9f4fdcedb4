/-
Lemmas on List, with the names and simp marks of Lean's core: membership, indexing, length, append, reverse, map, filter, folds, range.
-/
prelude
import Init.Types
set_option linter.all false
universe u v w
namespace List
variable {α : Type u} {β : Type v} {γ : Type w}
-- constructors and membership
theorem cons_ne_nil (a : α) (l : List α) : a :: l ≠ [] := nofun
theorem nil_ne_cons (a : α) (l : List α) : [] ≠ a :: l := nofun
theorem cons_inj_right (a : α) {l l' : List α} : a :: l = a :: l' ↔ l = l' := ⟨fun h => (cons.inj h).2, congrArg _⟩
theorem cons_eq_cons {a b : α} {l l' : List α} : a :: l = b :: l' ↔ a = b ∧ l = l' := ⟨cons.inj, fun ⟨h, h'⟩ => h ▸ h' ▸ rfl⟩
theorem exists_cons_of_ne_nil : {l : List α} → l ≠ [] → ∃ b L, l = b :: L | [], h => absurd rfl h | b :: L, _ => ⟨b, L, rfl⟩
theorem ne_nil_iff_exists_cons {l : List α} : l ≠ [] ↔ ∃ b L, l = b :: L := ⟨exists_cons_of_ne_nil, fun ⟨_, _, h⟩ => h ▸ nofun⟩
@[simp] theorem not_mem_nil {a : α} : ¬a ∈ ([] : List α) := nofun
theorem mem_cons {a b : α} {l : List α} : a ∈ b :: l ↔ a = b ∨ a ∈ l :=
  ⟨fun h => match h with | .head _ => .inl rfl | .tail _ h => .inr h, fun h => match h with | .inl e => e ▸ .head _ | .inr h => .tail _ h⟩
attribute [simp] mem_cons
theorem mem_cons_self {a : α} {l : List α} : a ∈ a :: l := .head l
theorem mem_cons_of_mem (y : α) {a : α} {l : List α} (h : a ∈ l) : a ∈ y :: l := .tail _ h
theorem eq_or_mem_of_mem_cons {a b : α} {l : List α} (h : a ∈ b :: l) : a = b ∨ a ∈ l := mem_cons.1 h
theorem mem_singleton_self (a : α) : a ∈ [a] := .head _
theorem mem_singleton {a b : α} : a ∈ [b] ↔ a = b := by simp
theorem eq_of_mem_singleton {a b : α} (h : a ∈ [b]) : a = b := mem_singleton.1 h
theorem mem_of_mem_cons_of_mem {a b : α} {l : List α} (h : a ∈ b :: l) (h' : b ∈ l) : a ∈ l := (mem_cons.1 h).elim (· ▸ h') id
theorem forall_mem_cons {p : α → Prop} {a : α} {l : List α} : (∀ x, x ∈ a :: l → p x) ↔ p a ∧ ∀ x, x ∈ l → p x :=
  ⟨fun h => ⟨h a (.head _), fun x hx => h x (.tail _ hx)⟩, fun ⟨h, h'⟩ x hx => match hx with | .head _ => h | .tail _ hx => h' x hx⟩
theorem forall_mem_nil (p : α → Prop) : ∀ x, x ∈ ([] : List α) → p x := nofun
theorem exists_mem_cons {p : α → Prop} {a : α} {l : List α} : (∃ x, ∃ _ : x ∈ a :: l, p x) ↔ p a ∨ ∃ x, ∃ _ : x ∈ l, p x :=
  ⟨fun ⟨x, hx, h⟩ => (mem_cons.1 hx).elim (fun e => .inl (e ▸ h)) fun hx => .inr ⟨x, hx, h⟩,
   fun h => h.elim (fun h => ⟨a, .head _, h⟩) fun ⟨x, hx, h⟩ => ⟨x, .tail _ hx, h⟩⟩
theorem eq_nil_iff_forall_not_mem {l : List α} : l = [] ↔ ∀ a, ¬a ∈ l :=
  ⟨fun h => h ▸ nofun, fun h => match l, h with | [], _ => rfl | a :: _, h => (h a (.head _)).elim⟩
theorem ne_nil_of_mem {a : α} {l : List α} (h : a ∈ l) : l ≠ [] := fun e => by subst e; nomatch h
instance instDecidableMemListOfDecidableEq [DecidableEq α] (a : α) : (l : List α) → Decidable (a ∈ l)
  | [] => isFalse nofun
  | b :: l => match (inferInstance : Decidable (a = b)), instDecidableMemListOfDecidableEq a l with
    | isTrue h, _ => isTrue (mem_cons.2 (.inl h))
    | isFalse _, isTrue h => isTrue (.tail _ h)
    | isFalse h, isFalse h' => isFalse fun hm => (mem_cons.1 hm).elim h h'
instance decidableBAll (p : α → Prop) [DecidablePred p] : (l : List α) → Decidable (∀ x, x ∈ l → p x)
  | [] => isTrue nofun
  | a :: l => match (inferInstance : Decidable (p a)), decidableBAll p l with
    | isTrue h, isTrue h' => isTrue (forall_mem_cons.2 ⟨h, h'⟩)
    | isFalse h, _ => isFalse fun H => h (H a (.head _))
    | _, isFalse h => isFalse fun H => h fun x hx => H x (.tail _ hx)
instance decidableBEx (p : α → Prop) [DecidablePred p] : (l : List α) → Decidable (∃ x, x ∈ l ∧ p x)
  | [] => isFalse nofun
  | a :: l => match (inferInstance : Decidable (p a)), decidableBEx p l with
    | isTrue h, _ => isTrue ⟨a, .head _, h⟩
    | isFalse _, isTrue h => isTrue (match h with | ⟨x, hx, h⟩ => ⟨x, .tail _ hx, h⟩)
    | isFalse h, isFalse h' => isFalse fun ⟨x, hx, hp⟩ => (mem_cons.1 hx).elim (fun e => h (e ▸ hp)) fun hx => h' ⟨x, hx, hp⟩
-- length
@[simp] theorem length_nil : length ([] : List α) = 0 := rfl
@[simp] theorem length_cons {a : α} {as : List α} : (a :: as).length = as.length + 1 := rfl
theorem length_singleton {a : α} : length [a] = 1 := rfl
theorem eq_nil_of_length_eq_zero : {l : List α} → length l = 0 → l = [] | [], _ => rfl
theorem length_eq_zero_iff {l : List α} : length l = 0 ↔ l = [] := ⟨eq_nil_of_length_eq_zero, fun h => h ▸ rfl⟩
attribute [simp] length_eq_zero_iff
theorem length_pos_of_mem {a : α} : {l : List α} → a ∈ l → 0 < length l | _ :: _, _ => Nat.zero_lt_succ _
theorem length_pos_iff {l : List α} : 0 < length l ↔ l ≠ [] := by cases l <;> simp [Nat.zero_lt_succ]
theorem length_pos_of_ne_nil {l : List α} (h : l ≠ []) : 0 < length l := length_pos_iff.2 h
theorem ne_nil_of_length_pos {l : List α} (h : 0 < length l) : l ≠ [] := length_pos_iff.1 h
theorem ne_nil_of_length_eq_add_one {l : List α} {n : Nat} (h : length l = n + 1) : l ≠ [] := fun e => by rw [e] at h; nomatch h
theorem length_eq_one_iff {l : List α} : length l = 1 ↔ ∃ a, l = [a] :=
  ⟨fun h => match l, h with | [a], _ => ⟨a, rfl⟩, fun ⟨a, h⟩ => h ▸ rfl⟩
theorem exists_mem_of_length_pos : {l : List α} → 0 < length l → ∃ a, a ∈ l | a :: _, _ => ⟨a, .head _⟩
@[simp] theorem isEmpty_nil : ([] : List α).isEmpty = true := rfl
@[simp] theorem isEmpty_cons {x : α} {xs : List α} : (x :: xs).isEmpty = false := rfl
@[simp] theorem isEmpty_iff {l : List α} : l.isEmpty = true ↔ l = [] := by cases l <;> simp
-- append
@[simp] theorem nil_append (as : List α) : [] ++ as = as := rfl
@[simp] theorem cons_append {a : α} {as bs : List α} : (a :: as) ++ bs = a :: (as ++ bs) := rfl
@[simp] theorem append_nil (as : List α) : as ++ [] = as := by induction as with | nil => rfl | cons a as ih => rw [cons_append, ih]
@[simp] theorem append_eq {as bs : List α} : List.append as bs = as ++ bs := rfl
@[simp] theorem append_assoc (as bs cs : List α) : (as ++ bs) ++ cs = as ++ (bs ++ cs) := by
  induction as with | nil => rfl | cons a as ih => rw [cons_append, cons_append, cons_append, ih]
theorem append_cons (as : List α) (b : α) (bs : List α) : as ++ b :: bs = as ++ [b] ++ bs := by simp
theorem singleton_append {x : α} {l : List α} : [x] ++ l = x :: l := rfl
@[simp] theorem length_append {as bs : List α} : (as ++ bs).length = as.length + bs.length := by
  induction as with | nil => simp | cons a as ih => simp [ih]; omega
@[simp] theorem mem_append {a : α} {s t : List α} : a ∈ s ++ t ↔ a ∈ s ∨ a ∈ t := by induction s with | nil => simp | cons b s ih => simp [ih, or_assoc]
theorem mem_append_left {a : α} {as : List α} (bs : List α) (h : a ∈ as) : a ∈ as ++ bs := mem_append.2 (.inl h)
theorem mem_append_right {b : α} (as : List α) {bs : List α} (h : b ∈ bs) : b ∈ as ++ bs := mem_append.2 (.inr h)
theorem append_of_mem {a : α} {l : List α} (h : a ∈ l) : ∃ s t : List α, l = s ++ a :: t := by
  induction h with
  | head as => exact ⟨[], as, rfl⟩
  | tail b _ ih => obtain ⟨s, t, rfl⟩ := ih; exact ⟨b :: s, t, rfl⟩
theorem mem_iff_append {a : α} {l : List α} : a ∈ l ↔ ∃ s t : List α, l = s ++ a :: t := ⟨append_of_mem, fun ⟨_, _, e⟩ => e ▸ by simp⟩
theorem append_cancel_left {as bs cs : List α} (h : as ++ bs = as ++ cs) : bs = cs := by
  induction as with | nil => exact h | cons a as ih => exact ih (cons.inj h).2
theorem append_inj_left' : {s₁ s₂ t₁ t₂ : List α} → s₁ ++ t₁ = s₂ ++ t₂ → length s₁ = length s₂ → s₁ = s₂ ∧ t₁ = t₂
  | [], [], _, _, h, _ => ⟨rfl, h⟩
  | a :: s₁, b :: s₂, t₁, t₂, h, hl => by
    have h := cons.inj h
    have := append_inj_left' h.2 (Nat.succ.inj hl)
    exact ⟨by rw [h.1, this.1], this.2⟩
theorem append_inj {s₁ s₂ t₁ t₂ : List α} (h : s₁ ++ t₁ = s₂ ++ t₂) (hl : length s₁ = length s₂) : s₁ = s₂ ∧ t₁ = t₂ := append_inj_left' h hl
theorem append_inj' {s₁ s₂ t₁ t₂ : List α} (h : s₁ ++ t₁ = s₂ ++ t₂) (hl : length t₁ = length t₂) : s₁ = s₂ ∧ t₁ = t₂ :=
  append_inj h (by have := congrArg length h; rw [length_append, length_append] at this; omega)
theorem append_cancel_right {as bs cs : List α} (h : as ++ bs = cs ++ bs) : as = cs := (append_inj' h rfl).1
@[simp] theorem append_cancel_left_eq (as bs cs : List α) : (as ++ bs = as ++ cs) = (bs = cs) := propext ⟨append_cancel_left, congrArg _⟩
@[simp] theorem append_cancel_right_eq (as bs cs : List α) : (as ++ bs = cs ++ bs) = (as = cs) := propext ⟨append_cancel_right, fun h => h ▸ rfl⟩
theorem append_right_inj {t₁ t₂ : List α} (s : List α) : s ++ t₁ = s ++ t₂ ↔ t₁ = t₂ := ⟨append_cancel_left, congrArg _⟩
theorem append_left_inj {s₁ s₂ : List α} (t : List α) : s₁ ++ t = s₂ ++ t ↔ s₁ = s₂ := ⟨append_cancel_right, fun h => h ▸ rfl⟩
theorem append_eq_nil_iff {p q : List α} : p ++ q = [] ↔ p = [] ∧ q = [] := by cases p <;> simp
attribute [simp] append_eq_nil_iff
theorem append_ne_nil_of_left_ne_nil {s : List α} (h : s ≠ []) (t : List α) : s ++ t ≠ [] := by simp_all
theorem append_ne_nil_of_right_ne_nil (s : List α) {t : List α} (h : t ≠ []) : s ++ t ≠ [] := by simp_all
theorem concat_eq_append {as : List α} {a : α} : as.concat a = as ++ [a] := by induction as with | nil => rfl | cons b as ih => show b :: concat as a = _; rw [ih]; rfl
attribute [simp] concat_eq_append
theorem length_concat {as : List α} {a : α} : (concat as a).length = as.length + 1 := by simp
-- reverse
@[simp] theorem reverse_nil : ([] : List α).reverse = [] := rfl
@[simp] theorem reverseAux_eq (as bs : List α) : reverseAux as bs = reverse as ++ bs := by
  have key : ∀ (as bs cs : List α), reverseAux as (bs ++ cs) = reverseAux as bs ++ cs := by
    intro as; induction as with | nil => intros; rfl | cons a as ih => intro bs cs; exact ih (a :: bs) cs
  exact key as [] bs
@[simp] theorem reverse_cons {a : α} {as : List α} : reverse (a :: as) = reverse as ++ [a] := reverseAux_eq as [a]
@[simp] theorem reverse_append {as bs : List α} : (as ++ bs).reverse = bs.reverse ++ as.reverse := by
  induction as with | nil => simp | cons a as ih => simp [ih]
@[simp] theorem reverse_reverse (as : List α) : as.reverse.reverse = as := by induction as with | nil => rfl | cons a as ih => simp [ih]
@[simp] theorem length_reverse {as : List α} : (as.reverse).length = as.length := by induction as with | nil => rfl | cons a as ih => simp [ih]
@[simp] theorem mem_reverse {x : α} {as : List α} : x ∈ reverse as ↔ x ∈ as := by induction as with | nil => simp | cons a as ih => simp [ih, or_comm]
theorem reverse_singleton (a : α) : reverse [a] = [a] := rfl
theorem reverse_concat (l : List α) (a : α) : (l ++ [a]).reverse = a :: l.reverse := by simp
theorem reverse_inj {xs ys : List α} : xs.reverse = ys.reverse ↔ xs = ys := ⟨fun h => by rw [← reverse_reverse xs, h, reverse_reverse], congrArg _⟩
attribute [simp] reverse_inj
theorem reverse_eq_iff {as bs : List α} : as.reverse = bs ↔ as = bs.reverse := ⟨fun h => by rw [← h, reverse_reverse], fun h => by rw [h, reverse_reverse]⟩
@[simp] theorem reverse_eq_nil_iff {xs : List α} : xs.reverse = [] ↔ xs = [] := by rw [reverse_eq_iff]; rfl
@[elab_as_elim] theorem reverseRecOn' {motive : List α → Prop} (l : List α) (nil : motive []) (append_singleton : ∀ l a, motive l → motive (l ++ [a])) : motive l := by
  have key : ∀ l : List α, motive l.reverse := by
    intro l; induction l with | nil => exact nil | cons a l ih => rw [reverse_cons]; exact append_singleton _ a ih
  have := key l.reverse; rw [reverse_reverse] at this; exact this
-- map
@[simp] theorem map_nil {f : α → β} : map f [] = [] := rfl
@[simp] theorem map_cons {f : α → β} {a : α} {l : List α} : map f (a :: l) = f a :: map f l := rfl
@[simp] theorem length_map {as : List α} (f : α → β) : (as.map f).length = as.length := by induction as with | nil => rfl | cons a as ih => simp [ih]
@[simp] theorem map_append {f : α → β} {l₁ l₂ : List α} : map f (l₁ ++ l₂) = map f l₁ ++ map f l₂ := by induction l₁ with | nil => rfl | cons a l ih => simp [ih]
@[simp] theorem map_map {g : β → γ} {f : α → β} {l : List α} : map g (map f l) = map (g ∘ f) l := by induction l with | nil => rfl | cons a l ih => simp [ih]
@[simp] theorem map_id_fun (l : List α) : map id l = l := by induction l with | nil => rfl | cons a l ih => simp [ih]
theorem map_id (l : List α) : map id l = l := map_id_fun l
@[simp] theorem map_id_fun' (l : List α) : map (fun a => a) l = l := map_id_fun l
theorem map_id' (l : List α) : map (fun a => a) l = l := map_id_fun l
@[simp] theorem mem_map {b : β} {f : α → β} {l : List α} : b ∈ l.map f ↔ ∃ a, a ∈ l ∧ f a = b := by
  induction l with
  | nil => simp
  | cons a l ih => rw [map_cons, mem_cons, ih]; exact ⟨fun h => h.elim (fun e => ⟨a, .head _, e.symm⟩) fun ⟨x, hx, e⟩ => ⟨x, .tail _ hx, e⟩,
      fun ⟨x, hx, e⟩ => (mem_cons.1 hx).elim (fun e' => .inl (by rw [← e, e'])) fun hx => .inr ⟨x, hx, e⟩⟩
theorem mem_map_of_mem {f : α → β} {a : α} {l : List α} (h : a ∈ l) : f a ∈ map f l := mem_map.2 ⟨a, h, rfl⟩
theorem exists_of_mem_map {f : α → β} {l : List α} {b : β} (h : b ∈ map f l) : ∃ a, a ∈ l ∧ f a = b := mem_map.1 h
theorem map_congr_left {f g : α → β} {l : List α} (h : ∀ a, a ∈ l → f a = g a) : map f l = map g l := by
  induction l with | nil => rfl | cons a l ih => rw [map_cons, map_cons, h a (.head _), ih fun x hx => h x (.tail _ hx)]
theorem map_reverse {f : α → β} {l : List α} : map f l.reverse = (map f l).reverse := by induction l with | nil => rfl | cons a l ih => simp [ih]
attribute [simp] map_reverse
theorem map_eq_nil_iff {f : α → β} {l : List α} : map f l = [] ↔ l = [] := by cases l <;> simp
attribute [simp] map_eq_nil_iff
theorem map_singleton {f : α → β} {a : α} : map f [a] = [f a] := rfl
theorem map_inj_right {f : α → β} (w : ∀ x y, f x = f y → x = y) : {l l' : List α} → map f l = map f l' → l = l'
  | [], [], _ => rfl
  | a :: l, b :: l', h => by have h := cons.inj h; rw [w a b h.1, map_inj_right w h.2]
-- filter
@[simp] theorem filter_nil {p : α → Bool} : filter p [] = [] := rfl
theorem filter_cons {x : α} {xs : List α} {p : α → Bool} : (x :: xs).filter p = if p x then x :: xs.filter p else xs.filter p := by
  cases h : p x <;> simp [filter, h]
@[simp] theorem filter_cons_of_pos {p : α → Bool} {a : α} {l : List α} (pa : p a = true) : filter p (a :: l) = a :: filter p l := by simp [filter, pa]
@[simp] theorem filter_cons_of_neg {p : α → Bool} {a : α} {l : List α} (pa : ¬p a = true) : filter p (a :: l) = filter p l := by
  rw [Bool.not_eq_true] at pa; simp [filter, pa]
@[simp] theorem mem_filter {x : α} {p : α → Bool} {as : List α} : x ∈ filter p as ↔ x ∈ as ∧ p x = true := by
  induction as with
  | nil => simp
  | cons a as ih =>
    by_cases h : p a = true
    · rw [filter_cons_of_pos h, mem_cons, mem_cons, ih]
      exact ⟨fun h' => h'.elim (fun e => ⟨.inl e, e ▸ h⟩) fun h' => ⟨.inr h'.1, h'.2⟩, fun h' => h'.1.elim .inl fun hm => .inr ⟨hm, h'.2⟩⟩
    · rw [filter_cons_of_neg h, mem_cons, ih]
      exact ⟨fun h' => ⟨.inr h'.1, h'.2⟩, fun h' => ⟨h'.1.elim (fun e => (h (e ▸ h'.2)).elim) id, h'.2⟩⟩
theorem mem_of_mem_filter {a : α} {p : α → Bool} {l : List α} (h : a ∈ filter p l) : a ∈ l := (mem_filter.1 h).1
theorem of_mem_filter {a : α} {p : α → Bool} {l : List α} (h : a ∈ filter p l) : p a = true := (mem_filter.1 h).2
theorem mem_filter_of_mem {a : α} {p : α → Bool} {l : List α} (h : a ∈ l) (h' : p a = true) : a ∈ filter p l := mem_filter.2 ⟨h, h'⟩
@[simp] theorem filter_append {p : α → Bool} (l₁ l₂ : List α) : filter p (l₁ ++ l₂) = filter p l₁ ++ filter p l₂ := by
  induction l₁ with | nil => rfl | cons a l ih => by_cases h : p a = true <;> simp [h, ih]
@[simp] theorem filter_filter {p q : α → Bool} {l : List α} : filter p (filter q l) = filter (fun a => p a && q a) l := by
  induction l with | nil => rfl | cons a l ih => by_cases hp : p a = true <;> by_cases hq : q a = true <;> simp [hp, hq, ih]
theorem length_filter_le (p : α → Bool) (l : List α) : (l.filter p).length ≤ l.length := by
  induction l with | nil => simp | cons a l ih => by_cases h : p a = true <;> simp [h] <;> omega
theorem filter_eq_self {p : α → Bool} {l : List α} : filter p l = l ↔ ∀ a, a ∈ l → p a = true := by
  induction l with
  | nil => simp
  | cons a l ih =>
    rw [forall_mem_cons, ← ih]
    by_cases h : p a = true
    · rw [filter_cons_of_pos h]; exact ⟨fun e => ⟨h, (cons.inj e).2⟩, fun e => by rw [e.2]⟩
    · rw [filter_cons_of_neg h]
      refine ⟨fun e => ?_, fun e => (h e.1).elim⟩
      have := length_filter_le p l; rw [e, length_cons] at this; omega
theorem filter_eq_nil_iff {p : α → Bool} {l : List α} : filter p l = [] ↔ ∀ a, a ∈ l → ¬p a = true := by
  rw [eq_nil_iff_forall_not_mem]; exact ⟨fun h a ha hp => h a (mem_filter.2 ⟨ha, hp⟩), fun h a ha => h a (mem_filter.1 ha).1 (mem_filter.1 ha).2⟩
theorem filter_map {f : β → α} {p : α → Bool} {l : List β} : filter p (map f l) = map f (filter (p ∘ f) l) := by
  induction l with | nil => rfl | cons a l ih => by_cases h : p (f a) = true <;> simp [h, ih]
@[simp] theorem filterMap_nil {f : α → Option β} : filterMap f [] = [] := rfl
theorem filterMap_cons {f : α → Option β} {a : α} {l : List α} : filterMap f (a :: l) = match f a with | none => filterMap f l | some b => b :: filterMap f l := by
  cases h : f a <;> simp [filterMap, h]
-- folds
@[simp] theorem foldl_nil {f : α → β → α} {b : α} : [].foldl f b = b := rfl
@[simp] theorem foldl_cons {l : List α} {f : β → α → β} {b : β} {a : α} : (a :: l).foldl f b = l.foldl f (f b a) := rfl
@[simp] theorem foldr_nil {f : α → β → β} {b : β} : [].foldr f b = b := rfl
@[simp] theorem foldr_cons {a : α} {l : List α} {f : α → β → β} {b : β} : (a :: l).foldr f b = f a (l.foldr f b) := rfl
@[simp] theorem foldl_append {f : β → α → β} {b : β} {l l' : List α} : (l ++ l').foldl f b = l'.foldl f (l.foldl f b) := by
  induction l generalizing b with | nil => rfl | cons a l ih => exact ih
@[simp] theorem foldr_append {f : α → β → β} {b : β} {l l' : List α} : (l ++ l').foldr f b = l.foldr f (l'.foldr f b) := by
  induction l with | nil => rfl | cons a l ih => simp [ih]
@[simp] theorem foldl_reverse {l : List α} {f : β → α → β} {b : β} : l.reverse.foldl f b = l.foldr (fun x y => f y x) b := by
  induction l with | nil => rfl | cons a l ih => simp [ih]
@[simp] theorem foldr_reverse {l : List α} {f : α → β → β} {b : β} : l.reverse.foldr f b = l.foldl (fun x y => f y x) b := by
  induction l generalizing b with | nil => rfl | cons a l ih => simp [ih]
theorem foldl_map {f : β → α} {g : γ → α → γ} {l : List β} {init : γ} : (l.map f).foldl g init = l.foldl (fun x y => g x (f y)) init := by
  induction l generalizing init with | nil => rfl | cons a l ih => exact ih
theorem foldr_map {f : β → α} {g : α → γ → γ} {l : List β} {init : γ} : (l.map f).foldr g init = l.foldr (fun x y => g (f x) y) init := by
  induction l with | nil => rfl | cons a l ih => simp [ih]
@[simp] theorem foldr_cons_nil (l : List α) : l.foldr cons [] = l := by induction l with | nil => rfl | cons a l ih => simp [ih]
@[simp] theorem sum_nil [Add α] [Zero α] : ([] : List α).sum = 0 := rfl
@[simp] theorem sum_cons [Add α] [Zero α] {a : α} {l : List α} : (a :: l).sum = a + l.sum := rfl
theorem sum_append_nat {l₁ l₂ : List Nat} : (l₁ ++ l₂).sum = l₁.sum + l₂.sum := by induction l₁ with | nil => simp | cons a l ih => simp [ih]; omega
attribute [simp] sum_append_nat
-- any, all, contains
@[simp] theorem any_nil {f : α → Bool} : [].any f = false := rfl
@[simp] theorem any_cons {a : α} {l : List α} {f : α → Bool} : (a :: l).any f = (f a || l.any f) := rfl
@[simp] theorem all_nil {f : α → Bool} : [].all f = true := rfl
@[simp] theorem all_cons {a : α} {l : List α} {f : α → Bool} : (a :: l).all f = (f a && l.all f) := rfl
theorem any_eq_true {l : List α} {p : α → Bool} : l.any p = true ↔ ∃ x, x ∈ l ∧ p x = true := by
  induction l with
  | nil => simp
  | cons a l ih =>
    rw [any_cons, Bool.or_eq_true_iff, ih]
    exact ⟨fun h => h.elim (fun h => ⟨a, .head _, h⟩) fun ⟨x, hx, h⟩ => ⟨x, .tail _ hx, h⟩,
      fun ⟨x, hx, h⟩ => (mem_cons.1 hx).elim (fun e => .inl (e ▸ h)) fun hx => .inr ⟨x, hx, h⟩⟩
theorem all_eq_true {l : List α} {p : α → Bool} : l.all p = true ↔ ∀ x, x ∈ l → p x = true := by
  induction l with | nil => simp | cons a l ih => rw [all_cons, Bool.and_eq_true_iff, ih, forall_mem_cons]
attribute [simp] any_eq_true all_eq_true
theorem elem_iff [BEq α] [LawfulBEq α] {a : α} {as : List α} : elem a as = true ↔ a ∈ as := by
  induction as with
  | nil => simp [elem]
  | cons b as ih =>
    by_cases h : a = b
    · subst h; simp [elem]
    · simp [elem, beq_false_of_ne h, ih, h]
@[simp] theorem contains_iff_mem [BEq α] [LawfulBEq α] {a : α} {as : List α} : as.contains a = true ↔ a ∈ as := elem_iff
theorem elem_eq_mem [BEq α] [LawfulBEq α] [DecidableEq α] (a : α) (as : List α) : elem a as = decide (a ∈ as) := Bool.eq_iff_iff.2 (by rw [elem_iff, decide_eq_true_eq])
-- indexing
@[simp] theorem get_cons_zero {a : α} {l : List α} {h : 0 < (a :: l).length} : get (a :: l) ⟨0, h⟩ = a := rfl
@[simp] theorem get_cons_succ {a : α} {as : List α} {i : Nat} {h : i + 1 < (a :: as).length} : (a :: as).get ⟨i+1, h⟩ = as.get ⟨i, Nat.lt_of_succ_lt_succ h⟩ := rfl
@[simp] theorem getElem_cons_zero {a : α} {as : List α} {h : 0 < (a :: as).length} : (a :: as)[0] = a := rfl
@[simp] theorem getElem_cons_succ {a : α} {as : List α} {i : Nat} {h : i + 1 < (a :: as).length} :
    (a :: as)[i+1] = as[i]'(Nat.lt_of_succ_lt_succ h) := rfl
@[simp] theorem get_eq_getElem {l : List α} {i : Fin l.length} : l.get i = l[i.1]'i.2 := rfl
@[simp] theorem getElem?_nil {i : Nat} : ([] : List α)[i]? = none := rfl
@[simp] theorem getElem?_cons_zero {a : α} {l : List α} : (a :: l)[0]? = some a := rfl
@[simp] theorem getElem?_cons_succ {a : α} {l : List α} {i : Nat} : (a :: l)[i+1]? = l[i]? := rfl
theorem getElem?_eq_getElem : {l : List α} → {i : Nat} → (h : i < l.length) → l[i]? = some l[i]
  | _ :: _, 0, _ => rfl
  | _ :: l, i+1, h => getElem?_eq_getElem (l := l) (i := i) (Nat.le_of_succ_le_succ h)
attribute [simp] getElem?_eq_getElem
theorem getElem?_eq_none : {l : List α} → {i : Nat} → length l ≤ i → l[i]? = none
  | [], _, _ => rfl
  | _ :: l, i+1, h => getElem?_eq_none (l := l) (i := i) (Nat.le_of_succ_le_succ h)
attribute [simp] getElem?_eq_none
theorem getElem?_eq_none_iff {l : List α} {i : Nat} : l[i]? = none ↔ length l ≤ i :=
  ⟨fun e => Nat.not_lt.1 fun h => (by rw [getElem?_eq_getElem h] at e; exact nomatch e), getElem?_eq_none⟩
theorem getElem?_eq_some_iff {l : List α} {i : Nat} {a : α} : l[i]? = some a ↔ ∃ h : i < l.length, l[i] = a := by
  by_cases h : i < l.length
  · rw [getElem?_eq_getElem h]; exact ⟨fun e => ⟨h, Option.some.inj e⟩, fun ⟨_, e⟩ => congrArg some e⟩
  · rw [getElem?_eq_none (Nat.not_lt.1 h)]; exact ⟨nofun, fun ⟨h', _⟩ => (h h').elim⟩
theorem getElem!_eq_getElem?_getD [Inhabited α] : (l : List α) → (i : Nat) → l[i]! = l[i]?.getD default
  | [], _ => rfl | _ :: _, 0 => rfl | _ :: l, i+1 => getElem!_eq_getElem?_getD l i
attribute [simp] getElem!_eq_getElem?_getD
@[simp] theorem getElem_mem : {l : List α} → {n : Nat} → (h : n < l.length) → l[n]'h ∈ l
  | _ :: _, 0, _ => .head _ | _ :: l, n+1, h => .tail _ (getElem_mem (l := l) (n := n) (Nat.le_of_succ_le_succ h))
theorem getElem_of_mem {a : α} {l : List α} (h : a ∈ l) : ∃ (i : Nat) (h : i < l.length), l[i]'h = a := by
  induction h with
  | head as => exact ⟨0, Nat.zero_lt_succ _, rfl⟩
  | tail b _ ih => obtain ⟨i, h, e⟩ := ih; exact ⟨i + 1, Nat.succ_le_succ h, e⟩
theorem mem_iff_getElem {a : α} {l : List α} : a ∈ l ↔ ∃ (i : Nat) (h : i < l.length), l[i]'h = a := ⟨getElem_of_mem, fun ⟨_, _, e⟩ => e ▸ getElem_mem _⟩
@[ext] theorem ext_getElem? : {l₁ l₂ : List α} → (∀ i : Nat, l₁[i]? = l₂[i]?) → l₁ = l₂
  | [], [], _ => rfl
  | _ :: _, [], h => nomatch h 0
  | [], _ :: _, h => nomatch h 0
  | a :: l₁, b :: l₂, h => by have e : some a = some b := h 0; rw [Option.some.inj e, ext_getElem? (l₁ := l₁) (l₂ := l₂) fun i => h (i + 1)]
theorem ext_getElem {l₁ l₂ : List α} (hl : length l₁ = length l₂) (h : ∀ (i : Nat) (h₁ : i < l₁.length) (h₂ : i < l₂.length), l₁[i]'h₁ = l₂[i]'h₂) : l₁ = l₂ :=
  ext_getElem? fun i => by
    by_cases hi : i < l₁.length
    · rw [getElem?_eq_getElem hi, getElem?_eq_getElem (hl ▸ hi), h]
    · rw [getElem?_eq_none (Nat.not_lt.1 hi), getElem?_eq_none (hl ▸ Nat.not_lt.1 hi)]
theorem getElem?_map {f : α → β} : {l : List α} → {i : Nat} → (map f l)[i]? = Option.map f l[i]? | [], _ => rfl | _ :: _, 0 => rfl | _ :: l, i+1 => getElem?_map (l := l) (i := i)
attribute [simp] getElem?_map
@[simp] theorem getElem_map (f : α → β) : {l : List α} → {i : Nat} → {h : i < (map f l).length} → (map f l)[i] = f (l[i]'(length_map f ▸ h))
  | _ :: _, 0, _ => rfl | _ :: l, i+1, h => getElem_map f (l := l) (i := i) (h := Nat.le_of_succ_le_succ h)
theorem getElem_append_left : {as bs : List α} → {i : Nat} → (h : i < as.length) → {h' : i < (as ++ bs).length} → (as ++ bs)[i] = as[i]
  | _ :: _, _, 0, _, _ => rfl | _ :: as, _, i+1, h, _ => getElem_append_left (as := as) (i := i) (Nat.le_of_succ_le_succ h)
theorem getElem?_append_left {l₁ l₂ : List α} {n : Nat} (hn : n < l₁.length) : (l₁ ++ l₂)[n]? = l₁[n]? := by
  rw [getElem?_eq_getElem hn, getElem?_eq_getElem (by simp; omega), getElem_append_left hn]
theorem getElem?_append_right : {l₁ l₂ : List α} → {n : Nat} → l₁.length ≤ n → (l₁ ++ l₂)[n]? = l₂[n - l₁.length]?
  | [], _, n, _ => by simp
  | _ :: l₁, l₂, n+1, h => by
    have := getElem?_append_right (l₁ := l₁) (l₂ := l₂) (n := n) (Nat.le_of_succ_le_succ h)
    rw [cons_append, getElem?_cons_succ, this, length_cons, Nat.add_sub_add_right]
theorem getD_eq_getElem?_getD {l : List α} {i : Nat} {a : α} : getD l i a = (l[i]?).getD a := rfl
attribute [simp] getD_eq_getElem?_getD
@[simp] theorem set_nil {i : Nat} {a : α} : [].set i a = [] := rfl
@[simp] theorem set_cons_zero {x : α} {xs : List α} {a : α} : (x :: xs).set 0 a = a :: xs := rfl
@[simp] theorem set_cons_succ {x : α} {xs : List α} {i : Nat} {a : α} : (x :: xs).set (i + 1) a = x :: xs.set i a := rfl
@[simp] theorem length_set {as : List α} {i : Nat} {a : α} : (as.set i a).length = as.length := by
  induction as generalizing i with | nil => rfl | cons x as ih => cases i <;> simp [ih]
-- head, tail, last, take, drop
@[simp] theorem head_cons {a : α} {l : List α} {h : a :: l ≠ []} : head (a :: l) h = a := rfl
@[simp] theorem head?_nil : head? ([] : List α) = none := rfl
@[simp] theorem head?_cons {a : α} {l : List α} : head? (a :: l) = some a := rfl
@[simp] theorem headD_nil {d : α} : headD [] d = d := rfl
@[simp] theorem headD_cons {a d : α} {l : List α} : headD (a :: l) d = a := rfl
@[simp] theorem tail_nil : tail ([] : List α) = [] := rfl
@[simp] theorem tail_cons {a : α} {as : List α} : tail (a :: as) = as := rfl
@[simp] theorem head_mem : {l : List α} → (h : l ≠ []) → l.head h ∈ l | [], h => absurd rfl h | _ :: _, _ => .head _
@[simp] theorem length_tail {l : List α} : l.tail.length = l.length - 1 := by cases l <;> simp
theorem head_cons_tail : {l : List α} → (h : l ≠ []) → l.head h :: l.tail = l | [], h => absurd rfl h | _ :: _, _ => rfl
@[simp] theorem getLast_singleton {a : α} (h : [a] ≠ []) : getLast [a] h = a := rfl
theorem getLast_cons {a : α} {as : List α} (h : as ≠ []) : getLast (a :: as) (cons_ne_nil a as) = getLast as h := by cases as with | nil => exact absurd rfl h | cons => rfl
theorem getLast_cons_cons {a b : α} {l : List α} : getLast (a :: b :: l) (cons_ne_nil a (b :: l)) = getLast (b :: l) (cons_ne_nil b l) := rfl
attribute [simp] getLast_cons_cons
theorem getLast_append_singleton {a : α} (l : List α) : getLast (l ++ [a]) (by simp) = a := by
  induction l with | nil => rfl | cons b l ih => exact (getLast_cons (append_ne_nil_of_right_ne_nil l (cons_ne_nil a []))).trans ih
attribute [simp] getLast_append_singleton
@[simp] theorem getLast?_nil : getLast? ([] : List α) = none := rfl
@[simp] theorem getLast?_singleton {a : α} : getLast? [a] = some a := rfl
@[simp] theorem dropLast_nil : ([] : List α).dropLast = [] := rfl
@[simp] theorem dropLast_single {x : α} : [x].dropLast = [] := rfl
@[simp] theorem dropLast_cons₂ {x y : α} {zs : List α} : (x :: y :: zs).dropLast = x :: (y :: zs).dropLast := rfl
@[simp] theorem length_dropLast : {as : List α} → as.dropLast.length = as.length - 1 | [] => rfl | [_] => rfl | _ :: b :: as => by simp [length_dropLast (as := b :: as)]
@[simp] theorem take_zero {l : List α} : l.take 0 = [] := rfl
@[simp] theorem take_nil {i : Nat} : ([] : List α).take i = [] := by cases i <;> rfl
@[simp] theorem take_succ_cons {a : α} {as : List α} {i : Nat} : (a :: as).take (i + 1) = a :: as.take i := rfl
@[simp] theorem drop_zero {l : List α} : l.drop 0 = l := rfl
@[simp] theorem drop_nil {i : Nat} : ([] : List α).drop i = [] := by cases i <;> rfl
@[simp] theorem drop_succ_cons {a : α} {l : List α} {i : Nat} : (a :: l).drop (i + 1) = l.drop i := rfl
@[simp] theorem take_append_drop (i : Nat) (l : List α) : l.take i ++ l.drop i = l := by
  induction l generalizing i with | nil => simp | cons a l ih => cases i <;> simp [ih]
@[simp] theorem length_take {i : Nat} {l : List α} : (l.take i).length = min i l.length := by
  induction l generalizing i with
  | nil => rw [take_nil]; show 0 = min i 0; omega
  | cons a l ih => cases i with | zero => simp [Nat.min_def] | succ i => simp [ih]; omega
@[simp] theorem length_drop {i : Nat} {l : List α} : (l.drop i).length = l.length - i := by
  induction l generalizing i with | nil => simp | cons a l ih => cases i with | zero => rfl | succ i => rw [drop_succ_cons, ih, length_cons]; omega
theorem take_length {l : List α} : l.take l.length = l := by induction l with | nil => rfl | cons a l ih => simp [ih]
theorem drop_length {l : List α} : l.drop l.length = [] := by induction l with | nil => rfl | cons a l ih => simp [ih]
attribute [simp] take_length drop_length
theorem take_of_length_le {l : List α} {i : Nat} (h : l.length ≤ i) : take i l = l := by
  induction l generalizing i with | nil => simp | cons a l ih => cases i with | zero => nomatch h | succ i => rw [take_succ_cons, ih (Nat.le_of_succ_le_succ h)]
theorem drop_drop {i j : Nat} {l : List α} : drop i (drop j l) = drop (j + i) l := by
  induction j generalizing l with | zero => simp | succ j ih => cases l with | nil => simp | cons a l => rw [drop_succ_cons, ih, Nat.add_right_comm, drop_succ_cons]
-- replicate, range, zip, flatten
@[simp] theorem replicate_zero {a : α} : replicate 0 a = [] := rfl
theorem replicate_succ {a : α} {n : Nat} : replicate (n + 1) a = a :: replicate n a := rfl
@[simp] theorem length_replicate {n : Nat} {a : α} : (replicate n a).length = n := by induction n with | zero => rfl | succ n ih => rw [replicate_succ, length_cons, ih]
@[simp] theorem mem_replicate {a b : α} {n : Nat} : b ∈ replicate n a ↔ n ≠ 0 ∧ b = a := by
  induction n with | zero => simp | succ n ih => rw [replicate_succ, mem_cons, ih]; exact ⟨fun h => ⟨nofun, h.elim id And.right⟩, fun h => .inl h.2⟩
theorem eq_of_mem_replicate {a b : α} {n : Nat} (h : b ∈ replicate n a) : b = a := (mem_replicate.1 h).2
theorem map_replicate {f : α → β} {n : Nat} {a : α} : (replicate n a).map f = replicate n (f a) := by induction n with | zero => rfl | succ n ih => simp [replicate_succ, ih]
theorem range_loop_eq (n : Nat) (acc : List Nat) : range.loop n acc = range.loop n [] ++ acc := by
  induction n generalizing acc with
  | zero => rfl
  | succ n ih => show range.loop n (n :: acc) = range.loop n [n] ++ acc; rw [ih, ih [n], append_assoc]; rfl
@[simp] theorem range_zero : range 0 = [] := rfl
theorem range_succ {n : Nat} : range (n + 1) = range n ++ [n] := range_loop_eq n [n]
@[simp] theorem length_range {n : Nat} : (range n).length = n := by induction n with | zero => rfl | succ n ih => simp [range_succ, ih]
@[simp] theorem mem_range {m n : Nat} : m ∈ range n ↔ m < n := by induction n with | zero => simp [Nat.not_lt_zero] | succ n ih => simp [range_succ, ih]; omega
theorem range_eq_nil_iff {n : Nat} : range n = [] ↔ n = 0 := by rw [← length_eq_zero_iff, length_range]
@[simp] theorem zip_nil_left {l : List β} : zip ([] : List α) l = [] := rfl
@[simp] theorem zip_nil_right {l : List α} : zip l ([] : List β) = [] := by cases l <;> rfl
@[simp] theorem zip_cons_cons {a : α} {b : β} {as : List α} {bs : List β} : zip (a :: as) (b :: bs) = (a, b) :: zip as bs := rfl
@[simp] theorem zipWith_cons_cons {f : α → β → γ} {a : α} {b : β} {as : List α} {bs : List β} : zipWith f (a :: as) (b :: bs) = f a b :: zipWith f as bs := rfl
@[simp] theorem zipWith_nil_left {f : α → β → γ} {l : List β} : zipWith f [] l = [] := rfl
@[simp] theorem zipWith_nil_right {f : α → β → γ} {l : List α} : zipWith f l [] = [] := by cases l <;> rfl
@[simp] theorem length_zipWith {f : α → β → γ} {l₁ : List α} {l₂ : List β} : (zipWith f l₁ l₂).length = min l₁.length l₂.length := by
  induction l₁ generalizing l₂ with
  | nil => simp [Nat.min_def]
  | cons a l ih => cases l₂ with | nil => simp [Nat.min_def] | cons b l₂ => simp [ih]; omega
@[simp] theorem length_zip {l₁ : List α} {l₂ : List β} : (zip l₁ l₂).length = min l₁.length l₂.length := length_zipWith
@[simp] theorem flatten_nil : ([] : List (List α)).flatten = [] := rfl
@[simp] theorem flatten_cons {l : List α} {L : List (List α)} : (l :: L).flatten = l ++ L.flatten := rfl
@[simp] theorem flatten_append {L₁ L₂ : List (List α)} : (L₁ ++ L₂).flatten = L₁.flatten ++ L₂.flatten := by induction L₁ with | nil => rfl | cons a l ih => simp [ih]
@[simp] theorem mem_flatten {a : α} {L : List (List α)} : a ∈ L.flatten ↔ ∃ l, l ∈ L ∧ a ∈ l := by
  induction L with
  | nil => simp
  | cons l L ih =>
    rw [flatten_cons, mem_append, ih]
    exact ⟨fun h => h.elim (fun h => ⟨l, .head _, h⟩) fun ⟨l', hl, h⟩ => ⟨l', .tail _ hl, h⟩,
      fun ⟨l', hl, h⟩ => (mem_cons.1 hl).elim (fun e => .inl (e ▸ h)) fun hl => .inr ⟨l', hl, h⟩⟩
@[simp] theorem flatMap_nil {f : α → List β} : ([] : List α).flatMap f = [] := rfl
@[simp] theorem flatMap_cons {x : α} {xs : List α} {f : α → List β} : (x :: xs).flatMap f = f x ++ xs.flatMap f := rfl
@[simp] theorem mem_flatMap {f : α → List β} {b : β} {l : List α} : b ∈ l.flatMap f ↔ ∃ a, a ∈ l ∧ b ∈ f a := by
  show b ∈ flatten (map f l) ↔ _
  rw [mem_flatten]; exact ⟨fun ⟨_, hl, h⟩ => by obtain ⟨a, ha, rfl⟩ := mem_map.1 hl; exact ⟨a, ha, h⟩, fun ⟨a, ha, h⟩ => ⟨f a, mem_map_of_mem ha, h⟩⟩
-- count
theorem countP_go_eq_add (p : α → Bool) (l : List α) (n : Nat) : countP.go p l n = n + countP.go p l 0 := by
  induction l generalizing n with
  | nil => rfl
  | cons a l ih => cases h : p a <;> simp only [countP.go, h, cond_true, cond_false]; exact ih n; rw [ih (n + 1), ih (0 + 1)]; omega
@[simp] theorem countP_nil {p : α → Bool} : countP p [] = 0 := rfl
theorem countP_cons {p : α → Bool} {a : α} {l : List α} : countP p (a :: l) = countP p l + if p a then 1 else 0 := by
  show countP.go p (a :: l) 0 = countP.go p l 0 + _
  cases h : p a <;> simp [countP.go, h]; rw [countP_go_eq_add]; omega
theorem countP_append {p : α → Bool} {l₁ l₂ : List α} : countP p (l₁ ++ l₂) = countP p l₁ + countP p l₂ := by
  induction l₁ with | nil => simp | cons a l ih => simp only [cons_append, countP_cons, ih]; omega
attribute [simp] countP_append
theorem countP_le_length {p : α → Bool} {l : List α} : countP p l ≤ l.length := by induction l with | nil => simp | cons a l ih => rw [countP_cons, length_cons]; split <;> omega
@[simp] theorem count_nil [BEq α] {a : α} : count a [] = 0 := rfl
theorem count_cons [BEq α] {a b : α} {l : List α} : count a (b :: l) = count a l + if b == a then 1 else 0 := countP_cons
@[simp] theorem count_append [BEq α] {a : α} {l₁ l₂ : List α} : count a (l₁ ++ l₂) = count a l₁ + count a l₂ := countP_append
@[simp] theorem count_cons_self [BEq α] [LawfulBEq α] {a : α} {l : List α} : count a (a :: l) = count a l + 1 := by rw [count_cons]; simp
@[simp] theorem count_cons_of_ne [BEq α] [LawfulBEq α] {a b : α} (h : b ≠ a) {l : List α} : count a (b :: l) = count a l := by rw [count_cons]; simp [h]
-- sublists, permutations, pairwise
theorem subset_def {l₁ l₂ : List α} : l₁ ⊆ l₂ ↔ ∀ {a : α}, a ∈ l₁ → a ∈ l₂ := Iff.rfl
@[simp] theorem Pairwise.nil' {R : α → α → Prop} : Pairwise R [] := .nil
@[simp] theorem pairwise_cons {R : α → α → Prop} {a : α} {l : List α} : Pairwise R (a :: l) ↔ (∀ a', a' ∈ l → R a a') ∧ Pairwise R l :=
  ⟨fun h => match h with | .cons h h' => ⟨h, h'⟩, fun ⟨h, h'⟩ => .cons h h'⟩
instance instDecidablePairwise {R : α → α → Prop} [DecidableRel R] : (l : List α) → Decidable (Pairwise R l)
  | [] => isTrue .nil
  | a :: l => match decidableBAll (R a) l, instDecidablePairwise l with
    | isTrue h, isTrue h' => isTrue (.cons h h')
    | isFalse h, _ => isFalse fun H => h (pairwise_cons.1 H).1
    | _, isFalse h => isFalse fun H => h (pairwise_cons.1 H).2
@[simp] theorem nodup_nil : Nodup ([] : List α) := .nil
@[simp] theorem nodup_cons {a : α} {l : List α} : Nodup (a :: l) ↔ ¬a ∈ l ∧ Nodup l := by
  show Pairwise _ _ ↔ _; rw [pairwise_cons]; exact and_congr ⟨fun h ha => h a ha rfl, fun h x hx e => h (e ▸ hx)⟩ Iff.rfl
instance nodupDecidable [DecidableEq α] : (l : List α) → Decidable (Nodup l) := instDecidablePairwise
theorem Subset.refl (l : List α) : l ⊆ l := fun _ h => h
theorem Subset.trans {l₁ l₂ l₃ : List α} (h₁ : l₁ ⊆ l₂) (h₂ : l₂ ⊆ l₃) : l₁ ⊆ l₃ := fun _ h => h₂ (h₁ h)
theorem nil_subset (l : List α) : [] ⊆ l := nofun
theorem subset_cons_self (a : α) (l : List α) : l ⊆ a :: l := fun _ => .tail _
@[simp] theorem cons_subset {a : α} {l m : List α} : a :: l ⊆ m ↔ a ∈ m ∧ l ⊆ m := ⟨fun h => ⟨h (.head _), fun _ hx => h (.tail _ hx)⟩, fun ⟨h, h'⟩ _ hx => (mem_cons.1 hx).elim (· ▸ h) (@h' _)⟩
theorem subset_append_left (l₁ l₂ : List α) : l₁ ⊆ l₁ ++ l₂ := fun _ => mem_append_left _
theorem subset_append_right (l₁ l₂ : List α) : l₂ ⊆ l₁ ++ l₂ := fun _ => mem_append_right _
namespace Perm
@[simp] protected theorem refl : (l : List α) → Perm l l | [] => .nil | a :: l => .cons a (Perm.refl l)
protected theorem rfl {l : List α} : Perm l l := .refl l
protected theorem symm {l₁ l₂ : List α} (h : Perm l₁ l₂) : Perm l₂ l₁ := by
  induction h with | nil => exact .nil | cons a _ ih => exact .cons a ih | swap a b l => exact .swap b a l | trans _ _ h h' => exact h'.trans h
theorem length_eq {l₁ l₂ : List α} (h : Perm l₁ l₂) : length l₁ = length l₂ := by
  induction h with | nil => rfl | cons _ _ ih => simp [ih] | swap => rfl | trans _ _ h h' => rw [h, h']
theorem mem_iff {a : α} {l₁ l₂ : List α} (h : Perm l₁ l₂) : a ∈ l₁ ↔ a ∈ l₂ := by
  induction h with | nil => exact Iff.rfl | cons _ _ ih => simp [ih] | swap x y l => simp [or_left_comm] | trans _ _ h h' => exact h.trans h'
end Perm
-- sizes of members, for recursion through lists
theorem sizeOf_lt_of_mem [SizeOf α] {as : List α} {a : α} (h : a ∈ as) : sizeOf a < sizeOf as := by
  induction h with
  | head as => show sizeOf a < 1 + sizeOf a + sizeOf as; omega
  | @tail b as _ ih => show sizeOf a < 1 + sizeOf b + sizeOf as; omega
theorem sizeOf_get [SizeOf α] (as : List α) (i : Fin as.length) : sizeOf (as.get i) < sizeOf as := sizeOf_lt_of_mem (getElem_mem i.2)
theorem sizeOf_getElem [SizeOf α] (as : List α) (i : Nat) (h : i < as.length) : sizeOf as[i] < sizeOf as := sizeOf_lt_of_mem (getElem_mem h)
-- attach
theorem pmap_eq_map' {p : α → Prop} {f : α → β} : {l : List α} → (H : ∀ a, a ∈ l → p a) → pmap (fun a _ => f a) l H = map f l
  | [], _ => rfl | a :: l, H => congrArg (f a :: ·) (pmap_eq_map' (l := l) fun a h => H a (.tail _ h))
theorem pmap_eq_map {p : α → Prop} {f : α → β} {l : List α} (H : ∀ a, a ∈ l → p a) : pmap (fun a _ => f a) l H = map f l := pmap_eq_map' H
theorem map_pmap {p : α → Prop} {g : β → γ} {f : (a : α) → p a → β} : {l : List α} → (H : ∀ a, a ∈ l → p a) → map g (pmap f l H) = pmap (fun a h => g (f a h)) l H
  | [], _ => rfl | a :: l, H => congrArg (g (f a _) :: ·) (map_pmap (l := l) fun a h => H a (.tail _ h))
@[simp] theorem attach_map_val {l : List α} {f : α → β} : (l.attach.map fun (i : {i // i ∈ l}) => f i.val) = l.map f := by
  show map _ (pmap _ _ _) = _; rw [map_pmap]; exact pmap_eq_map _
@[simp] theorem attach_map_subtype_val (l : List α) : l.attach.map Subtype.val = l := by
  show map _ (pmap _ _ _) = _; rw [map_pmap, pmap_eq_map (f := fun a => a)]; exact map_id_fun' l
@[simp] theorem length_attach {l : List α} : l.attach.length = l.length := by
  have := congrArg length (attach_map_subtype_val l); rw [length_map] at this; exact this
@[simp] theorem mem_attach (l : List α) (x : {x // x ∈ l}) : x ∈ l.attach := by
  have h : x.1 ∈ l.attach.map Subtype.val := by rw [attach_map_subtype_val]; exact x.2
  obtain ⟨y, hy, e⟩ := mem_map.1 h; rw [← Subtype.eq e]; exact hy
-- how definitions by well-founded recursion see the members of a list that they map over
def unattach {p : α → Prop} (l : List {x // p x}) : List α := l.map (·.val)
@[simp] theorem unattach_attach {l : List α} : l.attach.unattach = l := attach_map_subtype_val l
@[wf_preprocess] theorem map_wfParam {xs : List α} {f : α → β} : (wfParam xs).map f = xs.attach.unattach.map f := by rw [unattach_attach]; rfl
@[wf_preprocess] theorem map_unattach {P : α → Prop} {xs : List (Subtype P)} {f : α → β} :
    xs.unattach.map f = xs.map fun ⟨x, h⟩ => binderNameHint x f <| binderNameHint h () <| f (wfParam x) := map_map
@[wf_preprocess] theorem foldl_wfParam {xs : List α} {f : β → α → β} {x : β} : (wfParam xs).foldl f x = xs.attach.unattach.foldl f x := by rw [unattach_attach]; rfl
@[wf_preprocess] theorem foldl_unattach {P : α → Prop} {xs : List (Subtype P)} {f : β → α → β} {x : β} :
    xs.unattach.foldl f x = xs.foldl (fun s ⟨x, h⟩ => binderNameHint s f <| binderNameHint x (f s) <| binderNameHint h () <| f s (wfParam x)) x := foldl_map
@[wf_preprocess] theorem foldr_wfParam {xs : List α} {f : α → β → β} {x : β} : (wfParam xs).foldr f x = xs.attach.unattach.foldr f x := by rw [unattach_attach]; rfl
@[wf_preprocess] theorem foldr_unattach {P : α → Prop} {xs : List (Subtype P)} {f : α → β → β} {x : β} :
    xs.unattach.foldr f x = xs.foldr (fun ⟨x, h⟩ s => binderNameHint x f <| binderNameHint s (f x) <| binderNameHint h () <| f (wfParam x) s) x := foldr_map
theorem all_map {xs : List α} {f : α → β} {p : β → Bool} : (xs.map f).all p = xs.all (p ∘ f) := by induction xs with | nil => rfl | cons a l ih => simp only [map_cons, all_cons, ih]; rfl
theorem any_map {xs : List α} {f : α → β} {p : β → Bool} : (xs.map f).any p = xs.any (p ∘ f) := by induction xs with | nil => rfl | cons a l ih => simp only [map_cons, any_cons, ih]; rfl
@[wf_preprocess] theorem all_wfParam {xs : List α} {f : α → Bool} : (wfParam xs).all f = xs.attach.unattach.all f := by rw [unattach_attach]; rfl
@[wf_preprocess] theorem all_unattach {P : α → Prop} {xs : List (Subtype P)} {f : α → Bool} :
    xs.unattach.all f = xs.all fun ⟨x, h⟩ => binderNameHint x f <| binderNameHint h () <| f (wfParam x) := all_map
@[wf_preprocess] theorem any_wfParam {xs : List α} {f : α → Bool} : (wfParam xs).any f = xs.attach.unattach.any f := by rw [unattach_attach]; rfl
@[wf_preprocess] theorem any_unattach {P : α → Prop} {xs : List (Subtype P)} {f : α → Bool} :
    xs.unattach.any f = xs.any fun ⟨x, h⟩ => binderNameHint x f <| binderNameHint h () <| f (wfParam x) := any_map
@[wf_preprocess] theorem flatMap_wfParam {xs : List α} {f : α → List β} : (wfParam xs).flatMap f = xs.attach.unattach.flatMap f := by rw [unattach_attach]; rfl
@[wf_preprocess] theorem flatMap_unattach {P : α → Prop} {xs : List (Subtype P)} {f : α → List β} :
    xs.unattach.flatMap f = xs.flatMap fun ⟨x, h⟩ => binderNameHint x f <| binderNameHint h () <| f (wfParam x) := congrArg flatten map_map
end List
namespace String
@[ext] theorem ext : {s t : String} → s.toList = t.toList → s = t | ⟨_⟩, ⟨_⟩, rfl => rfl
@[simp] theorem toList_append (s t : String) : (s ++ t).toList = s.toList ++ t.toList := rfl
@[simp] theorem toList_ofList (l : List Char) : (ofList l).toList = l := rfl
@[simp] theorem ofList_toList (s : String) : ofList s.toList = s := rfl
@[simp] theorem length_append (s t : String) : (s ++ t).length = s.length + t.length := List.length_append
theorem append_assoc (s t u : String) : s ++ t ++ u = s ++ (t ++ u) := ext (List.append_assoc ..)
@[simp] theorem append_empty (s : String) : s ++ "" = s := ext (List.append_nil _)
@[simp] theorem empty_append (s : String) : "" ++ s = s := rfl
end String
instance {α : Type u} [DecidableEq α] : DecidableEq (Array α) := fun ⟨a⟩ ⟨b⟩ =>
  match (inferInstance : Decidable (a = b)) with | isTrue h => isTrue (h ▸ rfl) | isFalse h => isFalse fun e => h (Array.mk.inj e)
