"""Gaps and escape hatches inside a proof."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import TRUE, Table

TABLE = Table("gaps")
proof = TABLE.proof

GAP = "a gap is no proof"
proof("sorry", "policy", "an open gap", GAP, "by sorry")
proof("sorry-term", "policy", "a gap as a term", GAP, "sorry")
proof("admit", "policy", "sorry's other name", GAP, "by admit")
proof("sorryAx", "policy", "the axiom behind sorry", GAP, "sorryAx (1 = 2) false")
proof("sorryAx-quoted", "policy", "the same behind quotes", GAP, "«sorryAx» (1 = 2) false")
proof("sorryAx-root", "policy", "the same from the root", GAP, "_root_.sorryAx _ false")
proof("sorry-nested", "policy", "a gap deep inside", GAP, "by\n  have h : 1 = 2 := by\n    first\n    | omega\n    | sorry\n  exact h")
proof("sorry-comment-trick", "policy", "a gap between comments", GAP, "by /- honest -/ sorry /- -/")
proof("sorry-nested-comment", "policy", "nested comments end later than they seem", GAP, "by /- /- -/ rfl -/ sorry")
proof("sorry-slash-comment", "policy", "`/-/` does not close a comment", GAP, "by /-/ rfl -/ sorry")
proof("apply-search", "lean", "`apply?` closes the goal with a gap", "sorryAx is in the axioms, or an error is printed", "by apply?")
proof("exact-search", "lean", "`exact?` likewise", "no proof exists", "by exact?")
proof("stop", "policy", "`stop` admits the rest", GAP, "by\n  have h : 1 = 1 := rfl\n  stop\n  omega")
proof("native-decide", "policy", "trust the compiler", "it rests on an axiom of its own", "by native_decide", statement="theorem goal : 2 + 2 = 4")
proof("decide-native", "policy", "native through configuration", "the same axiom", "by decide +native", statement="theorem goal : 2 + 2 = 4")
proof("decide-native-config", "policy", "native in the older spelling", "the same axiom", "by decide (config := { native := true })",
       statement="theorem goal : 2 + 2 = 4")
proof("reduce-bool", "policy", "the kernel's hook for compiled code", "its axiom is not allowed",
       "Lean.ofReduceBool (decide (1 = 2)) true rfl |> of_decide_eq_true")
proof("trust-compiler", "policy", "an axiom by name", "not allowed", "by exact absurd Lean.trustCompiler (by decide)")
proof("lc-proof", "policy", "the compiler's own axiom", "it proves anything", "lcProof")
proof("unsafe-cast", "policy", "cast past the types", "unsafe code is no proof", "unsafeCast (rfl : 1 = 1)")
proof("unsafe-term", "policy", "an unsafe term", "unsafe code is no proof", "unsafe (unsafeCast (rfl : 1 = 1))")
proof("skip-kernel", "policy", "switch the kernel check off", "proves 1 = 2 with no axioms shown",
       "by\n  set_option debug.skipKernelTC true in\n  decide")
proof("skip-kernel-term", "policy", "the same as a term", "options are an allow-list", "set_option debug.skipKernelTC true in by decide")
proof("option-string", "policy", "an option with a string", "only numbers and truth values", 'by\n  set_option pp.x "a" in\n  rfl')
proof("open-in", "policy", "open a namespace for one tactic", "`open … in` can bring in syntax", "by\n  open Classical in\n  rfl", statement=TRUE, rule_only=True)
proof("open-lean", "policy", "reach the metalanguage", "no name below Lean is needed", "by exact Lean.Elab.admitGoal")
proof("run-tac", "policy", "run code in a tactic", "elaboration must not run candidate code", "by run_tac Lean.Elab.Tactic.closeMainGoal default default")
proof("by-elab", "policy", "run code in a term", "the same", "by_elab return default")
proof("include-str", "policy", "read a file", "no file may be read", 'by have := include_str "/etc/passwd"; rfl', statement=TRUE)
proof("dbg-trace", "policy", "print from inside", "prints go to the checker's stream", 'dbg_trace "x"; rfl', statement=TRUE)
proof("interpolated", "policy", "code inside an interpolated string", "it is code, not text", 'by have s := s!"{sorry}"; omega')
proof("quotation", "policy", "quote syntax", "only macros need it", "by have := `(1); rfl", statement=TRUE)
proof("sleep", "policy", "sleep through the time limit", "no proof sleeps", "by sleep 100000; rfl", statement=TRUE)
proof("polyrith", "policy", "ask the network", "no proof talks", "by polyrith", statement=TRUE)
proof("idbg", "policy", "the interactive debugger reads files and opens sockets", "no proof needs it", "by\n  have h : Nat := (idbg 1; 2)\n  rfl", statement=TRUE)
