"""Child B: data from child A back to declarations, each through the kernel on the pristine environment.

The data is hostile.  Rows are kept in one dictionary per sort (names, levels, expressions), so an index that points
forwards, nowhere, or at a row of another sort is a KeyError; everything unexpected is a `MalformedExport`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from verify_workers.kernel import abi
from verify_workers.kernel.abi import Key, LeanLibrary, box, immortal, key, show
from verify_workers.kernel.elaborate import World
from verify_workers.kernel.export import Refused
from verify_workers.lean.special import KERNEL_SPECIAL_NAMES

MAX_BVAR = 1 << 16  # LeanLibrary panics, and drops cached flags, past 2^20
MAX_LEVEL_DEPTH = 1 << 12
MAX_LITERAL = 1 << 22  # bits

# A candidate that declares a name which the kernel computes can prove `False` without an axiom where the header lacks it.
SPECIAL: frozenset[Key] = frozenset(tuple(name.split(".")) for name in KERNEL_SPECIAL_NAMES)


class MalformedExport(Exception):
    """The data is not what child A of an honest run would have sent."""


def _guard(k: Key) -> int:
    if k in SPECIAL or k[:1] == ("Lean",):
        raise Refused("kernel", f"declares the kernel's own name {show(k)}")
    return 0


def _small(n: Any, bound: int) -> int:
    if type(n) is not int or not 0 <= n < bound:
        raise MalformedExport("number out of range")
    return n


class Terms:
    """Names, levels and expressions rebuilt from rows.

    `params` are other names for universe parameters, by the row of their own; `renamed` are those for constants.
    """

    def __init__(
        self,
        lean: LeanLibrary,
        rows: list[list[Any]],
        params: Mapping[int, int] = MappingProxyType({}),
        renamed: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
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
                self.names[i] = renamed.get(i) or self._name(row)
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
        raise MalformedExport("unknown row")

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


@dataclass(frozen=True)
class Replayed:
    """What a candidate rests on, in the kernel's hands: the environment, and the rows and declarations that it was made from."""

    kernel: int
    rows: list[list[Any]]
    declarations: list[list[Any]]


def replay(world: World, data: bytes, onto: int, given: Container[Key]) -> Replayed:
    """The declarations of `data` added to the kernel environment `onto`, each checked; Refused or MalformedExport otherwise.

    Those that `onto` has already are passed over where their names are `given`: whatever the candidate made of them, what
    follows is checked against the ones that are there.
    """
    try:
        rows, declarations = json.loads(data)
        return Replayed(add_declarations(world.lean, onto, Terms(world.lean, rows), declarations, given), rows, declarations)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        raise MalformedExport(f"{type(error).__name__} in the exported declarations") from error


def add_declarations(lean: LeanLibrary, environment: int, terms: Terms, declarations: list[list[Any]], given: Container[Key] = ()) -> int:
    """`environment` with `declarations` over `terms`, but for those that are `given`; Refused where the kernel does."""
    for declaration in declarations:
        if not all(key(terms.names[n]) in given for n in declared(declaration)):
            environment = _add(lean, environment, _declaration(terms, declaration), declaration[0])
    return environment


def declared(declaration: list[Any]) -> list[int]:
    """Rows of the names that a declaration brings; those that the kernel makes by itself (recursors) aside."""
    if declaration[0] != "I":
        return [declaration[1]]
    return [n for name, _, constructors in declaration[3] for n in (name, *(c for c, _ in constructors))]


def keys(rows: Sequence[Sequence[Any]]) -> dict[int, Key]:
    """The names among `rows`."""
    found: dict[int, Key] = {-1: ()}
    for i, row in enumerate(rows):
        if row[0] == "n":
            found[i] = (*found[row[1]], row[2])
    return found


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
            raise MalformedExport("number out of range")
        return abi.definition(cv, expressions[v], height, name)
    raise MalformedExport("unknown declaration")


def _add(lean: LeanLibrary, environment: int, declaration: int, kind: str) -> int:
    try:
        return lean.add(environment, declaration)
    except abi.LeanError as error:
        raise Refused("kernel", f"the kernel refuses a {'type' if kind == 'I' else 'declaration'} of the candidate: {error}") from error
