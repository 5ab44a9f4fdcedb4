"""Whether a binder says something, `(hp : p.Prime)`, or only names a thing of a type, `(n : ℕ)`, `(h : ℝ → ℝ)`; by its text.

Lean would know.  What is not clear counts as saying something: no filter drops a hypothesis for not being used as a variable is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synth.statements.scopes import free
from synth.statements.spelling import signs
from verify_workers.text.commands import nesting
from verify_workers.text.lexer import Kind, Token, words

RELATIONS = frozenset({"=", "≠", "<", ">", "≤", "≥", "∣", "∈", "∉", "∧", "∨", "¬", "↔", "==", "!=", "∃", "∀", "→"})
_MORE = frozenset({"≡", "⊆", "⊂", "⊇", "⊃", "≈", "∼", "⟂", "∥"})
DATA = words("""
    Type Sort Prop Bool Nat Int Rat Real Complex ℕ ℤ ℚ ℝ ℂ ZMod PNat NNReal ENNReal EReal Fin UInt8 UInt32 UInt64 Float
    List Set Finset Multiset Option String Char Unit Prod Sum Array Vector Function Equiv Perm Equiv.Perm Sym2 Finsupp SimpleGraph
    Matrix Polynomial MvPolynomial PowerSeries EuclideanSpace Filter Ideal Submodule Subgroup Subring Sylow Units Quaternion Real.Angle
""")


def says(names: Sequence[str], kind: str, known: Mapping[str, str] | None = None) -> bool:
    """Whether a binder of `names` of type `kind` says something of what is `known` before it (names with the texts of their types)."""
    known, marks = known or {}, signs(kind)
    if {mark.text for mark in marks} & (RELATIONS | _MORE) - {"→"}:
        return True
    value = _value(marks)
    if not value or value[0].kind is not Kind.IDENT:
        return False
    head, hypothetical = value[0].text, len(names) == 1 and names[0].startswith("h")
    if head in DATA:
        return False
    if head in known:  # a variable: one that is applied, one that a notation speaks of (`n ≡ 2 [MOD 5]`), or a type or proposition
        of = signs(known[head])
        ends = _value(of)[:1]
        if len(value) > 1 and of and not any(mark.text == "→" for mark in of):
            return True
        return ends[0].text == "Prop" if ends and ends[0].text in DATA else hypothetical
    about = free(kind[value[0].start : value[-1].end]) & known.keys()
    return bool(about) or hypothetical


def _value(marks: Sequence[Token]) -> Sequence[Token]:
    """What a function of this type gives: what stands behind the last arrow, without brackets."""
    depth, last = 0, 0
    for i, mark in enumerate(marks):
        depth += nesting(mark)
        if depth == 0 and mark.text == "→":
            last = i + 1
    found = marks[last:]
    while len(found) > 1 and found[0].text == "(" and found[-1].text == ")":
        found = found[1:-1]
    return found
