"""Whole files that state our theorem otherwise, though equal by computation: no cheats, and not what was asked.

The text tier proves our statement from theirs and accepts; the kernel audit wants the same statement.
"""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import TRUE, Table

TABLE = Table("computation")
code = TABLE.code

SAME = "the kernel audit compares what is stated, not what it computes to"
code("evaluated", "lean", "state what it evaluates to", SAME, "theorem goal : 4 = 4 := rfl", "theorem goal : 2 + 2 = 4")
code("trivial-equation", "lean", "state an equation of literals", SAME, "theorem goal : 100 = 100 := rfl", "theorem goal : 10 * 10 = 100")
code("addition-dropped", "lean", "leave out what computes away", SAME, "theorem goal (n : Nat) : n = n := rfl", TRUE)
code("unfolded", "lean", "unfold a definition", SAME, "theorem goal (a b : Nat) : Nat.le a b ∨ Nat.le b a := Nat.le_total a b", "theorem goal (a b : Nat) : a ≤ b ∨ b ≤ a")
code("ge-for-le", "lean", "turn an inequality round", SAME, "theorem goal (a b : Nat) (h : a < b) : b ≥ a + 1 := h", "theorem goal (a b : Nat) (h : a < b) : a + 1 ≤ b")
code("not-equal-unfolded", "lean", "unfold ≠", SAME, "theorem goal (a b : Nat) (h : a < b) : a = b → False := by omega", "theorem goal (a b : Nat) (h : a < b) : a ≠ b")
code("iff-of-true", "lean", "decide the proposition", SAME, "theorem goal : decide (2 < 3) = true := rfl", "theorem goal : true = true")
code("let-reduced", "lean", "put a let in", SAME, "theorem goal : 2 + 2 = 4 := rfl", "theorem goal : let x := 2; x + x = 4")
code("match-reduced", "lean", "reduce a match", SAME, "theorem goal : 1 = 1 := rfl", "theorem goal : (match true with | true => 1 | false => 2) = 1")
code("eta-expanded", "lean", "reduce a function", SAME, "theorem goal (f : Nat → Nat) : f = f := rfl", "theorem goal (f : Nat → Nat) : (fun x => f x + 0) = f")
code("other-addition", "lean", "another addition that computes the same", SAME, "theorem goal (a b : Nat) : Nat.add a b = Nat.add b a := Nat.add_comm a b", "theorem goal (a b : Nat) : a + b = b + a")
code("other-literal", "lean", "another literal", SAME, "theorem goal : Nat.succ 1 = 2 := rfl", "theorem goal : 2 = 2")
