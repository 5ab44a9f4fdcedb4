"""Expressions of the small language as Lean terms: values, and conditions as propositions."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from synth.programs.types import (
    AND,
    ANY,
    APPLIED,
    ARROW,
    ATOM,
    BOOL,
    COMPARE,
    INT,
    LOOSE,
    NAT,
    NOT,
    NUMBER,
    OR,
    PLUS,
    POWER,
    PROP,
    TIMES,
    Term,
    Type,
    joined,
    list_of,
    refuse,
)  # fmt: skip

_ARITHMETIC: dict[type[ast.operator], tuple[str, int]] = {ast.Add: ("+", PLUS), ast.Sub: ("-", PLUS), ast.Mult: ("*", TIMES),
    ast.FloorDiv: ("/", TIMES), ast.Mod: ("%", TIMES)}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], str] = {ast.Eq: "=", ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥"}


@dataclass(frozen=True)
class Signature:
    """A function: the types of its parameters and of its result."""

    parameters: tuple[Type, ...]
    result: Type


@dataclass(frozen=True)
class Recursion:
    """The function being defined: its calls of itself must have one of the terms `smaller` as argument `index`."""

    name: str
    index: int
    smaller: frozenset[str]
    advice: str


@dataclass(frozen=True)
class Scope:
    """What names mean here: `names` are values, by what the program calls them (`xs[0]`, `xs[1:]`, `n - 1` among them)."""

    names: Mapping[str, Term]
    functions: Mapping[str, Signature] = field(default_factory=dict)
    recursion: Recursion | None = None

    def having(self, names: Mapping[str, Term]) -> Scope:
        """With these names; what was known of parts of a name that is given anew (`n - 1`) is forgotten."""
        kept = {key: term for key, term in self.names.items() if not any(key.startswith((f"{new} -", f"{new}[")) for new in names)}
        return replace(self, names={**kept, **names})


def value(node: ast.expr, scope: Scope) -> Term:
    """An expression as a value; conditions become Booleans."""
    term = _term(node, scope)
    return Term(f"decide ({term.text})", BOOL, APPLIED) if term.type == PROP else term


def condition(node: ast.expr, scope: Scope) -> Term:
    """An expression as a proposition."""
    if isinstance(node, ast.BoolOp):
        sign, binds = ("∧", AND) if isinstance(node.op, ast.And) else ("∨", OR)
        return Term(f" {sign} ".join(condition(one, scope).within(binds + 1) for one in node.values), PROP, binds)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Term(f"¬{condition(node.operand, scope).within(ATOM)}", PROP, NOT)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        sides = [_term(one, scope) for one in (node.left, node.comparators[0])]
        if PROP in (sides[0].type, sides[1].type):  # Booleans that are equal: conditions that are equivalent
            one, other = (condition(side, scope) for side in (node.left, node.comparators[0]))
            return Term(f"{one.within(ARROW)} ↔ {other.within(ARROW)}", PROP, ARROW - 5)
    if _implies(node):
        before, after = (condition(one, scope) for one in node.args)
        return Term(f"{before.within(ARROW + 1)} → {after.within(ARROW)}", PROP, ARROW)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return Term(str(node.value), PROP)
    term = _term(node, scope)
    if term.type == PROP:
        return term
    if term.type == BOOL:
        return Term(f"{term.within(COMPARE + 1)} = true", PROP, COMPARE)
    refuse(node, f"`{ast.unparse(node)}` is no condition but of type {term.type}: compare it with something")


def _implies(node: ast.expr) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(func=ast.Name(id="implies"), args=[_, _], keywords=[]):
            return True
    return False


def fitting(term: Term, wanted: Type, node: ast.AST) -> Term:
    """`term` where type `wanted` is expected."""
    if joined(term.type, wanted) != wanted:
        refuse(node, f"`{ast.unparse(node)}` is of type {term.type}, not {wanted}" + _convert(term.type, wanted))
    return term


def _convert(found: Type, wanted: Type) -> str:
    return f"; write {wanted}({'…'})" if {found, wanted} == {NAT, INT} else ""


def _term(node: ast.expr, scope: Scope) -> Term:
    known = scope.names.get(ast.unparse(node))
    if known is not None:
        return known
    match node:
        case ast.Constant(value=bool(said)):
            return Term("true" if said else "false", BOOL)
        case ast.Constant(value=int(said)):
            return Term(str(said), NUMBER)
        case ast.Name():
            refuse(node, f"`{node.id}` is not known here")
        case ast.UnaryOp(op=ast.USub()):
            return _negative(node, scope)
        case ast.BinOp():
            return _binary(node, scope)
        case ast.IfExp():
            test = condition(node.test, scope)
            return branches(node, test, value(node.body, scope), value(node.orelse, scope))
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name != "implies":
            return _call(node, name, scope)
        case ast.List():
            return _list(node, scope)
        case ast.Compare(ops=[ast.Eq()]) if PROP in (_term(node.left, scope).type, _term(node.comparators[0], scope).type):
            return condition(node, scope)
        case ast.Compare():
            return _compared(node, scope)
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return _boolean(node, scope) or condition(node, scope)
        case ast.Call() if _implies(node):
            return condition(node, scope)
    refuse(node, f"`{ast.unparse(node)}` cannot be translated")


def _boolean(node: ast.BoolOp | ast.UnaryOp, scope: Scope) -> Term | None:
    """`and`, `or` and `not` of Booleans; None where they join conditions."""
    parts = [_term(one, scope) for one in (node.values if isinstance(node, ast.BoolOp) else [node.operand])]
    if any(part.type != BOOL for part in parts):
        return None
    if isinstance(node, ast.UnaryOp):
        return Term(f"!{parts[0].within(ATOM)}", BOOL, NOT)
    sign, binds = ("&&", AND) if isinstance(node.op, ast.And) else ("||", OR)
    return Term(f" {sign} ".join(part.within(binds + 1) for part in parts), BOOL, binds)


def branches(node: ast.AST, test: Term, then: Term, other: Term) -> Term:
    """`if test then … else …`."""
    kind = joined(then.type, other.type)
    if kind is None:
        refuse(node, f"the two branches are of types {then.type} and {other.type}")
    return Term(f"if {test.text} then {then.within(LOOSE + 1)} else {other.text}", kind, LOOSE)


def _negative(node: ast.UnaryOp, scope: Scope) -> Term:
    term = value(node.operand, scope)
    if joined(term.type, INT) != INT:
        refuse(node, f"`{ast.unparse(node)}`: only an Int can be negative")
    return Term(f"-{term.within(ATOM)}", INT, PLUS)


def _same(node: ast.AST, one: Term, other: Term) -> Type:
    kind = joined(one.type, other.type)
    if kind is None:
        refuse(node, f"`{ast.unparse(node)}` mixes {one.type} and {other.type}" + _convert(one.type, other.type))
    return kind


def _binary(node: ast.BinOp, scope: Scope) -> Term:
    one, other = value(node.left, scope), value(node.right, scope)
    if isinstance(node.op, ast.Pow):
        fitting(other, NAT, node.right)
        if joined(one.type, NUMBER) is None:
            refuse(node, f"`{ast.unparse(node)}`: no power of a {one.type}")
        return Term(f"{one.within(POWER + 1)} ^ {other.within(POWER)}", one.type, POWER)
    if isinstance(node.op, ast.Add) and (one.type.of or other.type.of):
        return Term(f"{one.within(PLUS)} ++ {other.within(PLUS + 1)}", _same(node, one, other), PLUS)
    if type(node.op) not in _ARITHMETIC:
        refuse(node, f"`{ast.unparse(node)}`: use +, -, *, //, % and **")
    sign, binds = _ARITHMETIC[type(node.op)]
    kind = _same(node, one, other)
    if kind not in (NAT, INT, NUMBER):
        refuse(node, f"`{ast.unparse(node)}`: arithmetic on {kind}")
    if sign in "/%" and kind in (INT, NUMBER) and not _positive(node.right):
        refuse(node, f"`{ast.unparse(node)}`: an Int is divided by positive literals only (rounding differs between languages)")
    return Term(f"{one.within(binds)} {sign} {other.within(binds + 1)}", kind, binds)


def _positive(node: ast.expr) -> bool:
    """Whether it is a literal above 0, or a power of one."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return _positive(node.left)
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > 0


