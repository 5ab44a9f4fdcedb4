Statements that need definitions of the caller's, and negations of statements.
--- definition
--- [preamble]
def double (n : Nat) : Nat := n + n
--- [code]
⟪theorem goal (n : Nat) : double n = 2 * n⟫ := by
  unfold double
  omega
--- repeated-in-the-file
--- [preamble]
def double (n : Nat) : Nat := n + n
--- [code]
def double (n : Nat) : Nat := n + n

⟪theorem goal (n : Nat) : double n = 2 * n⟫ := by
  unfold double
  omega
--- repeated-with-other-layout
--- [preamble]
def double (n : Nat) : Nat := n + n
--- [code]
import Init

/-- Twice. -/
def double
    (n : Nat) : Nat :=
  n + n -- the sum

⟪theorem goal (n : Nat) : double n = 2 * n⟫ := by
  unfold double
  omega
--- answer
--- [preamble]
abbrev answer : Nat := 42
--- [code]
⟪theorem goal (n : Nat) (h : n = 6 * 7) : n = answer⟫ := by
  subst h
  rfl
--- structure
--- [preamble]
structure Point where
  x : Int
  y : Int
--- [code]
⟪theorem goal (p q : Point) (hx : p.x = q.x) (hy : p.y = q.y) : p = q⟫ := by
  cases p
  cases q
  simp_all
--- inductive
--- [preamble]
inductive Color where
  | red | green
--- [code]
⟪theorem goal (c : Color) : c = .red ∨ c = .green⟫ := by
  cases c
  · exact Or.inl rfl
  · exact Or.inr rfl
--- predicate
--- [preamble]
def IsEven (n : Nat) : Prop := ∃ k, n = 2 * k
--- [code]
theorem even_zero : IsEven 0 := ⟨0, rfl⟩

⟪theorem goal (n : Nat) (h : IsEven n) : IsEven (n + 2)⟫ := by
  obtain ⟨k, hk⟩ := h
  exact ⟨k + 1, by omega⟩
--- several
--- [preamble]
def f (n : Nat) : Nat := n + 1

def g (n : Nat) : Nat := 2 * f n

theorem g_zero : g 0 = 2 := rfl
--- [code]
⟪theorem goal (n : Nat) : g n = 2 * n + 2⟫ := by
  unfold g f
  omega
--- instance
--- [preamble]
structure Vec where
  x : Int
  y : Int

instance : Add Vec := ⟨fun a b => ⟨a.x + b.x, a.y + b.y⟩⟩
--- [code]
⟪theorem goal (a b : Vec) : a + b = b + a⟫ := by
  show Vec.mk (a.x + b.x) (a.y + b.y) = Vec.mk (b.x + a.x) (b.y + a.y)
  rw [Int.add_comm a.x, Int.add_comm a.y]
--- variable
--- [preamble]
variable (a b : Nat)
--- [code]
⟪theorem goal (h : a = b) : b = a⟫ := h.symm
--- notation
--- [preamble]
def times (a b : Nat) : Nat := a * b
infixl:70 " ⊛ " => times
--- [code]
⟪theorem goal (a b : Nat) : a ⊛ b = b ⊛ a⟫ := Nat.mul_comm a b
--- namespace
--- [preamble]
namespace Game
def win (n : Nat) : Prop := n % 3 ≠ 0
end Game
--- [code]
⟪theorem goal : Game.win 4⟫ := by
  unfold Game.win
  decide
--- recursion
--- [preamble]
def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs
--- [code]
⟪theorem goal (xs ys : List Nat) : total (xs ++ ys) = total xs + total ys⟫ := by
  induction xs with
  | nil => exact (Nat.zero_add _).symm
  | cons x xs ih =>
    show x + total (xs ++ ys) = x + total xs + total ys
    rw [ih, Nat.add_assoc]
--- match-of-its-own
--- [preamble]
def pick (b : Bool) : Nat := match b with | true => 1 | false => 0
--- [code]
⟪theorem goal (b : Bool) : pick b ≤ 1⟫ := by
  cases b
  · exact Nat.zero_le 1
  · exact Nat.le_refl 1
--- with-a-header
--- [header]
open Nat
set_option maxHeartbeats 400000
--- [preamble]
def next (n : Nat) : Nat := succ n
--- [code]
⟪theorem goal (n : Nat) : next n = n + 1⟫ := rfl
--- comments-and-docs
--- [preamble]
/-- The answer that the problem asks for: sorry is only a word here. -/
abbrev solution : Nat := 3 -- found by a person
--- [code]
⟪theorem goal : solution + solution = 6⟫ := rfl
--- matcher-in-the-statement
--- [preamble]
structure Pt where
  x : Nat
  y : Nat
