Files that define things of their own: structures, inductive types, recursive functions, mutual blocks.
--- structure
structure Point where
  x : Nat
  y : Nat

theorem Point.ext' (p q : Point) (hx : p.x = q.x) (hy : p.y = q.y) : p = q := by
  cases p
  cases q
  simp_all

⟪theorem goal (a b c d : Nat) (h : a = c) (g : b = d) : (a, b) = (c, d)⟫ := by
  have := Point.ext' ⟨a, b⟩ ⟨c, d⟩ h g
  rw [h, g]
--- structure-with-proof
structure Positive where
  val : Nat
  pos : 0 < val

def Positive.add (a b : Positive) : Positive := ⟨a.val + b.val, by have := a.pos; omega⟩

⟪theorem goal (a b : Nat) (h : 0 < a) (g : 0 < b) : 0 < a + b⟫ := (Positive.add ⟨a, h⟩ ⟨b, g⟩).pos
--- structure-default-and-update
structure Config where
  width : Nat := 10
  height : Nat := 20

def wide : Config := { width := 30 }
def taller (c : Config) : Config := { c with height := c.height + 1 }

⟪theorem goal : ∃ w h : Nat, w = 30 ∧ h = 21⟫ := ⟨(taller wide).width, (taller wide).height, rfl, rfl⟩
--- structure-parameters
structure Pair (α β : Type) where
  fst : α
  snd : β

def Pair.swap {α β : Type} (p : Pair α β) : Pair β α := ⟨p.snd, p.fst⟩

theorem Pair.swap_swap {α β : Type} (p : Pair α β) : p.swap.swap = p := rfl

⟪theorem goal (a b : Nat) : (a, b) = (a, b)⟫ := by
  have := Pair.swap_swap (Pair.mk a b)
  rfl
--- structure-extends
structure Shape where
  sides : Nat

structure Box extends Shape where
  depth : Nat

def cube : Box := { sides := 4, depth := 4 }

⟪theorem goal : ∃ n : Nat, n = 4⟫ := ⟨cube.sides, rfl⟩
--- enumeration
inductive Color where
  | red | green | blue

def Color.next : Color → Color
  | red => green
  | green => blue
  | blue => red

theorem Color.three_times (c : Color) : c.next.next.next = c := by
  cases c <;> rfl

⟪theorem goal : ∀ n : Nat, n = n⟫ := by
  intro n
  have := Color.three_times .red
  rfl
--- binary-tree
inductive Tree where
  | leaf : Tree
  | node : Tree → Nat → Tree → Tree

namespace Tree

def size : Tree → Nat
  | leaf => 0
  | node l _ r => l.size + 1 + r.size

def mirror : Tree → Tree
  | leaf => leaf
  | node l v r => node r.mirror v l.mirror

theorem size_mirror (t : Tree) : t.mirror.size = t.size := by
  induction t with
  | leaf => rfl
  | node l v r ihl ihr =>
    simp only [mirror, size, ihl, ihr]
    omega

theorem mirror_mirror (t : Tree) : t.mirror.mirror = t := by
  induction t with
  | leaf => rfl
  | node l v r ihl ihr => simp [mirror, ihl, ihr]

end Tree

⟪theorem goal (a b : Nat) : a + 1 + b = b + 1 + a⟫ := by
  have := Tree.mirror_mirror (.node .leaf a .leaf)
  omega
--- polymorphic-tree
inductive BTree (α : Type) where
  | empty : BTree α
  | branch (left : BTree α) (value : α) (right : BTree α) : BTree α

def BTree.depth {α : Type} : BTree α → Nat
  | .empty => 0
  | .branch l _ r => max l.depth r.depth + 1

def BTree.count {α : Type} : BTree α → Nat
  | .empty => 0
  | .branch l _ r => l.count + r.count + 1

theorem BTree.depth_le_count {α : Type} (t : BTree α) : t.depth ≤ t.count := by
  induction t with
  | empty => exact Nat.le_refl 0
  | branch l v r hl hr =>
    simp only [depth, count]
    omega

⟪theorem goal (a b : Nat) : max a b ≤ a + b⟫ := by
  omega
--- expression-evaluator
inductive Expr where
  | num (n : Nat)
  | plus (a b : Expr)
  | times (a b : Expr)

def Expr.eval : Expr → Nat
  | .num n => n
  | .plus a b => a.eval + b.eval
  | .times a b => a.eval * b.eval

def Expr.swap : Expr → Expr
  | .num n => .num n
  | .plus a b => .plus b.swap a.swap
  | .times a b => .times b.swap a.swap

theorem Expr.eval_swap : ∀ e : Expr, e.swap.eval = e.eval
  | .num _ => rfl
  | .plus a b => by
    simp only [swap, eval, eval_swap a, eval_swap b]
    exact Nat.add_comm _ _
  | .times a b => by
    simp only [swap, eval, eval_swap a, eval_swap b]
    exact Nat.mul_comm _ _

