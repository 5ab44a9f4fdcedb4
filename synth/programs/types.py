"""Types of the small language, typed pieces of Lean text, and the error that names what cannot be translated."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import NoReturn

from verify_workers.text.lexer import words

# Names that mean something in Lean, or that the translation uses itself.
TAKEN = words("""
    abbrev abs at axiom by calc class decide def deriving do else end example exists export extends forall from fun have if implies
    import in inductive infix instance int Int len let list List local macro match max min mutual namespace Nat nat notation open
    opaque Prop prefix private protected rec return set_option show sorry structure suffices syntax termination_by then theorem Type
    universe variable where with bool Bool True False true false
    absurd and cast default dite flip getElem id inferInstance insert inter iff ite ne none not or panic rfl sdiff singleton sizeOf some
    trivial union
""")


class Untranslatable(Exception):
    """What the language does not hold; the message is one line with the place and, where there is one, the remedy."""


def refuse(node: ast.AST, why: str) -> NoReturn:
    """Raise Untranslatable for this piece of the program."""
    line = getattr(node, "lineno", 0)
    raise Untranslatable(f"line {line}: {why}" if line else why)


@dataclass(frozen=True)
class Type:
    """`Nat`, `Int`, `Bool`, `List` with the type of its elements; `number` is a literal's, which fits Nat and Int; `Prop` a condition's."""

    name: str
    of: Type | None = None

    def __str__(self) -> str:
        return self.name if self.of is None else f"{self.name} ({self.of})" if self.of.of else f"{self.name} {self.of}"


NAT, INT, BOOL, PROP, NUMBER, ANY = Type("Nat"), Type("Int"), Type("Bool"), Type("Prop"), Type("number"), Type("any")
_NAMED = {"Nat": NAT, "nat": NAT, "Int": INT, "int": INT, "Bool": BOOL, "bool": BOOL}


def list_of(element: Type) -> Type:
    return Type("List", element)


def read_type(node: ast.expr | None, where: ast.AST) -> Type:
    """The type that an annotation names."""
    if isinstance(node, ast.Name) and node.id in _NAMED:
        return _NAMED[node.id]
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in ("list", "List"):
        return list_of(read_type(node.slice, where))
    said = ast.unparse(node) if node else "nothing"
    refuse(where, f"the type is {said}: write Nat, Int, Bool or list[…] of these behind every parameter and ->")


def lean_type(text: str) -> Type | None:
    """The type that Lean text names, where the language has it."""
    words = text.replace("(", " ").replace(")", " ").split()
    kind = {"Nat": NAT, "ℕ": NAT, "Int": INT, "ℤ": INT, "Bool": BOOL}.get(words[-1]) if words else None
    for word in reversed(words[:-1]):
        kind = list_of(kind) if kind and word == "List" else None
    return kind


def joined(one: Type, other: Type) -> Type | None:
    """The type of both, None where there is none."""
    if one == other or other == ANY:
        return one
    if one == ANY:
        return other
    if one == NUMBER and other in (NAT, INT):
        return other
    if other == NUMBER and one in (NAT, INT):
        return one
    if one.of and other.of and (element := joined(one.of, other.of)):
        return list_of(element)
    return None


# How tightly a term's outermost operator binds, as in Lean.
ATOM, APPLIED, POWER, TIMES, PLUS, CONS, COMPARE, NOT, AND, OR, ARROW, LOOSE = 100, 90, 75, 70, 65, 67, 50, 40, 35, 30, 25, 0


@dataclass(frozen=True)
class Term:
    """Lean text with its type and how tightly it binds."""

    text: str
    type: Type
    binds: int = ATOM

    def within(self, binds: int) -> str:
        """The text as it stands where at least `binds` is wanted."""
        return self.text if self.binds >= binds else f"({self.text})"
