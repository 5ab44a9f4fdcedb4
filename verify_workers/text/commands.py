"""The words that start or modify commands, and where commands begin and end in a list of tokens.

`COMMANDS` must know every such word (Lean 4.35, Batteries, Mathlib): the policy refuses what it does not allow by name.  A test
compares it with the commands that the embedded Lean expects after a doc comment and after modifiers; those of Mathlib come from
its documentation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from verify_workers.text.lexer import BRACKETS, CLOSERS, Kind, Token, words

COMMANDS = words("""
    -- Lean: declarations and modifiers
    theorem lemma def abbrev structure inductive example axiom class coinductive constant instance opaque mutual
    private protected noncomputable unsafe partial nonrec meta public local scoped deriving
    -- Lean: syntax and elaboration
    macro macro_rules syntax notation infix infixl infixr prefix postfix elab elab_rules unif_hint binder_predicate
    simproc dsimproc cbv_simproc simproc_decl dsimproc_decl cbv_simproc_decl grind_propagator attribute initialize
    -- Lean: scopes and environment
    namespace section end open set_option import
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

HEADER_COMMANDS = frozenset({"import", "open", "set_option", "universe", "noncomputable", "section"})
SCOPES = frozenset({"namespace", "section", "end", "open", "variable", "set_option", "include", "omit", "export"})
SCOPE_WORDS = frozenset({"namespace", "section", "mutual", "end"})  # what `scoped` looks at
MODIFIERS = frozenset({"private", "protected", "nonrec", "noncomputable", "local", "scoped", "unsafe", "partial", "public", "meta"})
PRINTS = frozenset({"#check", "#check_failure", "#print", "#synth", "#reduce", "#where", "#version"})  # say something and change nothing


def is_command(mark: Token) -> bool:
    """Whether a token is a word that can start or modify a command."""
    kind, text, _, _ = mark
    return kind is Kind.IDENT and (text in COMMANDS or (text[0] in "rdb" and bool(COMMAND_FAMILY.match(text))))


def is_scope(chunk: Sequence[Token]) -> bool:
    """Whether a command opens, changes or ends a scope, rather than declare something."""
    return chunk[0].text in SCOPES or [mark.text for mark in chunk[:2]] == ["noncomputable", "section"]


def open_scoped(marks: Sequence[Token], index: int) -> bool:
    """Whether the token is the `scoped` of `open scoped`."""
    return index > 0 and marks[index].text == "scoped" and marks[index - 1].text == "open"


def nesting(mark: Token) -> int:
    """+1 for an opening bracket, -1 for a closing one, else 0."""
    if mark.kind is not Kind.SYMBOL:
        return 0
    return (mark.text in BRACKETS) - (mark.text in CLOSERS)


def first_outside(marks: Sequence[Token], text: str) -> int | None:
    """Index of the first token `text` that stands in no bracket."""
    depth = 0
    for index, mark in enumerate(marks):
        depth += nesting(mark)
        if depth == 0 and mark.text == text:
            return index
    return None


def closing(marks: Sequence[Token], opening: int) -> int | None:
    """Index of the bracket that closes the one at `opening`."""
    depth = 0
    for index in range(opening, len(marks)):
        depth += nesting(marks[index])
        if depth == 0:
            return index
    return None


def header_end(marks: Sequence[Token]) -> int:
    """Index of the first token that is no longer part of a header: where the first command that none may hold begins."""
    for index, mark in enumerate(marks):
        if mark.text == "noncomputable" and index + 1 < len(marks) and marks[index + 1].text != "section":
            return index
        if mark.text == "@[" or (is_command(mark) and mark.text not in HEADER_COMMANDS and not open_scoped(marks, index)):
            return index
    return len(marks)


