"""Negations: the elaborated statement is what must be refuted, as a whole."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import Table

TABLE = Table("negation")

WHOLE = "the negation of the elaborated statement, all variables inside"


def _negated(name: str, tries: str, statement: str, text: str, why: str = WHOLE, header: str = "", form: str = "code") -> None:
    add = TABLE.code if form == "code" else TABLE.proof
    add(name, "lean", tries, why, text, statement, header=header, negated=True)


EVEN = "theorem goal (n : Nat) : n % 2 = 0"
_negated("of-a-true-statement", "refute what is true", "theorem goal : 1 = 1", "theorem goal : ¬ (1 = 1) := by decide")
_negated("proof-of-a-true-statement", "refute what is true, as a proof", "theorem goal : 1 = 1", "by decide", form="proof")
_negated("for-one-value", "refute one case as a claim about all", EVEN, "theorem goal : ¬ (1 % 2 = 0) := by decide")
_negated("for-every-value", "a claim for every value instead of its refutation", "theorem goal (n : Nat) : n % 2 = 3", "theorem goal (n : Nat) : ¬ (n % 2 = 3) := by omega")
_negated("with-an-argument", "the variable outside the negation", EVEN, "theorem goal (n : Nat) (h : n = 1) : ¬ (n % 2 = 0) := by omega")
_negated("of-the-conclusion", "negate the conclusion and keep the hypotheses", "theorem goal (a b : Nat) (h : a ≤ b) : b ≤ a", "theorem goal (a b : Nat) (h : a ≤ b) (h' : a ≠ b) : ¬ (b ≤ a) := by omega")
_negated("of-the-hypothesis", "negate a hypothesis", "theorem goal (h : 1 = 2) : 1 = 1", "theorem goal : ¬ (1 = 2) := by decide")
_negated("the-statement-itself", "prove the statement where its negation is asked", "theorem goal : 1 = 1", "theorem goal : 1 = 1 := rfl", why="the constant must prove the negation")
_negated("the-statement-itself-as-a-proof", "prove the statement where its negation is asked", "theorem goal : 1 = 1", "rfl", why="the constant must prove the negation", form="proof")
_negated("weaker-quantifier", "¬ under the quantifier", "theorem goal : ∀ n : Nat, n % 2 = 3", "theorem goal : ∀ n : Nat, ¬ (n % 2 = 3) := by intro n; omega")
_negated("existential", "an existence instead of a negation", EVEN, "theorem goal : ∃ n : Nat, ¬ (n % 2 = 0) := ⟨1, by decide⟩")
_negated("double", "negate twice", "theorem goal : 1 = 1", "theorem goal : ¬ ¬ (1 = 1) := fun h => h rfl")
_negated("auto-bound", "a variable that nobody declared, outside", "theorem goal (h : (x : Fin 0) = x) : 1 = 1", "theorem goal : ¬ (∀ (h : (x : Fin 0) = x), 1 = 1) := fun _ => absurd x.2 (Nat.not_lt_zero _)",
         header="set_option autoImplicit true", why="all variables are inside: a proof from an empty type is none")
_negated("auto-bound-proof", "the same as a proof", "theorem goal (h : (x : Fin 0) = x) : 1 = 1", "fun _ => absurd x.2 (Nat.not_lt_zero _)", header="set_option autoImplicit true", form="proof")
_negated("auto-bound-type", "an undeclared type, outside", "theorem goal (a : α) : a = a", "theorem goal [h : Inhabited (α → False)] : ¬ (∀ a : α, a = a) := by intro; trivial", header="set_option autoImplicit true")
_negated("universe", "refute it at one universe", "theorem goal.{u} (α : Sort u) (a b : α) : a = b", "theorem goal : ¬ (∀ (α : Type) (a b : α), a = b) := fun h => absurd (h Nat 0 1) (by decide)")
_negated("instance", "refute it for one instance", "theorem goal [Inhabited Nat] : (default : Nat) = 0", "theorem goal : ¬ (∀ (n : Nat), n = 0) := fun h => absurd (h 1) (by decide)")
_negated("implicit", "another binder in the negated statement", "theorem goal {n : Nat} : n = n + 1", "theorem goal : ¬ (∀ n : Nat, n + 1 = n + 2) := fun h => absurd (h 0) (by decide)", why="it must be our statement that is negated")
_negated("shadowed-not", "another negation", "theorem goal : 1 = 1", "namespace A\ndef Not (_ : Prop) : Prop := True\ntheorem _root_.goal : Not (1 = 1) := trivial\nend A")
_negated("of-another", "negate another statement", "theorem goal : 1 = 1", "theorem goal : ¬ (1 = 2) := by decide", why="it must be our statement that is negated")
_negated("empty-type", "refute nothing from an empty type", "theorem goal (e : Empty) : 1 = 2", "theorem goal (e : Empty) : ¬ (1 = 2) := nomatch e")
_negated("parentheses", "let the precedence of ¬ choose", "theorem goal (p q : Prop) (h : p) : p ∨ q", "theorem goal : ¬ (∀ p q : Prop, p → p) ∨ True := Or.inr trivial")

# A second attack (November 2026): inside a namespace that is left open, `A._root_.x` is what our `_root_.x` would mean.
ROOT = "a name of the namespace `_root_` must not stand in the way of ours"
for _place, _text in {
    "in-one-name": "def A._root_.Not (_ : Prop) : Prop := True\ntheorem goal : True := trivial\nnamespace A",
    "in-a-namespace": "namespace A._root_\ndef Not (_ : Prop) : Prop := True\nend A._root_\ntheorem goal : True := trivial\nnamespace A",
    "in-two-namespaces": "namespace A\nnamespace _root_\ndef Not (_ : Prop) : Prop := True\nend _root_\nend A\ntheorem goal : True := trivial\nnamespace A",
}.items():
    TABLE.code(f"root-{_place}", "policy", "another `_root_.Not` for our own lines", ROOT, _text, "theorem goal : 1 = 1", negated=True)
TABLE.code("variables-outside", "policy", "an instance variable stands outside the negation", "variables and negations go together in the kernel tier only",
           "theorem goal : ¬ (1 = 1) := absurd h.default (by decide)", "theorem goal : 1 = 1", negated=True, preamble="variable [h : Inhabited (1 = 2)]")