def _compared(node: ast.Compare, scope: Scope) -> Term:
    terms = [node.left, *node.comparators]
    parts = []
    for left, sign, right in zip(terms, node.ops, terms[1:], strict=False):
        if type(sign) not in _COMPARED:
            refuse(node, f"`{ast.unparse(node)}`: compare with ==, !=, <, <=, > and >=")
        one, other = value(left, scope), value(right, scope)
        kind = _same(node, one, other)
        if kind.of and not isinstance(sign, ast.Eq | ast.NotEq):
            refuse(node, f"`{ast.unparse(node)}`: lists have no order")
        parts.append(Term(f"{one.within(COMPARE + 1)} {_COMPARED[type(sign)]} {other.within(COMPARE + 1)}", PROP, COMPARE))
    return parts[0] if len(parts) == 1 else Term(" ∧ ".join(part.text for part in parts), PROP, AND)


def _list(node: ast.List, scope: Scope) -> Term:
    if any(isinstance(one, ast.Starred) for one in node.elts[:-1]):
        refuse(node, "a * may stand before the last element only")
    terms = [value(one.value if isinstance(one, ast.Starred) else one, scope) for one in node.elts]
    starred = bool(node.elts) and isinstance(node.elts[-1], ast.Starred)
    kind = ANY
    for one, term in zip(node.elts, terms, strict=True):
        found = term.type.of if isinstance(one, ast.Starred) else term.type
        both = joined(kind, found) if found else None
        if both is None:
            refuse(node, f"`{ast.unparse(node)}` holds different types")
        kind = both
    if not starred:
        return Term(f"[{', '.join(term.text for term in terms)}]", list_of(kind))
    return Term(" :: ".join(term.within(PLUS + 3) for term in terms), list_of(kind), PLUS + 2)


