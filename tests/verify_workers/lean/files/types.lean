/-
Inductive types, nested and indexed ones among them, structures, classes, instances, and what `deriving` makes.
-/
inductive Tree (α : Type) | node : α → List (Tree α) → Tree α
inductive T2 | leaf | node : T2 → T2 → T2 deriving DecidableEq, BEq, Inhabited
inductive C where | a | b deriving DecidableEq
inductive C3 where | a | b | c deriving DecidableEq, BEq, Inhabited, Repr
structure P where
  x : Nat
  y : Nat := 3
  deriving DecidableEq, BEq, Inhabited, Repr, Hashable, Ord
structure P3 extends P where
  z : Nat
  deriving Repr, Hashable, Ord
theorem pp : ({x := 1} : P).y = 3 := rfl
theorem pq : ({x := 1} : P) ≠ {x := 2} := by decide
theorem pr (p q : P) (h : p.x = q.x) (h' : p.y = q.y) : p = q := by cases p; cases q; simp_all
theorem pext (p q : P) (h : p.x = q.x) (h' : p.y = q.y) : p = q := by
  have := P.mk.injEq
  cases p; cases q; congr
instance : Inhabited P3 := ⟨⟨⟨0, 1⟩, 2⟩⟩
instance instAddP : Add P := ⟨fun a b => ⟨a.x + b.x, a.y + b.y⟩⟩
theorem padd : (⟨1, 2⟩ + ⟨3, 4⟩ : P) = ⟨4, 6⟩ := rfl
theorem padd' : (⟨1, 2⟩ + ⟨3, 4⟩ : P) = ⟨4, 6⟩ := by decide
theorem cc : C.a ≠ C.b := by decide
theorem cc' (c : C) : c = .a ∨ c = .b := by cases c <;> simp
theorem allc : ∀ c : C, c = c := by intro c; rfl
class Shape (α : Type) where
  area : α → Nat
  name : α → Nat := fun _ => 0
instance : Shape P where
  area p := p.x * p.y
theorem sh : Shape.area (⟨2, 3⟩ : P) = 6 := rfl
class Monoid' (α : Type u) extends Mul α where
  one : α
  mul_assoc : ∀ a b c : α, a * b * c = a * (b * c)
  one_mul : ∀ a : α, one * a = a
theorem mm {α : Type u} [Monoid' α] (a b : α) : Monoid'.one * a * b = a * b := by rw [Monoid'.one_mul]
inductive Expr | num (n : Nat) | plus (a b : Expr) | times (a b : Expr)
def Expr.eval : Expr → Nat | num n => n | plus a b => a.eval + b.eval | times a b => a.eval * b.eval
def Expr.opt : Expr → Expr | plus (num 0) e => opt e | plus a b => plus (opt a) (opt b) | e => e
theorem Expr.opt_ok (e : Expr) : e.opt.eval = e.eval := by
  induction e using Expr.opt.induct with
  | case1 e ih => simp [opt, eval, ih]
  | case2 a b h iha ihb => rw [opt]; simp [eval, iha, ihb]; exact h
  | case3 e h1 h2 => rw [opt] <;> assumption
inductive Vec (α : Type u) : Nat → Type u | nil : Vec α 0 | cons : α → Vec α n → Vec α (n+1)
def Vec.head : Vec α (n+1) → α | .cons a _ => a
def Vec.map (f : α → β) : Vec α n → Vec β n | .nil => .nil | .cons a v => .cons (f a) (map f v)
def Vec.toList : Vec α n → List α | .nil => [] | .cons a v => a :: toList v
theorem Vec.len (v : Vec α n) : v.toList.length = n := by
  induction v with | nil => rfl | cons a v ih => simp [toList, ih]
def Tree.size : Tree α → Nat | .node _ ts => 1 + (ts.attach.map fun ⟨t, _⟩ => t.size).sum
mutual
def Tree.count : Tree α → Nat | .node _ ts => 1 + countAll ts
def Tree.countAll : List (Tree α) → Nat | [] => 0 | t :: ts => t.count + countAll ts
end
theorem tc : (Tree.node 1 [.node 2 [], .node 3 []]).count = 3 := by simp [Tree.count, Tree.countAll]
theorem tc' : (Tree.node 1 [.node 2 [], .node 3 []]).count = 3 := by rfl
def Tree.depth : Tree α → Nat | .node _ ts => 1 + (ts.map depth).foldl max 0
inductive Even : Nat → Prop | zero : Even 0 | step : Even n → Even (n+2)
theorem e4 : Even 4 := .step (.step .zero)
theorem e4' : Even 4 := by constructor; constructor; constructor
theorem e3 : ¬ Even 3 := by intro h; cases h with | step h => cases h
theorem e3' : ¬ Even 3 := by rintro (_ | ⟨⟨⟩⟩)
theorem ee (n : Nat) (h : Even n) : n % 2 = 0 := by induction h with | zero => rfl | step _ ih => omega
namespace Derived
inductive A | x | y | z deriving Repr, DecidableEq, BEq, Hashable, Ord, Inhabited, ReflBEq, LawfulBEq
inductive B | x (n : Nat) | y (a b : B) deriving Repr, DecidableEq, BEq, Hashable, Ord, Inhabited, Nonempty
structure S (α : Type) where
  a : α
  b : List α
  deriving Repr, DecidableEq, BEq, Hashable, Inhabited
inductive Tr (α : Type) | leaf | node (l : Tr α) (v : α) (r : Tr α) deriving Repr, DecidableEq
deriving instance BEq for Tr
theorem a1 (a b : A) : (a == b) = true ↔ a = b := by cases a <;> cases b <;> decide
theorem a1' (a b : A) : (a == b) = true ↔ a = b := by simp
theorem a2 : (Tr.node .leaf 1 .leaf) ≠ .leaf := by decide
theorem a3 : (Tr.node .leaf 1 .leaf) ≠ .leaf := by simp
theorem a4 : (Tr.node .leaf 1 .leaf) ≠ .leaf := by intro h; cases h
theorem a5 : ∀ a : A, a = .x ∨ a = .y ∨ a = .z := by intro a; cases a <;> simp
inductive Nest | mk : List Nest → Nest deriving Repr, BEq
inductive Foo (n : Nat) | mk : Fin n → Foo n deriving DecidableEq, Repr
structure Fn where
  f : Nat → Nat
  deriving Inhabited
end Derived
abbrev Pos := {n : Nat // 0 < n}
def two : Pos := ⟨2, by decide⟩
instance : OfNat Pos (n+1) := ⟨⟨n+1, Nat.succ_pos n⟩⟩
theorem tw : (2 : Pos) = two := rfl
namespace Foo
variable {α : Type} [DecidableEq α]
def cnt (a : α) : List α → Nat | [] => 0 | b :: bs => (if a = b then 1 else 0) + cnt a bs
theorem cnt_nil (a : α) : cnt a [] = 0 := rfl
theorem cnt_append (a : α) (xs ys : List α) : cnt a (xs ++ ys) = cnt a xs + cnt a ys := by
  induction xs with
  | nil => simp [cnt]
  | cons b xs ih => simp [cnt, ih, Nat.add_assoc]
end Foo
open Foo in
theorem x1 : cnt 1 [1, 2, 1] = 2 := by decide
def fact : Nat → Nat | 0 => 1 | n+1 => (n+1) * fact n
local notation "⟪" x "⟫" => fact x
theorem x2 : ⟪3⟫ = 6 := rfl
infixl:65 " +++ " => fun a b : Nat => a + b + 1
theorem x3 : 1 +++ 2 = 4 := rfl
structure Point where
  x : Int
  y : Int
  deriving DecidableEq, Repr
namespace Point
def add (p q : Point) : Point := { x := p.x + q.x, y := p.y + q.y }
instance : Add Point := ⟨add⟩
theorem add_def (p q : Point) : p + q = ⟨p.x + q.x, p.y + q.y⟩ := rfl
theorem add_comm (p q : Point) : p + q = q + p := by simp [add_def, Int.add_comm]
def neg (p : Point) : Point := { p with x := -p.x }
@[simp] theorem neg_y (p : Point) : p.neg.y = p.y := rfl
@[ext] theorem ext' {p q : Point} (hx : p.x = q.x) (hy : p.y = q.y) : p = q := by cases p; cases q; simp_all
end Point
@[ext] structure Q where
  a : Nat
  b : Nat
theorem qe (p q : Q) (h : p.a = q.a) (h' : p.b = q.b) : p = q := by ext <;> assumption