⟪theorem goal (a b : Nat) : a * b = b * a⟫ := Expr.eval_swap (.times (.num b) (.num a))
--- inductive-predicate
inductive Even : Nat → Prop where
  | zero : Even 0
  | step (n : Nat) : Even n → Even (n + 2)

theorem Even.double (n : Nat) : Even (n + n) := by
  induction n with
  | zero => exact Even.zero
  | succ n ih =>
    have e : n + 1 + (n + 1) = n + n + 2 := by omega
    rw [e]
    exact Even.step _ ih

theorem Even.half {n : Nat} (h : Even n) : ∃ k, n = k + k := by
  induction h with
  | zero => exact ⟨0, rfl⟩
  | step n _ ih =>
    obtain ⟨k, hk⟩ := ih
    exact ⟨k + 1, by omega⟩

⟪theorem goal (n : Nat) : ∃ k, n + n = k + k⟫ := (Even.double n).half
--- inductive-relation
inductive Path (step : Nat → Nat → Prop) : Nat → Nat → Prop where
  | refl (a : Nat) : Path step a a
  | cons {a b c : Nat} : step a b → Path step b c → Path step a c

theorem Path.trans {step : Nat → Nat → Prop} {a b c : Nat} (h : Path step a b) (g : Path step b c) : Path step a c := by
  induction h with
  | refl => exact g
  | cons s _ ih => exact Path.cons s (ih g)

⟪theorem goal : ∀ a b c : Nat, a ≤ b → b ≤ c → a ≤ c⟫ := by
  intro a b c h g
  omega
--- indexed-family
inductive Vec (α : Type) : Nat → Type where
  | nil : Vec α 0
  | cons {n : Nat} (a : α) (v : Vec α n) : Vec α (n + 1)

def Vec.head {α : Type} {n : Nat} : Vec α (n + 1) → α
  | .cons a _ => a

def Vec.toList {α : Type} {n : Nat} : Vec α n → List α
  | .nil => []
  | .cons a v => a :: v.toList

theorem Vec.length_toList {α : Type} {n : Nat} (v : Vec α n) : v.toList.length = n := by
  induction v with
  | nil => rfl
  | cons a v ih =>
    simp only [toList, List.length, ih]

⟪theorem goal : ∃ l : List Nat, l.length = 3⟫ := ⟨_, Vec.length_toList (.cons 1 (.cons 2 (.cons 3 .nil)))⟩
--- own-naturals
inductive N where
  | z : N
  | s : N → N

namespace N

def add : N → N → N
  | a, z => a
  | a, s b => s (add a b)

theorem z_add (a : N) : add z a = a := by
  induction a with
  | z => rfl
  | s a ih => simp only [add, ih]

theorem s_add (a b : N) : add (s a) b = s (add a b) := by
  induction b with
  | z => rfl
  | s b ih => simp only [add, ih]

theorem add_comm (a b : N) : add a b = add b a := by
  induction b with
  | z => rw [z_add]; rfl
  | s b ih => rw [s_add, ← ih]; rfl

end N

⟪theorem goal : ∀ a b : Nat, a + b = b + a⟫ := by
  have := N.add_comm
  omega
--- recursive-function
def power (b : Nat) : Nat → Nat
  | 0 => 1
  | n + 1 => power b n * b

theorem power_eq (b n : Nat) : power b n = b ^ n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [power, ih, Nat.pow_succ]

⟪theorem goal : ∃ f : Nat → Nat → Nat, ∀ b n, f b n = b ^ n⟫ := ⟨power, power_eq⟩
--- fibonacci
def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

theorem fib_rec (n : Nat) : fib (n + 2) = fib n + fib (n + 1) := rfl

theorem fib_values : fib 10 = 55 := rfl

⟪theorem goal : ∃ f : Nat → Nat, f 0 = 0 ∧ f 1 = 1 ∧ (∀ n, f (n + 2) = f n + f (n + 1)) ∧ f 10 = 55⟫ :=
  ⟨fib, rfl, rfl, fib_rec, fib_values⟩
--- accumulator
def sumAux : Nat → Nat → Nat
  | 0, acc => acc
  | n + 1, acc => sumAux n (acc + n + 1)

theorem sumAux_add (n acc : Nat) : sumAux n acc = sumAux n 0 + acc := by
  induction n generalizing acc with
  | zero => simp [sumAux]
  | succ n ih =>
    rw [sumAux, sumAux, ih, ih (0 + n + 1)]
    omega

⟪theorem goal (a b : Nat) : a + b + 0 = b + a⟫ := by
  have := sumAux_add 0 a
  omega
--- list-append
def snoc {α : Type} : List α → α → List α
  | [], b => [b]
  | a :: l, b => a :: snoc l b

