"""Constants that Lean makes by itself for a statement (`goal.match_1`, `goal._proof_1`): made by a candidate, with another meaning."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import Table

TABLE = Table("auxiliaries")
proof, code = TABLE.proof, TABLE.code

OURS = "auxiliaries of the statement are those that its own elaboration made"
FST = "theorem goal (p : Nat × Nat) : (match p with | (a, _) => a) = p.2"  # false: the first is not the second
SND = "match p with | (a, _) => a"
POS = "theorem goal (n : Nat) : (match n with | .zero => False | .succ _ => True)"

code("another-match", "lean", "another match in the same place", "the statements differ", "theorem goal (p : Nat × Nat) : (match p with | (_, b) => b) = p.2 := by cases p; rfl", FST)
code("matcher-declared", "lean", "declare the matcher", OURS, "def goal.match_1 (p : Nat × Nat) : Nat := p.2\ntheorem goal (p : Nat × Nat) : goal.match_1 p = p.2 := rfl", FST)
code("matcher-declared-alike", "lean", "declare the matcher with its own type and another value", OURS,
     "def goal.match_1 (motive : Nat × Nat → Sort 1) (p : Nat × Nat) (h : ∀ a b, motive (a, b)) : motive p := h p.2 p.1\ntheorem goal (p : Nat × Nat) : goal.match_1 (fun _ => Nat) p (fun a _ => a) = p.2 := rfl", FST)
code("matcher-polymorphic", "lean", "the same, for every universe", OURS,
     "def goal.match_1.{u} (motive : Nat × Nat → Sort u) (p : Nat × Nat) (h : (a b : Nat) → motive (a, b)) : motive p := h p.1 p.2\n"
     "theorem goal (p : Nat × Nat) : goal.match_1 (fun _ => Nat) p (fun a b => b) = p.2 := rfl", FST)
code("matcher-in-a-namespace", "lean", "declare it from inside", OURS, "namespace goal\ndef match_1 (p : Nat × Nat) : Nat := p.2\nend goal\ntheorem goal (p : Nat × Nat) : (match p with | (a, _) => a) = p.2 := rfl", FST)
code("matcher-private", "lean", "a private one", OURS, "private def goal.match_1 (p : Nat × Nat) : Nat := p.2\ntheorem goal (p : Nat × Nat) : goal.match_1 p = p.2 := rfl", FST)
code("matcher-axiom", "policy", "an axiom of that name", "the list of axioms", "axiom goal.match_1 : ∀ p : Nat × Nat, p.1 = p.2\ntheorem goal (p : Nat × Nat) : p.1 = p.2 := goal.match_1 p", FST)
code("matcher-theorem", "lean", "a theorem of that name", "it has no proof", "theorem goal.match_1 (p : Nat × Nat) : p.1 = p.2 := by cases p; rfl\ntheorem goal (p : Nat × Nat) : p.1 = p.2 := goal.match_1 p", FST)
code("matcher-second", "lean", "shift the numbering by a match before", OURS, "theorem goal.pre (p : Nat × Nat) : (match p with | (_, b) => b) = p.2 := by cases p; rfl\ntheorem goal (p : Nat × Nat) : (match p with | (_, b) => b) = p.2 := goal.pre p", FST)
code("matcher-of-another", "lean", "reuse a matcher of a helper's with swapped branches", "the statements differ",
     "def helper (n : Nat) : Prop := match n with | .zero => True | .succ _ => False\ntheorem goal (n : Nat) : (match n with | .zero => True | .succ _ => True) := by cases n <;> trivial", POS)
code("branches-swapped", "lean", "swap the branches", "the statements differ", "theorem goal (n : Nat) : (match n with | .zero => True | .succ _ => False) ∨ True := Or.inr trivial", POS)
code("branches-ordered", "lean", "overlapping branches in another order", "the statements differ", "theorem goal (n : Nat) : (match n with | _ => True) := trivial", POS)
code("catch-all-first", "lean", "a catch-all in front", "it is redundant, or states something else", "theorem goal (n : Nat) : (match n with | _ => True | .zero => False) := trivial", POS)
code("pattern-function", "lean", "another projection in a pattern function", "the statements differ", "theorem goal : (fun (p : Nat × Nat) => p.2) = fun (_, b) => b := rfl", "theorem goal : (fun (p : Nat × Nat) => p.2) = fun (a, _) => a")
code("pattern-let", "lean", "another pattern in a let", "the statements differ", "theorem goal (p : Nat × Nat) : let (a, _) := p; a = p.1 := rfl", "theorem goal (p : Nat × Nat) : let (_, b) := p; b = p.1")
code("proof-declared", "lean", "declare the proof inside the statement", OURS, "theorem goal._proof_1 : (3 : Nat) < 5 := by decide\ntheorem goal : (⟨3, goal._proof_1⟩ : Fin 5).1 = 2 := rfl", "theorem goal : (⟨2, by omega⟩ : Fin 5).1 = 3")
code("proof-other-value", "lean", "another value beside the proof", "the statements differ", "theorem goal : (⟨3, by omega⟩ : Fin 5).1 = 3 := rfl", "theorem goal : (⟨2, by omega⟩ : Fin 5).1 = 3")
code("proof-axiom", "policy", "an axiom as the proof inside", "the list of axioms", "axiom goal._proof_1 : (2 : Nat) < 1\ntheorem goal : (⟨2, goal._proof_1⟩ : Fin 1).1 = 2 := rfl", "theorem goal : ((⟨0, by omega⟩ : Fin 1).1 : Nat) = 2")
code("proof-gap", "policy", "a gap as the proof inside", "a gap is no proof", "theorem goal : (⟨2, sorry⟩ : Fin 5).1 = 2 := rfl", "theorem goal : (⟨2, by omega⟩ : Fin 5).1 = 2")
proof("statement-gap-behind-by", "lean", "a statement whose inner proof fails", "it does not elaborate", "rfl", "theorem goal : (⟨7, by omega⟩ : Fin 5).1 = 7")
proof("false-match", "lean", "prove what is false of a match", "it is false", "by cases n <;> trivial", POS)
proof("false-match-by-contradiction", "lean", "the same, by a contradiction that is none", "it is false", "by cases n <;> simp_all", POS)
proof("false-pattern", "lean", "the first is the second", "it is false", "by cases p; rfl", FST)
proof("false-fin", "lean", "another number", "it is false", "rfl", "theorem goal : (⟨2, by omega⟩ : Fin 5).1 = 3")
code("sparse-cases", "lean", "declare the sparse eliminator that Lean would make", OURS, "def goal._sparseCasesOn_1 (n : Nat) : Prop := True\ntheorem goal (n : Nat) : goal._sparseCasesOn_1 n := trivial", POS)
code("pin-like-name", "lean", "a constant that looks like the checker's own", "its name cannot be known", "theorem _pin_0 : 1 = 1 := rfl\ntheorem _proved_0 : 1 = 1 := rfl\ntheorem goal : 1 = 1 := _pin_0")
code("audit-pin-name", "lean", "declare the auditor's pin", "what the auditor adds is not there before", "theorem _verify_workers_pin : 1 = 1 := rfl\ntheorem goal : 1 = 1 := _verify_workers_pin")
code("end-like-name", "lean", "declare the sentinel", "its name cannot be known", "theorem _end_0 : True := trivial\ntheorem goal : True := _end_0")
code("decl-of-goal-dot", "lean", "prove a child of the name", "nothing of the name itself is proved", "theorem goal.goal : 1 = 1 := rfl")
code("quoted-name", "lean", "another name that prints alike", "names are compared, not print", "theorem «goal » : 1 = 1 := rfl")
code("hygienic-name", "lean", "a name with a dagger", "names are compared, not print", "theorem goal✝ : 1 = 1 := rfl")
code("dotted-quoted", "policy", "one part that looks like two", "names are compared, not print", "theorem «A.goal» (n : Nat) : n + 0 = n := rfl", "theorem A.goal (n : Nat) : n + 0 = n")
code("number-part", "lean", "a numeric part", "it does not parse", "theorem goal.1 : 1 = 2 := rfl")
