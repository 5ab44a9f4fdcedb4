"""The policy's vocabulary: which commands, options and attributes a candidate may use, and which words it never may.

Two lists for each, for the two tiers.  Where only text can be read (`text`), what may be used is named and everything else is
refused.  Where kernel objects decide (`kernel`), only what runs code at elaboration is named and refused.
"""

from __future__ import annotations

import re

from verify_workers.text.lexer import words

DECLARATIONS = frozenset({"theorem", "lemma", "def", "abbrev", "structure", "inductive"})  # a name follows

SORRY = frozenset({"sorry", "admit", "sorryAx"})  # reported as `rejected (sorry)`, not as an attack

NAMESPACES = frozenset({"Lean", "IO"})  # the metalanguage: no name below these is needed in a proof

# Words that run code or read the machine, wherever they stand.
RUNNING = words("""
    native_decide by_elab run_tac run_cmd run_elab run_meta include_str include_bytes polyrith idbg
    unsafeCast unsafeIO unsafeEIO unsafeBaseIO lcProof lcUnreachable lcAny lcErased lcCast
    ofReduceBool ofReduceNat reduceBool reduceNat trustCompiler
""")

# ---- the text tier: what may be used

# A model's whole file may use these and no other commands; `open`, `set_option`, `import` and `@[…]` have rules of their own.
PLAIN_COMMANDS = words("""
    theorem lemma def abbrev structure inductive example namespace section end open mutual
    private protected noncomputable set_option import
""")

# So may the caller's own definitions, and these: they stand before our statement, which is elaborated right behind them.
PREAMBLE_COMMANDS = PLAIN_COMMANDS | words("class instance deriving variable universe local scoped nonrec")

# Words that leave the proof or print, in a text tier's reading.
WORDS = RUNNING | words(
    "implemented_by extern csimp native stop sleep sleep_heartbeats dbg_trace dbg_sleep dbg_stack dbg_trace_if_shared dbgTrace dbgSleep"
)

OPTIONS = words("""
    maxHeartbeats maxRecDepth synthInstance.maxHeartbeats synthInstance.maxSize autoImplicit relaxedAutoImplicit
    exponentiation.threshold tactic.hygienic
    -- what is printed, as far as a list of axioms stays readable
    pp.all pp.explicit pp.universes pp.fullNames pp.notation pp.numericTypes pp.natLit pp.proofs pp.proofs.withType pp.coercions
    pp.coercions.types pp.unicode pp.unicode.fun pp.deepTerms pp.funBinderTypes pp.piBinderTypes
    pp.letVarTypes pp.instances pp.instanceTypes pp.structureInstances pp.structureInstanceTypes pp.fieldNotation pp.beta
    pp.motive.all pp.binderTypes pp.mvars
""")
OPTION_FAMILIES = ("linter.",)  # what is warned about

ATTRIBUTES = words("simp reducible irreducible inline ext refl symm trans norm_cast push_cast elab_as_elim")

# ---- the kernel tier: what may not be used

RUNNING_COMMANDS = words("""
    macro macro_rules syntax elab elab_rules binder_predicate unif_hint initialize sudo unsafe meta
    simproc dsimproc cbv_simproc simproc_decl dsimproc_decl cbv_simproc_decl grind_propagator
    axiom prelude init_quot import_private export_private tactic_code_action command_code_action
""")
RUNNING_ATTRIBUTES = re.compile(
    r"(?:builtin_|run_).*|.*(?:_elab|_parser|_parser_alias|_elab_attribute)|macro|tactic|extern|implemented_by|csimp|export|init"
    r"|never_extract|app_unexpander|app_delab|delab|simproc|dsimproc|sevalproc|norm_num|positivity|computed_fields|command_code_action"
    r"|tactic_code_action|grind_propagator"
)
WEAKENING_OPTIONS = ("debug.", "internal.", "bootstrap.", "compiler.", "interpreter.", "experimental.", "server.", "Elab.")
