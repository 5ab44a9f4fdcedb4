"""The policy's vocabulary: which commands, options and attributes a candidate may use, and which words it never may.

`COMMANDS` must know every word that can start or modify a command (Lean 4.35, Batteries, Mathlib): what may be used
is `PLAIN_COMMANDS`, everything else in it is refused.  A test compares it with the commands that the embedded Lean
expects after a doc comment and after modifiers; those of Mathlib come from its documentation.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    """The words of `text`; what follows `--` on a line says where they come from."""
    return frozenset(word for line in text.splitlines() for word in line.partition("--")[0].split())


# A model's whole file may use these and no other commands; `open`, `set_option`, `import` and `@[…]` have rules of their own.
PLAIN_COMMANDS = _words("""
    theorem lemma def abbrev structure inductive example namespace section end open mutual
    private protected noncomputable set_option import
""")

DECLARATIONS = frozenset({"theorem", "lemma", "def", "abbrev", "structure", "inductive"})  # a name follows

HEADER_COMMANDS = frozenset({"import", "open", "set_option", "universe", "noncomputable", "section"})

COMMANDS = PLAIN_COMMANDS | _words("""
    -- Lean: declarations and modifiers
    axiom class coinductive constant instance opaque unsafe partial nonrec meta public local scoped deriving
    -- Lean: syntax and elaboration
    macro macro_rules syntax notation infix infixl infixr prefix postfix elab elab_rules unif_hint binder_predicate
    simproc dsimproc cbv_simproc simproc_decl dsimproc_decl cbv_simproc_decl grind_propagator attribute initialize
    -- Lean: environment
    export universe variable include omit prelude init_quot gen_injective_theorems grind_pattern init_grind_norm grind_annotated
    add_decl_doc docs_to_verso deprecated_module deprecated_syntax recommended_spelling tactic_extension tactic_code_action
    command_code_action set_library_suggestions assert_not_exists assert_not_imported seal unseal unlock_limits
    recall with_exporting with_weak_namespace end_local_scope computed_fields show_panel_widgets export_private import_private
    -- Batteries, Mathlib, Aesop
    alias irreducible_def notation3 library_note proof_wanted initialize_simps_projections suppress_compilation
    unsuppress_compilation extend_docs compile_inductive compile_def mk_iff_of_inductive_prop assert_exists
    assert_no_cycle norm_cast_add_elim count_heartbeats guard_min_heartbeats whatsnew unset_option add_aesop_rules
    erase_aesop_rules simps_eta lrat_proof sudo
""")

# Families of commands: `register_simp_attr`, `declare_syntax_cat`, `run_cmd`, `builtin_initialize`, …
COMMAND_FAMILY = re.compile(r"(?:register|declare|run|builtin)_[A-Za-z_0-9?!]+\Z")

SORRY = frozenset({"sorry", "admit", "sorryAx"})  # reported as `rejected (sorry)`, not as an attack

# Words that run code, leave the proof or read the machine, wherever they stand.
WORDS = _words("""
    native_decide native by_elab stop include_str include_bytes polyrith sleep sleep_heartbeats idbg
    dbg_trace dbg_sleep dbg_stack dbg_trace_if_shared dbgTrace dbgSleep implemented_by extern csimp
    unsafeCast unsafeIO unsafeEIO unsafeBaseIO lcProof lcUnreachable lcAny lcErased lcCast
    ofReduceBool ofReduceNat reduceBool reduceNat trustCompiler
""")

NAMESPACES = frozenset({"Lean", "IO"})  # the metalanguage: no name below these is needed in a proof

OPTIONS = _words("""
    maxHeartbeats maxRecDepth synthInstance.maxHeartbeats synthInstance.maxSize autoImplicit relaxedAutoImplicit
    exponentiation.threshold tactic.hygienic
    -- what is printed, as far as a list of axioms stays readable
    pp.all pp.explicit pp.universes pp.fullNames pp.notation pp.numericTypes pp.natLit pp.proofs pp.proofs.withType pp.coercions
    pp.coercions.types pp.unicode pp.unicode.fun pp.deepTerms pp.funBinderTypes pp.piBinderTypes
    pp.letVarTypes pp.instances pp.instanceTypes pp.structureInstances pp.structureInstanceTypes pp.fieldNotation pp.beta
    pp.motive.all pp.binderTypes pp.mvars
""")
OPTION_FAMILIES = ("linter.",)  # what is warned about

ATTRIBUTES = _words("simp reducible irreducible inline ext refl symm trans norm_cast push_cast elab_as_elim")
