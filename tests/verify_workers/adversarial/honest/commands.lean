Files that change their own environment in the ways that plain Lean files do: variables, universes, instances, notation, attributes.
--- variable
section
variable (m : Nat)

theorem helper : m = m := rfl
end

⟪theorem goal (n : Nat) : n = n⟫ := helper n
--- variables-with-hypothesis
section
variable (a b : Nat) (h : a ≤ b)

include h in
theorem helper : a < b + 1 := by omega
end

⟪theorem goal (a b : Nat) (h : a ≤ b) : a < b + 1⟫ := helper a b h
--- variable-include
section
variable {p q : Prop} (hp : p)
include hp
theorem keeps : q → p := fun _ => hp
end

⟪theorem goal (p q : Prop) (hp : p) : q → p⟫ := keeps hp
--- variable-omit
section
variable (n : Nat) [Inhabited Nat]
omit [Inhabited Nat] in
theorem plain : n + 0 = n := rfl
end

⟪theorem goal (n : Nat) : n + 0 = n⟫ := plain n
--- variable-type
variable {α : Type} (f : α → α)

theorem twice (h : ∀ x, f x = x) (x : α) : f (f x) = x := by
  rw [h, h]

⟪theorem goal (α : Type) (f : α → α) (h : ∀ x, f x = x) (x : α) : f (f x) = x⟫ := twice f h x
--- universe
universe u v

theorem helper (α : Type u) (a : α) : a = a := rfl

⟪theorem goal (α : Type) (a : α) : a = a⟫ := helper α a
--- universe-in-section
section
universe w
variable (α : Sort w)
theorem idem (a : α) : id a = a := rfl
end

⟪theorem goal (p : Prop) (h : p) : id h = h⟫ := idem p h
--- instance
structure Wrapper where
  value : Nat

instance : Inhabited Wrapper := ⟨⟨0⟩⟩

⟪theorem goal : (default : Nat) = 0⟫ := rfl
--- instance-add
structure Vec2 where
  x : Int
  y : Int

instance : Add Vec2 := ⟨fun a b => ⟨a.x + b.x, a.y + b.y⟩⟩

theorem Vec2.add_x (a b : Vec2) : (a + b).x = a.x + b.x := rfl

⟪theorem goal (a b : Int) : a + b = b + a⟫ := by
  have := Vec2.add_x ⟨a, 0⟩ ⟨b, 0⟩
  omega
--- instance-named
inductive Light where
  | on | off

instance lightInhabited : Inhabited Light := ⟨.off⟩

instance (priority := low) : Inhabited Light := ⟨.on⟩

⟪theorem goal : ∃ b : Bool, b = false⟫ := ⟨false, rfl⟩
--- instance-decidable
def IsSmall (n : Nat) : Prop := n < 10

instance (n : Nat) : Decidable (IsSmall n) := inferInstanceAs (Decidable (n < 10))

theorem small_three : IsSmall 3 := by decide

⟪theorem goal : 3 < 10⟫ := small_three
--- local-instance
section
local instance : Inhabited Nat := ⟨7⟩
theorem seven : ∃ n : Nat, n = default := ⟨default, rfl⟩
end

⟪theorem goal : ∃ n : Nat, n = 7⟫ := ⟨7, rfl⟩
--- scoped-instance
namespace Work
scoped instance : Inhabited Nat := ⟨8⟩
theorem some' : ∃ n : Nat, n = default := ⟨default, rfl⟩
end Work

⟪theorem goal : (default : Nat) = 0⟫ := rfl
--- class
class Magma (α : Type) where
  op : α → α → α

class CommMagma (α : Type) extends Magma α where
  comm : ∀ a b : α, op a b = op b a

instance : CommMagma Nat where
  op := Nat.add
  comm := Nat.add_comm

theorem CommMagma.swap {α : Type} [CommMagma α] (a b : α) : Magma.op a b = Magma.op b a := CommMagma.comm a b

⟪theorem goal (a b : Nat) : a + b = b + a⟫ := CommMagma.swap a b
--- class-group
class Group' (G : Type) where
  mul : G → G → G
  one : G
  inv : G → G
  assoc : ∀ a b c, mul (mul a b) c = mul a (mul b c)
  one_mul : ∀ a, mul one a = a
  inv_mul : ∀ a, mul (inv a) a = one

