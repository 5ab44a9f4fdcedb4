/-
Arguments that are found by a tactic, options of tactics, and every kind of recursion with its equations.
-/
def f (n : Nat) : Nat := if h : n = 0 then 0 else f (n - 1)
termination_by n
decreasing_by omega
theorem f0 (n : Nat) : f n = 0 := by
  induction n with
  | zero => rw [f]; simp
  | succ n ih => rw [f]; simp [ih]
theorem f1 : f 0 = 0 := by unfold f; simp
theorem f2 : f 0 = 0 := by simp [f]
theorem ap (n : Nat) (h : n = n := by rfl) : n = n := h
theorem ap2 : 3 = 3 := ap 3
def opt (n : Nat) (m : Nat := 5) : Nat := n + m
theorem opt1 : opt 3 = 8 := rfl
theorem c1 (n : Nat) (h : n = 3) : n * 2 = 6 := by simp (config := { decide := true }) [h]
theorem c2 (n : Nat) (h : n = 3) : n * 2 = 6 := by omega (config := {})
theorem c4 (n : Nat) (h : n = 3) : n * 2 = 6 := by simp +decide [h]
theorem c7 (n : Nat) (h : n = 3) : n * 2 = 6 := by simp_all (config := {decide := true})
theorem c8 (n : Nat) (h : n = 3) : n * 2 = 6 := by simp only [h]
theorem c9 (a b : Nat) (h : a = b) : b = a := by rw (config := {occs := .all}) [h]
theorem c10 : 2 + 2 = 4 := by decide +kernel
theorem c11 : 2 + 2 = 4 := by decide (config := {kernel := true})
def g (n : Nat) : Nat := if n < 2 then n else g (n - 1) + g (n - 2)
theorem g5 : g 5 = 5 := by simp [g]
def ack : Nat → Nat → Nat
  | 0, n => n + 1
  | m+1, 0 => ack m 1
  | m+1, n+1 => ack m (ack (m+1) n)
termination_by m n => (m, n)
theorem ack1 (n : Nat) : ack 0 n = n + 1 := by rw [ack]
theorem ack2 (n : Nat) : ack 0 n = n + 1 := by simp [ack]
theorem ack3 : ack 2 2 = 7 := by simp [ack]
def ack' : Nat → Nat → Nat
  | 0, n => n + 1
  | m+1, 0 => ack' m 1
  | m+1, n+1 => ack' m (ack' (m+1) n)
mutual
def isEven : Nat → Bool
  | 0 => true
  | n+1 => isOdd n
def isOdd : Nat → Bool
  | 0 => false
  | n+1 => isEven n
end
theorem ev : isEven 4 = true := by rfl
theorem ev2 : isEven 4 = true := by simp [isEven, isOdd]
mutual
def isEven' (n : Nat) : Bool := if h : n = 0 then true else isOdd' (n - 1)
termination_by n
def isOdd' (n : Nat) : Bool := if h : n = 0 then false else isEven' (n - 1)
termination_by n
end
theorem ev3 : isEven' 2 = true := by simp [isEven', isOdd']
def log2' (n : Nat) : Nat := if n ≤ 1 then 0 else 1 + log2' (n / 2)
theorem log8' : log2' 8 = 3 := by simp [log2']
theorem strong (n : Nat) : n < 2 ^ n := by
  induction n using Nat.strongRecOn with
  | ind n ih => exact Nat.lt_two_pow n
theorem recthm (n : Nat) : 0 + n = n := match n with
  | 0 => rfl
  | n+1 => by rw [← Nat.add_assoc, recthm n]
theorem wfthm (n : Nat) : n = n := if h : n = 0 then rfl else by
  have := wfthm (n - 1)
  rfl
termination_by n
def f20 (a b : Nat) : Nat := if a < b then f20 (a + 1) b else a
termination_by b - a
def f21 (x : Int) : Nat := if h : x ≤ 0 then 0 else 1 + f21 (x - 1)
termination_by x.toNat
def gcd' (a b : Nat) : Nat := if h : b = 0 then a else gcd' b (a % b)
termination_by b
decreasing_by exact Nat.mod_lt _ (Nat.pos_of_ne_zero h)
def gcd'' (a b : Nat) : Nat := match b with | 0 => a | b+1 => gcd'' (b+1) (a % (b+1))
termination_by b
decreasing_by exact Nat.mod_lt _ (Nat.succ_pos _)
def pow' (b : Nat) : Nat → Nat
  | 0 => 1
  | n+1 => if (n+1) % 2 = 0 then pow' b ((n+1)/2) * pow' b ((n+1)/2) else b * pow' b n
def fact : Nat → Nat | 0 => 1 | n+1 => (n+1) * fact n
theorem fact_pos : ∀ n, 0 < fact n | 0 => by decide | n+1 => Nat.mul_pos (Nat.succ_pos n) (fact_pos n)
def sumTo (n : Nat) : Nat := match n with | 0 => 0 | k+1 => sumTo k + (k+1)
theorem gauss (n : Nat) : 2 * sumTo n = n * (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih => simp [sumTo, Nat.mul_add, ih]; rw [Nat.add_mul]; omega
def fib : Nat → Nat | 0 => 0 | 1 => 1 | n+2 => fib n + fib (n+1)
theorem fib10 : fib 10 = 55 := by decide
theorem fib10' : fib 10 = 55 := rfl
theorem fib_pos (n : Nat) : 0 < fib (n+1) := by
  induction n using fib.induct with
  | case1 => decide
  | case2 => decide
  | case3 n ih1 ih2 => rw [fib]; omega
def binsearch (f : Nat → Bool) (lo hi : Nat) : Nat :=
  if lo < hi then
    let mid := (lo + hi) / 2
    if f mid then binsearch f lo mid else binsearch f (mid + 1) hi
  else lo
termination_by hi - lo
def insertSorted (x : Nat) : List Nat → List Nat | [] => [x] | y :: ys => if x ≤ y then x :: y :: ys else y :: insertSorted x ys
def isort : List Nat → List Nat | [] => [] | x :: xs => insertSorted x (isort xs)
theorem isort_len (xs : List Nat) : (isort xs).length = xs.length := by
  have h : ∀ x ys, (insertSorted x ys).length = ys.length + 1 := by
    intro x ys
    induction ys with
    | nil => rfl
    | cons y ys ih => simp only [insertSorted]; split <;> simp [ih]
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [isort, h, ih]
def msplit : List α → List α × List α | [] => ([], []) | [x] => ([x], []) | x :: y :: r => let (a, b) := msplit r; (x :: a, y :: b)
inductive Term' | var (n : Nat) | app (f : String) (args : List Term')
def Term'.sz : Term' → Nat | var _ => 1 | app _ args => 1 + (args.map sz).sum
partial def loop' (n : Nat) : Nat := loop' (n + 1)
