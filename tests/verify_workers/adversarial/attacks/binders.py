"""Variables, binders and universes: assumptions that the statement does not make, or makes otherwise."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import SUM, Table

TABLE = Table("binders")
proof, code = TABLE.proof, TABLE.code

PIN = "the theorem must prove our statement, with its own arguments alone"


def _variable(name: str, tries: str, text: str, statement: str = "theorem goal : 1 = 2") -> None:
    code(name, "policy", tries, PIN, text, statement)


_variable("variable-false", "assume False", "variable (h : False)\ninclude h\ntheorem goal : 1 = 2 := h.elim")
_variable("variable-used", "assume it where the proof uses it", "variable (h : 1 = 2)\ntheorem goal : 1 = 2 := by exact h")
_variable("variable-include-in", "include it for one theorem", "variable (h : 1 = 2)\ninclude h in\ntheorem goal : 1 = 2 := h")
_variable("variable-instance", "assume an instance", "variable [h : Inhabited (PLift (1 = 2))]\ntheorem goal : 1 = 2 := h.default.down")
_variable("variable-implicit", "assume it implicitly", "variable {h : 1 = 2}\ninclude h\ntheorem goal : 1 = 2 := h")
_variable("variable-strict", "assume it strictly implicitly", "variable ⦃h : 1 = 2⦄\ninclude h\ntheorem goal : 1 = 2 := h")
_variable("variable-auto-param", "assume it by a tactic", "variable (h : 1 = 2 := by trivial)\ninclude h\ntheorem goal : 1 = 2 := h")
_variable("variable-opt-param", "assume it with a default", "variable (p : Prop := True) (hp : p)\ninclude hp\ntheorem goal : p := hp")
_variable("variable-shadow", "a variable under the name of a bound one", "variable (n : Nat) (hn : n = 0)\ninclude hn\ntheorem goal : n = 0 := hn", "theorem goal (n : Nat) : n = 0")
_variable("variable-type", "a variable type under a type's name", "variable (Nat : Type) [Subsingleton Nat]\ntheorem goal : ∀ a b : Nat, a = b := Subsingleton.elim", "theorem goal : ∀ a b : Nat, a = b")
_variable("variable-omit", "omit what the statement needs", "variable (n : Nat)\nomit n\ntheorem goal : 1 = 2 := rfl")
_variable("variable-rebind", "change a binder afterwards", "variable (n : Nat)\nvariable {n}\ntheorem goal : n = 0 := rfl", "theorem goal (n : Nat) : n = 0")
_variable("variable-in-section", "assume it in a section left open", "section\nvariable (h : 1 = 2)\ninclude h\ntheorem goal : 1 = 2 := h")
_variable("variable-for-the-tail", "a variable that falls on the trusted lines", "theorem goal : 1 = 1 := rfl\nvariable (h : 1 = 2)\ninclude h")
_variable("variable-negated", "assume the opposite", "variable (h : ¬ (1 = 1))\ninclude h\ntheorem goal : 1 = 2 := absurd rfl h")
_variable("universe-fixed", "fix a universe", "universe u\nvariable (α : Type)\ntheorem goal (a b : α) (h : a = b) : b = a := h.symm", "theorem goal.{u} (α : Type u) (a b : α) (h : a = b) : b = a")
_variable("universe-too-many", "a universe more", "universe u v\ntheorem goal (α : Type u) (β : Type v) (a : α) : a = a := rfl", "theorem goal.{u} (α : Type u) (a : α) : a = a")


def _binder(name: str, tries: str, text: str, statement: str = "theorem goal : 1 = 2") -> None:
    code(name, "lean", tries, PIN, text, statement)


_binder("implicit-hypothesis", "an implicit hypothesis more", "theorem goal {h : 1 = 2} : 1 = 2 := h")
_binder("opt-param-hypothesis", "a hypothesis with a default more", "theorem goal (h : 1 = 2 := nofun) : 1 = 2 := h")
_binder("fewer-arguments", "an argument less", "theorem goal (a : Nat) (h : a = a) : a = a := h", SUM)
_binder("other-hypothesis", "another hypothesis", "theorem goal (a b : Nat) (h : b = a + 1) : b = a + 1 := h", "theorem goal (a b : Nat) (h : a = b) : b = a + 1")
_binder("arguments-swapped", "arguments in another order", "theorem goal (b a : Nat) (h : a ≤ b) : a ≤ b := h", "theorem goal (a b : Nat) (h : a ≤ b) : b ≤ a")
_binder("other-type", "a smaller type", "theorem goal (n : Fin 1) : n.1 = 0 := by omega", "theorem goal (n : Nat) : n = 0")
_binder("subtype", "a subtype", "theorem goal (n : { n : Nat // n = 0 }) : n.1 = 0 := n.2", "theorem goal (n : Nat) : n = 0")
_binder("prop-to-type", "a type for a proposition", "theorem goal (p : Type) (h : p) : Nonempty p := ⟨h⟩", "theorem goal (p : Prop) : p ∨ ¬p")
_binder("exists-for-forall", "one for all", "theorem goal : ∃ a b : Nat, a = b := ⟨0, 0, rfl⟩", "theorem goal : ∀ a b : Nat, a = b")
_binder("weaker-conclusion", "an or for an and", "theorem goal (n : Nat) : 0 ≤ n ∨ n < 0 := Or.inl (Nat.zero_le n)", "theorem goal (n : Nat) : 0 ≤ n ∧ n < 0")
_binder("stronger-hypothesis", "a stronger hypothesis", "theorem goal (n : Nat) (h : n = 0) : n < 1 := by omega", "theorem goal (n : Nat) (h : n ≤ 1) : n < 1")
_binder("iff-half", "half of an equivalence", "theorem goal (n : Nat) : n = 0 → n ≤ 1 := by omega", "theorem goal (n : Nat) : n = 0 ↔ n ≤ 1")
_binder("int-for-nat", "integers for natural numbers", "theorem goal (a b : Int) : a - b + b = a := by omega", "theorem goal (a b : Nat) : a - b + b = a")
_binder("nat-for-int", "natural numbers for integers", "theorem goal (a : Nat) : 0 ≤ a := Nat.zero_le a", "theorem goal (a : Int) : 0 ≤ a")
_binder("universe-zero", "the universe 0 only", "theorem goal (α : Prop) (a b : α) : a = b := rfl", "theorem goal.{u} (α : Sort u) (a b : α) : a = b")
_binder("universe-swapped", "universes that change places", "theorem goal.{u, v} (α : Type v) (β : Type u) (f : α → β) (a : α) : f a = f a := rfl", "theorem goal.{u, v} (α : Type u) (β : Type v) (f : β → α) (a : α) : a = a ∧ (∀ b, f b = f b)")
_binder("universe-max", "a universe that is a maximum", "theorem goal.{u} (α : Type (max u 1)) (a : α) : a = a := rfl", "theorem goal.{u} (α : Type u) (a : α) : a = a")
_binder("universe-succ", "a universe higher", "theorem goal.{u} (α : Type (u + 1)) (a : α) : a = a := rfl", "theorem goal.{u} (α : Type u) (a : α) : a = a")
_binder("universe-collapsed", "two universes made one", "theorem goal.{u} (α β : Type u) (f : α → β) (a : α) : f a = f a := rfl", "theorem goal.{u, v} (α : Type u) (β : Type v) (f : α → β) (a : α) : f a = f a")
_binder("universe-proof", "use equality of proofs for data", "theorem goal (p : Prop) (a b : p) : a = b := rfl", "theorem goal (p : Type) (a b : p) : a = b")
code("auto-bound", "lean", "let an unknown name become an argument", "an unknown name is no variable", "set_option autoImplicit true\ntheorem goal (n : Nat) (h : n = zero') : n = zero' := h", "theorem goal (n : Nat) : n = 0")
code("auto-bound-statement", "lean", "turn on auto-bound arguments for a statement that needs a library", "the statement does not elaborate", "set_option autoImplicit true\ntheorem goal (x : ℝ) : x = x := rfl", "theorem goal (x : ℝ) : x = x")
code("auto-bound-relaxed", "lean", "the same with long names", "the statement does not elaborate", "set_option relaxedAutoImplicit true\nset_option autoImplicit true\ntheorem goal (x : Real) : x = x := rfl", "theorem goal (x : Real) : x = x")
proof("auto-bound-header", "lean", "a header that turns them on, and an instance that is picked", "it is asked for every instance", "by simp", "theorem goal [Inhabited α] (a : α) : a = default", header="set_option autoImplicit true")
proof("hypothesis-of-false", "lean", "take a hypothesis that is not there", "there is none", "by assumption")
proof("hypothesis-by-name", "lean", "take one by name", "there is none", "h")
proof("hypothesis-renamed", "lean", "take one by rename_i", "there is none", "by rename_i h; exact h", "theorem goal (n : Nat) : n + 1 = n")
proof("intro-too-many", "lean", "introduce what is not there", "there is nothing to introduce", "by intro h; exact h")
proof("revert-and-lose", "lean", "revert a hypothesis and prove without", "it is false without", "by clear h; omega", SUM)
