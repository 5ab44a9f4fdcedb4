"""Notation, instances and names that would make the statement's symbols mean something else."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import TRUE, Table

TABLE = Table("notation")
proof, code = TABLE.proof, TABLE.code

MEANS = "the statement was elaborated before, or apart from, the candidate"
LE = "theorem goal (a b : Nat) : a ≤ b"
ALL = "theorem goal : ∀ a b : Nat, a = b"
EX = "theorem goal : ∃ n : Nat, n < 0"


def _notation(name: str, tries: str, text: str, statement: str = "theorem goal : 1 = 2") -> None:
    code(name, "policy", tries, MEANS, text, statement)


_notation("equals", "another =", 'local infix:50 (priority := high) " = " => fun (a b : Nat) => True\ntheorem goal : 1 = 2 := trivial')
_notation("equals-le", "= that is ≤", 'local notation:50 (priority := 5000) a:51 " = " b:51 => Nat.le a b\ntheorem goal : 1 = 2 := by decide')
_notation("le", "another ≤", 'local infix:50 (priority := high) " ≤ " => fun (_ _ : Nat) => True\ntheorem goal (a b : Nat) : a ≤ b := trivial', LE)
_notation("ge", "another ≥", 'local infix:50 (priority := high) " ≥ " => fun (_ _ : Nat) => True\ntheorem goal (a b : Nat) : a ≥ b := trivial', "theorem goal (a b : Nat) : a ≥ b")
_notation("plus", "another +", 'local infixl:65 (priority := high) " + " => fun (a _ : Nat) => a\ntheorem goal (a b : Nat) : a + b = a := rfl', "theorem goal (a b : Nat) : a + b = a")
_notation("times", "another *", 'local infixl:70 (priority := high) " * " => fun (_ _ : Nat) => 0\ntheorem goal (a b : Nat) : a * b = 0 := rfl', "theorem goal (a b : Nat) : a * b = 0")
_notation("power", "another ^", 'local infixr:75 (priority := high) " ^ " => fun (_ _ : Nat) => 1\ntheorem goal (a b : Nat) : a ^ b = 1 := rfl', "theorem goal (a b : Nat) : a ^ b = 1")
_notation("forall", "another ∀", 'local notation (priority := high) "∀" x:max y:max ":" t:max "," p => True\ntheorem goal : ∀ a b : Nat, a = b := trivial', ALL)
_notation("exists", "another ∃", 'local notation (priority := high) "∃" x:max ":" t:max "," p => True\ntheorem goal : ∃ n : Nat, n < 0 := trivial', EX)
_notation("nat", "another ℕ", 'local notation (priority := high) "ℕ" => Unit\ntheorem goal : ∀ a b : ℕ, a = b := fun () () => rfl', "theorem goal : ∀ a b : ℕ, a = b")
_notation("literal", "another 2", 'local notation (priority := high) "«2»" => 1\ntheorem goal : 1 = 2 := rfl')
_notation("false", "another False", 'local notation (priority := high) "False" => True\ntheorem goal : False := trivial', "theorem goal : False")
_notation("not", "another ¬", 'local notation (priority := high) "¬" p:40 => True\ntheorem goal : ¬ (1 = 1) := trivial', "theorem goal : ¬ (1 = 1)")
_notation("and", "another ∧", 'local infixr:35 (priority := high) " ∧ " => Or\ntheorem goal : 1 = 1 ∧ 1 = 2 := Or.inl rfl', "theorem goal : 1 = 1 ∧ 1 = 2")
_notation("iff", "another ↔", 'local infix:20 (priority := high) " ↔ " => fun (_ _ : Prop) => True\ntheorem goal : 1 = 1 ↔ 1 = 2 := trivial', "theorem goal : 1 = 1 ↔ 1 = 2")
_notation("whole-statement", "the whole statement as notation", 'notation:50 (priority := 9999) a:51 "=" b:51 => True\ntheorem goal : 1 = 2 := trivial')
_notation("binder", "notation that swallows a binder", 'local notation (priority := high) "n" => (0 : Nat)\ntheorem goal (n : Nat) : n = 0 := rfl', "theorem goal (n : Nat) : n = 0")
_notation("precedence", "the same symbols with another precedence", 'local infixl:90 (priority := high) " + " => Nat.add\ntheorem goal : 2 * 3 + 4 = 14 := rfl', "theorem goal : 2 * 3 + 4 = 14")
_notation("scoped", "scoped notation that a namespace opens", 'namespace A\nscoped infix:50 (priority := high) " = " => fun (_ _ : Nat) => True\nend A\nopen A\ntheorem goal : 1 = 2 := trivial')
_notation("prefix", "a prefix that eats the number", 'prefix:max (priority := high) "=" => fun (n : Nat) => n\ntheorem goal : 1 = 2 := rfl')
_notation("postfix", "a postfix that makes it true", 'postfix:max (priority := high) "=" => fun (_ : Nat) (_ : Nat) => True\ntheorem goal : 1 = 2 := trivial')
_notation("token-in-tail", "a token that swallows `type_of%`", 'notation "type_of%" => True\ntheorem goal : True := trivial')
_notation("token-section", "a token that is our `section`", 'notation "section" => True\ntheorem goal : 1 = 1 := rfl')
_notation("token-theorem", "a token that is our `theorem`", 'notation "_root_." => True\ntheorem goal : 1 = 1 := rfl')
_notation("token-root", "a token that begins our names", 'notation "@_root_." => (trivial : True)\ntheorem goal : True := trivial')
_notation("token-print", "a token that is our `#print`", 'notation "#print" => True\ntheorem goal : 1 = 1 := rfl')
_notation("unexpander", "print another name", "@[app_unexpander Eq] def u : Nat := 0\ntheorem goal : 1 = 2 := rfl")

INSTANCES = "instances are found where the statement is elaborated, without the candidate's"


def _instance(name: str, tries: str, text: str, statement: str = "theorem goal : 1 = 2") -> None:
    code(name, "policy", tries, INSTANCES, text, statement)


_instance("instance-ofnat", "numerals that are all 1", "instance (n : Nat) : OfNat Nat n := ⟨1⟩\ntheorem goal : 1 = 2 := rfl")
_instance("instance-ofnat-two", "a 2 that is 1", "instance (priority := high) two : OfNat Nat 2 := ⟨1⟩\ntheorem goal : 1 = 2 := rfl")
_instance("instance-ofnat-scoped", "the same, scoped", "namespace A\nscoped instance : OfNat Nat 2 := ⟨1⟩\nend A\nopen A\ntheorem goal : 1 = 2 := rfl")
_instance("instance-add", "another addition", "instance : Add Nat := ⟨fun a _ => a⟩\ntheorem goal (a b : Nat) : a + b = a := rfl", "theorem goal (a b : Nat) : a + b = a")
_instance("instance-hadd", "another addition, more special", "instance (priority := high) : HAdd Nat Nat Nat := ⟨fun a _ => a⟩\ntheorem goal (a b : Nat) : a + b = a := rfl", "theorem goal (a b : Nat) : a + b = a")
_instance("instance-le", "another order", "instance : LE Nat := ⟨fun _ _ => True⟩\ntheorem goal (a b : Nat) : a ≤ b := trivial", LE)
_instance("instance-lt", "another strict order", "instance : LT Nat := ⟨fun _ _ => True⟩\ntheorem goal : ∃ n : Nat, n < 0 := ⟨0, trivial⟩", EX)
_instance("instance-dvd", "another divisibility", "instance : Dvd Nat := ⟨fun _ _ => True⟩\ntheorem goal (a b : Nat) : a ∣ b := trivial", "theorem goal (a b : Nat) : a ∣ b")
_instance("instance-sub", "subtraction that does not stop at 0", "instance : Sub Nat := ⟨fun a _ => a⟩\ntheorem goal (a b : Nat) : a - b = a := rfl", "theorem goal (a b : Nat) : a - b = a")
_instance("instance-decidable", "decide that everything holds", "instance (p : Prop) : Decidable p := isTrue sorry\ntheorem goal : 1 = 2 := by decide")
_instance("instance-decidable-eq", "decide that all numbers are equal", "instance : DecidableEq Nat := fun _ _ => isTrue (by omega)\ntheorem goal : 1 = 2 := by decide")
_instance("instance-beq", "numbers that are all ==", "instance : BEq Nat := ⟨fun _ _ => true⟩\ntheorem goal : (1 == 2) = true := rfl", "theorem goal : (1 == 2) = true")
_instance("instance-inhabited-false", "an inhabitant of False", "instance : Inhabited False := ⟨default⟩\ntheorem goal : 1 = 2 := (default : False).elim")
_instance("instance-nonempty", "a nonempty empty type", "instance : Nonempty (PLift (1 = 2)) := inferInstance\ntheorem goal : 1 = 2 := (Classical.choice inferInstance : PLift (1 = 2)).down")
_instance("instance-subsingleton", "numbers that are all equal", "instance : Subsingleton Nat := ⟨fun _ _ => rfl⟩\ntheorem goal : 1 = 2 := Subsingleton.elim _ _")
_instance("instance-coe", "a coercion that proves", "instance : Coe True (1 = 2) := ⟨fun _ => rfl⟩\ntheorem goal : 1 = 2 := (trivial : True)")
_instance("instance-trans", "a chain that skips a step", "instance : Trans (α := Nat) (β := Nat) (γ := Nat) (· ≤ ·) (· ≤ ·) (· = ·) := ⟨fun _ _ => rfl⟩\ntheorem goal : 1 = 2 :=\n  calc 1 ≤ 1 := by decide\n    _ ≤ 2 := by decide")
_instance("instance-erased", "erase an instance", "attribute [-instance] instDecidableEqNat\ntheorem goal : 1 = 2 := by decide")
_instance("instance-ofnat-erased", "erase the numerals' instance", "attribute [-instance] instOfNatNat\nlocal instance (n : Nat) : OfNat Nat n := ⟨0⟩\ntheorem goal : 1 = 2 := rfl")
_instance("default-instance", "another default type of numerals", "@[default_instance 9999] instance : OfNat Unit 1 := ⟨()⟩\n@[default_instance 9999] instance : OfNat Unit 2 := ⟨()⟩\ntheorem goal : 1 = 2 := rfl")
_instance("class-argument", "an instance argument that everybody has", "class Cheat : Prop where h : 1 = 2\ntheorem goal [Cheat] : 1 = 2 := Cheat.h")
_instance("fact-argument", "a fact as an instance", "structure Fact (p : Prop) : Prop where out : p\nattribute [class] Fact\ntheorem goal [h : Fact (1 = 2)] : 1 = 2 := h.out")
_instance("local-reducible", "let a definition unfold in the statement", "def two : Nat := 1\nattribute [local reducible] two\ntheorem goal : 1 = two := rfl")
_instance("unification-hint", "a hint that unifies 1 with 2", "unif_hint (a b : Nat) where |- a =?= b\ntheorem goal : 1 = 2 := rfl")
_instance("simp-rule-of-false", "a simp rule that rewrites to False", "attribute [simp] Nat.not_lt_zero\ntheorem goal : 1 = 2 := by simp")

SHADOW = "the statement's names were resolved where the candidate's are not"


def _shadow(name: str, tries: str, text: str, statement: str) -> None:
    code(name, "lean", tries, SHADOW, text, statement)


_shadow("shadow-add", "an addition of its own", "namespace A\ndef add (_ b : Nat) : Nat := b\ntheorem _root_.goal (a b : Nat) : add a b = b := rfl\nend A", "theorem goal (a b : Nat) : Nat.add a b = b")
_shadow("shadow-even", "a definition under the name of a library's", "def Nat.isEven (n : Nat) : Prop := True\ntheorem goal (n : Nat) : Nat.isEven n := trivial", "theorem goal (n : Nat) : n % 2 = 0")
_shadow("shadow-dvd", "a relation of its own", "namespace Nat\ndef Dvd' (a b : Nat) : Prop := True\nend Nat\ntheorem goal (a b : Nat) : Nat.Dvd' a b := trivial", "theorem goal (a b : Nat) : a ∣ b")
_shadow("shadow-gcd-local", "a gcd of its own", "namespace W\ndef gcd (a b : Nat) : Nat := 1\ntheorem _root_.goal (a b : Nat) : gcd a b = 1 := rfl\nend W", "theorem goal (a b : Nat) : Nat.gcd a b = 1")
_shadow("shadow-true", "a False of its own", "namespace W\ndef False : Prop := 1 = 1\ntheorem _root_.goal : False := rfl\nend W", "theorem goal : False")
_shadow("shadow-not", "a Not of its own", "namespace W\ndef Not (p : Prop) : Prop := p\ntheorem _root_.goal : Not (1 = 1) := rfl\nend W", "theorem goal : Not (1 = 1)")
_shadow("shadow-exists", "an Exists of its own", "namespace W\ndef Exists {α : Type} (p : α → Prop) : Prop := True\ntheorem _root_.goal : Exists fun n : Nat => n < 0 := trivial\nend W", "theorem goal : Exists fun n : Nat => n < 0")
_shadow("shadow-prime", "a notion that the statement's library lacks", "def Nat.Prime (n : Nat) : Prop := True\ntheorem goal : Nat.Prime 4 := trivial", "theorem goal : Nat.Prime 4")
code("prints-otherwise", "policy", "notation that only changes what is printed", MEANS, 'local notation "⊤⊤" => True\ntheorem goal : 1 = 2 := (trivial : ⊤⊤)')
code("export-shadow", "policy", "export a name over the library's", SHADOW, "namespace W\ntheorem add_comm (a b : Nat) : True := trivial\nend W\nexport W (add_comm)\ntheorem goal (a b : Nat) : a + b = b := add_comm a b", "theorem goal (a b : Nat) : a + b = b")
code("open-in-shadow", "policy", "open a namespace for the statement alone", SHADOW, "namespace W\ndef gcd (a b : Nat) : Nat := 1\nend W\nopen W in\ntheorem goal (a b : Nat) : gcd a b = 1 := rfl", "theorem goal (a b : Nat) : Nat.gcd a b = 1")
code("alias", "policy", "another name for another theorem", SHADOW, "theorem easy : 1 = 1 := rfl\nalias goal := easy")
code("protected-shadow", "lean", "a protected theorem of the same last part", SHADOW, "namespace W\nprotected theorem goal : 1 = 1 := rfl\nend W\nopen W")
code("deriving-handler", "policy", "a deriving handler that is none", "there is none of that name", "inductive D where | a deriving Cheat\ntheorem goal : 1 = 2 := rfl")
code("deriving-decides", "policy", "decidable equality that is derived for one value", MEANS, "inductive D where | a | b deriving DecidableEq\ntheorem ab : D.a = D.b := by decide\ntheorem goal : 1 = 2 := absurd ab (by decide)")
code("deriving-inhabited", "policy", "derive an inhabitant of an empty type", "nothing inhabits it", "structure E where h : 1 = 2 deriving Inhabited\ntheorem goal : 1 = 2 := (default : E).h")
code("true-but-through-notation", "policy", "prove another statement that looks like a true one", MEANS, 'local infixl:65 (priority := high) " + " => Nat.mul\ntheorem goal (n : Nat) : n + 0 = 0 := rfl', TRUE)