--- [code]
⟪theorem goal (p : Pt) : (match p with | ⟨a, b⟩ => a + b) = p.x + p.y⟫ := by
  cases p
  rfl
--- helper-named-as-one-of-theirs-in-a-namespace
--- [preamble]
def size (n : Nat) : Nat := n
--- [code]
namespace Mine
def size (n : Nat) : Nat := n + 1
theorem size_pos (n : Nat) : 0 < size n := Nat.succ_pos n
end Mine
⟪theorem goal (n : Nat) : size n = n⟫ := rfl
--- universe
--- [preamble]
universe u
variable {α : Type u}
def twice (f : α → α) (x : α) : α := f (f x)
--- [code]
⟪theorem goal (f : α → α) (h : ∀ x, f x = x) (x : α) : twice f x = x⟫ := by
  unfold twice
  rw [h, h]
--- negation-of-a-false-statement
--- [negated]
theorem goal : 1 = 2
--- [code]
theorem goal : ¬ (1 = 2) := by
  decide
--- negation-with-binders
--- [negated]
theorem goal (n : Nat) : n < 5
--- [code]
theorem goal : ¬ (∀ n : Nat, n < 5) := by
  intro h
  have := h 5
  omega
--- negation-with-hypotheses
--- [negated]
theorem goal (a b : Nat) (h : a ≤ b) : b ≤ a
--- [code]
theorem goal : ¬ ∀ (a b : Nat), a ≤ b → b ≤ a := by
  intro h
  have := h 0 1 (by omega)
  omega
--- negation-with-a-preamble
--- [preamble]
def half (n : Nat) : Nat := n / 2
--- [negated]
theorem goal (n : Nat) : 2 * half n = n
--- [code]
theorem goal : ¬ ∀ n : Nat, 2 * half n = n := fun h => absurd (h 1) (by decide)
--- negation-of-an-existence
--- [negated]
theorem goal : ∃ n : Nat, n < 0
--- [code]
theorem goal : ¬ ∃ n : Nat, n < 0 := by
  rintro ⟨n, h⟩
  exact absurd h (Nat.not_lt_zero n)
--- more-in-their-namespace
--- [preamble]
namespace Game

def win (n : Nat) : Prop := n % 3 ≠ 0

end Game
--- [code]
namespace Game

theorem win_four : win 4 := by
  unfold win
  decide

end Game

⟪theorem goal : Game.win 4⟫ := Game.win_four
--- more-in-their-section
--- [preamble]
section
variable (n : Nat)
def succ' : Nat := n + 1
end
--- [code]
section
variable (n : Nat)
theorem succ'_pos : 0 < succ' n := by
  unfold succ'
  omega
end

⟪theorem goal (n : Nat) : 0 < succ' n⟫ := succ'_pos n
--- repeated-and-more
--- [preamble]
namespace Game
def win (n : Nat) : Prop := n % 3 ≠ 0
end Game
--- [code]
import Init

namespace Game
def win (n : Nat) : Prop := n % 3 ≠ 0
theorem win_four : win 4 := by
  unfold win
  decide
end Game

⟪theorem goal : Game.win 4⟫ := Game.win_four
--- definition-under-the-theorems-name
--- [preamble]
def goal.target (n : Nat) : Nat := 2 * n
--- [code]
⟪theorem goal (n : Nat) : goal.target n = n + n⟫ := by
  unfold goal.target
  omega
--- type-under-the-theorems-name
--- [preamble]
inductive goal.Color where
  | red | green
--- [code]
⟪theorem goal (c : goal.Color) : c = .red ∨ c = .green⟫ := by
  cases c
  · exact Or.inl rfl
  · exact Or.inr rfl
--- negation-under-a-variable
--- [preamble]
variable (n : Nat)
--- [negated]
theorem goal : n < 5
--- [code]
theorem goal : ¬ ∀ n : Nat, n < 5 := fun h => absurd (h 7) (by decide)
--- negation-of-a-match
--- [negated]
theorem goal (n : Nat) : match n with | 0 => True | _ + 1 => False
--- [code]
theorem goal : ¬ ∀ n : Nat, match n with | 0 => True | _ + 1 => False := fun h => h 1
--- theorems-name-in-a-namespace
--- [preamble]
namespace Club
structure Member where
  age : Nat
def adult (m : Member) : Prop := 18 ≤ m.age
end Club
--- [code]
⟪theorem Club.goal (m : Club.Member) (h : 20 ≤ m.age) : Club.adult m⟫ := by
  unfold Club.adult
  omega