theorem length_snoc {α : Type} (l : List α) (b : α) : (snoc l b).length = l.length + 1 := by
  induction l with
  | nil => rfl
  | cons a l ih => simp only [snoc, List.length, ih]

⟪theorem goal (α : Type) (l : List α) (b : α) : ∃ m : List α, m.length = l.length + 1⟫ := ⟨snoc l b, length_snoc l b⟩
--- list-reverse
def rev {α : Type} : List α → List α
  | [] => []
  | a :: l => rev l ++ [a]

theorem append_nil' {α : Type} (l : List α) : l ++ [] = l := by
  induction l with
  | nil => rfl
  | cons a l ih => exact congrArg (a :: ·) ih

theorem append_assoc' {α : Type} (a b c : List α) : a ++ b ++ c = a ++ (b ++ c) := by
  induction a with
  | nil => rfl
  | cons x a ih => exact congrArg (x :: ·) ih

theorem rev_append {α : Type} (a b : List α) : rev (a ++ b) = rev b ++ rev a := by
  induction a with
  | nil => exact (append_nil' (rev b)).symm
  | cons x a ih =>
    show rev (a ++ b) ++ [x] = rev b ++ (rev a ++ [x])
    rw [ih, append_assoc']

⟪theorem goal (α : Type) : ∃ r : List α → List α, ∀ a b, r (a ++ b) = r b ++ r a⟫ := ⟨rev, rev_append⟩
--- list-map-length
theorem length_map' {α β : Type} (f : α → β) (l : List α) : (l.map f).length = l.length := by
  induction l with
  | nil => rfl
  | cons a l ih =>
    show (l.map f).length + 1 = l.length + 1
    rw [ih]

⟪theorem goal (l : List Nat) : (l.map (· + 1)).length = l.length⟫ := length_map' _ l
--- list-sum
def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

theorem total_append (xs ys : List Nat) : total (xs ++ ys) = total xs + total ys := by
  induction xs with
  | nil => exact (Nat.zero_add _).symm
  | cons x xs ih =>
    show x + total (xs ++ ys) = x + total xs + total ys
    rw [ih, Nat.add_assoc]

⟪theorem goal (xs ys : List Nat) : ∃ s : List Nat → Nat, s (xs ++ ys) = s xs + s ys⟫ := ⟨total, total_append xs ys⟩
--- insertion
def insert' (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if x ≤ y then x :: y :: ys else y :: insert' x ys

def sort' : List Nat → List Nat
  | [] => []
  | x :: xs => insert' x (sort' xs)

theorem length_insert' (x : Nat) (l : List Nat) : (insert' x l).length = l.length + 1 := by
  induction l with
  | nil => rfl
  | cons y ys ih =>
    unfold insert'
    split
    · rfl
    · simp only [List.length, ih]

theorem length_sort' (l : List Nat) : (sort' l).length = l.length := by
  induction l with
  | nil => rfl
  | cons x xs ih => rw [sort', length_insert', ih]; rfl

⟪theorem goal (l : List Nat) : ∃ m : List Nat, m.length = l.length⟫ := ⟨sort' l, length_sort' l⟩
--- mutual-inductive
mutual
inductive EvenList where
  | nil : EvenList
  | cons : Nat → OddList → EvenList
inductive OddList where
  | cons : Nat → EvenList → OddList
end

⟪theorem goal : ∃ n : Nat, n % 2 = 1⟫ := by
  have e : EvenList.cons 1 (.cons 2 .nil) = .cons 1 (.cons 2 .nil) := rfl
  exact ⟨1, rfl⟩
--- mutual-theorems
mutual
theorem first_half (n : Nat) : n * 2 = n + n := by omega
theorem second_half (n : Nat) : 2 * n = n + n := by omega
end
⟪theorem goal (n : Nat) : n * 2 = 2 * n⟫ := (first_half n).trans (second_half n).symm
--- where-definition
def outer (n : Nat) : Nat := inner n + inner 1
where
  inner (k : Nat) : Nat := k * 2

theorem outer_three : outer 3 = 8 := rfl

⟪theorem goal : 3 * 2 + 1 * 2 = 8⟫ := outer_three
--- where-lemma
⟪theorem goal (a b c : Nat) (h : a ≤ b) (g : b ≤ c) : a ≤ c⟫ := step a b c h g
where
  step (x y z : Nat) (h : x ≤ y) (g : y ≤ z) : x ≤ z := Nat.le_trans h g
--- let-rec-tactic
⟪theorem goal : ∀ n : Nat, n ≤ n * n⟫ := by
  let rec go : ∀ n : Nat, n ≤ n * n
    | 0 => Nat.le_refl 0
    | n + 1 => by
      have h : 1 * (n + 1) ≤ (n + 1) * (n + 1) := Nat.mul_le_mul (by omega) (Nat.le_refl _)
      omega
  exact go
