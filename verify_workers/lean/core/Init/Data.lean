/-
Functions on Bool, Option, Prod, Sum, Subtype, Fin and List under the names, argument orders and defining equations of Lean's core,
with the classes of membership and indexing (`x ∈ xs`, `xs[i]`, `xs[i]?`, `xs[i]!`).  The lemmas are in Init/Types.lean and Init/List.lean.
-/
prelude
import Init.WellFounded
set_option linter.all false
universe u v w u₁ u₂ u₃
attribute [ext] funext propext
-- indexing --------------------------------------------------------------------------------------
class GetElem (coll : Type u) (idx : Type v) (elem : outParam (Type w)) (valid : outParam (coll → idx → Prop)) where
  getElem (xs : coll) (i : idx) (h : valid xs i) : elem
export GetElem (getElem)
/-- What `xs[i]!` is where `i` is out of bounds. -/
def outOfBounds {α : Type u} [Inhabited α] : α := default
class GetElem? (coll : Type u) (idx : Type v) (elem : outParam (Type w)) (valid : outParam (coll → idx → Prop)) extends GetElem coll idx elem valid where
  getElem? : coll → idx → Option elem
  getElem! [Inhabited elem] (xs : coll) (i : idx) : elem := match getElem? xs i with | some e => e | none => outOfBounds
export GetElem? (getElem? getElem!)
@[inline] def decidableGetElem? {coll : Type u} {idx : Type v} {elem : Type w} {valid : coll → idx → Prop} [GetElem coll idx elem valid]
    (xs : coll) (i : idx) [Decidable (valid xs i)] : Option elem := if h : valid xs i then some xs[i] else none
@[app_unexpander GetElem.getElem, extern "x"] opaque unexpandGetElem : Lean.PrettyPrinter.Unexpander
@[app_unexpander GetElem?.getElem?, extern "x"] opaque unexpandGetElem? : Lean.PrettyPrinter.Unexpander
@[app_unexpander GetElem?.getElem!, extern "x"] opaque unexpandGetElem! : Lean.PrettyPrinter.Unexpander
-- numerals that are not zero --------------------------------------------------------------------
class NeZero {R : Type u} [Zero R] (n : R) : Prop where
  out : n ≠ 0
theorem NeZero.ne {R : Type u} [Zero R] (n : R) [h : NeZero n] : n ≠ 0 := h.out
theorem NeZero.ne' {R : Type u} [Zero R] (n : R) [h : NeZero n] : 0 ≠ n := h.out.symm
instance Nat.instNeZeroSucc {n : Nat} : NeZero (n + 1) := ⟨nofun⟩
theorem Nat.pos_of_neZero (n : Nat) [h : NeZero n] : 0 < n := Nat.pos_of_ne_zero h.out
-- Bool ------------------------------------------------------------------------------------------
instance decPropToBool (p : Prop) [Decidable p] : CoeDep Prop p Bool := ⟨decide p⟩
@[inline] def Bool.xor (x y : Bool) : Bool := bne x y
export Bool (xor)
@[inline] def Bool.toNat (b : Bool) : Nat := cond b 1 0
-- Option ----------------------------------------------------------------------------------------
namespace Option
variable {α : Type u} {β : Type v}
@[inline] def isSome : Option α → Bool | some _ => true | none => false
@[inline] def isNone : Option α → Bool | some _ => false | none => true
@[inline] protected def map (f : α → β) : Option α → Option β | some x => some (f x) | none => none
@[inline] protected def bind : Option α → (α → Option β) → Option β | none, _ => none | some a, f => f a
@[macro_inline] def getD : Option α → α → α | some x, _ => x | none, e => e
@[inline] def get : (o : Option α) → o.isSome = true → α | some x, _ => x
@[inline] def get! [Inhabited α] : Option α → α | some x => x | none => default
@[inline] protected def all (p : α → Bool) : Option α → Bool | some a => p a | none => true
@[inline] protected def any (p : α → Bool) : Option α → Bool | some a => p a | none => false
@[inline] protected def filter (p : α → Bool) : Option α → Option α | some a => cond (p a) (some a) none | none => none
@[inline] protected def elim {β : Sort v} : Option α → β → (α → β) → β | some x, _, f => f x | none, y, _ => y
@[macro_inline] protected def or : Option α → Option α → Option α | o@(some _), _ => o | none, o => o
@[macro_inline] protected def orElse : Option α → (Unit → Option α) → Option α | some a, _ => some a | none, b => b ()
@[inline] def join (x : Option (Option α)) : Option α := x.bind id
def merge (f : α → α → α) : Option α → Option α → Option α
  | none, none => none | some x, none => some x | none, some y => some y | some x, some y => some (f x y)
