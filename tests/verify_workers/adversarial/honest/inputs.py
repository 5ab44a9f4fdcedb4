"""Honest rows in the forms in which people's files hold them: proofs, statements and headers, each in several manners."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import TRUE, Table

TABLE = Table("inputs")
proof, code = TABLE.honest_proof, TABLE.honest_code

BY = f"{TRUE} := by\n"

# ---- how a statement ends, and how its proof begins ------------------------------------------------------------------------
proof("tactics-after-by", BY, "  omega\n")
proof("tactics-after-by-two-lines", "theorem goal (p q : Prop) (hp : p) (hq : q) : q ∧ p := by\n", "  constructor\n  · exact hq\n  · exact hp\n")
proof("tactics-after-by-with-comment", BY, "  -- nothing to do\n  rfl")
proof("by-after-by", BY, "by omega")
proof("by-after-by-with-comment", BY, "-- so:\nby\n  omega")
proof("term-after-sorry", f"{TRUE} := sorry", "rfl")
proof("tactics-after-by-sorry", f"{TRUE} := by sorry", "by rfl")
proof("assignment-after-the-statement", f"{TRUE} :=", "by rfl")
proof("doc-comment-before-the-statement", f"/-- Adding zero. -/\n{TRUE} := by sorry", "rfl")
proof("comment-before-the-statement", f"-- Adding zero.\n{TRUE} := by sorry", "rfl")
proof("comment-behind-the-statement", f"{TRUE} := by sorry -- to be proved", "rfl")
proof("lemma-statement", "lemma goal (n : Nat) : n + 0 = n := by sorry", "rfl")
proof("auto-param", "theorem goal (n : Nat) (h : n = n := by rfl) : n = n := by sorry", "h")
proof("opt-param", "theorem goal (n : Nat := 3) : n = n := by sorry", "rfl")

# ---- headers and definitions before the statement ----------------------------------------------------------------------------
proof("definition-in-the-header", "theorem goal (n : Nat) : double n = n + n := by sorry", "rfl", header="def double (n : Nat) : Nat := n + n")
proof("definition-before-the-statement", "abbrev sol : Nat := 3\n\ntheorem goal : sol = 3 := by sorry", "rfl")
proof("variable-in-the-header", "theorem goal : n = n := by sorry", "rfl", header="variable (n : Nat)")
proof("doc-comment-in-the-header", TRUE, "by omega", header="/--\nProve that adding zero changes nothing.\n-/")
proof("doc-comment-behind-the-opens", TRUE, "by omega", header="import Init\nset_option maxHeartbeats 400000\nopen Nat\n\n/-- Prove it. -/")
proof("comment-in-the-header", TRUE, "by omega", header="-- the usual header\nimport Init\n/- and no more -/\nopen Nat")
proof("option-in-the-header", TRUE, "by omega", header="import Init\n\nset_option maxHeartbeats 0 -- no limit")
proof("blank-header", TRUE, "by omega", header="\n\n")
code("whole-file-with-its-header", TRUE, f"import Init\nset_option maxHeartbeats 400000\nopen Nat\n\n{TRUE} := by omega", header="import Init\nset_option maxHeartbeats 400000\nopen Nat")
code("whole-file-with-another-layout-of-its-header", TRUE, f"import Init\n\n\nopen Nat\n{TRUE} := by omega", header="import Init\nopen Nat")
code("whole-file-imports-twice", TRUE, f"import Init\nimport Init\n{TRUE} := rfl")
code("definition-before-and-in-the-file", "def double (n : Nat) : Nat := n + n\ntheorem goal (n : Nat) : double n = n + n := by sorry",
     "def double (n : Nat) : Nat := n + n\n\ntheorem goal (n : Nat) : double n = n + n := by\n  rfl")

# ---- statements with auxiliaries of their own ------------------------------------------------------------------------------
MATCH = "theorem goal (n : Nat) : (match n with | 0 => 0 | _ + 1 => 1) ≤ 1"
proof("match", MATCH, "by split <;> omega")
code("match-as-a-file", MATCH, f"{MATCH} := by split <;> omega")
proof("match-prop", "theorem goal (n : Nat) : match n with | 0 => True | _ + 1 => True", "by cases n <;> trivial")
proof("match-nat", "theorem goal (n : Nat) : (match n with | .zero => True | .succ _ => n > 0)", "by\n  cases n with\n  | zero => exact True.intro\n  | succ k => exact Nat.succ_pos k")
proof("match-two", "theorem goal (a b : Bool) : (match a, b with | true, true => 1 | _, _ => 0) ≤ 1", "by cases a <;> cases b <;> decide")
proof("match-option", "theorem goal (o : Option Nat) : (match o with | none => 0 | some n => n) = o.getD 0", "by cases o <;> rfl")
proof("match-nested", "theorem goal (o : Option (Nat × Nat)) : (match o with | some (a, _) => a | none => 0) ≥ 0", "Nat.zero_le _")
proof("pattern-function", "theorem goal : (fun (p : Nat × Nat) => p.1) = fun (a, _) => a", "rfl")
proof("pattern-binder", "theorem goal : (fun (⟨a, b⟩ : Nat × Nat) => a + b) (1, 2) = 3", "rfl")
proof("pattern-let", "theorem goal (p : Nat × Nat) : let (a, b) := p; a + b = b + a", "by\n  cases p with\n  | mk a b => exact Nat.add_comm a b")
proof("pattern-let-brackets", "theorem goal (p : Nat × Nat) : (let ⟨a, b⟩ := p; a + b) = p.1 + p.2", "rfl")
proof("pattern-exists", "theorem goal : ∃ p : Nat × Nat, (fun | (a, b) => a + b = 3) p", "⟨(1, 2), rfl⟩")
proof("inner-by", "theorem goal : (⟨0, by decide⟩ : Fin 3) = ⟨0, by decide⟩", "rfl")
proof("inner-omega", "theorem goal : (⟨2, by omega⟩ : Fin 5).1 = 2", "rfl")
proof("inner-have", "theorem goal (n : Nat) : (have h : n = n := rfl; n) = n", "rfl")
proof("inner-decide", "theorem goal : decide (2 < 3) = true", "rfl")
proof("inner-if", "theorem goal (n : Nat) : (if n = 0 then 1 else n) > 0", "by split <;> omega")
proof("inner-dependent-if", "theorem goal (n : Nat) : (if h : 0 < n then (⟨0, h⟩ : Fin n).1 else 0) = 0", "by split <;> rfl")
proof("inner-subtype", "theorem goal : ∃ x : { n : Nat // n < 5 }, x.1 = 4", "⟨⟨4, by omega⟩, rfl⟩")

# ---- words, characters and names -------------------------------------------------------------------------------------------
proof("variables-called-like-words", "theorem goal (stop native constant alias : Nat) (h : stop = native) : native = stop", "h.symm")
proof("comment-tight", "theorem goal (p q : Prop) (hp : p) (hq : q) : p ∧ q", "by\n  constructor <;>-- both sides\n  assumption")
proof("open-in-a-tactic", TRUE, "by\n  open Nat in\n  omega")
proof("open-in-a-term", TRUE, "open Nat in by omega")
proof("character-literal", "theorem goal : 'a' = 'a'", "rfl")
proof("list-literal", "theorem goal : [1, 2, 3].length = 3", "rfl")
proof("string-literal", 'theorem goal : "a" = "a"', "rfl")
proof("brace-in-a-string", 'theorem goal : "{".length = 1', "rfl")
proof("script-letter", "theorem goal (𝓤 : Nat) : 𝓤 = 𝓤", "rfl")
proof("letters-of-other-alphabets-in-a-comment", TRUE, "by\n  omega -- 証明終わり")
proof("theorem-in-a-comment", TRUE, "by\n  -- By the theorem above, this lemma follows.\n  omega")
proof("printing-tactic", TRUE, "by\n  trace_state\n  rfl")
proof("set-option-in-a-tactic", TRUE, "by\n  set_option diagnostics true in\n  omega")
code("print-axioms", TRUE, f"{TRUE} := by omega\n\n#print axioms goal\n")
code("check", TRUE, f"{TRUE} := by omega\n#check goal")
code("eval-free-print", TRUE, f"#check Nat\n#print Nat.add\n{TRUE} := by omega\n#print goal")
code("sections-and-variables", "theorem goal (n : Nat) : n = n", "section\nvariable (m : Nat)\ntheorem h : m = m := rfl\nend\ntheorem goal (n : Nat) : n = n := h n\n")
code("recursion-on-a-measure", TRUE, f"def f (n : Nat) : Nat := if h : n = 0 then 0 else f (n - 1)\ntermination_by n\ndecreasing_by omega\n{TRUE} := by omega")
code("recursion-without-a-hint", TRUE, f"def f (n : Nat) : Nat := if h : n = 0 then 0 else f (n - 1)\n{TRUE} := by omega")
code("lemma-helper", TRUE, f"lemma h (n : Nat) : 0 + n = n := by omega\n{TRUE} := by omega")

# ---- scopes, universes and names, as Lean reads them -----------------------------------------------------------------------
proof("closed-part-by-part", "theorem goal : A.B.x = 1", "rfl", preamble="namespace A.B\ndef x := 1\nend B\nend A")
proof("closed-at-once", "theorem goal : A.B.x = 1", "rfl", preamble="namespace A\nnamespace B\ndef x := 1\nend A.B")
proof("section-of-a-namespaces-name", "theorem goal : A.x = 1", "rfl", preamble="namespace A\nsection A\ndef x := 1\nend A\nend A")
proof("imports-in-the-preamble", "theorem goal : x = 3", "rfl", preamble="import Init\ndef x := 3")
proof("print-in-the-preamble", "theorem goal : x = 1", "rfl", preamble="def x := 1\n#check x")
proof("a-projections-name", "theorem answer.succ_pos : 0 < answer.succ", "Nat.succ_pos _", preamble="def answer : Nat := 4")
code("another-universe", "theorem goal.{u} (α : Type u) (x : Option α) : (match x with | none => True | some _ => True)",
     "theorem goal.{v} (α : Type v) (x : Option α) : (match x with | none => True | some _ => True) := by cases x <;> trivial")
proof("open-in-before", "open Nat in\ntheorem goal (n : Nat) : succ n = n + 1", "rfl")
proof("option-and-open-in-before", "set_option maxRecDepth 900 in\nopen Nat in\ntheorem goal (n : Nat) : succ n = n + 1", "rfl")
proof("print-between-definitions", "theorem goal : f = g", "rfl", preamble="def f : Nat := 1\n#check f\ndef g : Nat := 1")