def without_modifiers(marks: Sequence[Token], at: int) -> int:
    """Index of the first of the attributes and modifiers that stand right before the keyword at `at`."""
    while at:
        if marks[at - 1].kind is Kind.IDENT and marks[at - 1].text in MODIFIERS:
            at -= 1
        elif marks[at - 1].text == "]" and (opening := _opening(marks, at - 1)) is not None and marks[opening].text == "@[":
            at = opening
        else:
            break
    return at


def _opening(marks: Sequence[Token], closing: int) -> int | None:
    """Index of the bracket that the one at `closing` closes."""
    depth = 0
    for index in range(closing, -1, -1):
        depth -= nesting(marks[index])
        if depth == 0:
            return index
    return None


def left_open(marks: Sequence[Token]) -> str:
    """The last namespace that is opened and not closed; '' if there is none.  `end` closes as many scopes as it names, or one."""
    return next((scope for scope in reversed(open_scopes(marks)) if scope), "")


def open_scopes(marks: Sequence[Token]) -> list[str]:
    """The scopes that are opened and not closed, outermost first: names of namespaces, '' for each section and other block."""
    scopes: list[str] = []
    for index in range(len(marks)):
        scoped(scopes, marks, index)
    return scopes


def scoped(scopes: list[str], marks: Sequence[Token], index: int) -> bool:
    """Bring `scopes` up to date with the token at `index`, and say whether that opens or closes some.

    They are the names of the namespaces that are open, with '' for each section and other block.
    """
    word = marks[index].text
    if word not in SCOPE_WORDS:
        return False
    after = marks[index + 1] if index + 1 < len(marks) else None
    parts = after.parts if after is not None and after.kind is Kind.IDENT and not is_command(after) else ("",)
    if word == "namespace":
        scopes += parts
    elif word == "end":
        del scopes[max(0, len(scopes) - len(parts)) :]
    else:
        scopes += [""] * (len(parts) if word == "section" else 1)
    return True


def first_on_line(source: str, mark: Token) -> bool:
    """Whether nothing but space stands before the token on its line."""
    return not source[source.rfind("\n", 0, mark.start) + 1 : mark.start].strip()


def chunks(source: str, marks: Sequence[Token]) -> list[Sequence[Token]]:
    """The tokens of `source` by the commands that they make, as far as layout tells: each starts at the margin or with a command's word."""
    if not marks:
        return []
    starts = [i for i, mark in enumerate(marks) if i == 0 or _at_margin(source, mark) or _starts_command(source, mark)]
    inside = False
    for i in list(starts):  # a `mutual` block is one
        if inside:
            starts.remove(i)
        inside = marks[i].text == "mutual" or (inside and marks[i].text != "end")
    return [marks[start:end] for start, end in zip(starts, [*starts[1:], len(marks)], strict=True)]


def _at_margin(source: str, mark: Token) -> bool:
    return source[mark.start - 1] == "\n" and (mark.kind in (Kind.IDENT, Kind.HASH) or mark.text == "@[")


def _starts_command(source: str, mark: Token) -> bool:
    return (is_command(mark) or (mark.kind is Kind.HASH and mark.text in PRINTS)) and first_on_line(source, mark)


def prints(source: str, marks: Sequence[Token]) -> list[Sequence[Token]]:
    """The commands that only say something, each on one line of its own, with another command or nothing behind it.

    Only these can be left out without a change to what stands around them.
    """
    all_of_them = chunks(source, marks)
    return [
        chunk
        for chunk, after in zip_longest(all_of_them, all_of_them[1:])
        if chunk[0].kind is Kind.HASH
        and _starts_command(source, chunk[0])
        and "\n" not in source[chunk[0].start : chunk[-1].end]
        and (after is None or is_command(after[0]) or after[0].text == "@[" or after[0].kind is Kind.HASH)
    ]


def in_chain(source: str, marks: Sequence[Token]) -> list[Token]:
    """The `in`s of the `open … in`, `set_option … in` with which a text ends."""
    found = []
    for chunk in reversed(chunks(source, marks)):
        if chunk[-1].text != "in":
            break
        found.append(chunk[-1])
    return found[::-1]