@[inline] def toList : Option α → List α | none => [] | some a => [a]
instance : EmptyCollection (Option α) := ⟨none⟩
instance : OrElse (Option α) := ⟨Option.orElse⟩
instance : Membership α (Option α) := ⟨fun b a => b = some a⟩
instance [DecidableEq α] (j : α) (o : Option α) : Decidable (j ∈ o) := inferInstanceAs (Decidable (o = some j))
instance : Functor Option := ⟨Option.map, fun a o => Option.map (fun _ => a) o⟩
instance : Monad Option where
  pure := some
  bind := Option.bind
instance : CoeTail α (Option α) := ⟨some⟩
instance : Coe α (Option α) := ⟨some⟩
end Option
-- Prod, Sum, Subtype ----------------------------------------------------------------------------
def Prod.map {α₁ : Type u₁} {α₂ : Type u₂} {β₁ : Type u} {β₂ : Type v} (f : α₁ → α₂) (g : β₁ → β₂) : α₁ × β₁ → α₂ × β₂ | (a, b) => (f a, g b)
def Prod.swap {α : Type u} {β : Type v} (p : α × β) : β × α := (p.2, p.1)
protected def Sum.elim {α : Type u} {β : Type v} {γ : Sort w} (f : α → γ) (g : β → γ) : α ⊕ β → γ | .inl a => f a | .inr b => g b
protected def Sum.map {α : Type u} {β : Type v} {α' : Type u₁} {β' : Type u₂} (f : α → α') (g : β → β') : α ⊕ β → α' ⊕ β'
  | .inl a => .inl (f a) | .inr b => .inr (g b)