--- class-free-group
structure Monoid' (α : Type) where
  op : α → α → α
  unit : α
  assoc : ∀ a b c, op (op a b) c = op a (op b c)
  left : ∀ a, op unit a = a
  right : ∀ a, op a unit = a

theorem Monoid'.unique {α : Type} (m : Monoid' α) (e : α) (h : ∀ a, m.op e a = a) : e = m.unit := by
  rw [← m.right e, h]

def natMonoid : Monoid' Nat := ⟨(· + ·), 0, Nat.add_assoc, Nat.zero_add, Nat.add_zero⟩

⟪theorem goal (e : Nat) (h : ∀ a : Nat, e + a = a) : e = 0⟫ := natMonoid.unique e h
--- match-on-two
def isSame : Nat → Nat → Bool
  | 0, 0 => true
  | n + 1, m + 1 => isSame n m
  | _, _ => false

theorem isSame_self (n : Nat) : isSame n n = true := by
  induction n with
  | zero => rfl
  | succ n ih => exact ih

⟪theorem goal : ∃ f : Nat → Nat → Bool, ∀ n, f n n = true⟫ := ⟨isSame, isSame_self⟩
--- options-and-abbreviations
abbrev Assignment := Nat → Option Nat

def Assignment.set (a : Assignment) (k v : Nat) : Assignment := fun n => if n = k then some v else a n

theorem Assignment.get_set (a : Assignment) (k v : Nat) : a.set k v k = some v := by
  simp [Assignment.set]

⟪theorem goal : ∃ f : Nat → Option Nat, f 3 = some 4⟫ := ⟨Assignment.set (fun _ => none) 3 4, Assignment.get_set _ 3 4⟩
--- prop-definition
def Divides (a b : Nat) : Prop := ∃ k, b = a * k

theorem Divides.trans {a b c : Nat} (h : Divides a b) (g : Divides b c) : Divides a c := by
  obtain ⟨k, rfl⟩ := h
  obtain ⟨l, rfl⟩ := g
  exact ⟨k * l, Nat.mul_assoc a k l⟩

⟪theorem goal (a b c : Nat) (h : ∃ k, b = a * k) (g : ∃ l, c = b * l) : ∃ m, c = a * m⟫ := Divides.trans h g
--- structural-on-list-of-pairs
def lookup (k : Nat) : List (Nat × Nat) → Option Nat
  | [] => none
  | (a, b) :: rest => if a = k then some b else lookup k rest

⟪theorem goal : ∃ f : List (Nat × Nat) → Option Nat, f [(1, 10), (2, 20)] = some 20⟫ := ⟨lookup 2, by decide⟩
--- quotient
def sameParity : Nat → Nat → Prop := fun a b => a % 2 = b % 2

def Parity := Quot sameParity

def Parity.mk (n : Nat) : Parity := Quot.mk sameParity n

theorem Parity.two : Parity.mk 0 = Parity.mk 2 := Quot.sound (show 0 % 2 = 2 % 2 from rfl)

⟪theorem goal (r : Nat → Nat → Prop) (h : r 0 2) : Quot.mk r 0 = Quot.mk r 2⟫ := Quot.sound h
--- termination-by
def log2' (n : Nat) : Nat :=
  if h : n ≤ 1 then 0 else log2' (n / 2) + 1
termination_by n
decreasing_by omega

theorem log2'_one : log2' 1 = 0 := by
  unfold log2'
  simp

⟪theorem goal : ∃ f : Nat → Nat, f 1 = 0⟫ := ⟨log2', log2'_one⟩
--- euclid
def euclid (a b : Nat) : Nat :=
  if h : b = 0 then a else euclid b (a % b)
termination_by b
decreasing_by exact Nat.mod_lt a (Nat.pos_of_ne_zero h)

theorem euclid_zero (a : Nat) : euclid a 0 = a := by
  unfold euclid
  simp

⟪theorem goal (a : Nat) : ∃ f : Nat → Nat → Nat, f a 0 = a⟫ := ⟨euclid, euclid_zero a⟩
--- nested-inductive
inductive Rose where
  | node : Nat → List Rose → Rose

def Rose.root : Rose → Nat
  | .node n _ => n

theorem Rose.root_node (n : Nat) (l : List Rose) : (Rose.node n l).root = n := rfl

⟪theorem goal (n : Nat) : ∃ m, m = n⟫ := ⟨(Rose.node n []).root, Rose.root_node n []⟩
--- list-membership
⟪theorem goal (l : List Nat) (h : 3 ∈ l) : l ≠ []⟫ := by
  intro e
  rw [e] at h
  exact nomatch h
--- list-index
⟪theorem goal : ([5, 6, 7] : List Nat)[1] = 6⟫ := rfl
