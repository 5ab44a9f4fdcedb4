"""Options that would weaken a check, or how its answer reads."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import TRUE, Table

TABLE = Table("options")
code, proof = TABLE.code, TABLE.proof

LIST = "options are an allow-list in the text tier, and cannot weaken what child B does"


def _option(name: str, tries: str, setting: str, rest: str = "theorem goal : 1 = 2 := by decide +kernel") -> None:
    code(name, "policy", tries, LIST, f"set_option {setting}\n{rest}")


def _harmless(name: str, tries: str, setting: str) -> None:
    """An option that changes how an answer reads, or how Lean works: it proves nothing false, and the text tier does not know it."""
    code(name, "policy", tries, LIST, f"set_option {setting}\ntheorem goal (n : Nat) : n + 0 = n := by simp", TRUE, rule_only=True)


_option("skip-kernel", "switch the kernel off", "debug.skipKernelTC true")
_option("skip-kernel-false-then-true", "switch it off the second time", "debug.skipKernelTC false\nset_option debug.skipKernelTC true")
_option("skip-kernel-weak", "through a weak option", "weak.debug.skipKernelTC true")
_option("skip-kernel-comment", "with a comment between", "/- x -/ debug.skipKernelTC /- y -/ true")
_option("terminal-warning", "errors that are none", "warningAsError false\nset_option debug.terminalTacticsAsSorry true")
_option("terminal-tactics", "last tactics that are gaps", "debug.terminalTacticsAsSorry true")
_option("by-as-sorry", "tactic blocks that are gaps", "debug.byAsSorry true")
_harmless("recover", "go on after errors", "Elab.async false\nset_option tactic.tryOnEmptyList true")
_harmless("async", "check theorems later", "Elab.async true")
_harmless("compiler", "compile without check", "compiler.check false")
_harmless("interpreter", "prefer compiled code", "interpreter.prefer_native true")
_option("bootstrap", "unsound modes for building Lean", "bootstrap.inductiveCheckResultingUniverse false\nset_option bootstrap.genMatcherCode false")
_option("inductive-universe", "types in too small universes", "bootstrap.inductiveCheckResultingUniverse false", "inductive B : Type where | mk : Type → B\ntheorem goal : 1 = 2 := rfl")
_harmless("unsafe-reducibility", "reducibility that is not checked", "allowUnsafeReducibility true")
_harmless("internal", "an internal option", "internal.cmdlineSnapshots true")
_harmless("experimental", "the experimental module system", "experimental.module true")
_harmless("smart-unfolding", "definitions that unfold otherwise", "smartUnfolding false")
_harmless("backward", "unification as it was", "backward.isDefEq.lazyWhnfCore false")
_harmless("print-depth", "answers without depth", "pp.maxSteps 1")
_harmless("print-one-line", "answers on one line", "pp.oneline true")
_harmless("print-width", "answers of another width", "format.width 1")
_harmless("print-private", "names without their private prefix", "pp.privateNames true")
_harmless("max-errors", "stop after the first error", "maxErrors 0")
_harmless("message-limit", "no messages at all", "linter.all false\nset_option messages.maxSize 0")
_harmless("diagnostics-forged", "a list among the messages", "diagnostics.threshold 0")
_option("string-value", "an option with a string", 'trace.Elab "x"')
_option("unknown", "an option that is not there", "no.such.option true")
proof("tactic-skip-kernel", "policy", "switch the kernel off for a tactic", LIST, "by set_option debug.skipKernelTC true in decide +kernel")
proof("tactic-by-as-sorry", "policy", "gaps for tactic blocks", LIST, "by set_option debug.byAsSorry true in decide")
proof("header-by-as-sorry", "policy", "gaps by the header", LIST, "by decide", header="set_option debug.byAsSorry true")
proof("header-terminal", "policy", "gaps for last tactics by the header", LIST, "by decide", header="set_option debug.terminalTacticsAsSorry true")
proof("header-async", "policy", "later checks by the header", LIST, "by decide", header="set_option Elab.async true")
proof("decide-revert", "lean", "decide after reverting what is false", "it is false", "by decide +revert", "theorem goal (n : Nat) (h : n < 3) : n = 0")
proof("simp-config", "lean", "a configuration of simp that proves anything", "there is none", "by simp +arith +decide (config := { failIfUnchanged := false })")
proof("simp-ground", "lean", "let simp evaluate", "1 is not 2", "by simp +ground")
proof("omega-config", "lean", "a configuration of omega", "it is false", "by omega (config := { splitDisjunctions := false })")
proof("rfl-kernel", "lean", "leave a wrong equation to the kernel", "the kernel says no", "by exact (by decide +kernel : (2 : Nat) = 2) ▸ rfl")
code("print-sizes", "policy", "print the axioms so that they cannot be read", "options are an allow-list", "set_option pp.exprSizes true\ntheorem goal (n : Nat) : n + 0 = n := by simp", statement=TRUE, rule_only=True)
code("print-analyzed", "policy", "likewise", "options are an allow-list", "set_option pp.analyze true\ntheorem goal (n : Nat) : n + 0 = n := by simp", statement=TRUE, rule_only=True)
