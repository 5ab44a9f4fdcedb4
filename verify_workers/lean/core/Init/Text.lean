/-
Printing, hashing and comparing values: the classes that `deriving Repr`, `deriving Hashable` and `deriving Ord` make instances of, with the
instances of the core's own types.  Formats are built, and never laid out: `Std.Format` has the shape of the library's, and no functions on it.
-/
prelude
import Init.List
set_option linter.all false
universe u v
-- numbers as text
def Nat.digitChar (n : Nat) : Char := Char.ofNat (if n < 10 then 48 + n else 87 + n)
def Nat.toDigitsCore (base : Nat) : (fuel n : Nat) → List Char → List Char
  | 0, _, ds => ds
  | f+1, n, ds => if n / base = 0 then (n % base).digitChar :: ds else toDigitsCore base f (n / base) ((n % base).digitChar :: ds)
def Nat.toDigits (base n : Nat) : List Char := toDigitsCore base (n + 1) n []
protected def Nat.repr (n : Nat) : String := String.ofList (Nat.toDigits 10 n)
protected def Int.repr : Int → String | .ofNat m => m.repr | .negSucc m => "-" ++ (m + 1).repr
-- formats
namespace Std
inductive Format.FlattenBehavior where | allOrNone | fill
open Format in
inductive Format where
  | nil : Format
  | line : Format
  | align (force : Bool) : Format
  | text : String → Format
  | nest (indent : Int) (f : Format) : Format
  | append : Format → Format → Format
  | group : Format → (behavior : FlattenBehavior := .allOrNone) → Format
  | tag : Nat → Format → Format
namespace Format
instance : Inhabited Format := ⟨.nil⟩
instance : Append Format := ⟨.append⟩
instance : Coe String Format := ⟨text⟩
def join (xs : List Format) : Format := xs.foldl (· ++ ·) ""
@[inline] def nestD (f : Format) : Format := .nest 2 f
def bracket (l : String) (x : Format) (r : String) : Format := group (nest l.length (l ++ x ++ r))
def bracketFill (l : String) (x : Format) (r : String) : Format := group (nest l.length (l ++ x ++ r)) .fill
def paren (f : Format) : Format := bracket "(" f ")"
def sbracket (f : Format) : Format := bracket "[" f "]"
def joinSep : List Format → Format → Format | [], _ => nil | [a], _ => a | a :: as, sep => a ++ sep ++ joinSep as sep
end Format
end Std
export Std (Format)
class Repr (α : Type u) where
  reprPrec : α → Nat → Format
export Repr (reprPrec)
abbrev repr {α : Type u} [Repr α] (a : α) : Format := reprPrec a 0
abbrev reprArg {α : Type u} [Repr α] (a : α) : Format := reprPrec a 1024
def Repr.addAppParen (f : Format) (prec : Nat) : Format := if prec ≥ 1024 then Std.Format.paren f else f
class ReprAtom (α : Type u)
instance : Repr Nat := ⟨fun n _ => n.repr⟩
instance : Repr Int := ⟨fun i prec => if i < 0 then Repr.addAppParen i.repr prec else i.repr⟩
instance : Repr Bool := ⟨fun b _ => if b then "true" else "false"⟩
instance : Repr String := ⟨fun s _ => "\"" ++ s ++ "\""⟩
instance : Repr Char := ⟨fun c _ => "'" ++ String.singleton c ++ "'"⟩
instance : Repr Unit := ⟨fun _ _ => "()"⟩
instance {n : Nat} : Repr (Fin n) := ⟨fun f _ => f.val.repr⟩
instance {p : Prop} : Repr (Decidable p) := ⟨fun d prec => match d with | isTrue _ => Repr.addAppParen "isTrue _" prec | isFalse _ => Repr.addAppParen "isFalse _" prec⟩
instance {α : Type u} [Repr α] : Repr (Option α) := ⟨fun o prec => match o with | none => "none" | some a => Repr.addAppParen ("some " ++ reprArg a) prec⟩
instance {α : Type u} {β : Type v} [Repr α] [Repr β] : Repr (α × β) := ⟨fun (a, b) _ => Std.Format.paren (repr a ++ "," ++ Std.Format.line ++ repr b)⟩
instance {α : Type u} {β : Type v} [Repr α] [Repr β] : Repr (α ⊕ β) :=
  ⟨fun s prec => match s with | .inl a => Repr.addAppParen ("Sum.inl " ++ reprArg a) prec | .inr b => Repr.addAppParen ("Sum.inr " ++ reprArg b) prec⟩
