"""Texts that cost time, memory or output without end: each ends as `timeout`, `resource` or `rejected`, never as `infra`."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import Table

TABLE = Table("resources")
code, proof = TABLE.code, TABLE.proof

LIMITS = "wall, processor, memory and output are bounded"
SHORT = 2.0  # seconds: these run until they are stopped

proof("decide-bomb", "lean", "decide a million cases", LIMITS, "by decide", "theorem goal : ∀ n : Nat, n < 1000000 → n * n ≠ 1000001", seconds=SHORT)
proof("decide-kernel-bomb", "lean", "have the kernel decide a million cases", LIMITS, "by decide +kernel", "theorem goal : ∀ n : Nat, n < 100000000 → n * n ≠ 1000001", seconds=SHORT)
proof("power-tower", "lean", "a number that fills the memory", LIMITS, "by decide", "theorem goal : 2 ^ 2 ^ 2 ^ 2 ^ 2 ^ 2 = 1", seconds=SHORT)
proof("power-kernel", "lean", "the same in the kernel", LIMITS, "by decide +kernel", "theorem goal : 10 ^ (10 ^ 6) % 10 = 1", seconds=SHORT)
proof("rfl-bomb", "lean", "unfold without end", LIMITS, "rfl", "theorem goal : 100000 * 100000 = 100000 * 99999 + 1", seconds=SHORT)
proof("repeat-forever", "lean", "a tactic that never ends", LIMITS, "by\n  set_option maxHeartbeats 0 in\n  repeat (first | skip | rfl)", seconds=SHORT)
proof("simp-loop", "lean", "rewrite in circles", LIMITS, "by\n  set_option maxHeartbeats 0 in\n  simp [Nat.add_comm 1 0, show (1 : Nat) = 1 + 0 from rfl]", seconds=SHORT)
proof("omega-bomb", "lean", "many unknowns", LIMITS, "by omega", "theorem goal (" + " ".join(f"x{i}" for i in range(24)) + " : Nat) : " + " + ".join(f"{i + 3} * x{i}" for i in range(24)) + " ≠ 10007", seconds=SHORT)
proof("split-bomb", "lean", "two to the twentieth goals", LIMITS, "by\n  repeat (first | constructor | skip)", "theorem goal : " + " ∧ ".join(["(1 = 1 ∨ 1 = 2)"] * 20), seconds=SHORT)
proof("nested-have", "lean", "terms that double", LIMITS, "by\n" + "".join(f"  have h{i} : 1 = 2 ∧ 1 = 2 := ⟨by first | omega | exact h{max(i - 1, 0)}.1, by first | omega | exact h{max(i - 1, 0)}.2⟩\n" for i in range(20)) + "  exact h19.1", seconds=SHORT)
proof("long-sum", "lean", "a sum of many terms", LIMITS, "by decide", "theorem goal : " + " + ".join(["1"] * 150) + " = 151", seconds=SHORT)
proof("type-bomb", "lean", "a type that doubles", LIMITS, "by decide", "theorem goal : " + "(" * 18 + "1 = 2" + " ∧ 1 = 2)" * 18, seconds=SHORT)
proof("output-bomb", "lean", "megabytes of messages", LIMITS, "by\n  set_option maxHeartbeats 0 in\n  repeat (first | (trace \"" + "x" * 1000 + "\"; fail) | (trace \"" + "y" * 1000 + "\"; skip))", seconds=SHORT)
proof("deep-not", "lean", "negations without end", LIMITS, "by decide", "theorem goal : " + "¬ " * 151 + "True", seconds=SHORT)
proof("deep-brackets", "policy", "brackets without end", LIMITS, "(" * 5000 + "rfl" + ")" * 5000)
proof("deep-angle", "policy", "anonymous constructors without end", LIMITS, "⟨" * 3000 + "rfl" + "⟩" * 3000)
proof("deep-fun", "lean", "functions without end", LIMITS, "fun x => " * 2000 + "rfl", seconds=SHORT)
proof("deep-application", "lean", "applications without end", LIMITS, "id <| " * 3000 + "rfl", seconds=SHORT)
code("deep-namespaces", "lean", "namespaces without end", LIMITS, "".join(f"namespace N{i}\n" for i in range(400)) + "theorem goal : 1 = 2 := rfl", seconds=SHORT)
code("many-definitions", "lean", "thousands of definitions", LIMITS, "".join(f"def d{i} : Nat := {i}\n" for i in range(1500)) + "theorem goal : 1 = 2 := by decide", seconds=SHORT)
code("huge-inductive", "lean", "a type with hundreds of constructors", LIMITS, "inductive Big where\n" + "".join(f"  | c{i}\n" for i in range(400)) + "theorem goal : 1 = 2 := by decide", seconds=SHORT)
code("huge-match", "lean", "a match over all of them, twice", LIMITS, "inductive Big where\n" + "".join(f"  | c{i}\n" for i in range(40)) + "theorem same : ∀ a b : Big, a = b := by\n  intro a b\n  cases a <;> cases b <;> rfl\ntheorem goal : 1 = 2 := rfl", seconds=SHORT)
code("structural-bomb", "lean", "a function that grows faster than any machine", LIMITS, "def ack : Nat → Nat → Nat\n  | 0, n => n + 1\n  | m + 1, n => Nat.rec (ack m 1) (fun _ r => ack m r) n\ntheorem a : ack 4 2 = 0 := rfl\ntheorem goal : 1 = 2 := nomatch a", seconds=SHORT)
code("long-name", "lean", "a name of a hundred thousand letters", LIMITS, f"theorem {'a' * 100_000} : 1 = 1 := rfl\ntheorem goal : 1 = 2 := rfl", seconds=10.0)
code("long-number", "lean", "a number of fifty thousand digits", LIMITS, f"theorem a : {'9' * 50_000} = 1 := by decide\ntheorem goal : 1 = 2 := rfl", seconds=10.0)
code("hex-number", "lean", "a hexadecimal number of as many", LIMITS, f"theorem a : 0x{'f' * 50_000} % 2 = 0 := by decide\ntheorem goal : 1 = 2 := nomatch a", seconds=10.0)
code("exponent-number", "lean", "a scientific literal with a huge exponent", LIMITS, "theorem a : (1e1000000000 : Nat) = 1 := by decide\ntheorem goal : 1 = 2 := rfl", seconds=SHORT)
code("long-string", "lean", "a string of a hundred thousand letters", LIMITS, f"def s := \"{'a' * 100_000}\"\ntheorem goal : 1 = 2 := by decide", seconds=10.0)
code("a-million-characters", "policy", "more than a million characters", LIMITS, "-- nothing\n" * 100_000 + "theorem goal : 1 = 2 := rfl")
