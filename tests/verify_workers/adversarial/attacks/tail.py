"""Endings that reach for the trusted lines which follow the candidate's text."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import By, Table

TABLE = Table("tail")
code, proof = TABLE.code, TABLE.proof

LINES = "the trusted lines must be read as they are; what changes them is in error or refused"
DONE = "theorem goal : 1 = 1 := rfl\n"


def _tail(name: str, by: By, tries: str, text: str) -> None:
    code(name, by, tries, LINES, f"{DONE}{text}")


_tail("namespace", "lean", "a namespace left open", "namespace goal")
_tail("namespace-with-names", "lean", "a namespace with another goal in it", "theorem A.goal : True := trivial\nnamespace A")
_tail("namespace-root", "policy", "a namespace that imitates the root", "namespace _root_")
_tail("section", "lean", "a section left open", "section")
_tail("noncomputable-section", "lean", "a noncomputable section left open", "noncomputable section")
_tail("mutual", "lean", "a mutual block left open", "mutual\ntheorem a : 1 = 1 := rfl")
_tail("where", "lean", "a `where` that wants local definitions", "theorem a : 1 = 1 := b\nwhere")
_tail("termination-by", "lean", "a hint that wants a term", "theorem a : 1 = 1 := rfl\ntermination_by")
_tail("decreasing-by", "lean", "a hint that wants tactics", "theorem a : 1 = 1 := rfl\ndecreasing_by")
_tail("unfinished-by", "lean", "an empty tactic block", "theorem a : 1 = 1 := by")
_tail("unfinished-term", "lean", "a term that goes on", "theorem a : 1 = 1 :=")
_tail("unfinished-fun", "lean", "a function that wants its body", "theorem a : 1 = 1 → 1 = 1 := fun h =>")
_tail("unfinished-binder", "lean", "a theorem that wants its type", "theorem a (n : Nat)")
_tail("unfinished-have", "lean", "a `have` that wants its rest", "theorem a : 1 = 1 :=\n  have h : 1 = 1 := rfl")
_tail("unfinished-match", "lean", "a match without alternatives", "theorem a (n : Nat) : n = n :=\n  match n with")
_tail("unfinished-bar", "lean", "an alternative without pattern", "theorem a : ∀ n : Nat, n = n\n  | 0 => rfl\n  |")
_tail("unfinished-structure", "lean", "a structure that takes lines as fields", "structure S where")
_tail("unfinished-inductive", "lean", "an inductive type that takes lines as constructors", "inductive I where\n  |")
_tail("unfinished-def", "lean", "a definition that wants its name", "def")
_tail("unfinished-end", "lean", "an `end` too many", "end\nend")
_tail("set-option-in", "policy", "an option for the first trusted line", "set_option maxRecDepth 1 in")
_tail("set-option-unfinished", "policy", "an option that takes our line as its value", "set_option maxRecDepth")
_tail("open-in", "policy", "an `open` for the first trusted line", "open Nat in")
_tail("open-unfinished", "lean", "an `open` that takes our words as names", "open")
_tail("include-in", "policy", "an `include` for the first trusted line", "variable (h : 1 = 2)\ninclude h in")
_tail("attribute-open", "policy", "an attribute bracket left open", "@[simp")
_tail("attribute-command", "policy", "an attribute command without names", "attribute [simp]")
_tail("modifiers", "lean", "modifiers for the first trusted line", "private noncomputable")
_tail("doc-comment", "lean", "a doc comment for the first trusted line", "/-- The audited theorem. -/")
_tail("doc-comment-open", "policy", "a doc comment left open", "/-- ")
_tail("doc-comment-false-end", "policy", "a doc comment whose end is in a comment", "/-- -- -/")
_tail("check", "lean", "a printing command that goes on", "#check")
_tail("check-open-bracket", "lean", "a printing command with an open bracket", "#check (")
_tail("half-a-print", "lean", "half of a printing command", "#print axioms")
_tail("print-nothing", "lean", "a printing command without a name", "#print")
_tail("print-then-axiom", "policy", "an axiom behind a printing command", "#print axioms goal\naxiom cheat : 1 = 2")
_tail("print-same-line", "lean", "a command on the line of a printing command", "#print axioms goal axiom cheat : 1 = 2")
_tail("check-failure", "lean", "turn an error into none", "#check_failure (rfl : 1 = 2)")
_tail("guard-msgs", "policy", "swallow the messages of the next command", '#guard_msgs (drop all) in')
_tail("guard-msgs-error", "policy", "swallow an error", '#guard_msgs (drop error) in\ntheorem b : 1 = 2 := by decide')
_tail("stop-word", "lean", "a word that Lean does not know", "stop_here")
_tail("unterminated-string", "policy", "a string left open", 'def s := "')
_tail("unterminated-quote", "policy", "a quoted name left open", "def «s")
_tail("unterminated-comment", "policy", "a comment left open", "/-")
_tail("comment-slash", "policy", "a comment that only seems closed", "/-/")
_tail("line-continuation", "policy", "a string gap over the line end", 'def s := "a\\')
_tail("alternation", "lean", "an alternative for our next term", "theorem a : 1 = 1 := by first | rfl |")
_tail("seq-focus", "lean", "a combinator that wants one tactic more", "theorem a : 1 = 1 := by rfl <;>")
_tail("dollar", "lean", "an application that wants its argument", "theorem a : 1 = 1 := id <|")
_tail("arrow", "lean", "a type that wants its end", "theorem a : 1 = 1 →")
_tail("export-tail", "policy", "another goal for the trusted lines", "namespace A\ntheorem goal : True := trivial\nend A\nexport A (goal)")
_tail("open-tail", "lean", "another goal that is open for the trusted lines", "namespace A\ntheorem goal : True := trivial\nend A\nopen A")
_tail("macro-tail", "policy", "rewrite the trusted lines", "macro_rules | `(command| #print axioms $x) => `(command| #print axioms trivial)")
_tail("instance-tail", "policy", "an instance that the trusted lines would use", "instance : CoeDep (1 = 1) rfl (1 = 2) := ⟨sorry⟩")
_tail("coercion-tail", "policy", "a coercion that the trusted theorem would use", "instance : Coe (1 = 1) (1 = 2) := ⟨fun _ => by assumption⟩")
_tail("unif-hint-tail", "policy", "a hint that the trusted theorem would use", "unif_hint where |- 1 =?= 2")
_tail("reducible-tail", "policy", "make everything reducible for the trusted lines", "set_option allowUnsafeReducibility true\nattribute [local reducible] Nat.add")
_tail("heartbeats-tail", "lean", "no time for the trusted lines", "set_option maxHeartbeats 1")
_tail("recursion-tail", "lean", "no depth for the trusted lines", "set_option maxRecDepth 1")
proof("proof-where", "lean", "a proof whose `where` takes our lines", LINES, "rfl\nwhere", "theorem goal : 1 = 1 ∧ 1 = 2")
proof("proof-bar", "lean", "a proof whose alternatives take our lines", LINES, "by first | decide |")
proof("proof-seq", "lean", "a proof that wants one tactic more", LINES, "by decide <;>")
proof("proof-dot", "lean", "a bullet without tactics", LINES, "by\n  ·")
proof("proof-in", "policy", "a proof whose `in` takes our lines", LINES, "by\n  open Nat in")
proof("proof-colon-eq", "lean", "another `:=`", LINES, "rfl := rfl")
proof("proof-print", "policy", "a printing command inside a proof", LINES, "by decide\n#print axioms goal\naxiom cheat : 1 = 2")
proof("proof-calc-open", "lean", "a chain that wants a step more", LINES, "calc 1 = 1 := rfl\n  _ =")

# A second attack (November 2026): a candidate goes on from the line before it, is gone on from by the line behind it, or only seems to declare.
OWN = "our lines are commands that nothing goes on from"
for _name, _text in {
    "pipe": "|> fun h => (Classical.em True).elim (fun _ => h) (fun _ => h)",
    "termination": "termination_by 0", "decreasing": "decreasing_by simp", "where": "where\n  y : Nat := 1", "substitution": "▸ trivial",
}.items():
    TABLE.code(f"goes-on-{_name}", "lean", "begin in the middle of our own line", OWN, f"{_text}\ntheorem goal : 1 = 1 := rfl", "theorem goal : 1 = 1")
TABLE.code("modifier-at-the-end", "lean", "a modifier for our own line", OWN, "theorem goal : 1 = 1 := rfl\nnoncomputable", "theorem goal : 1 = 1")
TABLE.code("projection-for-a-name", "lean", "a projection instead of the theorem", "the constant must be there", "theorem foo : 1 + 1 = 2 := rfl", "theorem foo.symm : 2 = 1 + 1")
TABLE.code("root-inside-a-name", "policy", "a name that only looks like the theorem's, in a namespace left open", OWN, "theorem A._root_.goal : 1 = 1 := rfl\nnamespace A", "theorem goal : 1 = 1")
