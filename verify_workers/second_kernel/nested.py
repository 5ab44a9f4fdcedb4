"""Inductive types whose constructors use the type inside others (`Tree` in `List Tree`).

Each such use gets a type of its own, a copy of the outer one made for it, and the whole is checked as a mutual family.
What was made from the copies is then put back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from verify_workers.second_kernel.environment import Constructor, Environment, Inductive, Rejected
from verify_workers.second_kernel.terms import APP, CONST, PI, Expr, Level, apply, const, constants, instantiate, rebuild, spine


@dataclass
class Type:
    """A type of a family that is being declared, and its constructors; `opened` is a constructor's type behind the parameters."""

    name: str
    type: Expr
    constructors: list[tuple[str, Expr]]


@dataclass
class Family:
    """Types with common parameters (free variables) and universes; those behind `own` are copies of others.

    `back` says what the copies and their constructors, applied to the parameters, stand for.
    """

    levels: tuple[Level, ...]
    parameters: list[Expr]
    types: list[Type]
    own: int = 0
    back: dict[Expr, Expr] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        return {t.name for t in self.types}


def translate(environment: Environment, family: Family) -> None:
    """Replace nested uses by copies, which become further types of the family.

    The constructors' types are those behind the parameters, over `family.parameters`; so are those of the copies.
    """
    family.own = len(family.types)
    copies: dict[Expr, Expr] = {}
    for t in family.types:  # grows meanwhile
        t.constructors = [(name, _translated(environment, family, copies, type_)) for name, type_ in t.constructors]


def _translated(environment: Environment, family: Family, copies: dict[Expr, Expr], e: Expr) -> Expr:
    names = family.names
    if not constants(e) & names:
        return e
    memo: dict[Expr, Expr] = {}

    def go(x: Expr) -> Expr:
        found = memo.get(x)
        if found is None:
            found = memo[x] = _nested(environment, family, copies, x, go) or rebuild(x, 0, lambda y, _: go(y))
        return found

    return go(e)


def _nested(environment: Environment, family: Family, copies: dict[Expr, Expr], x: Expr, go: Callable[[Expr], Expr]) -> Expr | None:
    """The copy that stands for `x`, if that is another inductive type applied to one of the family."""
    if x.kind not in (APP, CONST):
        return None
    f, args = spine(x)
    outer = environment.constants.get(f.a) if f.kind == CONST else None
    if not isinstance(outer, Inductive) or outer.name in family.names or len(args) < outer.parameters:
        return None
    applied = args[: outer.parameters]
    if not any(constants(y) & family.names for y in applied):
        return None
    if any(y.loose for y in applied):
        raise Rejected(f"a nested use of {outer.name} whose parameters depend on what is bound")
    key = apply(f, applied)
    if key not in copies:
        _copy(environment, family, copies, outer, f.b, applied)
    return apply(copies[key], [go(y) for y in args[outer.parameters :]])


def _copy(
    environment: Environment, family: Family, copies: dict[Expr, Expr], outer: Inductive, us: tuple[Level, ...], applied: list[Expr]
) -> None:
    """Copies of all types that were declared together with `outer`."""
    for name in outer.family:
        member = environment.get(name)
        assert isinstance(member, Inductive)
        number = len(family.types) - family.own + 1
        mine = f"{family.types[0].name}.«copy {number}»"
        constructors = []
        for c in member.constructors:
            made = environment.get(c)
            assert isinstance(made, Constructor)
            constructors.append((f"{mine}.{c}", behind(made.type_at(us), applied)))
            family.back[apply(const(f"{mine}.{c}", family.levels), family.parameters)] = apply(const(c, us), applied)
        copy = apply(const(mine, family.levels), family.parameters)
        original = apply(const(name, us), applied)
        copies[original], family.back[copy] = copy, original
        family.types.append(Type(mine, behind(member.type_at(us), applied), constructors))


def behind(type_: Expr, args: list[Expr]) -> Expr:
    """A function type's result for these arguments."""
    for _ in args:
        if type_.kind != PI:
            raise Rejected("fewer parameters than declared")
        type_ = type_.b
    return instantiate(type_, args[::-1])
