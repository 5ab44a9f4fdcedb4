"""Child B: data from child A back to declarations, each through the kernel on the pristine environment.

The data is hostile.  Rows are kept in one dictionary per sort (names, levels, expressions), so an index that points
forwards, nowhere, or at a row of another sort is a KeyError; everything unexpected is a `Malformed`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from verify_workers.kernel import abi
from verify_workers.kernel.abi import Key, Lean, box, immortal, key, show
from verify_workers.kernel.elaborate import World
from verify_workers.kernel.export import Refused
from verify_workers.lean.special import KERNEL_SPECIAL_NAMES

MAX_BVAR = 1 << 16  # Lean panics, and drops cached flags, past 2^20
MAX_LEVEL_DEPTH = 1 << 12
MAX_LITERAL = 1 << 22  # bits

# A candidate that declares a name which the kernel computes can prove `False` without an axiom where the header lacks it.
SPECIAL: frozenset[Key] = frozenset(tuple(name.split(".")) for name in KERNEL_SPECIAL_NAMES)


class Malformed(Exception):
    """The data is not what child A of an honest run would have sent."""


def _guard(k: Key) -> int:
    if k in SPECIAL or k[:1] == ("Lean",):
        raise Refused("kernel", f"declares the kernel's own name {show(k)}")
    return 0


def _small(n: Any, bound: int) -> int:
    if type(n) is not int or not 0 <= n < bound:
        raise Malformed("number out of range")
    return n


class Terms:
    """Names, levels and expressions rebuilt from rows; `params` are other names for universe parameters, by the row of their own."""

    def __init__(self, lean: Lean, rows: list[list[Any]], params: Mapping[int, int] = MappingProxyType({})) -> None:
        self._lean = lean
        self._params = params
        self.names: dict[int, int] = {-1: box(0)}
        self.levels: dict[int, int] = {-1: box(0)}
        self.expressions: dict[int, int] = {}
        self._depths = {-1: 0}
        makers = self._expression_makers()
        make_immortal, expressions = immortal, self.expressions
        for i, row in enumerate(rows):
            kind = row[0]
            maker = makers.get(kind)
            if maker is not None:
                expressions[i] = make_immortal(maker(row))
            elif kind == "n":
                self.names[i] = self._name(row)
            else:
                self.levels[i] = make_immortal(self._level(i, row))

    def _name(self, row: list[Any]) -> int:
        lean, (_, parent, last) = self._lean, row
        if type(last) is str:
            return immortal(lean.name_string(self.names[parent], immortal(lean.string(last.encode()))))
        return immortal(lean.name_number(self.names[parent], lean.natural(_small(last, 1 << 62))))

    def _level(self, i: int, row: list[Any]) -> int:
        lean, (kind, *below) = self._lean, row
        if kind == "P":
            self._depths[i] = 0
            return lean.level_param(self._params.get(below[0]) or self.names[below[0]])
        self._depths[i] = _small(1 + max(self._depths[b] for b in below), MAX_LEVEL_DEPTH)
        a = self.levels[below[0]]
        if kind == "S":
            return lean.level_succ(a)
        if kind == "M":
            return lean.level_max(a, self.levels[below[1]])
        if kind == "I":
            return lean.level_imax(a, self.levels[below[1]])
        raise Malformed("unknown row")

    def _expression_makers(self) -> dict[str, Callable[[list[Any]], int]]:
        lean, n, u, e = self._lean, self.names, self.levels, self.expressions
        app, lambda_, forall, const, let = lean.app, lean.lambda_, lean.forall, lean.const, lean.let
        literal, natural, make, make_list = lean.literal, lean.natural, abi.make, abi.make_list
        return {
            "a": lambda r: app(e[r[1]], e[r[2]]),
            "l": lambda r: lambda_(n[r[1]], e[r[2]], e[r[3]], _small(r[4], 4)),
            "p": lambda r: forall(n[r[1]], e[r[2]], e[r[3]], _small(r[4], 4)),
            "c": lambda r: const(n[r[1]], make_list([u[x] for x in r[2:]])),
            "b": lambda r: lean.bvar(natural(_small(r[1], MAX_BVAR))),
            "s": lambda r: lean.sort(u[r[1]]),
            "e": lambda r: let(n[r[1]], e[r[2]], e[r[3]], e[r[4]], _small(r[5], 2)),
            "N": lambda r: literal(make(0, [natural(_small(r[1], 1 << MAX_LITERAL))])),
            "T": lambda r: literal(make(1, [immortal(lean.string(r[1].encode()))])),
            "j": lambda r: lean.proj(n[r[1]], natural(_small(r[2], MAX_BVAR)), e[r[3]]),
        }


def replay(world: World, data: bytes) -> int:
    """The pristine kernel environment with the declarations of `data` added, each checked; Refused or Malformed otherwise."""
    try:
        rows, decls = json.loads(data)
        terms = Terms(world.lean, rows)
        environment = world.kernel
        for decl in decls:
            environment = _add(world.lean, environment, _declaration(terms, decl), decl[0])
        return environment
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        raise Malformed(f"{type(error).__name__} in the exported declarations") from error


def _declaration(terms: Terms, decl: list[Any]) -> int:
    names, expressions = terms.names, terms.expressions
    if decl[0] == "I":
        _, us, nparams, types = decl
        rows = []
        for n, t, cs in types:
            for declared in (n, *(c for c, _ in cs)):
                _guard(key(names[declared]))
            rows.append((names[n], expressions[t], [(names[c], expressions[ct]) for c, ct in cs]))
        return abi.inductive([names[u] for u in us], box(_small(nparams, MAX_BVAR)), rows)
    kind, n, us, t, v, height = decl
    name = names[n]
    _guard(key(name))
    cv = abi.make_constant(name, [names[u] for u in us], expressions[t])
    if kind == "T":
        return abi.theorem(cv, expressions[v], name)
    if kind == "O":
        return abi.opaque(cv, expressions[v], name)
    if kind == "D":
        if type(height) is not int or not -2 <= height < 1 << 32:
            raise Malformed("number out of range")
        return abi.definition(cv, expressions[v], height, name)
    raise Malformed("unknown declaration")


def _add(lean: Lean, environment: int, declaration: int, kind: str) -> int:
    try:
        return lean.add(environment, declaration)
    except abi.LeanError as error:
        raise Refused("kernel", f"the kernel refuses a {'type' if kind == 'I' else 'declaration'} of the candidate: {error}") from error


def rebuild_statement(world: World, data: bytes, params: Sequence[int]) -> int | None:
    """The trusted statement's type over the universe parameters `params` (names) in place of its own; None if it has more or fewer.

    Every constant in it must be the header's own.
    """
    rows, us, t = json.loads(data)
    if len(us) != len(params):
        return None
    terms = Terms(world.lean, rows, dict(zip(us, params, strict=True)))
    for row in rows:
        if row[0] == "c" and world.lean.find_object(world.kernel, terms.names[row[1]]) is None:
            raise Malformed("the statement names a constant that the header lacks")
    return terms.expressions[t]
