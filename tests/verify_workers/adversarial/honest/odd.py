"""Honest texts that no text file shows well: odd bytes, odd line ends, and very long ones."""

from __future__ import annotations

from tests.verify_workers.adversarial.case import SUM, TRUE, Table

TABLE = Table("odd")
code, proof = TABLE.honest_code, TABLE.honest_proof

GOAL = f"{TRUE} := by\n  rfl\n"

code("byte-order-mark", TRUE, f"\ufeff{GOAL}")
code("windows-line-ends", TRUE, f"theorem helper : 1 = 1 := rfl\n\n{GOAL}".replace("\n", "\r\n"))
code("windows-line-ends-in-comments", TRUE, f"/- one\n two -/\n-- three\n{GOAL}".replace("\n", "\r\n"))
code("no-line-end", TRUE, f"theorem helper : 2 = 2 := rfl\n{GOAL.rstrip()}")
code("comment-at-the-very-end", TRUE, f"{GOAL}-- the end")
code("form-feed-in-a-doc-comment", TRUE, f"/-- Simplify $\x0crac{{1}}{{2}}$. -/\n{GOAL}")
code("backspace-in-a-doc-comment", TRUE, f"/-- The angle $\x08eta$. -/\n{GOAL}")
code("carriage-return-in-a-comment", TRUE, f"-- the limit $\\left(0\right)$\n{GOAL}")
code("vertical-tab-in-a-comment", TRUE, f"/- a vector $\x0bec x$ -/\n{GOAL}")
code("bell-in-a-comment", TRUE, f"-- the angle $\x07lpha$\n{GOAL}")
code("escape-in-a-comment", TRUE, f"-- \x1b[1mbold\x1b[0m\n{GOAL}")
code("nul-in-a-comment", TRUE, f"-- a\x00b\n{GOAL}")
code("line-separator-in-a-comment", TRUE, f"/- one\u2028two\u2029three\u0085four -/\n{GOAL}")
code("zero-width-space-in-a-comment", TRUE, f"-- a\u200bb\u200d\ufeffc\n{GOAL}")
code("non-breaking-space-in-a-comment", TRUE, f"-- a\u00a0b\u202fc\n{GOAL}")
code("tab-in-a-comment", TRUE, f"--\ttabbed\n{GOAL}")
code("replacement-character-in-a-comment", TRUE, f"-- caf\ufffd\n{GOAL}")
code("private-use-in-a-comment", TRUE, f"-- \ue000 \uf8ff\n{GOAL}")
code("astral-letters-in-a-comment", TRUE, f"-- \U0001d4d0 \U0001f600 \U00020000\n{GOAL}")
code("right-to-left-letters-in-a-comment", TRUE, f"-- מספר ועוד אפס · عدد زائد صفر\n{GOAL}")
code("combining-marks-in-a-comment", TRUE, f"-- e\u0301 n\u0303 a\u0302\u0323\n{GOAL}")
code("full-width-in-a-comment", TRUE, f"-- ｒｆｌ　（全角）\n{GOAL}")
code(
    "control-characters-in-a-proof", SUM, "theorem goal (a b : Nat) (h : a = b) : b = a := by\n  -- $\x0crac$ and \x08eta\n  exact h.symm\n"
)
proof("comment-with-control-characters", TRUE, "by\n  -- $\x0crac{a}{b}$\n  rfl")
proof("long-comment", TRUE, "by\n" + "  -- the same again and again\n" * 2000 + "  rfl")

_LEMMAS = "".join(
    f"/-- Step {i}: adding {i} on the right and then nothing. -/\n"
    f"theorem step_{i} (n m : Nat) (h : n = m + {i}) : n + 0 = m + {i} := by\n"
    f"  -- nothing happens in step {i}, and this line only makes the file longer than it needs to be\n"
    f"  have h' : n = m + {i} := h\n"
    "  exact h'\n\n"
    for i in range(560)
)
_ONES = " + ".join(["1"] * 60)
_SAME = "theorem goal (p : Prop) (hp : p) : p"
_STEPS = "".join(f"  have h{i + 1} : p := h{i}\n" for i in range(150))
code("two-hundred-thousand-characters", TRUE, f"{_LEMMAS}{GOAL}", seconds=120.0)
code("one-long-comment", TRUE, f"/-\n{'A long story that nobody reads to its end. ' * 4000}\n-/\n{GOAL}", seconds=60.0)
code("twelve-thousand-lines", TRUE, "\n" * 12_000 + GOAL)
code("one-long-line", "theorem goal : True", f"theorem goal : True := by\n  have h : {_ONES} = 60 := by decide\n  trivial\n", seconds=60.0)
code("many-hypotheses", _SAME, f"{_SAME} := by\n  have h0 : p := hp\n{_STEPS}  exact h150\n", seconds=60.0)
code("deeply-nested-comment", TRUE, "/- " * 150 + "here" + " -/" * 150 + f"\n{GOAL}")
code("deep-brackets", _SAME, f"{_SAME} := {'(' * 120}hp{')' * 120}\n")
code("bidirectional-marks-in-a-comment", TRUE, f"-- \u202eabc\u202c \u2066def\u2069\n{GOAL}")