instance {α : Type u} [Repr α] : Repr (List α) := ⟨fun l _ => Std.Format.sbracket (Std.Format.joinSep (l.map repr) ("," ++ Std.Format.line))⟩
instance {α : Type u} {p : α → Prop} [Repr α] : Repr {x // p x} := ⟨fun s prec => reprPrec s.val prec⟩
class ToString (α : Type u) where
  toString : α → String
export ToString (toString)
instance : ToString String := ⟨id⟩
instance : ToString Nat := ⟨Nat.repr⟩
instance : ToString Int := ⟨Int.repr⟩
instance : ToString Bool := ⟨fun b => cond b "true" "false"⟩
instance : ToString Char := ⟨String.singleton⟩
instance {α : Type u} [ToString α] : ToString (Option α) := ⟨fun | none => "none" | some a => "(some " ++ toString a ++ ")"⟩
instance {α : Type u} [ToString α] : ToString (List α) := ⟨fun l => "[" ++ String.intercalate ", " (l.map toString) ++ "]"⟩
instance {α : Type u} {β : Type v} [ToString α] [ToString β] : ToString (α × β) := ⟨fun (a, b) => "(" ++ toString a ++ ", " ++ toString b ++ ")"⟩
-- hashes
instance {n : Nat} : OfNat UInt64 n := ⟨UInt64.ofNat n⟩
instance : Hashable Bool := ⟨fun b => cond b (Nat.hash 11) (Nat.hash 13)⟩
instance : Hashable Int := ⟨fun | .ofNat n => Nat.hash (2 * n) | .negSucc n => Nat.hash (2 * n + 1)⟩
instance {α : Type u} [Hashable α] : Hashable (Option α) := ⟨fun | none => Nat.hash 11 | some a => mixHash (hash a) (Nat.hash 13)⟩
instance {α : Type u} {β : Type v} [Hashable α] [Hashable β] : Hashable (α × β) := ⟨fun (a, b) => mixHash (hash a) (hash b)⟩
instance {α : Type u} [Hashable α] : Hashable (List α) := ⟨fun as => as.foldl (fun r a => mixHash r (hash a)) (Nat.hash 7)⟩
-- comparison
inductive Ordering where | lt | eq | gt
deriving instance DecidableEq, Inhabited, BEq for Ordering
namespace Ordering
def swap : Ordering → Ordering | .lt => .gt | .eq => .eq | .gt => .lt
@[macro_inline] def «then» (a b : Ordering) : Ordering := match a with | .eq => b | a => a
def isEq : Ordering → Bool | eq => true | _ => false
def isLE : Ordering → Bool | gt => false | _ => true
def isLT : Ordering → Bool | lt => true | _ => false
end Ordering
@[inline] def compareOfLessAndEq {α : Type u} (x y : α) [LT α] [Decidable (x < y)] [DecidableEq α] : Ordering := if x < y then .lt else if x = y then .eq else .gt
class Ord (α : Type u) where
  compare : α → α → Ordering
export Ord (compare)
instance : Ord Nat := ⟨fun a b => compareOfLessAndEq a b⟩
instance : Ord Int := ⟨fun a b => compareOfLessAndEq a b⟩
instance : Ord Bool := ⟨fun | false, true => .lt | true, false => .gt | _, _ => .eq⟩
instance {n : Nat} : Ord (Fin n) := ⟨fun a b => compare a.val b.val⟩
instance : Ord Char := ⟨fun a b => compare a.toNat b.toNat⟩
instance {α : Type u} [Ord α] : Ord (Option α) := ⟨fun | none, none => .eq | none, some _ => .lt | some _, none => .gt | some a, some b => compare a b⟩
