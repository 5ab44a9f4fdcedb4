"""Whole files that prove something else than our statement."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import TRUE, Table

TABLE = Table("statement")
code = TABLE.code

PIN = "the constant must prove our statement"
code("other-statement", "lean", "prove an easier theorem under the name", PIN, "theorem goal : 1 = 1 := rfl")
code("other-name", "lean", "prove nothing under the name", PIN, "theorem goal' : 1 = 1 := rfl")
code("only-comment", "policy", "no code", "empty is not accepted", "-- theorem goal : 1 = 2 := rfl")
code("extra-hypothesis", "lean", "assume what is to be shown", PIN, "theorem goal (h : 1 = 2) : 1 = 2 := h")
code("extra-instance", "lean", "assume it as an instance", PIN, "structure C : Prop where h : 1 = 2\ntheorem goal [i : Inhabited C] : 1 = 2 := default.h")
code("weaker", "lean", "prove a special case", PIN, "theorem goal (n : Nat) : n = 0 → n + 1 = 1 := by intro h; omega",
      statement="theorem goal (n : Nat) : n + 1 = 1")
code("other-type", "lean", "the numbers of another type", PIN, "theorem goal (n : Int) : n + 0 = n := by omega", statement=TRUE)
code("def-of-data", "lean", "a definition that is no proof", PIN, "def goal : Nat := 1")
code("prop-itself", "lean", "the proposition instead of its proof", PIN, "def goal : Prop := 1 = 2")
code("in-namespace", "lean", "prove it under a longer name", PIN, "namespace A\ntheorem goal : 1 = 1 := rfl\nend A")
code("open-namespace", "lean", "leave a namespace open so that names resolve there", PIN, "namespace A\ntheorem goal : 1 = 1 := rfl")
code("shadow-eq", "policy", "another equality", PIN, "namespace A\ndef Eq (a b : Nat) : Prop := True\ntheorem _root_.goal : Eq 1 2 := trivial")
code("shadow-nat", "policy", "another Nat", PIN, "namespace A\ninductive Nat where | z\ntheorem _root_.goal : ∀ a b : Nat, a = b := fun .z .z => rfl",
      statement="theorem goal : ∀ a b : Nat, a = b")
code("shadow-le", "lean", "another order", PIN, "namespace A\nstructure W where n : Nat\ndef le (a b : W) : Prop := True\n"
      "theorem _root_.goal (a b : W) : le a b := trivial", statement="theorem goal (a b : Nat) : a ≤ b")
code("shadow-true", "lean", "another True for the sentinel", "trusted lines name the root", "namespace A\ndef True := 1 = 1\ntheorem _root_.goal : True := rfl")
code("special-universe", "lean", "prove it for one universe", PIN, "theorem goal (α : Type) (a : α) : a = a := rfl",
      statement="theorem goal.{u} (α : Type u) (a : α) : a = a")
code("redeclare-library", "lean", "redeclare a library theorem", "it exists already", "theorem Nat.add_comm : 1 = 2 := rfl\ntheorem goal : 1 = 2 := Nat.add_comm")
code("redeclare-false", "lean", "redeclare False", "it exists already", "inductive False : Prop where | intro\ntheorem goal : 1 = 2 := nomatch False.intro")
code("twice", "lean", "state it twice", "it exists already", "theorem goal : 1 = 1 := rfl\ntheorem goal : 1 = 2 := rfl")
code("error-elsewhere", "lean", "an error before the theorem", "an error was printed", "theorem a : 1 = 2 := by omega\ntheorem goal : 1 = 2 := a")
code("unsolved-lemma", "lean", "a lemma with goals left", "an error was printed", "theorem a : 1 = 2 := by skip\ntheorem goal : 1 = 2 := a")
code("mutual-cycle", "lean", "two theorems that prove each other", "the recursion is not well-founded",
      "mutual\ntheorem a : 1 = 2 := goal\ntheorem goal : 1 = 2 := a\nend")
code("bad-inductive", "lean", "a type that is not positive", "the kernel refuses it", "inductive B where | mk : (B → False) → B\ntheorem goal : 1 = 2 := rfl")
code("bad-inductive-universe", "lean", "a type in too small a universe", "the kernel refuses it",
      "inductive B : Type where | mk : Type → B\ntheorem goal : 1 = 2 := rfl")
code("unclosed-mutual", "lean", "leave a mutual block open", "the trusted lines fail in it", "theorem goal : 1 = 1 := rfl\nmutual")
code("dangling-option", "policy", "no time for the trusted lines", "then they fail", "theorem goal : 1 = 1 := rfl\nset_option maxHeartbeats 1 in")
code("dangling-attribute", "lean", "an attribute for the trusted lines", "the first takes none", "theorem goal : 1 = 1 := rfl\n@[simp]")
code("dangling-doc", "lean", "a doc comment for the trusted lines", "the first takes none", "theorem goal : 1 = 1 := rfl\n/-- x -/")
code("dangling-private", "lean", "a modifier for the trusted lines", "the first takes none", "theorem goal : 1 = 1 := rfl\nprivate")
code("ends-early", "lean", "close a section that is ours", "there is none to close", "theorem goal : 1 = 1 := rfl\nend")
code("only-in-a-namespace", "lean", "prove it under a longer name", PIN, "namespace A\ntheorem goal (n : Nat) : n + 0 = n := rfl\nend A", statement=TRUE)

# A third attack (November 2026): a command that prints stands inside the statement, and what follows it was left out with it.
for _name, _statement, _proof in (
    ("conjunct", "-- c\ntheorem goal : (1 = 1)\n#where\n∧ (1 = 2)", "rfl"),
    ("conjunct-below-open", "open Nat\ntheorem goal : (1 = 1)\n#where\n∧ (1 = 2) := by sorry", "rfl"),
    ("quantified", "/-- c -/\ntheorem goal : ∀ n : Nat, n = n\n  #check 0\n  ∧ n = 0", "fun _ => rfl"),
):
    TABLE.proof(f"print-inside-{_name}", "policy", "a printing command in the middle of the statement", "only whole lines between commands are left out", _proof, _statement)
TABLE.proof("print-inside-a-definition", "policy", "a printing command in the middle of a definition", "only whole lines between commands are left out", "rfl", "theorem goal : f = 1", rule_only=True, preamble="def f : Nat := 1\n#where\n+ 1")