section
variable {G : Type} [Group' G]
local infixl:70 " ⋆ " => Group'.mul

theorem left_cancel (a b c : G) (h : a ⋆ b = a ⋆ c) : b = c := by
  have e : Group'.inv a ⋆ (a ⋆ b) = Group'.inv a ⋆ (a ⋆ c) := by rw [h]
  rw [← Group'.assoc, ← Group'.assoc, Group'.inv_mul, Group'.one_mul, Group'.one_mul] at e
  exact e
end

⟪theorem goal (a b c : Int) (h : a + b = a + c) : b = c⟫ := by
  omega
--- deriving
inductive Suit where
  | clubs | diamonds | hearts | spades
  deriving DecidableEq

⟪theorem goal : 1 = 1⟫ := rfl
--- deriving-used
inductive Day where
  | mon | tue | wed
deriving DecidableEq

def Day.next : Day → Day
  | .mon => .tue
  | .tue => .wed
  | .wed => .mon

theorem Day.next_ne (d : Day) : d.next ≠ d := by
  cases d <;> decide

⟪theorem goal : ∀ b : Bool, (!b) ≠ b⟫ := by
  intro b
  cases b <;> decide
--- deriving-inhabited
inductive Op where
  | plus | minus
  deriving Inhabited

⟪theorem goal (n : Nat) : n = n⟫ := by
  have : (default : Op) = default := rfl
  rfl
--- local-notation
local notation "T" n => n * (n + 1) / 2

theorem t_four : (T 4) = 10 := rfl

⟪theorem goal : 4 * (4 + 1) / 2 = 10⟫ := t_four
--- notation
def square (n : Nat) : Nat := n * n
notation:max n "²" => square n

theorem three_squared : 3² = 9 := rfl

⟪theorem goal : 3 * 3 = 9⟫ := three_squared
--- infix
def concatDigits (a b : Nat) : Nat := 10 * a + b
infixl:65 " ++' " => concatDigits

theorem digits_twelve : 1 ++' 2 = 12 := rfl

⟪theorem goal : 10 * 1 + 2 = 12⟫ := digits_twelve
--- prefix-postfix
def half (n : Nat) : Nat := n / 2
def twice (n : Nat) : Nat := 2 * n
prefix:max "½" => half
postfix:max "∎" => twice

⟪theorem goal : 8 / 2 = 4⟫ := (rfl : ½8 = 4)
--- open-in-command
open Nat in
⟪theorem goal (n : Nat) : n * 1 = n⟫ := Nat.mul_one n
--- open-in-tactic
⟪theorem goal (n : Nat) : n + 0 = n⟫ := by
  open Nat in
  omega
--- open-in-term
⟪theorem goal (p : Prop) : p ∨ ¬p⟫ := open Classical in em p
--- open-scoped
--- [header]
open scoped Classical
--- [code]
open scoped Classical in
⟪theorem goal (p q : Prop) : (if p then q else q) = q⟫ := by
  by_cases h : p
  · simp [h]
  · simp [h]
--- open-renaming
open Nat renaming add_comm → swap
⟪theorem goal (a b : Nat) : a + b = b + a⟫ := swap a b
--- open-hiding
open Nat hiding add_assoc
⟪theorem goal (a b : Nat) : a + b = b + a⟫ := Nat.add_comm a b
--- open-only
open Nat (mul_comm)
⟪theorem goal (a b : Nat) : a * b = b * a⟫ := mul_comm a b
--- export
namespace Kit
theorem tool (n : Nat) : n ≤ n := Nat.le_refl n
end Kit
export Kit (tool)

⟪theorem goal (n : Nat) : n ≤ n⟫ := tool n
--- attribute-local-simp
def shift (n : Nat) : Nat := n + 3
theorem shift_eq (n : Nat) : shift n = n + 3 := rfl
attribute [local simp] shift_eq

⟪theorem goal : ∃ f : Nat → Nat, f 1 = 4⟫ := ⟨shift, by simp⟩
--- attribute-minus-simp
attribute [-simp] Nat.add_zero

⟪theorem goal (n : Nat) : n + 0 = n⟫ := rfl
--- attribute-reducible
def MyNat := Nat
attribute [reducible] MyNat
theorem myNat (a : MyNat) : a = a := rfl
⟪theorem goal (a : Nat) : a = a⟫ := myNat a
--- irreducible
@[irreducible] def secret (n : Nat) : Nat := n + 1
theorem secret_eq (n : Nat) : secret n = n + 1 := by unfold secret; rfl
⟪theorem goal : ∃ f : Nat → Nat, ∀ n, f n = n + 1⟫ := ⟨secret, secret_eq⟩
--- set-option-in
set_option maxRecDepth 2000 in
⟪theorem goal : 2 ^ 8 = 256⟫ := by
  norm_num
--- set-option-heartbeats-in
set_option maxHeartbeats 1000000 in
/-- A long computation, they thought. -/
⟪theorem goal (n : Nat) : n + 1 ≠ n⟫ := by
  omega
--- set-option-tactic
⟪theorem goal : 10 * 10 = 100⟫ := by
  set_option maxRecDepth 3000 in
  decide
--- set-option-diagnostics
set_option diagnostics true in
⟪theorem goal (n : Nat) : n + 0 = n⟫ := by omega
--- set-option-pending-depth
set_option maxSynthPendingDepth 3 in
⟪theorem goal (n : Nat) : n + 0 = n⟫ := by omega
--- set-option-auto-implicit
set_option autoImplicit true in
theorem free (h : a = (b : Nat)) : b = a := h.symm

⟪theorem goal (a b : Nat) (h : a = b) : b = a⟫ := free h
--- set-option-linters
set_option linter.unusedVariables false
set_option linter.all false

⟪theorem goal (p q : Prop) (hp : p) (unused : q) : p⟫ := hp
--- set-option-printing
set_option pp.all true
set_option pp.proofs true
⟪theorem goal (n : Nat) : n < n + 1⟫ := by
  omega
--- set-option-trace
set_option trace.Meta.synthInstance false
⟪theorem goal (n : Nat) : n < n + 1⟫ := by
  omega
--- macro-free-calc-trans
structure Chain where
  val : Nat

def Chain.le (a b : Chain) : Prop := a.val ≤ b.val

instance : Trans Chain.le Chain.le Chain.le := ⟨fun {a b c} (h : a.val ≤ b.val) (g : b.val ≤ c.val) => Nat.le_trans h g⟩

theorem chained (a b c : Chain) (h : Chain.le a b) (g : Chain.le b c) : Chain.le a c :=
  calc Chain.le a b := h
    Chain.le b c := g

⟪theorem goal (a b c : Nat) (h : a ≤ b) (g : b ≤ c) : a ≤ c⟫ := chained ⟨a⟩ ⟨b⟩ ⟨c⟩ h g
--- coercion
structure Even' where
  half : Nat

instance : Coe Even' Nat := ⟨fun e => 2 * e.half⟩

theorem even_coe (e : Even') : (e : Nat) % 2 = 0 := by
  show 2 * e.half % 2 = 0
  omega

⟪theorem goal (n : Nat) : 2 * n % 2 = 0⟫ := even_coe ⟨n⟩
--- function-coercion
structure Poly where
  a : Int
  b : Int

instance : CoeFun Poly (fun _ => Int → Int) := ⟨fun p x => p.a * x + p.b⟩

theorem poly_at_zero (p : Poly) : p 0 = p.b := by
  show p.a * 0 + p.b = p.b
  simp

⟪theorem goal (a b : Int) : a * 0 + b = b⟫ := poly_at_zero ⟨a, b⟩
--- simp-extension-less
@[simp] theorem my_rule (n : Nat) (h : 0 < n) : n ≠ 0 := by omega
⟪theorem goal (n : Nat) (h : 0 < n) : ¬ n = 0⟫ := by
  simp [h]
--- nonempty-instance
instance nonemptyEven : Nonempty { n : Nat // n % 2 = 0 } := ⟨⟨0, rfl⟩⟩
⟪theorem goal : ∃ n : Nat, n % 2 = 0⟫ := ⟨0, rfl⟩
--- open-namespaces-of-provers
open Nat Int
open Function
set_option maxHeartbeats 400000
⟪theorem goal (f : Nat → Nat) (x : Nat) : (f ∘ id) x = f x⟫ := rfl
--- partial-section-left-open
section open_to_the_end
variable (n : Nat)
theorem helper : n ≤ n + 1 := by omega
⟪theorem goal (a : Nat) : a ≤ a + 1⟫ := helper a
--- namespace-left-open
namespace Late
theorem helper (n : Nat) : n ≤ n + 1 := by omega
theorem _root_.goal_helper (n : Nat) : n ≤ n + 1 := helper n
end Late
section
⟪theorem goal (a : Nat) : a ≤ a + 1⟫ := goal_helper a
end