def Sum.isLeft {α : Type u} {β : Type v} : α ⊕ β → Bool | .inl _ => true | .inr _ => false
def Sum.isRight {α : Type u} {β : Type v} : α ⊕ β → Bool | .inl _ => false | .inr _ => true
def Sum.getLeft? {α : Type u} {β : Type v} : α ⊕ β → Option α | .inl a => some a | .inr _ => none
def Sum.getRight? {α : Type u} {β : Type v} : α ⊕ β → Option β | .inl _ => none | .inr b => some b
instance {α : Type u} {β : Type v} [Inhabited α] : Inhabited (α ⊕ β) := ⟨.inl default⟩
deriving instance DecidableEq for Sum
attribute [coe] Subtype.val
instance {α : Sort u} {p : α → Prop} : CoeOut (Subtype p) α := ⟨Subtype.val⟩
instance {α : Type u} {p : α → Prop} [DecidableEq α] : DecidableEq {x : α // p x} := fun ⟨a, _⟩ ⟨b, _⟩ =>
  if h : a = b then isTrue (by subst h; rfl) else isFalse fun e => h (congrArg Subtype.val e)
-- Fin -------------------------------------------------------------------------------------------
namespace Fin
attribute [coe] Fin.val
instance coeToNat {n : Nat} : CoeOut (Fin n) Nat := ⟨Fin.val⟩
theorem eq_of_val_eq {n : Nat} : {i j : Fin n} → i.val = j.val → i = j | ⟨_, _⟩, ⟨_, _⟩, rfl => rfl
theorem val_eq_of_eq {n : Nat} {i j : Fin n} (h : i = j) : i.val = j.val := congrArg Fin.val h
instance _root_.instDecidableEqFin (n : Nat) : DecidableEq (Fin n) := fun i j =>
  match Nat.decEq i.val j.val with | isTrue h => isTrue (eq_of_val_eq h) | isFalse h => isFalse fun e => h (val_eq_of_eq e)
instance _root_.instLTFin {n : Nat} : LT (Fin n) := ⟨fun a b => a.val < b.val⟩
instance _root_.instLEFin {n : Nat} : LE (Fin n) := ⟨fun a b => a.val ≤ b.val⟩
instance instDecidableLt {n : Nat} (a b : Fin n) : Decidable (a < b) := Nat.decLt ..
instance instDecidableLe {n : Nat} (a b : Fin n) : Decidable (a ≤ b) := Nat.decLe ..
def elim0.{x} {α : Sort x} : Fin 0 → α | ⟨_, h⟩ => absurd h (Nat.not_lt_zero _)
def succ {n : Nat} : Fin n → Fin (n + 1) | ⟨i, h⟩ => ⟨i + 1, Nat.succ_le_succ h⟩
def last (n : Nat) : Fin (n + 1) := ⟨n, Nat.lt_succ_self n⟩
@[inline] def castLT {n m : Nat} (i : Fin m) (h : i.val < n) : Fin n := ⟨i.val, h⟩
@[inline] def castLE {n m : Nat} (h : n ≤ m) (i : Fin n) : Fin m := ⟨i.val, Nat.lt_of_lt_of_le i.isLt h⟩
@[inline] protected def cast {n m : Nat} (eq : n = m) (i : Fin n) : Fin m := ⟨i.val, eq ▸ i.isLt⟩
@[inline] def castAdd {n : Nat} (m : Nat) : Fin n → Fin (n + m) := castLE (Nat.le_add_right n m)
@[inline] def castSucc {n : Nat} : Fin n → Fin (n + 1) := castAdd 1
@[inline] protected def ofNat (n : Nat) [NeZero n] (a : Nat) : Fin n := ⟨a % n, Nat.mod_lt a (Nat.pos_of_neZero n)⟩
instance instOfNat {n : Nat} [NeZero n] {i : Nat} : OfNat (Fin n) i := ⟨Fin.ofNat n i⟩
instance {n : Nat} [NeZero n] : Inhabited (Fin n) := ⟨0⟩
theorem mod_isLt {n : Nat} (m : Nat) (i : Fin n) : m % n < n := Nat.mod_lt m (Nat.lt_of_le_of_lt (Nat.zero_le _) i.isLt)
protected def add {n : Nat} : Fin n → Fin n → Fin n | ⟨a, h⟩, ⟨b, _⟩ => ⟨(a + b) % n, mod_isLt _ ⟨a, h⟩⟩
protected def mul {n : Nat} : Fin n → Fin n → Fin n | ⟨a, h⟩, ⟨b, _⟩ => ⟨(a * b) % n, mod_isLt _ ⟨a, h⟩⟩
protected def sub {n : Nat} : Fin n → Fin n → Fin n | ⟨a, h⟩, ⟨b, _⟩ => ⟨((n - b) + a) % n, mod_isLt _ ⟨a, h⟩⟩
protected def neg {n : Nat} (a : Fin n) : Fin n := ⟨(n - a.val) % n, mod_isLt _ a⟩
instance {n : Nat} : Add (Fin n) := ⟨Fin.add⟩
instance {n : Nat} : Mul (Fin n) := ⟨Fin.mul⟩
instance {n : Nat} : Sub (Fin n) := ⟨Fin.sub⟩
instance {n : Nat} : Neg (Fin n) := ⟨Fin.neg⟩
end Fin
-- List ------------------------------------------------------------------------------------------
namespace List
variable {α : Type u} {β : Type v} {γ : Type w}
/-- `a ∈ l` for lists. -/
inductive Mem (a : α) : List α → Prop where
  | head (as : List α) : Mem a (a :: as)
  | tail (b : α) {as : List α} : Mem a as → Mem a (b :: as)
instance : Membership α (List α) := ⟨fun l a => Mem a l⟩
def get {α : Type u} : (as : List α) → Fin as.length → α
  | a :: _, ⟨0, _⟩ => a
  | _ :: as, ⟨i+1, h⟩ => get as ⟨i, Nat.le_of_succ_le_succ h⟩
def get?Internal : (as : List α) → (i : Nat) → Option α | a :: _, 0 => some a | _ :: as, n+1 => get?Internal as n | _, _ => none
def get!Internal [Inhabited α] : (as : List α) → (i : Nat) → α | a :: _, 0 => a | _ :: as, n+1 => get!Internal as n | _, _ => default
instance instGetElemNatLtLength : GetElem (List α) Nat α (fun as i => i < as.length) := ⟨fun as i h => as.get ⟨i, h⟩⟩
instance _root_.Fin.instGetElemFinVal {cont : Type u} {elem : Type v} {dom : cont → Nat → Prop} {n : Nat} [GetElem cont Nat elem dom] :
    GetElem cont (Fin n) elem fun xs i => dom xs i := ⟨fun xs i h => getElem xs i.1 h⟩
instance instGetElem?NatLtLength : GetElem? (List α) Nat α (fun as i => i < as.length) where
  getElem? as i := as.get?Internal i
  getElem! as i := as.get!Internal i
def getD (as : List α) (i : Nat) (fallback : α) : α := as[i]?.getD fallback
def set : (l : List α) → (n : Nat) → (a : α) → List α | _ :: as, 0, b => b :: as | a :: as, n+1, b => a :: set as n b | [], _, _ => []
def foldr (f : α → β → β) (init : β) : (l : List α) → β | [] => init | a :: l => f a (foldr f init l)
def filter (p : α → Bool) : (l : List α) → List α | [] => [] | a :: as => match p a with | true => a :: filter p as | false => filter p as
def filterMap (f : α → Option β) : List α → List β | [] => [] | a :: as => match f a with | none => filterMap f as | some b => b :: filterMap f as
def reverseAux : List α → List α → List α | [], r => r | a :: l, r => reverseAux l (a :: r)
def reverse (as : List α) : List α := reverseAux as []
def flatten : List (List α) → List α | [] => [] | l :: L => l ++ flatten L
@[inline] def flatMap {α : Type u} {β : Type v} (b : α → List β) (as : List α) : List β := flatten (map b as)
@[inline] protected def pure {α : Type u} (a : α) : List α := [a]
@[inline] protected def singleton {α : Type u} (a : α) : List α := [a]
def replicate : (n : Nat) → (a : α) → List α | 0, _ => [] | n+1, a => a :: replicate n a
def isEmpty : List α → Bool | [] => true | _ :: _ => false
def elem [BEq α] (a : α) : (l : List α) → Bool | [] => false | b :: bs => match a == b with | true => true | false => elem a bs
abbrev contains [BEq α] (as : List α) (a : α) : Bool := elem a as
def any : (l : List α) → (p : α → Bool) → Bool | [], _ => false | h :: t, p => p h || any t p
def all : List α → (α → Bool) → Bool | [], _ => true | h :: t, p => p h && all t p
def or (bs : List Bool) : Bool := bs.any id
def and (bs : List Bool) : Bool := bs.all id
def take : (n : Nat) → (xs : List α) → List α | 0, _ => [] | _+1, [] => [] | n+1, a :: as => a :: take n as
def drop : (n : Nat) → (xs : List α) → List α | 0, a => a | _+1, [] => [] | n+1, _ :: as => drop n as
def takeWhile (p : α → Bool) : (xs : List α) → List α | [] => [] | a :: as => match p a with | true => a :: takeWhile p as | false => []
def dropWhile (p : α → Bool) : List α → List α | [] => [] | a :: l => match p a with | true => dropWhile p l | false => a :: l
def partition (p : α → Bool) (as : List α) : List α × List α := loop as ([], [])
where loop : List α → List α × List α → List α × List α
  | [], (bs, cs) => (bs.reverse, cs.reverse)
  | a :: as, (bs, cs) => match p a with | true => loop as (a :: bs, cs) | false => loop as (bs, a :: cs)
def head : (as : List α) → as ≠ [] → α | a :: _, _ => a
def head! [Inhabited α] : List α → α | [] => default | a :: _ => a
def head? : List α → Option α | [] => none | a :: _ => some a
def headD : (as : List α) → (fallback : α) → α | [], fallback => fallback | a :: _, _ => a
def tail : List α → List α | [] => [] | _ :: as => as
def tail? : List α → Option (List α) | [] => none | _ :: as => some as
def tailD (l fallback : List α) : List α := match l with | [] => fallback | _ :: tl => tl
def getLast : ∀ (as : List α), as ≠ [] → α
  | [], h => absurd rfl h
  | [a], _ => a
  | _ :: b :: as, _ => getLast (b :: as) (fun h => List.noConfusion rfl (heq_of_eq h))
def getLast? : List α → Option α | [] => none | a :: as => some (getLast (a :: as) (fun h => List.noConfusion rfl (heq_of_eq h)))
def getLastD : (as : List α) → (fallback : α) → α | [], a₀ => a₀ | a :: as, _ => getLast (a :: as) (fun h => List.noConfusion rfl (heq_of_eq h))
def getLast! [Inhabited α] : List α → α | [] => default | a :: as => getLast (a :: as) (fun h => List.noConfusion rfl (heq_of_eq h))
def dropLast {α : Type u} : List α → List α | [] => [] | [_] => [] | a :: as => a :: dropLast as
def zipWith (f : α → β → γ) : (xs : List α) → (ys : List β) → List γ | x :: xs, y :: ys => f x y :: zipWith f xs ys | _, _ => []
def zip : List α → List β → List (α × β) := zipWith Prod.mk
def unzip : List (α × β) → List α × List β | [] => ([], []) | (a, b) :: t => match unzip t with | (as, bs) => (a :: as, b :: bs)
def zipIdx : (l : List α) → (n : Nat := 0) → List (α × Nat) | [], _ => [] | x :: xs, n => (x, n) :: zipIdx xs (n + 1)
def zipWithAll (f : Option α → Option β → γ) : List α → List β → List γ
  | [], bs => bs.map fun b => f none (some b)
  | a :: as, [] => (a :: as).map fun a => f (some a) none
  | a :: as, b :: bs => f a b :: zipWithAll f as bs
protected def sum {α : Type u} [Add α] [Zero α] : List α → α := foldr (· + ·) 0
def range (n : Nat) : List Nat := loop n []
where loop : Nat → List Nat → List Nat | 0, acc => acc | n+1, acc => loop n (n :: acc)
def range' : (start len : Nat) → (step : Nat := 1) → List Nat | _, 0, _ => [] | s, n+1, step => s :: range' (s + step) n step
def find? (p : α → Bool) : List α → Option α | [] => none | a :: as => match p a with | true => some a | false => find? p as
def findSome? (f : α → Option β) : List α → Option β | [] => none | a :: as => match f a with | some b => some b | none => findSome? f as
def findIdx (p : α → Bool) (l : List α) : Nat := go l 0
where go : List α → Nat → Nat | [], n => n | a :: l, n => cond (p a) n (go l (n + 1))
def idxOf [BEq α] (a : α) : List α → Nat := findIdx (· == a)
def lookup [BEq α] : α → List (α × β) → Option β | _, [] => none | a, (k, b) :: as => match a == k with | true => some b | false => lookup a as
def countP (p : α → Bool) (l : List α) : Nat := go l 0
where go : List α → Nat → Nat | [], acc => acc | x :: xs, acc => bif p x then go xs (acc + 1) else go xs acc
def count [BEq α] (a : α) : List α → Nat := countP (· == a)
protected def erase {α : Type u} [BEq α] : List α → α → List α | [], _ => [] | a :: as, b => match a == b with | true => as | false => a :: List.erase as b
def eraseIdx : (l : List α) → (i : Nat) → List α | [], _ => [] | _ :: as, 0 => as | a :: as, n+1 => a :: eraseIdx as n
@[inline] protected def insert [BEq α] (a : α) (l : List α) : List α := if l.elem a then l else a :: l
def intersperse (sep : α) : (l : List α) → List α | [] => [] | [x] => [x] | x :: xs => x :: sep :: intersperse sep xs
def isPrefixOf [BEq α] : List α → List α → Bool | [], _ => true | _, [] => false | a :: as, b :: bs => a == b && isPrefixOf as bs
def max? [Max α] : List α → Option α | [] => none | a :: as => some (as.foldl max a)
def min? [Min α] : List α → Option α | [] => none | a :: as => some (as.foldl min a)
def modify (l : List α) (i : Nat) (f : α → α) : List α := match l, i with | [], _ => [] | a :: l, 0 => f a :: l | a :: l, i+1 => a :: modify l i f
instance : EmptyCollection (List α) := ⟨[]⟩
protected def Subset (l₁ l₂ : List α) : Prop := ∀ ⦃a : α⦄, a ∈ l₁ → a ∈ l₂
instance : HasSubset (List α) := ⟨List.Subset⟩
inductive Sublist {α : Type u} : List α → List α → Prop where
  | slnil : Sublist [] []
  | cons (a : α) : Sublist l₁ l₂ → Sublist l₁ (a :: l₂)
  | cons₂ (a : α) : Sublist l₁ l₂ → Sublist (a :: l₁) (a :: l₂)
def IsPrefix (l₁ : List α) (l₂ : List α) : Prop := Exists fun t => l₁ ++ t = l₂
def IsSuffix (l₁ : List α) (l₂ : List α) : Prop := Exists fun t => t ++ l₁ = l₂
def IsInfix (l₁ : List α) (l₂ : List α) : Prop := Exists fun s => Exists fun t => s ++ l₁ ++ t = l₂
inductive Pairwise (R : α → α → Prop) : List α → Prop where
  | nil : Pairwise R []
  | cons : ∀ {a : α} {l : List α}, (∀ a', a' ∈ l → R a a') → Pairwise R l → Pairwise R (a :: l)
def Nodup : List α → Prop := Pairwise (· ≠ ·)
inductive Perm {α : Type u} : List α → List α → Prop where
  | nil : Perm [] []
  | cons (x : α) {l₁ l₂ : List α} : Perm l₁ l₂ → Perm (x :: l₁) (x :: l₂)
  | swap (x y : α) (l : List α) : Perm (y :: x :: l) (x :: y :: l)
  | trans {l₁ l₂ l₃ : List α} : Perm l₁ l₂ → Perm l₂ l₃ → Perm l₁ l₃
def pmap {P : α → Prop} (f : (a : α) → P a → β) : (l : List α) → (∀ a, a ∈ l → P a) → List β
  | [], _ => []
  | a :: l, H => f a (H a (.head _)) :: pmap f l fun a h => H a (.tail _ h)
@[inline] def attach {α : Type u} (l : List α) : List {x : α // x ∈ l} := pmap Subtype.mk l fun _ h => h
end List
-- `==` on pairs, options and lists, from `==` on their parts
instance {α : Type u} {β : Type v} [BEq α] [BEq β] : BEq (α × β) := ⟨fun (a, b) (c, d) => a == c && b == d⟩
instance Option.instBEq {α : Type u} [BEq α] : BEq (Option α) := ⟨fun | none, none => true | some a, some b => a == b | _, _ => false⟩
protected def List.beq {α : Type u} [BEq α] : List α → List α → Bool | [], [] => true | a :: as, b :: bs => a == b && List.beq as bs | _, _ => false
instance List.instBEq {α : Type u} [BEq α] : BEq (List α) := ⟨List.beq⟩
-- the identity monad
def Id (type : Type u) : Type u := type
@[inline] protected def Id.run {α : Type u} (x : Id α) : α := x
instance : Monad Id where
  pure x := x
  bind x f := f x
  map f x := f x
-- arrays: what plain files do with them
namespace Array
variable {α : Type u}
instance : GetElem (Array α) Nat α fun xs i => i < xs.size := ⟨fun xs i h => xs.toList.get ⟨i, h⟩⟩
instance : GetElem? (Array α) Nat α fun xs i => i < xs.size := ⟨fun xs i => decidableGetElem? xs i, fun xs i => xs.getD i default⟩
instance : Membership α (Array α) := ⟨fun xs a => a ∈ xs.toList⟩
def foldl {β : Type v} (f : β → α → β) (init : β) (as : Array α) : β := as.toList.foldl f init
def filter (p : α → Bool) (as : Array α) : Array α := (as.toList.filter p).toArray
def reverse (as : Array α) : Array α := as.toList.reverse.toArray
def isEmpty (a : Array α) : Bool := decide (a.size = 0)
def range (n : Nat) : Array Nat := (List.range n).toArray
protected def sum [Add α] [Zero α] (as : Array α) : α := as.toList.sum
@[simp] theorem size_toArray (as : List α) : as.toArray.size = as.length := rfl
end Array
-- Char and String -------------------------------------------------------------------------------
theorem UInt32.eq_of_toNat_eq : {a b : UInt32} → a.toNat = b.toNat → a = b | ⟨⟨⟨_, _⟩⟩⟩, ⟨⟨⟨_, _⟩⟩⟩, rfl => rfl
@[extern "lean_uint32_dec_eq"] def UInt32.decEq (a b : UInt32) : Decidable (a = b) :=
  match Nat.decEq a.toNat b.toNat with | isTrue h => isTrue (UInt32.eq_of_toNat_eq h) | isFalse h => isFalse fun e => h (congrArg UInt32.toNat e)
instance : DecidableEq UInt32 := UInt32.decEq
theorem Char.eq_of_val_eq : {c d : Char} → c.val = d.val → c = d | ⟨_, _⟩, ⟨_, _⟩, rfl => rfl
instance : DecidableEq UInt32 := UInt32.decEq
instance : DecidableEq Char := fun c d =>
  match UInt32.decEq c.val d.val with | isTrue h => isTrue (Char.eq_of_val_eq h) | isFalse h => isFalse fun e => h (congrArg Char.val e)
def Char.toNat (c : Char) : Nat := c.val.toNat
def Char.isDigit (c : Char) : Bool := decide (48 ≤ c.toNat) && decide (c.toNat ≤ 57)
def Char.isUpper (c : Char) : Bool := decide (65 ≤ c.toNat) && decide (c.toNat ≤ 90)
def Char.isLower (c : Char) : Bool := decide (97 ≤ c.toNat) && decide (c.toNat ≤ 122)
def Char.isAlpha (c : Char) : Bool := c.isUpper || c.isLower
def Char.isAlphanum (c : Char) : Bool := c.isAlpha || c.isDigit
def Char.isWhitespace (c : Char) : Bool := decide (c = ' ') || decide (c = '\t') || decide (c = '\r') || decide (c = '\n')
def Char.toUpper (c : Char) : Char := if c.isLower then Char.ofNat (c.toNat - 32) else c
def Char.toLower (c : Char) : Char := if c.isUpper then Char.ofNat (c.toNat + 32) else c
namespace String
-- compiled code has its own strings: the `extern` names only keep the compiler from asking for more than the models here
@[extern "lean_string_data"] def toList (s : String) : List Char := s.chars
@[extern "lean_string_length"] def length (s : String) : Nat := s.toList.length
def isEmpty (s : String) : Bool := decide (s.length = 0)
def push (s : String) (c : Char) : String := ofList (s.toList ++ [c])
def singleton (c : Char) : String := ofList [c]
def map (f : Char → Char) (s : String) : String := ofList (s.toList.map f)
def any (s : String) (p : Char → Bool) : Bool := s.toList.any p
def all (s : String) (p : Char → Bool) : Bool := s.toList.all p
def toUpper (s : String) : String := s.map Char.toUpper
def toLower (s : String) : String := s.map Char.toLower
def join (l : List String) : String := l.foldl (· ++ ·) ""
def intercalate (s : String) (l : List String) : String := join (l.intersperse s)
@[extern "lean_string_dec_eq"] def decEq (s t : @& String) : Decidable (s = t) :=
  match (inferInstance : Decidable (s.chars = t.chars)) with
  | isTrue h => isTrue (match s, t, h with | ⟨_⟩, ⟨_⟩, rfl => rfl) | isFalse h => isFalse fun e => h (congrArg String.chars e)
instance : DecidableEq String := decEq
end String
