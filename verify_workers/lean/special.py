"""Names that Lean's kernel treats specially, so that no submission may declare one.

If a file could declare, say, `Nat.land` with its own meaning, the kernel would still compute `Nat.land 8 8` natively,
and `1 = 2` would follow with no axiom at all.  Two guards: the core library declares every name that the kernel
computes or builds, with the kernel's meaning (a second declaration is then an error), and the policy and the auditor
refuse any submission that declares a name of KERNEL_SPECIAL_NAMES.

How the list was made: the kernel is C++ and makes its names once, in `initialize_kernel_module` of libleanshared.so.
The string constants loaded by the functions that it calls (level, expr, declaration, type_checker, environment,
local_ctx, inductive, quot) are, in Lean 4.35: Bool true | eagerReduce | Nat zero succ add sub mul pow gcd div mod beq
ble land lor xor shiftLeft shiftRight log2 | String ofList | Char ofNat | List cons nil | Quot lift ind mk.  Literals
have the types Nat and String.  There is no Lean.reduceBool or Lean.reduceNat in it any more (older kernels compute
them), no Nat.pred, no Nat.bitwise and nothing of Int.
"""
# ruff: noqa: SIM905 (a word list reads better as words)

from __future__ import annotations

# Computed on literals: arithmetic needs Nat.zero and Nat.succ, the comparisons answer with Bool.true and Bool.false.
# Nat.pow is computed only for exponents up to 2 ^ 24, then unfolded; both ways mean the same.
KERNEL_COMPUTED: frozenset[str] = frozenset(
    f"Nat.{name}" for name in "zero succ add sub mul pow gcd div mod beq ble land lor xor shiftLeft shiftRight log2".split()
)

# What literals are made of (a string literal unfolds to String.ofList of Char.ofNat of numerals), what computations
# answer with, the quotient primitives with the equality that they demand, and a mark for the order of evaluation.
KERNEL_BUILT: frozenset[str] = frozenset(
    (
        *("Nat", "String", "String.ofList", "Char", "Char.ofNat", "List", "List.nil", "List.cons"),
        *("Bool", "Bool.true", "Bool.false", "Eq", "Eq.refl", "Quot", "Quot.mk", "Quot.lift", "Quot.ind", "eagerReduce"),
    )
)

# The permitted axioms: declared otherwise, their names on a report would mean something else.
AXIOMS: frozenset[str] = frozenset(("propext", "Classical.choice", "Quot.sound"))

# Special to other releases or to the machinery around the kernel (a user's own toolchain may be one): refused though
# this core declares only some of them.  reduceBool and reduceNat run compiled code in kernels before 4.29.
ELSEWHERE: frozenset[str] = frozenset(
    (
        *("Lean.reduceBool", "Lean.reduceNat", "Lean.ofReduceBool", "Lean.ofReduceNat", "Lean.trustCompiler", "sorryAx"),
        *("String.mk", "String.ofByteArray", "Char.mk", "Char.ofNatAux", "Nat.pred", "Nat.rec", "Nat.bitwise", "Nat.binCast"),
        *("Int", "Int.ofNat", "Int.negSucc", "UInt32", "USize", "Array", "ByteArray"),
    )
)

KERNEL_SPECIAL_NAMES: frozenset[str] = KERNEL_COMPUTED | KERNEL_BUILT | AXIOMS | ELSEWHERE
