"""Headers and statements that bring more than a header or a statement."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import Table

TABLE = Table("headers")
proof = TABLE.proof

proof("header-axiom", "policy", "an axiom in the header", "headers only import, open and set options", "cheat", header="axiom cheat : 1 = 2")
proof("header-option", "policy", "a bad option in the header", "options are an allow-list", "by decide", header="set_option debug.skipKernelTC true")
proof("header-notation", "policy", "notation in the header", "headers only import, open and set options", "rfl", header='notation "2" => 1')
proof("header-variable", "lean", "a variable in the header", "headers only import, open and set options", "h", header="variable (h : 1 = 2)")
proof("statement-with-proof", "policy", "a statement that proves itself", "statements carry none", "rfl", statement="theorem goal : 1 = 1 := rfl")
proof("statement-two", "policy", "two statements in one", "one statement", "rfl", statement="theorem a : 1 = 1 := by sorry theorem goal : 1 = 2")
proof("statement-axiom", "policy", "an axiom inside the statement", "one statement", "c", statement="theorem a : True axiom c : 1 = 2 theorem goal : 1 = 2")
proof("statement-sorry", "policy", "a gap inside the statement", "a gap is no proof", "rfl", statement="theorem goal : (sorry : Nat) = sorry")
proof("statement-kernel-name", "policy", "a statement named as a kernel constant", "the kernel computes this name natively", "rfl", statement="theorem Nat.land : 1 = 1")
proof("statement-unknown", "lean", "a type that this library lacks", "an unknown name is no variable", "fun _ => rfl",
       statement="theorem goal (x : ℝ) : x = x")
proof("statement-undefined", "lean", "an undefined name", "it does not elaborate", "rfl", statement="theorem goal : undefined_thing 1 = 2")
proof("missing-import", "lean", "a module that is not there", "the header does not load", "rfl", statement="theorem goal : 1 = 1", header="import Mathlib")
proof("statement-name-taken", "lean", "a statement whose name the library has", "its name cannot be declared", "by omega", statement="theorem Nat.add_comm (a b : Nat) : a + b = b + a")
proof("statement-name-keyword", "lean", "a statement whose name is a keyword", "its name cannot be declared", "rfl", statement="theorem end : 1 = 1 := by sorry")
TABLE.code("file-without-its-library", "lean", "a file that imports what is not there", "the header does not load", "import Mathlib\nimport Aesop\nset_option maxHeartbeats 400000\nopen BigOperators Real Nat Topology Rat\n\ntheorem goal (n : Nat) : n + 0 = n := by omega", statement="theorem goal (n : Nat) : n + 0 = n")