def _call(node: ast.Call, name: str, scope: Scope) -> Term:
    terms = [value(one, scope) for one in node.args]
    if name in scope.functions:
        signature = scope.functions[name]
        if len(terms) != len(signature.parameters):
            refuse(node, f"{name} takes {len(signature.parameters)} arguments, not {len(terms)}")
        for one, term, wanted in zip(node.args, terms, signature.parameters, strict=True):
            fitting(term, wanted, one)
        own = scope.recursion
        if own and own.name == name and terms[own.index].text not in own.smaller:
            refuse(node, f"`{ast.unparse(node)}`: {own.advice}")
        return Term(" ".join([name, *(term.within(ATOM) for term in terms)]), signature.result, APPLIED)
    if name == "len" and len(terms) == 1 and terms[0].type.of:
        return Term(f"{terms[0].within(ATOM)}.length", NAT)
    if name in ("min", "max") and len(terms) == 2:
        kind = _same(node, *terms)
        if kind not in (NAT, INT, NUMBER):
            refuse(node, f"`{ast.unparse(node)}`: {name} of {kind}")
        return Term(f"{name} {terms[0].within(ATOM)} {terms[1].within(ATOM)}", kind, APPLIED)
    if name == "abs" and len(terms) == 1 and terms[0].type == INT:
        x = terms[0].within(COMPARE + 1)
        return Term(f"if {x} < 0 then -{terms[0].within(ATOM)} else {x}", INT, LOOSE)
    if name in ("Int", "int") and len(terms) == 1 and joined(terms[0].type, NAT):
        natural = terms[0].type == NAT and terms[0].binds < ATOM  # Lean would read `(n - 5 : Int)` as a difference of Ints
        return Term(f"(({terms[0].text} : Nat) : Int)" if natural else f"({terms[0].text} : Int)", INT)
    if name in ("Nat", "nat") and len(terms) == 1 and joined(terms[0].type, INT):
        return Term(f"({terms[0].text} : Int).toNat", NAT)
    refuse(
        node, f"`{ast.unparse(node)}`: there is no such function; there are {', '.join([*scope.functions, 'len, min, max, abs, Int, Nat'])}"
    )
