"""Proofs that are wrong or none."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import SUM, Table

TABLE = Table("wrong")
proof = TABLE.proof

proof("rfl", "lean", "claim it by computation", "1 is not 2", "rfl")
proof("decide", "lean", "claim it by decision", "it is false", "by decide")
proof("decide-kernel", "lean", "leave the decision to the kernel", "it is false", "by decide +kernel")
proof("unsolved", "lean", "stop early", "goals remain", "by skip")
proof("recursive", "lean", "prove it by itself", "the recursion is not well-founded", "goal")
proof("recursive-have", "lean", "prove it by itself inside", "the recursion is not well-founded", "by\n  have h := goal\n  exact h")
proof("where-cycle", "lean", "prove it by a local helper that recurses", "the recursion is not well-founded", "aux ()\nwhere aux (u : Unit) : 1 = 2 := aux u")
proof("let-rec", "lean", "the same with let rec", "the recursion is not well-founded", "by\n  let rec aux (u : Unit) : 1 = 2 := aux u\n  exact aux ()")
proof("try-all", "lean", "swallow every failure", "goals remain", "by all_goals try omega")
proof("first-fail", "lean", "swallow errors with first", "goals remain", "by first | omega | skip")
proof("error-recovery", "lean", "an error inside `have` is recovered from", "an error was printed", "by\n  have h : 1 = 2 := by omega\n  exact h")
proof("hypothesis-mismatch", "lean", "use a hypothesis that says something else", "types differ", "h", statement=SUM)
proof("guess-pin", "lean", "use the trusted statement's constant", "its name cannot be known", "by first | exact _pin_0 | assumption")
proof("solve-by-elim", "lean", "let search find the trusted gap", "internal names are not offered", "by first | solve_by_elim | simp_all")
proof("universe-level", "lean", "prove it at one universe only", "it is asked at all", "fun α a => rfl",
       statement="theorem goal.{u} : ∀ (α : Sort u) (a b : α), a = b")
proof("instance-choice", "lean", "pick a convenient instance", "it is asked for every instance", "by simp",
       statement="theorem goal (α : Type) [Inhabited α] (a : α) : a = default")
