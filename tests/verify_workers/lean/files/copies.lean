/-
The definitions that the kernel computes natively, under other names: the kernel can only unfold these.
The `same_…` theorems tie the copies to the library's definitions.
-/
namespace Copy
def pred : Nat → Nat | .zero => .zero | .succ a => a
def add : Nat → Nat → Nat | n, .zero => n | n, .succ m => .succ (add n m)
def sub : Nat → Nat → Nat | n, .zero => n | n, .succ m => pred (sub n m)
def mul : Nat → Nat → Nat | _, .zero => .zero | n, .succ m => add (mul n m) n
def pow : Nat → Nat → Nat | _, .zero => .succ .zero | n, .succ m => mul (pow n m) n
def beq : Nat → Nat → Bool | .zero, .zero => true | .zero, .succ _ => false | .succ _, .zero => false | .succ n, .succ m => beq n m
def ble : Nat → Nat → Bool | .zero, _ => true | .succ _, .zero => false | .succ n, .succ m => ble n m
def divGo : Nat → Nat → Nat → Nat | 0, _, _ => 0 | f+1, x, y => if y ≤ x then divGo f (x - y) y + 1 else 0
def modGo : Nat → Nat → Nat → Nat | 0, x, _ => x | f+1, x, y => if y ≤ x then modGo f (x - y) y else x
def div (x y : Nat) : Nat := if y = 0 then 0 else divGo x x y
def mod (x y : Nat) : Nat := if y = 0 then x else modGo x x y
def gcdGo : Nat → Nat → Nat → Nat | 0, _, n => n | f+1, m, n => if m = 0 then n else gcdGo f (mod n m) m
def gcd (m n : Nat) : Nat := gcdGo (m+1) m n
def bitwiseGo (f : Bool → Bool → Bool) : Nat → Nat → Nat → Nat
  | 0, _, m => if f false true then m else 0
  | k+1, n, m =>
    if n = 0 then if f false true then m else 0
    else if m = 0 then if f true false then n else 0
    else if f (decide (n % 2 = 1)) (decide (m % 2 = 1)) then 2 * bitwiseGo f k (n / 2) (m / 2) + 1
    else 2 * bitwiseGo f k (n / 2) (m / 2)
def land (n m : Nat) : Nat := bitwiseGo and n n m
def lor (n m : Nat) : Nat := bitwiseGo or n n m
def xor (n m : Nat) : Nat := bitwiseGo (fun a b => not (decide (a = b))) n n m
def shiftLeft : Nat → Nat → Nat | n, 0 => n | n, m+1 => shiftLeft (2 * n) m
def shiftRight : Nat → Nat → Nat | n, 0 => n | n, m+1 => shiftRight n m / 2
def log2Go : Nat → Nat → Nat | 0, _ => 0 | k+1, n => if 2 ≤ n then log2Go k (n / 2) + 1 else 0
def log2 (n : Nat) : Nat := log2Go n n
theorem same_bitwiseGo (f : Bool → Bool → Bool) : ∀ k n m, bitwiseGo f k n m = Nat.bitwiseGo f k n m
  | 0, _, _ => rfl
  | k+1, n, m => by simp only [bitwiseGo, Nat.bitwiseGo, same_bitwiseGo f k]
theorem same_land (n m : Nat) : land n m = Nat.land n m := same_bitwiseGo _ n n m
theorem same_lor (n m : Nat) : lor n m = Nat.lor n m := same_bitwiseGo _ n n m
theorem same_xor (n m : Nat) : xor n m = Nat.xor n m := same_bitwiseGo _ n n m
theorem same_shiftLeft : ∀ n m, shiftLeft n m = Nat.shiftLeft n m | _, 0 => rfl | n, m+1 => same_shiftLeft (2 * n) m
theorem same_shiftRight : ∀ n m, shiftRight n m = Nat.shiftRight n m | _, 0 => rfl | n, m+1 => congrArg (· / 2) (same_shiftRight n m)
theorem same_log2Go : ∀ k n, log2Go k n = Nat.log2Go k n
  | 0, _ => rfl
  | k+1, n => by simp only [log2Go, Nat.log2Go, same_log2Go k]
theorem same_log2 (n : Nat) : log2 n = Nat.log2 n := same_log2Go n n
theorem same_add : ∀ n m, add n m = Nat.add n m | _, 0 => rfl | n, m+1 => congrArg Nat.succ (same_add n m)
theorem same_sub : ∀ n m, sub n m = Nat.sub n m | _, 0 => rfl | n, m+1 => congrArg Nat.pred (same_sub n m)
end Copy
