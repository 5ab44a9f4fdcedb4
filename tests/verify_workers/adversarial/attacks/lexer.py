"""Symbols of several characters that end where a comment or a character seems to begin: what Lean reads must be what we read."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import Table

TABLE = Table("lexer")
proof, code = TABLE.proof, TABLE.code

READING = "where Lean's tokens may be longer than ours, the reading is uncertain"
_SKIP = "set_option debug.skipKernelTC true"
_LATER = f"\n{_SKIP}\ntheorem goal : 1 = 2 := by decide +kernel -- "
_FIRST = "theorem aux : 1 = 1 := by first | rfl | "
proof("arrow-comment", "policy", "`<--` is `<-` and a minus, no comment: the rest of the line is code", READING,
      f"by first | rw [<--1] | {_SKIP} in decide +kernel | rw [rfl\n  ]")
code("arrow-comment-do", "policy", "the same in `do`", READING, f"{_FIRST}exact do let x <--1 {_SKIP} theorem goal : 1 = 2 := by decide +kernel\n")
code("arrow-comment-axiom", "policy", "the same, with an axiom", READING,
      "theorem aux : 1 = 1 := by first | rfl | rw [<--1] axiom cheat : 1 = 2 theorem b : 1 = 1 := by first | rfl | rw [rfl\n  ]\ntheorem goal : 1 = 2 := cheat")
code("subtype-comment", "policy", "`//-` is `//` and a minus, no comment", READING, f"{_FIRST}exact {{x : Nat //-1 = x}}{_LATER}-/ }}")
code("or-comment", "policy", "`\\/-` is an or and a minus, no comment", READING, f"{_FIRST}exact 1 \\/-1{_LATER}-/")
code("product-char", "policy", "`×' '\"'` is `×'` and a quote character, no string", READING, f"{_FIRST}exact (Nat ×' '\"'){_LATER}\")")
code("product-char-tight", "policy", "the same without the blank", READING, f"{_FIRST}exact Nat ×''\"'{_LATER}\"")
code("index-char", "policy", "`]' '\"'` likewise", READING, f"{_FIRST}exact (x[0]' '\"'){_LATER}\")")
code("preimage-char", "policy", "where `⁻¹'` is no token, `⁻¹'\"'` is an inverse and a quote character", READING, f"{_FIRST}intro x⁻¹'\"'{_LATER}\"")
code("pin-macro", "policy", "a hidden macro turns the pinned statement into True: nothing for a second kernel check to find", READING,
      "theorem aux : 1 = 1 := by first | rfl | rw [<--1] macro_rules | `(type_of% $x) => `(True) theorem b : 1 = 1 := by first | rfl | rw [rfl\n  ]\ntheorem goal : True := trivial")
